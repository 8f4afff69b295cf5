/** Signing in to Kommo as an agent does: in the system's browser, or with a token; and where the secrets then are. */
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { agents, people } from '../../sandbox/kommo/index.ts';
import { AGENT } from '../../sandbox/story/office.ts';
import { launchKommoTab, type KommoTab } from './support/kommo-tab.ts';
import { announcements, happened, incoming, openTestOffice, type TestOffice } from './support/office.ts';
import { familyOf, ofProcess } from './support/process-tree.ts';
import type { Ringside } from './support/ringside.ts';

const INTEGRATION = { clientId: '6a1f0c52-0000-4f0e-9b7e-2f5d8a4b9c10', clientSecret: 'secret-of-this-integration' };

/** A port that nobody has, and that stays ours to hand out. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

let office: TestOffice;
let redirectUri: string;
let browser: KommoTab;
let ringside: Ringside | null = null;
beforeAll(async () => {
  redirectUri = `http://127.0.0.1:${await freePort()}/oauth/callback`;
  office = await openTestOffice({ keyring: true, kommo: { integration: { ...INTEGRATION, redirectUri } } });
  browser = await launchKommoTab({ kommoOrigin: office.kommo.origin, path: '/dashboard' });
});
afterEach(async () => {
  await ringside?.close();
  ringside = null;
});
afterAll(async () => {
  await browser?.close();
  await office?.close();
});

async function start(auth: Record<string, unknown>, keyring = true): Promise<Page> {
  ringside = await office.start({
    provision: { ...office.provisioning, kommo: { baseUrl: office.kommo.origin, auth } },
    args: keyring ? ['--password-store=gnome-libsecret'] : ['--password-store=basic'],
  });
  await ringside.waitForTimeline('phone.registered');
  return ringside.page('panel');
}
const oauth = () => ({ kind: 'oauth', ...INTEGRATION, redirectUri, authorizeUrl: `${office.kommo.origin}/oauth` });
const token = (accessToken: string) => ({ kind: 'token', accessToken });

/** Presses the button and follows the program into the browser. */
async function toConsent(panel: Page): Promise<URL> {
  const before = office.desktop.openedUrls().length;
  await panel.getByRole('button', { name: 'Sign in with Kommo' }).click();
  const address = new URL(
    await office.desktop.waitForOpenedUrl((url) => office.desktop.openedUrls().indexOf(url) >= before),
  );
  expect(address.origin + address.pathname).toBe(`${office.kommo.origin}/oauth`);
  expect(address.searchParams.get('client_id')).toBe(INTEGRATION.clientId);
  expect(address.href).not.toContain(INTEGRATION.clientSecret);
  await panel.getByText('Finish in your browser').waitFor();
  await browser.page.goto(address.href);
  return address;
}
/** Chooses a user on Kommo's page and answers it. */
async function answer(decision: 'Allow' | 'Deny', user: { id: number } = agents.mariaKeller): Promise<void> {
  await browser.page.getByLabel('Sign in as').selectOption(String(user.id));
  await browser.page.getByRole('button', { name: decision, exact: true }).click();
}
const signedIn = (panel: Page) => panel.getByRole('button', { name: /^Kommo.*Signed in/ }).waitFor();

/** Every file of the profile that holds one of these texts, as it is or in Base64. */
function filesWith(profile: string, secrets: readonly string[]): string[] {
  const forms = secrets.flatMap((secret) => [secret, Buffer.from(secret).toString('base64').replace(/=+$/, '')]);
  return readdirSync(profile, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => {
      const content = readFileSync(file).toString('latin1');
      return forms.some((form) => content.includes(form));
    });
}

describe('through the browser', () => {
  test('a denied, a foreign and then an allowed answer: each is told, and the last one signs in', async () => {
    const panel = await start(oauth());
    await toConsent(panel);
    await answer('Deny');
    await browser.page.getByText('Kommo was told not to let Ringside in.').waitFor();
    await panel.getByText('Kommo was told not to let Ringside in. Sign in again and choose "Allow".').first().waitFor();

    const address = await toConsent(panel);
    // Any page can make the browser open this address: it must not end the sign-in of the agent.
    const forged = new URL(redirectUri);
    forged.search = new URLSearchParams({
      code: 'forged',
      state: 'of-somebody-else',
      referer: new URL(office.kommo.origin).host,
    }).toString();
    const foreign = await browser.context.newPage();
    await foreign.goto(forged.href);
    await foreign.getByText('belongs to another sign-in').waitFor();
    await foreign.close();
    expect(office.kommo.requests.filter(({ path }) => path === '/oauth2/access_token')).toEqual([]);

    const exchange = vi.spyOn(office.kommo.authority, 'exchange');
    await browser.page.goto(address.href);
    await answer('Allow');
    await browser.page.getByRole('heading', { name: 'Signed in' }).waitFor();
    await signedIn(panel);
    await panel.getByRole('button', { name: /^Kommo/ }).click();
    await panel.getByText(agents.mariaKeller.name, { exact: true }).waitFor();

    // As whom: the call is announced to that user alone.
    if (ringside === null) throw new Error('not started');
    const { placed, id, becomes } = await incoming(
      office,
      ringside,
      { user: people.marcusWebb.phone },
      { kind: 'talk' },
    );
    await becomes(({ summary }) => summary === people.marcusWebb.name);
    placed.cancel();
    await happened(ringside, id, 'journal.written');
    expect(announcements(office, people.marcusWebb.phone).map(({ body }) => body)).toEqual([
      { add: [{ type: 'phone_call', phone_number: people.marcusWebb.phone, users: [agents.mariaKeller.id] }] },
    ]);

    const grants = exchange.mock.results.flatMap(({ type, value }) =>
      type === 'return' && value.ok ? [value.pair] : [],
    );
    exchange.mockRestore();
    const bearer = office.kommo.requests.findLast(({ path }) => path === '/api/v2/events')?.headers['authorization'];
    const accessToken = bearer?.replace('Bearer ', '') ?? '';
    expect(grants.map(({ access_token }) => access_token)).toEqual([accessToken]);
    expect(accessToken.length).toBeGreaterThan(40);
    const refreshTokens = grants.map(({ refresh_token }) => refresh_token);
    const secrets = [accessToken, ...refreshTokens, INTEGRATION.clientSecret, AGENT.password];
    expect(filesWith(ringside.profile, secrets)).toEqual([]);
    const places = familyOf(ringside.pid).flatMap((pid) => [ofProcess(pid, 'cmdline'), ofProcess(pid, 'environ')]);
    expect(places.length).toBeGreaterThan(6);
    for (const place of [...places, ringside.output()])
      expect(secrets.filter((secret) => place.includes(secret))).toEqual([]);
    await expect(panel.getByText(/no safe place for passwords/).count()).resolves.toBe(0);
  });

  test('with the port of the answer taken says which, and takes the code by hand', async () => {
    const taken = createServer().listen(Number(new URL(redirectUri).port), '127.0.0.1');
    await once(taken, 'listening');
    try {
      const panel = await start(oauth());
      const before = office.kommo.requests.length;
      // The sign-in goes on all the same: the browser opens, and the code can be pasted.
      await toConsent(panel);
      await panel
        .getByText(
          `Another program uses port ${new URL(redirectUri).port}, where Kommo's answer must arrive. ` +
            'Choose "Allow" in the browser all the same, then copy the address of the page you end at and paste it here.',
        )
        .first()
        .waitFor();
      expect(office.kommo.requests.slice(before).filter(({ path }) => path === '/oauth2/access_token')).toEqual([]);
      await panel.getByLabel('Code from Kommo').fill(office.kommo.authority.issueCode(agents.mariaKeller.id));
      await panel.getByRole('button', { name: 'Use this code' }).click();
      await signedIn(panel);
      const grants = office.kommo.requests.slice(before).filter(({ path }) => path === '/oauth2/access_token');
      expect(
        grants.map(({ status }) => status),
        'one code, one exchange',
      ).toEqual([200]);
    } finally {
      taken.close();
    }
  });
});

describe('with a long-lived token', () => {
  test('a bad one is refused in a sentence, a good one signs in, and neither is on the disk in plain text', async () => {
    const panel = await start(token('not-a-token-of-this-account'));
    await panel.getByText('Kommo does not accept the access token any more. Sign in with a new one.').first().waitFor();
    const form = panel.getByRole('region', { name: 'Sign in to Kommo' });
    await form.getByLabel('Long-lived token').fill('another-that-is-none-of-theirs');
    await form.getByRole('button', { name: 'Sign in', exact: true }).click();
    await form.getByText(/Kommo does not accept this token\. Copy it again/).waitFor();
    const good = office.kommo.longLivedToken(agents.mariaKeller.id);
    await form.getByLabel('Kommo address').fill('not an address');
    await form.getByLabel('Long-lived token').fill(good);
    await form.getByLabel('Long-lived token').press('Enter');
    await form.getByText(/That is not the address of a Kommo account/).waitFor();
    await form.getByLabel('Kommo address').fill(office.kommo.origin);
    await form.getByLabel('Long-lived token').press('Enter');
    await signedIn(panel);
    expect(filesWith(ringside?.profile ?? '', [good, AGENT.password])).toEqual([]);
  });

  test('on a system without a safe place it says so plainly', async () => {
    const good = office.kommo.longLivedToken(agents.mariaKeller.id);
    const panel = await start(token(good), false);
    await panel.getByText(/This system has no safe place for passwords/).waitFor();
    await signedIn(panel);
    // The other tests' search would find it if it were there.
    expect(filesWith(ringside?.profile ?? '', [good])).toEqual([join(ringside?.profile ?? '', 'vault.json')]);
  });
});
