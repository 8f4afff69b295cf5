/** What transfers say on the wire: Refer-To and sipfrag (RFC 3515, RFC 3420), Replaces (RFC 3891). Pure. */
import { splitNameAddr } from './identity.ts';

/** A dialog as a Replaces header names it: seen from the one who receives it, `toTag` is their own. */
export type Replaces = { callId: string; toTag: string; fromTag: string; earlyOnly: boolean };

/** Reads a Replaces header; null where a part is missing (RFC 3891 section 6.1: it is malformed then). */
export function parseReplaces(header: string): Replaces | null {
  const [callId = '', ...parameters] = header.split(';').map((part) => part.trim());
  const value = (name: string) =>
    parameters
      .map((parameter) => parameter.split('='))
      .find(([key]) => key?.trim().toLowerCase() === name)?.[1]
      ?.trim() ?? '';
  const toTag = value('to-tag');
  const fromTag = value('from-tag');
  if (callId === '' || toTag === '' || fromTag === '') return null;
  const earlyOnly = parameters.some((parameter) => parameter.toLowerCase() === 'early-only');
  return { callId, toTag, fromTag, earlyOnly };
}

/** Where a REFER wants us: `uri` to dial, and the Replaces header to send with it, as it stands there. */
export type ReferTo = { uri: string; replaces: string | null };

/**
 * Reads a Refer-To header. Null for what we do not follow: another method than INVITE, another scheme than sip, sips
 * and tel, or something that is no address.
 */
export function parseReferTo(header: string): ReferTo | null {
  // baresip writes an address with headers without the brackets that RFC 3261 section 20.10 asks for.
  const uri = /^[^<>"]*\?/.test(header) ? header.trim() : splitNameAddr(header).uri;
  const [address = '', headers = ''] = splitOnce(uri, '?');
  if (!/^(?:sips?:[^\s<>"]+|tel:[+\d*#().;=\w-]+)$/i.test(address)) return null;
  const method = /;method=([^;?]+)/i.exec(address)?.[1];
  if (method !== undefined && method.toUpperCase() !== 'INVITE') return null;
  const replaces = headers
    .split('&')
    .map((pair) => splitOnce(pair, '='))
    .find(([name]) => name?.toLowerCase() === 'replaces')?.[1];
  const readable = replaces === undefined ? null : decoded(replaces);
  if (readable !== null && parseReplaces(readable) === null) return null;
  return { uri: address.replace(/;method=[^;?]+/i, ''), replaces: readable };
}

/** A Refer-To that connects the one who is referred with the far side of another dialog of ours (RFC 5589 section 7). */
export function referToReplacing(uri: string, replaces: Omit<Replaces, 'earlyOnly'>): string {
  const { callId, toTag, fromTag } = replaces;
  const value = encodeURIComponent(`${callId};to-tag=${toTag};from-tag=${fromTag}`);
  return `<${uri}?Replaces=${value}>`;
}

/** The status of the request that a NOTIFY about a REFER tells of; null where its body says none. */
export function sipfragStatus(body: string): number | null {
  const status = /^\s*SIP\/2\.0 ([1-6]\d\d)\b/.exec(body)?.[1];
  return status === undefined ? null : Number(status);
}

function splitOnce(text: string, separator: string): [string] | [string, string] {
  const at = text.indexOf(separator);
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text).replace(/[\r\n]/g, '');
  } catch {
    return text;
  }
}
