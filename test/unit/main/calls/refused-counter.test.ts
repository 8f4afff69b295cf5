import { beforeEach, expect, test } from 'vitest';
import { MINUTE_MS } from '../../../../app/calls/refused-calls.ts';
import { createRefusedCounter } from '../../../../main/calls/refused-counter.ts';

let timers: { ms: number; run: () => void }[];
let notes: [string, { again: number; others: number }][];
let told: number[];
let lines: [string, unknown][];
let counter: ReturnType<typeof createRefusedCounter>;

beforeEach(() => {
  timers = [];
  notes = [];
  told = [];
  lines = [];
  counter = createRefusedCounter({
    note: (...said) => notes.push(said),
    tell: (calls) => told.push(calls),
    log: (...said) => lines.push([said[0], said[1]]),
    after: (ms, run) => {
      const timer = { ms, run };
      timers.push(timer);
      return () => void (timers = timers.filter((each) => each !== timer));
    },
  });
});

const entry = (id: string, again: number, others: number) => ({ id, caller: id, at: 0, again, others });
/** The timers of that length come due. */
const pass = (fits: (ms: number) => boolean) => {
  const due = timers.filter(({ ms }) => fits(ms));
  timers = timers.filter((each) => !due.includes(each));
  for (const { run } of due) run();
};
const soon = () => pass((ms) => ms < MINUTE_MS);
const minute = () => pass((ms) => ms === MINUTE_MS);

test('a flood is written once, with its number, told once and logged when it begins and when it is over', () => {
  for (let others = 1; others <= 990; others += 1) counter.counted(entry('r-10', 0, others));
  expect(notes).toEqual([]);
  soon();
  expect(notes).toEqual([['r-10', { again: 0, others: 990 }]]);
  expect(told).toEqual([990]);
  expect(lines).toEqual([['calls.flood', {}]]);
  minute();
  expect(lines.at(-1)).toEqual(['calls.flood-over', { unlisted: 990 }]);
  expect(timers).toEqual([]);
});

test('it goes on: the number told is that of the whole flood, over all its entries', () => {
  counter.counted(entry('r-10', 0, 500));
  soon();
  counter.counted(entry('r-10', 0, 990));
  counter.counted(entry('r-20', 2, 7));
  soon();
  expect(notes.slice(1)).toEqual([
    ['r-10', { again: 0, others: 990 }],
    ['r-20', { again: 2, others: 7 }],
  ]);
  expect(told).toEqual([500, 997]);
  minute();
  counter.counted(entry('r-30', 0, 3));
  soon();
  expect(told.at(-1), 'another flood begins at nothing').toBe(3);
});

test('somebody who calls again and again is no flood', () => {
  counter.counted(entry('r-1', 1, 0));
  counter.counted(entry('r-1', 2, 0));
  soon();
  expect(notes).toEqual([['r-1', { again: 2, others: 0 }]]);
  expect({ told, lines, timers }).toEqual({ told: [], lines: [], timers: [] });
});

test('at the end of the program what was counted is written', () => {
  counter.counted(entry('r-1', 4, 2));
  counter.stop();
  expect(notes).toEqual([['r-1', { again: 4, others: 2 }]]);
  expect(lines.at(-1)).toEqual(['calls.flood-over', { unlisted: 2 }]);
  expect(timers).toEqual([]);
});
