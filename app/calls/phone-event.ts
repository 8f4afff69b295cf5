/** What the phone reports: facts about SIP dialogs, registration and media, in the order in which they happened. */
import * as v from 'valibot';

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
 * What every call event carries. `callId` is the SIP Call-ID; `monotonic` milliseconds of a clock that never jumps
 * (the phone page's `performance.now()`, in main rebased to main's); `wall` milliseconds since 1970 UTC; `headers`
 * the headers that matter by their lower-case name (`reason`, `p-asserted-identity`, `remote-party-id`,
 * `history-info`, `diversion`, `call-info`, `alert-info`, and the `x-…` named in the settings).
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
    ...entries,
  });

const CallEventSchema = v.variant('kind', [
  callEvent('ringing', {}),
  callEvent('dialling', {}),
  callEvent('progress', { status: v.pipe(v.number(), v.integer(), v.minValue(100), v.maxValue(199)) }),
  callEvent('answered', {}),
  callEvent('held', { by: v.picklist(['local', 'remote']) }),
  callEvent('resumed', { by: v.picklist(['local', 'remote']) }),
  callEvent('transferred', { to: text(1024) }),
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
      ]),
      detail: text(512),
    }),
  ),
  monotonic,
  wall,
});
export type RegistrationEvent = v.InferOutput<typeof RegistrationEventSchema>;

/** Audio of a call: it flows, or why it cannot. */
const MediaEventSchema = v.object({
  kind: v.literal('media'),
  callId: text(512),
  state: v.picklist(['connected', 'no-microphone', 'microphone-denied', 'failed']),
  detail: v.optional(text(512)),
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

export const PhoneEventSchema = v.variant('kind', [
  ...CallEventSchema.options,
  RegistrationEventSchema,
  MediaEventSchema,
  RefusedEventSchema,
]);
export type PhoneEvent = v.InferOutput<typeof PhoneEventSchema>;

/** What main asks of the phone. `callId` is the SIP Call-ID of a live call; `request` names the dial for its answer. */
export type PhoneCommand =
  | { kind: 'answer'; callId: string }
  | { kind: 'decline'; callId: string }
  | { kind: 'hang-up'; callId: string }
  | { kind: 'dial'; target: string }
  | { kind: 'reconnect' }
  /** The program ends: take the registration back, so that the PBX rings nobody here. */
  | { kind: 'unregister' };

/** A phone event that belongs to a call. */
export function isCallEvent(event: PhoneEvent): event is CallEvent {
  switch (event.kind) {
    case 'registration':
    case 'media':
    case 'refused-message':
      return false;
    default:
      return true;
  }
}
