/** What the administrator's screens say: settings, diagnostics, first run. `{…}` is put in by view/filled.ts. */
import type { CheckName, SettingSource } from '../../../../app/ipc/panel.ts';

export type Administration = {
  settings: {
    search: string;
    none: string;
    lead: string;
    groups: Record<'agent' | 'office', string>;
    names: Record<string, string>;
    /** By setting and value, or by value alone. */
    values: Record<string, string>;
    on: string;
    off: string;
    notSet: string;
    isSet: string;
    entries: string;
    usual: string;
    sources: Record<SettingSource, string>;
    locked: string;
    reset: string;
    keys: string;
    pressKeys: string;
    clearKeys: string;
    taken: string;
  };
  diagnostics: {
    lead: string;
    checks: Record<CheckName, string>;
    checking: string;
    again: string;
    took: string;
    next: string;
    states: Record<'good' | 'warning' | 'bad' | 'not-set-up', string>;
    /** By `CheckResult.code`: what is, and what to do. */
    outcomes: Record<string, { is: string; next?: string }>;
    log: string;
    logLead: string;
    logEmpty: string;
    archive: string;
    archiveLead: string;
    save: string;
    saved: string;
  };
  firstRun: {
    steps: Record<'file' | 'kommo' | 'phone' | 'browser' | 'test', string>;
    leads: Record<'file' | 'kommo' | 'phone' | 'browser' | 'test', string>;
    ready: string;
    waiting: string;
    callEcho: string;
    testAudio: string;
    hear: string;
    finish: string;
    later: string;
  };
};

export const en: Administration = {
  settings: {
    search: 'Search the settings',
    none: 'No setting has these words.',
    lead: 'What your administrator has locked can be read here, but not changed.',
    groups: { agent: 'Yours', office: 'Your office’s' },
    names: {
      'preferences.language': 'Language',
      'preferences.theme': 'Appearance',
      'preferences.startWithSystem': 'Start Ringside with the system',
      'preferences.doNotDisturb': 'Do not disturb',
      'preferences.callWaiting': 'Let a second call ring during a call',
      'preferences.links': 'Telephone links in other programs',
      'preferences.audio.microphone': 'Microphone',
      'preferences.audio.speaker': 'Speaker',
      'preferences.audio.ringer': 'Ringing on',
      'preferences.audio.ringVolume': 'Ringing volume',
      'preferences.audio.ringOnSpeaker': 'Ring in the headset as well',
      'preferences.shortcuts.answer': 'Keys to answer',
      'preferences.shortcuts.hangUp': 'Keys to hang up',
      'preferences.shortcuts.mute': 'Keys to mute',
      'preferences.shortcuts.dialCopied': 'Keys to call what was copied',
      'calls.pop': 'Open the card in the browser',
      'calls.popOnlyResponsible': 'Only cards that you are responsible for',
      'calls.country': 'Country',
      'calls.internalDigits': 'Longest extension, in digits',
      'calls.logToCard': 'Write calls on cards',
      'calls.cardBy': 'How the card is found',
      'calls.unknownInbound': 'Calls from unknown numbers',
      'calls.private': 'Private numbers',
      'calls.lineHeader': 'Header that names the line',
      'calls.users': 'Kommo users of extensions',
      'calls.voicemail': 'Voicemail boxes',
      'calls.recording': 'Recordings',
      'phone.autoAnswer': 'Answer by itself when the phone system asks',
      'phone.server': 'Phone system',
      'phone.uri': 'SIP address',
      'phone.authorizationUser': 'User name of the phone',
      'phone.password': 'Password of the phone',
      'phone.displayName': 'Name of the phone',
      'phone.testNumber': 'Number of the echo test',
      'phone.ca': 'Own certificate authorities',
      'phone.iceServers': 'STUN and TURN servers',
      'phone.watch': 'Watched desk phones',
      'phone.deskPhone': 'How a desk phone dials',
      'phone.dtmf': 'How keys are sent',
      'phone.callsAtOnce': 'Calls at once',
      'phone.gatheringMs': 'Longest search for a way, ms',
      'kommo.baseUrl': 'Kommo account',
      'kommo.auth': 'Sign-in to Kommo',
      'kommo.desktops': 'Desktops in the office',
    },
    values: {
      system: 'As the system',
      light: 'Light',
      dark: 'Dark',
      contrast: 'High contrast',
      ask: 'Ask before calling',
      dial: 'Call at once',
      ring: 'When it rings',
      answer: 'When you answer',
      click: 'When you click',
      never: 'Never',
    },
    on: 'On',
    off: 'Off',
    notSet: 'Not set',
    isSet: 'Set',
    entries: 'Entries: {count}',
    usual: 'Default: {value}',
    sources: { default: 'Default', agent: 'Chosen by you', provisioning: 'From your office', policy: 'By policy' },
    locked: 'Locked by your administrator',
    reset: 'Back to the default',
    keys: 'None',
    pressKeys: 'Press the keys…',
    clearKeys: 'Remove these keys',
    taken: 'Another program has these keys, or the system does not allow them. Choose others.',
  },
  diagnostics: {
    lead: 'Every connection is tried now. What is wrong says what to do.',
    checks: {
      dns: 'Name of the phone system',
      tls: 'Certificate',
      websocket: 'Connection to the phone system',
      register: 'Registration of the extension',
      stun: 'Way for the voice (STUN, TURN)',
      kommo: 'Kommo',
      bridge: 'Browser',
      notifications: 'Notifications',
      audio: 'Microphone and speaker',
    },
    checking: 'Checking…',
    again: 'Check again',
    took: '{ms} ms',
    next: 'What to do',
    states: { good: 'Good', warning: 'Note', bad: 'Wrong', 'not-set-up': 'Not set up' },
    outcomes: {
      'phone.not-set-up': { is: 'No phone is set up.', next: 'Give Ringside the file from your administrator.' },
      'dns.address': { is: '{host} is an address: no name has to be found.' },
      'dns.found': { is: '{host} was found.' },
      'dns.not-found': {
        is: 'The name {host} was not found.',
        next: 'Check the network or VPN; then ask your administrator whether the name is right.',
      },
      'dns.slow': {
        is: 'Nobody said where {host} is.',
        next: 'Check the network or VPN, and whether other sites open.',
      },
      'tls.plain': { is: '{host} is on this computer: no certificate is needed.' },
      'tls.trusted': { is: 'The certificate of {host} is trusted; days left: {days}.' },
      'tls.ending': {
        is: 'The certificate of {host} ends soon; days left: {days}.',
        next: 'Tell your administrator to renew it.',
      },
      'tls.ended': {
        is: 'The certificate of {host} has ended; days since then: {days}.',
        next: 'Ask your administrator to renew it. Check the date of this computer, too.',
      },
      'tls.untrusted': {
        is: 'The certificate of {host} is not trusted ({reason}).',
        next: 'Ask your administrator for the right address, or for the authority to trust.',
      },
      'tls.unreachable': {
        is: '{host} does not answer ({reason}).',
        next: 'Check the network or VPN; a firewall may be in the way.',
      },
      'websocket.open': { is: '{host} speaks SIP over WebSocket.' },
      'websocket.no-sip': {
        is: '{host} answers, but does not offer SIP.',
        next: 'Ask your administrator to check the address of the phone system.',
      },
      'websocket.refused': {
        is: '{host} refused the connection ({status}).',
        next: 'Ask your administrator to check the path of the address.',
      },
      'websocket.unreachable': {
        is: '{host} cannot be reached ({reason}).',
        next: 'Check the network or VPN; a firewall may be in the way.',
      },
      'register.registered': { is: 'Extension {extension} is ready for calls.' },
      'register.connecting': {
        is: 'Extension {extension} is being registered.',
        next: 'Wait a moment and check again.',
      },
      'register.retrying': {
        is: 'Extension {extension} is not connected; Ringside keeps trying.',
        next: 'Look at the checks above: the first that is wrong is the reason.',
      },
      'register.refused': {
        is: 'The phone system refuses extension {extension}.',
        next: 'Ask your administrator to check the extension and its password.',
      },
      'register.unregistered': {
        is: 'Extension {extension} is not registered.',
        next: 'Restart Ringside. If it stays so, ask your administrator.',
      },
      'stun.none': { is: 'No server is set up. In an office network none is needed.' },
      'stun.good': { is: 'All servers answer: {servers}.' },
      'stun.silent': {
        is: '{server} does not answer.',
        next: 'Calls may have no sound from outside the office. Check the firewall, or ask your administrator.',
      },
      'stun.refused': {
        is: '{server} refuses the credentials ({status}).',
        next: 'Ask your administrator for new ones.',
      },
      'kommo.not-set-up': { is: 'No Kommo account is set up.', next: 'Sign in to Kommo in the status bar.' },
      'kommo.signed-out': { is: 'Nobody is signed in to {host}.', next: 'Sign in to Kommo in the status bar.' },
      'kommo.answers': { is: '{host} answers for {account}.' },
      'kommo.unreachable': {
        is: '{host} cannot be reached.',
        next: 'Check the network, and whether Kommo opens in the browser.',
      },
      'kommo.refused': {
        is: '{host} refuses the request.',
        next: 'Sign out and in again; if that does not help, ask your administrator.',
      },
      'bridge.connected': { is: 'Kommo in your browser is connected.' },
      'bridge.waiting': { is: 'No page of Kommo is connected.', next: 'Open Kommo in the browser that you paired.' },
      'bridge.not-paired': {
        is: 'No browser is paired.',
        next: 'Get a pairing code in the status bar and type it in Kommo.',
      },
      'bridge.stopped': {
        is: 'Browsers cannot connect to Ringside.',
        next: 'Another program uses its ports. Restart the computer, or ask your administrator.',
      },
      'notifications.shown': { is: '{name} shows notifications.' },
      'notifications.none': {
        is: 'Nothing here shows notifications; calls appear over the other windows instead.',
        next: 'Allow notifications for Ringside in the system settings, or install a notification service.',
      },
      'audio.there': { is: 'Microphones: {microphones}, speakers: {speakers}.' },
      'audio.no-microphone': {
        is: 'No microphone was found.',
        next: 'Plug in the headset, and allow the microphone in the privacy settings.',
      },
      'audio.no-speaker': { is: 'No speaker was found.', next: 'Plug in the headset or a speaker.' },
    },
    log: 'Log',
    logLead: 'Passwords are left out and numbers cut to their last four digits.',
    logEmpty: 'Nothing yet.',
    archive: 'Archive for support',
    archiveLead:
      'The checks, the settings’ shape and the log in one file: no password, no token, no name, no whole number.',
    save: 'Save the archive…',
    saved: 'Saved as {file}.',
  },
  firstRun: {
    steps: { file: 'Settings', kommo: 'Kommo', phone: 'Phone', browser: 'Browser', test: 'Test call' },
    leads: {
      file: 'The file from your administrator.',
      kommo: 'Names of callers come from there, and calls go on their cards.',
      phone: 'Your extension at the phone system.',
      browser: 'Kommo in your browser shows calls, too.',
      test: 'Hear yourself before a customer does.',
    },
    ready: 'Ready',
    waiting: 'Not ready yet',
    callEcho: 'Call the echo test',
    testAudio: 'Test the microphone',
    hear: 'Speak: you should hear yourself.',
    finish: 'Start working',
    later: 'The rest later',
  },
};
