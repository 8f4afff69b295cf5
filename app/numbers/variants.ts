/**
 * One person, several numbers: what carriers, phones and address books make of the same line. Used to look up silently
 * and to compare; what Kommo is told of is always the number as it arrived.
 */
import { parsePhoneNumberFromString } from 'libphonenumber-js/min';
import { readNumber, type NumberRules } from './number.ts';

/** Kommo compares so many digits from the end (page "Call notification"). */
const COMPARED = 8;
/** The fewest digits that are compared as a whole number: what is shorter is an extension. */
const LEAST = 7;

/**
 * The E.164 numbers that reach the same line, the given one first: Brazil's ninth digit (Anatel, 2012 to 2016), Mexico's
 * 1 after the country code (dropped in 2019) and Argentina's 9 (mobiles called from abroad).
 */
export function variantsOf(e164: string): string[] {
  const brazil = /^\+55(\d\d)(9?)([6-9]\d{7})$/.exec(e164);
  if (brazil !== null) return [e164, `+55${brazil[1]}${brazil[2] === '9' ? '' : '9'}${brazil[3]}`];
  const mexico = /^\+52(1?)(\d{10})$/.exec(e164);
  if (mexico !== null) return [e164, `+52${mexico[1] === '1' ? '' : '1'}${mexico[2]}`];
  const argentina = /^\+54(9?)(\d{10})$/.exec(e164);
  if (argentina !== null) return [e164, `+54${argentina[1] === '9' ? '' : '9'}${argentina[2]}`];
  return [e164];
}

/**
 * The digits to search for, so that every way in which the number may have been typed into a card ends in one of
 * them: `0341 15 512-3456` does not end as `+54 9 341 512-3456` does. The first one ends as the number itself.
 */
export function searchKeys(asked: string): string[] {
  const keys = new Map<string, string>();
  for (const written of waysToWrite(asked)) {
    const end = written.slice(-COMPARED);
    if (!keys.has(end)) keys.set(end, written);
  }
  return [...keys.values()];
}

/** Digits of every variant, in E.164 and as it is written in its own country. */
function waysToWrite(asked: string): string[] {
  if (!asked.startsWith('+')) return [asked.replace(/\D/g, '')];
  return variantsOf(asked).flatMap((variant) => {
    const national = parsePhoneNumberFromString(variant)?.formatNational() ?? variant;
    return [variant.replace(/\D/g, ''), national.replace(/\D/g, '')];
  });
}

/**
 * Whether a number on a card is the one that was asked about (E.164, or digits where that is not known): `same` line,
 * `alike` where only the last eight digits agree, which is as far as Kommo looks, or `other`.
 */
export function compareNumbers(stored: string, asked: string, rules: NumberRules): 'same' | 'alike' | 'other' {
  const read = readNumber(stored, { country: rules.country, internalDigits: 0 });
  const card = read.e164 ?? read.asReceived.replace(/[;,x].*$/is, '').replace(/\D/g, '');
  if (read.e164 !== null && asked.startsWith('+') && variantsOf(asked).includes(read.e164)) return 'same';
  const theirs = waysToWrite(card);
  const ours = waysToWrite(asked);
  for (const one of theirs) {
    for (const other of ours) {
      if (one === other && one.length >= LEAST) return 'same';
      if (one.length >= COMPARED && other.length >= COMPARED && one.slice(-COMPARED) === other.slice(-COMPARED))
        return 'alike';
    }
  }
  return 'other';
}
