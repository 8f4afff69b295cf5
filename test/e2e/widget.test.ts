/** The widget as it is shipped, in real Chromium, in the sandbox's Kommo page, against the real bridge. */
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { BridgeCall } from '../../app/bridge/protocol.ts';
import type { CompletedCall } from '../../app/calls/completed-call.ts';
import { parseOrigin } from '../../app/kommo/address.ts';
import { createBridge, type Bridge } from '../../main/bridge/bridge.ts';
import type { PairedBrowser } from '../../main/bridge/paired-browser.ts';
import { agents, openKommo, people, type Kommo } from '../../sandbox/kommo/index.ts';
import { ANA, buildWidgetLab, COMPLETED, phase, RINGING } from './support/widget-world.ts';

/** Where pictures of the card are left to be looked at; none without it. */
const pictures = process.env['RINGSIDE_PICTURES'];

const HOSTILE = '<img src=x onerror="window.pwned = 1">';
const RECORDED: CompletedCall = {
  ...COMPLETED,
  recording: { state: 'ready', url: 'https://pbx.example/rec/call-1.mp3' },
};
/** The desktop has no pop-up of its own for it. */
const UNSEEN: BridgeCall = { ...RINGING, popped: false };

type Asked = { method: string; payload: Record<string, unknown> };
let lab: Awaited<ReturnType<typeof buildWidgetLab>>;
let browser: Browser;
let kommo: Kommo;
let bridge: Bridge;
let kept: PairedBrowser[];
let user: { id: number } | null;
let context: BrowserContext;

beforeAll(async () => {
  lab = await buildWidgetLab();
  ({ browser } = lab);
});
afterAll(() => lab.close());

beforeEach(async () => {
  kommo = await openKommo({ widgetDir: lab.widgetDir });
  kept = [];
  user = { id: ANA };
  await startDesktop();
  context = await browser.newContext({ viewport: { width: 1180, height: 760 } });
});
afterEach(async () => {
  await context.close();
  await bridge.stop();
  await kommo.close();
});

async function startDesktop(): Promise<void> {
  bridge = createBridge({
    origin: () => parseOrigin(kommo.origin),
    user: () => user,
    browsers: {
      load: () => kept,
      save: (browsers) => {
        kept = browsers;
      },
    },
    limits: { ack: 3000 },
    now: Date.now,
    log: () => undefined,
    asked: () => null,
    extensions: () => undefined,
    onState: () => undefined,
  });
  await bridge.start();
  expect(bridge.state().port, 'a free port of the bridge').not.toBeNull();
}

async function openPage(path = '/', by: BrowserContext = context): Promise<Page> {
  const page = await by.newPage();
  await page.goto(`${kommo.origin}${path}`);
  await page.locator('#ringside-widget .card').waitFor();
  return page;
}

const asked = (page: Page, method: string): Promise<Asked[]> =>
  page.evaluate(
    (name) => (Reflect.get(window, '__kommoCalls') as Asked[]).filter((call) => call.method === name),
    method,
  );
async function picture(page: Page, name: string): Promise<void> {
  if (pictures !== undefined) await page.screenshot({ path: join(pictures, `widget-${name}.png`) });
}

/** Types the code that the desktop shows, as an agent does. */
async function pair(page: Page): Promise<void> {
  bridge.newPairingCode();
  await page.getByLabel('Pairing code').fill(bridge.state().pairing?.code.toLowerCase() ?? '');
  await page.getByRole('button', { name: 'Pair', exact: true }).click();
  await phase(page, 'connected');
}
const tabs = (count: number) => vi.waitFor(() => expect(bridge.state().tabs).toBe(count), { timeout: 20_000 });

/** The one tab is told its role a moment after it is ready: offered again until it takes the call, as the journal does. */
const delivered = (call: CompletedCall) =>
  vi.waitFor(async () => expect(await bridge.deliver(call)).toBe('shown'), { timeout: 20_000, interval: 50 });

describe('pairing in the card', () => {
  test('tells what to do at every step, and a right code connects every tab of the browser', async () => {
    const page = await openPage();
    const other = await openPage('/contacts/list');
    await phase(page, 'unpaired');
    await picture(page, 'unpaired');

    await page.getByLabel('Pairing code').fill('K7QM');
    await page.getByRole('button', { name: 'Pair', exact: true }).click();
    await page.getByText('A code has 8 letters and digits').waitFor();
    await page.getByLabel('Pairing code').fill('K7QM-2XPD');
    await page.getByRole('button', { name: 'Pair', exact: true }).click();
    await page.getByText('Ringside shows no code at the moment').waitFor();

    bridge.newPairingCode();
    await page
      .getByLabel('Pairing code')
      .fill(bridge.state().pairing?.code === '7777-7777' ? '8888-8888' : '7777-7777');
    await page.getByRole('button', { name: 'Pair', exact: true }).click();
    await page.getByText('That is not the code. Tries left: 4.').waitFor();
    await picture(page, 'wrong-code');

    await pair(page);
    await phase(other, 'connected');
    await tabs(2);
    await picture(page, 'connected');
    expect(kept).toHaveLength(1);
  });

  test('says that Ringside is not running, and connects by itself when it is', async () => {
    const page = await openPage();
    await pair(page);
    await bridge.stop();
    await phase(page, 'lost');
    await page.getByText('Ringside was not found on this computer').waitFor();
    await startDesktop();
    await phase(page, 'connected');
    expect(kept).toHaveLength(1);
  });

  test('says so when the tab belongs to another Kommo user', async () => {
    user = { id: agents.benOrtiz.id };
    const page = await openPage();
    bridge.newPairingCode();
    await page.getByLabel('Pairing code').fill(bridge.state().pairing?.code ?? '');
    await page.getByRole('button', { name: 'Pair', exact: true }).click();
    await page.getByText('Ringside is signed in as another Kommo user').waitFor();
    expect(bridge.state().tabs).toBe(0);
    expect(await bridge.deliver(RECORDED)).toBe('no-widget');
    await picture(page, 'other-user');
  });
});

describe('calls in the page', () => {
  test('a ringing call pops up once and is in the card until it ends', async () => {
    const page = await openPage();
    await pair(page);
    await tabs(1);
    bridge.showCall({ ...UNSEEN, resolving: true, title: UNSEEN.number });
    await page.locator('#ringside-widget li.ringing').waitFor();
    bridge.showCall(UNSEEN);
    await vi.waitFor(async () => expect(await asked(page, 'show_notification')).toHaveLength(1));
    bridge.showCall({ ...UNSEEN, state: 'active', answeredAt: Date.now() });
    await page.locator('#ringside-widget li.active', { hasText: people.annaPetrova.lead.name }).waitFor();
    await picture(page, 'active');
    expect(await page.locator('#ringside-widget a').getAttribute('href')).toBe(
      `/leads/detail/${people.annaPetrova.lead.id}`,
    );
    bridge.showCall({ ...UNSEEN, state: 'ended' });
    await page.locator('#ringside-widget li').waitFor({ state: 'detached' });
    expect(await asked(page, 'show_notification')).toMatchObject([
      {
        payload: {
          type: 'call',
          text: { header: 'Incoming call: Roof repair', text: 'Roof repair (+1 415 555 0142) is calling.' },
        },
      },
    ]);
    expect(await asked(page, 'add_call')).toEqual([]);
  });

  test('the account can switch the pop-up off', async () => {
    if (kommo.widget !== null) kommo.widget.settings = { ring_popup: 'no' };
    const page = await openPage();
    await pair(page);
    bridge.showCall(UNSEEN);
    await page.locator('#ringside-widget li.ringing').waitFor();
    await delivered(RECORDED);
    expect(await asked(page, 'show_notification')).toEqual([]);
  });

  test('a completed call is one add_call with the right fields, and one entry of the bell', async () => {
    const page = await openPage();
    await pair(page);
    await delivered(RECORDED);
    expect(await asked(page, 'add_call')).toMatchObject([
      {
        payload: {
          text: 'Incoming call: Roof repair (+1 415 555 0142), answered',
          header: 'Incoming call: Roof repair',
          from: 'Roof repair',
          to: 'Ana Silva',
          duration: 95,
          date: 1_790_000_099,
          link: 'https://pbx.example/rec/call-1.mp3',
          element: { id: people.annaPetrova.lead.id, type: 'lead', name: 'Roof repair' },
        },
      },
    ]);
    expect(kommo.notifications(ANA)).toMatchObject([
      { type: 'call', duration: 95, date: 1_790_000_099, element: { id: people.annaPetrova.lead.id, type: 'lead' } },
    ]);
  });

  test('a recording that came later is in the one entry of the bell, once, also after a reload and a replay', async () => {
    const page = await openPage();
    await pair(page);
    const before: CompletedCall = { ...RECORDED, recording: { state: 'none' } };
    await delivered(before);
    expect(kommo.notifications(ANA)).toMatchObject([{ link: null }]);
    const recorded = (call: CompletedCall) =>
      vi.waitFor(async () => expect(await bridge.deliverRecording(call)).toBe('shown'), { timeout: 20_000 });
    await recorded(RECORDED);
    expect(kommo.notifications(ANA)).toMatchObject([{ link: 'https://pbx.example/rec/call-1.mp3', duration: 95 }]);
    expect(await asked(page, 'add_call')).toMatchObject([
      { payload: { text: 'Incoming call: Roof repair (+1 415 555 0142), answered' } },
      { payload: { text: 'Incoming call: Roof repair (+1 415 555 0142), answered. The recording is ready.' } },
    ]);
    await page.locator('#bell').click();
    expect(await page.locator('#bell-entries .player a').getAttribute('href')).toBe(
      'https://pbx.example/rec/call-1.mp3',
    );
    await picture(page, 'recording-later');
    await page.reload();
    await phase(page, 'connected');
    await recorded(RECORDED);
    await delivered(RECORDED);
    expect(await asked(page, 'add_call')).toEqual([]);
    // Nobody's entry could not be found again: a second one is never made.
    const nobody: CompletedCall = { ...RECORDED, id: 'call-2', caller: { kind: 'nobody' } };
    await delivered({ ...nobody, recording: { state: 'none' } });
    await recorded(nobody);
    expect(await asked(page, 'add_call')).toHaveLength(1);
    expect(kommo.notifications(ANA)).toHaveLength(2);
  });

  test('a recording that Kommo did not take is offered again', async () => {
    const page = await openPage();
    await pair(page);
    await delivered({ ...RECORDED, recording: { state: 'none' } });
    kommo.fail({ match: ({ path }) => path.startsWith('/ajax/v1/inbox/add'), answer: '500', times: 1 });
    expect(await bridge.deliverRecording(RECORDED)).toBe('no-widget');
    expect(await bridge.deliverRecording(RECORDED)).toBe('shown');
    expect(kommo.notifications(ANA)).toMatchObject([{ link: 'https://pbx.example/rec/call-1.mp3' }]);
  });

  test('a hostile name is shown as it is, in the bell and in the card, and runs nothing', async () => {
    const page = await openPage();
    await pair(page);
    const unknown = {
      ...RECORDED,
      number: { ...RECORDED.number, display: HOSTILE },
      caller: { kind: 'nobody' } as const,
    };
    bridge.showCall({ ...UNSEEN, title: HOSTILE, number: HOSTILE, entity: null });
    await page.locator('#ringside-widget li.ringing', { hasText: HOSTILE }).waitFor();
    await delivered(unknown);
    await page.locator('#popups .entry-text', { hasText: `Incoming call: ${HOSTILE}` }).waitFor();
    expect(await page.locator('#popups .entry-text img, #ringside-widget img').count()).toBe(0);
    expect(await page.evaluate(() => Reflect.has(window, 'pwned'))).toBe(false);
    expect(kommo.notifications(ANA)).toMatchObject([
      { clickLink: '/contacts/add?phone=%2B14155550142', element: null },
    ]);
    await picture(page, 'ringing');
  });

  test('a call that Kommo did not take is offered again and then shown once', async () => {
    const page = await openPage();
    await pair(page);
    await tabs(1);
    const undo = kommo.fail({ match: ({ path }) => path.startsWith('/ajax/v1/inbox/add'), answer: '500', times: 1 });
    expect(
      await vi.waitFor(
        async () => {
          const outcome = await bridge.deliver(RECORDED);
          expect((await asked(page, 'add_call')).length).toBeGreaterThan(0);
          return outcome;
        },
        { timeout: 20_000 },
      ),
    ).toBe('no-widget');
    undo();
    await delivered(RECORDED);
    expect(kommo.notifications(ANA)).toHaveLength(1);
  });
});

describe('tabs, reloads and navigation', () => {
  test('a reload keeps the token and shows nothing twice', async () => {
    const page = await openPage();
    await pair(page);
    await delivered(RECORDED);
    await page.reload();
    await phase(page, 'connected');
    await delivered(RECORDED);
    expect(await asked(page, 'add_call')).toEqual([]);
    expect(kommo.notifications(ANA)).toHaveLength(1);
  });

  test('a reload while Kommo takes a call shows it once', async () => {
    const page = await openPage();
    await pair(page);
    const ofStranger: CompletedCall = { ...RECORDED, caller: { kind: 'nobody' } };
    const isEntry = ({ path }: { path: string }) => path.startsWith('/ajax/v1/inbox/add');
    kommo.fail({ match: isEntry, answer: 'hang', afterEffect: true, times: 1 });
    const given = bridge.deliver(ofStranger);
    await vi.waitFor(() => expect(kommo.notifications(ANA)).toHaveLength(1), 9000);
    await page.reload();
    expect(await given).toBe('no-widget');
    await phase(page, 'connected');
    await delivered(ofStranger);
    expect(await asked(page, 'add_call')).toEqual([]);
    expect(kommo.notifications(ANA)).toHaveLength(1);
  });

  test('navigation inside Kommo leaves one socket and one card', async () => {
    const page = await openPage();
    await pair(page);
    const sockets: string[] = [];
    page.on('websocket', (socket) => sockets.push(socket.url()));
    for (const path of ['/contacts/list', '/leads/list', '/contacts/list']) {
      await page.locator(`.nav a[href="${path}"]`).click();
      await page.waitForURL(`**${path}`);
    }
    await page.waitForFunction(() => (Reflect.get(window, '__kommoWidget') as { renders: number }).renders >= 4);
    await delivered(RECORDED);
    expect(sockets).toEqual([]);
    expect(bridge.state().tabs).toBe(1);
    expect(await page.locator('#ringside-widget').count()).toBe(1);
    expect(await page.evaluate(() => Reflect.get(window, '__kommoWidget') as object)).toMatchObject({
      state: 'running',
      inits: 1,
    });
  });

  test('of two tabs one shows and records, and the other takes over when it closes', async () => {
    const first = await openPage();
    await pair(first);
    const second = await openPage('/leads/list');
    await tabs(2);
    bridge.showCall(UNSEEN);
    await delivered(RECORDED);
    await second.locator('#ringside-widget li.ringing').waitFor();
    const count = async (method: string) => (await asked(first, method)).length + (await asked(second, method)).length;
    expect(await count('add_call')).toBe(1);
    expect(await count('show_notification')).toBe(1);
    await first.close();
    await delivered({ ...RECORDED, id: 'call-2' });
    expect((await asked(second, 'add_call')).map(({ payload }) => payload['date'])).toEqual([1_790_000_099]);
    expect(kommo.requests.filter(({ path }) => path.startsWith('/ajax/v1/inbox/add'))).toHaveLength(2);
  });

  test('switching the widget off closes its socket and takes the card away', async () => {
    const page = await openPage('/settings/widgets');
    await pair(page);
    await page.locator('#widget-open').click();
    await page.locator('#widget-off').click();
    await page.locator('#ringside-widget').waitFor({ state: 'detached' });
    await tabs(0);
    expect(await bridge.deliver(RECORDED)).toBe('no-widget');
  });
});

describe('a page of another origin', () => {
  let foreign: Server;
  beforeAll(async () => {
    foreign = createServer((_, response) =>
      response.setHeader('Content-Type', 'text/html').end('<!doctype html><title>x</title>'),
    );
    await new Promise<void>((resolve) => foreign.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => foreign.close());

  test('gets nothing from the bridge, by fetch, script, picture or socket', async () => {
    await pair(await openPage());
    const page = await context.newPage();
    await page.goto(`http://127.0.0.1:${(foreign.address() as AddressInfo).port}/`);
    const got = await page.evaluate(async (port) => {
      const outcome = (start: (good: (what: string) => void, bad: () => void) => void): Promise<string> =>
        new Promise((resolve) => start(resolve, () => resolve('nothing')));
      const load = (tag: 'script' | 'img') =>
        outcome((good, bad) => {
          const node = document.createElement(tag);
          node.addEventListener('load', () => good('loaded'));
          node.addEventListener('error', bad);
          node.src = `http://127.0.0.1:${port}/health`;
          document.head.append(node);
        });
      return {
        fetch: await fetch(`http://127.0.0.1:${port}/health`).then(
          (answer) => answer.text(),
          () => 'nothing',
        ),
        opaque: await fetch(`http://127.0.0.1:${port}/health`, { mode: 'no-cors' }).then(
          (answer) => answer.text(),
          () => 'nothing',
        ),
        socket: await outcome((good, bad) => {
          const socket = new WebSocket(`ws://127.0.0.1:${port}/bridge`);
          socket.addEventListener('open', () => good('open'));
          socket.addEventListener('error', bad);
        }),
        script: await load('script'),
        picture: await load('img'),
      };
    }, bridge.state().port);
    expect(got).toEqual({
      fetch: 'nothing',
      opaque: 'nothing',
      socket: 'nothing',
      script: 'nothing',
      picture: 'nothing',
    });
    expect(bridge.state().tabs).toBe(1);
  });
});

/** Chromium asks pages from elsewhere before they may reach this computer; those from this computer it does not. */
describe("the browser's permission, on a page of https://acme.kommo.com", () => {
  const ACCOUNT = 'https://acme.kommo.com';
  let page: Page;
  let remote: BrowserContext;
  let desktop: Bridge;
  let setPermission: (setting: 'granted' | 'denied' | 'prompt') => Promise<unknown>;

  beforeEach(async () => {
    await bridge.stop();
    desktop = createBridge({
      origin: () => parseOrigin(ACCOUNT),
      user: () => user,
      browsers: { load: () => [], save: () => undefined },
      now: Date.now,
      log: () => undefined,
      asked: () => null,
      extensions: () => undefined,
      onState: () => undefined,
    });
    await desktop.start();
    remote = await browser.newContext({ viewport: { width: 640, height: 400 } });
    const script = await readFile(join(lab.widgetDir, 'script.js'), 'utf8');
    // The least of Kommo's page that the widget needs; the sandbox's is on the loopback, where nothing is asked.
    const host = `const APP = { constant: () => ({ id: ${ANA} }), notifications: {} };
      window.APP = APP;
      window.define = (_, factory) => {
        const { callbacks } = new (factory(null))();
        window.ready = callbacks.render() && callbacks.init() && callbacks.bind_actions();
      };`;
    await remote.route(`${ACCOUNT}/**`, (route) =>
      route.fulfill({
        contentType: 'text/html',
        body: `<!doctype html><meta charset="utf-8"><body><script>${host}</script><script>${script}</script>`,
      }),
    );
    page = await remote.newPage();
    const session = await remote.newCDPSession(page);
    const { targetInfo } = await session.send('Target.getTargetInfo');
    const { browserContextId } = targetInfo;
    const whole = await browser.newBrowserCDPSession();
    const about = { origin: ACCOUNT, ...(browserContextId === undefined ? {} : { browserContextId }) };
    setPermission = (setting) =>
      whole.send('Browser.setPermission', { permission: { name: 'loopback-network' }, setting, ...about });
  });
  afterEach(async () => {
    await remote.close();
    await desktop.stop();
  });

  const submitCode = async (): Promise<void> => {
    desktop.newPairingCode();
    await page.getByLabel('Pairing code').fill(desktop.state().pairing?.code ?? '');
    await page.getByRole('button', { name: 'Pair', exact: true }).click();
  };

  test('is explained before it is asked, its refusal told apart from a desktop that is not there', async () => {
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    await setPermission('prompt');
    await page.goto(`${ACCOUNT}/`);
    await phase(page, 'unpaired');
    await page.getByText('If the browser then asks about apps or services on this device, choose Allow.').waitFor();
    expect(asked).toEqual([`${ACCOUNT}/`]);

    await setPermission('denied');
    await phase(page, 'denied');
    await page.getByText('The browser does not let this page reach programs on this computer.').waitFor();
    await picture(page, 'denied');

    await setPermission('granted');
    await phase(page, 'unpaired');
    await submitCode();
    await phase(page, 'connected');
  });

  test('asked again for a browser that is paired: nothing is tried before the click', async () => {
    await setPermission('granted');
    await page.goto(`${ACCOUNT}/`);
    await submitCode();
    await phase(page, 'connected');

    await setPermission('prompt');
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    await page.reload();
    await phase(page, 'asking');
    await page.getByText('Press Connect').waitFor();
    await picture(page, 'asking');
    expect(asked).toEqual([`${ACCOUNT}/`]);

    await setPermission('granted');
    await phase(page, 'connected');
  });
});
