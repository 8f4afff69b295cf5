/** Who is at the two ends of a call, as the SIP headers have it. Pure; everything here comes from outside. */
import type { Party } from '../../app/calls/phone-event.ts';
import { withoutDirectionControls } from '../../app/calls/plain-text.ts';
import type { RawMessage } from './raw-message.ts';

/** A header of the form `name-addr` or `addr-spec`, in its parts (RFC 3261 section 25.1). */
type NameAddr = {
  /** The display name, unescaped. */
  display: string;
  quoted: boolean;
  uri: string;
  /** What follows, from the first semicolon on. */
  parameters: string;
};

/**
 * Takes a header value apart, with no demands on it: what has no angle brackets is an address, and a display name
 * whose quotes are not escaped (SIP.js itself sends such) ends where the last address begins.
 */
export function splitNameAddr(value: string): NameAddr {
  const text = value.trim();
  const proper = /^(?:"((?:[^"\\]|\\[^])*)"\s*)?<([^>]*)>([^]*)$/.exec(text);
  // A name of angle brackets without quotes around it is no address.
  const isMarkup =
    proper !== null && proper[1] === undefined && !proper[2]?.includes(':') && /<[a-z][\w+.-]*:/i.test(proper[3] ?? '');
  if (proper !== null && !isMarkup) {
    const [, name, uri = '', parameters = ''] = proper;
    return {
      display: unescaped(name ?? ''),
      quoted: name !== undefined,
      uri: uri.trim(),
      parameters: parameters.trim(),
    };
  }
  const loose = /^([^]*)<([a-z][\w+.-]*:[^<>]*)>([^]*)$/i.exec(text);
  if (loose !== null) {
    const [, name = '', uri = '', parameters = ''] = loose;
    const display = unescaped(name.trim().replace(/^"(.*)"$/s, '$1'));
    return { display, quoted: false, uri: uri.trim(), parameters: parameters.trim() };
  }
  const semicolon = text.indexOf(';');
  return {
    display: '',
    quoted: false,
    uri: (semicolon === -1 ? text : text.slice(0, semicolon)).trim(),
    parameters: semicolon === -1 ? '' : text.slice(semicolon),
  };
}

/** The number of a `tel:` URI without visual separators and parameters (RFC 3966 section 5), null for other URIs. */
export function telNumber(uri: string): string | null {
  const number = /^tel:([^;?]*)/i.exec(uri)?.[1];
  return number === undefined ? null : decoded(number).replace(/[-.()\s]/g, '');
}

/** One side of a dialog from its header; plain text within the limits of the contract, empty where there is nothing. */
export function parseParty(header: string): Party {
  const { display, uri } = splitNameAddr(header);
  return { user: clip(userOf(uri), 256), displayName: clip(display, 256), uri: clip(uri, 1024) };
}

/**
 * Who calls: `P-Asserted-Identity` (RFC 3325 section 9.1) where the PBX vouches for one, else From. Of two asserted
 * identities the telephone number is taken. A name that only From has is kept, unless the caller is anonymous there.
 */
export function callerOf(message: RawMessage): Party {
  const from = parseParty(message.headers.get('from')?.[0] ?? '');
  const asserted = (message.headers.get('p-asserted-identity') ?? [])
    .flatMap(splitList)
    .map(parseParty)
    .filter(({ user }) => user !== '');
  const best = asserted.find(({ user }) => /^\+?\d+$/.test(user)) ?? asserted[0];
  if (best === undefined) return from;
  const anonymous = /^anonymous$/i.test(from.user) || /\banonymous\.invalid\b/i.test(from.uri);
  return best.displayName === '' && !anonymous ? { ...best, displayName: from.displayName } : best;
}

/** Splits a header that may hold several values at its commas, not at those within quotes or angle brackets. */
export function splitList(value: string): string[] {
  // Bounded: the search for a bracket that never closes takes the square of the length.
  return value.slice(0, 4096).match(/(?:"(?:[^"\\]|\\[^])*"|<[^>]*>|[^,"<]|["<])+/g) ?? [];
}

/** What to dial: a SIP URI for a number, an extension or a `sip:`, `sips:` or `tel:` URI; null where it is none. */
export function dialUri(target: string, domain: string): string | null {
  const text = target.trim();
  if (text === '' || text.length > 256 || /[<>"\u0000-\u001f\u007f]/.test(text)) return null;
  if (/^sips?:/i.test(text)) return /^sips?:[^@;?\s]+(?:@[^@\s]+)?$/i.test(text) ? text : null;
  const number = telNumber(text) ?? text;
  if (number.includes('@')) return /^[^@:;?\s]+@[^@:;?\s]+$/.test(number) ? `sip:${number}` : null;
  const user = /[A-Za-z]/.test(number) ? number : number.replace(/[-.()/\s]/g, '');
  if (!/^\+?[\w*#.!~-]+$/.test(user)) return null;
  return `sip:${user.replaceAll('#', '%23')}@${domain}`;
}

function userOf(uri: string): string {
  const number = telNumber(uri);
  if (number !== null) return number;
  const address = /^sips?:([^@]*)@/i.exec(uri)?.[1] ?? /^[^:@\s]+(?=@)/.exec(uri)?.[0];
  // Telephone numbers carry their parameters within the user part, before the @ (RFC 3261 section 19.1.6).
  if (address !== undefined) return decoded((address.split(/[;:]/)[0] ?? '').trim());
  return '';
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function unescaped(text: string): string {
  return text.replace(/\\([^])/g, '$1');
}

/** Plain text of a bounded length: no control characters, no half characters. */
function clip(text: string, longest: number): string {
  return withoutDirectionControls(text)
    .replace(/[\u0000-\u001f\u007f]+/g, ' ')
    .slice(0, longest)
    .toWellFormed()
    .trim();
}
