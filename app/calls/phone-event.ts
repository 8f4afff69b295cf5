/** What the phone reports: facts about SIP dialogs, registration and media, in the order in which they happened. */
import * as v from 'valibot';
import type { PhonePreferences } from '../settings/preferences.ts';
import { SentenceSchema } from '../texts/kept-sentence.ts';

const text = (max: number) => v.pipe(v.string(), v.maxLength(max));
/** Milliseconds of a clock that never jumps; a bound that any real uptime keeps, so that dates can be made of it. */
const monotonic = v.pipe(v.number(), v.finite(), v.minValue(0), v.maxValue(1e13));
/** Milliseconds since 1970 UTC, as far as a `Date` reaches. */
const wall = v.pipe(v.number(), v.finite(), v.minValue(0), v.maxValue(8.64e15));

/** One side of a SIP dialog as its header had it (RFC 3261 section 20.10): nothing normalised, nothing trusted. */
const PartySchema = v.object({ user: text(256), displayName: text(256), uri: text(1024) });
export type Party = v.InferOutput<typeof PartySchema>;

/**
 * Why a call ended. `by`: who ended it (`network` where nobody did). `how`: the SIP way of it. `status`: the final
 * status code where there was one. `reason`: the raw `Reason` header (RFC 3326) where one came.
 */
const EndCauseSchema = v.object({
  by: v.picklist(['local', 'remote', 'network']),
  how: v.picklist(['bye', 'cancel', 'rejected', 'timeout', 'failed']),
  status: v.optional(v.pipe(v.number(), v.integer(), v.minValue(100), v.maxValue(699))),
  reason: v.optional(text(1024)),
});
export type EndCause = v.InferOutput<typeof EndCauseSchema>;

/**
 * A dialog that belongs to another call of ours, by that one's Call-ID. `consultation`: the agent asks a colleague
 * before transferring (the call waits on hold). `continuation`: the call goes on in this dialog once it is answered
 * (we followed a REFER, or an INVITE with `Replaces` came: RFC 3515, RFC 3891).
 */
const PartOfSchema = v.object({
  callId: v.pipe(text(512), v.nonEmpty()),
  role: v.picklist(['consultation', 'continuation']),
});
export type PartOf = v.InferOutput<typeof PartOfSchema>;

/** What goes into a header of ours again, and must not begin another one. */
const inHeader = (max: number) => v.pipe(text(max), v.regex(/^[^\u0000-\u0020\u007f<>]+$/));
/**
 * What a SIP dialog is known by, and what it takes to speak in it (RFC 3261 section 12), as our side has it. `routeSet`
 * holds the values of Route in their order; `cseq` is the number of our last INVITE, 0 where there was none.
 */
const DialogSchema = v.object({
  localTag: inHeader(512),
  remoteTag: inHeader(512),
  localUri: inHeader(1024),
  remoteUri: inHeader(1024),
  remoteTarget: inHeader(1024),
  routeSet: v.pipe(v.array(v.pipe(text(1024), v.regex(/^[^\r\n]+$/))), v.maxLength(20)),
  cseq: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(2 ** 31 - 1)),
});
export type Dialog = v.InferOutput<typeof DialogSchema>;

const ratio = v.pipe(v.number(), v.finite(), v.minValue(0), v.maxValue(1));
const milliseconds = v.pipe(v.number(), v.finite(), v.minValue(0), v.maxValue(1e6));
/**
 * What a call sounded like here since it was answered: share of audio packets lost on their way to us, mean jitter and
 * round trip, and the listening quality that follows from them (MOS 1 to 4.5, ITU-T G.107 E-model, an estimate).
 */
export const QualitySchema = v.object({
  codec: text(64),
  loss: ratio,
  jitterMs: milliseconds,
  /** Null where the far side sends no RTCP reports. */
  roundTripMs: v.nullable(milliseconds),
  mos: v.pipe(v.number(), v.finite(), v.minValue(1), v.maxValue(5)),
});
export type Quality = v.InferOutput<typeof QualitySchema>;

/**
 * What every call event carries. `callId` is the SIP Call-ID; `monotonic` milliseconds of a clock that never jumps
 * (the phone page's `performance.now()`, in main rebased to main's); `wall` milliseconds since 1970 UTC; `headers`
 * the headers that matter by their lower-case name (`reason`, `p-asserted-identity`, `remote-party-id`,
 * `history-info`, `diversion`, `referred-by`, `call-info`, `alert-info`, and the `x-…` named in the settings).
 */
const callEvent = <K extends string, E extends v.ObjectEntries>(kind: K, entries: E) =>
  v.object({
    kind: v.literal(kind),
    callId: v.pipe(text(512), v.nonEmpty()),
    source: v.picklist(['phone', 'watched']),
    direction: v.picklist(['inbound', 'outbound']),
    monotonic,
    wall,
    local: PartySchema,
    remote: PartySchema,
    headers: v.record(text(64), text(2048)),
    partOf: v.optional(PartOfSchema),
    ...entries,
  });

const CallEventSchema = v.variant('kind', [
  callEvent('ringing', {}),
  callEvent('dialling', {}),
  callEvent('progress', {
    status: v.pipe(v.number(), v.integer(), v.minValue(100), v.maxValue(199)),
    /** The far side lets us hear something already (an announcement, its own ringing tone). */
    earlyMedia: v.optional(v.boolean()),
  }),
  callEvent('answered', {}),
  callEvent('held', { by: v.picklist(['local', 'remote']) }),
  callEvent('resumed', { by: v.picklist(['local', 'remote']) }),
  callEvent('muted', { muted: v.boolean() }),
  /** A transfer that the agent asked for is under way, or did not work out and the call is theirs again. */
  callEvent('transferring', {
    to: text(1024),
    state: v.picklist(['asked', 'ringing', 'failed']),
    status: v.optional(v.pipe(v.number(), v.integer(), v.minValue(100), v.maxValue(699))),
  }),
  /** The far side is with somebody else now: this dialog is about to end. */
  callEvent('transferred', { to: text(1024) }),
  callEvent('quality', { quality: QualitySchema }),
  callEvent('ended', { cause: EndCauseSchema }),
]);
export type CallEvent = v.InferOutput<typeof CallEventSchema>;

/**
 * `registered` means that the PBX said so on the socket that is open now. `refused` is the PBX's own no (wrong
 * password, unknown extension): trying again by itself would not help. `retrying` is everything that passes.
 */
const RegistrationEventSchema = v.object({
  kind: v.literal('registration'),
  state: v.picklist(['connecting', 'registered', 'retrying', 'refused', 'unregistered']),
  /** What went wrong, for the log and to choose the agent's sentence. */
  reason: v.optional(
    v.object({
      code: v.picklist([
        'unreachable',
        'wrong-password',
        'unknown-extension',
        'forbidden',
        'no-answer',
        'nonsense',
        'server-error',
        /** The server's certificate is not trusted here. */
        'untrusted',
      ]),
      detail: text(512),
    }),
  ),
  /** Which of several servers it is about. */
  server: v.optional(text(1024)),
  monotonic,
  wall,
});
export type RegistrationEvent = v.InferOutput<typeof RegistrationEventSchema>;

/**
 * Audio of a call: it flows, or why it cannot. `nothing-heard`: for five seconds no audio has come from the far side;
 * `heard-again` takes it back. `device-changed`: what was in use is gone, `detail` names what is used instead.
 */
const MediaEventSchema = v.object({
  kind: v.literal('media'),
  callId: text(512),
  state: v.picklist([
    'connected',
    'no-microphone',
    'microphone-denied',
    'failed',
    'interrupted',
    'nothing-heard',
    'heard-again',
    'device-changed',
  ]),
  detail: v.optional(text(512)),
  monotonic,
  wall,
});

/** How to speak in the dialog of an answered call: told with its answer, and again when that changes. */
const DialogEventSchema = v.object({
  kind: v.literal('dialog'),
  callId: v.pipe(text(512), v.nonEmpty()),
  dialog: DialogSchema,
  monotonic,
  wall,
});

/** Something foreign or malformed arrived and was refused; the phone went on. */
const RefusedEventSchema = v.object({
  kind: v.literal('refused-message'),
  detail: text(512),
  monotonic,
  wall,
});

const DeviceSchema = v.object({ id: text(256), label: text(256) });
/** A microphone, a speaker: the id is the page's own and stays the same over restarts. */
export type AudioDevice = v.InferOutput<typeof DeviceSchema>;

/** What there is to speak into and to hear with; told at start and whenever something is plugged in or out. */
const DevicesEventSchema = v.object({
  kind: v.literal('devices'),
  microphones: v.pipe(v.array(DeviceSchema), v.maxLength(100)),
  speakers: v.pipe(v.array(DeviceSchema), v.maxLength(100)),
  monotonic,
  wall,
});
export type DevicesEvent = v.InferOutput<typeof DevicesEventSchema>;

/** While the audio is tested: how loud the microphone is, 0 to 1, some ten times a second; null when the test is over. */
const LevelEventSchema = v.object({
  kind: v.literal('audio-level'),
  microphone: v.nullable(ratio),
  /** Why the test cannot be made. */
  problem: v.optional(v.picklist(['no-microphone', 'microphone-denied', 'failed'])),
  monotonic,
  wall,
});
export type LevelEvent = v.InferOutput<typeof LevelEventSchema>;

/** How the watch on a desk phone's extension stands (RFC 4235, RFC 6665). */
const WatchEventSchema = v.object({
  kind: v.literal('watch'),
  extension: text(256),
  state: v.picklist(['watching', 'retrying', 'refused']),
  detail: v.optional(text(512)),
  monotonic,
  wall,
});
export type WatchEvent = v.InferOutput<typeof WatchEventSchema>;

/** What became of a wish that a desk phone has to fulfil: `refused` with the reason in plain words for the agent. */
const DeskPhoneEventSchema = v.object({
  kind: v.literal('desk-phone'),
  extension: text(256),
  wish: v.picklist(['dial', 'hang-up']),
  state: v.picklist(['asked', 'ringing', 'done', 'refused']),
  detail: v.optional(SentenceSchema),
  monotonic,
  wall,
});
export type DeskPhoneEvent = v.InferOutput<typeof DeskPhoneEventSchema>;

export const PhoneEventSchema = v.variant('kind', [
  ...CallEventSchema.options,
  RegistrationEventSchema,
  MediaEventSchema,
  DialogEventSchema,
  RefusedEventSchema,
  DevicesEventSchema,
  LevelEventSchema,
  WatchEventSchema,
  DeskPhoneEventSchema,
]);
export type PhoneEvent = v.InferOutput<typeof PhoneEventSchema>;

/** An answered call as it stands, for a phone page that knows nothing of it. */
export type Talk = Pick<CallEvent, 'direction' | 'local' | 'remote' | 'partOf'> & {
  readonly held: boolean;
  readonly remoteHeld: boolean;
  readonly muted: boolean;
};

/**
 * What main asks of the phone. `callId` is the SIP Call-ID of a live call. One call is active at a time: what answers,
 * resumes or dials puts the others on hold first.
 */
export type PhoneCommand =
  | { kind: 'answer'; callId: string }
  | { kind: 'decline'; callId: string }
  /** A watched call is hung up on its desk phone, where the PBX allows. */
  | { kind: 'hang-up'; callId: string }
  | { kind: 'hold'; callId: string }
  | { kind: 'resume'; callId: string }
  | { kind: 'mute'; callId: string; muted: boolean }
  /** No more ringing for this call; it rings on at the caller's side. */
  | { kind: 'silence'; callId: string }
  /** `0-9 A-D * #`, one after the other. */
  | { kind: 'dtmf'; callId: string; tones: string }
  /** Blind (RFC 5589 section 6). */
  | { kind: 'transfer'; callId: string; target: string }
  /** Holds the call and dials a consultation that is part of it. */
  | { kind: 'consult'; callId: string; target: string }
  /** Attended (RFC 5589 section 7): connects the call with its answered consultation. */
  | { kind: 'complete-transfer'; callId: string }
  /**
   * The page that had this answered call is gone: to go on with it, by a re-INVITE within its dialog. Numbers (CSeq) above
   * `cseq` have not been used.
   */
  | { kind: 'pick-up'; callId: string; dialog: Dialog; cseq: number; talk: Talk }
  /** The same, and the call is over: the far side is still to be told, by a BYE. */
  | { kind: 'take-leave'; callId: string; dialog: Dialog; cseq: number }
  | { kind: 'dial'; target: string }
  /** Lets the desk phone of a watched extension place the call. */
  | { kind: 'dial-on-desk-phone'; extension: string; target: string }
  | { kind: 'preferences'; preferences: PhonePreferences }
  /** `echo`: the microphone is heard on the speaker and its level reported; `ringer`: rings for a moment. */
  | { kind: 'test-audio'; what: 'echo' | 'ringer' | 'off' }
  /** A new socket and REGISTER at once: after sleep, on another network, or (no `why`) because the agent asks. */
  | { kind: 'reconnect'; why?: 'resume' | 'network' }
  /** The certificate of a server, a name or an address, was refused; a WebSocket itself never says so. */
  | { kind: 'certificate-refused'; host: string; detail: string }
  /** The program ends: take the registration back, so that the PBX rings nobody here. */
  | { kind: 'unregister' };
