import type { Texts } from '../texts/en.ts';

/** Local calendar day of a time in milliseconds since 1970, as a key that sorts: `2026-11-23`. */
function dayKey(at: number): string {
  const date = new Date(at);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** How days and times are written for a reader: made once for many of them, each takes the time of a whole row. */
export type DayFormats = Record<'time' | 'day' | 'dayOfYear', Intl.DateTimeFormat>;

/** The time of day is in the reader's own 12 or 24 hours. */
export function dayFormats(locales: string[]): DayFormats {
  const day = { weekday: 'long', day: 'numeric', month: 'long' } as const;
  return {
    time: new Intl.DateTimeFormat(locales, { hour: 'numeric', minute: '2-digit' }),
    day: new Intl.DateTimeFormat(locales, day),
    dayOfYear: new Intl.DateTimeFormat(locales, { ...day, year: 'numeric' }),
  };
}

/** A list with a heading before each day's entries: what a virtual list shows row by row. */
export type DayRow<T> = { kind: 'day'; key: string; heading: string } | { kind: 'entry'; entry: T };

/** Puts a heading before the entries, newest first, of each day of this computer's time zone, keeping their order. */
export function rowsByDay<T>(
  entries: readonly T[],
  startedAt: (entry: T) => number,
  now: number,
  texts: Texts,
  formats: DayFormats,
): DayRow<T>[] {
  const rows: DayRow<T>[] = [];
  let last: string | null = null;
  for (const entry of entries) {
    const key = dayKey(startedAt(entry));
    if (key !== last) rows.push({ kind: 'day', key, heading: dayHeading(startedAt(entry), now, texts, formats) });
    rows.push({ kind: 'entry', entry });
    last = key;
  }
  return rows;
}

function dayHeading(at: number, now: number, texts: Texts, formats: DayFormats): string {
  const key = dayKey(at);
  if (key === dayKey(now)) return texts.history.today;
  // Calendar arithmetic, not 24 hours: a day may have 23 or 25.
  const yesterday = new Date(now);
  yesterday.setDate(yesterday.getDate() - 1);
  if (key === dayKey(yesterday.getTime())) return texts.history.yesterday;
  const sameYear = new Date(at).getFullYear() === new Date(now).getFullYear();
  return (sameYear ? formats.day : formats.dayOfYear).format(at);
}

/** How long ago, in the words people use: `yesterday`, `3 hours ago`, `last month`. */
export function formatAgo(at: number, now: number, locales: string[]): string {
  const relative = new Intl.RelativeTimeFormat(locales, { numeric: 'auto' });
  const minutes = Math.round((at - now) / 60_000);
  if (minutes > -60) return relative.format(Math.min(minutes, 0), 'minute');
  // By the calendar: what was at eleven in the evening was yesterday, not nine hours ago.
  const days = Math.round((startOfDay(at) - startOfDay(now)) / 86_400_000);
  if (days === 0) return relative.format(Math.round(minutes / 60), 'hour');
  if (days > -14) return relative.format(days, 'day');
  if (days > -60) return relative.format(Math.round(days / 7), 'week');
  if (days > -365) return relative.format(Math.round(days / 30.4), 'month');
  return relative.format(Math.round(days / 365.25), 'year');
}

const startOfDay = (at: number): number => new Date(at).setHours(0, 0, 0, 0);

/** How long somebody talked, roughly: `40 sec`, `4 min`. */
export function formatSpell(seconds: number, locales: string[]): string {
  const [value, unit] = seconds < 60 ? [seconds, 'second'] : [Math.round(seconds / 60), 'minute'];
  return new Intl.NumberFormat(locales, { style: 'unit', unit, unitDisplay: 'short' }).format(value);
}

/**
 * How dates and numbers are written beside texts of a language: as in the reader's own region where they read that
 * language (`en-GB` has 24 hours, `en-US` has not), else as the language itself does.
 */
export function localesFor(language: string, preferred: readonly string[]): string[] {
  const own = preferred.filter((tag) => tag.toLowerCase().split('-')[0] === language.toLowerCase().split('-')[0]);
  return [...own, language];
}
