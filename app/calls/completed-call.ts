/** A call that is over: what the journal keeps, the card gets and the widget shows. */
import * as v from 'valibot';
import { DISPOSITIONS, dispositionOf, durationsOf, type Call } from './call.ts';
import { QualitySchema } from './phone-event.ts';
import type { NumberInfo } from '../numbers/number.ts';

const EntityTypeSchema = v.picklist(['contact', 'lead', 'company', 'customer']);
export const EntityRefSchema = v.object({ type: EntityTypeSchema, id: v.pipe(v.number(), v.integer(), v.minValue(1)) });
/** A Kommo entity that has a card. */
export type EntityRef = v.InferOutput<typeof EntityRefSchema>;
export type EntityType = EntityRef['type'];

export function sameEntity(one: EntityRef, other: EntityRef): boolean {
  return one.type === other.type && one.id === other.id;
}

/**
 * Who the other party is, as far as Kommo could tell: `entity` with its name (null while or where it could not be
 * read), `nobody` (Kommo knows no such number), `not-asked` (internal or withheld number, nobody signed in),
 * `failed` (Kommo could not be asked; the sentence says why).
 */
export const CallerSchema = v.variant('kind', [
  v.object({ kind: v.literal('entity'), entity: EntityRefSchema, name: v.nullable(v.string()) }),
  v.object({ kind: v.literal('nobody') }),
  v.object({ kind: v.literal('not-asked') }),
  v.object({ kind: v.literal('failed'), reason: v.string() }),
]);
export type Caller = v.InferOutput<typeof CallerSchema>;

/** One of several cards with the caller's number. */
const CallMatchSchema = v.object({ entity: EntityRefSchema, name: v.nullable(v.string()) });
export type CallMatch = v.InferOutput<typeof CallMatchSchema>;

const RecordingSchema = v.variant('state', [
  v.object({ state: v.literal('none') }),
  /** Known where it will be, not there yet; looked for until that time (milliseconds since 1970 UTC). */
  v.object({ state: v.literal('pending'), url: v.string(), until: v.number() }),
  v.object({ state: v.literal('ready'), url: v.string() }),
  v.object({ state: v.literal('gave up') }),
]);
export type Recording = v.InferOutput<typeof RecordingSchema>;

/** What the agent can say a call came to: Kommo's own list (`call_status`, page "Call logging"). */
export const AGENT_DISPOSITIONS = [
  'talked',
  'call back later',
  'left voicemail',
  'not available',
  'wrong number',
  'no answer',
  'busy',
] as const;
export const AgentDispositionSchema = v.picklist(AGENT_DISPOSITIONS);
export type AgentDisposition = v.InferOutput<typeof AgentDispositionSchema>;

/** Longest note of an agent to a call. */
export const NOTE_LENGTH = 2000;

const count = v.pipe(v.number(), v.integer(), v.minValue(0));

export const CompletedCallSchema = v.object({
  /** Ours, stable: the `uniq` sent to Kommo. */
  id: v.string(),
  callId: v.string(),
  source: v.picklist(['phone', 'watched']),
  direction: v.picklist(['inbound', 'outbound']),
  /** The other party's number: as received, and in E.164 where it is one. */
  number: v.object({
    asReceived: v.string(),
    e164: v.nullable(v.string()),
    display: v.string(),
    internal: v.boolean(),
    /** On the private list: on no card and in no browser. */
    private: v.optional(v.boolean()),
  }),
  displayName: v.string(),
  localExtension: v.string(),
  /** The line that was called, where the PBX says. */
  line: v.optional(v.string()),
  /** Milliseconds since 1970 UTC. */
  startedAt: count,
  answeredAt: v.nullable(count),
  endedAt: count,
  ringSeconds: count,
  talkSeconds: count,
  disposition: v.picklist(DISPOSITIONS),
  caller: CallerSchema,
  /** Who has the number, Kommo's choice first; absent where there is no choice. */
  matches: v.optional(v.array(CallMatchSchema)),
  /** The agent has said which of them it is. */
  chosen: v.optional(v.boolean()),
  recording: RecordingSchema,
  /** Who else was in it: consultations, and whom it was with before it went on elsewhere. */
  legs: v.optional(
    v.array(
      v.object({
        role: v.picklist(['consultation', 'earlier']),
        number: v.string(),
        startedAt: count,
        answeredAt: v.nullable(count),
        endedAt: v.nullable(count),
      }),
    ),
  ),
  /** Where the agent transferred it to. */
  transferredTo: v.optional(v.string()),
  quality: v.optional(QualitySchema),
  /** Calls that were refused within the minute after it and have no entry of their own: the same caller's, and others. */
  unlisted: v.optional(v.object({ again: count, others: count })),
  /** The signed-in Kommo user, null when nobody was signed in. */
  agent: v.nullable(v.object({ userId: count, name: v.string() })),
  /** What the agent said about the call; absent where nothing was said. */
  agentDisposition: v.optional(AgentDispositionSchema),
  note: v.optional(v.pipe(v.string(), v.maxLength(NOTE_LENGTH))),
});
export type CompletedCall = v.InferOutput<typeof CompletedCallSchema>;

/**
 * Where a recording can be found, by the settings: a header that the PBX sends, or an address made from the Call-ID
 * that is looked at for so many seconds until there is audio (0 or none: it is taken as it is).
 */
export type RecordingRule = {
  header?: string | undefined;
  urlTemplate?: string | undefined;
  waitSeconds?: number | undefined;
};

/**
 * The recording of an ended call. Only an answered call has one. The header of any message of the call wins over the
 * template, whose `{callId}` is replaced: the PBX names it when it has it, the template only says where it will be.
 * Addresses that are not http(s) are refused.
 */
export function recordingOf(call: Call, rule: RecordingRule | undefined): Recording {
  if (rule === undefined || call.answeredAt === null) return { state: 'none' };
  const name = rule.header?.toLowerCase();
  const header = name !== undefined && Object.hasOwn(call.headers, name) ? call.headers[name] : undefined;
  const named = addressIn(header);
  if (named !== null) return { state: 'ready', url: named };
  const url = addressIn(rule.urlTemplate?.replaceAll('{callId}', encodeURIComponent(call.callId)));
  if (url === null) return { state: 'none' };
  const waitSeconds = rule.waitSeconds ?? 0;
  if (waitSeconds === 0) return { state: 'ready', url };
  return { state: 'pending', url, until: Math.round(call.endedAt ?? call.startedAt) + waitSeconds * 1000 };
}

const addressIn = (text: string | undefined): string | null =>
  text === undefined ? null : httpUrl(text.trim().replace(/^<(.*)>$/, '$1'));

function httpUrl(text: string): string | null {
  try {
    const url = new URL(text);
    return url.protocol === 'https:' || url.protocol === 'http:' ? url.href : null;
  } catch {
    return null;
  }
}

/** Puts the ended call, and what was found out about it, into the shape that is kept. */
export function completedCall(
  call: Call,
  known: {
    number: NumberInfo;
    caller: Caller;
    matches: CallMatch[];
    chosen: boolean;
    extension: string;
    line: string | null;
    agent: CompletedCall['agent'];
    recording: RecordingRule | undefined;
    /** Where it was transferred to, as the agent reads it. */
    transferredTo: string | null;
    voicemail: readonly string[];
  },
): CompletedCall {
  const disposition = dispositionOf(call, known.voicemail);
  const { ringSeconds, talkSeconds } = durationsOf(call);
  return {
    id: call.id,
    callId: call.callId,
    source: call.source,
    direction: call.direction,
    number: {
      asReceived: known.number.asReceived,
      e164: known.number.e164,
      display: known.number.display,
      internal: known.number.internal,
      ...(known.number.private ? { private: true } : {}),
    },
    displayName: call.remote.displayName,
    localExtension: known.extension,
    ...(known.line === null ? {} : { line: known.line }),
    startedAt: Math.round(call.startedAt),
    answeredAt: call.answeredAt === null ? null : Math.round(call.answeredAt),
    endedAt: Math.round(call.endedAt ?? call.startedAt),
    ringSeconds,
    // Nobody talks with a box.
    talkSeconds: disposition === 'voicemail' ? 0 : talkSeconds,
    disposition,
    caller: known.caller,
    ...(known.matches.length > 1 ? { matches: known.matches } : {}),
    ...(known.chosen ? { chosen: true } : {}),
    recording: recordingOf(call, known.recording),
    ...(call.legs.length === 0
      ? {}
      : {
          legs: call.legs.map(({ role, remote, startedAt, answeredAt, endedAt }) => ({
            role,
            number: remote.user,
            startedAt: Math.round(startedAt),
            answeredAt: answeredAt === null ? null : Math.round(answeredAt),
            endedAt: endedAt === null ? null : Math.round(endedAt),
          })),
        }),
    ...(known.transferredTo === null ? {} : { transferredTo: known.transferredTo }),
    ...(call.quality === null ? {} : { quality: call.quality }),
    agent: known.agent,
  };
}
