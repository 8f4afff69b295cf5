import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** The parameters of an Authorization or Proxy-Authorization header (RFC 2617 section 3.2.2), unquoted, names in lower case. */
export type Credentials = Readonly<Record<string, string>>;

export type DigestVerdict =
  | { readonly kind: 'accepted'; readonly user: string }
  | { readonly kind: 'challenge'; readonly stale: boolean; readonly wrong: boolean };

const md5 = (text: string): string => createHash('md5').update(text).digest('hex');

/** Reads `Digest name="value", …`; undefined for another scheme. */
export const parseCredentials = (value: string): Credentials | undefined => {
  const scheme = /^Digest\s+/i.exec(value);
  if (scheme === null) return undefined;
  const pairs = value.slice(scheme[0].length).matchAll(/([a-z0-9_-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/gi);
  return Object.fromEntries([...pairs].map(([, name = '', quoted, bare = '']) => [name.toLowerCase(), quoted ?? bare]));
};

/** The response value for MD5 with qop=auth (RFC 2617 section 3.2.2.1). */
export const digestResponse = (method: string, password: string, credentials: Credentials): string => {
  const part = (name: string): string => credentials[name] ?? '';
  const ha1 = md5(`${part('username')}:${part('realm')}:${password}`);
  const ha2 = md5(`${method}:${part('uri')}`);
  return md5([ha1, part('nonce'), part('nc'), part('cnonce'), part('qop'), ha2].join(':'));
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
  readonly #counts = new Map<string, number>();
  #issued = 0;

  constructor(options: {
    realm: string;
    passwords: ReadonlyMap<string, string>;
    secret: string;
    lifetimeMs: number;
    now: () => number;
  }) {
    this.#realm = options.realm;
    this.#passwords = options.passwords;
    this.#secret = options.secret;
    this.#lifetimeMs = options.lifetimeMs;
    this.#now = options.now;
  }

  /** The value of a WWW-Authenticate or Proxy-Authenticate header with a fresh nonce. */
  challenge(stale: boolean): string {
    this.#issued += 1;
    const stamp = `${Math.floor(this.#now()).toString(36)}.${this.#issued.toString(36)}`;
    const nonce = `${stamp}.${this.#sign(stamp)}`;
    return `Digest realm="${this.#realm}", nonce="${nonce}", algorithm=MD5, qop="auth"${stale ? ', stale=true' : ''}`;
  }

  /** Checks the credentials of a request; several headers may be there, only that of our realm counts. */
  verify(method: string, uri: string, headers: readonly string[]): DigestVerdict {
    const credentials = headers.map(parseCredentials).find((each) => each?.['realm'] === this.#realm);
    if (credentials === undefined) return { kind: 'challenge', stale: false, wrong: false };
    const { username = '', nonce = '', nc = '', cnonce = '', qop, response = '', algorithm = 'MD5' } = credentials;
    const password = this.#passwords.get(username);
    const wellFormed =
      qop === 'auth' && cnonce !== '' && /^[0-9a-f]{8}$/i.test(nc) && algorithm.toUpperCase() === 'MD5';
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
