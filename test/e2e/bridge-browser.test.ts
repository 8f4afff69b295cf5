/** The bridge's rules in real Chromium: its permission for local connections, and the second way where no socket opens. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { chromium, type Browser, type BrowserContext, type Page, type Route } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { BridgeCall } from '../../app/bridge/protocol.ts';
import type { CompletedCall } from '../../app/calls/completed-call.ts';
import { parseOrigin, type KommoOrigin } from '../../app/kommo/address.ts';
import { createBridge, type Bridge } from '../../main/bridge/bridge.ts';
import type { PairedBrowser } from '../../main/bridge/paired-browser.ts';
import { startDesktop as startScreen } from '../../sandbox/desktop/desktop.ts';
import { runProgram } from '../../sandbox/desktop/daemon.ts';
import { openKommo, people, type Kommo } from '../../sandbox/kommo/index.ts';
import { openPermissionPage, type PermissionPage } from './support/permission-page.ts';
import { ANA, buildWidget, COMPLETED, RINGING } from './support/widget-world.ts';
import { readSentence } from '../../app/texts/kept-sentence.ts';
import { inEnglish } from '../../app/texts/worded.ts';

const CHROMIUM = { executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] };
const QUIET: BridgeCall = { ...RINGING, can: [], popped: false };

let widget: Awaited<ReturnType<typeof buildWidget>>;
let bridge: Bridge;
let kept: PairedBrowser[];
let log: [string, Record<string, unknown>][];

beforeAll(async () => {
  widget = await buildWidget();
});
afterAll(() => widget.remove());
beforeEach(() => {
  kept = [];
  log = [];
});

async function startDesktop(origin: KommoOrigin | null): Promise<void> {
  bridge = createBridge({
    origin: () => origin,
    user: () => ({ id: ANA }),
    browsers: {
      load: () => kept,
      save: (browsers) => {
        kept = browsers;
      },
    },
    now: Date.now,
    log: (event, details) => log.push([event, details]),
    onState: () => undefined,
    asked: () => null,
    extensions: () => undefined,
  });
  await bridge.start();
  expect(bridge.state().port, 'a free port of the bridge').not.toBeNull();
}

const card = (page: Page) => page.locator('#ringside-widget .card');
const phase = (page: Page, name: string) => page.locator(`#ringside-widget .card[data-phase="${name}"]`).waitFor();
async function pair(page: Page): Promise<void> {
  bridge.newPairingCode();
  await page.getByLabel('Pairing code').fill(bridge.state().pairing?.code ?? '');
  await page.getByRole('button', { name: 'Pair', exact: true }).click();
}
const delivered = (call: CompletedCall) =>
  vi.waitFor(async () => expect(await bridge.deliver(call)).toBe('shown'), { timeout: 30_000, interval: 50 });

type SetPermission = (setting: 'granted' | 'denied' | 'prompt') => Promise<unknown>;

/** What the agent has answered to the browser's question, for pages of this origin. */
async function permissionOf(browser: Browser, page: Page, origin: string): Promise<SetPermission> {
  const session = await page.context().newCDPSession(page);
  const { targetInfo } = await session.send('Target.getTargetInfo');
  const { browserContextId } = targetInfo;
  const whole = await browser.newBrowserCDPSession();
  const about = { origin, ...(browserContextId === undefined ? {} : { browserContextId }) };
  return (setting) =>
    whole.send('Browser.setPermission', { permission: { name: 'loopback-network' }, setting, ...about });
}

describe('the permission for local connections, with the check on', () => {
  let site: PermissionPage;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let requests: string[];
  let setPermission: SetPermission;

  beforeEach(async () => {
    site = await openPermissionPage(join(widget.widgetDir, 'script.js'), ANA);
    await startDesktop(site.origin);
    browser = await chromium.launch({ ...CHROMIUM, args: [...CHROMIUM.args, ...site.switches] });
    context = await browser.newContext({ viewport: { width: 640, height: 480 } });
    page = await context.newPage();
    requests = [];
    page.on('request', (request) => requests.push(new URL(request.url()).port));
    setPermission = await permissionOf(browser, page, site.origin);
  });
  afterEach(async () => {
    await browser.close();
    await bridge.stop();
    await site.close();
  });

  test('the check is on: without the permission this very browser keeps the page from the bridge', async () => {
    await setPermission('denied');
    await page.goto(site.origin);
    await phase(page, 'denied');
    const refused = await page.evaluate(async (port) => {
      const socket = new WebSocket(`ws://127.0.0.1:${port}/bridge`);
      const opened = await new Promise((resolve) => {
        socket.addEventListener('open', () => resolve(true));
        socket.addEventListener('error', () => resolve(false));
      });
      const fetched = await fetch(`http://127.0.0.1:${port}/health`).then(
        () => true,
        () => false,
      );
      return { opened, fetched };
    }, bridge.state().port);
    expect(refused).toEqual({ opened: false, fetched: false });
    await setPermission('granted');
    await phase(page, 'unpaired');
    await pair(page);
    await phase(page, 'connected');
  });

  test('granted: paired and connected by a socket, without a word about permissions', async () => {
    await setPermission('granted');
    await page.goto(site.origin);
    await phase(page, 'unpaired');
    await pair(page);
    await phase(page, 'connected');
    expect(kept).toHaveLength(1);
    expect(inEnglish(readSentence(kept[0]?.name ?? ''))).toMatch(/^Chrome \d+ on Linux$/);
  });

  test('refused: told apart from a program that does not run, and the way back is heard of', async () => {
    await setPermission('granted');
    await page.goto(site.origin);
    await pair(page);
    await phase(page, 'connected');
    await setPermission('denied');
    await page.reload();
    await phase(page, 'denied');
    // Nothing is tried while it is refused.
    const before = requests.length;
    await card(page).getByRole('button', { name: 'Connect', exact: true }).click();
    await phase(page, 'denied');
    expect(requests.slice(before)).toEqual([]);
    await setPermission('granted');
    await phase(page, 'connected');
    await bridge.stop();
    await phase(page, 'lost');
    await startDesktop(site.origin);
    await phase(page, 'connected');
  });

  test('closed without an answer: nothing more is asked until the next click', async () => {
    await setPermission('granted');
    await page.goto(site.origin);
    await pair(page);
    await phase(page, 'connected');
    // With `prompt`, a browser without a window closes its question at once.
    await setPermission('prompt');
    await page.reload();
    await phase(page, 'asking');
    const own = new URL(site.origin).port;
    const asked = () => requests.filter((port) => port !== own).length;
    const before = asked();
    await card(page).getByRole('button', { name: 'Connect', exact: true }).click();
    await vi.waitFor(() => expect(asked()).toBeGreaterThan(before));
    await phase(page, 'asking');
    const after = asked();
    // One look at each port at the most, and no second question by a script.
    expect(after - before).toBeLessThanOrEqual(4);
    await setPermission('granted');
    await phase(page, 'connected');
  });
});

test('a question that a person closes, in a browser with a window, is seen for what it is', async () => {
  const site = await openPermissionPage(join(widget.widgetDir, 'script.js'), ANA);
  const screen = await startScreen({ daemon: 'recording' });
  const env = Object.fromEntries(
    Object.entries(screen.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  const browser = await chromium.launch({
    ...CHROMIUM,
    headless: false,
    env,
    args: [...CHROMIUM.args, '--no-first-run', ...site.switches],
  });
  try {
    await startDesktop(site.origin);
    const page = await (await browser.newContext()).newPage();
    await page.goto(site.origin);
    await phase(page, 'unpaired');
    // Nothing is set here: the browser asks as it asks an agent.
    const clicked = performance.now();
    await pair(page);
    await vi.waitFor(() => expect(performance.now() - clicked).toBeGreaterThan(1500), { timeout: 5000 });
    // The question is up: nothing else takes so long, and the quickest reader does.
    await phase(page, 'connecting');
    await vi.waitFor(
      async () => {
        await runProgram('xdotool', ['key', 'Escape'], { env });
        expect(await card(page).getAttribute('data-phase')).toBe('unpaired');
      },
      { timeout: 40_000, interval: 500 },
    );
    await page.getByText('The browser’s question was closed without an answer.').waitFor();
    expect(kept).toEqual([]);

    // And the agent allows it in the end.
    await (
      await permissionOf(browser, page, site.origin)
    )('granted');
    await pair(page);
    await phase(page, 'connected');
  } finally {
    await browser.close();
    await bridge.stop();
    await screen.close();
    await site.close();
  }
});

describe('where no socket can be opened', () => {
  let kommo: Kommo;
  let browser: Browser;
  let context: BrowserContext;

  beforeEach(async () => {
    kommo = await openKommo({ widgetDir: widget.widgetDir });
    await startDesktop(parseOrigin(kommo.origin));
    browser = await chromium.launch(CHROMIUM);
    context = await browser.newContext({ viewport: { width: 1180, height: 760 } });
  });
  afterEach(async () => {
    await browser.close();
    await bridge.stop();
    await kommo.close();
  });

  /** What stands between is the browser's own policy: it lets the page load scripts and open no connection. */
  const closeOff = (policy: string) => async (route: Route) => {
    const response = await route.fetch();
    await route.fulfill({ response, headers: { ...response.headers(), 'content-security-policy': policy } });
  };
  async function openPage(policy: string): Promise<Page> {
    const page = await context.newPage();
    // A page that the test has touched counts as one from outside.
    await (
      await permissionOf(browser, page, kommo.origin)
    )('granted');
    await page.route(
      (url) => url.origin === kommo.origin && !url.pathname.includes('.') && !url.pathname.startsWith('/ajax'),
      closeOff(policy),
    );
    await page.goto(kommo.origin);
    await card(page).waitFor();
    return page;
  }

  test.each([
    ['neither socket nor fetch', "connect-src 'self'"],
    ['no socket', "connect-src 'self' http://127.0.0.1:*"],
  ])('%s: it pairs, shows what rings and records what is over, once, by polls', async (_, policy) => {
    const page = await openPage(policy);
    const sockets: string[] = [];
    page.on('websocket', (socket) => sockets.push(socket.url()));
    const urls: string[] = [];
    page.on('request', (request) => urls.push(request.url()));
    await phase(page, 'unpaired');
    await pair(page);
    await phase(page, 'connected');
    await vi.waitFor(() => expect(bridge.state()).toMatchObject({ state: 'connected', tabs: 1 }));
    bridge.showCall(QUIET);
    await page.locator('#ringside-widget li.ringing', { hasText: people.annaPetrova.lead.name }).waitFor();
    bridge.showCall({ ...QUIET, state: 'ended' });
    await delivered(COMPLETED);
    // Offered again, as the journal does when it did not hear of the acknowledgement; and after a reload.
    await delivered(COMPLETED);
    await page.reload();
    await phase(page, 'connected');
    await delivered(COMPLETED);
    expect(kommo.notifications(ANA)).toHaveLength(1);
    expect(kommo.notifications(ANA)).toMatchObject([{ type: 'call', duration: 95 }]);
    expect(sockets).toEqual([]);
    const polls = urls.filter((url) => url.includes('/poll.js?'));
    expect(polls.length).toBeGreaterThan(4);
    const token = kept[0]?.token ?? 'none';
    expect(urls.filter((url) => url.includes(token))).toEqual([]);
    // Nothing of it stays in the page.
    expect(await page.evaluate(() => document.querySelectorAll('script[src*="poll.js"]').length)).toBeLessThanOrEqual(
      1,
    );
  });

  test('a page of another origin that includes the very script learns nothing, and the browser keeps it from trying', async () => {
    const page = await openPage("connect-src 'self'");
    const polls: string[] = [];
    page.on('request', (request) => {
      if (request.url().includes('/poll.js?')) polls.push(request.url());
    });
    await pair(page);
    await phase(page, 'connected');
    bridge.showCall(QUIET);
    await page.locator('#ringside-widget li.ringing').waitFor();

    const foreign = createServer((_, response) => {
      response.writeHead(200, { 'Content-Type': 'text/html' }).end('<!doctype html><title>Elsewhere</title>');
    }).listen(0, '127.0.0.1');
    await once(foreign, 'listening');
    const hostile = await context.newPage();
    await hostile.goto(`http://127.0.0.1:${(foreign.address() as AddressInfo).port}/`);
    const learnt = await hostile.evaluate(
      (urls) =>
        Promise.all(
          urls.flatMap((url) =>
            [null, 'anonymous', 'use-credentials'].map(
              (crossOrigin) =>
                new Promise<string>((resolve) => {
                  const script = document.createElement('script');
                  script.crossOrigin = crossOrigin;
                  script.onload = () => resolve(`loaded ${JSON.stringify(script.dataset)}`);
                  script.onerror = () => resolve('nothing');
                  script.src = url;
                  document.head.append(script);
                }),
            ),
          ),
        ),
      [...polls.slice(-2), `${polls[0]?.split('?')[0]}?c=${'A'.repeat(22)}&n=0&d=W10`],
    );
    expect(new Set(learnt)).toEqual(new Set(['nothing']));
    foreign.close();
    // The widget's own channel went on undisturbed.
    await delivered(COMPLETED);
    expect(kommo.notifications(ANA)).toHaveLength(1);
  });

  test('where a socket can be opened, no script is loaded', async () => {
    const page = await context.newPage();
    const polls: string[] = [];
    page.on('request', (request) => {
      if (request.url().includes('/poll.js')) polls.push(request.url());
    });
    await page.goto(kommo.origin);
    await card(page).waitFor();
    await pair(page);
    await phase(page, 'connected');
    await delivered(COMPLETED);
    expect(polls).toEqual([]);
  });
});
