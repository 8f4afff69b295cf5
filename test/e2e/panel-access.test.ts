/**
 * Every screen of the panel for everybody: axe finds nothing in any scheme, forced colours included, and with a page
 * that is zoomed to 125 and 200 %, or as narrow as its window may be, no text is cut off or lies over another.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { CHECKS, type PanelState } from '../../app/ipc/panel.ts';
import { settingViews } from '../../app/settings/layers.ts';
import type { Texts } from '../../renderer/panel/texts/en.ts';
import { atWork, pastCall, ringingCall } from '../unit/renderer/panel/states.ts';
import { eventually } from './support/eventually.ts';
import { axeViolations, layoutBreaks, textBreaks } from './support/panel-checks.ts';
import { buildPanelSite, type PanelPage, type PanelSite } from './support/panel-page.ts';
import { reach, SCREENS, type Screen } from './support/panel-screens.ts';

const pictures = join(import.meta.dirname, '..', '..', 'out', 'screens', 'access');
let site: PanelSite;
beforeAll(async () => {
  mkdirSync(pictures, { recursive: true });
  site = await buildPanelSite();
});
afterAll(() => site.close());

const history = [pastCall('h-1', 60_000), pastCall('h-2', 3_600_000, { disposition: 'missed', answeredAt: null })];
const fromMenu = (item: (texts: Texts) => string) => async (page: Page, texts: Texts) => {
  await page.getByRole('button', { name: texts.menu.open, exact: true }).press('Enter');
  await page.getByRole('menuitem', { name: item(texts), exact: true }).press('Enter');
  await page.getByRole('heading', { name: item(texts), exact: true }).waitFor();
  await page.getByRole('menu').waitFor({ state: 'detached' });
};
const opened = (connection: 'phone' | 'kommo' | 'browser') => async (page: Page) => {
  await page.locator('.status-item').nth(['phone', 'kommo', 'browser'].indexOf(connection)).press('Enter');
  await page.locator('.status-details').waitFor();
};
const kommo = (change: Partial<PanelState['kommo']>): PanelState => ({
  ...atWork,
  kommo: { ...atWork.kommo, ...change },
});
const browser = (change: Partial<PanelState['browser']>): PanelState => ({
  ...atWork,
  browser: { ...atWork.browser, ...change },
});
const paired = ['Chrome 156 on Windows', 'Firefox 155 on Linux', 'A browser with a name that goes on and on for ever'];

/** What is no call: the administrator's screens, the first run, and what each connection has to say. */
const MORE: Record<string, Screen> = {
  settings: {
    state: { ...atWork, shortcuts: { ...atWork.shortcuts, mute: 'taken' } },
    history,
    answers: {
      settings: settingViews({
        policy: { calls: { pop: 'answer' } },
        provisioning: { phone: { server: 'wss://pbx.a-long-name-of-an-office.acme.example:7443/websocket' } },
        agent: { preferences: { theme: 'dark', shortcuts: { mute: 'CommandOrControl+Alt+M' } } },
      }),
    },
    reach: fromMenu(({ menu }) => menu.settings),
  },
  diagnostics: {
    state: atWork,
    history,
    answers: {
      check: Object.fromEntries(
        CHECKS.map((name) => [
          name,
          {
            state: 'bad',
            code: 'tls.untrusted',
            details: { host: 'pbx.a-long-name-of-an-office.acme.example', reason: 'self-signed certificate in chain' },
            ms: 1240,
          },
        ]),
      ),
      log: [{ seq: 1, at: Date.now(), event: 'transport.closed', text: 'code 1006 wss://pbx.acme.example …0142' }],
      saveArchive: { file: 'ringside-support-2026-11-23.zip' },
    },
    reach: fromMenu(({ menu }) => menu.diagnostics),
  },
  account: {
    state: kommo({ waitingCalls: 3, reason: 'Kommo asks for fewer requests.' }),
    history,
    reach: opened('kommo'),
  },
  'account-other': {
    state: kommo({ state: 'signed-out', offered: { account: 'Acme Motorcycles', before: 'Acme Bicycles' } }),
    history,
    reach: opened('kommo'),
  },
  'sign-in-token': {
    state: kommo({
      state: 'signed-out',
      way: 'token',
      host: null,
      account: null,
      user: null,
      reason: 'The token ended.',
    }),
    history,
  },
  'sign-in-code': { state: kommo({ state: 'signing-in', codeUntil: Date.now() + 900_000 }), history },
  browsers: {
    state: browser({
      paired: 3,
      browsers: paired.map((name, index) => ({
        id: `b-${index}`,
        name,
        pairedAt: Date.now() - 86_400_000,
        lastSeenAt: Date.now() - 60_000,
        tabs: index,
      })),
    }),
    history,
    reach: opened('browser'),
  },
  pairing: {
    state: browser({
      state: 'not-paired',
      paired: 0,
      browsers: [],
      reason: 'The browser asks for a permission.',
      pairing: { code: '482915', expiresAt: Date.now() + 600_000 },
    }),
    history,
    reach: opened('browser'),
  },
  phone: {
    state: {
      ...atWork,
      phone: { state: 'refused', extension: '101', reason: 'The phone system says: wrong password.' },
    },
    history,
    reach: opened('phone'),
  },
  'link-and-notices': {
    state: {
      ...atWork,
      asksToDial: { id: 'link-1', number: '+14155550142' },
      notices: [{ id: 'toasts', text: 'Notifications are switched off. Incoming calls are shown here instead.' }],
      undelivered: 2,
      calls: [ringingCall({ company: 'Silva Flowers', line: 'Sales' })],
    },
    history: [
      pastCall('a', 60_000, {}, { deliveries: [{ target: 'card', state: 'failed', tries: 4, error: 'No rights.' }] }),
    ],
  },
  'nothing-yet': { state: atWork, history: [] },
};
const ALL = { ...SCREENS, ...MORE };

const SCHEMES = [
  { name: 'light', media: { colorScheme: 'light', contrast: 'no-preference', forcedColors: 'none' } },
  { name: 'dark', media: { colorScheme: 'dark', contrast: 'no-preference', forcedColors: 'none' } },
  { name: 'high contrast', media: { colorScheme: 'light', contrast: 'more', forcedColors: 'none' } },
  { name: 'high contrast, dark', media: { colorScheme: 'dark', contrast: 'more', forcedColors: 'none' } },
  { name: 'forced colours', media: { colorScheme: 'dark', contrast: 'no-preference', forcedColors: 'active' } },
] as const;
/** The usual window of 400 by 680 as it is zoomed, and the narrowest one; in CSS pixels. */
const WINDOWS = [
  { name: '125 %', width: 320, height: 544 },
  { name: '200 %', width: 200, height: 340 },
  { name: '320 wide', width: 320, height: 420 },
] as const;

async function openScreen(screen: Screen, language: 'en' | 'ru'): Promise<PanelPage> {
  const inLanguage = (state: PanelState) => ({ ...state, preferences: { ...state.preferences, language } });
  const panel = await site.open(
    { state: inLanguage(screen.state), history: screen.history, answers: screen.answers ?? {} },
    { viewport: { width: 380, height: 680 }, reducedMotion: 'reduce' },
  );
  if (screen.next !== undefined) await panel.push(inLanguage(screen.next));
  await reach(panel.page, screen, language);
  return panel;
}

async function looksIn(page: Page, scheme: (typeof SCHEMES)[number]): Promise<void> {
  await page.emulateMedia({ ...scheme.media, reducedMotion: 'reduce' });
  const { colorScheme, contrast } = scheme.media;
  const wanted = `html[data-scheme=${colorScheme}][data-contrast=${contrast === 'more' ? 'more' : 'normal'}]`;
  await page.locator(wanted).waitFor({ state: 'attached' });
}

/** In the narrow windows, one after the other. */
async function breaksIn(page: Page, picture: string): Promise<string[]> {
  const breaks: string[] = [];
  for (const { name, ...window } of WINDOWS) {
    await page.setViewportSize(window);
    // What measures itself has done so, and what moves for it has moved.
    await page.evaluate(async () => {
      for (let frame = 0; frame < 3; frame += 1) await new Promise(requestAnimationFrame);
    });
    const found = [...(await layoutBreaks(page)), ...(await textBreaks(page))];
    breaks.push(...found.map((sentence) => `${name}: ${sentence}`));
    await page.screenshot({ path: join(pictures, `${picture}-${name.replaceAll(/\W+/g, '-')}.png`) });
  }
  return breaks;
}

test.each(Object.entries(ALL))(
  '%s: axe finds nothing in any scheme, and no text is cut off or lies over another',
  async (name, screen) => {
    const english = await openScreen(screen, 'en');
    for (const scheme of SCHEMES) {
      await looksIn(english.page, scheme);
      const found = await axeViolations(english.page, scheme.name === 'light' ? 'everything' : 'colours');
      expect(found, scheme.name).toEqual([]);
    }
    await looksIn(english.page, SCHEMES[0]);
    expect(await breaksIn(english.page, `${name}-en`)).toEqual([]);
    await english.close();

    // The longest words.
    const russian = await openScreen(screen, 'ru');
    expect(await breaksIn(russian.page, `${name}-ru`)).toEqual([]);
    await russian.close();
  },
);

describe('whom a call is transferred to', () => {
  const number = '+36301234567';
  const found = {
    entity: { type: 'contact', id: 9 },
    name: 'Márta Kovács',
    company: 'Acme Bicycles',
    numbers: [number],
  };
  const talking = { ...atWork, calls: [ringingCall({ state: 'active', answeredAt: Date.now() })] };
  const asked = (panel: PanelPage, ...request: unknown[]) =>
    eventually(`the panel asks for ${request.join(' ')}`, async () =>
      (await panel.asked()).some((one) => JSON.stringify(one) === JSON.stringify(request)),
    );
  let panel: PanelPage;
  const field = () => panel.page.getByRole('combobox', { name: 'Transfer to: Maria Silva' });
  const holds = (text: string) =>
    eventually(`the field holds "${text}"`, async () => (await field().inputValue()) === text);
  beforeEach(async () => {
    panel = await site.open({ state: talking, history, answers: { searchPeople: [found] } });
    await panel.page.locator('.entry').first().waitFor();
    await panel.page.keyboard.press('Alt+t');
    await panel.page.getByRole('option', { name: /Maria Silva/ }).waitFor();
  });
  afterEach(() => panel.close());
  const searches = async () => (await panel.asked()).filter(([request]) => request === 'searchPeople');

  test('by keyboard: typed, chosen with the arrows, asked with Enter', async () => {
    const { page } = panel;
    await page.keyboard.type('kov');
    await page.getByRole('option', { name: /Márta Kovács/ }).waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await holds(number);
    // It says whom it is, and looks for nobody else.
    await page.getByRole('status').getByText('Márta Kovács').waitFor();
    expect(await page.locator('.person').count()).toBe(0);
    await page.keyboard.press('Enter');
    expect(await asked(panel, 'consult', 'call-1', number)).toBe(true);
    expect(await searches()).toEqual([['searchPeople', 'kov']]);
  });

  test('by mouse: one click chooses and leaves the keyboard in the field, another one transfers', async () => {
    const { page } = panel;
    await page.keyboard.type('kov');
    await page.getByRole('option', { name: /Márta Kovács/ }).click();
    await holds(number);
    expect(await field().evaluate((input) => input === document.activeElement)).toBe(true);
    await page.getByRole('button', { name: 'Transfer now', exact: true }).click();
    expect(await asked(panel, 'transfer', 'call-1', number)).toBe(true);
  });

  test('what was chosen can be changed, emptied, and chosen again', async () => {
    const { page } = panel;
    await page.getByRole('option', { name: /Maria Silva/ }).click();
    await holds('+14155550132');
    await page.keyboard.press('Backspace');
    await holds('+1415555013');
    await page.getByRole('option', { name: /Maria Silva/ }).waitFor();
    await page.keyboard.press('Control+A');
    await page.keyboard.press('Delete');
    await holds('');
    await page.getByRole('option', { name: /Maria Silva/ }).click();
    expect(await holds('+14155550132')).toBe(true);
  });

  test('a pointer that lies over the list does not decide what Enter does', async () => {
    const { page } = panel;
    await page.getByRole('option', { name: /Maria Silva/ }).hover();
    await page.keyboard.type('5');
    await page.mouse.move(100, 400, { steps: 4 });
    await page.locator('.person').first().hover();
    await page.keyboard.press('Enter');
    expect(await asked(panel, 'consult', 'call-1', '5')).toBe(true);
  });

  test('Escape leaves the form with what was typed, and Tab goes on to its buttons', async () => {
    const { page } = panel;
    await page.keyboard.type('102');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Ask first');
    await holds('102');
    await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('Escape');
    await field().waitFor({ state: 'detached' });
    expect((await panel.asked()).filter(([request]) => request !== 'searchPeople')).toEqual([]);
  });
});

test('what is looked for is found: a bar of two lines, a number and a choice that are cut off', async () => {
  const state = { ...atWork, calls: [ringingCall({ state: 'active', answeredAt: Date.now() })] };
  const { page, close } = await site.open({ state, history }, { viewport: { width: 320, height: 640 } });
  await page.locator('.entry').first().waitFor();
  expect(await layoutBreaks(page)).toEqual([]);
  await page.locator('.status-bar').evaluate((bar) => (bar.style.gridTemplateColumns = 'repeat(3, auto)'));
  await page.locator('.call .number').evaluate((number) => (number.style.maxWidth = '4rem'));
  await page.locator('.annotate select').evaluate((select) => (select.style.maxWidth = '4rem'));
  const found = (await layoutBreaks(page)).map((sentence) => sentence.split(':')[0]);
  expect(found).toEqual(expect.arrayContaining(['number', 'choice', 'the bar at the top has two lines']));
  await close();
});

test('what is looked for is found: text over text, and a field that says more than fits', async () => {
  const { page, close } = await site.open({ state: atWork, history });
  await page.locator('.entry').first().waitFor();
  expect(await textBreaks(page)).toEqual([]);
  await page
    .locator('.entry-what')
    .first()
    .evaluate((line) => (line.style.transform = 'translateY(-1rem)'));
  await page.locator('.dial input').evaluate((field) => field.setAttribute('placeholder', 'more than fits '.repeat(9)));
  const found = (await textBreaks(page)).map((sentence) => sentence.split(':')[0]);
  expect(found).toEqual(expect.arrayContaining(['overlaps', 'placeholder']));
  await close();
});
