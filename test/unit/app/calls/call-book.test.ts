import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dispositionOf } from '../../../../app/calls/call.ts';
import { emptyBook, fold, type CallBook, type Change } from '../../../../app/calls/call-book.ts';
import type { CallEvent } from '../../../../app/calls/phone-event.ts';
import { callEvent } from './samples.ts';

function foldAll(events: readonly CallEvent[]): { book: CallBook; changes: Change[] } {
  let book = emptyBook;
  let ids = 0;
  const changes = events.map((event) => {
    const folded = fold(book, event, () => `r-${(ids += 1)}`);
    book = folded.book;
    return folded.change;
  });
  return { book, changes };
}

const completedOf = (changes: readonly Change[]) =>
  changes.flatMap((change) => (change.kind === 'completed' ? [change.call] : []));

const causes = fc.record(
  {
    by: fc.constantFrom('local' as const, 'remote' as const, 'network' as const),
    how: fc.constantFrom('bye' as const, 'cancel' as const, 'rejected' as const, 'timeout' as const, 'failed' as const),
    status: fc.constantFrom(404, 408, 480, 486, 487, 500, 600, 603),
    reason: fc.constantFrom('SIP;cause=200', 'Q.850;cause=26', 'Q.850;cause=16'),
  },
  { requiredKeys: ['by', 'how'] },
);

/** The events of one call: its end at least once, everything else maybe. Any order comes from the shuffle. */
const eventsOfCall = (callId: string) =>
  fc
    .record({
      direction: fc.constantFrom('inbound' as const, 'outbound' as const),
      end: causes,
      more: fc.array(
        fc.record({
          kind: fc.constantFrom(
            'ringing',
            'dialling',
            'progress',
            'answered',
            'held',
            'resumed',
            'transferred',
            'ended',
          ),
          monotonic: fc.nat(1e7),
          cause: causes,
        }),
      ),
    })
    .map(({ direction, end, more }) => {
      const at = { callId, direction };
      return [
        callEvent('ended', { ...at, cause: end }),
        ...more.map(({ kind, monotonic, cause }): CallEvent => {
          switch (kind) {
            case 'progress':
              return callEvent('progress', { ...at, monotonic, status: 183 });
            case 'held':
            case 'resumed':
              return callEvent(kind, { ...at, monotonic, by: 'remote' });
            case 'transferred':
              return callEvent('transferred', { ...at, monotonic, to: 'sip:102@pbx.example' });
            case 'ended':
              return callEvent('ended', { ...at, monotonic, cause });
            case 'ringing':
            case 'dialling':
            case 'answered':
              return callEvent(kind, { ...at, monotonic });
            default:
              throw new Error(kind);
          }
        }),
      ];
    });

/** Events of one to three calls, repeated at will, in any order. */
const anyOrder = fc
  .integer({ min: 1, max: 3 })
  .chain((count) => fc.tuple(...Array.from({ length: count }, (_, index) => eventsOfCall(`call-${index}@pbx`))))
  .chain((calls) => {
    const events = calls.flat();
    return fc
      .array(fc.constantFrom(...events), { maxLength: 20 })
      .chain((repeats) => fc.shuffledSubarray([...events, ...repeats], { minLength: events.length + repeats.length }));
  });

describe('any order and any repetition', () => {
  test('ends in exactly one disposition and one completed call for each Call-ID', () => {
    fc.assert(
      fc.property(anyOrder, (events) => {
        const { book, changes } = foldAll(events);
        const callIds = new Set(events.map(({ callId }) => callId));
        const completed = completedOf(changes);
        expect(completed.map(({ callId }) => callId).toSorted()).toEqual([...callIds].toSorted());
        expect(new Set(completed.map(({ id }) => id)).size).toBe(callIds.size);
        expect(book.live.size).toBe(0);
        for (const call of completed) {
          const mine = events.filter(({ callId }) => callId === call.callId);
          const answered = mine.findIndex(({ kind }) => kind === 'answered');
          const ended = mine.findIndex(({ kind }) => kind === 'ended');
          expect(dispositionOf(call) === 'answered').toBe(answered !== -1 && answered < ended);
        }
      }),
      { numRuns: 300 },
    );
  });

  test('each call is opened once, before anything else is said of it', () => {
    fc.assert(
      fc.property(anyOrder, (events) => {
        const seen = new Set<string>();
        const ended = new Set<string>();
        for (const change of foldAll(events).changes) {
          if (change.kind === 'none') continue;
          const opens = change.kind === 'opened' || (change.kind === 'completed' && change.opened);
          expect(seen.has(change.call.callId)).toBe(!opens);
          expect(ended.has(change.call.callId)).toBe(false);
          seen.add(change.call.callId);
          if (change.kind === 'completed') ended.add(change.call.callId);
        }
      }),
    );
  });

  test('a repeat right after its first is no change at all', () => {
    fc.assert(
      fc.property(anyOrder, (events) => {
        const { changes } = foldAll(events.flatMap((event) => [event, event]));
        for (const [index, change] of changes.entries()) if (index % 2 === 1) expect(change.kind).toBe('none');
        const once = foldAll(events);
        expect(completedOf(changes)).toEqual(completedOf(once.changes));
      }),
    );
  });
});

test('two calls that interleave keep their own facts', () => {
  const a = { callId: 'a@pbx' };
  const b = { callId: 'b@pbx' };
  const { changes } = foldAll([
    callEvent('ringing', { ...a, monotonic: 0 }),
    callEvent('ringing', { ...b, monotonic: 1000 }),
    callEvent('answered', { ...a, monotonic: 2000 }),
    callEvent('ended', { ...b, monotonic: 3000, cause: { by: 'local', how: 'rejected', status: 486 } }),
    callEvent('ended', { ...a, monotonic: 9000, cause: { by: 'remote', how: 'bye' } }),
  ]);
  expect(completedOf(changes).map((call) => [call.callId, dispositionOf(call)])).toEqual([
    ['b@pbx', 'busy'],
    ['a@pbx', 'answered'],
  ]);
});

test('the memory of ended calls is bounded and forgets the oldest', () => {
  const end = (n: number) => callEvent('ended', { callId: `${n}@pbx`, cause: { by: 'remote', how: 'bye' } });
  const { book } = foldAll(Array.from({ length: 2100 }, (_, index) => end(index)));
  expect(book.ended.size).toBe(2000);
  expect(book.ended.has('99@pbx')).toBe(false);
  expect(fold(book, end(2099), () => 'r-again').change.kind).toBe('none');
});
