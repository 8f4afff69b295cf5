/**
 * The archive for support. Nothing leaves that could harm the office: values are masked by their shape and name, then
 * everything that is known to be secret or personal is looked for in what was written, and where any of it is found
 * there is no archive.
 */
import { strToU8, zipSync } from 'fflate';
import { redact } from './log.ts';

export type Known = {
  /** Tokens, passwords, keys. */
  secrets: readonly string[];
  /** People, companies, accounts. */
  names: readonly string[];
  /** Telephone numbers, however they are written. */
  numbers: readonly string[];
};

/** Shorter ones would be found in ordinary words; a secret so short is no secret. */
const SHORTEST_SECRET = 4;
const SHORTEST_NAME = 3;
const SHORTEST_NUMBER = 7;
/** Times and durations of our own, which are numbers as well. */
const TIMES = new Set(['at', 't', 'ms', 'seq']);
const ISO_TIME = /^\d{4}-\d\d-\d\dT[\d:.]{5,15}Z$/;

/** @throws where something of `known` is left in a file, so that nothing is written. `files`: JSON values by name. */
export function buildArchive(files: Readonly<Record<string, unknown>>, known: Known): Uint8Array {
  const clean = scrubberOf(known);
  const texts = Object.entries(files).map(([name, content]) => [name, textOf(clean(content))] as const);
  for (const [name, text] of texts) {
    const left = leftIn(text, known);
    if (left !== null) throw new Error(`${left} was left in ${name}`);
  }
  return zipSync(Object.fromEntries(texts.map(([name, text]) => [name, strToU8(text)])), { level: 6 });
}

/** JSON lines, each parsed; what is none is left out. */
export function linesOf(text: string): unknown[] {
  return text.split('\n').flatMap((line) => {
    try {
      return line.trim() === '' ? [] : [JSON.parse(line) as unknown];
    } catch {
      return [];
    }
  });
}

const textOf = (content: unknown): string =>
  Array.isArray(content)
    ? content.map((line) => `${JSON.stringify(line)}\n`).join('')
    : `${JSON.stringify(content, null, 2)}\n`;

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
const digitsOf = (text: string): string => text.replace(/\D/g, '');
const longerFirst = (a: string, b: string): number => b.length - a.length;

function scrubberOf({ secrets, names, numbers }: Known): (value: unknown) => unknown {
  const hidden = [...new Set(secrets)].filter((text) => text.length >= SHORTEST_SECRET).sort(longerFirst);
  const people = wholeNames(names).sort(longerFirst);
  const digits = [...new Set(numbers.map(digitsOf))].filter((one) => one.length >= SHORTEST_NUMBER).sort(longerFirst);
  // One expression of each kind: thousands of names are looked for at once.
  const secret = expression(hidden.map(escaped), 'g');
  const name = expression(
    people.map((one) => `(?<![\\p{L}\\p{N}])${escaped(one)}(?![\\p{L}\\p{N}])`),
    'giu',
  );
  const number = expression(
    digits.map((one) => [...one].join('[\\s().\\-]*')),
    'g',
  );
  const text = (value: string): string => {
    let clean = value;
    if (secret !== null) clean = clean.replace(secret, '***');
    if (name !== null) clean = clean.replace(name, '(name)');
    if (number !== null) clean = clean.replace(number, '(number)');
    return clean;
  };
  const walk = (value: unknown, key: string): unknown => {
    if (typeof value === 'string') return TIMES.has(key) && ISO_TIME.test(value) ? value : text(value);
    // A number that is long enough to be called is not told from one that is none.
    if (typeof value === 'number') return TIMES.has(key) || Math.abs(value) < 1e6 ? value : '(number)';
    if (Array.isArray(value)) return value.map((one) => walk(one, key));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([field, one]) => [text(field), walk(one, field)]));
  };
  // What is known is looked for first as well: digits that are masked by their shape would leave half a token.
  const clean = (value: unknown): unknown => walk(masked(walk(value, '')), '');
  return (value) => (Array.isArray(value) ? value.map(clean) : clean(value));
}

/** As the log masks what it writes, once more: a file may be older than a rule. Times are kept. */
function masked(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const { at, ...rest } = value as Record<string, unknown>;
  const safe = redact(rest);
  return typeof at === 'string' && ISO_TIME.test(at) ? { at, ...safe } : safe;
}

const expression = (parts: readonly string[], flags: string): RegExp | null =>
  parts.length === 0 ? null : new RegExp(parts.join('|'), flags);

/** Each name whole, and each of its parts that is long enough to tell who it is. */
function wholeNames(names: readonly string[]): string[] {
  const parts = names.flatMap((name) => [name.trim(), ...name.split(/[^\p{L}\p{N}]+/u)]);
  return [...new Set(parts)].filter((part) => part.length >= SHORTEST_NAME && /\p{L}/u.test(part));
}

/** What of the known is in a text, in words that may be read; null where nothing is. */
function leftIn(text: string, { secrets, names, numbers }: Known): string | null {
  if (secrets.some((secret) => secret.length >= SHORTEST_SECRET && text.includes(secret))) return 'A secret';
  const lower = text.toLowerCase();
  if (
    names.some(
      (name) =>
        name.trim().length >= SHORTEST_NAME && /\s/.test(name.trim()) && lower.includes(name.trim().toLowerCase()),
    )
  )
    return 'A name';
  if (numbers.some((number) => digitsOf(number).length >= SHORTEST_NUMBER && text.includes(digitsOf(number))))
    return 'A number';
  return null;
}
