import fc from 'fast-check';
import { beforeEach, expect, test } from 'vitest';
import { createSteadyClock, type SteadyClock } from '../../../../main/calls/steady-clock.ts';
import { randomSeed } from '../../../../scripts/random-seed.ts';

/** A computer whose monotonic clock stands still while it sleeps, as Linux's and macOS's does. */
let monotonic: number;
let wall: number;
let clock: SteadyClock;
const pass = (ms: number) => {
  monotonic += ms;
  wall += ms;
};
const sleep = (ms: number) => {
  clock.suspended();
  wall += ms;
  clock.resumed();
};
const event = () => clock.of(monotonic, wall);

beforeEach(() => {
  monotonic = 5000;
  wall = 1_800_000_000_000;
  clock = createSteadyClock(
    () => monotonic,
    () => wall,
  );
});

test('without sleep it is the monotonic clock', () => {
  pass(1234);
  expect([clock.now(), event()]).toEqual([6234, 6234]);
});

test('a call that is held over a closed lid has talked all the time', () => {
  const answered = event();
  pass(10_000);
  sleep(3_600_000);
  pass(5000);
  expect(event() - answered).toBe(3_615_000);
  expect(clock.now()).toBe(event());
});

test('a wall clock that is set while the computer is awake changes nothing', () => {
  const answered = event();
  pass(10_000);
  wall += 86_400_000;
  pass(5000);
  expect(event() - answered).toBe(15_000);
});

test('a monotonic clock that counts sleep, as on Windows, is not counted twice', () => {
  const answered = event();
  clock.suspended();
  pass(3_600_000);
  clock.resumed();
  expect(event() - answered).toBe(3_600_000);
});

test('an event between waking up and hearing of it, and one just before the sleep, are where they were', () => {
  clock.suspended();
  pass(20);
  const before = { monotonic, wall };
  wall += 3_600_000;
  pass(30);
  const after = { monotonic, wall };
  clock.resumed();
  expect(clock.of(before.monotonic, before.wall)).toBe(5020);
  expect(clock.of(after.monotonic, after.wall)).toBe(5050 + 3_600_000);
});

test('what is heard of after the sleep, before the system says that it is over, is not in the time before it', () => {
  const answered = event();
  clock.suspended();
  wall += 40_000;
  pass(100);
  expect(event() - answered).toBe(40_100);
  clock.resumed();
  pass(1000);
  expect(event() - answered).toBe(41_100);
});

test('a sleep that was not announced is found when the computer wakes up', () => {
  const answered = event();
  pass(1000);
  event();
  wall += 60_000;
  clock.resumed();
  expect(event() - answered).toBe(61_000);
});

test('any number of sleeps: never backwards, and to the second what the wall clock says', () => {
  const step = fc.record({ awake: fc.nat(100_000), asleep: fc.nat(10_000_000) });
  const property = fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
    const start = { steady: event(), wall };
    let last = start.steady;
    for (const { awake, asleep } of steps) {
      pass(awake);
      sleep(asleep);
      const now = event();
      expect(now).toBeGreaterThanOrEqual(last);
      last = now;
    }
    // Sleeps shorter than half a second are taken for drift.
    const missed = steps.filter(({ asleep }) => asleep < 500).reduce((sum, { asleep }) => sum + asleep, 0);
    expect(event() - start.steady + missed).toBe(wall - start.wall);
  });
  const seed = randomSeed();
  fc.assert(property, { seed: 4, numRuns: 500 });
  fc.assert(property, { seed, numRuns: 500 });
});
