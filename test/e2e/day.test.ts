/** A short working day at speed, each thing that can go wrong once; the whole day is the bench's (`day.*`). */
import { expect, test } from 'vitest';
import { playDay } from './support/day/play.ts';
import { planDay } from './support/day/schedule.ts';

test(
  'after a day with everything in it each call is on its card once and in the bell once',
  { timeout: 240_000 },
  async () => {
    // One day that is the same for everybody; other days: DAY_SEED, and the bench's.
    const seed = Number(process.env['DAY_SEED'] ?? 13_932);
    const say = (line: string) => console.log(line);
    const { audit, calls } = await playDay(planDay({ seed, calls: 40, hours: 2, everyHour: false }), say);
    expect(calls).toBeGreaterThanOrEqual(40);
    expect(audit).toEqual({ lost: [], doubled: [], wrong: [], untold: [] });
  },
);
