import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  LISTED_A_MINUTE,
  MINUTE_MS,
  refusedCall,
  refusedUnseen,
  type Listed,
  type RefusedCalls,
} from '../../../../app/calls/refused-calls.ts';
import { reduce } from '../../../../app/calls/call.ts';
import type { EndCause } from '../../../../app/calls/phone-event.ts';
import { callEvent } from './samples.ts';

type Told = { caller: string; at: number; known?: boolean };

/** All the entries that there ever were, as they stood last, in the order in which they came. */
function entriesOf(told: readonly Told[]): Listed[] {
  const entries = new Map<string, Listed>();
  let calls: RefusedCalls = [];
  for (const [index, { caller, at, known = false }] of told.entries()) {
    const next = refusedCall(calls, { id: `r-${index}`, caller, at, known });
    calls = next.calls;
    entries.set(next.entry.id, next.entry);
  }
  return [...entries.values()];
}
const callers = (count: number, at: number): Told[] =>
  Array.from({ length: count }, (_, index) => ({ caller: `+1${index}`, at }));

test('a caller who calls again and again has one entry a minute, with how often', () => {
  const entries = entriesOf([0, 5_000, 59_999, MINUTE_MS, MINUTE_MS + 1].map((at) => ({ caller: '+1', at })));
  expect(entries.map(({ at, again }) => [at, again])).toEqual([
    [0, 2],
    [MINUTE_MS, 1],
  ]);
});

test('a thousand at once: as many entries as a minute has, the last one with the number of the others', () => {
  const entries = entriesOf(callers(1_000, 7));
  expect(entries).toHaveLength(LISTED_A_MINUTE);
  expect(entries.map(({ others }) => others)).toEqual([
    ...Array.from({ length: LISTED_A_MINUTE - 1 }, () => 0),
    1_000 - LISTED_A_MINUTE,
  ]);
});

test('whoever is known has an entry in the midst of a flood, one a minute like everybody', () => {
  const anna = { caller: '+14155550142', at: 9, known: true };
  const entries = entriesOf([...callers(500, 8), anna, anna, ...callers(500, 10).slice(400)]);
  expect(entries.find(({ caller }) => caller === anna.caller)).toMatchObject({ again: 1 });
  expect(entries).toHaveLength(LISTED_A_MINUTE + 1);
});

test('after a quiet minute everybody has an entry again', () => {
  expect(entriesOf([...callers(100, 0), ...callers(3, MINUTE_MS)])).toHaveLength(LISTED_A_MINUTE + 3);
});

test('whatever comes, no call is lost, and nobody unknown makes more than the rate', () => {
  const told = fc.record({
    caller: fc.integer({ min: 0, max: 40 }).map(String),
    after: fc.oneof(fc.nat(100), fc.nat(2 * MINUTE_MS)),
    known: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(told, { maxLength: 300 }), (gaps) => {
      let at = 0;
      // Whether somebody is known is the same for all of their calls.
      const all = gaps.map(({ caller, after }) => ({ caller, at: (at += after), known: Number(caller) > 35 }));
      const entries = entriesOf(all);
      expect(entries.reduce((sum, { again, others }) => sum + 1 + again + others, 0)).toBe(all.length);
      for (const { at: end } of entries) {
        const minute = entries.filter((entry) => entry.at <= end && end - entry.at < MINUTE_MS);
        expect(minute.filter(({ caller }) => Number(caller) <= 35).length).toBeLessThanOrEqual(LISTED_A_MINUTE);
        expect(new Set(minute.map(({ caller }) => caller)).size).toBe(minute.length);
      }
    }),
    { numRuns: 1_000 },
  );
});

test.each<[string, boolean, EndCause]>([
  ['too many at once', true, { by: 'local', how: 'rejected', status: 486 }],
  ['not to be disturbed', true, { by: 'local', how: 'rejected', status: 480 }],
  ['declined by the agent', false, { by: 'local', how: 'rejected', status: 603 }],
  ['the caller gave up', false, { by: 'remote', how: 'cancel' }],
  ['no audio of ours', false, { by: 'local', how: 'failed', status: 488 }],
])('%s: refused unseen is %s', (_what, is, cause) => {
  expect(refusedUnseen(reduce(undefined, callEvent('ended', { cause }), 'r-1'))).toBe(is);
});
