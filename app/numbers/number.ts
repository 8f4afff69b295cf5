/** A remote number: as it arrived, what it is in E.164, and whether it is worth asking Kommo about. */
import {
  parsePhoneNumberFromString,
  type CountryCode,
  isSupportedCountry,
  type PhoneNumber,
} from 'libphonenumber-js/min';

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
};

export type NumberRules = {
  /** ISO 3166 two-letter country of the office: national numbers are read by its rules. */
  readonly country: string;
  /** Numbers of at most so many digits are extensions. */
  readonly internalDigits: number;
};

/** User parts that PBXs send for a withheld number (RFC 3323 section 4.1 `anonymous`, and its usual variants). */
const WITHHELD = new Set(['', 'anonymous', 'private', 'restricted', 'unavailable', 'unknown', 'withheld', 'asserted']);

/** What a received user part is. Never throws; a name in place of a number is shown as it is and not looked up. */
export function readNumber(asReceived: string, rules: NumberRules): NumberInfo {
  const user = asReceived.trim();
  if (WITHHELD.has(user.toLowerCase())) {
    return { asReceived, e164: null, display: 'Withheld number', internal: false, withheld: true };
  }
  // RFC 3966 parameters and extensions (";ext=12", "x12") are not part of the number.
  const base = user.replace(/;.*$/s, '').replace(/(?:x|ext\.?)\s*\d+$/i, '');
  if (!/^[+\d\s().*#-]+$/.test(base)) {
    return { asReceived, e164: null, display: user, internal: false, withheld: false };
  }
  const digits = base.replace(/\D/g, '');
  const plus = base.trimStart().startsWith('+');
  if (!plus && digits.length <= rules.internalDigits) {
    return { asReceived, e164: null, display: base.trim(), internal: true, withheld: false };
  }
  // A service code such as *72 is dialled, not called back.
  const parsed = /[*#]/.test(base) ? undefined : parse(plus ? base.trim() : digits, rules.country);
  if (parsed === undefined) {
    // A PBX may put a plus before everything, extensions included.
    const internal = digits.length <= rules.internalDigits;
    const e164 = plus && !internal && digits.length >= 7 && digits.length <= 15 ? `+${digits}` : null;
    return { asReceived, e164, display: base.trim(), internal, withheld: false };
  }
  return { asReceived, e164: parsed.number, display: parsed.formatInternational(), internal: false, withheld: false };
}

/** The number as a person of that country would read it, or undefined where nobody could dial it. */
function parse(text: string, office: string): PhoneNumber | undefined {
  const country: CountryCode = isSupportedCountry(office) ? office : 'US';
  const national = parsePhoneNumberFromString(text.startsWith('00') ? `+${text.slice(2)}` : text, country);
  if (national?.isValid() === true) return national;
  // Some carriers send the full international number without its plus.
  const international = /^\d/.test(text) ? parsePhoneNumberFromString(`+${text}`) : undefined;
  if (international?.isValid() === true) return international;
  return national?.isPossible() === true ? national : undefined;
}

/** What Kommo is asked about: E.164 where it is known, else the digits as received; null where there is nothing to ask. */
export function lookUpNumber(number: NumberInfo): string | null {
  if (number.internal || number.withheld) return null;
  if (number.e164 !== null) return number.e164;
  const digits = number.asReceived.replace(/\D/g, '');
  return digits.length >= 7 && /^[+\d\s().*#-]+$/.test(number.asReceived) ? digits : null;
}
