import http from 'node:http';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { KommoRefusal } from '../../../../app/kommo/refusal.ts';
import { Refusal } from '../../../../app/texts/refusal.ts';
import { agents, openKommo, people, type Kommo } from '../../../../sandbox/kommo/index.ts';
import { freePort, openDesk, provisioningFor, type Desk, type DeskOptions } from './desk.ts';
import { saying } from '../../../english.ts';

const ana = agents.anaSilva.id;
const HOUR = 3_600_000;
let kommo: Kommo;
let redirectUri: string;
let desk: Desk | null;
/** What the browser showed after the redirect. */
let page: { status: number; text: string } | null;

beforeEach(async () => {
  desk = null;
  page = null;
  redirectUri = `http://127.0.0.1:${await freePort()}/oauth/callback`;
  kommo = await openKommo({
    rateLimit: 'off',
    integration: {
      clientId: 'c0ffee00-0000-4000-8000-000000000001',
      clientSecret: 's3cr3t-of-the-integration',
      redirectUri,
    },
  });
});
afterEach(async () => {
  desk?.session.cancelSignIn();
  desk?.remove();
  await kommo.close();
});

const auth = () => ({ kind: 'oauth', ...kommo.integration, authorizeUrl: `${kommo.origin}/oauth` });
const oauthDesk = (options: DeskOptions = {}) =>
  (desk = openDesk(provisioningFor(kommo.origin, auth()), { openBrowser: consent('allow'), ...options }));
const tokenRequests = () => kommo.requests.filter(({ path }) => path === '/oauth2/access_token');

/** A person in a browser: reads the consent page, decides, follows the redirect. */
function consent(decision: 'allow' | 'deny', user: number = ana) {
  return async (address: string) => {
    const url = new URL(address);
    expect((await fetch(url)).status).toBe(200);
    const answer = await fetch(new URL('/oauth', url), {
      method: 'POST',
      redirect: 'manual',
      body: new URLSearchParams({ ...Object.fromEntries(url.searchParams), decision, user: String(user) }),
    });
    await visit(answer.headers.get('location') ?? '');
  };
}
async function visit(address: string) {
  const response = await fetch(address);
  page = { status: response.status, text: await response.text() };
}
/** Any request that needs a token. */
async function accountOf(session: Desk['session']) {
  const client = session.client();
  if (client === null) throw new Error('nobody is signed in');
  return client.account();
}
const message = async (promise: Promise<unknown>) =>
  promise.then(
    () => 'no error',
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );

async function signedIn(options: DeskOptions = {}): Promise<Desk> {
  const opened = oauthDesk(options);
  await opened.session.signInWithOAuth();
  return opened;
}

describe('signing in with OAuth', () => {
  test('the whole way: consent, redirect to this computer, code, tokens on disk, who it is', async () => {
    const { session, vault } = await signedIn();
    expect(session.status()).toMatchObject({
      state: 'signed-in',
      account: 'Bayline Services',
      user: `User ${ana}`,
      way: 'oauth',
      reason: null,
    });
    expect(session.user()).toEqual({ id: ana, name: '' });
    expect(page).toMatchObject({ status: 200, text: expect.stringContaining('You can close this tab') as unknown });
    expect(tokenRequests().map(({ body }) => body)).toMatchObject([
      { grant_type: 'authorization_code', redirect_uri: redirectUri },
    ]);
    expect(JSON.stringify(vault.get('tokens', (await import('valibot')).unknown()))).toContain('refreshToken');
    // The port is free again.
    await expect(fetch(redirectUri)).rejects.toThrow();
  });

  test("an administrator's name is read as well", async () => {
    const { session } = await signedIn({ openBrowser: consent('allow', agents.mariaKeller.id) });
    await vi.waitFor(() => expect(session.user()).toEqual({ id: agents.mariaKeller.id, name: 'Maria Keller' }));
  });

  test('denied: a sentence in the browser and in the panel, no code asked for', async () => {
    const { session } = oauthDesk({ openBrowser: consent('deny') });
    expect(await message(session.signInWithOAuth())).toMatch(/choose "Allow"/);
    expect(page).toMatchObject({ status: 400 });
    expect(session.status()).toMatchObject({
      state: 'signed-out',
      reason: saying(/choose "Allow"/),
    });
    expect(tokenRequests()).toEqual([]);
  });

  test('answers that are not ours change nothing: the real one still counts', async () => {
    const { session } = oauthDesk({
      openBrowser: async (address) => {
        await visit(`${redirectUri}?code=evil&state=guessed&referer=evil.example`);
        expect(page?.status).toBe(400);
        await visit(`${redirectUri}?error=access_denied`);
        await visit(`${redirectUri}/deeper?code=x`);
        expect(page?.status).toBe(404);
        await consent('allow')(address);
      },
    });
    await session.signInWithOAuth();
    expect(session.status().state).toBe('signed-in');
    expect(tokenRequests()).toHaveLength(1);
  });

  test('a request that is no address, another method or another host is refused, never fatal', async () => {
    const port = Number(new URL(redirectUri).port);
    const ask = async (path: string, options: http.RequestOptions = {}) => {
      const request = http.request({ host: '127.0.0.1', port, path, agent: false, ...options }).end();
      const [response] = (await once(request, 'response')) as [http.IncomingMessage];
      response.resume();
      return response.statusCode;
    };
    const { session } = oauthDesk({
      openBrowser: async (address) => {
        expect(await ask('//')).toBe(404);
        expect(await ask('/oauth/callback', { method: 'POST' })).toBe(404);
        expect(await ask('/oauth/callback', { headers: { host: `evil.example:${port}` } })).toBe(404);
        await consent('allow')(address);
      },
    });
    await session.signInWithOAuth();
    expect(session.status().state).toBe('signed-in');
  });

  test('what the address says is text on the page', async () => {
    const { session } = oauthDesk({
      openBrowser: async (address) => {
        const state = new URL(address).searchParams.get('state') ?? '';
        await visit(`${redirectUri}?error=${encodeURIComponent('<script>alert(1)</script>')}&state=${state}`);
      },
    });
    await message(session.signInWithOAuth());
    expect(page?.text).not.toContain('<script>');
  });

  test('another account is named, and the secret is not sent there', async () => {
    const { session } = oauthDesk({
      openBrowser: async (address) => {
        const state = new URL(address).searchParams.get('state') ?? '';
        await visit(`${redirectUri}?code=abc&referer=127.0.0.1:9&state=${state}`);
      },
    });
    expect(await message(session.signInWithOAuth())).toMatch(/another account \(127\.0\.0\.1:9\)/);
    expect(tokenRequests()).toEqual([]);
  });

  test('started again while one is under way: the new one counts, on the same port', async () => {
    let opened = 0;
    const { session } = oauthDesk({
      openBrowser: async (address) => {
        opened += 1;
        if (opened > 1) await consent('allow')(address);
      },
    });
    const first = message(session.signInWithOAuth());
    await vi.waitFor(() => expect(opened).toBe(1));
    expect(session.status().state).toBe('signing-in');
    await session.signInWithOAuth();
    expect(await first).toBe('The sign-in was cancelled.');
    expect(session.status()).toMatchObject({ state: 'signed-in', reason: null });
  });

  test('where too much was opened in the browser, that is said, and nothing is waited for', async () => {
    const { session } = oauthDesk({ openBrowser: () => Promise.reject(new Refusal('Not now.')) });
    expect(await message(session.signInWithOAuth())).toBe('Not now.');
    expect(session.status()).toMatchObject({ state: 'signed-out', reason: 'Not now.' });
    await expect(fetch(redirectUri)).rejects.toThrow();
  });

  test('cancelled by the agent: the port is free, a new one works', async () => {
    const { session } = oauthDesk({ openBrowser: () => Promise.resolve() });
    const first = message(session.signInWithOAuth());
    await vi.waitFor(() => expect(session.status().state).toBe('signing-in'));
    session.cancelSignIn();
    expect(await first).toBe('The sign-in was cancelled.');
    expect(session.status().state).toBe('signed-out');
    await expect(fetch(redirectUri)).rejects.toThrow();
  });

  test('a code that Kommo does not take says what to do', async () => {
    const used = kommo.authority.issueCode(ana);
    kommo.authority.exchange({
      client_id: kommo.integration.clientId,
      client_secret: kommo.integration.clientSecret,
      redirect_uri: redirectUri,
      grant_type: 'authorization_code',
      code: used,
    });
    const { session } = oauthDesk({
      openBrowser: async (address) => {
        const state = new URL(address).searchParams.get('state') ?? '';
        await visit(`${redirectUri}?code=${used}&referer=${new URL(kommo.origin).host}&state=${state}`);
      },
    });
    expect(await message(session.signInWithOAuth())).toBe(
      'This code was used already; each code works once. Start the sign-in again.',
    );
  });

  test('a wrong secret is for the administrator', async () => {
    desk = openDesk(provisioningFor(kommo.origin, { ...auth(), clientSecret: 'wrong' }), {
      openBrowser: consent('allow'),
    });
    expect(await message(desk.session.signInWithOAuth())).toMatch(
      /does not take this integration's secret\. Ask your administrator/,
    );
  });
});

describe('refreshing', () => {
  test('a hundred requests that wait are one refresh, and the new pair is on disk before it is used', async () => {
    const { session, later } = await signedIn();
    later(25 * HOUR);
    await Promise.all(Array.from({ length: 100 }, () => accountOf(session)));
    expect(tokenRequests().map(({ body }) => (body as Record<string, string>)['grant_type'])).toEqual([
      'authorization_code',
      'refresh_token',
    ]);
    const first = kommo.requests.findIndex(
      ({ body }) => (body as Record<string, string> | undefined)?.['grant_type'] === 'refresh_token',
    );
    expect(kommo.requests.slice(first + 1).every(({ user }) => user === ana)).toBe(true);
  });

  test('a 401 in the middle of the day is one refresh too, for all who got it', async () => {
    const { session } = await signedIn();
    const known = kommo.requests.find(({ path }) => path === '/api/v4/account')?.headers['authorization'];
    const userOf = kommo.authority.userOf.bind(kommo.authority);
    kommo.authority.userOf = (token) => (`Bearer ${token}` === known ? null : userOf(token));
    await Promise.all(Array.from({ length: 10 }, () => accountOf(session)));
    expect(tokenRequests()).toHaveLength(2);
    expect(session.status().state).toBe('signed-in');
  });

  test('shortly before the end nobody waits for it, and a failure of it does not matter yet', async () => {
    const { session, later } = await signedIn();
    later(24 * HOUR - 60_000);
    kommo.fail({ match: ({ path }) => path === '/oauth2/access_token', answer: 'hang' });
    expect(await session.client()?.account()).toMatchObject({ current_user_id: ana });
    expect(session.status().state).toBe('signed-in');
  });

  test('an answer that was lost: once more with the old refresh token', async () => {
    const { session, later } = await signedIn();
    later(25 * HOUR);
    kommo.fail({
      match: ({ path }) => path === '/oauth2/access_token',
      answer: 'network',
      times: 1,
      afterEffect: true,
    });
    expect(await session.client()?.account()).toMatchObject({ current_user_id: ana });
    expect(tokenRequests()).toHaveLength(3);
  });

  test('refused: signed out, with the reason, here and after a restart', async () => {
    const opened = await signedIn();
    const { session, later } = opened;
    later(25 * HOUR);
    kommo.authority.exchange = () => ({ ok: false, hint: 'Token has been revoked' });
    await expect(session.client()?.account()).rejects.toMatchObject({ kind: 'unauthorized' });
    expect(session.status()).toMatchObject({
      state: 'signed-out',
      reason: saying(/^Kommo has ended this sign-in\..*Sign in again\. Calls that wait for Kommo are kept\.$/),
      user: null,
    });
    expect(session.client()).toBeNull();
    expect(opened.restart().session.status().state).toBe('signed-out');
  });

  test('Kommo is down: still signed in, and it works again when Kommo does', async () => {
    const { session, later } = await signedIn();
    later(25 * HOUR);
    const undo = kommo.fail({ match: () => true, answer: '500-html' });
    await expect(session.client()?.account()).rejects.toMatchObject({ kind: 'server' });
    expect(session.status().state).toBe('signed-in');
    undo();
    expect(await session.client()?.account()).toMatchObject({ current_user_id: ana });
  });

  test('an answer whose body breaks off is as good as none', async () => {
    const opened = await signedIn({
      fetch: async (url, init) => {
        const response = await fetch(url, init);
        if (!url.endsWith('/access_token') || !init.body?.includes('refresh_token"')) return response;
        return { status: 200, headers: response.headers, text: () => Promise.reject(new Error('aborted')) };
      },
    });
    opened.later(25 * HOUR);
    await expect(opened.session.client()?.account()).rejects.toMatchObject({ kind: 'unreachable' });
    expect(opened.session.status().state).toBe('signed-in');
  });

  test('signed out while a refresh is under way: its answer does not sign in again', async () => {
    const opened = await signedIn();
    opened.later(25 * HOUR);
    kommo.latencyMs = 100;
    const asked = message(opened.session.client()?.account() ?? Promise.resolve());
    await vi.waitFor(() => expect(tokenRequests()).toHaveLength(2));
    opened.session.signOut();
    expect(await asked).toMatch(/not signed in/);
    expect(opened.session.status().state).toBe('signed-out');
    expect(opened.restart().session.status().state).toBe('signed-out');
  });
});

test('after a restart the agent is signed in, without asking anybody', async () => {
  const opened = await signedIn();
  const before = kommo.requests.length;
  const again = opened.restart();
  expect(again.session.status()).toMatchObject({ state: 'signed-in', account: 'Bayline Services' });
  expect(await again.session.identify()).toMatchObject({ current_user_id: ana });
  expect(kommo.requests).toHaveLength(before);
  expect(await again.session.client()?.account()).toMatchObject({ current_user_id: ana });
});

test('tokens of one account are not used for another', async () => {
  const opened = await signedIn();
  const other = await openKommo();
  opened.settings.provision(provisioningFor(other.origin, { ...auth(), authorizeUrl: `${other.origin}/oauth` }));
  opened.session.reload();
  expect(opened.session.status()).toMatchObject({ state: 'signed-out', user: null });
  expect(opened.session.client()).toBeNull();
  await other.close();
});

describe('signing in with a token', () => {
  test('the address, or only its name; kept over a restart', async () => {
    desk = openDesk(null);
    expect(desk.session.status().state).toBe('not-set-up');
    await desk.session.signInWithToken(kommo.origin, kommo.longLivedToken(ana));
    expect(desk.session.status()).toMatchObject({ state: 'signed-in', way: 'token', account: 'Bayline Services' });
    expect(desk.restart().session.status()).toMatchObject({ state: 'signed-in', account: 'Bayline Services' });
  });

  test.each(['acme.example', 'https://kommo.com.evil.example', 'http://acme.kommo.com', 'javascript:alert(1)', ''])(
    '%j is no account',
    async (address) => {
      desk = openDesk(null);
      expect(await message(desk.session.signInWithToken(address, 't'))).toMatch(
        /It looks like https:\/\/acme\.kommo\.com\.$/,
      );
      expect(desk.session.status().state).toBe('not-set-up');
    },
  );

  test('one that Kommo does not take leaves everything as it was', async () => {
    desk = openDesk(null);
    expect(await message(desk.session.signInWithToken(kommo.origin, 'wrong'))).toMatch(/does not accept this token/);
    expect(desk.session.status().state).toBe('not-set-up');
    expect(desk.restart().session.status().state).toBe('not-set-up');
  });

  test('one that is revoked later: signed out, with what to do', async () => {
    desk = openDesk(provisioningFor(kommo.origin, { kind: 'token', accessToken: kommo.longLivedToken(ana) }));
    await desk.session.identify();
    kommo.fail({ match: () => true, answer: '401' });
    await expect(desk.session.client()?.announceCall(people.marcusWebb.phone, [ana])).rejects.toBeInstanceOf(
      KommoRefusal,
    );
    expect(desk.session.status()).toMatchObject({
      state: 'signed-out',
      reason: saying(/Sign in with a new one/),
    });
  });
});

describe('signing out', () => {
  const provisionedToken = () =>
    provisioningFor(kommo.origin, { kind: 'token', accessToken: kommo.longLivedToken(ana) });
  const states = (from: Desk) => [from, from.restart(), from.restart()].map(({ session }) => session.status().state);

  test('lasts: the provisioned token is not used again at the next start', async () => {
    desk = openDesk(provisionedToken());
    await desk.session.identify();
    expect(states(desk)).toEqual(['signed-in', 'signed-in', 'signed-in']);
    desk.session.signOut();
    expect(states(desk)).toEqual(['signed-out', 'signed-out', 'signed-out']);
    const again = desk.restart().session;
    expect([again.client(), again.user(), again.status().user]).toEqual([null, null, null]);
    const before = kommo.requests.length;
    await expect(again.identify()).rejects.toMatchObject({ kind: 'signed-out' });
    expect(kommo.requests).toHaveLength(before);
  });

  test('ends with a new token', async () => {
    desk = openDesk(provisionedToken());
    desk.session.signOut();
    await desk.restart().session.signInWithToken(kommo.origin, kommo.longLivedToken(ana));
    expect(desk.restart().session.status().state).toBe('signed-in');
  });

  test('ends with a new provisioning file', () => {
    desk = openDesk(provisionedToken());
    desk.session.signOut();
    const again = desk.restart();
    again.settings.provision(provisionedToken());
    again.session.reload();
    expect(states(again)).toEqual(['signed-in', 'signed-in', 'signed-in']);
  });

  test('ends with a sign-in by OAuth', async () => {
    const opened = await signedIn();
    opened.session.signOut();
    expect(states(opened)).toEqual(['signed-out', 'signed-out', 'signed-out']);
    const again = opened.restart();
    await again.session.signInWithOAuth();
    expect(states(again)).toEqual(['signed-in', 'signed-in', 'signed-in']);
  });

  test('of an own token over a provisioned integration: OAuth works at once', async () => {
    const opened = oauthDesk();
    await opened.session.signInWithToken(kommo.origin, kommo.longLivedToken(ana));
    opened.session.signOut();
    await opened.session.signInWithOAuth();
    expect(opened.session.status()).toMatchObject({ state: 'signed-in', way: 'oauth' });
  });
});

describe('a second 401', () => {
  test('to the refreshed token signs out, with the reason, also after a restart', async () => {
    const opened = await signedIn();
    kommo.authority.userOf = () => null;
    await expect(accountOf(opened.session)).rejects.toMatchObject({ kind: 'unauthorized' });
    expect(tokenRequests()).toHaveLength(2);
    expect(opened.session.status()).toMatchObject({
      state: 'signed-out',
      reason: 'Kommo no longer accepts this sign-in. Sign in again.',
      user: null,
    });
    expect(opened.session.client()).toBeNull();
    expect(opened.restart().session.status().state).toBe('signed-out');
  });

  test("to an earlier sign-in's token does not end the present one", async () => {
    let answers: (() => Promise<Response> | Response)[] = [];
    let late: (answer: Response) => void = () => {};
    const opened = await signedIn({
      fetch: async (url, init) => (url.endsWith('/api/v4/account') ? answers.shift()?.() : null) ?? fetch(url, init),
    });
    answers = [() => new Response(null, { status: 401 }), () => new Promise((resolve) => (late = resolve))];
    const asked = accountOf(opened.session);
    await vi.waitFor(() => expect(answers).toEqual([]));
    await opened.session.signInWithToken(kommo.origin, kommo.longLivedToken(ana));
    late(new Response(null, { status: 401 }));
    await expect(asked).rejects.toMatchObject({ kind: 'unauthorized' });
    expect(opened.session.status()).toMatchObject({ state: 'signed-in', way: 'token', reason: null });
  });
});

test('no token and no secret is ever logged', async () => {
  const opened = await signedIn();
  opened.later(25 * HOUR);
  kommo.authority.exchange = () => ({ ok: false, hint: 'Token has been revoked' });
  await message(opened.session.client()?.account() ?? Promise.resolve());
  expect(opened.logged.length).toBeGreaterThan(0);
  expect(opened.logged.join('\n')).not.toMatch(/def50200|eyJ|s3cr3t/);
});
