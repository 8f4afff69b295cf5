/** Whether a voicemail box has a call, as far as SIP tells. Most PBXs say nothing of it: then it stays what it looks like. */
import type { Call } from './call.ts';
import { parseReason } from './reason.ts';

const SAYS_VOICEMAIL = /\bvoice[ _-]?(?:mail|box)|\bmail[ _-]?box\b/i;
const BOX_USER = /^(?:voice[._-]?(?:mail|box)|vmail|vm|mailbox)(?:$|[^a-z])/i;

/**
 * Whether the PBX took a call that rang here to a voicemail box: a `Reason` of its CANCEL whose text says so (RFC 3326).
 * No cause number does: Q.850 knows none for it, and a PBX that forks to the box says "completed elsewhere" besides.
 */
export function wentToVoicemail(reason: string | undefined): boolean {
  return reason !== undefined && parseReason(reason).some(({ text }) => text !== null && SAYS_VOICEMAIL.test(text));
}

/**
 * Whether what answered a call that was dialled here is a voicemail box: a number of the list, an identity that is
 * named so (`P-Asserted-Identity`, `Remote-Party-ID` of the answer), or a retargeting to a voicemail service (the last
 * entry of `History-Info`, RFC 7044, with the `target` and `cause` of RFC 4458). `boxes`: numbers or SIP users.
 */
export function answeredByVoicemail(
  { remote, headers }: Pick<Call, 'remote' | 'headers'>,
  boxes: readonly string[],
): boolean {
  const known = new Set(boxes.map(bare));
  const last = (name: string) => addressesIn(headers[name] ?? '').at(-1);
  const history = last('history-info');
  if (history !== undefined && /;target=[^;>]+/i.test(history.uri) && /;cause=\d{3}/i.test(history.uri)) return true;
  const answered = [history, last('p-asserted-identity'), last('remote-party-id')].filter((one) => one !== undefined);
  return (
    known.has(bare(remote.user)) ||
    answered.some(({ display, user }) => known.has(bare(user)) || BOX_USER.test(user) || SAYS_VOICEMAIL.test(display))
  );
}

/** A number or a user without visual separators, percent-encoding and the plus of E.164. */
function bare(user: string): string {
  let text = user;
  try {
    text = decodeURIComponent(user);
  } catch {
    // As it is.
  }
  return text
    .replace(/[-.()\s]/g, '')
    .replace(/^\+/, '')
    .toLowerCase();
}

/** The name-addrs of a header that may have several. */
function addressesIn(header: string): { display: string; uri: string; user: string }[] {
  const bracketed = [...header.matchAll(/(?:"((?:[^"\\]|\\[^])*)"[ \t]*|([^<>",]*))<([^<>]*)>/g)];
  const addresses = bracketed.map(([, quoted, plain, uri = '']) => ({ display: quoted ?? plain ?? '', uri }));
  const all = addresses.length === 0 ? [{ display: '', uri: header.trim() }] : addresses;
  return all.map((address) => ({ ...address, user: /^(?:sips?|tel):([^@;>]*)/i.exec(address.uri)?.[1] ?? '' }));
}
