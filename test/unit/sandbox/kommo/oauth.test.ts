import { createHmac } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Grant, TokenPair } from '../../../../sandbox/kommo/oauth.ts';
import { Authority } from '../../../../sandbox/kommo/oauth.ts';

const integration = {
  clientId: 'client',
  clientSecret: 'secret',
  redirectUri: 'http://127.0.0.1:17653/oauth/callback',
};
const MINUTE = 60_000;
let now = 0;
let authority: Authority;

beforeEach(() => {
  now = Date.parse('2026-04-01T10:00:00Z');
  authority = new Authority({
    integration,
    account: { id: 300, subdomain: 'sandbox' },
    host: '127.0.0.1:1234',
    now: () => now,
  });
});

const base = { client_id: 'client', client_secret: 'secret', redirect_uri: integration.redirectUri };
const byCode = (code: string, more = {}): Grant =>
  authority.exchange({ ...base, grant_type: 'authorization_code', code, ...more });
const byRefresh = (token: string): Grant =>
  authority.exchange({ ...base, grant_type: 'refresh_token', refresh_token: token });

function pairOf(grant: Grant): TokenPair {
  if (!grant.ok) throw new Error(grant.hint);
  return grant.pair;
}

describe('codes', () => {
  test('one use, and never again', () => {
    const code = authority.issueCode(7);
    expect(authority.userOf(pairOf(byCode(code)).access_token)).toBe(7);
    expect(byCode(code)).toEqual({ ok: false, hint: 'Authorization code has been revoked' });
  });

  test('twenty minutes', () => {
    const [inTime, late] = [authority.issueCode(7), authority.issueCode(7)];
    now += 20 * MINUTE - 1;
    expect(byCode(inTime).ok).toBe(true);
    now += 1;
    expect(byCode(late)).toEqual({ ok: false, hint: 'Authorization code has expired' });
  });

  test.each([
    [{ client_id: 'other' }, 'Check the `client_id` parameter'],
    [{ client_secret: 'other' }, 'Check the `client_secret` parameter'],
    [{ redirect_uri: `${integration.redirectUri}/` }, 'Redirect URI is not associated with client'],
    [{ redirect_uri: undefined }, 'Redirect URI is not associated with client'],
    [{ code: 'made up' }, 'Cannot decrypt the authorization code'],
    [{ grant_type: 'password' }, 'Check the `grant_type` parameter'],
  ])('%o is refused', (wrong, hint) => {
    const code = authority.issueCode(7);
    expect(byCode(code, wrong)).toEqual({ ok: false, hint });
    expect(byCode(code).ok, 'a refused request does not use up the code').toBe(true);
  });
});

describe('tokens', () => {
  test('the access token is a JWT with the documented claims, for 24 hours', () => {
    const pair = pairOf(byCode(authority.issueCode(7001001)));
    const [head = '', claims = ''] = pair.access_token
      .split('.')
      .map((part) => Buffer.from(part, 'base64url').toString('latin1'));
    expect(JSON.parse(head)).toEqual({ typ: 'JWT', alg: 'RS256' });
    expect(JSON.parse(claims)).toMatchObject({
      aud: 'client',
      sub: '7001001',
      account_id: 300,
      exp: now / 1000 + 86_400,
    });
    expect(pair).toMatchObject({ token_type: 'Bearer', expires_in: 86_400, server_time: now / 1000 });
    now += 86_400_000;
    expect(authority.userOf(pair.access_token)).toBeNull();
  });

  test('the used refresh token lives until the new pair is used', () => {
    const first = pairOf(byCode(authority.issueCode(7)));
    const second = pairOf(byRefresh(first.refresh_token));
    expect(byRefresh(first.refresh_token).ok, 'the answer was lost: the old one still works').toBe(true);
    expect(authority.userOf(second.access_token)).toBe(7);
    expect(byRefresh(first.refresh_token)).toEqual({ ok: false, hint: 'Token has been revoked' });
    expect(byRefresh(second.refresh_token).ok).toBe(true);
  });

  test('or dies at once, as another paragraph has it', () => {
    authority.rotation = 'at-once';
    const first = pairOf(byCode(authority.issueCode(7)));
    expect(byRefresh(first.refresh_token).ok).toBe(true);
    expect(byRefresh(first.refresh_token)).toEqual({ ok: false, hint: 'Token has been revoked' });
  });

  test('a refresh token that nobody used for three months is dead', () => {
    const { refresh_token: token } = pairOf(byCode(authority.issueCode(7)));
    now += 91 * 86_400_000;
    expect(byRefresh(token).ok).toBe(false);
    expect(byRefresh('made up')).toEqual({ ok: false, hint: 'Invalid refresh token' });
  });

  test('an uninstall ends everything', () => {
    const pair = pairOf(byCode(authority.issueCode(7)));
    const longLived = authority.issueLongLived(7);
    authority.revokeAll();
    expect([authority.userOf(pair.access_token), authority.userOf(longLived)]).toEqual([null, null]);
    expect(byRefresh(pair.refresh_token).ok).toBe(false);
  });

  test('a long-lived token outlives the day', () => {
    const token = authority.issueLongLived(7);
    now += 365 * 86_400_000;
    expect(authority.userOf(token)).toBe(7);
  });

  test('the widget token is signed with the client secret', () => {
    const [head, claims, signature] = authority.widgetToken(7).split('.');
    expect(createHmac('sha256', 'secret').update(`${head}.${claims}`).digest('base64url')).toBe(signature);
  });
});
