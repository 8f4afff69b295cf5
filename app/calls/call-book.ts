/** All the calls that are known now, and the memory of those that ended: one call for a Call-ID, completed once. */
import { reduce, type Call, type Leg } from './call.ts';
import type { CallEvent } from './phone-event.ts';

/** How many ended Call-IDs are remembered, so that a late or repeated message cannot open their call again. */
const REMEMBERED = 2000;

export type CallBook = {
  /** Live calls by Call-ID; consultations and continuations are calls of their own here, with `partOf` set. */
  readonly live: ReadonlyMap<string, Call>;
  /** Calls that ended while a continuation of theirs was being dialled, by Call-ID: they may yet go on. */
  readonly suspended: ReadonlyMap<string, Call>;
  /** Call-IDs of ended calls, oldest first. */
  readonly ended: ReadonlySet<string>;
};

/**
 * What an event came to. `gone`: consultations and continuations that are no calls of their own any more; they stand in
 * `call.legs`. `freed`: consultations whose call is over, and which are calls of their own from now on.
 */
export type Change =
  | { kind: 'opened'; call: Call }
  | { kind: 'changed'; call: Call; before: Call }
  /** The call ended with this event; `opened` tells whether it was also the first one heard of it. */
  | { kind: 'completed'; call: Call; opened: boolean; gone: readonly Call[]; freed: readonly Call[] }
  /** A consultation or continuation came to its end, and the call goes on without it. */
  | { kind: 'leg-ended'; call: Call; gone: readonly Call[] }
  /** The call goes on in another dialog, with somebody else. */
  | { kind: 'continued'; call: Call; before: Call; gone: readonly Call[] }
  | { kind: 'none' };

export const emptyBook: CallBook = { live: new Map(), suspended: new Map(), ended: new Set() };

/** Folds an event into the book. `newId` is asked for an id only when the event opens a call. */
export function fold(book: CallBook, event: CallEvent, newId: () => string): { book: CallBook; change: Change } {
  if (book.ended.has(event.callId) || book.suspended.has(event.callId)) return { book, change: { kind: 'none' } };
  const before = book.live.get(event.callId);
  const call = reduce(before, event, before?.id ?? newId());
  if (call === before) return { book, change: { kind: 'none' } };

  const whole = call.partOf === null ? undefined : wholeOf(book, call.partOf.callId);
  if (whole !== undefined && call.partOf?.role === 'continuation' && call.answeredAt !== null && call.state !== 'ended')
    return takesOver(book, whole, call);
  if (call.state === 'ended') {
    return whole === undefined ? ends(book, call, before === undefined) : legEnds(book, whole, call);
  }
  const live = new Map(book.live).set(event.callId, call);
  const change: Change = before === undefined ? { kind: 'opened', call } : { kind: 'changed', call, before };
  return { book: { ...book, live }, change };
}

const wholeOf = (book: CallBook, callId: string): Call | undefined =>
  book.live.get(callId) ?? book.suspended.get(callId);

const legsOf = (book: CallBook, callId: string): Call[] =>
  [...book.live.values()].filter(({ partOf }) => partOf?.callId === callId);

function ends(book: CallBook, call: Call, opened: boolean): { book: CallBook; change: Change } {
  const parts = legsOf(book, call.callId);
  if (parts.some(({ partOf }) => partOf?.role === 'continuation')) {
    const live = without(book.live, [call.callId]);
    const suspended = new Map(book.suspended).set(call.callId, call);
    return { book: { ...book, live, suspended }, change: { kind: 'none' } };
  }
  // With the transfer the two others have each other: the consultation is no call of the agent's any more.
  const gone = call.transferredTo === null ? [] : parts;
  const freed = call.transferredTo === null ? parts.map((part): Call => ({ ...part, partOf: null })) : [];
  const live = without(book.live, [call.callId, ...gone.map(({ callId }) => callId)]);
  for (const one of freed) live.set(one.callId, one);
  const completed = gone.reduce((whole, leg) => withLeg(whole, leg, 'consultation', call), call);
  return {
    book: { ...book, live, ended: remember(book.ended, [call, ...gone]) },
    change: { kind: 'completed', call: completed, opened, gone, freed },
  };
}

function legEnds(book: CallBook, whole: Call, leg: Call): { book: CallBook; change: Change } {
  const live = without(book.live, [leg.callId]);
  const ended = remember(book.ended, [leg]);
  const call = leg.partOf?.role === 'consultation' ? withLeg(whole, leg, 'consultation', leg) : whole;
  if (whole.state === 'ended') {
    // Unless somebody is still being dialled for it, it ended when it ended.
    const suspended = without(book.suspended, [whole.callId]);
    const { book: after, change } = ends({ live, suspended, ended }, call, false);
    return {
      book: after,
      change:
        change.kind === 'completed'
          ? { ...change, gone: [leg, ...change.gone] }
          : { kind: 'leg-ended', call, gone: [leg] },
    };
  }
  live.set(call.callId, call);
  return { book: { ...book, live, ended }, change: { kind: 'leg-ended', call, gone: [leg] } };
}

function takesOver(book: CallBook, whole: Call, next: Call): { book: CallBook; change: Change } {
  const earlier = withLeg(whole, whole, 'earlier', { endedAt: next.answeredAt });
  const call: Call = {
    ...earlier,
    legs: [...earlier.legs, ...next.legs],
    callId: next.callId,
    local: next.local,
    remote: next.remote,
    headers: { ...whole.headers, ...next.headers },
    state: next.state,
    heldBy: next.heldBy,
    muted: next.muted,
    answeredAt: whole.answeredAt ?? next.answeredAt,
    answeredMonotonic: whole.answeredMonotonic ?? next.answeredMonotonic,
    endedAt: null,
    endedMonotonic: null,
    transfer: null,
    cause: null,
  };
  const live = without(book.live, [whole.callId, next.callId]).set(call.callId, call);
  // A consultation of the call stays one of it, under its new Call-ID.
  for (const part of legsOf(book, whole.callId))
    if (part.callId !== next.callId && part.partOf !== null)
      live.set(part.callId, { ...part, partOf: { ...part.partOf, callId: call.callId } });
  const suspended = without(book.suspended, [whole.callId]);
  const after = { live, suspended, ended: remember(book.ended, [whole]) };
  // What was taken over was a continuation itself, that nobody had answered yet.
  const outer = call.partOf?.role === 'continuation' ? wholeOf(after, call.partOf.callId) : undefined;
  if (outer === undefined) return { book: after, change: { kind: 'continued', call, before: whole, gone: [next] } };
  const over = takesOver(after, outer, call);
  return over.change.kind === 'continued'
    ? { book: over.book, change: { ...over.change, gone: [next, ...over.change.gone] } }
    : over;
}

function withLeg(whole: Call, leg: Call, role: Leg['role'], end: Pick<Call, 'endedAt'>): Call {
  const { callId, remote, startedAt, answeredAt } = leg;
  return { ...whole, legs: [...whole.legs, { callId, role, remote, startedAt, answeredAt, endedAt: end.endedAt }] };
}

function without<V>(map: ReadonlyMap<string, V>, keys: readonly string[]): Map<string, V> {
  const rest = new Map(map);
  for (const key of keys) rest.delete(key);
  return rest;
}

function remember(ended: ReadonlySet<string>, calls: readonly Call[]): ReadonlySet<string> {
  const all = new Set(ended);
  for (const { callId } of calls) all.add(callId);
  for (const oldest of all) {
    if (all.size <= REMEMBERED) break;
    all.delete(oldest);
  }
  return all;
}
