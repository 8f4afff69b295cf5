/** All the calls that are known now, and the memory of those that ended: one call for a Call-ID, completed once. */
import { reduce, type Call } from './call.ts';
import type { CallEvent } from './phone-event.ts';

/** How many ended Call-IDs are remembered, so that a late or repeated message cannot open their call again. */
const REMEMBERED = 2000;

export type CallBook = {
  /** Live calls by Call-ID. */
  readonly live: ReadonlyMap<string, Call>;
  /** Call-IDs of ended calls, oldest first. */
  readonly ended: ReadonlySet<string>;
};

export type Change =
  | { kind: 'opened'; call: Call }
  | { kind: 'changed'; call: Call; before: Call }
  /** The call ended with this event; `opened` tells whether it was also the first one heard of it. */
  | { kind: 'completed'; call: Call; opened: boolean }
  | { kind: 'none' };

export const emptyBook: CallBook = { live: new Map(), ended: new Set() };

/** Folds an event into the book. `newId` is asked for an id only when the event opens a call. */
export function fold(book: CallBook, event: CallEvent, newId: () => string): { book: CallBook; change: Change } {
  if (book.ended.has(event.callId)) return { book, change: { kind: 'none' } };
  const before = book.live.get(event.callId);
  const call = reduce(before, event, before?.id ?? newId());
  if (call === before) return { book, change: { kind: 'none' } };

  const live = new Map(book.live);
  if (call.state === 'ended') {
    live.delete(event.callId);
    const ended = new Set(book.ended).add(event.callId);
    for (const oldest of ended) {
      if (ended.size <= REMEMBERED) break;
      ended.delete(oldest);
    }
    return { book: { live, ended }, change: { kind: 'completed', call, opened: before === undefined } };
  }
  live.set(event.callId, call);
  const change: Change = before === undefined ? { kind: 'opened', call } : { kind: 'changed', call, before };
  return { book: { ...book, live }, change };
}
