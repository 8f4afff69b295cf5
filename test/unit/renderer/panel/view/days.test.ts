import fc from 'fast-check';
import { expect, test } from 'vitest';
import { en } from '../../../../../renderer/panel/texts/en.ts';
import { dayFormats, formatAgo, formatSpell, localesFor, rowsByDay } from '../../../../../renderer/panel/view/days.ts';

const at = (year: number, month: number, day: number, hour = 12) => new Date(year, month - 1, day, hour).getTime();
const rows = (times: number[], now: number) => rowsByDay(times, (time) => time, now, en, dayFormats(['en-GB']));

test('today, yesterday by the calendar, then dates, with the year where it is another', () => {
  const all = rows(
    [at(2026, 3, 30, 0), at(2026, 3, 29, 23), at(2026, 3, 29, 1), at(2026, 3, 20), at(2025, 12, 31)],
    at(2026, 3, 30, 1),
  );
  expect(all.map((row) => (row.kind === 'day' ? row.heading : row.kind))).toEqual([
    'Today',
    'entry',
    'Yesterday',
    'entry',
    'entry',
    expect.stringMatching(/^Friday,? 20 March$/),
    'entry',
    expect.stringMatching(/^Wednesday,? 31 December 2025$/),
    'entry',
  ]);
});

test('every entry has its row, in the order it came, under its own day, and no day comes twice', () => {
  const now = at(2026, 11, 23);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: at(2025, 1, 1), max: now })), (some) => {
      const times = some.toSorted((a, b) => b - a);
      const all = rows(times, now);
      expect(all.flatMap((row) => (row.kind === 'entry' ? [row.entry] : []))).toEqual(times);
      const days = all.flatMap((row) => (row.kind === 'day' ? [row.key] : []));
      expect(new Set(days).size).toBe(days.length);
      expect(days.length).toBe(new Set(times.map((time) => new Date(time).toDateString())).size);
      expect(all.length === 0 || all[0]?.kind === 'day').toBe(true);
    }),
  );
});

test('how long ago, by the calendar, in the words of each language', () => {
  const now = at(2026, 11, 23, 9);
  const ago = (then: number, language = 'en') => formatAgo(then, now, [language]);
  expect(ago(now - 20_000)).toBe('this minute');
  expect(ago(now - 5 * 60_000)).toBe('5 minutes ago');
  expect(ago(at(2026, 11, 23, 6))).toBe('3 hours ago');
  expect(ago(at(2026, 11, 22, 23))).toBe('yesterday');
  expect(ago(at(2026, 11, 22, 23), 'ru')).toBe('вчера');
  expect(ago(at(2026, 11, 22, 23), 'es')).toBe('ayer');
  expect(ago(at(2026, 11, 22, 23), 'pt')).toBe('ontem');
  expect(ago(at(2026, 11, 13))).toBe('10 days ago');
  expect(ago(at(2026, 10, 23))).toBe('4 weeks ago');
  expect(ago(at(2026, 6, 23))).toBe('5 months ago');
  expect(ago(at(2024, 6, 23))).toBe('2 years ago');
  // A clock that was set back.
  expect(ago(now + 90_000)).toBe('this minute');
  expect([formatSpell(40, ['en']), formatSpell(245, ['en']), formatSpell(245, ['ru'])]).toEqual([
    '40 sec',
    '4 min',
    '4 мин',
  ]);
});

test('times follow the region of a reader of the language, and the language itself for others', () => {
  const afternoon = at(2026, 11, 23, 14);
  expect(dayFormats(localesFor('en', ['pt-BR', 'en-GB', 'en-US'])).time.format(afternoon)).toBe('14:00');
  expect(dayFormats(localesFor('en', ['pt-BR'])).time.format(afternoon)).toMatch(/^2:00\sPM$/);
});
