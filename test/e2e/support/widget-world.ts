/** The widget as it is shipped in real Chromium, in the sandbox's Kommo, at a real bridge with the test in main's place. */
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { build, createLogger } from 'vite';
import { expect, vi } from 'vitest';
import type { AnswerReason, BridgeCall } from '../../../app/bridge/protocol.ts';
import type { CompletedCall } from '../../../app/calls/completed-call.ts';
import { parseOrigin } from '../../../app/kommo/address.ts';
import { createBridge, type Bridge, type TabRequest } from '../../../main/bridge/bridge.ts';
import type { PairedBrowser } from '../../../main/bridge/paired-browser.ts';
import { agents, openKommo, people, type Kommo, type KommoOptions } from '../../../sandbox/kommo/index.ts';
import { bundles } from '../../../scripts/bundles.ts';

const root = join(import.meta.dirname, '../../..');
export const ANA = agents.anaSilva.id;

export const COMPLETED: CompletedCall = {
  id: 'call-1',
  callId: 'sip-1',
  source: 'phone',
  direction: 'inbound',
  number: { asReceived: '14155550142', e164: '+14155550142', display: '+1 415 555 0142', internal: false },
  displayName: '',
  localExtension: '101',
  startedAt: 1_790_000_000_000,
  answeredAt: 1_790_000_004_000,
  endedAt: 1_790_000_099_500,
  ringSeconds: 4,
  talkSeconds: 95,
  disposition: 'answered',
  caller: {
    kind: 'entity',
    entity: { type: 'lead', id: people.annaPetrova.lead.id },
    name: people.annaPetrova.lead.name,
  },
  recording: { state: 'none' },
  agent: { userId: ANA, name: agents.anaSilva.name },
};
export const RINGING: BridgeCall = {
  id: 'call-1',
  direction: 'inbound',
  state: 'ringing',
  number: '+1 415 555 0142',
  title: people.annaPetrova.lead.name,
  entity: { type: 'lead', id: people.annaPetrova.lead.id },
  resolving: false,
  startedAt: Date.now(),
  answeredAt: null,
  muted: false,
  heldBy: [],
  can: ['answer', 'decline'],
  popped: true,
  newContactNumber: null,
};
export const ACTIVE: BridgeCall = {
  ...RINGING,
  state: 'active',
  answeredAt: Date.now(),
  can: ['hang-up', 'hold', 'mute'],
};

/** The widget as it is shipped, in a folder of its own. */
export async function buildWidget(): Promise<{ widgetDir: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'ringside-widget-'));
  const widgetDir = join(folder, 'widget');
  const [config] = bundles(root, folder, createLogger('warn')).filter((bundle) => bundle.build?.outDir === widgetDir);
  await build({ ...config });
  for (const part of ['manifest.json', 'i18n', 'images']) {
    await cp(join(root, 'widget', part), join(widgetDir, part), { recursive: true });
  }
  return { widgetDir, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** The built widget and a browser, for a whole file of tests. */
export async function buildWidgetLab(): Promise<{ widgetDir: string; browser: Browser; close(): Promise<void> }> {
  const { widgetDir, remove } = await buildWidget();
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
  return {
    widgetDir,
    browser,
    close: async () => {
      await browser.close();
      await remove();
    },
  };
}

export type WidgetWorld = {
  readonly kommo: Kommo;
  readonly bridge: Bridge;
  readonly context: BrowserContext;
  /** What the tabs asked for, oldest first. */
  readonly requests: TabRequest[];
  /** What they are answered. */
  reason: AnswerReason | null;
  /** What the tabs told of extensions, the last first. */
  readonly extensions: Readonly<Record<string, number>>[];
  /** Who is signed in on the desktop. */
  user: { id: number };
  /** A page with the card in it. */
  open(path?: string): Promise<Page>;
  /** Types the code that the desktop shows, as an agent does. */
  pair(page: Page): Promise<void>;
  tabs(count: number): Promise<void>;
  /** Offered again until it is taken, as the journal does: a tab learns its role a moment after it is ready. */
  deliver(call: CompletedCall): Promise<void>;
  close(): Promise<void>;
};

export async function openWidgetWorld(
  lab: { widgetDir: string; browser: Browser },
  options: KommoOptions = {},
): Promise<WidgetWorld> {
  const kommo = await openKommo({ widgetDir: lab.widgetDir, ...options });
  let kept: PairedBrowser[] = [];
  const context = await lab.browser.newContext({ viewport: { width: 1280, height: 900 } });
  const bridge = createBridge({
    origin: () => parseOrigin(kommo.origin),
    user: () => world.user,
    browsers: {
      load: () => kept,
      save: (browsers) => {
        kept = browsers;
      },
    },
    limits: { ack: 3000 },
    now: Date.now,
    log: () => undefined,
    asked: (request) => {
      world.requests.push(request);
      return world.reason;
    },
    extensions: (users) => world.extensions.unshift(users),
    onState: () => undefined,
  });
  const world: WidgetWorld = {
    kommo,
    bridge,
    context,
    requests: [],
    reason: null,
    extensions: [],
    user: { id: ANA },
    async open(path = '/') {
      const page = await context.newPage();
      await page.goto(`${kommo.origin}${path}`);
      await page.locator('#ringside-widget .card').waitFor();
      return page;
    },
    async pair(page) {
      bridge.newPairingCode();
      await page.locator('#ringside-widget input[name=code]').fill(bridge.state().pairing?.code ?? '');
      await page.locator('#ringside-widget form.pair button').click();
      await phase(page, 'connected');
    },
    tabs: (count) => vi.waitFor(() => expect(bridge.state().tabs).toBe(count), { timeout: 20_000 }),
    deliver: (call) =>
      vi.waitFor(async () => expect(await bridge.deliver(call)).toBe('shown'), { timeout: 20_000, interval: 50 }),
    async close() {
      await context.close();
      await bridge.stop();
      await kommo.close();
    },
  };
  await bridge.start();
  expect(bridge.state().port, 'a free port of the bridge').not.toBeNull();
  return world;
}

export const phase = (page: Page, name: string): Promise<void> =>
  page.locator(`#ringside-widget .card[data-phase="${name}"]`).waitFor();

type Asked = { method: string; payload: Record<string, unknown> };
/** What the widget asked of `APP.notifications` in this page. */
export const asked = (page: Page, method: 'add_call' | 'show_notification'): Promise<Record<string, unknown>[]> =>
  page.evaluate(
    (name) =>
      (Reflect.get(window, '__kommoCalls') as Asked[])
        .filter((call) => call.method === name)
        .map(({ payload }) => payload),
    method,
  );
