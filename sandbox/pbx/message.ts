/**
 * SIP messages as values (RFC 3261 sections 7, 18.3, 20, 25): a small strict parser and its inverse.
 *
 * Header values are kept as they were received, so that what a proxy has no business with (a `tel:` From, an unknown
 * header) passes through untouched.
 */

export type Header = { readonly name: string; readonly value: string };

export type SipRequest = {
  readonly kind: 'request';
  readonly method: string;
  readonly uri: string;
  readonly headers: readonly Header[];
  readonly body: string;
};

export type SipResponse = {
  readonly kind: 'response';
  readonly status: number;
  readonly reason: string;
  readonly headers: readonly Header[];
  readonly body: string;
};

export type SipMessage = SipRequest | SipResponse;

export type Via = { readonly sentBy: string; readonly branch: string };

export type SipUri = { readonly scheme: string; readonly user: string; readonly host: string };

/** Why a text is no SIP message. `request` is there when it has what a 400 needs: a Via to go back along and the headers to copy. */
export class MalformedMessage extends Error {
  readonly request: SipRequest | undefined;
  constructor(reason: string, request?: SipRequest) {
    super(reason);
    this.name = 'MalformedMessage';
    this.request = request;
  }
}

/** RFC 3261 section 7.3.3 and the registries: compact forms of header names. */
const LONG_NAMES: Readonly<Record<string, string>> = {
  b: 'referred-by',
  c: 'content-type',
  e: 'content-encoding',
  f: 'from',
  i: 'call-id',
  k: 'supported',
  l: 'content-length',
  m: 'contact',
  o: 'event',
  r: 'refer-to',
  s: 'subject',
  t: 'to',
  u: 'allow-events',
  v: 'via',
};

const MANDATORY = ['via', 'from', 'to', 'call-id', 'cseq'] as const;
const TOKEN = /^[A-Za-z0-9\-.!%*_+`'~]+$/;

const canonical = (name: string): string => {
  const lower = name.toLowerCase();
  return LONG_NAMES[lower] ?? lower;
};

/** All values of a header, in order, as they stand (not split at commas). */
export const headerValues = (message: { readonly headers: readonly Header[] }, name: string): string[] =>
  message.headers.filter((header) => canonical(header.name) === canonical(name)).map((header) => header.value);

/** The first value of a header, or undefined. */
export const headerValue = (message: { readonly headers: readonly Header[] }, name: string): string | undefined =>
  message.headers.find((header) => canonical(header.name) === canonical(name))?.value;

/** Splits a header value at its top-level commas: not those in quotes or angle brackets (RFC 3261 section 7.3.1). */
export const splitList = (value: string): string[] => {
  const parts: string[] = [];
  let part = '';
  let quoted = false;
  let bracketed = false;
  for (let i = 0; i < value.length; i += 1) {
    const char = value.charAt(i);
    if (quoted && char === '\\') {
      part += char + value.charAt(i + 1);
      i += 1;
      continue;
    }
    if (char === '"') quoted = !quoted;
    else if (!quoted && char === '<') bracketed = true;
    else if (!quoted && char === '>') bracketed = false;
    if (char === ',' && !quoted && !bracketed) {
      parts.push(part.trim());
      part = '';
    } else {
      part += char;
    }
  }
  parts.push(part.trim());
  return parts.filter((each) => each !== '');
};

/** A header parameter (`;name=value`) outside the angle brackets, unquoted; '' for one with no value. */
export const headerParameter = (value: string, name: string): string | undefined => {
  const parameters = value.replace(/^\s*(?:"(?:[^"\\]|\\.)*"|[^"<]*)\s*<[^>]*>/, '');
  const escaped = name.replace(/[.+*?^${}()|[\]\\]/g, '\\$&');
  const found = new RegExp(`;\\s*${escaped}\\s*(?:=\\s*("(?:[^"\\\\]|\\\\.)*"|[^;,\\s]*))?`, 'i').exec(parameters);
  if (found === null) return undefined;
  return (found[1] ?? '').replace(/^"(.*)"$/, '$1');
};

/** The URI of a name-addr or addr-spec header value (From, To, Contact, Route). */
export const addressUri = (value: string): string => {
  const unnamed = value.replace(/^\s*"(?:[^"\\]|\\.)*"/, '');
  const bracketed = /<([^>]*)>/.exec(unnamed);
  return (bracketed?.[1] ?? unnamed.split(';', 1)[0] ?? '').trim();
};

/** The parts of a `sip:` or `sips:` URI that route it; undefined for anything else. */
export const parseUri = (uri: string): SipUri | undefined => {
  const found = /^(sips?):(?:([^@:;?]*)(?::[^@]*)?@)?(\[[0-9a-f:.]+\]|[^;:?\s@]+)(:\d{1,5})?(?:[;?].*)?$/i.exec(uri);
  if (found === null) return undefined;
  const [, scheme = '', user = '', host = '', port = ''] = found;
  return { scheme: scheme.toLowerCase(), user: unescapeUser(user), host: (host + port).toLowerCase() };
};

const unescapeUser = (user: string): string => {
  try {
    return decodeURIComponent(user);
  } catch {
    return user;
  }
};

/** The top Via of a message, and undefined when it cannot be read. Comma-joined Vias are split (RFC 3261 section 7.3.1). */
export const topVia = (message: { readonly headers: readonly Header[] }): Via | undefined => {
  const [top] = splitList(headerValue(message, 'via') ?? '');
  const found = /^SIP\s*\/\s*2\.0\s*\/\s*[A-Za-z]+\s+([^;\s]+)/i.exec(top ?? '');
  const branch = headerParameter(top ?? '', 'branch');
  if (found?.[1] === undefined || branch === undefined || branch === '') return undefined;
  return { sentBy: found[1].toLowerCase(), branch };
};

/** The sequence number and method of CSeq. */
export const cseq = (message: { readonly headers: readonly Header[] }): { sequence: number; method: string } => {
  const found = /^(\d{1,10})\s+(\S+)$/.exec(headerValue(message, 'cseq') ?? '');
  return { sequence: Number(found?.[1] ?? Number.NaN), method: found?.[2] ?? '' };
};

export const callId = (message: { readonly headers: readonly Header[] }): string =>
  headerValue(message, 'call-id') ?? '';

/** A copy with the header set to these values, in the place of the first; none removes it. */
export const withHeader = <M extends SipMessage>(message: M, name: string, values: readonly string[]): M => {
  const wanted = canonical(name);
  const at = message.headers.findIndex((header) => canonical(header.name) === wanted);
  const others = message.headers.filter((header) => canonical(header.name) !== wanted);
  const headers = values.map((value) => ({ name, value }));
  return { ...message, headers: at < 0 ? [...others, ...headers] : others.toSpliced(at, 0, ...headers) };
};

/** A copy with one more value above the others of that header (Via, Record-Route). */
export const pushHeader = <M extends SipMessage>(message: M, name: string, value: string): M => {
  const wanted = canonical(name);
  const at = message.headers.findIndex((header) => canonical(header.name) === wanted);
  return { ...message, headers: message.headers.toSpliced(Math.max(at, 0), 0, { name, value }) };
};

/** A copy without the first list element of that header (our own Via or Route). */
export const popHeader = <M extends SipMessage>(message: M, name: string): M =>
  withHeader(message, name, headerValues(message, name).flatMap(splitList).slice(1));

/** The bytes on the wire. Content-Length is always computed. */
export const serialize = (message: SipMessage): string => {
  const start =
    message.kind === 'request'
      ? `${message.method} ${message.uri} SIP/2.0`
      : `SIP/2.0 ${message.status} ${message.reason}`;
  const lines = message.headers
    .filter((header) => canonical(header.name) !== 'content-length')
    .map((header) => `${header.name}: ${header.value}`);
  return [start, ...lines, `Content-Length: ${Buffer.byteLength(message.body)}`, '', message.body].join('\r\n');
};

/**
 * Parses one WebSocket message, which holds exactly one SIP message (RFC 7118 section 5).
 * @throws MalformedMessage
 */
export const parseMessage = (text: string): SipMessage => {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) throw new MalformedMessage('the headers do not end');
  const [start = '', ...lines] = text
    .slice(0, end)
    .replace(/\r\n[ \t]+/g, ' ')
    .split('\r\n');
  const headers = lines.map((line): Header => {
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(colon, 0)).trim();
    if (!TOKEN.test(name)) throw new MalformedMessage('a header line has no name');
    return { name, value: line.slice(colon + 1).trim() };
  });
  const body = text.slice(end + 4);
  const message = startLine(start, headers, body);
  const missing = MANDATORY.find((name) => (headerValue(message, name) ?? '') === '');
  if (missing !== undefined) throw new MalformedMessage(`the ${missing} header is missing`);
  if (topVia(message) === undefined) throw new MalformedMessage('the top Via has no sent-by or branch');
  const fault = faultOf(message);
  if (fault !== undefined) throw new MalformedMessage(fault, message.kind === 'request' ? message : undefined);
  return { ...message, body: withinLength(message) };
};

const startLine = (line: string, headers: readonly Header[], body: string): SipMessage => {
  const status = /^SIP\/2\.0 ([1-6]\d\d) (.*)$/.exec(line);
  if (status !== null) return { kind: 'response', status: Number(status[1]), reason: status[2] ?? '', headers, body };
  const [method = '', uri = '', version, ...rest] = line.split(' ');
  if (!TOKEN.test(method) || uri === '' || version !== 'SIP/2.0' || rest.length > 0) {
    throw new MalformedMessage('the first line is neither a SIP request nor a SIP response');
  }
  return { kind: 'request', method, uri, headers, body };
};

const faultOf = (message: SipMessage): string | undefined => {
  const { sequence, method } = cseq(message);
  if (!(sequence < 2 ** 31)) return 'the CSeq header has no number and method';
  if (message.kind === 'request' && method !== message.method) return 'the CSeq method is not that of the request';
  if (message.kind === 'request' && !/^[a-z][a-z0-9+.-]*:\S+$/i.test(message.uri)) return 'the Request-URI is no URI';
  if (headerParameter(headerValue(message, 'from') ?? '', 'tag') === undefined) return 'the From header has no tag';
  const length = headerValue(message, 'content-length');
  if (length !== undefined && !/^\d{1,7}$/.test(length)) return 'the Content-Length header is no number';
  if (Number(length ?? 0) > Buffer.byteLength(message.body)) return 'the body is shorter than its Content-Length';
  return undefined;
};

/** Bytes beyond Content-Length are discarded (RFC 3261 section 18.3). */
const withinLength = (message: SipMessage): string => {
  const length = headerValue(message, 'content-length');
  return length === undefined ? message.body : Buffer.from(message.body).subarray(0, Number(length)).toString();
};

const REASONS: Readonly<Record<number, string>> = {
  100: 'Trying',
  200: 'OK',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  407: 'Proxy Authentication Required',
  408: 'Request Timeout',
  480: 'Temporarily Unavailable',
  481: 'Call/Transaction Does Not Exist',
  483: 'Too Many Hops',
  486: 'Busy Here',
  487: 'Request Terminated',
  489: 'Bad Event',
  503: 'Service Unavailable',
  603: 'Decline',
};

/** The usual words for a status code (RFC 3261 section 21). */
const reasonPhrase = (status: number): string => REASONS[status] ?? 'Unknown';

/** A response to a request (RFC 3261 section 8.2.6.2): Via, From, To, Call-ID and CSeq copied, a To tag added unless 100. */
export const responseTo = (
  request: SipRequest,
  status: number,
  toTag: string,
  extra: readonly Header[] = [],
): SipResponse => {
  const copied = request.headers.filter((header) => (MANDATORY as readonly string[]).includes(canonical(header.name)));
  const headers = copied.map((header) =>
    canonical(header.name) === 'to' && status > 100 && headerParameter(header.value, 'tag') === undefined
      ? { ...header, value: `${header.value};tag=${toTag}` }
      : header,
  );
  return { kind: 'response', status, reason: reasonPhrase(status), headers: [...headers, ...extra], body: '' };
};
