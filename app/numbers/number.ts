/** A remote number: as it arrived, what it is in E.164, and whether it is worth asking Kommo about. */
import {
  parsePhoneNumberFromString,
  type CountryCode,
  getCountryCallingCode,
  isSupportedCountry,
  type PhoneNumber,
} from 'libphonenumber-js/min';
import { isOnList } from './private-list.ts';
import { isWithheld } from './withheld.ts';

export type NumberInfo = {
  /** The user part as the PBX sent it. */
  readonly asReceived: string;
  /** `+` and digits, or null where it is not a number of the public network. */
  readonly e164: string | null;
  /** What the agent reads. */
  readonly display: string;
  /** A colleague's extension: never sent to Kommo. */
  readonly internal: boolean;
  /** The caller withheld the number. */
  readonly withheld: boolean;
  /** On the private list: never looked up, never logged, never shown in the browser. */
  readonly private: boolean;
};

export type NumberRules = {
  /** ISO 3166 two-letter country of the office: national numbers are read by its rules. */
  readonly country: string;
  /** Numbers of at most so many digits are extensions. */
  readonly internalDigits: number;
  /** The private list of the settings. */
  readonly private?: readonly string[];
};

/** What a received user part is. Never throws; a name in place of a number is shown as it is and not looked up. */
export function readNumber(asReceived: string, rules: NumberRules): NumberInfo {
  const read = classify(asReceived, rules);
  const hidden = rules.private !== undefined && isOnList({ asReceived, e164: read.e164 }, rules.private, rules.country);
  return { asReceived, ...read, private: hidden };
}

function classify(asReceived: string, rules: NumberRules): Omit<NumberInfo, 'asReceived' | 'private'> {
  const user = asReceived.trim();
  if (isWithheld(user)) {
    // As it is written down; whoever shows it has words of their own (`shownNumber`).
    return { e164: null, display: 'Withheld number', internal: false, withheld: true };
  }
  const base = withoutExtension(user);
  if (!NUMBER.test(base)) return { e164: null, display: user, internal: false, withheld: false };
  const digits = base.replace(/\D/g, '');
  // A PBX may put a plus before everything: extensions, national numbers, numbers that begin with 00.
  const plus = /^\s*\+[\s(]*[1-9]/.test(base);
  if (!plus && digits.length <= rules.internalDigits) {
    return { e164: null, display: base.trim(), internal: true, withheld: false };
  }
  // A service code such as *72 is dialled, not called back.
  const parsed = /[*#]/.test(base) ? undefined : parse(plus ? base.trim() : digits, rules.country);
  if (parsed === undefined) {
    const internal = digits.length <= rules.internalDigits;
    const e164 = plus && !internal && digits.length >= 7 && digits.length <= 15 ? `+${digits}` : null;
    return { e164, display: base.trim(), internal, withheld: false };
  }
  return { e164: parsed.number, display: parsed.formatInternational(), internal: false, withheld: false };
}

const NUMBER = /^[+\d\s().*#/-]+$/;

/** The number without what is dialled after it: RFC 3966 parameters, `x12`, `ext. 12` and its like, pauses. */
function withoutExtension(user: string): string {
  return user.replace(/[;,].*$/s, '').replace(/(?:x|ext(?:ension|n|\.)?|доб\.?|ramal|int\.?|anexo)\s*\d+\s*$/i, '');
}

/** The number as a person of that country would read it, or undefined where nobody could dial it. */
function parse(text: string, office: string): PhoneNumber | undefined {
  const country: CountryCode = isSupportedCountry(office) ? office : 'US';
  const digits = text.replace(/\D/g, '');
  const international = text.startsWith('+');
  const mexican = mexicanOf(international ? text.replace(/[^+\d]/g, '') : digits, country);
  const read = (reading: string) => parsePhoneNumberFromString(reading, country);
  if (mexican !== null) return read(mexican);
  // Their own country code before everything, with 00 or bare: some plans would take it for an area or a carrier.
  const code = getCountryCallingCode(country);
  const own = international
    ? null
    : digits.startsWith(`00${code}`)
      ? digits.slice(2)
      : digits.startsWith(code)
        ? digits
        : null;
  const home = own === null ? undefined : read(`+${own}`);
  if (home?.isValid() === true) return home;
  const first = read(text);
  if (first?.isValid() === true || (international && first?.isPossible() === true)) return first;
  // A PBX may put a plus before a national number, 00 where the country dials another prefix, or nothing at all.
  const second = read(international ? digits : text.startsWith('00') ? `+${text.slice(2)}` : `+${digits}`);
  if (second?.isValid() === true) return second;
  return first?.isPossible() === true ? first : undefined;
}

/** Mexico dropped the 1 after +52 and the prefixes 01, 044 and 045 in 2019; carriers and address books did not. */
function mexicanOf(text: string, country: CountryCode): string | null {
  const national =
    /^(?:\+|00)?521(\d{10})$/.exec(text) ?? (country === 'MX' ? /^(?:01|04[45]|1)(\d{10})$/.exec(text) : null);
  return national === null ? null : `+52${national[1]}`;
}

/** What Kommo is asked about: E.164 where it is known, else the digits as received; null where there is nothing to ask. */
export function lookUpNumber(number: NumberInfo): string | null {
  if (number.internal || number.withheld || number.private) return null;
  if (number.e164 !== null) return number.e164;
  const base = withoutExtension(number.asReceived.trim());
  const digits = base.replace(/\D/g, '');
  return digits.length >= 7 && digits.length <= 15 && NUMBER.test(base) && !/[*#]/.test(base) ? digits : null;
}
