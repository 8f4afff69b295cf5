/** What a `tel:`, `sip:`, `sips:` or `callto:` link asks to call. Links come from web pages: nothing in them is trusted. */

/** The schemes that the program offers to open. */
export const LINK_SCHEMES = ['tel', 'sip', 'sips', 'callto'] as const;

const LONGEST = 512;
/** The longest thing that is dialled. */
const LONGEST_TARGET = 128;
/** RFC 3966 section 3: digits and what people write between them; extensions and service codes have `*` and `#`. */
const NUMBER = /^\+?[\d*#][\d*#\-.() ]*$/;
/** User and host of a SIP address as a PBX takes them (RFC 3261 section 25.1), the harmless part of that grammar. */
const USER = /^[A-Za-z0-9\-_.!~*'()&=+$,/#]{1,64}$/;
const HOST = /^(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:\d{1,5})?$/;

/**
 * The number (`+14155550142`, `102`) or SIP address (`sip:ana@acme.example`) that a link names, without its parameters
 * (RFC 3966 `;ext=` and `;phone-context=`, RFC 3261 `;transport=` and `?headers`); null for whatever else: another scheme,
 * no number, an address with a password, characters that have no place in one.
 */
export function targetOfLink(link: string): string | null {
  if (link.length > LONGEST) return null;
  const found = /^\s*(tel|sips?|callto):(?:\/\/)?([^\s].*?)\s*$/is.exec(link);
  const scheme = found?.[1]?.toLowerCase();
  // Parameters and headers first: what they hide behind percent signs is none of ours.
  const address = decode(found?.[2]?.split(/[;?]/, 1)[0] ?? '');
  if (scheme === undefined || address === null) return null;
  const number = numberIn(address);
  if (number !== null) return number;
  if (scheme === 'tel') return null;
  const [user, host, ...rest] = address.split('@');
  if (user === undefined || host === undefined || rest.length > 0) return null;
  if (!USER.test(user) || !HOST.test(host)) return null;
  const target = `${scheme === 'sips' ? 'sips' : 'sip'}:${user}@${host}`;
  return target.length > LONGEST_TARGET ? null : target;
}

/** The first link among the arguments of a command line; null where there is none that names something to call. */
export function targetInArguments(argv: readonly string[]): string | null {
  for (const argument of argv.slice(1)) {
    const target = targetOfLink(argument);
    if (target !== null) return target;
  }
  return null;
}

function numberIn(text: string): string | null {
  const bare = text.replace(/^\/+|\/+$/g, '').trim();
  if (!NUMBER.test(bare) || !/\d/.test(bare)) return null;
  const digits = bare.replace(/[^\d*#+]/g, '');
  return digits.length > 32 ? null : digits;
}

function decode(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
