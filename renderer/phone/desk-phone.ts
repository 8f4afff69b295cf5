/**
 * What Ringside asks of a desk phone where the PBX allows it. Dialling: a REFER outside of a dialog (RFC 3515), or the
 * desk phone is called first and sent on by a REFER when it is picked up. Hanging up: an INVITE with `Replaces` (RFC
 * 3891) takes the place of the desk phone in its call and ends it: proxies, Asterisk and FreeSWITCH know that, while
 * `method=BYE` in a REFER is known to hardly any. Whatever comes of it is said in plain words.
 */
import { Inviter, SessionState, UserAgent, type Core, type URI } from 'sip.js';
import type { DeskPhoneEvent, PhoneEvent } from '../../app/calls/phone-event.ts';
import { say, type Said } from '../../app/texts/sentence.ts';
import type { DialogReport } from './dialog-info.ts';
import { dialUri, parseParty } from './identity.ts';
import type { AudioOptions } from './media.ts';
import { ALLOW } from './screening.ts';
import type { Stamp } from './sessions.ts';
import type { WatchedDialog } from './watch.ts';

export type DeskPhones = {
  /** Lets the desk phone of an extension place a call. Never throws. */
  dial(extension: string, target: string): void;
  /** Ends a call of the desk phone. Never throws. */
  hangUp(dialog: WatchedDialog): void;
  /** What a watched dialog is to the agent: null while it is only Ringside that calls the desk phone. */
  sees(extension: string, dialog: DialogReport): DialogReport | null;
};

export type DeskPhonePort = {
  userAgent: UserAgent;
  aor: URI;
  domain: string;
  how: 'refer' | 'ring-first';
  report(event: PhoneEvent): void;
  now(): Stamp;
};

/** A call that Ringside makes to the desk phone, and whom it is sent on to once it talks. */
type Bait = {
  readonly extension: string;
  readonly callId: string;
  /** Ids of the live dialogs that the watch tells of it. */
  readonly dialogs: Set<string>;
  sentOn: string | null;
  over: boolean;
};

/** Longer than anybody takes to lift a handset that is at hand. */
const RING_MS = 30_000;
/** Whatever became of a REFER is known by then. */
const REFER_MS = 60_000;
/** The place of a call is taken within moments, though some say that they ring on the way. */
const REPLACED_MS = 1_500;
const REMEMBERED = 20;

export function createDeskPhones(port: DeskPhonePort): DeskPhones {
  const { userAgent, aor } = port;
  const core = userAgent.userAgentCore;
  const baits: Bait[] = [];

  const tell = (extension: string, wish: DeskPhoneEvent['wish']) => {
    let last: DeskPhoneEvent['state'] | null = null;
    return (state: DeskPhoneEvent['state'], detail?: Said) => {
      if (last === 'done' || last === 'refused' || last === state) return;
      last = state;
      port.report({
        kind: 'desk-phone',
        extension,
        wish,
        state,
        ...(detail === undefined ? {} : { detail }),
        ...port.now(),
      });
    };
  };
  type Tell = ReturnType<typeof tell>;

  const makeUri = (target: string): URI | null => {
    const written = dialUri(target, port.domain);
    return (written === null ? undefined : UserAgent.makeURI(written)) ?? null;
  };

  function refer(extension: string, uri: URI, to: URI, told: Tell): void {
    const callId = crypto.randomUUID();
    const fromTag = crypto.randomUUID().slice(0, 8);
    const message = core.makeOutgoingRequestMessage('REFER', uri, aor, uri, { callId, fromTag }, [
      `Refer-To: <${to.toString()}>`,
      `Referred-By: <${aor.toString()}>`,
      `Contact: ${userAgent.contact.toString()}`,
      ALLOW,
    ]);
    // REFER makes a subscription of its own (RFC 3515 section 2.4.4). SIP.js knows such NOTIFYs within calls only, and
    // hands others to what it finds under this key; nothing but `onNotify` is asked of it.
    const key = `${callId}${fromTag}refer`;
    const done = () => core.subscribers.delete(key);
    const heard = {
      onNotify(notify: Core.IncomingNotifyRequest) {
        notify.accept();
        const news = readSipfrag(notify.message.body);
        if (news === null || news.status === 100) return;
        if (news.status < 200) told('ringing');
        else if (news.status < 300) told('done');
        else told('refused', say('desk-phone.no-call', { extension, answer: news.line }));
        if (news.status >= 200) done();
      },
    };
    core.subscribers.set(key, heard as unknown as Core.SubscribeUserAgentClient);
    setTimeout(done, REFER_MS);
    const refused = ({ message: answer }: Core.IncomingResponse) => {
      done();
      told('refused', dialRefusal(extension, answer.statusCode ?? 500, answer.reasonPhrase ?? ''));
    };
    core.request(message, { onAccept: () => told('asked'), onReject: refused, onRedirect: refused });
  }

  /** A call of our own that carries no voice: it is there to reach the desk phone. */
  function call(extension: string, uri: URI, headers: string[]): { inviter: Inviter; bait: Bait; stop(): void } {
    const context = new AudioContext();
    const inviter = new Inviter(userAgent, uri, { extraHeaders: headers });
    const bait: Bait = { extension, callId: inviter.request.callId, dialogs: new Set(), sentOn: null, over: false };
    baits.push(bait);
    if (baits.length > REMEMBERED) baits.shift();
    const stop = () => {
      bait.over = true;
      void context.close().catch(() => undefined);
    };
    const microphone = context.createMediaStreamDestination().stream;
    inviter.stateChange.addListener((state) => {
      if (state === SessionState.Terminated) stop();
    });
    inviter.delegate = { onRefer: (referral) => void referral.reject().catch(() => undefined) };
    return { inviter: withSilence(inviter, microphone), bait, stop };
  }

  function ringFirst(extension: string, uri: URI, to: URI, told: Tell): void {
    const { inviter, bait, stop } = call(extension, uri, []);
    const hangUp = () => void inviter.bye().catch(() => undefined);
    const longest = setTimeout(() => void inviter.cancel().catch(() => undefined), RING_MS);
    let asked = false;
    inviter.stateChange.addListener((state) => {
      if (state === SessionState.Terminated) {
        clearTimeout(longest);
        // A PBX that has sent the desk phone on may hang up before it says so. Why a call was refused is told after this.
        queueMicrotask(() => {
          if (asked) told('done');
          else told('refused', say('desk-phone.nobody', { extension }));
        });
      }
      if (state !== SessionState.Established) return;
      clearTimeout(longest);
      setTimeout(() => {
        if (inviter.state === SessionState.Established) hangUp();
      }, REFER_MS);
      inviter
        .refer(to, {
          onNotify: (notification) => {
            void notification.accept().catch(() => undefined);
            const news = readSipfrag(notification.request.body);
            if (news === null || news.status < 200) return;
            if (news.status < 300) told('done');
            else told('refused', say('desk-phone.not-put-through', { extension, answer: news.line }));
            if (inviter.state === SessionState.Established) hangUp();
          },
          requestDelegate: {
            onAccept: () => {
              asked = true;
              bait.sentOn = to.toString();
            },
            onReject: ({ message }) => {
              told('refused', dialRefusal(extension, message.statusCode ?? 500, message.reasonPhrase ?? ''));
              hangUp();
            },
          },
        })
        .catch(() => undefined);
    });
    invite(inviter, stop, {
      progressed: () => told('ringing'),
      rejected: (status, phrase) => {
        clearTimeout(longest);
        told(
          'refused',
          status === 487 ? say('desk-phone.nobody', { extension }) : dialRefusal(extension, status, phrase),
        );
      },
    });
    told('asked');
  }

  /** @param towards whose tag comes first: the desk phone itself is asked (a proxy), or the PBX for it (a B2BUA). */
  function replace(dialog: WatchedDialog, told: Tell, towards: 'phone' | 'pbx'): void {
    const { extension, uri, callId, tags } = dialog;
    if (callId === null || tags === null) return;
    const [to, from] = towards === 'phone' ? [tags.local, tags.remote] : [tags.remote, tags.local];
    const early = dialog.phase === 'early' ? ';early-only' : '';
    const replaces = `Replaces: ${callId};to-tag=${to};from-tag=${from}${early}`;
    const { inviter, stop } = call(extension, uri, [replaces, 'Require: replaces']);
    const giveUp = () => void inviter.cancel().catch(() => undefined);
    let longest = setTimeout(giveUp, RING_MS);
    inviter.stateChange.addListener((state) => {
      if (state !== SessionState.Terminated && state !== SessionState.Established) return;
      clearTimeout(longest);
      if (state === SessionState.Terminated) return;
      told('done');
      void inviter.bye().catch(() => undefined);
    });
    invite(inviter, stop, {
      // Who knows `Replaces` lets nobody wait: what rings on would be a second call to the desk phone.
      progressed: () => {
        clearTimeout(longest);
        longest = setTimeout(giveUp, REPLACED_MS);
      },
      rejected: (status, phrase) => {
        clearTimeout(longest);
        if (status === 481 && towards === 'phone') replace(dialog, told, 'pbx');
        else told('refused', hangUpRefusal(extension, status, phrase));
      },
    });
  }

  return {
    dial(extension, target) {
      const told = tell(extension, 'dial');
      const uri = makeUri(extension);
      const to = makeUri(target);
      if (uri === null || to === null) return told('refused', say('desk-phone.no-number'));
      if (!userAgent.isConnected()) return told('refused', say('desk-phone.no-connection'));
      if (port.how === 'refer') refer(extension, uri, to, told);
      else ringFirst(extension, uri, to, told);
    },
    hangUp(dialog) {
      const { extension, phase, direction } = dialog;
      const told = tell(extension, 'hang-up');
      // RFC 3891 section 3: a call that only rings can be replaced by nobody but the one who placed it.
      if (phase === 'early' && direction === 'inbound')
        return told('refused', say('desk-phone.only-rings', { extension }));
      if (dialog.callId === null || dialog.tags === null)
        return told('refused', say('desk-phone.unclear', { extension }));
      if (!userAgent.isConnected()) return told('refused', say('desk-phone.no-connection'));
      replace(dialog, told, 'phone');
    },
    sees(extension, dialog) {
      const bait = baits.findLast(
        (each) =>
          each.extension === extension &&
          (each.callId === dialog.callId ||
            each.dialogs.has(dialog.id) ||
            (!each.over && dialog.direction === 'inbound' && dialog.remote.user === aor.user)),
      );
      if (bait === undefined) return dialog;
      if (dialog.state === 'terminated') bait.dialogs.delete(dialog.id);
      else bait.dialogs.add(dialog.id);
      if (bait.callId === dialog.callId || bait.sentOn === null || !bait.over) return null;
      // The PBX has connected the desk phone's own leg: that is the call that the agent wanted to have placed.
      return { ...dialog, direction: 'outbound', remote: parseParty(`<${bait.sentOn}>`) };
    },
  };
}

type Ends = { progressed?(): void; rejected(status: number, phrase: string): void };

function invite(inviter: Inviter, stop: () => void, ends: Ends): void {
  const rejected = ({ message }: Core.IncomingResponse) =>
    ends.rejected(message.statusCode ?? 500, message.reasonPhrase ?? '');
  inviter
    .invite({
      requestDelegate: {
        onProgress: ({ message }) => {
          if (message.statusCode === 180 || message.statusCode === 183) ends.progressed?.();
        },
        onReject: rejected,
        onRedirect: rejected,
      },
    })
    .catch(() => {
      stop();
      ends.rejected(500, 'no audio');
    });
}

/** Its offer is of a silent track: the PBX has to have something to connect the desk phone with. */
function withSilence(inviter: Inviter, microphone: MediaStream): Inviter {
  const options: AudioOptions = { microphone };
  inviter.sessionDescriptionHandlerOptions = options;
  return inviter;
}

/** The first line of a `message/sipfrag` (RFC 3420): how a REFER goes. */
function readSipfrag(body: string): { status: number; line: string } | null {
  const found = /^\s*SIP\/2\.0 ([1-6]\d\d)([^\r\n]{0,100})/.exec(body);
  return found === null ? null : { status: Number(found[1]), line: `${found[1]}${found[2] ?? ''}`.trim() };
}

function dialRefusal(extension: string, status: number, phrase: string): Said {
  switch (status) {
    case 404:
    case 410:
    case 480:
      return say('desk-phone.away', { extension });
    case 486:
    case 600:
      return say('desk-phone.busy', { extension });
    case 603:
      return say('desk-phone.declined', { extension });
    case 408:
      return say('desk-phone.no-answer', { extension });
    default:
      return say('desk-phone.dial-refused', { extension, answer: answerOf(status, phrase) });
  }
}

const hangUpRefusal = (extension: string, status: number, phrase: string): Said =>
  say('desk-phone.hang-up-refused', { extension, answer: answerOf(status, phrase) });

const answerOf = (status: number, phrase: string): string => `${status} ${phrase.slice(0, 100)}`;
