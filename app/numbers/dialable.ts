/** Digits and what people and pages write between them (RFC 3966 section 3); `*` and `#` for service codes. */
const WRITTEN = /^\+?[\d*#](?:[\d*#\-.()/\s\u00a0\u2010-\u2015]*[\d*#)])?$/;

/** What is dialled of a number as a page shows it (`+14155550142`, `102`, `*97`); null where it is none. */
export function dialable(written: string): string | null {
  const text = written
    .trim()
    .replace(/^tel:/i, '')
    .replace(/^\((?=\+?\d)/, '');
  if (!WRITTEN.test(text) || !/\d/.test(text)) return null;
  const digits = text.replaceAll(/[^\d*#+]/g, '');
  return digits.length > 32 ? null : digits;
}
