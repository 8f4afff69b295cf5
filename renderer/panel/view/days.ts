import type { Texts } from '../texts/en.ts';

/** Local calendar day of a time in milliseconds since 1970, as a key that sorts: `2026-11-23`. */
function dayKey(at: number): string {
  const date = new Date(at);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

export type Day<T> = { key: string; heading: string; entries: T[] };

/** Puts entries, newest first, under the days of this computer's time zone, keeping their order. */
export function groupByDay<T>(
  entries: readonly T[],
  startedAt: (entry: T) => number,
  now: number,
  texts: Texts,
  locales: string[],
): Day<T>[] {
  const days: Day<T>[] = [];
  for (const entry of entries) {
    const key = dayKey(startedAt(entry));
    const last = days.at(-1);
    if (last?.key === key) last.entries.push(entry);
    else days.push({ key, heading: dayHeading(startedAt(entry), now, texts, locales), entries: [entry] });
  }
  return days;
}

function dayHeading(at: number, now: number, texts: Texts, locales: string[]): string {
  const key = dayKey(at);
  if (key === dayKey(now)) return texts.history.today;
  // Calendar arithmetic, not 24 hours: a day may have 23 or 25.
  const yesterday = new Date(now);
  yesterday.setDate(yesterday.getDate() - 1);
  if (key === dayKey(yesterday.getTime())) return texts.history.yesterday;
  const sameYear = new Date(at).getFullYear() === new Date(now).getFullYear();
  return new Intl.DateTimeFormat(locales, {
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    ...(sameYear ? {} : { year: 'numeric' }),
  }).format(at);
}

/** The time of day, in the reader's own 12 or 24 hours. */
export function formatTime(at: number, locales: string[]): string {
  return new Intl.DateTimeFormat(locales, { hour: 'numeric', minute: '2-digit' }).format(at);
}

/**
 * How dates and numbers are written beside texts of a language: as in the reader's own region where they read that
 * language (`en-GB` has 24 hours, `en-US` has not), else as the language itself does.
 */
export function localesFor(language: string, preferred: readonly string[]): string[] {
  const own = preferred.filter((tag) => tag.toLowerCase().split('-')[0] === language.toLowerCase().split('-')[0]);
  return [...own, language];
}
