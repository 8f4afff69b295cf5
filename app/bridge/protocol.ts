/**
 * The protocol between the desktop and the Kommo widget: what may be said over the socket, by whom, and how large.
 * Both ends parse with these schemas; docs/bridge.md tells the same in words.
 */
import * as v from 'valibot';
import { DISPOSITIONS } from '../calls/call.ts';

/** Tried in this order; the desktop takes the first that is free. */
export const BRIDGE_PORTS: readonly number[] = [47110, 47111, 47112, 47113];
export const BRIDGE_PATH = '/bridge';
export const HEALTH_PATH = '/health';

/** A longer frame is refused, in bytes of UTF-8. */
export const MAX_FRAME_BYTES = 16 * 1024;

/** Protocol versions an end can speak, both included. */
export type Versions = { min: number; max: number };
export const VERSIONS: Versions = { min: 1, max: 1 };

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
});
export type BridgeCall = v.InferOutput<typeof BridgeCallSchema>;

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

/** What a tab may have called: digits, `*` and `#`, with a plus before them perhaps; no SIP address, nothing else. */
export const DIALLABLE = /^\+?[\d*#]{1,32}$/;

/** What the widget may send. */
export const WidgetMessageSchema = v.variant('type', [
  v.object({
    type: v.literal('hello'),
    versions: VersionsSchema,
    clientId: ClientIdSchema,
    nonce: Bytes32Schema,
    way: v.picklist(WAYS),
  }),
  v.object({ type: v.literal('prove'), proof: Bytes32Schema }),
  /** Who the tab is: the account it shows and the Kommo user signed in there. */
  v.object({ type: v.literal('tab'), origin: text(256), userId: count }),
  /** `locks` is false where the browser has no Web Locks: then the desktop chooses among such tabs. */
  v.object({ type: v.literal('role'), leader: v.boolean(), locks: v.boolean() }),
  v.object({ type: v.literal('ack'), id: callId }),
  /** The agent wants to call this number; the desktop does as if it were typed there. */
  v.object({ type: v.literal('dial'), number: v.pipe(v.string(), v.regex(DIALLABLE)) }),
  v.object({ type: v.literal('ack.recording'), id: callId }),
  v.object({ type: v.literal('pong') }),
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
