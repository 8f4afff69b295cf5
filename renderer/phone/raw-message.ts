/**
 * SIP messages as text, before SIP.js sees them: enough reading to know which call a message belongs to, and repair
 * of what SIP.js's strict grammar would drop without a word although real PBXs send it.
 */
import { splitNameAddr, telNumber } from './identity.ts';

/** More than any PBX sends: longer headers and responses are not read, and requests with a longer body refused. Characters. */
export const LONGEST_MESSAGE = 65_536;
const LONGEST_CALL_ID = 512;

export type RawMessage = {
  /** The method of a request; of a response the method of its CSeq. */
  readonly method: string;
  /** The Request-URI; empty for a response. */
  readonly uri: string;
  /** Null for a request. */
  readonly status: number | null;
  readonly phrase: string;
  readonly callId: string;
  readonly toTag: boolean;
  /** Every value of a header in order, by its lower-case long name. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
  readonly body: string;
};

/** RFC 3261 section 20, RFC 3515, RFC 4538 and others: the one-letter names. */
const COMPACT: Readonly<Record<string, string>> = {
  c: 'content-type',
  e: 'content-encoding',
  f: 'from',
  i: 'call-id',
  k: 'supported',
  l: 'content-length',
  m: 'contact',
  r: 'refer-to',
  s: 'subject',
  t: 'to',
  v: 'via',
  x: 'session-expires',
};

/** A method is a token (RFC 3261 section 25.1): those that nobody knows are read, too, and refused. */
const REQUEST = /^([A-Za-z0-9.!%*_+`'~-]{1,64}) (\S{1,4096}) SIP\/2\.0$/;
const STATUS = /^SIP\/2\.0 ([1-6]\d\d)(?: (.{0,512}))?$/;

/** Reads a message's start line and headers. Returns null for what is not SIP or lacks what every message has. */
export function readMessage(text: string): RawMessage | null {
  const end = text.indexOf('\r\n\r\n');
  const read = text.startsWith('SIP/2.0 ') ? text.length : end;
  if (end === -1 || read > LONGEST_MESSAGE) return null;
  const [start = '', ...lines] = text
    .slice(0, end)
    .replace(/\r\n[ \t]+/g, ' ')
    .split('\r\n');
  const request = REQUEST.exec(start);
  const status = request === null ? STATUS.exec(start) : null;
  if (request === null && status === null) return null;

  const headers = new Map<string, string[]>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon < 1) return null;
    const written = line.slice(0, colon).trim().toLowerCase();
    const name = COMPACT[written] ?? written;
    const value = line.slice(colon + 1).trim();
    const values = headers.get(name);
    if (values === undefined) headers.set(name, [value]);
    else values.push(value);
  }
  const callId = headers.get('call-id')?.[0] ?? '';
  const cseq = /^\d+\s+(\S{1,64})$/.exec(headers.get('cseq')?.[0] ?? '')?.[1];
  const to = headers.get('to')?.[0];
  if (callId === '' || callId.length > LONGEST_CALL_ID || cseq === undefined || to === undefined) return null;
  if (!headers.has('from') || !headers.has('via')) return null;
  return {
    method: request?.[1] ?? cseq,
    uri: request?.[2] ?? '',
    status: status === null ? null : Number(status[1]),
    phrase: status?.[2] ?? '',
    callId,
    toTag: tagOf(to) !== null,
    headers,
    body: text.slice(end + 4),
  };
}

/** The tag of a From or To header, null where it has none. */
export function tagOf(header: string): string | null {
  return /;\s*tag\s*=\s*([^;\s,]*)/i.exec(splitNameAddr(header).parameters)?.[1] ?? null;
}

/** The headers named, of one message, by lower-case name; several values joined as RFC 3261 section 7.3.1 joins them. */
export function headersOf(message: RawMessage, names: Iterable<string>): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of names) {
    const values = message.headers.get(name);
    if (values !== undefined && name.length <= 64) found[name] = values.join(', ').slice(0, 2048).toWellFormed();
  }
  return found;
}

/** A response of our own making (RFC 3261 section 8.2.6), to what SIP.js cannot answer. */
export function responseTo(
  request: RawMessage,
  status: number,
  phrase: string,
  { tag = '', headers = [], sdp }: { tag?: string; headers?: readonly string[]; sdp?: string | undefined } = {},
): string {
  const copied = (['via', 'from', 'to', 'call-id', 'cseq'] as const).flatMap((name) =>
    (request.headers.get(name) ?? []).map(
      (value) => `${name}: ${value}${name === 'to' && !request.toTag ? `;tag=${tag}` : ''}`,
    ),
  );
  const body = sdp ?? '';
  return [
    `SIP/2.0 ${status} ${phrase}`,
    ...copied,
    ...headers,
    ...(sdp === undefined ? [] : ['Content-Type: application/sdp']),
    `Content-Length: ${new TextEncoder().encode(body).length}`,
    '',
    body,
  ].join('\r\n');
}

/** A 400 to a request that could be read by us but not by SIP.js: without it the caller would wait for nothing. */
export function badRequest(message: RawMessage, tag: string): string {
  return responseTo(message, 400, 'Bad Request', { tag });
}

/**
 * Makes From and To readable for SIP.js: a `tel:` URI becomes the SIP URI of the same number (RFC 3261 section
 * 19.1.6) and a display name that is no token is quoted. Messages that need nothing are returned as they are.
 * Both ends match the dialog by its tags (RFC 3261 section 12.2.2), which stay.
 */
export function repair(text: string, domain: string): string {
  const end = text.indexOf('\r\n\r\n');
  if (end === -1) return text;
  let changed = false;
  const head = text
    .slice(0, end)
    // Not by `^` and `.`: to them U+2028, which a name may have, is the end of a line.
    .replace(
      /(\r\n)(From|To|f|t)([ \t]*:[ \t]*)([^\r\n]*(?:\r\n[ \t][^\r\n]*)*)/gi,
      (line, start, name, colon, value) => {
        const repaired = repairNameAddr(String(value).replace(/\r\n[ \t]+/g, ' '), domain);
        if (repaired === null) return line;
        changed = true;
        return `${start}${name}${colon}${repaired}`;
      },
    );
  return changed ? head + text.slice(end) : text;
}

/** RFC 3261 section 25.1: `*(token LWS)`. */
const TOKENS = /^[A-Za-z0-9.!%*_+`'~\- \t]*$/;

function repairNameAddr(value: string, domain: string): string | null {
  const { display, quoted, uri, parameters } = splitNameAddr(value);
  const number = telNumber(uri);
  const name = quoted ? !quotable(display) : !TOKENS.test(display);
  if (number === null && !name) return null;
  const shown =
    display === '' ? '' : `"${display.replace(/[\u0000-\u001f\u007f\u2028\u2029]/g, ' ').replace(/[\\"]/g, '\\$&')}" `;
  const address = number === null ? uri : `sip:${encodeURIComponent(number)}@${domain};user=phone`;
  return `${shown}<${address}>${parameters}`;
}

/**
 * Whether a display name that came quoted can stay as it came: SIP.js's grammar has no room for control characters and
 * ends of lines.
 */
function quotable(display: string): boolean {
  return !/[\u0000-\u001f\u007f\u2028\u2029]/.test(display);
}
