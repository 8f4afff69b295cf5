/** A call that is over: what the journal keeps, the card gets and the widget shows. */
import * as v from 'valibot';
import { dispositionOf, durationsOf, type Call } from './call.ts';
import type { NumberInfo } from '../numbers/number.ts';

const EntityTypeSchema = v.picklist(['contact', 'lead', 'company', 'customer']);
const EntityRefSchema = v.object({ type: EntityTypeSchema, id: v.pipe(v.number(), v.integer(), v.minValue(1)) });
/** A Kommo entity that has a card. */
export type EntityRef = v.InferOutput<typeof EntityRefSchema>;
export type EntityType = EntityRef['type'];

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

const RecordingSchema = v.variant('state', [
  v.object({ state: v.literal('none') }),
  v.object({ state: v.literal('pending') }),
  v.object({ state: v.literal('ready'), url: v.string() }),
  v.object({ state: v.literal('gave up') }),
]);
export type Recording = v.InferOutput<typeof RecordingSchema>;

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
  }),
  displayName: v.string(),
  localExtension: v.string(),
  /** Milliseconds since 1970 UTC. */
  startedAt: count,
  answeredAt: v.nullable(count),
  endedAt: count,
  ringSeconds: count,
  talkSeconds: count,
  disposition: v.picklist([
    'answered',
    'missed',
    'answered elsewhere',
    'declined',
    'busy',
    'cancelled',
    'no answer',
    'failed',
  ]),
  caller: CallerSchema,
  recording: RecordingSchema,
  /** The signed-in Kommo user, null when nobody was signed in. */
  agent: v.nullable(v.object({ userId: count, name: v.string() })),
});
export type CompletedCall = v.InferOutput<typeof CompletedCallSchema>;

/** Where a recording can be found, by the settings: a header that the PBX sends, or an address made from the Call-ID. */
export type RecordingRule = { header?: string | undefined; urlTemplate?: string | undefined };

/**
 * The recording of an ended call. Only an answered call has one. The header of any message of the call wins over the
 * template, whose `{callId}` is replaced. Addresses that are not http(s) are refused.
 */
export function recordingOf(call: Call, rule: RecordingRule | undefined): Recording {
  if (rule === undefined || call.answeredAt === null) return { state: 'none' };
  const name = rule.header?.toLowerCase();
  const header = name !== undefined && Object.hasOwn(call.headers, name) ? call.headers[name] : undefined;
  const template = rule.urlTemplate?.replaceAll('{callId}', encodeURIComponent(call.callId));
  for (const candidate of [header, template]) {
    const url = candidate === undefined ? null : httpUrl(candidate.trim().replace(/^<(.*)>$/, '$1'));
    if (url !== null) return { state: 'ready', url };
  }
  return { state: 'none' };
}

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
    extension: string;
    agent: CompletedCall['agent'];
    recording: RecordingRule | undefined;
  },
): CompletedCall {
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
    },
    displayName: call.remote.displayName,
    localExtension: known.extension,
    startedAt: Math.round(call.startedAt),
    answeredAt: call.answeredAt === null ? null : Math.round(call.answeredAt),
    endedAt: Math.round(call.endedAt ?? call.startedAt),
    ...durationsOf(call),
    disposition: dispositionOf(call),
    caller: known.caller,
    recording: recordingOf(call, known.recording),
    agent: known.agent,
  };
}
