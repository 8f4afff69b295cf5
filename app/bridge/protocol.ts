/**
 * The protocol between the desktop and the Kommo widget: what may be said over the socket, by whom, and how large.
 * Both ends parse with these schemas; docs/bridge.md tells the same in words.
 */
import * as v from 'valibot';
import { DISPOSITIONS } from '../calls/call.ts';
import { AgentDispositionSchema, NOTE_LENGTH } from '../calls/completed-call.ts';

/** Tried in this order; the desktop takes the first that is free. */
export const BRIDGE_PORTS: readonly number[] = [47110, 47111, 47112, 47113];
export const BRIDGE_PATH = '/bridge';
export const HEALTH_PATH = '/health';
/** The second way: loaded as a script every few seconds where no socket can be opened (polling.ts). */
export const POLL_PATH = '/poll.js';

/** A longer frame is refused, in bytes of UTF-8. */
export const MAX_FRAME_BYTES = 16 * 1024;

/** Protocol versions an end can speak, both included. */
export type Versions = { min: number; max: number };
/** 2: what a tab may ask (`command`, `dial`, `annotate`), `view`, `extensions`, `open.card`, and more about a call. */
export const VERSIONS: Versions = { min: 1, max: 2 };

/** The highest version that both ends speak, or null where there is none. */
export function negotiate(ours: Versions, theirs: Versions): number | null {
  const version = Math.min(ours.max, theirs.max);
  return version >= Math.max(ours.min, theirs.min) ? version : null;
}

const version = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1000));
const VersionsSchema = v.pipe(
  v.object({ min: version, max: version }),
  v.check(({ min, max }) => min <= max, 'min is above max'),
);
/** The body of `GET /health`: nothing but the versions. */
export const HealthSchema = v.object({ ringside: VersionsSchema });

/** 32 bytes in base64url. */
export const Bytes32Schema = v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{43}$/));
export const ClientIdSchema = v.pipe(v.string(), v.uuid());

const text = (max: number) => v.pipe(v.string(), v.maxLength(max));
const callId = v.pipe(v.string(), v.minLength(1), v.maxLength(64));
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const entityType = v.picklist(['contact', 'lead', 'company', 'customer']);
const entityRef = v.object({ type: entityType, id: v.pipe(v.number(), v.safeInteger(), v.minValue(1)) });
const direction = v.picklist(['inbound', 'outbound']);

/** A call that is going on. */
export const BridgeCallSchema = v.object({
  id: callId,
  direction,
  state: v.picklist(['ringing', 'dialling', 'active', 'held', 'ended']),
  number: text(128),
  /** What the agent reads first: the name, or the number while there is none. */
  title: text(256),
  entity: v.nullable(entityRef),
  /** True while Kommo is being asked who it is. */
  resolving: v.boolean(),
  /** Milliseconds since 1970 UTC. */
  startedAt: count,
  answeredAt: v.nullable(count),
  // Since version 2, with what they mean where an older desktop does not say.
  muted: v.optional(v.boolean(), false),
  heldBy: v.optional(v.array(v.picklist(['local', 'remote'])), []),
  /** Which of COMMANDS the desktop would carry out now; what the widget does not know it does not offer. */
  can: v.optional(v.array(text(32)), []),
  /** The desktop pops this call up itself. */
  popped: v.optional(v.boolean(), false),
  /** The number for the new-contact form, as in a completed call. */
  newContactNumber: v.optional(v.nullable(text(128)), null),
});
export type BridgeCall = v.InferOutput<typeof BridgeCallSchema>;

/** What a tab may ask of a call that goes on. */
export const COMMANDS = ['answer', 'decline', 'hang-up', 'hold', 'resume', 'mute', 'unmute'] as const;
export type Command = (typeof COMMANDS)[number];

/** Why the desktop did not do what a tab asked. The widget has a sentence for each in the agent's language. */
export const ANSWER_REASONS = [
  /** The call, or the minute after it, is over. */
  'over',
  /** It makes no sense for this call as it stands. */
  'not-now',
  /** Nothing that can be dialled. */
  'not-a-number',
  /** The phone is not registered, or is starting again. */
  'no-phone',
  /** The phone has as many calls as it takes at once. */
  'too-many-calls',
] as const;
export type AnswerReason = (typeof ANSWER_REASONS)[number];

/** The tab's own number for something it asks, so that it knows the answer. */
const request = count;
/** Most extensions that a tab tells of: what fits a frame. */
export const MOST_EXTENSIONS = 300;

/** A call that is over, with everything that Kommo's `add_call` needs. */
export const BridgeCompletedSchema = v.object({
  id: callId,
  direction,
  disposition: v.picklist(DISPOSITIONS),
  /** The other party's number as it is shown. */
  number: text(128),
  /** The calling and the called party, by name where it is known. */
  from: text(256),
  to: text(256),
  durationSeconds: count,
  /** When the call ended, Unix seconds. */
  dateSeconds: count,
  /** An http(s) address. */
  recordingUrl: v.nullable(text(2048)),
  entity: v.nullable(v.object({ ...entityRef.entries, name: v.nullable(text(256)) })),
  /** The number for the new-contact form, where Kommo knows nobody and the number is one that can be kept. */
  newContactNumber: v.nullable(text(128)),
});
export type BridgeCompleted = v.InferOutput<typeof BridgeCompletedSchema>;

/** Messages that came with version 2: not sent to an end that speaks version 1. */
const SINCE_2: ReadonlySet<string> = new Set([
  'view',
  'command',
  'dial',
  'annotate',
  'extensions',
  'ack.open',
  'answer',
  'phone',
  'open.card',
]);

/** Whether an end that speaks `version` knows messages of this type. */
export const isSpokenIn = (version: number, { type }: { type: string }): boolean => version >= 2 || !SINCE_2.has(type);

/** Why the desktop refuses. The widget has a sentence for each in the agent's language. */
export const REFUSALS = [
  /** Not JSON, or a known type with a wrong shape. */
  'malformed',
  'unknown-type',
  'oversized',
  /** A message that has no place at this point. */
  'out-of-order',
  'flood',
  /** Nothing was heard in time. */
  'silent',
  'too-many',
  /** No common protocol version. */
  'version',
  /** No token is kept for this browser: it must be paired. */
  'unknown-browser',
  'wrong-proof',
  /** The desktop shows no pairing code at the moment. */
  'no-code',
  'wrong-code',
  'locked-out',
  'other-account',
  'other-user',
] as const;
export type RefusalCode = (typeof REFUSALS)[number];

/** How the widget means to authenticate: with the token that it kept, or with the code that was typed. */
export const WAYS = ['token', 'code'] as const;
export type Way = (typeof WAYS)[number];

/** What the widget may send. */
export const WidgetMessageSchema = v.variant('type', [
  v.object({
    type: v.literal('hello'),
    versions: VersionsSchema,
    clientId: ClientIdSchema,
    nonce: Bytes32Schema,
    way: v.picklist(WAYS),
  }),
  /** `share`: for the way `code` since version 2, this end's part of the key exchange. */
  v.object({
    type: v.literal('prove'),
    proof: Bytes32Schema,
    share: v.optional(v.nullable(Bytes32Schema), null),
  }),
  /** Who the tab is: the account it shows and the Kommo user signed in there. */
  v.object({ type: v.literal('tab'), origin: text(256), userId: count }),
  /** `locks` is false where the browser has no Web Locks: then the desktop chooses among such tabs. */
  v.object({ type: v.literal('role'), leader: v.boolean(), locks: v.boolean() }),
  v.object({ type: v.literal('ack'), id: callId }),
  v.object({ type: v.literal('ack.recording'), id: callId }),
  v.object({ type: v.literal('pong') }),
  // Since version 2.
  /** Whether the agent can see this tab: such a one is asked to open a card. */
  v.object({ type: v.literal('view'), visible: v.boolean(), focused: v.boolean() }),
  v.object({ type: v.literal('command'), request, id: callId, kind: v.picklist(COMMANDS) }),
  /** From the agent's click on a number. */
  v.object({ type: v.literal('dial'), request, number: v.pipe(text(128), v.minLength(1)) }),
  /** What the agent says about a call, while it goes on or within a minute after. */
  v.object({
    type: v.literal('annotate'),
    request,
    id: callId,
    disposition: v.nullable(AgentDispositionSchema),
    note: text(NOTE_LENGTH),
    done: v.boolean(),
  }),
  /** Which Kommo user has which extension, by the account's settings of the widget. */
  v.object({
    type: v.literal('extensions'),
    users: v.pipe(
      v.record(v.pipe(v.string(), v.regex(/^[^\s@]{1,32}$/)), entityRef.entries.id),
      v.maxEntries(MOST_EXTENSIONS),
    ),
  }),
  /** The tab shows the card that it was asked to open, or will not. */
  v.object({ type: v.literal('ack.open'), request, opened: v.boolean() }),
]);
export type WidgetMessage = v.InferOutput<typeof WidgetMessageSchema>;

/** What the desktop may send. */
export const DesktopMessageSchema = v.variant('type', [
  /** `proof` is there for the way `token` only; transcript.ts says why. */
  v.object({
    type: v.literal('hello'),
    version,
    versions: VersionsSchema,
    nonce: Bytes32Schema,
    proof: v.nullable(Bytes32Schema),
    /** For the way `code` since version 2, this end's part of the key exchange. */
    share: v.optional(v.nullable(Bytes32Schema), null),
  }),
  v.object({ type: v.literal('welcome') }),
  /** The desktop's proof and the new token, sealed under the code. */
  v.object({ type: v.literal('paired'), proof: Bytes32Schema, sealed: text(256) }),
  v.object({ type: v.literal('ready') }),
  /** `notify`: this tab, and no other, is to pop it up; at most once for a call. */
  v.object({ type: v.literal('call'), call: BridgeCallSchema, notify: v.boolean() }),
  v.object({ type: v.literal('call.completed'), call: BridgeCompletedSchema }),
  /** A completed call that was shown before, now with its recording. */
  v.object({ type: v.literal('call.recording'), call: BridgeCompletedSchema }),
  /** Whether this tab is the one that shows and records. */
  v.object({ type: v.literal('role'), leader: v.boolean() }),
  v.object({ type: v.literal('ping') }),
  // Since version 2.
  /** What became of a `command`, `dial` or `annotate`; no reason where it was done. */
  v.object({ type: v.literal('answer'), request, reason: v.nullable(v.picklist(ANSWER_REASONS)) }),
  /** Whether a number could be dialled now. */
  v.object({ type: v.literal('phone'), ready: v.boolean() }),
  /** To a tab that the agent sees: show this card, or the form for a new contact with that number. */
  v.object({
    type: v.literal('open.card'),
    request,
    entity: v.nullable(entityRef),
    newContactNumber: v.nullable(text(128)),
  }),
  /** `seconds`: how long to wait (`locked-out`); `tries`: how many are left (`wrong-code`). */
  v.object({
    type: v.literal('refused'),
    code: v.picklist(REFUSALS),
    seconds: v.nullable(count),
    tries: v.nullable(count),
  }),
]);
export type DesktopMessage = v.InferOutput<typeof DesktopMessageSchema>;

type Parsed<M> = { ok: true; message: M } | { ok: false; code: 'malformed' | 'unknown-type' | 'oversized' };

function parser<M>(schema: v.GenericSchema<unknown, M>, types: ReadonlySet<string>): (frame: string) => Parsed<M> {
  return (frame) => {
    // A UTF-16 unit is at most three bytes of UTF-8: only what could be too long is measured.
    if (frame.length > MAX_FRAME_BYTES || (frame.length * 3 > MAX_FRAME_BYTES && byteLength(frame) > MAX_FRAME_BYTES)) {
      return { ok: false, code: 'oversized' };
    }
    let raw: unknown;
    try {
      raw = JSON.parse(frame);
    } catch {
      return { ok: false, code: 'malformed' };
    }
    const parsed = v.safeParse(schema, raw);
    if (parsed.success) return { ok: true, message: parsed.output };
    const type: unknown = typeof raw === 'object' && raw !== null ? Reflect.get(raw, 'type') : undefined;
    return { ok: false, code: typeof type === 'string' && !types.has(type) ? 'unknown-type' : 'malformed' };
  };
}

const byteLength = (frame: string): number => new TextEncoder().encode(frame).length;
const typesOf = (options: readonly { entries: { type: { literal: string } } }[]): ReadonlySet<string> =>
  new Set(options.map((option) => option.entries.type.literal));

/** Parses a frame that came from a widget. Never throws. */
export const parseWidgetFrame: (frame: string) => Parsed<WidgetMessage> = parser(
  WidgetMessageSchema,
  typesOf(WidgetMessageSchema.options),
);
/** Parses a frame that came from the desktop. Never throws. */
export const parseDesktopFrame: (frame: string) => Parsed<DesktopMessage> = parser(
  DesktopMessageSchema,
  typesOf(DesktopMessageSchema.options),
);
