import http from 'node:http';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import * as v from 'valibot';
import { agents, openKommo, type Kommo } from '../../../../sandbox/kommo/index.ts';
import { realisticAccount } from '../../../../sandbox/kommo/data.ts';
import { freePort, openDesk, provisioningFor, type Desk, type DeskOptions } from './desk.ts';
import { english, saying } from '../../../english.ts';

const ana = agents.anaSilva.id;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
let redirectUri: string;
let kommo: Kommo;
let passed: number;
let undo: (() => unknown)[];

beforeEach(async () => {
  passed = 0;
  undo = [];
  redirectUri = `http://127.0.0.1:${await freePort()}/oauth/callback`;
  kommo = await openAccount();
});
afterEach(async () => {
  for (const step of undo.reverse()) await step();
});

async function openAccount(
  change: (data: ReturnType<typeof realisticAccount>) => void = () => {},
  registered = redirectUri,
): Promise<Kommo> {
  const data = realisticAccount();
  change(data);
  const opened = await openKommo({
    data,
    rateLimit: 'off',
    now: () => Date.now() + passed,
    integration: {
      clientId: 'c0ffee00-0000-4000-8000-000000000001',
      clientSecret: 's3cr3t-of-the-integration',
      redirectUri: registered,
    },
  });
  undo.push(() => opened.close());
  return opened;
}

const auth = (more: object = {}) => ({
  kind: 'oauth',
  ...kommo.integration,
  authorizeUrl: `${kommo.origin}/oauth`,
  ...more,
});
function openOAuth(options: DeskOptions = {}, more: object = {}): Desk {
  const desk = openDesk(provisioningFor(kommo.origin, auth(more)), { openBrowser: allow(), ...options });
  undo.push(() => {
    desk.session.cancelSignIn();
    desk.remove();
  });
  return desk;
}
async function signedIn(options: DeskOptions = {}): Promise<Desk> {
  const desk = openOAuth(options);
  await desk.session.signInWithOAuth();
  expect(desk.session.status()).toMatchObject({ state: 'signed-in', account: 'Bayline Services' });
  return desk;
}

/** Chooses "Allow" and gives the address that the browser is then sent to. */
async function redirectOf(address: string, user = ana): Promise<string> {
  const url = new URL(address);
  const answer = await fetch(new URL('/oauth', url), {
    method: 'POST',
    redirect: 'manual',
    body: new URLSearchParams({ ...Object.fromEntries(url.searchParams), decision: 'allow', user: String(user) }),
  });
  return answer.headers.get('location') ?? '';
}
const allow =
  (user = ana) =>
  async (address: string) =>
    void (await fetch(await redirectOf(address, user)));
/** A browser that never comes back; what was opened is kept. */
function silentBrowser() {
  const opened: string[] = [];
  return { opened, openBrowser: (address: string) => Promise.resolve(void opened.push(address)) };
}
/** Time passes for everybody. */
function pass(desk: Desk, ms: number): void {
  passed += ms;
  desk.later(ms);
}
const refreshes = (of = kommo) =>
  of.requests.filter(({ body }) => (body as Record<string, string> | undefined)?.['grant_type'] === 'refresh_token');
const asked = async ({ session }: Desk) => {
  const client = session.client();
  if (client === null) throw new Error('nobody is signed in');
  return client.account();
};
const sentence = async (promise: Promise<unknown>) =>
  promise.then(
    () => 'no error',
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );

describe('a pasted code', () => {
  async function waiting(options: DeskOptions = {}) {
    const browser = silentBrowser();
    const desk = openOAuth({ openBrowser: browser.openBrowser, ...options });
    const signIn = sentence(desk.session.signInWithOAuth());
    await vi.waitFor(() => expect(browser.opened).toHaveLength(1));
    return { desk, signIn, address: browser.opened[0] ?? '' };
  }

  test('the bare code ends the wait; its twenty minutes run from the moment the browser was opened', async () => {
    const before = Date.now();
    const { desk, signIn } = await waiting();
    const { codeUntil } = desk.session.status();
    expect(codeUntil).toBeGreaterThanOrEqual(before + 20 * MINUTE);
    expect(codeUntil).toBeLessThanOrEqual(Date.now() + 20 * MINUTE);
    await desk.session.pasteCode(`  ${kommo.authority.issueCode(ana)}\n`);
    expect(await signIn).toBe('no error');
    expect(desk.session.status()).toMatchObject({ state: 'signed-in', codeUntil: null, reason: null });
  });

  test('the whole address of the page that the browser ended at', async () => {
    const { desk, signIn, address } = await waiting();
    await desk.session.pasteCode(await redirectOf(address));
    expect(await signIn).toBe('no error');
    expect(desk.session.status().state).toBe('signed-in');
  });

  test('without the browser: an administrator read the code out', async () => {
    const desk = openOAuth();
    await desk.session.pasteCode(kommo.authority.issueCode(ana));
    expect(desk.session.status()).toMatchObject({ state: 'signed-in', user: `User ${ana}` });
  });

  test('each failure is its own sentence, and the sign-in goes on waiting for a better code', async () => {
    const { desk, signIn, address } = await waiting();
    const paste = (text: string) => sentence(desk.session.pasteCode(text));
    const used = kommo.authority.issueCode(ana);
    kommo.authority.exchange({ ...exchangeBody(), code: used });
    const late = kommo.authority.issueCode(ana);
    passed += 20 * MINUTE;
    const redirect = new URL(await redirectOf(address));
    const foreign = new URL(redirect);
    foreign.searchParams.set('state', 'of-another');
    const elsewhere = new URL(redirect);
    elsewhere.searchParams.set('referer', 'other.example');

    const said = [
      await paste(late),
      await paste(used),
      await paste(kommo.authority.issueCode(ana, true)),
      await paste(`def50200${'ab'.repeat(40)}`),
      await paste('hello there'),
      await paste(`${redirectUri}?page=1`),
      await paste(foreign.href),
      await paste(elsewhere.href),
      await paste(`${redirectUri}?error=access_denied&state=${redirect.searchParams.get('state')}`),
    ];
    expect(said).toMatchInlineSnapshot(`
      [
        "This code is more than twenty minutes old, and Kommo no longer takes it. Start the sign-in again.",
        "This code was used already; each code works once. Start the sign-in again.",
        "This code is for another Kommo account. Choose your account when you allow Ringside.",
        "This code is from another integration, or a part of it is missing. Copy it whole, from the integration that Ringside was set up with.",
        "That is not a code from Kommo. Copy the whole address from the browser, or the whole code, and paste it again.",
        "That is not a code from Kommo. Copy the whole address from the browser, or the whole code, and paste it again.",
        "The answer from Kommo belongs to another sign-in. Start the sign-in again from Ringside.",
        "The answer names a host that is not Kommo (other.example). Nothing was sent to it.",
        "Kommo was told not to let Ringside in. Sign in again and choose "Allow".",
      ]
    `);
    expect(new Set(said).size).toBe(said.length - 1);
    expect(desk.session.status().state).toBe('signing-in');
    await desk.session.pasteCode(redirect.href);
    expect(await signIn).toBe('no error');
  });

  test.each([
    [{ clientId: 'other' }, /does not know this integration/],
    [{ clientSecret: 'wrong' }, /does not take this integration's secret/],
  ])('set up with %j', async (more, expected) => {
    const desk = openOAuth({}, more);
    expect(await sentence(desk.session.pasteCode(kommo.authority.issueCode(ana)))).toMatch(expected);
  });

  test('a redirect address that is not the registered one is named, byte for byte', async () => {
    const desk = openOAuth({}, { redirectUri: `${redirectUri}/` });
    expect(await sentence(desk.session.pasteCode(kommo.authority.issueCode(ana)))).toContain(
      `register exactly ${redirectUri}/ there`,
    );
  });

  test('a busy port is said, with the way that still works; the other program gets nothing from us', async () => {
    const heard: string[] = [];
    const other = http.createServer((request, response) => {
      heard.push(request.url ?? '');
      response.end('somebody else');
    });
    other.listen(Number(new URL(redirectUri).port), '127.0.0.1');
    await once(other, 'listening');
    undo.push(() => other.close());
    const { desk, signIn, address } = await waiting();
    expect(desk.session.status()).toMatchObject({
      state: 'signing-in',
      reason: saying(/^Another program uses port \d+.*copy the address .* and paste it here\.$/),
    });
    const redirect = await redirectOf(address);
    expect(await (await fetch(redirect)).text()).toBe('somebody else');
    await desk.session.pasteCode(redirect);
    expect(await signIn).toBe('no error');
    expect(desk.session.status()).toMatchObject({ state: 'signed-in', reason: null });
    expect(heard).toHaveLength(1);
  });

  test('a registered https page: nothing listens here, the address is pasted', async () => {
    const page = 'https://acme.example/kommo';
    kommo = await openAccount(() => {}, page);
    const { desk, signIn, address } = await waiting();
    expect(desk.session.status()).toMatchObject({ state: 'signing-in', reason: null });
    const redirect = await redirectOf(address);
    expect(redirect).toMatch(/^https:\/\/acme\.example\/kommo\?code=/);
    await desk.session.pasteCode(redirect);
    expect(await signIn).toBe('no error');
    expect(desk.session.status().state).toBe('signed-in');
  });

  test('after twenty minutes nothing is waited for any more', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const { desk, signIn } = await waiting();
      vi.advanceTimersByTime(20 * MINUTE);
      expect(await signIn).toMatch(/more than twenty minutes/);
      expect(desk.session.status()).toMatchObject({ state: 'signed-out', codeUntil: null });
    } finally {
      vi.useRealTimers();
    }
  });

  test('cancelled while Kommo was asked: the code does not sign in after all', async () => {
    const { desk, signIn } = await waiting();
    kommo.latencyMs = 100;
    const pasted = sentence(desk.session.pasteCode(kommo.authority.issueCode(ana)));
    await kommo.waitForRequest(({ path }) => path === '/oauth2/access_token');
    desk.session.cancelSignIn();
    expect(await signIn).toBe('The sign-in was cancelled.');
    expect(await pasted).toBe('The sign-in was cancelled.');
    expect(desk.session.status().state).toBe('signed-out');
  });
});

const exchangeBody = () => ({
  client_id: kommo.integration.clientId,
  client_secret: kommo.integration.clientSecret,
  redirect_uri: redirectUri,
  grant_type: 'authorization_code',
});

describe("Kommo's clock counts, not ours", () => {
  test.each([-30 * HOUR, -HOUR, 0, HOUR, 30 * HOUR])('a clock that is %i ms ahead', async (clockAhead) => {
    const desk = await signedIn({ clockAhead });
    for (let hour = 0; hour < 23; hour += 1) {
      await asked(desk);
      desk.beat();
      pass(desk, HOUR);
    }
    expect(refreshes()).toHaveLength(0);
    pass(desk, 55 * MINUTE);
    // Ahead of its end, and nobody waits for it.
    desk.beat();
    await vi.waitFor(() => expect(refreshes()[0]?.status).toBe(200));
    await asked(desk);
    expect(refreshes()).toHaveLength(1);
    expect(desk.session.status().state).toBe('signed-in');
  });

  test('a clock that jumps neither signs out nor refreshes', async () => {
    const desk = await signedIn();
    for (const ahead of [26 * HOUR, -26 * HOUR, 3000 * HOUR, -3000 * HOUR, 0]) {
      desk.setClock(ahead);
      desk.beat();
      await asked(desk);
    }
    expect(refreshes()).toHaveLength(0);
    expect(desk.session.status().state).toBe('signed-in');
  });

  test('a clock that was set while Ringside was off: one refresh at most', async () => {
    const desk = await signedIn();
    desk.setClock(26 * HOUR);
    const again = desk.restart();
    for (let i = 0; i < 5; i += 1) await asked(again);
    expect(refreshes().length).toBeLessThanOrEqual(1);
    desk.setClock(-26 * HOUR);
    const third = again.restart();
    const before = refreshes().length;
    for (let i = 0; i < 5; i += 1) await asked(third);
    expect(refreshes().length - before).toBeLessThanOrEqual(1);
    expect(third.session.status().state).toBe('signed-in');
  });

  test('answers whose date is nonsense cause no loop', async () => {
    const desk = await signedIn({
      fetch: async (url, init) => {
        const response = await fetch(url, init);
        const text = await response.text();
        const date = new Date(Date.now() + 48 * HOUR).toUTCString();
        return {
          status: response.status,
          headers: { get: (name) => (name === 'date' ? date : response.headers.get(name)) },
          text: () => Promise.resolve(text),
        };
      },
    });
    for (let i = 0; i < 20; i += 1) await asked(desk);
    expect(refreshes().length).toBeLessThanOrEqual(1);
  });

  test('an early refresh that fails is not tried with every request', async () => {
    const desk = await signedIn();
    pass(desk, 24 * HOUR - 5 * MINUTE);
    kommo.fail({ match: ({ path }) => path === '/oauth2/access_token', answer: '500' });
    for (let i = 0; i < 20; i += 1) {
      await asked(desk);
      await vi.waitFor(() => expect(refreshes().every(({ status }) => status !== null)).toBe(true));
    }
    expect(refreshes()).toHaveLength(1);
    pass(desk, 2 * MINUTE);
    await asked(desk);
    await vi.waitFor(() => expect(refreshes()).toHaveLength(2));
    expect(desk.session.status().state).toBe('signed-in');
  });
});

describe('refreshing', () => {
  test('a hundred requests that wait: one refresh, on disk before its first use', async () => {
    let vault: Desk['vault'] | null = null;
    const onDisk: boolean[] = [];
    const desk = await signedIn({
      fetch: (url, init) => {
        const token = /^Bearer (.+)$/.exec(init.headers['authorization'] ?? '')?.[1];
        if (token !== undefined && vault !== null)
          onDisk.push(JSON.stringify(vault.get('tokens', v.unknown())).includes(token));
        return fetch(url, init);
      },
    });
    vault = desk.vault;
    pass(desk, 25 * HOUR);
    await Promise.all(Array.from({ length: 100 }, () => asked(desk)));
    expect(refreshes()).toHaveLength(1);
    expect(onDisk.length).toBeGreaterThanOrEqual(100);
    expect(onDisk).not.toContain(false);
  });

  test.each(['network', 'garbage', 'empty'] as const)(
    'its answer is lost (%s): the old token still works once more',
    async (answer) => {
      const desk = await signedIn();
      pass(desk, 25 * HOUR);
      kommo.fail({ match: ({ path }) => path === '/oauth2/access_token', answer, times: 1, afterEffect: true });
      expect(await asked(desk)).toMatchObject({ current_user_id: ana });
      expect(refreshes()).toHaveLength(2);
      expect(desk.session.status().state).toBe('signed-in');
    },
  );

  test('its answer is lost and Kommo takes refresh tokens once: signed out, and the sentence says how it came', async () => {
    const desk = await signedIn();
    kommo.authority.rotation = 'at-once';
    pass(desk, 25 * HOUR);
    kommo.fail({
      match: ({ path }) => path === '/oauth2/access_token',
      answer: 'network',
      times: 1,
      afterEffect: true,
    });
    await expect(asked(desk)).rejects.toMatchObject({ kind: 'unauthorized' });
    expect(desk.session.status()).toMatchObject({
      state: 'signed-out',
      reason:
        'The connection broke while Kommo renewed this sign-in, and Kommo does not take the old one any more. Sign in again. Calls that wait for Kommo are kept.',
    });
  });

  test('an account that is not paid stays signed in: it may be paid again', async () => {
    let paid = false;
    const unpaid = openDesk(provisioningFor(kommo.origin, auth()), {
      fetch: (url, init) =>
        !paid && url.endsWith('/access_token') && init.body?.includes('refresh_token"') === true
          ? Promise.resolve(new Response('{"title":"Payment Required"}', { status: 402 }))
          : fetch(url, init),
    });
    undo.push(() => unpaid.remove());
    await unpaid.session.pasteCode(kommo.authority.issueCode(ana));
    pass(unpaid, 25 * HOUR);
    await expect(asked(unpaid)).rejects.toMatchObject({ kind: 'unpaid' });
    expect(unpaid.session.status().state).toBe('signed-in');
    paid = true;
    expect(await asked(unpaid)).toMatchObject({ current_user_id: ana });
  });

  test.each(['at-once', 'when-new-pair-is-used'] as const)('a week of refreshes with rotation %s', async (rotation) => {
    const desk = await signedIn();
    kommo.authority.rotation = rotation;
    for (let day = 1; day <= 7; day += 1) {
      pass(desk, 25 * HOUR);
      await asked(desk);
      expect(refreshes()).toHaveLength(day);
    }
  });

  test('a disk that takes nothing: the new pair is used all the same, it is said, and written later', async () => {
    const desk = await signedIn();
    const set = desk.vault.set.bind(desk.vault);
    desk.vault.set = () => {
      throw new Error('ENOSPC');
    };
    pass(desk, 25 * HOUR);
    await asked(desk);
    expect(desk.session.status()).toMatchObject({
      state: 'signed-in',
      reason: saying(/could not be written to disk/),
    });
    desk.vault.set = set;
    desk.beat();
    expect(desk.session.status().reason).toBeNull();
    const again = desk.restart();
    await asked(again);
    expect(refreshes()).toHaveLength(1);
  });
});

describe('the same account on two computers', () => {
  test('each has tokens of its own', async () => {
    const [here, there] = [await signedIn(), await signedIn()];
    for (let day = 0; day < 3; day += 1) {
      passed += 25 * HOUR;
      here.later(25 * HOUR);
      there.later(25 * HOUR);
      await asked(here);
      await asked(there);
    }
    expect([here.session.status().state, there.session.status().state]).toEqual(['signed-in', 'signed-in']);
  });

  test('where Kommo ends ours for it, the sentence says what may have happened', async () => {
    const here = await signedIn();
    kommo.authority.revokeAll();
    await signedIn();
    await sentence(asked(here));
    expect(english(here.session.status().reason)).toMatch(
      /signed in as you on another computer.*Calls that wait for Kommo are kept/,
    );
  });
});

describe('another account', () => {
  const second = () =>
    openAccount((data) => {
      Object.assign(data.account, { id: 990_001, name: 'Harbour Street' });
    });

  test('is asked about before anything is changed, and taken only when the agent says so', async () => {
    const desk = await signedIn();
    const other = await second();
    await desk.session.signInWithToken(other.origin, other.longLivedToken(ana));
    expect(desk.session.status()).toMatchObject({
      account: 'Bayline Services',
      host: new URL(kommo.origin).host,
      offered: { account: 'Harbour Street', before: 'Bayline Services' },
    });
    expect(await asked(desk)).toMatchObject({ name: 'Bayline Services' });
    expect(desk.said).toEqual([]);

    desk.session.cancelSignIn();
    expect(desk.session.status()).toMatchObject({ account: 'Bayline Services', offered: null });
    desk.session.changeAccount();
    expect(desk.session.status()).toMatchObject({ account: 'Bayline Services' });

    await desk.session.signInWithToken(other.origin, other.longLivedToken(ana));
    desk.session.changeAccount();
    expect(desk.session.status()).toMatchObject({ state: 'signed-in', account: 'Harbour Street', offered: null });
    expect(desk.said).toEqual(['Bayline Services -> Harbour Street']);
  });

  test('by a code at the same address, after a sign-out', async () => {
    const desk = await signedIn();
    desk.session.signOut();
    Object.assign(kommo.data.account, { id: 990_002, name: 'Somebody Else' });
    await desk.session.signInWithOAuth();
    expect(desk.session.status()).toMatchObject({
      state: 'signed-out',
      offered: { account: 'Somebody Else', before: 'Bayline Services' },
    });
    expect(desk.restart().session.status()).toMatchObject({ state: 'signed-out' });
    desk.session.changeAccount();
    expect(desk.session.status()).toMatchObject({ state: 'signed-in', account: 'Somebody Else' });
    expect(desk.restart().session.status()).toMatchObject({ state: 'signed-in', account: 'Somebody Else' });
  });

  test('the same account again is not asked about', async () => {
    const desk = await signedIn();
    desk.session.signOut();
    await desk.session.signInWithOAuth();
    expect(desk.session.status()).toMatchObject({ state: 'signed-in', offered: null });
    expect(desk.said).toEqual([]);
  });

  test('by a provisioning file with a token: said as soon as it is known', async () => {
    const desk = await signedIn();
    const other = await second();
    desk.settings.provision(provisioningFor(other.origin, { kind: 'token', accessToken: other.longLivedToken(ana) }));
    desk.session.reload();
    expect(desk.session.user()).toBeNull();
    await desk.session.identify();
    expect(desk.said).toEqual(['Bayline Services -> Harbour Street']);
  });
});

describe('a renamed account', () => {
  const renamed = () => `localhost:${new URL(kommo.origin).port}`;

  test('is followed: tokens, cards and what is kept have the new address, requests under way too', async () => {
    const desk = await signedIn();
    kommo.authority.rename(renamed());
    expect(await asked(desk)).toMatchObject({ current_user_id: ana });
    expect(desk.session.origin()).toBe(`http://${renamed()}`);
    expect(desk.session.status()).toMatchObject({ state: 'signed-in', host: renamed(), account: 'Bayline Services' });
    expect(desk.said).toEqual([`moved to http://${renamed()}`]);
    const again = desk.restart();
    expect(again.session.status()).toMatchObject({ state: 'signed-in', host: renamed() });
    expect(await asked(again)).toMatchObject({ current_user_id: ana });
    // The file that names the old address is given again at every start.
    again.settings.provision(provisioningFor(kommo.origin, auth()));
    again.session.reload();
    expect(again.session.status()).toMatchObject({ state: 'signed-in', host: renamed() });
  });

  test('the old address is not there at all', async () => {
    let away = false;
    const desk = await signedIn({
      fetch: (url, init) =>
        away && url.startsWith(kommo.origin) && !url.includes('/oauth2/account/')
          ? Promise.reject(new Error('ENOTFOUND'))
          : fetch(url, init),
    });
    kommo.authority.rename(renamed());
    away = true;
    pass(desk, 25 * HOUR);
    expect(await asked(desk)).toMatchObject({ current_user_id: ana });
    expect(desk.session.origin()).toBe(`http://${renamed()}`);
  });

  test('an integration that was turned off is no renaming', async () => {
    const desk = await signedIn();
    kommo.authority.revokeAll();
    await expect(asked(desk)).rejects.toMatchObject({ kind: 'unauthorized' });
    expect(desk.session.origin()).toBe(kommo.origin);
    expect(desk.session.status().state).toBe('signed-out');
  });

  test('another account that says it is ours is not followed', async () => {
    const desk = await signedIn();
    Object.assign(kommo.data.account, { id: 990_003 });
    kommo.authority.rename(renamed());
    await expect(asked(desk)).rejects.toMatchObject({ kind: 'unauthorized' });
    expect(desk.session.origin()).toBe(kommo.origin);
  });
});

describe('until when', () => {
  test('a long-lived token says when it ends, for display', async () => {
    const desk = openDesk(provisioningFor(kommo.origin, { kind: 'token', accessToken: kommo.longLivedToken(ana) }));
    undo.push(() => desk.remove());
    await desk.session.identify();
    const years = ((desk.session.status().endsAt ?? 0) - Date.now()) / (365 * 24 * HOUR);
    expect(years).toBeCloseTo(5, 1);
  });

  test('one that has come to its end says so', async () => {
    const desk = openDesk(provisioningFor(kommo.origin, { kind: 'token', accessToken: kommo.longLivedToken(ana) }));
    undo.push(() => desk.remove());
    await desk.session.identify();
    pass(desk, 5 * 365 * 24 * HOUR + HOUR);
    await expect(asked(desk)).rejects.toMatchObject({ kind: 'unauthorized' });
    expect(english(desk.session.status().reason)).toMatch(/^The long-lived token has come to its end\./);
  });

  test('OAuth stays by itself', async () => {
    const desk = await signedIn();
    expect(desk.session.status().endsAt).toBeNull();
  });
});
