/** Every word the panel shows, in English. Other languages are objects of the same type. */
import type { Disposition } from '../../../app/calls/call.ts';
import type { AgentDisposition, EntityType } from '../../../app/calls/completed-call.ts';
import type {
  BrowserStatus,
  CallView,
  DeliveryView,
  KommoStatus,
  PanelState,
  PhoneStatus,
} from '../../../app/ipc/panel.ts';
import { pluralOf, type Language } from '../../../app/texts/language.ts';
import { en as administration, type Administration } from './administration/en.ts';
import type { Grade } from '../view/call.ts';
import type { StepName } from '../view/timeline.ts';

export type Texts = {
  administration: Administration;
  /** For dates and numbers too. */
  language: Language;
  app: string;
  starting: string;
  tryAgain: string;
  close: string;
  dismiss: string;
  /** When main does not answer at all, or the bridge itself is missing. */
  noAnswer: string;
  noBridge: string;
  menu: {
    open: string;
    settings: string;
    diagnostics: string;
    shortcuts: string;
    language: string;
    theme: string;
    system: string;
    themes: Record<'light' | 'dark' | 'contrast', string>;
    back: string;
  };
  shortcuts: {
    title: string;
    lead: string;
    dial: string;
    search: string;
    answer: string;
    hangUp: string;
    hold: string;
    mute: string;
    transfer: string;
    newest: string;
    sheet: string;
    close: string;
  };
  /** The last call with the same party: `Last contact: yesterday, 4 min, you`. */
  lastContact: { said: (what: string) => string; you: string; first: string };
  people: { search: string; recent: string; inKommo: string; searching: string; none: string };
  after: { title: (who: string) => string; saving: string; left: (duration: string) => string };
  status: {
    region: string;
    phone: string;
    /** The phone's name once its extension is known. */
    extension: (extension: string) => string;
    kommo: string;
    browser: string;
    phoneState: Record<PhoneStatus['state'], string>;
    doNotDisturb: string;
    /** The phone's state while it is ready and do not disturb is on. */
    quiet: string;
    quietSentence: string;
    kommoState: Record<KommoStatus['state'], string>;
    browserState: Record<BrowserStatus['state'], string>;
    /** A status that holds but has something wrong. */
    withProblem: string;
    phoneSentence: Record<PhoneStatus['state'], string>;
    kommoSentence: Record<KommoStatus['state'], string>;
    browserSentence: Record<BrowserStatus['state'], string>;
    account: string;
    user: string;
    address: string;
    signIn: string;
    /** How long a sign-in holds. */
    until: (date: string) => string;
    stays: string;
  };
  actions: {
    signIn: string;
    signOut: string;
    signOutSure: string;
    signOutWaiting: (calls: number) => string;
    signOutKeep: string;
    signOutGiveUp: string;
    pair: string;
    forget: string;
    forgetSure: (browsers: number) => string;
    keep: string;
  };
  notices: string;
  calls: {
    region: string;
    ringing: string;
    dialling: string;
    active: string;
    held: string;
    ended: string;
    resolving: string;
    answer: string;
    decline: string;
    hangUp: string;
    openCard: string;
    newContact: string;
    elapsed: (duration: string) => string;
    elapsedAtLeast: (duration: string) => string;
    announce: (who: string) => string;
    /** Several people have the number. */
    matches: (people: number) => string;
    choose: string;
    /** A match whose name could not be read. */
    unnamed: (what: string) => string;
    line: (line: string) => string;
    /** The ringing was silenced here. */
    silenced: string;
    silence: string;
    /** The far side can be heard before it answers. */
    earlyMedia: string;
    muted: string;
    heldByThem: string;
    heldByBoth: string;
    deskPhone: (extension: string) => string;
    watchedRinging: string;
    watchedDialling: string;
    watchedActive: string;
    hold: string;
    resume: string;
    /** Takes this call and puts the other on hold. */
    swap: string;
    mute: string;
    keypad: string;
    keysSent: string;
    transfer: string;
    transferTo: string;
    transferEmpty: string;
    transferNow: string;
    askFirst: string;
    transferState: Record<NonNullable<CallView['transfer']>['state'], (to: string) => string>;
    asking: (who: string) => string;
    connectThem: string;
    backToCaller: string;
    /** Names the buttons of one call for a screen reader. */
    ofCall: (action: string, who: string) => string;
  };
  quality: Record<Grade, string> & {
    /** A share of 0 to 1. */
    lost: (share: number) => string;
    jitter: (ms: number) => string;
    roundTrip: (ms: number) => string;
  };
  audio: {
    title: string;
    microphone: string;
    speaker: string;
    ringer: string;
    volume: string;
    ringOnSpeaker: string;
    systemChoice: string;
    /** A device without a name, by its place in the list. */
    unnamed: (place: number) => string;
    unplugged: string;
    testEcho: string;
    testRinger: string;
    stop: string;
    testing: string;
    level: string;
  };
  preferences: { title: string; callWaiting: string; linksAsk: string };
  deskPhones: { title: string; state: Record<PanelState['watched'][number]['state'], string> };
  link: { title: string; lead: string; question: (number: string) => string; no: string };
  entity: Record<EntityType, string>;
  unknownCaller: string;
  withheld: string;
  dial: {
    label: string;
    placeholder: string;
    call: string;
    hint: string;
    empty: string;
    redial: (number: string) => string;
    place: string;
    here: string;
    onDeskPhone: (extension: string) => string;
  };
  history: {
    region: string;
    empty: string;
    emptyHint: string;
    today: string;
    yesterday: string;
    older: string;
    newest: string;
    loading: string;
    undelivered: (calls: number) => string;
    disposition: Record<Disposition, string>;
    /** The same, where the call was ours. */
    outboundDisposition: Partial<Record<Disposition, string>>;
    answeredFor: (duration: string) => string;
    callBack: (who: string) => string;
    openCard: (who: string) => string;
    retry: string;
    retrying: string;
    waitsForChoice: string;
    delivery: Record<DeliveryView['target'], Record<'waiting' | 'failed' | 'expired' | 'given-up', string>>;
    inbound: string;
    outbound: string;
    savedTo: (card: string) => string;
    /** Who else was in the call. */
    story: string;
    before: (number: string) => string;
    asked: (number: string) => string;
    askedInVain: (number: string) => string;
    transferredTo: (number: string) => string;
    /** Refused calls without an entry of their own, of the same caller and of others. */
    calledAgain: (calls: number) => string;
    othersRefused: (calls: number) => string;
    onDeskPhone: string;
    sounded: (grade: string, figures: string) => string;
    incomingLead: string;
    search: string;
    searchClear: string;
    show: string;
    filters: Record<'all' | 'missed' | 'not-delivered', string>;
    onlyParty: (who: string) => string;
    everybody: string;
    nothingFound: string;
    nothingFoundHint: string;
    /** Said aloud when a search has its answer. */
    found: (calls: number, more: boolean) => string;
    more: (who: string) => string;
    play: string;
    partyOnly: string;
    exportCsv: string;
    exported: (calls: number, file: string) => string;
    timeline: string;
    timelineOf: (who: string) => string;
    timelineEmpty: string;
    /** Seconds since the call began: `+2.4 s`. */
    after: (seconds: number) => string;
    steps: Record<StepName, string>;
  };
  annotate: {
    title: string;
    disposition: string;
    none: string;
    dispositions: Record<AgentDisposition, string>;
    note: string;
    placeholder: string;
    save: string;
    saved: string;
  };
  signIn: {
    title: string;
    lead: string;
    withKommo: string;
    oauthHint: string;
    waitingTitle: string;
    waiting: string;
    cancel: string;
    startAgain: string;
    pasteInstead: string;
    tokenInstead: string;
    browserInstead: string;
    code: string;
    codeHint: string;
    codeSubmit: string;
    codeMissing: string;
    codeGood: (duration: string) => string;
    codeOver: string;
    otherTitle: string;
    other: (account: string, before: string) => string;
    otherWaiting: (calls: number, before: string) => string;
    otherTake: (account: string) => string;
    address: string;
    addressPlaceholder: string;
    token: string;
    tokenHint: string;
    signIn: string;
    checking: string;
    addressMissing: string;
    tokenMissing: string;
  };
  firstRun: {
    title: string;
    lead: string;
    drop: string;
    choose: string;
    dropNow: string;
    reading: string;
    wrong: string;
    tooLong: string;
    unreadable: string;
    oneFile: string;
    hint: string;
  };
  pairing: {
    title: string;
    steps: readonly [string, string, string];
    copy: string;
    copied: string;
    expiresIn: (duration: string) => string;
    expired: string;
    newCode: string;
    code: string;
    browsers: string;
    pairedAt: (when: string) => string;
    lastSeen: (when: string) => string;
    /** How many tabs of a browser are connected; one at the least. */
    tabs: (count: number) => string;
    forget: (browser: string) => string;
    forgetSure: (browser: string) => string;
  };
};

const plural = pluralOf('en');
const oneDigit = new Intl.NumberFormat('en', { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const percent = new Intl.NumberFormat('en', { style: 'percent', maximumSignificantDigits: 2 });

export const en: Texts = {
  administration,
  language: 'en',
  app: 'Ringside',
  starting: 'Starting…',
  tryAgain: 'Try again',
  close: 'Close',
  dismiss: 'Dismiss',
  noAnswer: 'Ringside did not answer. Try again; if it stays so, quit Ringside and start it again.',
  noBridge: 'This window is not connected to Ringside. Quit Ringside and start it again.',
  menu: {
    open: 'Menu',
    settings: 'Settings',
    diagnostics: 'Diagnostics',
    shortcuts: 'Keyboard shortcuts',
    language: 'Language',
    theme: 'Appearance',
    system: 'As the system',
    themes: { light: 'Light', dark: 'Dark', contrast: 'High contrast' },
    back: 'Back to the calls',
  },
  shortcuts: {
    title: 'Keyboard shortcuts',
    lead: 'They work while this window has the keyboard.',
    dial: 'Type a number',
    search: 'Search the history',
    answer: 'Answer',
    hangUp: 'Hang up or decline',
    hold: 'Hold or resume',
    mute: 'Mute or unmute',
    transfer: 'Transfer',
    newest: 'Newest and oldest call',
    sheet: 'Show this list',
    close: 'Close what is open',
  },
  lastContact: { said: (what) => `Last contact: ${what}`, you: 'you', first: 'First call with this number' },
  people: {
    search: 'Name or number',
    recent: 'Recent',
    inKommo: 'In Kommo',
    searching: 'Searching in Kommo…',
    none: 'Nobody found. A number can be typed as it is.',
  },
  after: {
    title: (who) => `After the call with ${who}`,
    saving: 'On its way to the card.',
    left: (duration) => `${duration} left to add something`,
  },
  status: {
    region: 'Connections',
    phone: 'Phone',
    extension: (extension) => `Phone ${extension}`,
    kommo: 'Kommo',
    browser: 'Browser',
    phoneState: {
      'not-set-up': 'Not set up',
      connecting: 'Connecting',
      registered: 'Ready',
      retrying: 'Reconnecting',
      refused: 'Refused',
      unregistered: 'Offline',
    },
    doNotDisturb: 'Do not disturb',
    quiet: 'Quiet',
    quietSentence: 'Do not disturb is on: calls do not ring here. They stand in the history.',
    kommoState: {
      'not-set-up': 'Not set up',
      'signed-out': 'Signed out',
      'signing-in': 'Signing in',
      'signed-in': 'Signed in',
    },
    browserState: { stopped: 'Off', 'not-paired': 'Not paired', waiting: 'Waiting', connected: 'Connected' },
    withProblem: 'Problem',
    phoneSentence: {
      'not-set-up': 'Give Ringside the file from your administrator to set up your phone.',
      connecting: 'Connecting to your phone system.',
      registered: 'You can make and take calls.',
      retrying: 'The phone system cannot be reached. Ringside keeps trying.',
      refused: 'The phone system refused this phone. Ask your administrator to check its extension and password.',
      unregistered: 'The phone is not connected. Calls do not reach you here.',
    },
    kommoSentence: {
      'not-set-up': 'Sign in to see who is calling.',
      'signed-out': 'Sign in to see who is calling. Calls still reach you without it.',
      'signing-in': 'Finish signing in in your browser.',
      'signed-in': 'Callers are looked up and calls are saved to their cards.',
    },
    browserSentence: {
      stopped: 'Kommo’s page cannot be reached from this computer right now.',
      'not-paired': 'Pair your browser once, and Kommo’s page shows your calls too.',
      waiting: 'Your browser is paired. Open Kommo in it to see your calls there.',
      connected: 'Kommo’s page in your browser shows your calls.',
    },
    account: 'Account',
    user: 'User',
    address: 'Address',
    signIn: 'Sign-in',
    until: (date) => `until ${date}`,
    stays: 'stays by itself',
  },
  actions: {
    signIn: 'Sign in',
    signOut: 'Sign out',
    signOutSure: 'Sign out? Callers will not be looked up until you sign in again.',
    signOutWaiting: (calls) =>
      plural(calls, {
        one: '# call is not in Kommo yet. Keep it for your next sign-in, or give it up?',
        other: '# calls are not in Kommo yet. Keep them for your next sign-in, or give them up?',
      }),
    signOutKeep: 'Sign out, keep calls',
    signOutGiveUp: 'Sign out, give up calls',
    pair: 'Get a pairing code',
    forget: 'Forget browsers',
    forgetSure: (browsers) =>
      plural(browsers, {
        one: 'Forget the paired browser? It has to be paired again.',
        other: 'Forget all # paired browsers? Each has to be paired again.',
      }),
    keep: 'Cancel',
  },
  notices: 'Notices',
  calls: {
    region: 'Current calls',
    ringing: 'Incoming call',
    dialling: 'Calling…',
    active: 'In call',
    held: 'On hold',
    ended: 'Call ended',
    resolving: 'Looking up…',
    answer: 'Answer',
    decline: 'Decline',
    hangUp: 'Hang up',
    openCard: 'Open card',
    newContact: 'New contact',
    elapsed: (duration) => `Time ${duration}`,
    elapsedAtLeast: (duration) => `Time at least ${duration}`,
    announce: (who) => `Incoming call from ${who}`,
    matches: (people) => plural(people, { one: '# match', other: '# matches' }),
    choose: 'Several people have this number. Who is it?',
    unnamed: (what) => `${what} without a name`,
    line: (line) => `Line: ${line}`,
    silenced: 'Incoming call, silenced',
    silence: 'Silence',
    earlyMedia: 'Calling… you can hear the line',
    muted: 'In call, muted',
    heldByThem: 'They put you on hold',
    heldByBoth: 'On hold by both sides',
    deskPhone: (extension) => `Desk phone ${extension}`.trim(),
    watchedRinging: 'Rings on the desk phone',
    watchedDialling: 'The desk phone is calling',
    watchedActive: 'On the desk phone',
    hold: 'Hold',
    resume: 'Resume',
    swap: 'Swap',
    mute: 'Mute',
    keypad: 'Keypad',
    keysSent: 'Keys sent',
    transfer: 'Transfer',
    transferTo: 'Transfer to',
    transferEmpty: 'Type the number or extension to transfer to.',
    transferNow: 'Transfer now',
    askFirst: 'Ask first',
    transferState: {
      asked: (to) => `Transferring to ${to}…`,
      ringing: (to) => `${to} rings. The call is theirs once they answer.`,
      failed: (to) => `The transfer to ${to} did not work. The call is yours again.`,
    },
    asking: (who) => `Asking ${who}`,
    connectThem: 'Connect them',
    backToCaller: 'Back',
    ofCall: (action, who) => `${action}: ${who}`,
  },
  quality: {
    good: 'Good',
    fair: 'Fair',
    poor: 'Poor',
    lost: (share) => `${percent.format(share)} lost`,
    jitter: (ms) => `${ms} ms jitter`,
    roundTrip: (ms) => `${ms} ms there and back`,
  },
  audio: {
    title: 'Audio',
    microphone: 'Microphone',
    speaker: 'Speaker',
    ringer: 'Ringer',
    volume: 'Ring volume',
    ringOnSpeaker: 'Ring on the speaker as well',
    systemChoice: 'The system’s choice',
    unnamed: (place) => `Device ${place}`,
    unplugged: 'Not plugged in',
    testEcho: 'Test microphone',
    testRinger: 'Test ringer',
    stop: 'Stop test',
    testing: 'Speak: you hear yourself on the speaker, and the bar moves.',
    level: 'Microphone level',
  },
  preferences: {
    title: 'Calls',
    callWaiting: 'Let a second call ring during a call',
    linksAsk: 'Ask before a link calls a number',
  },
  deskPhones: {
    title: 'Desk phones',
    state: { watching: 'Watched', retrying: 'Not reachable', refused: 'Not allowed' },
  },
  link: {
    title: 'A link asks for a call',
    lead: 'A link asks for a call',
    question: (number) => `Call ${number}?`,
    no: 'Do not call',
  },
  entity: { contact: 'Contact', lead: 'Lead', company: 'Company', customer: 'Customer' },
  unknownCaller: 'Unknown',
  withheld: 'Withheld number',
  dial: {
    label: 'Number to call',
    placeholder: 'Number to call',
    call: 'Call',
    hint: 'Press / to type a number',
    empty: 'Type a number first.',
    redial: (number) => `Redial ${number}`,
    place: 'Call on',
    here: 'On this computer',
    onDeskPhone: (extension) => `On desk phone ${extension}`,
  },
  history: {
    region: 'History',
    empty: 'No calls yet',
    emptyHint: 'Calls you make and take appear here.',
    today: 'Today',
    yesterday: 'Yesterday',
    older: 'Show older calls',
    newest: 'Back to the newest calls',
    loading: 'Loading…',
    undelivered: (calls) => plural(calls, { one: '# call not in Kommo yet', other: '# calls not in Kommo yet' }),
    disposition: {
      answered: 'Answered',
      missed: 'Missed',
      'answered elsewhere': 'Answered elsewhere',
      voicemail: 'Went to voicemail',
      declined: 'Declined',
      busy: 'Busy',
      cancelled: 'Cancelled',
      'no answer': 'No answer',
      failed: 'Failed',
    },
    outboundDisposition: { voicemail: 'Voicemail answered', declined: 'Declined by them', busy: 'Line busy' },
    answeredFor: (duration) => `Answered ${duration}`,
    callBack: (who) => `Call ${who}`,
    openCard: (who) => `Open the card of ${who}`,
    retry: 'Retry',
    retrying: 'Retrying…',
    waitsForChoice: 'It goes to the card when you save, or a minute after the call.',
    delivery: {
      card: {
        waiting: 'Waiting to be saved to the card.',
        failed: 'Could not be saved to the card.',
        expired: 'Was not saved to the card in time.',
        'given-up': 'Was given up.',
      },
      recording: {
        waiting: 'Waiting for the recording.',
        failed: 'The recording could not be looked for.',
        expired: 'No recording.',
        'given-up': 'Was given up.',
      },
      update: {
        waiting: 'On the card; its result, note or recording is still to be added.',
        failed: 'On the card, but its result, note or recording could not be added.',
        expired: 'Was not added to the card in time.',
        'given-up': 'Was given up.',
      },
      widget: {
        waiting: 'Waiting to be shown on Kommo’s page.',
        failed: 'Could not be shown on Kommo’s page.',
        expired: 'Was not shown on Kommo’s page in time.',
        'given-up': 'Was given up.',
      },
      bell: {
        waiting: 'The recording is still to be added on Kommo’s page.',
        failed: 'The recording could not be added on Kommo’s page.',
        expired: 'The recording was not added on Kommo’s page in time.',
        'given-up': 'Was given up.',
      },
    },
    inbound: 'Inbound',
    outbound: 'Outbound',
    savedTo: (card) => `Saved to the ${card}`,
    story: 'What happened',
    before: (number) => `Before with ${number}`,
    asked: (number) => `Asked ${number}`,
    askedInVain: (number) => `Asked ${number}, no answer`,
    transferredTo: (number) => `Transferred to ${number}`,
    calledAgain: (calls) =>
      plural(calls, { one: 'Called once more within the minute', other: 'Called # more times within the minute' }),
    othersRefused: (calls) =>
      plural(calls, {
        one: '# more call was refused within the minute and is not listed',
        other: '# more calls were refused within the minute and are not listed',
      }),
    onDeskPhone: 'On the desk phone',
    sounded: (grade, figures) => `Sounded ${grade}: ${figures}`,
    incomingLead: 'incoming leads',
    search: 'Search name, number or note',
    searchClear: 'Clear the search',
    show: 'Show',
    filters: { all: 'All', missed: 'Missed', 'not-delivered': 'Not in Kommo' },
    onlyParty: (who) => `Calls with ${who}`,
    everybody: 'Show everybody',
    nothingFound: 'No call fits',
    nothingFoundHint: 'Try fewer letters, or show all calls.',
    found: (calls, more) => plural(calls, more ? { other: '# calls and more' } : { one: '# call', other: '# calls' }),
    more: (who) => `More about the call with ${who}`,
    play: 'Play the recording',
    partyOnly: 'Only calls with this number',
    exportCsv: 'Export as CSV',
    exported: (calls, file) => plural(calls, { one: `# call saved in ${file}.`, other: `# calls saved in ${file}.` }),
    timeline: 'What happened',
    timelineOf: (who) => `What happened with the call: ${who}`,
    timelineEmpty: 'Nothing is written about this call any more.',
    after: (seconds) => `+${oneDigit.format(seconds)} s`,
    steps: {
      invite: 'The call came to this computer.',
      dialling: 'The call went out.',
      pop: 'Its card was opened.',
      'toast.requested': 'The notification was asked for.',
      'toast.shown': 'The system showed the notification.',
      'toast.failed': 'The system did not show the notification. Calls appear in this window then.',
      'resolve.sent': 'Kommo was asked who it is.',
      'resolve.done': 'Kommo answered.',
      'resolve.dropped': 'Kommo was not asked: the call was over.',
      'resolve.matches': 'Several people have this number.',
      'match.chosen': 'You said who it is.',
      'command.answer': 'You pressed Answer.',
      'command.decline': 'You pressed Decline.',
      'command.hang-up': 'You pressed Hang up.',
      'command.silence': 'You silenced the ringing.',
      answered: 'The call was answered.',
      'media.connected': 'Sound flowed.',
      'media.failed': 'There was no sound.',
      held: 'The call was put on hold.',
      resumed: 'The call went on.',
      continued: 'The call went on with somebody else.',
      'transfer.asked': 'The transfer was asked for.',
      'transfer.ringing': 'The transfer rang.',
      'transfer.failed': 'The transfer did not work.',
      ended: 'The call ended.',
      freed: 'The line was free again.',
      'journal.written': 'The call was written to the history.',
      recording: 'The recording was found.',
      'card.opened': 'Its card was opened in the browser.',
      'delivery.card': 'It was saved to the card.',
      'delivery.card.failed': 'It could not be saved to the card.',
      'delivery.widget': 'It was shown on Kommo’s page.',
      'delivery.widget.failed': 'It could not be shown on Kommo’s page.',
    },
  },
  annotate: {
    title: 'About this call',
    disposition: 'Result',
    none: 'No result',
    dispositions: {
      talked: 'Talked',
      'call back later': 'Call back later',
      'left voicemail': 'Left voicemail',
      'not available': 'Not available',
      'wrong number': 'Wrong number',
      'no answer': 'No answer',
      busy: 'Busy',
    },
    note: 'Note',
    placeholder: 'Note for the card',
    save: 'Save',
    saved: 'Saved. It goes to the card with the call.',
  },
  signIn: {
    title: 'Sign in to Kommo',
    lead: 'So that Ringside can say who is calling and save calls to their cards.',
    withKommo: 'Sign in with Kommo',
    oauthHint: 'Opens Kommo in your browser.',
    waitingTitle: 'Finish in your browser',
    waiting: 'Kommo is open in your browser. Choose your account there and allow access, then come back here.',
    cancel: 'Cancel',
    startAgain: 'Start again',
    pasteInstead: 'Paste a code instead',
    tokenInstead: 'Use a long-lived token',
    browserInstead: 'Sign in with the browser',
    code: 'Code from Kommo',
    codeHint:
      'Nothing happens after "Allow"? Copy the whole address of the page you ended at and paste it here. An administrator can also give you a code: Settings, Integrations, your private integration, Keys and scopes.',
    codeSubmit: 'Use this code',
    codeMissing: 'Paste the code or the address first.',
    codeGood: (duration) => `Kommo takes the code for ${duration} more`,
    codeOver: 'Kommo takes no code from this sign-in any more. Start it again.',
    otherTitle: 'This is another account',
    other: (account, before) =>
      `You signed in to ${account}. Ringside was signed in to ${before} before. Nothing is changed yet.`,
    otherWaiting: (calls, before) =>
      plural(calls, {
        one: `# call still waits for ${before}. It is given up when you change.`,
        other: `# calls still wait for ${before}. They are given up when you change.`,
      }),
    otherTake: (account) => `Change to ${account}`,
    address: 'Kommo address',
    addressPlaceholder: 'acme.kommo.com',
    token: 'Long-lived token',
    tokenHint: 'In Kommo: Settings, Integrations, your private integration, Keys and scopes.',
    signIn: 'Sign in',
    checking: 'Checking…',
    addressMissing: 'Type your Kommo address, such as acme.kommo.com.',
    tokenMissing: 'Paste the long-lived token from Kommo.',
  },
  firstRun: {
    title: 'Set up Ringside',
    lead: 'Your administrator has a settings file for you. Give it to Ringside, and your phone is ready.',
    drop: 'Drop the settings file here',
    choose: 'Choose a file',
    dropNow: 'Let go to use this file',
    reading: 'Reading the file…',
    wrong: 'This file cannot be used. Send these lines to your administrator:',
    tooLong: 'This file is far too large to be a Ringside settings file.',
    unreadable: 'The file could not be read. Copy it to this computer and try again.',
    oneFile: 'Drop one file only.',
    hint: 'It usually ends in .json',
  },
  pairing: {
    title: 'Pair your browser',
    steps: [
      'Open Kommo in your browser.',
      'Open Ringside there: Settings, Integrations, Ringside.',
      'Type this code and choose Pair.',
    ],
    copy: 'Copy code',
    copied: 'Copied',
    expiresIn: (duration) => `Good for ${duration}`,
    expired: 'This code has run out.',
    newCode: 'New code',
    code: 'Pairing code',
    browsers: 'Paired browsers',
    pairedAt: (when) => `Paired ${when}`,
    lastSeen: (when) => `Last seen ${when}`,
    tabs: (count) => plural(count, { one: 'Connected, # tab', other: 'Connected, # tabs' }),
    forget: (browser) => `Forget ${browser}`,
    forgetSure: (browser) => `Forget ${browser}? It has to be paired again.`,
  },
};
