/** The contract between main and the panel: one snapshot of everything the agent sees, and the things they can ask for. */
import * as v from 'valibot';
import type { CallState, Disposition } from '../calls/call.ts';
import type { AudioDevice, Quality } from '../calls/phone-event.ts';
import { PreferencesSchema, type Preferences, type Shortcut } from '../settings/preferences.ts';
import type { Sentence } from '../texts/sentence.ts';
import {
  AgentDispositionSchema,
  EntityRefSchema,
  NOTE_LENGTH,
  type Caller,
  type CallMatch,
  type CompletedCall,
  type EntityRef,
  type EntityType,
} from '../calls/completed-call.ts';

/** The last call with this party before the one that goes on. */
export type LastContact = {
  /** Milliseconds since 1970 UTC. */
  at: number;
  direction: 'inbound' | 'outbound';
  disposition: Disposition;
  talkSeconds: number;
  /** The agent of that call; null where nobody was signed in. */
  agent: string | null;
  /** It was the agent who is signed in now. */
  mine: boolean;
};

export type CallView = {
  id: string;
  direction: 'inbound' | 'outbound';
  state: CallState;
  /** What the agent reads first: the name, or the number while there is none. */
  title: string;
  number: string;
  caller: Caller;
  /** The company of whoever calls, null while or where that is not known. */
  company: string | null;
  /** True while Kommo is being asked. */
  resolving: boolean;
  /** Milliseconds since 1970 UTC. */
  startedAt: number;
  answeredAt: number | null;
  /** It was answered already when Ringside learnt of it: it goes on for longer than the times here say. */
  metAnswered: boolean;
  /** Something about this call the agent must know (no microphone, no name and why). */
  notice: Sentence | null;
  canOpenCard: boolean;
  /** Who has this number, Kommo's choice first; empty where nobody but the caller has it. */
  matches: CallMatch[];
  /** The line that was called, where the settings say which header shows it. */
  line: string | null;
  /** On the phone here, or on a desk phone that is watched. */
  source: 'phone' | 'watched';
  /** The extension of that desk phone. */
  deskPhone: string | null;
  muted: boolean;
  heldBy: ('local' | 'remote')[];
  /** The ringing of this call was silenced. */
  silenced: boolean;
  /** The id of the call that this one is a consultation of. */
  consultationOf: string | null;
  transfer: { to: string; state: 'asked' | 'ringing' | 'failed' } | null;
  earlyMedia: boolean;
  quality: Quality | null;
  /** From the journal of this desktop; null where there was none. */
  lastContact: LastContact | null;
};

/** A call as the phone knows it, without what the journal knows of its party. */
export type LiveCall = Omit<CallView, 'lastContact'>;

export type PhoneStatus = {
  state: 'not-set-up' | 'connecting' | 'registered' | 'retrying' | 'refused' | 'unregistered';
  extension: string | null;
  reason: Sentence | null;
};

export type KommoStatus = {
  state: 'not-set-up' | 'signed-out' | 'signing-in' | 'signed-in';
  /** `acme.kommo.com`. */
  host: string | null;
  account: string | null;
  user: Sentence | null;
  /** How this desktop signs in, so that the panel offers the right button. */
  way: 'oauth' | 'token' | null;
  /** Why not, or what is wrong although signed in. */
  reason: Sentence | null;
  /** When a long-lived token ends (milliseconds since 1970 UTC); null where the sign-in stays by itself or no end is known. */
  endsAt: number | null;
  /** While a sign-in waits for its code: until when Kommo takes one. */
  codeUntil: number | null;
  /** Signed in to another account than before: nothing is changed until the agent says so. */
  offered: { account: string; before: string } | null;
  /** Calls that are not on their card yet: what becomes of them is asked at a sign-out. */
  waitingCalls: number;
};

/** A browser that holds a token; times in milliseconds since 1970 UTC. */
export type PairedBrowser = {
  id: string;
  /** `Chrome 156 on Windows` */
  name: Sentence;
  pairedAt: number;
  lastSeenAt: number;
  /** Tabs of it that are connected now. */
  tabs: number;
};

export type BrowserStatus = {
  state: 'stopped' | 'not-paired' | 'waiting' | 'connected';
  /** Browsers that hold a token. */
  paired: number;
  /** These browsers, the one paired last first. */
  browsers: readonly PairedBrowser[];
  reason: Sentence | null;
  pairing: { code: string; expiresAt: number } | null;
};

export type PanelState = {
  version: string;
  phone: PhoneStatus;
  kommo: KommoStatus;
  browser: BrowserStatus;
  calls: CallView[];
  preferences: Preferences;
  devices: { microphones: AudioDevice[]; speakers: AudioDevice[] };
  /** While the audio is tested. */
  audioTest: { microphone: number; problem: Sentence | null } | null;
  /** The desk phones that are watched, and how each watch stands. */
  watched: { extension: string; state: 'watching' | 'retrying' | 'refused'; reason: Sentence | null }[];
  /** A `tel:` link that asks before it dials. */
  asksToDial: { id: string; number: string } | null;
  /** What the agent called last, to be dialled again; null while there is nothing. */
  lastDialled: string | null;
  /** Deliveries that wait or failed. */
  undelivered: number;
  /** Warnings that stay until dismissed (no safe place for secrets, a damaged journal set aside…). */
  notices: { id: string; text: Sentence }[];
  /** How each global shortcut stands: another program may have taken its keys. */
  shortcuts: Record<Shortcut, 'off' | 'on' | 'taken'>;
  /** Counts up whenever a setting, its default or its lock changed: then `settings` gives something else. */
  settingsVersion: number;
  /** The number of an echo test, where the settings name one. */
  testNumber: string | null;
};

export type DeliveryView = {
  /** `recording`: looking for it; `update`: telling the card what came later; `bell`: telling Kommo's page. */
  target: 'card' | 'recording' | 'update' | 'widget' | 'bell';
  state: 'waiting' | 'done' | 'failed' | 'expired' | 'no-card' | 'given-up';
  tries: number;
  error: Sentence | null;
};

/** What the agent can say about a call; `done`: nothing more will come, the card need not wait. */
const AnnotationSchema = v.object({
  disposition: v.nullable(AgentDispositionSchema),
  note: v.pipe(v.string(), v.maxLength(NOTE_LENGTH)),
  done: v.boolean(),
});
export type Annotation = v.InferOutput<typeof AnnotationSchema>;

export type HistoryEntry = {
  call: CompletedCall;
  disposition: Disposition;
  deliveries: DeliveryView[];
  canOpenCard: boolean;
  /** Which card the call is on; null while or where it is on none, or Kommo did not say. */
  savedTo: EntityType | 'incoming-lead' | null;
  /** Why Kommo's player will not play the recording. */
  recordingWarning: Sentence | null;
  /** Until when (milliseconds since 1970 UTC) the agent may still say something about it. */
  annotateUntil: number;
  /** Until when the agent may still say which of the call's matches it is; 0 where it cannot be said any more. */
  chooseUntil: number;
};

/** What a search of the history asks for; all of it must fit. */
export const HistorySearchSchema = v.object({
  /** Words of names, notes and lines, and digits of numbers however they are written; empty for every call. */
  text: v.pipe(v.string(), v.maxLength(200)),
  filter: v.picklist(['all', 'missed', 'not-delivered']),
  /** The id of a call in the history: only calls with its party. */
  partyOf: v.nullable(v.pipe(v.string(), v.minLength(1), v.maxLength(64))),
});
export type HistorySearch = v.InferOutput<typeof HistorySearchSchema>;

/** One thing that happened in a call; `event` and `details` as in timeline.jsonl, without personal data. */
export type TimelineStep = {
  /** Milliseconds since 1970 UTC. */
  at: number;
  event: string;
  details: Record<string, string | number | boolean | null>;
};

/** Somebody in Kommo who can be called. */
export type Person = { entity: EntityRef; name: string; company: string | null; numbers: string[] };

/** Where the value that counts comes from. */
export type SettingSource = 'default' | 'agent' | 'provisioning' | 'policy';

export type SettingView = {
  /** As in the provisioning file: `phone.server`, `calls.pop`, `preferences.callWaiting`. */
  key: string;
  /** JSON; of a secret only whether there is one: `true` or null. */
  value: unknown;
  /** What would count without the agent's own choice; JSON. */
  default: unknown;
  source: SettingSource;
  /** By the provisioning file or by policy: the agent cannot change it. */
  locked: boolean;
  /** The agent may change it here: neither locked nor the administrator's alone. */
  editable: boolean;
  /** How it is entered; `fixed` is only shown. */
  kind: 'flag' | 'choice' | 'number' | 'text' | 'shortcut' | 'device' | 'fixed' | 'secret';
  /** Of a `choice`. */
  choices: string[];
};

/** What the diagnostics screen can check. */
export const CHECKS = [
  'dns',
  'tls',
  'websocket',
  'register',
  'stun',
  'kommo',
  'bridge',
  'notifications',
  'audio',
] as const;
export type CheckName = (typeof CHECKS)[number];

/** `code` names a sentence of the catalogue, which says what is and what to do; `details` are its facts. */
export type CheckResult = {
  state: 'good' | 'warning' | 'bad' | 'not-set-up';
  code: string;
  details: Record<string, string | number>;
  /** How long it took, milliseconds. */
  ms: number;
};

/** A line of the program's log, secrets and numbers masked. */
export type LogLine = { seq: number; at: number; event: string; text: string };

/** Every request answers so: a refusal is a sentence, never an exception's text. */
export type Answer<T = null> = { ok: true; value: T } | { ok: false; message: Sentence };

const id = v.pipe(v.string(), v.minLength(1), v.maxLength(64));
const line = (max: number) => v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(max));

/** The parameters of every request the panel can make, as main parses them. */
export const PanelRequests = {
  state: v.tuple([]),
  dial: v.tuple([line(128)]),
  answer: v.tuple([id]),
  decline: v.tuple([id]),
  hangUp: v.tuple([id]),
  hold: v.tuple([id]),
  resume: v.tuple([id]),
  mute: v.tuple([id, v.boolean()]),
  /** Stops the ringing of this call here. */
  silence: v.tuple([id]),
  sendKeys: v.tuple([id, v.pipe(v.string(), v.regex(/^[0-9A-D*#]{1,64}$/))]),
  /** Blind. */
  transfer: v.tuple([id, line(128)]),
  /** Dials a colleague while the call waits. */
  consult: v.tuple([id, line(128)]),
  /** Connects the call with its consultation. */
  completeTransfer: v.tuple([id]),
  dialOnDeskPhone: v.tuple([line(64), line(128)]),
  /** The answer to `asksToDial`. */
  dialLink: v.tuple([id, v.boolean()]),
  setPreferences: v.tuple([PreferencesSchema]),
  testAudio: v.tuple([v.picklist(['echo', 'ringer', 'off'])]),
  openCard: v.tuple([id]),
  /** Which of the matches of a call it is: a live one, or one of the last minute that is on no card yet. */
  chooseMatch: v.tuple([id, EntityRefSchema]),
  /** Entries that started before this time (milliseconds since 1970 UTC), newest first; null from the newest. */
  history: v.tuple([v.nullable(v.number()), v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(200))]),
  /** As `history`, of what was searched for. */
  searchHistory: v.tuple([
    HistorySearchSchema,
    v.nullable(v.number()),
    v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(200)),
  ]),
  /** What happened in a call, oldest first. */
  callTimeline: v.tuple([id]),
  /** Writes what was searched for as CSV, where the agent says. */
  exportHistory: v.tuple([HistorySearchSchema]),
  /** In the system's player. */
  playRecording: v.tuple([id]),
  openHistoryCard: v.tuple([id]),
  /** People in Kommo by name or number; ask when the agent has paused, not for each key. */
  searchPeople: v.tuple([line(100)]),
  retryDelivery: v.tuple([id]),
  /** What the agent says about a live call, or one of the last minute. */
  annotate: v.tuple([id, AnnotationSchema]),
  signInWithToken: v.tuple([line(200), line(8192)]),
  signInWithOAuth: v.tuple([]),
  /** The code, or the whole address that the browser was sent to. */
  pasteCode: v.tuple([line(8192)]),
  /** To the account of `KommoStatus.offered`. */
  changeAccount: v.tuple([]),
  cancelSignIn: v.tuple([]),
  /** What becomes of the calls that Kommo has not got yet. */
  signOut: v.tuple([v.picklist(['keep', 'give-up'])]),
  newPairingCode: v.tuple([]),
  forgetBrowsers: v.tuple([]),
  /** The browser of this id. */
  forgetBrowser: v.tuple([id]),
  /** The text of a provisioning file, dropped on the panel. */
  provision: v.tuple([v.pipe(v.string(), v.maxLength(100_000))]),
  dismissNotice: v.tuple([id]),
  settings: v.tuple([]),
  /** The agent's own value; JSON. */
  changeSetting: v.tuple([line(64), v.unknown()]),
  /** The agent's own value is forgotten. */
  resetSetting: v.tuple([line(64)]),
  check: v.tuple([v.picklist(CHECKS)]),
  /** Lines after this `seq`; 0 for all that are kept. */
  log: v.tuple([v.pipe(v.number(), v.integer(), v.minValue(0))]),
  /** Writes the archive for support, where the agent says. */
  saveArchive: v.tuple([]),
} as const;
export type PanelRequest = keyof typeof PanelRequests;
export type PanelParameters<R extends PanelRequest> = v.InferOutput<(typeof PanelRequests)[R]>;

type Given = {
  state: PanelState;
  history: HistoryEntry[];
  searchHistory: HistoryEntry[];
  callTimeline: TimelineStep[];
  /** The file's name, null where the agent chose none; and how many calls are in it. */
  exportHistory: { file: string | null; calls: number };
  searchPeople: Person[];
  settings: SettingView[];
  check: CheckResult;
  log: LogLine[];
  saveArchive: { file: string | null };
};
/** What each request gives back. */
export type PanelAnswers = { [R in PanelRequest]: R extends keyof Given ? Given[R] : null };

export const PANEL_CHANNELS = {
  /** panel → main: `(request, parameters)`, answered with an `Answer`. */
  request: 'panel.request',
  /** main → panel: `PanelState`. */
  state: 'panel.state',
  /** main → panel: the history has changed. */
  history: 'panel.history',
} as const;

/** What the preload gives the panel as `window.ringside`. */
export type PanelBridge = {
  request<R extends PanelRequest>(request: R, ...parameters: PanelParameters<R>): Promise<Answer<PanelAnswers[R]>>;
  /** Each returns its own undo. */
  onState(listener: (state: PanelState) => void): () => void;
  onHistory(listener: () => void): () => void;
};

/** One handler for each request, as main implements them. */
export type PanelHandlers = {
  [R in PanelRequest]: (
    ...parameters: PanelParameters<R>
  ) => Promise<Answer<PanelAnswers[R]>> | Answer<PanelAnswers[R]>;
};
