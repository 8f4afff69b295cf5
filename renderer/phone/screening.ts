/** Requests that must be refused before anything is made of them, and that SIP.js would take or drop (RFC 3261 8.2). */
import { splitList } from './identity.ts';
import { LONGEST_MESSAGE, responseTo, type RawMessage } from './raw-message.ts';

/** What this phone does with calls; it has nobody to show text messages to. */
const METHODS = ['ACK', 'BYE', 'CANCEL', 'INFO', 'INVITE', 'NOTIFY', 'OPTIONS', 'PRACK', 'REFER', 'UPDATE'];
/** The header that says so (RFC 3261 section 20.5). */
export const ALLOW = `Allow: ${METHODS.join(', ')}`;
/** Known, and refused by SIP.js where they come out of place. */
const TOLERATED = ['REGISTER', 'SUBSCRIBE', 'PUBLISH'];
/** Option tags (RFC 3261 section 20.32) that may be required of us: what they stand for is done, or asks nothing of a phone. */
const EXTENSIONS = ['100rel', 'replaces', 'timer', 'outbound', 'path', 'gruu', 'norefersub', 'histinfo', 'from-change'];
/** They are only ever said within a dialog (RFC 3262, 3311, 6086). */
const WITHIN = ['INFO', 'PRACK', 'UPDATE'];
const ONCE = ['from', 'to', 'call-id', 'cseq', 'max-forwards', 'content-length', 'content-type'] as const;
const LARGEST_CSEQ = 2 ** 31;

/** A refusal: the response, or null where the rules want silence. */
export type Refusal = { readonly why: string; readonly response: string | null };

/** Whether a request can be dealt with. Returns null where it can, and for responses. */
export function screen(message: RawMessage, tag: string): Refusal | null {
  if (message.status !== null) return null;
  const { method, uri, headers, body } = message;
  const refuse = (status: number, phrase: string, more: string[] = []): Refusal => ({
    why: `a request that is refused with ${status}`,
    // An ACK is never answered (RFC 3261 section 17).
    response: method === 'ACK' ? null : responseTo(message, status, phrase, { tag, headers: more }),
  });
  const value = (name: string) => headers.get(name)?.[0] ?? '';

  // Unanswered it would be sent again and again, and a subscription given up as dead.
  if (body.length > LONGEST_MESSAGE) return refuse(513, 'Message Too Large');
  if (ONCE.some((name) => (headers.get(name)?.length ?? 0) > 1)) return refuse(400, 'Header Field Repeated');
  const [, number = '', sequenced = ''] = /^(\d+)\s+(\S+)$/.exec(value('cseq')) ?? [];
  if (sequenced !== method || Number(number) >= LARGEST_CSEQ) return refuse(400, 'Bad CSeq');
  if (headers.has('content-length') && !/^\d{1,10}$/.test(value('content-length')))
    return refuse(400, 'Bad Content-Length');
  if (method === 'MESSAGE') return refuse(405, 'Method Not Allowed', [ALLOW]);
  if (!METHODS.includes(method) && !TOLERATED.includes(method)) return refuse(501, 'Not Implemented', [ALLOW]);
  if (!/^sips?:/i.test(uri)) return refuse(416, 'Unsupported URI Scheme');
  // Section 8.2.2.3: never in CANCEL, nor in the ACK of a failure.
  const required = method === 'ACK' || method === 'CANCEL' ? [] : (headers.get('require') ?? []).flatMap(splitList);
  const unknown = required
    .map((each) => each.trim())
    .filter((each) => each !== '' && !EXTENSIONS.includes(each.toLowerCase()));
  if (unknown.length > 0) return refuse(420, 'Bad Extension', [`Unsupported: ${unknown.join(', ')}`]);
  if (WITHIN.includes(method) && !message.toTag) return refuse(481, 'Call/Transaction Does Not Exist');
  const type = value('content-type');
  if (method === 'INVITE' && body !== '' && type !== '' && !/^application\/sdp\s*(;|$)/i.test(type))
    return refuse(415, 'Unsupported Media Type', ['Accept: application/sdp']);
  return null;
}

/** A message of ours on its way out: SIP.js lists methods that it, or we, refuse. */
export function withTrueAllow(text: string): string {
  const end = text.indexOf('\r\n\r\n');
  return end === -1 ? text : text.slice(0, end).replace(/^Allow:.*$/gim, ALLOW) + text.slice(end);
}
