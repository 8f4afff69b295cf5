/** A completed call in Kommo's words, and the way it takes to a card. */
import * as v from 'valibot';
import { EntityRefSchema, type AgentDisposition, type CompletedCall } from '../calls/completed-call.ts';
import type { CallSettings } from '../settings/provisioning.ts';
import { say, type Sentence } from '../texts/sentence.ts';

/**
 * How a call gets to a card: as a `note` on the entity that is known, by its number (`calls`: Kommo finds the card,
 * `POST /api/v4/calls`), or as an `incoming-lead` of somebody whom Kommo does not know.
 */
export const CardWaySchema = v.variant('way', [
  v.object({ way: v.literal('note'), entity: EntityRefSchema }),
  v.object({ way: v.literal('calls') }),
  v.object({ way: v.literal('incoming-lead') }),
]);
export type CardWay = v.InferOutput<typeof CardWaySchema>;

/** Where a call went. The entity is null where Kommo took the call and did not say which card it chose. */
export const CardPlaceSchema = v.object({ entity: v.nullable(EntityRefSchema), incomingLead: v.boolean() });
export type CardPlace = v.InferOutput<typeof CardPlaceSchema>;

/** `POST /api/v4/calls` compares ten digits; fewer than these find strangers. */
const LEAST_DIGITS = 7;

/**
 * The ways to try for a call, in this order, each only after Kommo has said that the one before leads to no card.
 * Empty where the call is on nobody's card.
 */
export function waysToCard(call: CompletedCall, settings: Pick<CallSettings, 'cardBy' | 'unknownInbound'>): CardWay[] {
  const { caller } = call;
  const numbered = numberOf(call).replace(/\D/g, '').length >= LEAST_DIGITS;
  const byNumber: CardWay[] = numbered ? [{ way: 'calls' }] : [];
  const incoming: CardWay[] =
    numbered && call.direction === 'inbound' && settings.unknownInbound === 'incoming-lead'
      ? [{ way: 'incoming-lead' }]
      : [];
  switch (caller.kind) {
    case 'entity': {
      const note: CardWay = { way: 'note', entity: caller.entity };
      // A card that is gone, merged into another perhaps: the number may still lead to one. By the number Kommo would
      // not find the one of several that the agent chose.
      return settings.cardBy === 'calls' && call.chosen !== true ? [...byNumber, note] : [note, ...byNumber];
    }
    case 'nobody':
      return incoming;
    case 'not-asked':
    case 'failed':
      return [...byNumber, ...incoming];
    default: {
      const never: never = caller;
      return never;
    }
  }
}

const numberOf = ({ number }: CompletedCall): string => number.e164 ?? number.asReceived;

/** What the agent said, in Kommo's `call_status` (kommo.md section 4). */
const AGENT_STATUS: Record<AgentDisposition, number> = {
  'left voicemail': 1,
  'call back later': 2,
  'not available': 3,
  talked: 4,
  'wrong number': 5,
  'no answer': 6,
  busy: 7,
};

/** Kommo's `call_status`: what the agent said counts before what the line did. */
function callStatus({ agentDisposition, disposition }: CompletedCall): number {
  if (agentDisposition !== undefined) return AGENT_STATUS[agentDisposition];
  switch (disposition) {
    case 'answered':
    case 'answered elsewhere':
      return AGENT_STATUS.talked;
    case 'voicemail':
      return AGENT_STATUS['left voicemail'];
    case 'busy':
      return AGENT_STATUS.busy;
    case 'failed':
      return AGENT_STATUS['not available'];
    case 'missed':
    case 'declined':
    case 'cancelled':
    case 'no answer':
      return AGENT_STATUS['no answer'];
    default: {
      const never: never = disposition;
      return never;
    }
  }
}

/** What every form of the call carries about it. No field is null: Kommo refuses those. */
export function callParams(call: CompletedCall): Record<string, string | number> {
  const { agentDisposition, disposition, note, recording, agent, transferredTo } = call;
  const transfer = transferredTo === undefined ? undefined : `transferred to ${transferredTo}`;
  return {
    uniq: call.id,
    duration: call.talkSeconds,
    source: 'Ringside',
    phone: numberOf(call),
    call_status: callStatus(call),
    call_result: [agentDisposition ?? disposition, transfer, note]
      .filter((text) => text !== undefined && text !== '')
      .join('. '),
    ...(recording.state === 'ready' ? { link: recording.url } : {}),
    ...(agent === null ? {} : { call_responsible: agent.userId }),
  };
}

/** People as the authors: without them Kommo names its robot. */
const authors = ({ agent }: CompletedCall): Record<string, number> =>
  agent === null ? {} : { responsible_user_id: agent.userId, created_by: agent.userId };

const startedAt = (call: CompletedCall): number => Math.floor(call.startedAt / 1000);

/** An item of `POST /api/v4/calls`. */
export function callRecord(call: CompletedCall): Record<string, unknown> {
  return { direction: call.direction, ...callParams(call), created_at: startedAt(call), ...authors(call) };
}

/** An item of `POST /api/v4/{entity}/{id}/notes`. */
export function callNote(call: CompletedCall): Record<string, unknown> {
  return {
    note_type: call.direction === 'inbound' ? 'call_in' : 'call_out',
    params: callParams(call),
    created_at: startedAt(call),
    ...authors(call),
  };
}

/** An item of `POST /api/v4/leads/unsorted/sip`: exactly one lead, and the call's own note on it. */
export function incomingLead(call: CompletedCall): Record<string, unknown> {
  const number = numberOf(call);
  return {
    request_id: call.id,
    source_name: 'Ringside',
    source_uid: call.id,
    created_at: startedAt(call),
    metadata: {
      phone: number,
      called_at: startedAt(call),
      duration: call.talkSeconds,
      link: call.recording.state === 'ready' ? call.recording.url : '',
      service_code: 'ringside',
      uniq: call.id,
      is_call_event_needed: true,
      ...(call.agent === null ? {} : { call_responsible: String(call.agent.userId) }),
    },
    _embedded: {
      leads: [{ name: `Call from ${number}` }],
      contacts: [
        {
          name: call.displayName === '' ? number : call.displayName,
          custom_fields_values: [{ field_code: 'PHONE', values: [{ value: number, enum_code: 'WORK' }] }],
        },
      ],
      companies: [],
    },
  };
}

/** The second way to say what came later, where the call's own note cannot be changed: a note of text. */
export function lateNews(call: CompletedCall): string {
  const { recording, agentDisposition, note } = call;
  return [
    agentDisposition === undefined ? null : `Result of the call: ${agentDisposition}.`,
    note ?? null,
    recording.state === 'ready' ? `Recording of the call: ${recording.url}` : null,
  ]
    .filter((line) => line !== null && line !== '')
    .join('\n');
}

/**
 * Why Kommo's player will not play a recording, as a sentence, or null where nothing is known against it. The player
 * is a page that came by https, in the browser of whoever opens the card.
 */
export function recordingWarning(address: string): Sentence | null {
  let url: URL;
  try {
    url = new URL(address);
  } catch {
    return say('recording.not-an-address');
  }
  if (isPrivate(url.hostname)) return say('recording.private');
  if (url.protocol !== 'https:') return say('recording.http');
  return /\.wav$/i.test(url.pathname) ? say('recording.wav') : null;
}

/** RFC 1918, RFC 6598, RFC 3927, RFC 4193, loopback, and names that only a local network knows (RFC 6762, RFC 8375). */
function isPrivate(host: string): boolean {
  const bare = host
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
    .toLowerCase();
  if (bare.includes(':')) {
    const mapped = /^::ffff:([0-9a-f]+):([0-9a-f]+)$/.exec(bare);
    if (mapped !== null) {
      const high = Number.parseInt(mapped[1] ?? '', 16);
      const low = Number.parseInt(mapped[2] ?? '', 16);
      return isPrivate([high >> 8, high & 255, low >> 8, low & 255].join('.'));
    }
    return bare === '::' || bare === '::1' || /^(f[cd]|fe[89ab])/.test(bare);
  }
  const octets = /^(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(bare);
  if (octets !== null) {
    const [a, b] = [Number(octets[1]), Number(octets[2])];
    return (
      a === 0 ||
      a === 10 ||
      a === 127 ||
      (a === 172 && b >= 16 && b < 32) ||
      (a === 192 && b === 168) ||
      (a === 169 && b === 254) ||
      (a === 100 && b >= 64 && b < 128)
    );
  }
  return !bare.includes('.') || /\.(local|localhost|lan|internal|intranet|corp|home|home\.arpa)$/.test(bare);
}
