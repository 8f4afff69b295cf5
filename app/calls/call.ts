/** The call as data: what is known of one SIP call, and how an event changes it. */
import { answeredElsewhere } from './reason.ts';
import type { CallEvent, EndCause, Party, PartOf, Quality } from './phone-event.ts';
import { answeredByVoicemail, wentToVoicemail } from './voicemail.ts';

export type CallState = 'ringing' | 'dialling' | 'active' | 'held' | 'ended';

/** A dialog of the call beside the one it is in now: a consultation, or who it was with before it went on elsewhere. */
export type Leg = {
  readonly callId: string;
  readonly role: 'consultation' | 'earlier';
  readonly remote: Party;
  readonly startedAt: number;
  readonly answeredAt: number | null;
  readonly endedAt: number | null;
};

/** Times: `…At` are wall clock, milliseconds since 1970 UTC; `…Monotonic` are milliseconds of a clock that never jumps. */
export type Call = {
  /** Ours, stable: what the journal, the timeline, Kommo (`uniq`) and the widget know this call by. */
  readonly id: string;
  /** The SIP Call-ID. */
  readonly callId: string;
  readonly source: 'phone' | 'watched';
  readonly direction: 'inbound' | 'outbound';
  readonly local: Party;
  readonly remote: Party;
  readonly headers: Readonly<Record<string, string>>;
  readonly state: CallState;
  readonly startedAt: number;
  readonly startedMonotonic: number;
  readonly answeredAt: number | null;
  readonly answeredMonotonic: number | null;
  readonly endedAt: number | null;
  readonly endedMonotonic: number | null;
  readonly heldBy: readonly ('local' | 'remote')[];
  /** The agent's own microphone is off. */
  readonly muted: boolean;
  /** A transfer that was asked for and has not come to an end, or failed last. */
  readonly transfer: { readonly to: string; readonly state: 'asked' | 'ringing' | 'failed' } | null;
  readonly transferredTo: string | null;
  /** Whose consultation or continuation this is. */
  readonly partOf: PartOf | null;
  readonly legs: readonly Leg[];
  /** The far side lets us hear something before it answers. */
  readonly earlyMedia: boolean;
  readonly quality: Quality | null;
  readonly cause: EndCause | null;
};

/** How a call ended, in the words of telephony. */
export const DISPOSITIONS = [
  'answered',
  'missed',
  'answered elsewhere',
  /** A voicemail box has it: the agent's own, of a call that rang here, or that of whoever was called. */
  'voicemail',
  'declined',
  'busy',
  'cancelled',
  'no answer',
  'failed',
] as const;
export type Disposition = (typeof DISPOSITIONS)[number];

/** The call that an event, whichever comes first, opens. */
function open(event: CallEvent, id: string): Call {
  return {
    id,
    callId: event.callId,
    source: event.source,
    direction: event.direction,
    local: event.local,
    remote: event.remote,
    headers: {},
    state: event.direction === 'inbound' ? 'ringing' : 'dialling',
    startedAt: event.wall,
    startedMonotonic: event.monotonic,
    answeredAt: null,
    answeredMonotonic: null,
    endedAt: null,
    endedMonotonic: null,
    heldBy: [],
    muted: false,
    transfer: null,
    transferredTo: null,
    partOf: event.partOf ?? null,
    legs: [],
    earlyMedia: false,
    quality: null,
    cause: null,
  };
}

/**
 * Folds one event into a call. Events may come in any order and more than once: the first answer and the first end
 * count, and after the end nothing changes any more. Returns the same object when nothing changed.
 */
export function reduce(call: Call | undefined, event: CallEvent, id: string): Call {
  const before = call ?? open(event, id);
  if (before.state === 'ended') return before;
  const known = heardOf(withHeaders(before, event.headers), event);
  switch (event.kind) {
    case 'ringing':
    case 'dialling':
      return known;
    case 'progress':
      return event.earlyMedia === undefined || event.earlyMedia === known.earlyMedia
        ? known
        : { ...known, earlyMedia: event.earlyMedia };
    case 'answered':
      if (known.answeredAt !== null) return known;
      return {
        ...known,
        state: known.heldBy.length > 0 ? 'held' : 'active',
        answeredAt: event.wall,
        answeredMonotonic: event.monotonic,
      };
    case 'held':
      return held(known, known.heldBy.includes(event.by) ? known.heldBy : [...known.heldBy, event.by]);
    case 'resumed':
      return held(known, known.heldBy.includes(event.by) ? known.heldBy.filter((by) => by !== event.by) : known.heldBy);
    case 'muted':
      return known.muted === event.muted ? known : { ...known, muted: event.muted };
    case 'transferring':
      if (known.transfer?.to === event.to && known.transfer.state === event.state) return known;
      return { ...known, transfer: { to: event.to, state: event.state } };
    case 'transferred':
      return known.transferredTo === event.to ? known : { ...known, transfer: null, transferredTo: event.to };
    case 'quality':
      return { ...known, quality: event.quality };
    case 'ended':
      return { ...known, state: 'ended', endedAt: event.wall, endedMonotonic: event.monotonic, cause: event.cause };
    default: {
      const never: never = event;
      return never;
    }
  }
}

function held(call: Call, heldBy: Call['heldBy']): Call {
  if (heldBy === call.heldBy) return call;
  if (call.answeredAt === null) return { ...call, heldBy };
  return { ...call, heldBy, state: heldBy.length > 0 ? 'held' : 'active' };
}

/** The one who told last is the one who has the call, and the other party may be named later. */
function heardOf(call: Call, { source, remote }: CallEvent): Call {
  const named = call.remote.user === '' && remote.user !== '';
  if (source === call.source && !named) return call;
  return { ...call, source, remote: named ? remote : call.remote };
}

function withHeaders(call: Call, headers: CallEvent['headers']): Call {
  const news = Object.entries(headers).filter(([name, value]) => call.headers[name] !== value);
  return news.length === 0 ? call : { ...call, headers: { ...call.headers, ...Object.fromEntries(news) } };
}

/** The one disposition of an ended call. `boxes`: the numbers of voicemail boxes, where they are known. */
export function dispositionOf(
  call: Pick<Call, 'direction' | 'answeredAt' | 'cause' | 'remote' | 'headers'>,
  boxes: readonly string[] = [],
): Disposition {
  if (call.answeredAt !== null)
    return call.direction === 'outbound' && answeredByVoicemail(call, boxes) ? 'voicemail' : 'answered';
  const { by, how, status, reason } = call.cause ?? { by: 'network', how: 'failed' };
  if (call.direction === 'inbound') {
    // A box that is rung like a phone answers "elsewhere" as well.
    if (how === 'cancel' && wentToVoicemail(reason)) return 'voicemail';
    if (how === 'cancel' && answeredElsewhere(reason)) return 'answered elsewhere';
    // 480 is the phone's own answer while the agent does not want to be disturbed: they have not seen the call.
    if (by === 'local' && how === 'rejected' && status !== 480)
      return status === 486 || status === 600 ? 'busy' : 'declined';
    // Our side could not take it (no microphone, no common codec): the agent did try.
    if (by === 'local' && how === 'failed') return 'failed';
    return 'missed';
  }
  if (by === 'local' && (how === 'cancel' || how === 'bye')) return 'cancelled';
  if (how === 'timeout') return 'no answer';
  switch (status) {
    case 486:
    case 600:
      return 'busy';
    case 603:
    case 607:
      return 'declined';
    case 408:
    case 480:
    case 487:
      return 'no answer';
    default:
      return 'failed';
  }
}

/** Whole seconds of ringing and of talk, by the monotonic clock; talk counts holds, as phones and Kommo do. */
export function durationsOf(call: Call): { ringSeconds: number; talkSeconds: number } {
  const end = call.endedMonotonic ?? call.startedMonotonic;
  const seconds = (from: number, to: number) => Math.max(0, Math.round((to - from) / 1000));
  return call.answeredMonotonic === null
    ? { ringSeconds: seconds(call.startedMonotonic, end), talkSeconds: 0 }
    : {
        ringSeconds: seconds(call.startedMonotonic, call.answeredMonotonic),
        talkSeconds: seconds(call.answeredMonotonic, end),
      };
}
