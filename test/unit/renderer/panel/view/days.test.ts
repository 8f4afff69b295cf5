import fc from 'fast-check';
import { expect, test } from 'vitest';
import { en } from '../../../../../renderer/panel/texts/en.ts';
import { formatTime, groupByDay, localesFor } from '../../../../../renderer/panel/view/days.ts';

const at = (year: number, month: number, day: number, hour = 12) => new Date(year, month - 1, day, hour).getTime();
const group = (times: number[], now: number) => groupByDay(times, (time) => time, now, en, ['en-GB']);

test('today, yesterday by the calendar, then dates, with the year where it is another', () => {
  const days = group(
    [at(2026, 3, 30, 0), at(2026, 3, 29, 23), at(2026, 3, 29, 1), at(2026, 3, 20), at(2025, 12, 31)],
    at(2026, 3, 30, 1),
  );
  expect(days.map(({ heading, entries }) => [heading, entries.length])).toEqual([
    ['Today', 1],
    ['Yesterday', 2],
    [expect.stringMatching(/^Friday,? 20 March$/), 1],
    [expect.stringMatching(/^Wednesday,? 31 December 2025$/), 1],
  ]);
});

test('every entry is under exactly one day, in the order it came, and no day comes twice', () => {
  const now = at(2026, 11, 23);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: at(2025, 1, 1), max: now })), (some) => {
      const times = some.toSorted((a, b) => b - a);
      const days = group(times, now);
      expect(days.flatMap(({ entries }) => entries)).toEqual(times);
      expect(new Set(days.map(({ key }) => key)).size).toBe(days.length);
    }),
  );
});

test('times follow the region of a reader of the language, and the language itself for others', () => {
  const afternoon = at(2026, 11, 23, 14);
  expect(formatTime(afternoon, localesFor('en', ['pt-BR', 'en-GB', 'en-US']))).toBe('14:00');
  expect(formatTime(afternoon, localesFor('en', ['pt-BR']))).toMatch(/^2:00\sPM$/);
});
