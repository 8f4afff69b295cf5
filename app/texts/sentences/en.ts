/** Every sentence that main and the phone have for the agent, in English. Other languages are objects of the same type. */
import { pluralOf } from '../language.ts';

const plural = pluralOf('en');

/** Texts that are put into a sentence, by name. */
type Texts<Names extends string> = Readonly<Record<Names, string>>;

export const en = {
  /** Of a version that said other things. */
  unknown: 'Something was in the way.',

  // --- Kommo, by the kind of its refusal
  'kommo.signed-out': 'Ringside is not signed in to Kommo. Sign in to see who is calling.',
  'kommo.unreachable': 'Kommo cannot be reached. Check the internet connection; Ringside keeps trying.',
  'kommo.timeout': 'Kommo did not answer in time. Ringside keeps trying.',
  'kommo.unauthorized': 'Kommo no longer accepts this sign-in. Sign in again.',
  'kommo.unpaid': 'Kommo says that the account is not paid or its trial is over. Ask your administrator.',
  'kommo.no-rights': 'Your Kommo user may not see this. Ask your administrator for the right to it.',
  'kommo.blocked':
    'Kommo has blocked this office for a while because of too many requests. Names come back by themselves.',
  'kommo.not-found': 'Kommo does not have this entry any more.',
  'kommo.rejected': 'Kommo did not accept the request.',
  'kommo.too-many': 'Kommo asks for fewer requests. Ringside waits and tries again.',
  'kommo.server': 'Kommo has a fault of its own. Ringside tries again.',
  'kommo.unreadable': 'Kommo answered with something that is not an answer. Ringside tries again.',
  /** Its name may only be read by administrators. */
  'kommo.user': ({ id }: Texts<'id'>) => `User ${id}`,
  'kommo.other-account': ({ account, before }: Texts<'account' | 'before'>) =>
    `Ringside is signed in to ${account} now, before it was ${before}.`,
  'kommo.other-account-calls': ({ account, before }: Texts<'account' | 'before'>) =>
    `Ringside is signed in to ${account} now, before it was ${before}. Calls that still waited for ${before} were given up; the history shows them.`,
  'kommo.moved': ({ host }: Texts<'host'>) =>
    `Your Kommo account has a new address, ${host}. Ringside has followed it; open Kommo there and pair your browser again.`,

  // --- the sign-in to Kommo
  'sign-in.other-answer': 'The answer from Kommo belongs to another sign-in. Start the sign-in again from Ringside.',
  'sign-in.foreign-answer':
    'The answer from Kommo does not belong to this sign-in. Start the sign-in again from Ringside.',
  'sign-in.denied': 'Kommo was told not to let Ringside in. Sign in again and choose "Allow".',
  'sign-in.refused': ({ why }: Texts<'why'>) =>
    `Kommo refused the sign-in (${why}). Try again, or ask your administrator.`,
  'sign-in.no-code': 'Kommo sent no code. Start the sign-in again from Ringside.',
  'sign-in.not-kommo': ({ host }: Texts<'host'>) =>
    `The answer names a host that is not Kommo (${host}). Nothing was sent to it.`,
  'sign-in.other-account': ({ allowed, host }: Texts<'allowed' | 'host'>) =>
    `You allowed another account (${allowed}). Choose ${host} when you sign in.`,
  'sign-in.unreachable': 'Kommo cannot be reached. Check the internet connection and sign in again.',
  'sign-in.blocked': 'Kommo takes no more requests from this office for a while. Wait a few minutes and sign in again.',
  'sign-in.unanswered': 'Kommo did not answer the sign-in as it should. Wait a moment and sign in again.',
  'sign-in.no-address': 'That is not the address of a Kommo account. It looks like https://acme.kommo.com.',
  'sign-in.token-refused':
    'Kommo does not accept this token. Copy it again from "Keys and scopes", whole, and check that it has not expired.',
  'sign-in.no-integration':
    'This desktop has no Kommo integration set up. Ask your administrator for a provisioning file.',
  'sign-in.cancelled': 'The sign-in was cancelled.',
  'sign-in.too-late': 'The sign-in took more than twenty minutes, and Kommo takes no code after that. Start it again.',
  'sign-in.no-browser':
    'The browser could not be opened. Choose a default browser in the system settings, or paste a code.',
  'sign-in.port-taken': ({ port }: Texts<'port'>) =>
    `Another program uses port ${port}, where Kommo's answer must arrive.`,
  'sign-in.not-listening': ({ host, why }: Texts<'host' | 'why'>) =>
    `Ringside cannot listen on ${host} for Kommo's answer (${why}).`,
  'sign-in.paste-instead': ({ why }: Texts<'why'>) =>
    `${why} Choose "Allow" in the browser all the same, then copy the address of the page you end at and paste it here.`,
  'sign-in.unsaved':
    'The sign-in could not be written to disk, so it may not last over a restart. Make room on the disk; Ringside tries again.',
  /** The page that the browser shows at the end. */
  'sign-in.page-good': 'Signed in',
  'sign-in.page-bad': 'Not signed in',
  'sign-in.answered': 'Ringside has the answer from Kommo. You can close this tab.',

  // --- a code or a token that Kommo does not take
  'code.none':
    'That is not a code from Kommo. Copy the whole address from the browser, or the whole code, and paste it again.',
  'code.old': 'This code is more than twenty minutes old, and Kommo no longer takes it. Start the sign-in again.',
  'code.used': 'This code was used already; each code works once. Start the sign-in again.',
  'code.other-integration':
    'This code is from another integration, or a part of it is missing. Copy it whole, from the integration that Ringside was set up with.',
  'code.other-account': 'This code is for another Kommo account. Choose your account when you allow Ringside.',
  'code.refused': ({ why }: Texts<'why'>) =>
    `Kommo refused the sign-in (${why}). Start it again, or ask your administrator.`,
  'integration.unknown':
    "Kommo does not know this integration. Ask your administrator to check the integration's ID in the provisioning file.",
  'integration.secret':
    "Kommo does not take this integration's secret. Ask your administrator for a provisioning file with the new one.",
  'integration.redirect': ({ address }: Texts<'address'>) =>
    `Kommo has another redirect address for this integration. Ask your administrator to register exactly ${address} there.`,
  'renewal.integration': ({ why }: Texts<'why'>) => `${why} Calls that wait for Kommo are kept.`,
  'renewal.lost':
    'The connection broke while Kommo renewed this sign-in, and Kommo does not take the old one any more. Sign in again. Calls that wait for Kommo are kept.',
  'renewal.ended':
    'Kommo has ended this sign-in. Somebody may have signed in as you on another computer, the integration may have been turned off, or Ringside was not used for three months. Sign in again. Calls that wait for Kommo are kept.',
  'token.over': 'The long-lived token has come to its end. Sign in with a new one. Calls that wait for Kommo are kept.',
  'token.refused':
    'Kommo does not accept the access token any more. Sign in with a new one. Calls that wait for Kommo are kept.',

  // --- who is calling, and cards
  'caller.unnamed': ({ why }: Texts<'why'>) => `The name could not be read. ${why}`,
  'number.withheld': 'Withheld number',
  'card.unknown-call': 'This call is not known any more.',
  'card.not-set-up': 'Ringside is not set up for Kommo yet. Sign in first.',
  'card.private': 'This number is on the private list: Kommo is not told of it.',
  'card.none': 'There is no card for this number.',
  'browser.too-many-opened': 'Too much was opened in the browser at once. Wait ten seconds and try again.',
  'card.no-browser': 'The browser could not be opened. Choose a default browser in the system settings.',
  'card.too-late': 'This call is on its way to its card. Write on the card in Kommo who it was.',
  'people.signed-out': 'Sign in to Kommo to search its contacts.',
  'people.busy': 'Kommo is busy with calls. Wait a moment and search again.',
  'people.no-rights': 'You may not see contacts in Kommo. Type the number instead.',
  'people.not-searched': 'Kommo could not be searched. Type the number, or try again.',

  // --- calls
  'call.over': 'This call is over already.',
  'call.on-desk-phone': 'This call is on the desk phone. Do that on the desk phone itself.',
  'call.answered': 'This call is answered already.',
  'call.answered-hang-up': 'This call is answered already. Hang up instead.',
  'call.quiet': 'This call does not ring any more.',
  'call.not-answered': 'This call is not answered yet.',
  'call.one-question': 'Ask about one call at a time: go back to the caller first.',
  'call.transferring': 'This call is being transferred already.',
  'call.asking': 'Somebody is being asked already. Connect them, or go back to the caller first.',
  'call.nobody-asked': 'Nobody is being asked yet. Ask a colleague first, or transfer without asking.',
  'call.no-answer-yet': 'Your colleague has not answered yet. Wait for the answer, or transfer without asking.',
  'call.phone-away': 'The phone is starting again. Wait a moment and try again.',
  'call.not-dialled': ({ number, why }: Texts<'number' | 'why'>) => `${number} was not called. ${why}`,
  'call.not-connected': 'The phone is not connected yet. Wait a moment and dial again.',
  'call.phone-restarts': 'The phone is starting again. Wait a moment and dial again.',
  'call.at-limit': ({ calls }: { readonly calls: number }) =>
    plural(calls, {
      one: 'There is a call already, and this phone takes one at a time. End that call, then dial again.',
      other: 'There are # calls already, as many as this phone takes at once. End one of them, then dial again.',
    }),
  'call.flooded': ({ calls }: { readonly calls: number }) =>
    plural(calls, {
      one: 'More calls came than this phone takes: # was refused that is not listed by itself. The history shows when. If you did not expect it, ask your administrator to look at the phone system.',
      other:
        'More calls came than this phone takes: # were refused that are not listed one by one. The history shows when. If you did not expect them, ask your administrator to look at the phone system.',
    }),
  'call.recovered': ({ number }: { readonly number: string }) =>
    `Ringside was ended in the middle of a call with ${number}. What was known of it is in the history.`,
  'call.nothing-copied': 'What was copied is no number that can be called. Copy a number and press the keys again.',
  'call.link-gone': 'This link is not waiting any more. Click it again.',
  'call.minute-over': 'The minute after this call is over. Write the rest on its card in Kommo.',

  // --- sound
  'audio.device-changed': 'The microphone or speaker in use was unplugged. This call goes on with another one.',
  'audio.device-changed-to': ({ device }: Texts<'device'>) =>
    `The microphone or speaker in use was unplugged. This call goes on with ${device}.`,
  'audio.interrupted': 'The connection of this call was lost. Ringside is setting it up again; stay on the line.',
  'audio.nothing-heard':
    'Nothing has been heard from the other side for five seconds. Ask whether they hear you; if not, hang up and call again.',
  'audio.no-microphone': 'No microphone was found. Plug one in and answer again, or take the call on your desk phone.',
  'audio.microphone-denied':
    'The system does not let Ringside use the microphone. Allow it in the privacy settings and answer again.',
  'audio.failed':
    'The audio of this call could not be set up. Your administrator can check the ICE servers in the settings.',
  'audio-test.no-microphone': 'No microphone was found. Plug one in and test again.',
  'audio-test.microphone-denied':
    'The system does not let Ringside use the microphone. Allow it in the privacy settings and test again.',
  'audio-test.failed':
    'The microphone could not be opened. Another program may be using it: close that one, or choose another microphone.',

  // --- the phone system, by the reason of the registration
  'phone.unreachable': ({ server }: Texts<'server'>) =>
    `The phone system at ${server} cannot be reached. Check the network; Ringside keeps trying.`,
  'phone.no-answer': ({ server }: Texts<'server'>) =>
    `The phone system at ${server} does not answer. Ringside keeps trying.`,
  'phone.nonsense': ({ server }: Texts<'server'>) =>
    `What answers at ${server} is not a phone system Ringside understands. Ask your administrator to check the address; Ringside keeps trying.`,
  'phone.untrusted': ({ server }: Texts<'server'>) =>
    `The certificate of the phone system at ${server} is not trusted on this computer. Ask your administrator.`,
  'phone.server-error': ({ server }: Texts<'server'>) =>
    `The phone system at ${server} has a fault of its own. Ringside keeps trying.`,
  'phone.wrong-password':
    'The phone system does not accept the password of this extension. Ask your administrator for the right one.',
  'phone.unknown-extension': 'The phone system does not know this extension. Ask your administrator to check it.',
  'phone.forbidden': 'The phone system does not let this extension register. Ask your administrator.',

  // --- desk phones
  'desk-phone.asked-to-hang-up': ({ extension }: Texts<'extension'>) =>
    `The desk phone ${extension} was asked to hang up.`,
  'desk-phone.rings': ({ extension }: Texts<'extension'>) =>
    `The desk phone ${extension} rings. Pick it up, and it calls.`,
  'desk-phone.asked-to-call': ({ extension }: Texts<'extension'>) => `The desk phone ${extension} was asked to call.`,
  'desk-phone.did-not-call': ({ extension, why }: Texts<'extension' | 'why'>) =>
    `The desk phone ${extension} did not call. ${why}`,
  'desk-phone.did-not-hang-up': ({ extension, why }: Texts<'extension' | 'why'>) =>
    `The desk phone ${extension} did not hang up. ${why}`,
  'desk-phone.do-it-there': 'Do it on the desk phone itself.',
  'desk-phone.watch-retrying': ({ extension }: Texts<'extension'>) =>
    `The phone system does not say what the desk phone ${extension} does. Ringside keeps asking.`,
  'desk-phone.watch-refused': ({ extension }: Texts<'extension'>) =>
    `The phone system does not let Ringside watch the desk phone ${extension}. Ask your administrator to allow it.`,
  'desk-phone.not-watched': ({ extension }: Texts<'extension'>) =>
    `The desk phone ${extension} is not one that Ringside watches.`,
  'desk-phone.no-call': ({ extension, answer }: Texts<'extension' | 'answer'>) =>
    `The call of the desk phone ${extension} did not come about (${answer}).`,
  'desk-phone.nobody': ({ extension }: Texts<'extension'>) => `Nobody picked up the desk phone ${extension}.`,
  'desk-phone.not-put-through': ({ extension, answer }: Texts<'extension' | 'answer'>) =>
    `The desk phone ${extension} could not be connected (${answer}).`,
  'desk-phone.no-number': 'That is no number that can be dialled.',
  'desk-phone.no-connection': 'There is no connection to the phone system now.',
  'desk-phone.only-rings': ({ extension }: Texts<'extension'>) =>
    `The desk phone ${extension} only rings yet. Decline the call on the desk phone itself.`,
  'desk-phone.unclear': ({ extension }: Texts<'extension'>) =>
    `The phone system does not say enough about this call to end it from here. Hang up on the desk phone ${extension} itself.`,
  'desk-phone.away': ({ extension }: Texts<'extension'>) =>
    `The desk phone ${extension} is not connected to the phone system now.`,
  'desk-phone.busy': ({ extension }: Texts<'extension'>) => `The desk phone ${extension} is busy.`,
  'desk-phone.declined': ({ extension }: Texts<'extension'>) => `The call was declined on the desk phone ${extension}.`,
  'desk-phone.no-answer': ({ extension }: Texts<'extension'>) => `The desk phone ${extension} did not answer.`,
  'desk-phone.dial-refused': ({ extension, answer }: Texts<'extension' | 'answer'>) =>
    `The phone system does not let Ringside dial for the desk phone ${extension} (${answer}). Dial on the desk phone itself, or ask your administrator about it.`,
  'desk-phone.hang-up-refused': ({ extension, answer }: Texts<'extension' | 'answer'>) =>
    `The phone system does not let Ringside hang up for the desk phone ${extension} (${answer}). Hang up on the desk phone itself.`,

  // --- the browser
  'browser.locked-seconds': ({ seconds }: { readonly seconds: number }) =>
    `Too many wrong pairing codes were typed. A new code can be made in ${plural(seconds, { one: '# second', other: '# seconds' })}.`,
  'browser.locked-minutes': ({ minutes }: { readonly minutes: number }) =>
    `Too many wrong pairing codes were typed. A new code can be made in ${plural(minutes, { one: '# minute', other: '# minutes' })}.`,
  'browser.other-account': ({ other, own }: Texts<'other' | 'own'>) =>
    `A Kommo page of another account (${other}) asks for Ringside, which is signed in to ${own}. Sign in to both as the same user of the same account.`,
  'browser.other-user': 'A Kommo tab is signed in as another user than Ringside. Sign in to both as the same user.',
  'browser.no-port': ({ ports }: Texts<'ports'>) =>
    `Ringside cannot talk to the browser: other programs use all of its ports (${ports}). Close one of them; Ringside keeps trying.`,
  'browser.some': 'A browser',
  'browser.name': ({ browser, system }: Texts<'browser' | 'system'>) => `${browser} on ${system}`,
  'browser.not-paired': 'This browser is not paired any more.',

  // --- the history, and what goes to Kommo
  'history.damaged-none': ({ file }: Texts<'file'>) =>
    `The call history was damaged. No call in it could be read; the damaged file is kept as ${file} for your administrator.`,
  'history.damaged': ({ calls, file }: { readonly calls: number; readonly file: string }) =>
    `The call history was damaged. ${plural(calls, {
      one: 'The one call that could be read was carried over',
      other: '# calls that could be read were carried over',
    })}; the damaged file is kept as ${file} for your administrator.`,
  'history.unusable':
    'The call history cannot be written to disk: calls are kept only until Ringside ends. Make room on the disk and start Ringside again.',
  'history.full':
    'The disk is full: the last calls are kept in memory and still go to Kommo, but are lost if Ringside ends now. Make room on the disk; Ringside writes them by itself then.',
  'history.not-exported': ({ code }: Texts<'code'>) =>
    `The file could not be written (${code}). Choose another folder, or make room on the disk.`,
  'file.being-chosen': 'A window that asks where to save is open already. Answer that one first.',
  'file.unknown-error': 'unknown error',
  'recording.none': 'There is no recording of this call.',
  'recording.no-address': 'The address of the recording cannot be opened.',
  'recording.not-opened': 'The recording could not be opened. Choose a default browser in the system settings.',
  'recording.gave-up': 'The PBX did not have it in time. The call itself is kept.',
  'recording.not-an-address': 'The address of the recording is not an address, so Kommo’s player cannot open it.',
  'recording.private':
    'The recording is on a private address: Kommo’s player opens it only where that network can be reached. Give it an address that every browser can open.',
  'recording.http':
    'The recording’s address is http: Kommo’s page is https and browsers do not let it play that. Serve recordings by https.',
  'recording.wav':
    'The recording is a .wav file, which Kommo’s player may not play. Let the PBX store recordings as mp3.',
  'delivery.was-for': ({ account }: Texts<'account'>) => `This call was for the Kommo account ${account}.`,
  'delivery.is-for': ({ account }: Texts<'account'>) =>
    `It is for the Kommo account ${account} and goes nowhere else. Sign in there.`,
  'delivery.given-up': 'You gave this call up when you signed out.',
  'delivery.not-looked-up':
    'Kommo’s answer was lost, and Kommo does not let you see whether the call is on its card. Ask your administrator for the right to see it: so that it is not there twice, it is sent again only after a look.',
  'delivery.unknown-agent':
    'Ringside does not know yet who is signed in to Kommo. The call is saved as soon as it does.',
  'delivery.no-tab': 'No Kommo tab with Ringside is open. The call is shown there when one is.',
  'archive.not-made':
    'The archive could not be made. Choose another folder; if that does not help, tell support what the log shows.',

  // --- the first line of an exported history
  'column.started': 'Started (UTC)',
  'column.answered': 'Answered (UTC)',
  'column.ended': 'Ended (UTC)',
  'column.direction': 'Direction',
  'column.result': 'Result',
  'column.number': 'Number',
  'column.name': 'Name',
  'column.card': 'Kommo card',
  'column.ring-seconds': 'Ring seconds',
  'column.talk-seconds': 'Talk seconds',
  'column.line': 'Line',
  'column.extension': 'Extension',
  'column.agent': 'Agent',
  'column.agent-result': 'Agent result',
  'column.note': 'Note',
  'column.transferred-to': 'Transferred to',
  'column.recording': 'Recording',

  // --- settings
  'settings.locked': 'This setting cannot be changed here. Ask your administrator.',
  'settings.unknown-language': ({ language }: Texts<'language'>) =>
    `Ringside does not speak the language ${language} that is in your preferences. Choose one in the settings; until then it is that of the system.`,
  'settings.unusable': 'This setting does not take this value. Choose another.',
  'settings.wait': 'The settings of the phone have changed. They count as soon as this call is over.',
  'settings.no-vault':
    'This system has no safe place for passwords. Ringside keeps yours in a file that only you can read; ask your administrator about a key ring.',
  'policy.not-owned': ({ file, part }: Texts<'file' | 'part'>) =>
    `The policy ${file} is not used: ${part} can be changed by others than the administrator. Give it to root and take the right to write from everybody else.`,
  'policy.unusable': ({ file, why }: Texts<'file' | 'why'>) =>
    `The policy ${file} cannot be used (${why}). Ask your administrator to correct it.`,
  'policy.no-object': 'it is not a JSON object',
  'policy.unreadable': 'The policy of this computer cannot be read. Ask your administrator to correct it.',
  'provisioning.unusable': ({ file, errors }: Texts<'file'> & { readonly errors: readonly string[] }) =>
    [`The provisioning file ${file} cannot be used:`, ...errors.map((error) => `  ${error}`)].join('\n'),
  'provisioning.field': ({ field, what }: Texts<'field' | 'what'>) => `${field}: ${what}`,
  'provisioning.set-up':
    'Ringside is set up already. Sign out of Kommo first, or ask your administrator to change the settings.',
  'provisioning.question': 'Set Ringside up anew?',
  'provisioning.leads-to': ({ host, servers }: Texts<'host' | 'servers'>) =>
    `This file leads Ringside to Kommo at ${host} and to the phone system at ${servers}. Your calls then go through that phone system and are written in that account. Say yes only if your administrator gave you this file.`,
  'question.no': 'No, leave it as it is',
  'provisioning.yes': 'Yes, use this file',
  'question.open': 'A window that asks you something is open already. Answer that one first.',
  'provisioning.declined': 'You said no to this file. Nothing has changed.',
  'account.question': 'Go on with another Kommo account?',
  'account.leads-to': ({ account, before }: Texts<'account' | 'before'>) =>
    `Your calls would then be written in ${account}, no longer in ${before}. Say yes only if you have just asked for that.`,
  'account.yes': 'Yes, change the account',
  'account.over': 'That sign-in is over. Sign in to the other account again.',
  'account.declined': 'You said no to the other account. Nothing has changed.',
  'provisioning.chosen': 'that you chose',
  'provisioning.policy': 'of the system (policy)',
  'provisioning.until-then': ({ what }: Texts<'what'>) =>
    `${what}\nUntil it is corrected, the settings from before count.`,
  'provisioning.unreadable': ({ file, why }: Texts<'file' | 'why'>) =>
    `The provisioning file ${file} cannot be read (${why}). Check its path and rights.`,
  'provisioning.expected': ({ what }: Texts<'what'>) => `expected ${what}`,
  'provisioning.missing': ({ what }: Texts<'what'>) => `missing; expected ${what}`,
  'provisioning.no-such-field': 'no such field: remove it, or check its spelling',
  'provisioning.json': 'JSON; it is not',
  'provisioning.json-at': ({ position }: Texts<'position'>) => `JSON; it is not (at position ${position})`,

  // --- what a settings file may say, field by field
  'expected.value': 'a value',
  'expected.object': 'an object { … }',
  'expected.text': 'text',
  'expected.some-text': 'text that is not empty',
  'expected.list': 'a list',
  'expected.flag': 'true or false',
  'expected.one-of': ({ values }: { readonly values: readonly string[] }) =>
    `${values.slice(0, -1).join(', ')} or ${values.at(-1) ?? ''}`,
  'expected.whole-number': ({ min, max }: { readonly min: number; readonly max: number }) =>
    `a whole number from ${min} to ${max}`,
  'expected.share': 'a number from 0 to 1',
  'expected.kommo-address': 'an address such as https://acme.kommo.com',
  'expected.kommo-address-only': 'an address such as https://acme.kommo.com, without a path',
  'expected.https': 'an https address (http only on this computer)',
  'expected.wss': 'a wss address such as wss://pbx.acme.example/ws (ws only on this computer)',
  'expected.servers': 'a wss address, or a list of one to eight of them, the preferred one first',
  'expected.redirect':
    'an http address with a port on this computer, such as http://127.0.0.1:17653/oauth/callback, or an https address',
  'expected.sip-address': 'a SIP address such as sip:101@pbx.acme.example',
  'expected.ice': 'an address such as stun:stun.acme.example:3478',
  'expected.ice-list': 'an address such as stun:stun.acme.example:3478, or a list of them',
  'expected.desktops': 'a number of desktops, or their extensions such as "101-140, 205"',
  'expected.authorities':
    'the PEM text of a certificate authority (-----BEGIN CERTIFICATE-----…), or a list of such texts',
  'expected.extensions': 'a list of extensions',
  'expected.extension': 'an extension',
  'expected.users': 'a map of extensions to users',
  'expected.user': 'the number of a Kommo user',
  'expected.private': 'a number, the beginning of one such as +1415*, or a SIP user; * for any digits, ? for one',
  'expected.numbers': 'a list of numbers',
  'expected.box': 'the number of a voicemail box such as *97',
  'expected.country': 'a country such as US',
  'expected.country-letters': 'a country of two capital letters such as US',
  'expected.line-header': '"Diversion", "To" or a header such as X-Line',
  'expected.header': 'a header name',
  'expected.header-such-as': 'a header name such as X-Recording-URL',
  'expected.template': 'an http(s) address that may contain {callId}',
  'expected.keys': 'keys such as CommandOrControl+Alt+A',
  'expected.fields': 'a list of field names',
  'expected.certificate': 'a certificate in PEM; this one cannot be read',
  'expected.authority': 'the certificate of an authority (CA:TRUE), not that of the server',
  'expected.valid-authority': ({ ended }: Texts<'ended'>) =>
    `an authority that is still valid; this one ended ${ended}`,

  // --- notifications
  'toast.open': 'Open card',
  'toast.answer': 'Answer',
  'toast.decline': 'Decline',
  'toast.incoming': 'Incoming call',
  'toast.in-call': 'In call',
  'toast.call': 'Call',
  'toast.calling': 'Calling',
  'toast.watched': 'On the desk phone',
  'toast.watched-ringing': 'Rings on the desk phone',
  'toast.watched-calling': 'The desk phone is calling',
  'toast.matches': ({ people }: { readonly people: number }) => plural(people, { one: '# match', other: '# matches' }),
  'toast.waiting': 'You are in a call: answering puts it on hold.',
  'toast.line': ({ line }: Texts<'line'>) => `Line: ${line}`,
  'toast.missed': 'Missed call',
  'toast.voicemail': 'Went to voicemail',
  'toast.still-there': 'Ringside is still there',
  'toast.still-there-lead': 'It takes calls in the tray. To end it, choose Quit Ringside there.',
  'toasts.unsupported': 'This system shows no notifications to Ringside. Incoming calls are shown in its window.',
  'toasts.not-shown': 'The system did not show the notification.',
  'toasts.off-in-windows':
    'Windows has notifications turned off for Ringside. Turn them on under Settings, System, Notifications.',
  'toasts.refused': 'The system refused the notification. Incoming calls are shown in the Ringside window.',
  'toasts.none': 'This desktop shows no notifications right now. Incoming calls are shown in the Ringside window.',

  // --- the tray
  'tray.registered': 'ready for calls',
  'tray.trying': 'connecting to the phone system',
  'tray.refused': 'not connected to the phone system',
  'tray.in-call': 'in a call',
  'tray.do-not-disturb': 'do not disturb',
  'tray.state': ({ state }: Texts<'state'>) => `Ringside: ${state}`,
  'tray.state-missed': ({ state, calls }: Texts<'state'> & { readonly calls: number }) =>
    `Ringside: ${state} · ${plural(calls, { one: '# missed call', other: '# missed calls' })}`,
  'tray.open': 'Open Ringside',
  'tray.quiet': 'Do not disturb',
  'tray.install': ({ version }: Texts<'version'>) => `Install Ringside ${version}`,
  'tray.quit': 'Quit Ringside',

  // --- updates
  'update.ready': ({ version }: Texts<'version'>) =>
    `Ringside ${version} is ready. Choose Install Ringside ${version} in the tray's menu when it suits you; Ringside starts again by itself.`,
  'update.later': 'Ringside is not updated during a call. Choose it again afterwards.',

  // --- the window, files and the start
  'panel.refused': 'Refused.',
  'panel.unknown-request': 'Ringside does not know this request.',
  'panel.unusable': 'That is not something Ringside can use. Check what you typed.',
  'panel.failed': 'That did not work. Try again.',
  'file.csv': 'Table (CSV)',
  'file.zip': 'Archive (ZIP)',
  'start.refused': 'Ringside cannot start',
  'start.no-file': ({ flag }: Texts<'flag'>) => `${flag} needs a file after it.`,
  'start.no-folder': ({ flag }: Texts<'flag'>) => `${flag} needs a folder after it.`,
  'start.no-profile': ({ folder, why }: Texts<'folder' | 'why'>) =>
    `The profile folder ${folder} cannot be made (${why}). Name another with --profile.`,
  'start.running': 'Ringside is running already with this profile; its window is shown.',
};

/** The names and kinds of what is put in are part of the type: another language cannot miss one. */
export type Sentences = typeof en;
