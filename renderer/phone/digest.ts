/**
 * Digest authentication (RFC 3261 section 22, RFC 7616, RFC 8760) in the place of SIP.js's own, which knows MD5 only,
 * looks at the first challenge only, drops a whole response over a challenge that it cannot read, and takes a second
 * realm for a wrong password.
 */
import { md5 } from '@noble/hashes/legacy.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { Core } from 'sip.js';

/** The parameters of one challenge by their lower-case name, unquoted. */
export type Challenge = Readonly<Record<string, string>>;

const HASHES: Readonly<Record<string, (text: string) => string>> = {
  MD5: (text) => bytesToHex(md5(utf8ToBytes(text))),
  'SHA-256': (text) => bytesToHex(sha256(utf8ToBytes(text))),
};
/** Stronger first. */
const PREFERENCE = ['SHA-256', 'SHA-256-SESS', 'MD5', 'MD5-SESS'];
/** How often one realm may call its own nonce stale for one request. */
const STALE = 2;
const REMEMBERED = 100;

/** Reads the values of WWW-Authenticate or Proxy-Authenticate headers; other schemes than Digest are left out. */
export function readChallenges(values: readonly string[]): Challenge[] {
  return values
    .flatMap((value) => value.slice(0, 4096).split(/(?:^|,)\s*(?=Digest\s)/i))
    .flatMap((value) => {
      const scheme = /^\s*Digest\s+/i.exec(value);
      if (scheme === null) return [];
      const pairs = value.slice(scheme[0].length).matchAll(/([a-z0-9_-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/gi);
      return [
        Object.fromEntries(
          [...pairs].map(([, name = '', quoted, bare = '']) => [
            name.toLowerCase(),
            quoted === undefined ? bare : quoted.replace(/\\(.)/g, '$1'),
          ]),
        ),
      ];
    });
}

/** The best challenge of each realm that can be answered: the strongest hash, then the order of the server. */
export function bestChallenges(challenges: readonly Challenge[]): Challenge[] {
  const best = new Map<string, Challenge>();
  for (const challenge of challenges) {
    const { realm, nonce, qop } = challenge;
    if (realm === undefined || nonce === undefined || nonce === '' || rank(challenge) === -1) continue;
    if (qop !== undefined && !offersAuth(qop)) continue;
    const known = best.get(realm);
    if (known === undefined || rank(challenge) < rank(known)) best.set(realm, challenge);
  }
  return [...best.values()];
}

function rank(challenge: Challenge): number {
  return PREFERENCE.indexOf((challenge['algorithm'] ?? 'MD5').toUpperCase());
}

function offersAuth(qop: string): boolean {
  return qop.split(',').some((each) => each.trim().toLowerCase() === 'auth');
}

export type Identity = { username: string; password: string };

/** Answers challenges. Counts how often each nonce was used: a repeated count is a replay (RFC 7616 section 3.4). */
export class Credentials {
  readonly #identity: Identity;
  readonly #newToken: () => string;
  readonly #used = new Map<string, number>();

  constructor(identity: Identity, newToken: () => string) {
    this.#identity = identity;
    this.#newToken = newToken;
  }

  /** The value of an Authorization or Proxy-Authorization header. `uri`: the Request-URI as it is sent. */
  answer(challenge: Challenge, method: string, uri: string): string {
    const { realm = '', nonce = '', opaque, qop } = challenge;
    const { username, password } = this.#identity;
    const algorithm = PREFERENCE[rank(challenge)] ?? 'MD5';
    const hash = HASHES[algorithm.replace('-SESS', '')] ?? HASHES['MD5'];
    if (hash === undefined) throw new Error('no such hash');
    const cnonce = this.#newToken();
    const session = algorithm.endsWith('-SESS');
    const secret = hash(`${username}:${realm}:${password}`);
    const ha1 = session ? hash(`${secret}:${nonce}:${cnonce}`) : secret;
    const ha2 = hash(`${method}:${uri}`);
    const withQop = qop !== undefined;
    const nc = this.#count(nonce).toString(16).padStart(8, '0');
    const response = hash([ha1, nonce, ...(withQop ? [nc, cnonce, 'auth'] : []), ha2].join(':'));
    return `Digest ${[
      `username=${quoted(username)}`,
      `realm=${quoted(realm)}`,
      `nonce=${quoted(nonce)}`,
      `uri=${quoted(uri)}`,
      `response="${response}"`,
      // As it came: there are servers that compare letters.
      ...(challenge['algorithm'] === undefined ? [] : [`algorithm=${challenge['algorithm']}`]),
      ...(withQop || session ? [`cnonce="${cnonce}"`] : []),
      ...(withQop ? ['qop=auth', `nc=${nc}`] : []),
      ...(opaque === undefined ? [] : [`opaque=${quoted(opaque)}`]),
    ].join(', ')}`;
  }

  #count(nonce: string): number {
    const count = (this.#used.get(nonce) ?? 0) + 1;
    this.#used.delete(nonce);
    this.#used.set(nonce, count);
    for (const oldest of this.#used.keys()) {
      if (this.#used.size <= REMEMBERED) break;
      this.#used.delete(oldest);
    }
    return count;
  }
}

function quoted(text: string): string {
  return `"${text.replace(/[\u0000-\u001f\u007f]/g, ' ').replace(/[\\"]/g, '\\$&')}"`;
}

/** What one request has answered so far, by header and realm. */
type Answered = Map<string, { value: string; times: number }>;

/**
 * The headers that answer a 401 or 407, or null where that cannot or must not be: nothing that can be answered, or the
 * credentials of a realm were refused although their nonce was fresh.
 */
export function answerChallenges(
  values: readonly string[],
  header: 'authorization' | 'proxy-authorization',
  request: { method: string; uri: string },
  credentials: Credentials,
  answered: Answered,
): string[] | null {
  const challenges = bestChallenges(readChallenges(values));
  const open = challenges.filter((challenge) => {
    const before = answered.get(`${header} ${challenge['realm']}`);
    const isStale = challenge['stale']?.toLowerCase() === 'true';
    return before === undefined || (isStale && before.times <= STALE);
  });
  if (open.length === 0) return null;
  for (const challenge of open) {
    const key = `${header} ${challenge['realm']}`;
    const times = (answered.get(key)?.times ?? 0) + 1;
    answered.set(key, { value: credentials.answer(challenge, request.method, request.uri), times });
  }
  return [...answered].flatMap(([key, { value }]) => (key.startsWith(`${header} `) ? [value] : []));
}

/** SIP.js would drop the whole response over a challenge that its grammar does not know; under other names it looks on. */
export function hideChallenges(text: string): string {
  return /^SIP\/2\.0 40[17] /.test(text)
    ? text.replace(/^(WWW|Proxy)-Authenticate[ \t]*:/gim, 'X-$1-Authenticate:')
    : text;
}

/** What of SIP.js's user agent client is used here; version 0.21.2. */
type Client = {
  core: object;
  message: Core.OutgoingRequestMessage;
  init(): void;
};

const ours = new WeakMap<object, { credentials: Credentials; answered: WeakMap<object, Answered> }>();

/**
 * Lets every request of this core, in and out of dialogs, answer challenges by these credentials. Responses must have
 * gone through `hideChallenges`.
 */
export function authenticateBy(core: Core.UserAgentCore, credentials: Credentials): void {
  ours.set(core, { credentials, answered: new WeakMap() });
  Object.assign(Core.UserAgentClient.prototype, { authenticationGuard });
}

/** As SIP.js's own: true where the response is to be handled, false where the request was sent again. */
function authenticationGuard(this: Client, response: Core.IncomingResponseMessage, dialog?: Core.Dialog): boolean {
  const { statusCode } = response;
  const own = ours.get(this.core);
  if ((statusCode !== 401 && statusCode !== 407) || own === undefined) return true;
  const [from, to] =
    statusCode === 401
      ? (['x-www-authenticate', 'authorization'] as const)
      : (['x-proxy-authenticate', 'proxy-authorization'] as const);
  const { message } = this;
  const answered: Answered = own.answered.get(message) ?? new Map();
  own.answered.set(message, answered);
  const request = { method: message.method, uri: message.ruri.toRaw() };
  const values = answerChallenges(response.getHeaders(from), to, request, own.credentials, answered);
  if (values === null) return true;

  let cseq = (message.cseq += 1);
  if (dialog?.localSequenceNumber !== undefined && dialog.localSequenceNumber > 0) {
    dialog.incrementLocalSequenceNumber();
    cseq = message.cseq = dialog.localSequenceNumber;
  }
  message.setHeader('cseq', `${cseq} ${message.method}`);
  message.setHeader(to, values);
  this.init();
  return false;
}
