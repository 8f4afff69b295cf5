import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** The parameters of an Authorization or Proxy-Authorization header (RFC 2617 section 3.2.2), unquoted, names in lower case. */
export type Credentials = Readonly<Record<string, string>>;

export type DigestVerdict =
  | { readonly kind: 'accepted'; readonly user: string }
  | { readonly kind: 'challenge'; readonly stale: boolean; readonly wrong: boolean };

/** RFC 8760. */
export type DigestAlgorithm = 'MD5' | 'SHA-256';

const HASHES = { MD5: 'md5', 'SHA-256': 'sha256' } as const;
const hash = (algorithm: DigestAlgorithm, text: string): string =>
  createHash(HASHES[algorithm]).update(text).digest('hex');
const algorithmOf = (credentials: Credentials): DigestAlgorithm | undefined =>
  (['MD5', 'SHA-256'] as const).find((name) => name === (credentials['algorithm'] ?? 'MD5').toUpperCase());

/** Reads `Digest name="value", …`; undefined for another scheme. */
export const parseCredentials = (value: string): Credentials | undefined => {
  const scheme = /^Digest\s+/i.exec(value);
  if (scheme === null) return undefined;
  const pairs = value.slice(scheme[0].length).matchAll(/([a-z0-9_-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/gi);
  return Object.fromEntries([...pairs].map(([, name = '', quoted, bare = '']) => [name.toLowerCase(), quoted ?? bare]));
};

/** The response value with qop=auth (RFC 2617 section 3.2.2.1) by the algorithm of the credentials, MD5 where they name none. */
export const digestResponse = (method: string, password: string, credentials: Credentials): string => {
  const part = (name: string): string => credentials[name] ?? '';
  const by = (text: string): string => hash(algorithmOf(credentials) ?? 'MD5', text);
  const ha1 = by(`${part('username')}:${part('realm')}:${password}`);
  const ha2 = by(`${method}:${part('uri')}`);
  return by([ha1, part('nonce'), part('nc'), part('cnonce'), part('qop'), ha2].join(':'));
};

/**
 * Digest authentication of one realm (RFC 3261 section 22). A nonce carries its own time and signature, so none is stored
 * until it is used; then its highest nonce count is, so that a request cannot be replayed.
 */
export class DigestAuthenticator {
  readonly #realm: string;
  readonly #passwords: ReadonlyMap<string, string>;
  readonly #secret: string;
  readonly #lifetimeMs: number;
  readonly #now: () => number;
  readonly #algorithms: readonly DigestAlgorithm[];
  readonly #counts = new Map<string, number>();
  #issued = 0;

  constructor(options: {
    realm: string;
    passwords: ReadonlyMap<string, string>;
    secret: string;
    lifetimeMs: number;
    now: () => number;
    algorithms: readonly DigestAlgorithm[];
  }) {
    this.#algorithms = options.algorithms;
    this.#realm = options.realm;
    this.#passwords = options.passwords;
    this.#secret = options.secret;
    this.#lifetimeMs = options.lifetimeMs;
    this.#now = options.now;
  }

  /** The values of the WWW-Authenticate or Proxy-Authenticate headers, one for each algorithm, each with a fresh nonce. */
  challenges(stale: boolean): string[] {
    return this.#algorithms.map((algorithm) => {
      this.#issued += 1;
      const stamp = `${Math.floor(this.#now()).toString(36)}.${this.#issued.toString(36)}`;
      const nonce = `${stamp}.${this.#sign(stamp)}`;
      return `Digest realm="${this.#realm}", nonce="${nonce}", algorithm=${algorithm}, qop="auth"${stale ? ', stale=true' : ''}`;
    });
  }

  /** Checks the credentials of a request; several headers may be there, only that of our realm counts. */
  verify(method: string, uri: string, headers: readonly string[]): DigestVerdict {
    const credentials = headers.map(parseCredentials).find((each) => each?.['realm'] === this.#realm);
    if (credentials === undefined) return { kind: 'challenge', stale: false, wrong: false };
    const { username = '', nonce = '', nc = '', cnonce = '', qop, response = '' } = credentials;
    const password = this.#passwords.get(username);
    const algorithm = algorithmOf(credentials);
    const isOffered = algorithm !== undefined && this.#algorithms.includes(algorithm);
    const wellFormed = qop === 'auth' && cnonce !== '' && /^[0-9a-f]{8}$/i.test(nc) && isOffered;
    if (password === undefined || !wellFormed || credentials['uri'] !== uri || !this.#isOurs(nonce)) {
      return { kind: 'challenge', stale: false, wrong: true };
    }
    if (!sameText(digestResponse(method, password, credentials), response.toLowerCase())) {
      return { kind: 'challenge', stale: false, wrong: true };
    }
    // The password is right from here on: an old or reused nonce is stale, not wrong (RFC 2617 section 3.2.1).
    const count = Number.parseInt(nc, 16);
    if (this.#isExpired(nonce) || count <= (this.#counts.get(nonce) ?? 0)) {
      return { kind: 'challenge', stale: true, wrong: false };
    }
    for (const known of this.#counts.keys()) if (this.#isExpired(known)) this.#counts.delete(known);
    this.#counts.set(nonce, count);
    return { kind: 'accepted', user: username };
  }

  #sign(stamp: string): string {
    return createHmac('sha256', this.#secret).update(stamp).digest('hex').slice(0, 32);
  }

  #isOurs(nonce: string): boolean {
    const dot = nonce.lastIndexOf('.');
    return dot > 0 && sameText(this.#sign(nonce.slice(0, dot)), nonce.slice(dot + 1));
  }

  #isExpired(nonce: string): boolean {
    return this.#now() - Number.parseInt(nonce, 36) > this.#lifetimeMs;
  }
}

const sameText = (a: string, b: string): boolean =>
  a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
