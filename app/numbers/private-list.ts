/** The private list: numbers that Kommo and the browser never hear of. */
import { isSupportedCountry, parsePhoneNumberFromString } from 'libphonenumber-js/min';

/**
 * Whether a number is on the list. An entry is a whole number in any writing, or a pattern with `*` for any run of
 * characters and `?` for one: `+1415*`, `0900*`, `anonymous`. It is held against the number as it arrived, in E.164
 * and as it is written within its own country.
 */
export function isOnList(
  number: { asReceived: string; e164: string | null },
  list: readonly string[],
  country: string,
): boolean {
  if (list.length === 0) return false;
  const written = waysToWrite(number, country);
  return list.some((entry) => {
    const plain = plainOf(entry);
    if (plain === '' || /^[*?]+$/.test(plain)) return false;
    if (/[*?]/.test(plain)) {
      const pattern = new RegExp(`^${plain.split('').map(characterOf).join('')}$`, 'u');
      return written.some((way) => pattern.test(way));
    }
    const entries = waysToWrite({ asReceived: entry, e164: e164Of(entry, country) }, country);
    return entries.some((way) => written.includes(way));
  });
}

const characterOf = (character: string): string => {
  if (character === '*') return '.*';
  return character === '?' ? '.' : character.replace(/[\\^$.|+()[\]{}]/g, String.raw`\$&`);
};

/** Numbers lose their punctuation; a SIP user that is a name keeps its own. */
function plainOf(text: string): string {
  const plain = text.trim().toLowerCase();
  return /^[+\d\s().*?#/-]+$/.test(plain) ? plain.replace(/[\s().#/-]/g, '') : plain;
}

function waysToWrite({ asReceived, e164 }: { asReceived: string; e164: string | null }, country: string): string[] {
  const national = e164 === null ? undefined : parsePhoneNumberFromString(e164)?.formatNational().replace(/\D/g, '');
  const received = plainOf(asReceived.replace(/;.*$/s, ''));
  return [...new Set([received, e164 ?? received, isAbroad(e164, country) ? received : (national ?? received)])];
}

/** A number of another country is not meant by an entry that is written the national way. */
function isAbroad(e164: string | null, country: string): boolean {
  return e164 !== null && parsePhoneNumberFromString(e164)?.country !== country;
}

function e164Of(entry: string, country: string): string | null {
  const parsed = parsePhoneNumberFromString(entry, isSupportedCountry(country) ? country : 'US');
  return parsed?.isPossible() === true ? parsed.number : null;
}
