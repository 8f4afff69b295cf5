import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import { plainText } from './text.ts';

/** A private integration as registered in the account: one redirect URI, compared byte for byte (kommo.md 1.3). */
export type Integration = { readonly clientId: string; readonly clientSecret: string; readonly redirectUri: string };

/** Kommo's documentation contradicts itself on when a used refresh token dies (kommo.md 1.4); both can be had. */
export type RefreshRotation = 'when-new-pair-is-used' | 'at-once';

export type TokenPair = {
  readonly token_type: 'Bearer';
  /** Seconds. */
  readonly expires_in: number;
  /** Unix seconds. */
  readonly server_time: number;
  readonly access_token: string;
  readonly refresh_token: string;
};

/** Either a new pair, or the hint of the error body (kommo.md 1.5). */
export type Grant = { readonly ok: true; readonly pair: TokenPair } | { readonly ok: false; readonly hint: string };

const CODE_MS = 20 * 60_000;
const ACCESS_SECONDS = 86_400;
const REFRESH_MS = 90 * 86_400_000;
const LONG_LIVED_SECONDS = 5 * 365 * 86_400;
const WIDGET_TOKEN_SECONDS = 1800;

type Code = { readonly userId: number; readonly expiresAt: number; readonly otherAccount: boolean; used: boolean };
type Refresh = {
  readonly userId: number;
  readonly expiresAt: number;
  readonly replaces: string | null;
  alive: boolean;
};
type Access = { readonly userId: number; readonly expiresAt: number; readonly refresh: string | null };

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** The token authority of the account: authorization codes, token pairs, long-lived tokens. */
export class Authority {
  /** How refresh tokens die; may be changed at any time. */
  rotation: RefreshRotation = 'when-new-pair-is-used';
  readonly integration: Integration;
  readonly #account: { readonly id: number; readonly subdomain: string };
  #host: string;
  /** Kommo's own, which stays what it was when an account is renamed. */
  readonly #apiHost: string;
  readonly #now: () => number;
  readonly #codes = new Map<string, Code>();
  readonly #refresh = new Map<string, Refresh>();
  readonly #access = new Map<string, Access>();

  /** @param host the account's `host:port`. @param now clock in milliseconds. */
  constructor(options: {
    integration: Integration;
    account: { readonly id: number; readonly subdomain: string };
    host: string;
    now: () => number;
  }) {
    this.integration = options.integration;
    this.#account = options.account;
    this.#host = options.host;
    this.#apiHost = options.host;
    this.#now = options.now;
  }

  /** A code for one use within twenty minutes; one of another account is refused here (kommo.md 1.5). */
  issueCode(userId: number, otherAccount = false): string {
    const code = `def50200${randomBytes(64).toString('hex')}`;
    this.#codes.set(code, { userId, expiresAt: this.#now() + CODE_MS, otherAccount, used: false });
    return code;
  }

  /** The account's present `host:port`; it is renamed by another one (kommo.md 1.6). */
  get host(): string {
    return this.#host;
  }
  rename(host: string): void {
    this.#host = host;
  }

  /** A token that an administrator made by hand: no refresh token, valid for years (kommo.md 1.7). */
  issueLongLived(userId: number): string {
    return this.#issueAccess(userId, LONG_LIVED_SECONDS, 'long_lived', null);
  }

  /** `POST /oauth2/access_token`, both grants; `body` is what was sent, unchecked. */
  exchange(body: Readonly<Record<string, unknown>>): Grant {
    if (body['client_id'] !== this.integration.clientId) return refuse('Check the `client_id` parameter');
    if (body['client_secret'] !== this.integration.clientSecret) return refuse('Check the `client_secret` parameter');
    if (body['redirect_uri'] !== this.integration.redirectUri)
      return refuse('Redirect URI is not associated with client');
    if (body['grant_type'] === 'authorization_code') return this.#exchangeCode(plainText(body['code']));
    if (body['grant_type'] === 'refresh_token') return this.#exchangeRefresh(plainText(body['refresh_token']));
    return refuse('Check the `grant_type` parameter');
  }

  /** The user that an access token acts for, or null. Using a pair ends the life of the refresh token it replaced. */
  userOf(accessToken: string): number | null {
    const access = this.#access.get(accessToken);
    if (access === undefined || access.expiresAt <= this.#now()) return null;
    this.#retireParent(access.refresh);
    return access.userId;
  }

  /** The user that a live refresh token belongs to, or null; looking does not use it. */
  userOfRefreshToken(token: string): number | null {
    const refresh = this.#refresh.get(token);
    return refresh !== undefined && refresh.alive && refresh.expiresAt > this.#now() ? refresh.userId : null;
  }

  /** What happens when the integration is uninstalled: every token is dead at once. */
  revokeAll(): void {
    this.#access.clear();
    for (const refresh of this.#refresh.values()) refresh.alive = false;
  }

  /** The widget's one-time token (`X-Auth-Token`): HS256, signed with the client secret (kommo.md 1.7). */
  widgetToken(userId: number): string {
    const iat = Math.floor(this.#now() / 1000);
    const head = encode({ typ: 'JWT', alg: 'HS256' });
    const claims = encode({
      iss: `http://${this.#host}`,
      aud: new URL(this.integration.redirectUri).origin,
      jti: randomUUID(),
      iat,
      nbf: iat,
      exp: iat + WIDGET_TOKEN_SECONDS,
      account_id: this.#account.id,
      user_id: userId,
      subdomain: this.#account.subdomain,
      client_uuid: this.integration.clientId,
    });
    const signature = createHmac('sha256', this.integration.clientSecret)
      .update(`${head}.${claims}`)
      .digest('base64url');
    return `${head}.${claims}.${signature}`;
  }

  #exchangeCode(value: string): Grant {
    const code = this.#codes.get(value);
    if (code === undefined) return refuse('Cannot decrypt the authorization code');
    if (code.otherAccount) return refuse('Invalid account');
    if (code.used) return refuse('Authorization code has been revoked');
    if (code.expiresAt <= this.#now()) return refuse('Authorization code has expired');
    code.used = true;
    return this.#issuePair(code.userId, null);
  }

  #exchangeRefresh(value: string): Grant {
    const refresh = this.#refresh.get(value);
    if (refresh === undefined) return refuse('Invalid refresh token');
    if (!refresh.alive || refresh.expiresAt <= this.#now()) return refuse('Token has been revoked');
    this.#retireParent(value);
    if (this.rotation === 'at-once') refresh.alive = false;
    return this.#issuePair(refresh.userId, value);
  }

  #issuePair(userId: number, replaces: string | null): Grant {
    const token = `def50200${randomBytes(128).toString('hex')}`;
    this.#refresh.set(token, { userId, expiresAt: this.#now() + REFRESH_MS, replaces, alive: true });
    const pair: TokenPair = {
      token_type: 'Bearer',
      expires_in: ACCESS_SECONDS,
      server_time: Math.floor(this.#now() / 1000),
      access_token: this.#issueAccess(userId, ACCESS_SECONDS, '', token),
      refresh_token: token,
    };
    return { ok: true, pair };
  }

  #issueAccess(userId: number, seconds: number, grantType: string, refresh: string | null): string {
    const iat = Math.floor(this.#now() / 1000);
    const claims = {
      aud: this.integration.clientId,
      jti: randomBytes(40).toString('hex'),
      iat,
      nbf: iat,
      exp: iat + seconds,
      sub: String(userId),
      grant_type: grantType,
      account_id: this.#account.id,
      base_domain: this.#host,
      version: 2,
      scopes: ['crm', 'notifications', 'push_notifications', 'files', 'files_delete'],
      hash_uuid: randomUUID(),
      api_domain: this.#apiHost,
    };
    // Looks like RS256; we know our tokens by heart and so never check the signature.
    const token = `${encode({ typ: 'JWT', alg: 'RS256' })}.${encode(claims)}.${randomBytes(256).toString('base64url')}`;
    this.#access.set(token, { userId, expiresAt: this.#now() + seconds * 1000, refresh });
    return token;
  }

  #retireParent(refreshToken: string | null): void {
    const parent = refreshToken === null ? null : (this.#refresh.get(refreshToken)?.replaces ?? null);
    const refresh = parent === null ? undefined : this.#refresh.get(parent);
    if (refresh !== undefined) refresh.alive = false;
  }
}

const refuse = (hint: string): Grant => ({ ok: false, hint });
