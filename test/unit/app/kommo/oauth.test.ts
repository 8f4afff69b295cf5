import { describe, expect, test } from 'vitest';
import { parseOrigin } from '../../../../app/kommo/address.ts';
import { authorizeAddress, readRedirect, tokenRequest } from '../../../../app/kommo/oauth.ts';

const origin = (address: string) => {
  const parsed = parseOrigin(address);
  if (parsed === null) throw new Error(`${address} is no origin`);
  return parsed;
};
const expected = { state: 'st-1', origin: origin('https://acme.kommo.com') };
const read = (query: Record<string, string>, by = expected) => readRedirect(new URLSearchParams(query), by);
const good = { code: 'def50200abc', state: 'st-1', referer: 'acme.kommo.com', client_id: 'c' };

test('an allowed sign-in gives the code and the account', () => {
  expect(read(good)).toEqual({ ok: true, code: 'def50200abc', origin: 'https://acme.kommo.com' });
  expect(read({ ...good, referer: 'ACME.kommo.com' })).toMatchObject({ ok: true });
});

test('a sandbox account on loopback, its port included', () => {
  const by = { state: 'st-1', origin: origin('http://127.0.0.1:4711') };
  expect(read({ ...good, referer: '127.0.0.1:4711' }, by)).toMatchObject({ ok: true });
  expect(read({ ...good, referer: '127.0.0.1:4712' }, by)).toMatchObject({ ok: false });
});

describe('refused', () => {
  test.each<[string, Record<string, string>, RegExp, foreign: boolean]>([
    ['no state', { code: 'x', referer: 'acme.kommo.com' }, /does not belong to this sign-in/, true],
    [
      'the widget installer, which sends no state',
      { code: 'x', referer: 'acme.kommo.com', from_widget: '1' },
      /does not belong/,
      true,
    ],
    ['another state', { ...good, state: 'st-2' }, /belongs to another sign-in/, true],
    ['another state with a denial', { error: 'access_denied', state: 'st-2' }, /belongs to another sign-in/, true],
    ['denied', { error: 'access_denied', client_id: 'c', state: 'st-1' }, /choose "Allow"/, false],
    ['another error', { error: 'server_error', state: 'st-1' }, /refused the sign-in \(server_error\)/, false],
    ['no code', { state: 'st-1', referer: 'acme.kommo.com' }, /no code/, false],
    ['an empty code', { ...good, code: '' }, /no code/, false],
    ['no referer', { code: 'x', state: 'st-1' }, /not Kommo/, false],
    [
      'another account',
      { ...good, referer: 'other.kommo.com' },
      /another account \(other\.kommo\.com\).*Choose acme\.kommo\.com/,
      false,
    ],
    ['a foreign host', { ...good, referer: 'kommo.com.evil.example' }, /not Kommo/, false],
    ['a host after an at', { ...good, referer: 'acme.kommo.com@evil.example' }, /not Kommo/, false],
    ['a host before a path', { ...good, referer: 'evil.example/.kommo.com' }, /not Kommo/, false],
    ['a user before the host', { ...good, referer: 'x@acme.kommo.com' }, /not Kommo/, false],
    ['another port', { ...good, referer: 'acme.kommo.com:8443' }, /not Kommo/, false],
    ['loopback in place of the account', { ...good, referer: '127.0.0.1' }, /not Kommo/, false],
  ])('%s', (_name, query, message, foreign) => {
    const answer = read(query);
    expect(answer).toMatchObject({ ok: false, foreign });
    if (!answer.ok) expect(answer.message).toMatch(message);
  });
});

const integration = {
  clientId: 'id',
  clientSecret: 's3',
  redirectUri: 'http://127.0.0.1:17653/oauth/callback',
  authorizeUrl: 'https://www.kommo.com/oauth?lang=en',
};

test('the browser is sent with id, state and mode, and never the secret', () => {
  const url = new URL(authorizeAddress(integration, 'a&b='));
  expect(url.origin + url.pathname).toBe('https://www.kommo.com/oauth');
  expect(Object.fromEntries(url.searchParams)).toEqual({
    lang: 'en',
    client_id: 'id',
    state: 'a&b=',
    mode: 'post_message',
  });
});

test('both grants carry the redirect address', () => {
  const common = { client_id: 'id', client_secret: 's3', redirect_uri: integration.redirectUri };
  expect(tokenRequest(integration, { code: 'c' })).toEqual({ ...common, grant_type: 'authorization_code', code: 'c' });
  expect(tokenRequest(integration, { refreshToken: 'r' })).toEqual({
    ...common,
    grant_type: 'refresh_token',
    refresh_token: 'r',
  });
});
