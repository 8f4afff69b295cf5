/**
 * One call is one call: the phone and the watch on a desk phone both tell of it, with one Call-ID behind a proxy and
 * with two behind a PBX that makes two calls of one (a B2BUA). Here their events are put together before they are folded
 * into the book: each call goes there once, under one Call-ID, and ends once, for the best reason that is known.
 * Pure; the clock comes with the events.
 */
import { readNumber, type NumberRules } from '../numbers/number.ts';
import { compareNumbers, variantsOf } from '../numbers/variants.ts';
import type { CallEvent, WatchEvent } from './phone-event.ts';
import { answeredElsewhere } from './reason.ts';

type Ended = CallEvent & { kind: 'ended' };

/** A call as one of the two tells it. */
type Leg = {
  readonly source: CallEvent['source'];
  readonly callId: string;
  /** The extension: what tells two watches of one Call-ID apart. */
  readonly extension: string;
  readonly answered: boolean;
  readonly end: Ended | null;
  /** Its last `ringing`, `dialling` or `answered`. */
  readonly said: CallEvent;
};

type OneCall = {
  /** What the book knows it by. */
  readonly callId: string;
  readonly direction: CallEvent['direction'];
  readonly legs: readonly Leg[];
  /** It has ended for one side, and the other one may know better until then: monotonic milliseconds. */
  readonly due: number | null;
};

export type SameCall = {
  readonly calls: readonly OneCall[];
  /** Extensions whose watch works: somebody who may know better. */
  readonly watching: ReadonlySet<string>;
  /** Legs of calls that are over, oldest first: what comes late is nobody's news. */
  readonly over: ReadonlySet<string>;
};

export type Attributed = { state: SameCall; events: CallEvent[] };

export const nothingKnown: SameCall = { calls: [], watching: new Set(), over: new Set() };

/** A NOTIFY follows what it tells of within moments, but it takes a way of its own: milliseconds. */
const PATIENCE_MS = 2_000;
/** A desk phone may ring on after the agent has declined here; it is not waited for longer than that. */
const RINGS_ON_MS = 120_000;
const REMEMBERED = 500;

/**
 * Takes an event of the phone or of a watch, and gives the events for the book: this one under the Call-ID of its call,
 * none where the other side is the one to listen to, or more where that changes.
 */
export function attribute(state: SameCall, event: CallEvent, rules: NumberRules): Attributed {
  const key = keyOf(event);
  if (state.over.has(key)) return { state, events: [] };
  const found =
    state.calls.find(({ legs }) => legs.some((leg) => keyOf(leg) === key)) ??
    state.calls.find(({ legs }) => legs.some(({ callId }) => callId === event.callId)) ??
    state.calls.find((call) => joins(call, event, rules));
  const before: OneCall = found ?? { callId: event.callId, direction: event.direction, legs: [], due: null };
  const known = before.legs.find((leg) => keyOf(leg) === key);
  if (known?.end) return { state, events: [] };

  const leg: Leg = {
    source: event.source,
    callId: event.callId,
    extension: event.local.user,
    answered: known?.answered === true || event.kind === 'answered',
    end: event.kind === 'ended' ? event : null,
    said:
      event.kind === 'ringing' || event.kind === 'dialling' || event.kind === 'answered' || known === undefined
        ? event
        : known.said,
  };
  const legs = known === undefined ? [...before.legs, leg] : before.legs.map((each) => (each === known ? leg : each));
  const call: OneCall = { ...before, legs };
  if (event.kind === 'ended') return ends(state, before, call, leg, event);

  const next = kept(state, { ...call, due: leg.answered ? null : call.due });
  return { state: next, events: leadOf(call) === leg ? [under(state, call, event)] : [] };
}

/** What waited long enough for the other side ends now. `now`: monotonic milliseconds. */
export function overdue(state: SameCall, now: number): Attributed {
  let next = state;
  const events: CallEvent[] = [];
  for (const call of state.calls) {
    if (call.due === null || call.due > now) continue;
    const step = finish(next, call);
    next = step.state;
    events.push(...step.events);
  }
  return { state: next, events };
}

/** When `overdue` has something to do next, monotonic milliseconds; null while nothing waits. */
export function nextDue({ calls }: SameCall): number | null {
  const dues = calls.flatMap(({ due }) => (due === null ? [] : [due]));
  return dues.length === 0 ? null : Math.min(...dues);
}

/** Whether a watch works decides whether its word is waited for. */
export function watchTold(state: SameCall, { extension, state: told }: WatchEvent): SameCall {
  const watching = new Set(state.watching);
  if (told === 'watching') watching.add(extension);
  else watching.delete(extension);
  return { ...state, watching };
}

/**
 * The phone page is gone, and with it the watches: what stays known are the talks that the next page picks up, by the
 * Call-IDs that the phone has for them.
 */
export function talksLeft({ calls }: SameCall, callIds: ReadonlySet<string>): SameCall {
  const left = calls.flatMap((call): OneCall[] => {
    const legs = call.legs.filter(({ source, callId }) => source === 'phone' && callIds.has(callId));
    return legs.length === 0 ? [] : [{ ...call, legs, due: null }];
  });
  return { ...nothingKnown, calls: left };
}

/** The Call-ID by which the phone knows a call of the book: that of the leg that is listened to. */
export function phoneCallId({ calls }: SameCall, callId: string): string {
  const call = calls.find((each) => each.callId === callId);
  return (call === undefined ? undefined : leadOf(call))?.callId ?? callId;
}

/** The Call-ID by which the book knows what the phone tells of. */
export function bookCallId({ calls }: SameCall, callId: string): string {
  const call = calls.find(({ legs }) => legs.some((leg) => leg.source === 'phone' && leg.callId === callId));
  return call?.callId ?? callId;
}

const keyOf = (
  leg: Pick<CallEvent, 'source' | 'callId'> & ({ extension: string } | { local: CallEvent['local'] }),
): string =>
  leg.source === 'phone'
    ? `phone ${leg.callId}`
    : `watched ${'local' in leg ? leg.local.user : leg.extension} ${leg.callId}`;

/** Whom to listen to: who talks before who rings, and the phone before the watch, which may only mirror it. */
function leadOf({ legs }: OneCall): Leg | undefined {
  const rank = ({ answered, source }: Leg) => (answered ? 2 : 0) + (source === 'phone' ? 1 : 0);
  return legs
    .filter(({ end }) => end === null)
    .reduce<Leg | undefined>((best, leg) => (best === undefined || rank(leg) > rank(best) ? leg : best), undefined);
}

/**
 * Whether an event with a Call-ID of its own is of this call: the same direction and number, at the same time, and the
 * other side has nothing of the kind yet. A second call from the same number while the first one is talked in is one
 * of its own.
 */
function joins(call: OneCall, event: CallEvent, rules: NumberRules): boolean {
  if (call.direction !== event.direction || event.kind === 'ended') return false;
  const phone = call.legs.find(({ source }) => source === 'phone');
  const watched = call.legs.filter(({ source }) => source === 'watched');
  if (event.source === 'watched') {
    if (phone === undefined || watched.some(({ extension }) => extension === event.local.user)) return false;
    const rings = !phone.answered && (phone.end === null || call.due !== null);
    const mirrored = phone.answered && phone.end === null && event.kind !== 'ringing' && event.kind !== 'dialling';
    return (rings || mirrored) && fits(phone, event, rules);
  }
  if (phone !== undefined || (event.kind !== 'ringing' && event.kind !== 'dialling')) return false;
  return watched.some((leg) => leg.end === null && !leg.answered && fits(leg, event, rules));
}

/** The same other party; where one side names nobody, the same extension has to do. */
function fits(leg: Leg, event: CallEvent, rules: NumberRules): boolean {
  const [one, other] = [leg.said.remote.user, event.remote.user];
  if (one === '' || other === '') return leg.extension === event.local.user;
  return sameNumber(one, other, rules);
}

/** Whether two ways of writing reach the same line, by the rules of the office (app/numbers). */
function sameNumber(one: string, other: string, rules: NumberRules): boolean {
  if (one === other) return true;
  const [first, second] = [readNumber(one, rules), readNumber(other, rules)];
  if (first.withheld || second.withheld) return first.withheld && second.withheld;
  if (first.e164 !== null && second.e164 !== null) return variantsOf(first.e164).includes(second.e164);
  if (first.internal !== second.internal) return false;
  const asked = first.e164 ?? one.replace(/\D/g, '');
  return asked !== '' && compareNumbers(other, asked, rules) === 'same';
}

function ends(state: SameCall, before: OneCall, call: OneCall, leg: Leg, event: Ended): Attributed {
  const wait = (ms: number): Attributed => ({ state: kept(state, { ...call, due: event.monotonic + ms }), events: [] });
  const lead = leadOf(call);
  if (leg.answered) {
    // What the phone itself talked in is over when it says so.
    if (leg.source === 'phone' || lead === undefined) return finish(state, call);
    if (lead.answered) return { state: kept(state, call), events: [] };
    // Our own leg should have been taken back when the desk phone answered.
    return wait(PATIENCE_MS);
  }
  if (lead?.answered === true) return { state: kept(state, call), events: [] };
  if (call.direction === 'outbound' && leg.source === 'phone') return finish(state, call);
  if (lead !== undefined) {
    // The watch mirrors the phone, which will say itself what comes of it.
    if (lead.source === 'phone') return { state: kept(state, call), events: [] };
    if (leg.source === 'watched') return { state: kept(state, call), events: [] };
    if (event.cause.how === 'cancel') return wait(PATIENCE_MS);
    // Declined here, and it rings on at the desk phone.
    return { ...wait(RINGS_ON_MS), events: [under(state, call, lead.said)] };
  }
  // The far side takes the call back: because it gave up, or because somebody answered. The watch may know.
  const mayKnow = state.watching.size > 0 && call.legs.every(({ source }) => source === 'phone');
  if (before.due === null && mayKnow && call.direction === 'inbound' && event.cause.how === 'cancel')
    return wait(PATIENCE_MS);
  return finish(state, call);
}

/** Ends a call for the book. A phone's leg that still rings is a call of its own then. */
function finish(state: SameCall, call: OneCall): Attributed {
  const end = endOf(call.legs);
  const free = call.legs.filter((leg) => leg.source === 'phone' && leg.end === null && leg.callId !== call.callId);
  const over = new Set(state.over);
  for (const leg of call.legs) if (!free.includes(leg)) over.add(keyOf(leg));
  for (const oldest of over) {
    if (over.size <= REMEMBERED) break;
    over.delete(oldest);
  }
  const calls = [
    ...state.calls.filter(({ callId }) => callId !== call.callId),
    ...free.map((leg): OneCall => ({ callId: leg.callId, direction: call.direction, legs: [leg], due: null })),
  ];
  const events = end === undefined ? [] : [under(state, call, end)];
  return { state: { ...state, calls, over }, events: [...events, ...free.map(({ said }) => said)] };
}

/** Of several ends the one that says most: who talked, a decision of the agent, another phone, then the phone itself. */
function endOf(legs: readonly Leg[]): Ended | undefined {
  const rank = ({ answered, end, source }: Leg): number => {
    if (end === null) return -1;
    if (answered) return source === 'phone' ? 9 : 8;
    const { by, how, reason } = end.cause;
    const says = by === 'local' && how === 'rejected' ? 6 : answeredElsewhere(reason) ? 4 : how === 'cancel' ? 2 : 0;
    return says + (source === 'phone' ? 1 : 0);
  };
  const best = legs.reduce<Leg | undefined>(
    (one, leg) => (one === undefined || rank(leg) > rank(one) ? leg : one),
    undefined,
  );
  return best?.end ?? undefined;
}

/** The event under the Call-ID that the book knows, and so for the call that it is part of. */
function under({ calls }: SameCall, { callId }: OneCall, event: CallEvent): CallEvent {
  if (event.partOf === undefined) return event.callId === callId ? event : { ...event, callId };
  const whole = event.partOf.callId;
  const known =
    calls.find(({ legs }) => legs.some((leg) => leg.source === 'phone' && leg.callId === whole))?.callId ?? whole;
  return { ...event, callId, partOf: { ...event.partOf, callId: known } };
}

const kept = (state: SameCall, call: OneCall): SameCall => ({
  ...state,
  calls: state.calls.some(({ callId }) => callId === call.callId)
    ? state.calls.map((each) => (each.callId === call.callId ? call : each))
    : [...state.calls, call],
});
