import { createHash } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { digestResponse, parseCredentials } from '../../../../sandbox/pbx/digest.ts';
import { startPbx, type Pbx, type RefusedFact } from '../../../../sandbox/pbx/index.ts';
import {
  headerParameter,
  headerValue,
  headerValues,
  parseMessage,
  type SipResponse,
} from '../../../../sandbox/pbx/message.ts';

/** A phone that writes its own SIP, letter by letter. */
class Wire {
  readonly #socket: WebSocket;
  readonly #received: string[] = [];
  readonly #waiting: ((text: string) => void)[] = [];

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data: Buffer) => {
      const waiter = this.#waiting.shift();
      if (waiter === undefined) this.#received.push(data.toString());
      else waiter(data.toString());
    });
  }

  static open(url: string): Promise<Wire> {
    const socket = new WebSocket(url, 'sip');
    const wire = new Wire(socket);
    return new Promise((resolve, reject) => {
      socket.on('open', () => resolve(wire));
      socket.on('error', reject);
    });
  }

  send(...lines: string[]): void {
    this.#socket.send(lines.join('\r\n'));
  }

  next(): Promise<string> {
    const first = this.#received.shift();
    if (first !== undefined) return Promise.resolve(first);
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  async response(): Promise<SipResponse> {
    const message = parseMessage(await this.next());
    if (message.kind !== 'response') throw new Error(`a request came: ${message.method}`);
    return message;
  }

  close(): void {
    this.#socket.terminate();
  }
}

let pbx: Pbx;
let wire: Wire;
let refused: RefusedFact[];

beforeEach(async () => {
  refused = [];
  pbx = await startPbx({
    domain: 'pbx.sandbox.test',
    extensions: [{ user: '101', password: 'secret', displayName: 'Ana' }],
    nonceLifetimeMs: 60_000,
  });
  pbx.on('refused', (fact) => refused.push(fact));
  wire = await Wire.open(pbx.url);
});

afterEach(async () => {
  wire.close();
  await pbx.close();
});

const request = (
  method: string,
  uri: string,
  more: readonly string[] = [],
  via = 'SIP/2.0/WS a.invalid;branch=z9hG4bK1',
): string[] => [
  `${method} ${uri} SIP/2.0`,
  `Via: ${via}`,
  'From: <sip:101@pbx.sandbox.test>;tag=f1',
  'To: <sip:101@pbx.sandbox.test>',
  'Call-ID: c1',
  `CSeq: 1 ${method}`,
  ...more,
  '',
  '',
];

const HOME = 'sip:pbx.sandbox.test';

const authorization = (challenge: string, method: string, uri: string, nc: string, password = 'secret'): string => {
  const { realm = '', nonce = '' } = parseCredentials(challenge) ?? {};
  const credentials = { username: '101', realm, nonce, uri, nc, cnonce: 'abc', qop: 'auth' };
  const response = digestResponse(method, password, credentials);
  return `Digest username="101", realm="${realm}", nonce="${nonce}", uri="${uri}", qop=auth, nc=${nc}, cnonce="abc", algorithm=MD5, response="${response}"`;
};

test('OPTIONS to the PBX is answered, and CRLF CRLF gets its CRLF', async () => {
  wire.send(...request('OPTIONS', HOME));
  const answer = await wire.response();
  expect(answer.status).toBe(200);
  expect(headerValue(answer, 'allow')).toContain('INVITE');
  wire.send('\r\n\r\n');
  expect(await wire.next()).toBe('\r\n');
});

test.each([
  ['no SIP at all', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n', undefined],
  ['no end of headers', 'OPTIONS sip:x SIP/2.0\r\nVia: a', undefined],
  ['control characters', '\u0000\u0001\u0002\r\n\r\n', undefined],
  ['a header with no name', 'OPTIONS sip:x SIP/2.0\r\n: value\r\n\r\n', undefined],
  [
    'no Via to answer along',
    request('OPTIONS', HOME)
      .filter((line) => !line.startsWith('Via'))
      .join('\r\n'),
    undefined,
  ],
  [
    'no Call-ID',
    request('OPTIONS', HOME)
      .filter((line) => !line.startsWith('Call-ID'))
      .join('\r\n'),
    undefined,
  ],
  ['a CSeq of another method', request('OPTIONS', HOME).join('\r\n').replace('1 OPTIONS', '1 INVITE'), 400],
  ['a body shorter than announced', request('OPTIONS', HOME, ['Content-Length: 10']).join('\r\n'), 400],
  ['a Content-Length that is no number', request('OPTIONS', HOME, ['Content-Length: -1']).join('\r\n'), 400],
  ['a Request-URI that is no URI', request('OPTIONS', 'nobody').join('\r\n'), 400],
  [
    'a response to nothing',
    'SIP/2.0 200 OK\r\nVia: SIP/2.0/WS x;branch=z9hG4bKx\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\n\r\n',
    undefined,
  ],
])('malformed: %s is refused and not fatal', async (_what, text, status) => {
  wire.send(text);
  if (status !== undefined) expect((await wire.response()).status).toBe(status);
  wire.send(...request('OPTIONS', HOME, [], 'SIP/2.0/WS a.invalid;branch=z9hG4bKafter'));
  expect((await wire.response()).status).toBe(200);
  expect(refused).toHaveLength(1);
});

test('comma-joined Vias all come back', async () => {
  const vias = 'SIP/2.0/WS a.invalid;branch=z9hG4bK1, SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK0';
  wire.send(...request('OPTIONS', HOME, [], vias));
  expect(headerValues(await wire.response(), 'via')).toEqual([vias]);
});

test.each([
  ['no hops left', request('INVITE', 'sip:101@pbx.sandbox.test', ['Max-Forwards: 0']), 483],
  ['another domain', request('INVITE', 'sip:101@elsewhere.test'), 404],
  ['no credentials', request('INVITE', 'sip:101@pbx.sandbox.test'), 407],
  ['a REGISTER without credentials', request('REGISTER', HOME), 401],
  ['a CANCEL for nothing', request('CANCEL', 'sip:101@pbx.sandbox.test'), 481],
  [
    'a BYE for no dialog',
    request('BYE', 'sip:x@gone.invalid').map((line) => (line.startsWith('To') ? `${line};tag=t` : line)),
    481,
  ],
])('%s is answered', async (_what, lines, status) => {
  wire.send(...lines);
  const answer = await wire.response();
  expect(answer.status).toBe(status);
  expect(headerParameter(headerValue(answer, 'to') ?? '', 'tag')).toBeTruthy();
});

test('digest: qop=auth is asked for; a reused nonce count is stale; another user cannot be registered', async () => {
  wire.send(...request('REGISTER', HOME, [], 'SIP/2.0/WS a.invalid;branch=z9hG4bK1'));
  const challenge = headerValue(await wire.response(), 'www-authenticate') ?? '';
  expect(challenge).toContain('qop="auth"');
  expect(challenge).not.toContain('stale');
  const contact = 'Contact: <sip:x@a.invalid;transport=ws>;expires=60';
  const register = (branch: string, nc: string, uri = HOME): void => {
    const credentials = authorization(challenge, 'REGISTER', uri, nc);
    wire.send(
      ...request('REGISTER', HOME, [contact, `Authorization: ${credentials}`], `SIP/2.0/WS a.invalid;branch=${branch}`),
    );
  };
  register('z9hG4bK2', '00000001');
  const accepted = await wire.response();
  expect(accepted.status).toBe(200);
  expect(headerParameter(headerValue(accepted, 'contact') ?? '', 'expires')).toBe('60');

  register('z9hG4bK3', '00000001');
  const stale = await wire.response();
  expect(stale.status).toBe(401);
  expect(headerValue(stale, 'www-authenticate')).toContain('stale=true');

  register('z9hG4bK4', '00000002', 'sip:another.test');
  expect((await wire.response()).status).toBe(401);

  const lines = request(
    'REGISTER',
    HOME,
    [contact, `Authorization: ${authorization(challenge, 'REGISTER', HOME, '00000003')}`],
    'SIP/2.0/WS a.invalid;branch=z9hG4bK5',
  ).map((line) => line.replace('To: <sip:101@', 'To: <sip:102@'));
  wire.send(...lines);
  expect((await wire.response()).status).toBe(403);
});

test('the digest response is that of RFC 2617', () => {
  const ha1 = createHash('md5').update('Mufasa:testrealm@host.com:Circle Of Life').digest('hex');
  expect(ha1).toBe('939e7578ed9e3c518a452acee763bce9');
  const credentials = {
    username: 'Mufasa',
    realm: 'testrealm@host.com',
    nonce: 'dcd98b7102dd2f0e8b11d0f600bfb0c093',
    uri: '/dir/index.html',
    nc: '00000001',
    cnonce: '0a4f113b',
    qop: 'auth',
  };
  expect(digestResponse('GET', 'Circle Of Life', credentials)).toBe('6629fae49393a05397450978507c4ef1');
});

test('a PBX that talks nonsense answers everything with something that is not SIP', async () => {
  pbx.answerNonsense(true);
  for (let i = 0; i < 6; i += 1) {
    wire.send(...request('OPTIONS', HOME));
    const rubbish = await wire.next();
    expect(() => parseMessage(rubbish)).toThrow();
  }
  pbx.answerNonsense(false);
  wire.send(...request('OPTIONS', HOME));
  expect((await wire.response()).status).toBe(200);
});

test('a WebSocket that does not speak sip is not let in', async () => {
  const failed = new Promise<string>((resolve) => {
    new WebSocket(pbx.url).on('error', (error) => resolve(error.message));
  });
  expect(await failed).toContain('400');
});
