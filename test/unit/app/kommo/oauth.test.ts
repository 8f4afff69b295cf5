import { describe, expect, test } from 'vitest';
import { parseOrigin } from '../../../../app/kommo/address.ts';
import { KommoRefusal } from '../../../../app/kommo/refusal.ts';
import {
  authorizeAddress,
  claimsOf,
  codeRefusedSentence,
  readPasted,
  readRedirect,
  readRenamed,
  renamedAddress,
  renewalRefusedSentence,
  signInUnansweredSentence,
  tokenRequest,
} from '../../../../app/kommo/oauth.ts';
import { english } from '../../../english.ts';

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
    if (!answer.ok) expect(english(answer.message)).toMatch(message);
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

describe('what was pasted', () => {
  const paste = (text: string, state: string | null = 'st-1') => readPasted(text, { ...expected, state });
  const address = `http://127.0.0.1:17653/oauth/callback?${new URLSearchParams(good).toString()}`;

  test('a bare code goes to the account that is set up, and nowhere else', () => {
    expect(paste(`\n def50200${'a1'.repeat(40)} `)).toEqual({
      ok: true,
      code: `def50200${'a1'.repeat(40)}`,
      origin: 'https://acme.kommo.com',
    });
  });

  test('an address is read as strictly as the redirect itself', () => {
    expect(paste(address)).toEqual(read(good));
    expect(paste(`${address}#top`)).toEqual(read(good));
    expect(paste(address.replace('acme', 'other'))).toMatchObject({ ok: false });
    expect(paste(address.replace('st-1', 'st-2'))).toMatchObject({ ok: false, foreign: true });
    // No sign-in is under way that it could belong to.
    expect(paste(address, null)).toMatchObject({ ok: false, foreign: true });
    expect(paste(address.replace('st-1', ''), null)).toMatchObject({ ok: false });
  });

  test.each([
    '',
    'short',
    'two words that are long enough',
    'def50200<script>alert(1)</script>',
    'http://127.0.0.1/?a=b',
  ])('%j is none', (text) => {
    const answer = paste(text);
    expect(answer.ok).toBe(false);
    if (!answer.ok) expect(english(answer.message)).toMatch(/^That is not a code from Kommo\./);
  });
});

test('each word of Kommo has its own sentence', () => {
  const hints = [
    'Authorization code has expired',
    'Authorization code has been revoked',
    'Cannot decrypt the authorization code',
    'Check the `client_id` parameter',
    'Check the `client_secret` parameter',
    'Redirect URI is not associated with client',
    'Invalid account',
    'something new',
  ];
  const sentences = hints.map((hint) => codeRefusedSentence(hint, integration.redirectUri));
  expect(new Set(sentences.map(english)).size).toBe(hints.length);
  for (const sentence of sentences) expect(english(sentence)).toMatch(/^[A-Z].*\.$/);
  expect(english(sentences.at(-1))).toContain('something new');
});

test.each([
  ['unreachable', /Check the internet connection and sign in again/],
  ['timeout', /sign in again/],
  ['server', /sign in again/],
  ['unreadable', /sign in again/],
  ['too-many', /Wait a few minutes/],
  ['blocked', /Wait a few minutes/],
  ['unpaid', /not paid/],
] as const)('a sign-in that is %s is tried again by nobody but the agent', (kind, sentence) => {
  const said = signInUnansweredSentence(new KommoRefusal(kind));
  expect(english(said)).toMatch(sentence);
  expect(english(said)).not.toMatch(/Ringside (?:keeps|waits|tries)/);
});

test('whoever is signed out hears that calls are kept', () => {
  for (const hint of ['Token has been revoked', 'Check the `client_secret` parameter', 'Invalid account'])
    for (const lost of [true, false])
      expect(english(renewalRefusedSentence(hint, integration.redirectUri, lost))).toMatch(
        /Calls that wait for Kommo are kept\.$/,
      );
});

describe('an access token', () => {
  const jwt = (claims: unknown) =>
    `e30.${btoa(JSON.stringify(claims)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')}.sig`;

  test('says when it ends and which host knows the name of the account', () => {
    expect(claimsOf(jwt({ exp: 1_764_000_000, api_domain: 'api-c.kommo.com', sub: '7001001' }))).toEqual({
      endsAt: 1_764_000_000_000,
      apiDomain: 'api-c.kommo.com',
    });
    expect(claimsOf(jwt({}))).toEqual({ endsAt: null, apiDomain: null });
  });

  test.each(['', 'opaque', 'a.b.c', jwt('text'), jwt({ exp: 'soon' }), jwt(null)])('%j says nothing', (token) => {
    expect(claimsOf(token)).toEqual({ endsAt: null, apiDomain: null });
  });
});

describe('a renamed account', () => {
  const acme = origin('https://acme.kommo.com');
  const local = origin('http://127.0.0.1:4711');

  test('is asked for at a host of Kommo', () => {
    expect(renamedAddress('api-c.kommo.com', acme)).toBe('https://api-c.kommo.com/oauth2/account/current/subdomain');
    expect(renamedAddress('127.0.0.1:4711', local)).toBe('http://127.0.0.1:4711/oauth2/account/current/subdomain');
  });

  test.each([
    'evil.example',
    'kommo.com.evil.example',
    'api-c.kommo.com@evil.example',
    'evil.example/.kommo.com',
    'api-c.kommo.com:8443',
    'api.c.kommo.com',
    '127.0.0.1:4711',
    '',
  ])('the refresh token does not go to %j', (host) => {
    expect(renamedAddress(host, acme)).toBeNull();
  });
  test('nor from this computer to another', () => {
    expect(renamedAddress('api-c.kommo.com', local)).toBeNull();
    expect(renamedAddress('192.0.2.7:80', local)).toBeNull();
  });

  test('its new address is one of an account', () => {
    const answer = { id: 5, subdomain: 'acme2', domain: 'acme2.kommo.com', top_level_domain: 'com' };
    expect(readRenamed(answer, acme)).toEqual({ account: 5, origin: 'https://acme2.kommo.com' });
    for (const domain of ['evil.example', 'www.kommo.com', '127.0.0.1', 'acme2.kommo.com/x', '', 'a@b.kommo.com'])
      expect(readRenamed({ ...answer, domain }, acme)).toBeNull();
    expect(readRenamed({ ...answer, domain: 'localhost:4711' }, local)).toMatchObject({
      origin: 'http://localhost:4711',
    });
    expect(readRenamed(null, acme)).toBeNull();
  });
});
