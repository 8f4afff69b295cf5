/** The panel's page as it ships, in real Chromium, with the test in the place of main. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join, normalize } from 'node:path';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { build, createLogger } from 'vite';
import type { HistoryEntry, HistorySearch, PanelState } from '../../../app/ipc/panel.ts';
import { bundles } from '../../../scripts/bundles.ts';

/** As main serves `app://panel/`. */
const CSP = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'";
const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.png': 'image/png',
};

export type PanelSite = {
  /** Bytes of script, gzipped or not, are the caller's to count: the files are here. */
  folder: string;
  open(world: World, options?: BrowserContextOptions): Promise<PanelPage>;
  /** In a page that is there already, such as a window of Electron: it keeps the page. */
  openIn(page: Page, world: World): Promise<PanelPage>;
  close(): Promise<void>;
};

/** What the fake main has: a state, a history (newest first) and requests that it refuses, or does not answer. */
export type World = {
  state: PanelState;
  history?: HistoryEntry[];
  refusals?: Record<string, string>;
  /** What these requests give; `check` by the name of the check. */
  answers?: Record<string, unknown>;
  broken?: string[];
};

export type PanelPage = {
  page: Page;
  /** What the panel asked for so far, but for `state` and `history`. */
  asked(): Promise<unknown[][]>;
  /** Every `history` request so far: `[before, limit]`. */
  paged(): Promise<unknown[][]>;
  push(state: PanelState): Promise<void>;
  /** Replaces the history and says that it changed. */
  pushHistory(history: HistoryEntry[]): Promise<void>;
  /** What the page broke: policy violations and uncaught errors. */
  faults: string[];
  close(): Promise<void>;
};

export async function buildPanelSite(): Promise<PanelSite> {
  const root = join(import.meta.dirname, '..', '..', '..');
  const out = await mkdtemp(join(tmpdir(), 'ringside-panel-'));
  const [config] = bundles(root, out, createLogger('warn')).filter(
    ({ root: from }) => from === join(root, 'renderer', 'panel'),
  );
  if (config === undefined) throw new Error('The build has no panel page.');
  // A test runner says NODE_ENV=test, which would bundle React's development build.
  const mode = process.env['NODE_ENV'];
  process.env['NODE_ENV'] = 'production';
  try {
    await build(config);
  } finally {
    if (mode === undefined) delete process.env['NODE_ENV'];
    else process.env['NODE_ENV'] = mode;
  }

  const folder = join(out, 'renderer', 'panel');
  const server = createServer((request, response) => {
    const path = normalize(new URL(request.url ?? '/', 'http://panel').pathname);
    readFile(join(folder, path)).then(
      (content) => {
        response.writeHead(200, {
          'content-type': TYPES[extname(path)] ?? 'application/octet-stream',
          'content-security-policy': CSP,
        });
        response.end(content);
      },
      () => response.writeHead(path === '/favicon.ico' ? 204 : 404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });

  return {
    folder,
    open: (world, options) => openPanel(browser, origin, world, options),
    openIn: (page, world) => fillPage(page, origin, world),
    async close() {
      await browser.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(out, { recursive: true, force: true });
    },
  };
}

type Fake = {
  world: World;
  asked: unknown[][];
  stateListeners: Set<(state: PanelState) => void>;
  historyListeners: Set<() => void>;
};

async function openPanel(
  browser: Browser,
  origin: string,
  world: World,
  options: BrowserContextOptions = {},
): Promise<PanelPage> {
  const context = await browser.newContext({ viewport: { width: 380, height: 640 }, locale: 'en-GB', ...options });
  const page = await fillPage(await context.newPage(), origin, world);
  return { ...page, close: () => context.close() };
}

async function fillPage(page: Page, origin: string, world: World): Promise<PanelPage> {
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(message.text());
  });

  const fakeMain = await page.addInitScript((start: World) => {
    const fake: Fake = { world: start, asked: [], stateListeners: new Set(), historyListeners: new Set() };
    const answer = (request: string, parameters: unknown[]) => {
      const refusal = fake.world.refusals?.[request];
      if (refusal !== undefined) return { ok: false, message: refusal };
      if (request === 'state') return { ok: true, value: fake.world.state };
      const given =
        request === 'check'
          ? (fake.world.answers?.['check'] as Record<string, unknown> | undefined)?.[String(parameters[0])]
          : fake.world.answers?.[request];
      if (given !== undefined) return { ok: true, value: given };
      if (request === 'searchPeople' || request === 'callTimeline') return { ok: true, value: [] };
      if (request === 'exportHistory') return { ok: true, value: { file: null, calls: 0 } };
      if (request !== 'history' && request !== 'searchHistory') return { ok: true, value: null };
      const everything = { text: '', filter: 'all', partyOf: null } as const;
      const [search, before, limit] = (request === 'history' ? [everything, ...parameters] : parameters) as [
        HistorySearch,
        number | null,
        number,
      ];
      const all = fake.world.history ?? [];
      const party = all.find(({ call }) => call.id === search.partyOf)?.call.number.e164;
      const fits = all.filter(
        ({ call, deliveries }) =>
          (before === null || call.startedAt < before) &&
          JSON.stringify(call).toLowerCase().includes(search.text.trim().toLowerCase()) &&
          (search.filter !== 'missed' || call.disposition === 'missed') &&
          (search.filter !== 'not-delivered' || deliveries.some(({ state }) => state === 'failed')) &&
          (party === undefined || call.number.e164 === party),
      );
      return { ok: true, value: fits.slice(0, limit) };
    };
    Object.assign(window, {
      fake,
      ringside: {
        request: (request: string, ...parameters: unknown[]) => {
          fake.asked.push([request, ...parameters]);
          return fake.world.broken?.includes(request)
            ? Promise.reject(new Error('Error invoking remote method'))
            : Promise.resolve(answer(request, parameters));
        },
        onState(listener: (state: PanelState) => void) {
          fake.stateListeners.add(listener);
          return () => fake.stateListeners.delete(listener);
        },
        onHistory(listener: () => void) {
          fake.historyListeners.add(listener);
          return () => fake.historyListeners.delete(listener);
        },
      },
    });
  }, world);
  await page.goto(`${origin}/index.html`);

  const requests = () => page.evaluate(() => (Reflect.get(window, 'fake') as Fake).asked);
  return {
    page,
    faults,
    asked: async () =>
      (await requests()).filter(([request]) => !/^(state|history|searchHistory)$/.test(String(request))),
    paged: async () =>
      (await requests()).filter(([request]) => request === 'history').map(([, ...parameters]) => parameters),
    push: (state) =>
      page.evaluate((next) => {
        const fake = Reflect.get(window, 'fake') as Fake;
        fake.world.state = next;
        for (const listener of fake.stateListeners) listener(next);
      }, state),
    pushHistory: (history) =>
      page.evaluate((next) => {
        const fake = Reflect.get(window, 'fake') as Fake;
        fake.world.history = next;
        for (const listener of fake.historyListeners) listener();
      }, history),
    close: () => fakeMain.dispose(),
  };
}
