/** What the widget does in Kommo's page: its card, its clicks, its tabs, what it leaves behind. Real Chromium. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { agents, people } from '../../sandbox/kommo/index.ts';
import {
  ACTIVE,
  ANA,
  asked,
  buildWidgetLab,
  COMPLETED,
  openWidgetWorld,
  phase,
  RINGING,
  type WidgetWorld,
} from './support/widget-world.ts';
import { english } from '../english.ts';

/** Where pictures are left to be looked at; none without it. */
const pictures = process.env['RINGSIDE_PICTURES'];
const HOSTILE = `<img src=x onerror="window.pwned=1">'"&\`</p><script>window.pwned=1</script>`;

let lab: Awaited<ReturnType<typeof buildWidgetLab>>;
let world: WidgetWorld;
beforeAll(async () => {
  lab = await buildWidgetLab();
});
afterAll(() => lab.close());
beforeEach(async () => {
  world = await openWidgetWorld(lab);
});
afterEach(() => world.close());

const card = (page: Page) => page.locator('#ringside-widget');
const item = (page: Page, state: string) => page.locator(`#ringside-widget li.${state}`);
const press = (page: Page, name: string) => card(page).getByRole('button', { name, exact: true }).click();
const alert = (page: Page, text: string) => card(page).getByRole('alert').getByText(text).waitFor();
const requests = (count: number) =>
  vi.waitFor(() => expect(world.requests).toHaveLength(count), { timeout: 10_000, interval: 20 });

describe('the card', () => {
  test('offers what can be done with a call, and asks the desktop for it', async () => {
    const page = await world.open();
    await world.pair(page);
    world.bridge.showCall(RINGING);
    await press(page, 'Answer');
    world.bridge.showCall(ACTIVE);
    await press(page, 'Hold');
    world.bridge.showCall({ ...ACTIVE, state: 'held', heldBy: ['local'], can: ['hang-up', 'resume'] });
    await item(page, 'held').getByText('On hold').waitFor();
    await press(page, 'Resume');
    world.bridge.showCall({ ...ACTIVE, muted: true, can: ['hang-up', 'hold', 'unmute', 'fly'] });
    await item(page, 'active').getByText('microphone off').waitFor();
    expect(await item(page, 'active').getByRole('button').allTextContents()).toEqual(['Hold', 'Unmute', 'Hang up']);
    await press(page, 'Unmute');
    await press(page, 'Hang up');
    await requests(5);
    expect(world.requests.map((request) => [request.type, 'kind' in request && request.kind])).toEqual([
      ['command', 'answer'],
      ['command', 'hold'],
      ['command', 'resume'],
      ['command', 'unmute'],
      ['command', 'hang-up'],
    ]);
    world.reason = 'over';
    await press(page, 'Hold');
    await alert(page, 'That call is over.');
  });

  test('keeps what the agent writes while the call changes, tells it, and a minute after the call still', async () => {
    const page = await world.open();
    await world.pair(page);
    world.bridge.showCall(ACTIVE);
    await card(page).locator('summary').click();
    await page.getByLabel('Outcome').selectOption('Wrong number');
    await page.getByLabel('Note for the card').fill('Not her');
    world.bridge.showCall({ ...ACTIVE, muted: true });
    await item(page, 'active').getByText('microphone off').waitFor();
    expect(await page.getByLabel('Note for the card').inputValue()).toBe('Not her');
    world.bridge.showCall({ ...ACTIVE, state: 'ended', can: [] });
    await item(page, 'ended').waitFor();
    await press(page, 'Save');
    await item(page, 'ended').waitFor({ state: 'detached' });
    await vi.waitFor(() =>
      expect(world.requests.at(-1)).toMatchObject({
        type: 'annotate',
        id: 'call-1',
        disposition: 'wrong number',
        note: 'Not her',
        done: true,
      }),
    );
  });

  test('is folded and moved, and is so after a reload and in the other tabs', async () => {
    const page = await world.open();
    await world.pair(page);
    const other = await world.open('/leads/list');
    world.bridge.showCall(RINGING);
    const head = card(page).locator('.head');
    const box = await head.boundingBox();
    if (box === null) throw new Error('no card');
    await page.mouse.move(box.x + 20, box.y + 10);
    await page.mouse.down();
    await page.mouse.move(700, 300, { steps: 4 });
    await page.mouse.move(1100, 120, { steps: 4 });
    await page.mouse.up();
    await card(page).locator('.card[data-corner="top-right"]:not(.collapsed)').waitFor();
    await head.click();
    for (const tab of [page, other]) await card(tab).locator('.card.collapsed[data-corner="top-right"]').waitFor();
    await page.reload();
    await card(page).locator('.card.collapsed[data-corner="top-right"]').waitFor();
    // A folded card still shows who rings, and can be answered.
    await press(page, 'Answer');
    await requests(1);
    expect(world.requests).toMatchObject([{ type: 'command', kind: 'answer', id: RINGING.id }]);
  });
});

describe('a pop-up in Kommo while a call rings', () => {
  const popUps = async (ring_popup: string, told: (typeof RINGING)[]): Promise<number> => {
    if (world.kommo.widget !== null) world.kommo.widget.settings = { ring_popup };
    const page = await world.open();
    await world.pair(page);
    await vi.waitFor(() => expect(world.bridge.state().state).toBe('connected'), { timeout: 10_000 });
    for (const call of told) world.bridge.showCall(call);
    await item(page, 'active').waitFor();
    return (await asked(page, 'show_notification')).length;
  };

  test.each([
    ['', 'the desktop shows one', [RINGING, ACTIVE], 0],
    ['', 'the desktop could not show one', [RINGING, { ...RINGING, popped: false }, RINGING, ACTIVE], 1],
    ['', 'the desktop shows none', [{ ...RINGING, popped: false }, { ...RINGING, popped: false }, ACTIVE], 1],
    [
      '',
      'a call is dialled that the desktop shows none of',
      [{ ...RINGING, direction: 'outbound', state: 'dialling', popped: false } as const, ACTIVE],
      1,
    ],
    ['always', 'the desktop shows one', [RINGING, RINGING, { ...RINGING, popped: false }, ACTIVE], 1],
    ['never', 'the desktop shows none', [{ ...RINGING, popped: false }, ACTIVE], 0],
  ])('set to "%s", when %s', async (setting, _when, told, count) => {
    expect(await popUps(setting, told)).toBe(count);
  });
});

describe('a click on a number', () => {
  const number = (page: Page, { id }: { id: number } = people.marcusWebb) =>
    page.locator(`a.phone[data-element="contact:${id}"]`);

  test('calls it, in a list and on a card, once for a double click, and the next number at once', async () => {
    const page = await world.open('/contacts/list');
    await world.pair(page);
    world.bridge.phoneIs(true);
    await number(page).dblclick();
    // What is asked over one line comes in order: when this one is here, both clicks were.
    await number(page, people.ruthAlvarez).click();
    await requests(2);
    expect(world.requests).toMatchObject([
      { type: 'dial', number: people.marcusWebb.phone },
      { type: 'dial', number: people.ruthAlvarez.phone },
    ]);
    expect(await card(page).getByRole('alert').count(), 'a double click is nothing to complain of').toBe(0);
    expect(page.url()).toBe(`${world.kommo.origin}/contacts/list`);
  });

  test('calls nothing without a desktop, a phone or a number, and says why', async () => {
    const page = await world.open(`/contacts/detail/${people.marcusWebb.id}`);
    await phase(page, 'unpaired');
    await number(page).first().click();
    await alert(page, 'Not called: this page is not connected with Ringside.');
    await world.pair(page);
    world.bridge.phoneIs(true);
    world.bridge.phoneIs(false);
    await card(page).getByText('its phone is not').waitFor();
    await number(page).first().click();
    await alert(page, 'The phone of Ringside is not connected');
    world.bridge.phoneIs(true);
    await number(page)
      .first()
      .evaluate((link) => link.setAttribute('data-phone', 'javascript:alert(1)'));
    await number(page).first().click();
    await alert(page, 'That is not a number that can be called.');
    expect(world.requests).toEqual([]);
  });

  test("calls nothing on somebody else's desktop, and says so", async () => {
    world.user = { id: agents.benOrtiz.id };
    const page = await world.open(`/contacts/detail/${people.marcusWebb.id}`);
    world.bridge.newPairingCode();
    await page.getByLabel('Pairing code').fill(world.bridge.state().pairing?.code ?? '');
    await press(page, 'Pair');
    await card(page).getByText('Ringside is signed in as another Kommo user').waitFor();
    expect(english(world.bridge.state().reason)).toContain('signed in as another user');
    await number(page).first().click();
    await alert(page, 'Not called: Ringside is not signed in as you.');
    expect(world.requests).toEqual([]);
  });
});

describe('a card that the desktop opens', () => {
  test('opens in the page that is there, without loading it anew; a page that is hidden is left alone', async () => {
    const page = await world.open();
    await world.pair(page);
    await page.evaluate(() => Reflect.set(window, 'marker', 'still here'));
    const open = (entity: { type: 'contact' | 'lead'; id: number }) => world.bridge.openCard({ entity });
    await vi.waitFor(async () => expect(await open({ type: 'lead', id: people.annaPetrova.lead.id })).toBe(true));
    await page.waitForURL(`**/leads/detail/${people.annaPetrova.lead.id}`);
    expect(await world.bridge.openCard({ newContactNumber: '+19175550163' })).toBe(true);
    await page.waitForURL('**/contacts/add?phone=%2B19175550163');
    expect(await page.evaluate(() => Reflect.get(window, 'marker') as unknown)).toBe('still here');
    expect(world.context.pages()).toHaveLength(1);

    await page.evaluate(() => {
      Object.defineProperty(document, 'visibilityState', { value: 'hidden', configurable: true });
      document.dispatchEvent(new Event('visibilitychange'));
    });
    await vi.waitFor(async () => expect(await open({ type: 'contact', id: people.marcusWebb.id })).toBe(false));
    expect(page.url()).toContain('/contacts/add');
  });
});

describe('the settings', () => {
  test('are saved when they make sense, and the desktop learns the extensions of the users', async () => {
    const page = await world.open('/settings/widgets');
    await world.pair(page);
    await page.locator('#widget-open').click();
    const extension = (user: number) => page.locator(`input[name=extensions][data-user="${user}"]`);
    await extension(ANA).fill('101');
    await extension(agents.benOrtiz.id).fill('101');
    await page.locator('#widget-form button[type=submit]').click();
    await page.getByText('Two users have the extension 101.').waitFor();
    expect(world.kommo.widget?.settings['extensions']).toBeUndefined();
    if (pictures !== undefined) await page.screenshot({ path: join(pictures, 'settings-refused.png') });

    await extension(agents.benOrtiz.id).fill('102');
    await page.locator('#widget-form button[type=submit]').click();
    await page.getByText('Saved.').waitFor();
    await page.reload();
    await phase(page, 'connected');
    await vi.waitFor(() => expect(world.extensions[0]).toEqual({ '101': ANA, '102': agents.benOrtiz.id }));
  });
});

/** What is wider than the place it has, as the agent would see it cut off. */
const clipped = (page: Page): Promise<string[]> =>
  page.evaluate(() =>
    [...(document.querySelector('#ringside-widget')?.shadowRoot?.querySelectorAll<HTMLElement>('.card *') ?? [])]
      .filter((node) => node.clientWidth > 0 && node.scrollWidth > node.clientWidth + 1)
      .map((node) => `${node.className}: ${node.textContent}`),
  );

describe.each(['en', 'es', 'pt', 'ru'])('in %s', (language) => {
  beforeEach(async () => {
    await world.close();
    world = await openWidgetWorld(lab, { language });
  });

  test('every state of the card and its settings are in the language, and nothing is cut off', async () => {
    const texts = JSON.parse(await readFile(join(lab.widgetDir, 'i18n', `${language}.json`), 'utf8')) as {
      settings: Record<string, string>;
      card: Record<string, string>;
      notice: Record<string, string>;
    };
    const look = async (page: Page, state: string): Promise<void> => {
      expect(await clipped(page), state).toEqual([]);
      if (pictures !== undefined) await page.screenshot({ path: join(pictures, `widget-${language}-${state}.png`) });
    };
    const says = (page: Page, key: string) =>
      card(page)
        .getByText(texts.card[key] ?? key, { exact: true })
        .waitFor();
    const page = await world.open(`/contacts/detail/${people.annaPetrova.id}`);
    await says(page, 'unpaired');
    await look(page, 'unpaired');
    await page.locator('main a.phone').first().click();
    await says(page, 'reason_offline');
    await look(page, 'not-called');
    await world.pair(page);
    await says(page, 'phone_away');
    await look(page, 'no-phone');
    world.bridge.phoneIs(true);
    await says(page, 'status_connected');
    world.bridge.showCall({ ...RINGING, popped: false });
    await says(page, 'ringing');
    await page
      .locator('#popups')
      .getByText((texts.notice['incoming'] ?? '').replace('{who}', RINGING.title))
      .waitFor();
    await look(page, 'ringing');
    world.bridge.showCall({ ...ACTIVE, muted: true, can: ['hang-up', 'hold', 'unmute'] });
    await card(page).locator('summary').click();
    await says(page, 'hang_up');
    await look(page, 'active');
    world.bridge.showCall({ ...ACTIVE, state: 'held', heldBy: ['local'], can: ['hang-up', 'resume', 'mute'] });
    await says(page, 'resume');
    await look(page, 'held');
    world.bridge.showCall({ ...ACTIVE, state: 'ended', can: [] });
    await says(page, 'ended');
    await look(page, 'ended');
    await world.deliver({ ...COMPLETED, recording: { state: 'ready', url: 'https://pbx.example/rec/call-1.mp3' } });
    await page.locator('#bell').click();
    await look(page, 'bell');

    await page.goto(`${world.kommo.origin}/settings/widgets`);
    await page.getByText(texts.settings['extensions'] ?? '').waitFor({ state: 'attached' });
    await page.locator('#widget-open').click();
    await page
      .locator('#widget-modal')
      .getByText(texts.settings['ring_popup'] ?? '')
      .waitFor();
    await look(page, 'settings');
    await page.locator('#widget-close').click();
    await world.bridge.stop();
    await phase(page, 'lost');
    await look(page, 'lost');
  });
});

describe('hostile names', () => {
  test('are text in every field that Kommo is given, and in the card', async () => {
    const page = await world.open();
    await world.pair(page);
    world.bridge.showCall({ ...ACTIVE, title: HOSTILE, number: HOSTILE });
    await item(page, 'active').locator('.who', { hasText: HOSTILE }).waitFor();
    world.bridge.showCall({ ...RINGING, id: 'call-2', title: HOSTILE, popped: false });
    await world.deliver({
      ...COMPLETED,
      displayName: HOSTILE,
      agent: { userId: ANA, name: HOSTILE },
      caller: { kind: 'entity', entity: { type: 'lead', id: 5 }, name: HOSTILE },
      recording: { state: 'ready', url: `https://pbx.example/${HOSTILE}` },
    });
    const [added] = await asked(page, 'add_call');
    await page.locator('#popups .entry-text', { hasText: HOSTILE }).first().waitFor();
    await page.locator('#bell').click();
    // Every field as Kommo might render it: as HTML.
    const elements = await page.evaluate(
      (fields) =>
        fields.map((field) => {
          const place = document.createElement('div');
          document.body.append(place);
          place.innerHTML = field;
          return place.childElementCount;
        }),
      Object.values({ ...added, ...(added?.['element'] as object) }).filter((field) => typeof field === 'string'),
    );
    expect(new Set(elements)).toEqual(new Set([0]));
    expect(await page.locator('#popups :is(.entry-text, .entry-head, .facts) :is(img, script)').count()).toBe(0);
    expect(await page.locator('#ringside-widget :is(img, script)').count()).toBe(0);
    expect(await page.evaluate(() => Reflect.has(window, 'pwned'))).toBe(false);
  });
});

describe('several tabs', () => {
  test('of a browser without Web Locks: every call is shown and recorded once, reloads and closing included', async () => {
    await world.context.addInitScript(() => Reflect.deleteProperty(Navigator.prototype, 'locks'));
    const first = await world.open();
    await world.pair(first);
    const others = [await world.open('/leads/list'), await world.open('/contacts/list')];
    expect(await first.evaluate(() => 'locks' in navigator)).toBe(false);
    await world.tabs(3);
    const all = [first, ...others];
    const calls = (id: number): typeof COMPLETED => ({
      ...COMPLETED,
      id: `call-${id}`,
      caller: { kind: 'entity', entity: { type: 'lead', id: 6_600_000 + id }, name: `Lead ${id}` },
    });
    world.bridge.showCall({ ...RINGING, popped: false });
    await Promise.all(all.map((page) => item(page, 'ringing').waitFor()));
    for (let id = 1; id <= 4; id += 1) await world.deliver(calls(id));
    expect((await Promise.all(all.map((page) => asked(page, 'show_notification')))).flat()).toHaveLength(1);
    await first.reload();
    await phase(first, 'connected');
    for (let id = 1; id <= 8; id += 1) await world.deliver(calls(id));
    await others[0]?.close();
    await world.tabs(2);
    for (let id = 5; id <= 12; id += 1) await world.deliver(calls(id));
    const bell = world.kommo.notifications(ANA).map(({ element }) => element?.id);
    expect(new Set(bell)).toEqual(new Set(Array.from({ length: 12 }, (_, index) => 6_600_001 + index)));
    expect(bell).toHaveLength(12);
    expect(world.kommo.requests.filter(({ path }) => path.startsWith('/ajax/v1/inbox/add'))).toHaveLength(12);
  });
});

/** Counts what a page holds: sockets that are not closed, intervals, the widget's listeners of window and document. */
function count(): void {
  const held = { sockets: 0, intervals: 0, listeners: 0 };
  Reflect.set(window, 'held', held);
  const Socket = window.WebSocket;
  window.WebSocket = class extends Socket {
    constructor(url: string | URL, protocols?: string | string[]) {
      super(url, protocols);
      held.sockets += 1;
      this.addEventListener('close', () => (held.sockets -= 1));
    }
  };
  const [start, stop] = [window.setInterval, window.clearInterval];
  const running = new Set<number>();
  Object.assign(window, {
    setInterval: (...parameters: Parameters<typeof start>) => {
      const id = start.apply(window, parameters) as unknown as number;
      running.add(id);
      held.intervals = running.size;
      return id;
    },
    clearInterval: (id: number | undefined) => {
      stop(id);
      if (id !== undefined) running.delete(id);
      held.intervals = running.size;
    },
  });
  for (const target of [window, document]) {
    const add = target.addEventListener.bind(target);
    target.addEventListener = (type: string, listener: EventListener, options?: AddEventListenerOptions) => {
      add(type, listener, options);
      if (new Error().stack?.includes('/widget/script.js') !== true) return;
      held.listeners += 1;
      options?.signal?.addEventListener('abort', () => (held.listeners -= 1));
    };
  }
}

describe("Kommo's navigation", () => {
  type Held = { sockets: number; intervals: number; listeners: number };
  const held = (page: Page): Promise<Held> => page.evaluate(() => ({ ...(Reflect.get(window, 'held') as Held) }));

  test('through thirty areas leaves one socket, one card and nothing more than before; switched off, nothing', async () => {
    await world.context.addInitScript(count);
    const bare = await world.context.newPage();
    if (world.kommo.widget !== null) world.kommo.widget.active = false;
    await bare.goto(`${world.kommo.origin}/settings/widgets`);
    await bare.locator('#widget-open').waitFor();
    const without = await held(bare);
    await bare.close();
    if (world.kommo.widget !== null) world.kommo.widget.active = true;

    const page = await world.open('/contacts/list');
    await world.pair(page);
    world.bridge.showCall(ACTIVE);
    await item(page, 'active').waitFor();
    const before = await held(page);
    expect(before).toMatchObject({ sockets: 1, intervals: without.intervals + 1 });
    for (let round = 0; round < 10; round += 1) {
      for (const path of ['/leads/list', '/settings/widgets/', '/contacts/list']) {
        await page.locator(`.nav a[href="${path}"]`).click();
        await page.waitForURL(`**${path}`);
      }
    }
    await page.waitForFunction(() => (Reflect.get(window, '__kommoWidget') as { renders: number }).renders >= 31);
    expect(await held(page)).toEqual(before);
    expect(await card(page).count()).toBe(1);
    expect(world.bridge.state().tabs).toBe(1);

    // Kommo drops the widget and takes it in again, as it does when the account switches it off and on.
    await page.locator('.nav a[href="/settings/widgets/"]').click();
    for (let round = 0; round < 3; round += 1) {
      await page.locator('#widget-open').click();
      await page.locator('#widget-off').click();
      await card(page).waitFor({ state: 'detached' });
      await world.tabs(0);
      await vi.waitFor(async () => expect(await held(page)).toEqual(without));
      await page.locator('#widget-form button[type=submit]').click();
      await phase(page, 'connected');
      await page.locator('#widget-close').click();
    }
    await item(page, 'active').waitFor();
    expect(await held(page)).toEqual(before);
    expect(await card(page).count()).toBe(1);
  });
});
