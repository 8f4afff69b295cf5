/** The panel as it ships, in real Chromium: what the agent sees and does, with the test in the place of main. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { CallMatch } from '../../app/calls/completed-call.ts';
import type { CallView, PanelState } from '../../app/ipc/panel.ts';
import { SCENES } from '../unit/renderer/panel/call-states.ts';
import { atWork, pastCall, ringingCall } from '../unit/renderer/panel/states.ts';
import { eventually } from './support/eventually.ts';
import { axeViolations, foreignTexts, layoutBreaks, textsOn } from './support/panel-checks.ts';
import { buildPanelSite, type PanelPage, type PanelSite } from './support/panel-page.ts';

let site: PanelSite;
let panel: PanelPage | undefined;

beforeAll(async () => {
  site = await buildPanelSite();
});
afterAll(async () => {
  await site.close();
});
afterEach(async () => {
  const faults = panel?.faults ?? [];
  await panel?.close();
  panel = undefined;
  if (faults.length > 0) throw new Error(`The page broke something: ${faults.join('; ')}`);
});

async function open(...parameters: Parameters<PanelSite['open']>): Promise<PanelPage> {
  panel = await site.open(...parameters);
  return panel;
}

const asked = (panelPage: PanelPage, ...request: unknown[]) =>
  eventually(`the panel asks for ${request.join(' ')}`, async () =>
    (await panelPage.asked()).some((one) => JSON.stringify(one) === JSON.stringify(request)),
  );
const signedOut = (way: 'oauth' | 'token', reason: string | null = null): PanelState => ({
  ...atWork,
  kommo: { ...atWork.kommo, state: 'signed-out', host: null, account: null, user: null, way, reason },
});
const dialField = (page: Page) => page.getByRole('textbox', { name: 'Number to call' });

describe('calls', () => {
  test('answer, decline, hang up and the card each ask for their call', async () => {
    const opened = await open({ state: { ...atWork, calls: [ringingCall()] } });
    const { page, push } = opened;
    await page.getByRole('button', { name: 'Answer: Maria Silva' }).click();
    expect(await asked(opened, 'answer', 'call-1')).toBe(true);
    await page.getByRole('button', { name: 'Open card: Maria Silva' }).click();
    expect(await asked(opened, 'openCard', 'call-1')).toBe(true);
    await page.getByRole('button', { name: 'Decline: Maria Silva' }).click();
    expect(await asked(opened, 'decline', 'call-1')).toBe(true);

    await push({ ...atWork, calls: [ringingCall({ state: 'active', answeredAt: Date.now() })] });
    await page.getByRole('button', { name: 'Hang up: Maria Silva' }).click();
    expect(await asked(opened, 'hangUp', 'call-1')).toBe(true);
    expect(await page.getByRole('button', { name: /^Answer/ }).count()).toBe(0);
  });

  test('a refusal is said in the card that it is about', async () => {
    const refusal = 'The caller has hung up already.';
    const { page } = await open({ state: { ...atWork, calls: [ringingCall()] }, refusals: { answer: refusal } });
    await page.getByRole('button', { name: /^Answer/ }).click();
    const said = page.getByRole('article').getByRole('alert').getByText(refusal);
    await said.waitFor();
    expect(await said.count()).toBe(1);
  });

  test('no button moves when the name comes, and a nobody can be made a contact', async () => {
    const number = '+1 415 555 0132';
    const unknown = ringingCall({ title: number, resolving: true, canOpenCard: false, caller: { kind: 'not-asked' } });
    const { page, push } = await open({ state: { ...atWork, calls: [unknown] } });
    const answer = page.getByRole('button', { name: /^Answer/ });
    const before = await answer.boundingBox();
    expect(before).not.toBeNull();

    await push({ ...atWork, calls: [ringingCall()] });
    await page.getByRole('heading', { name: 'Maria Silva' }).waitFor();
    expect(await answer.boundingBox()).toEqual(before);

    const lastContact = {
      at: Date.now() - 26 * 3_600_000,
      direction: 'inbound',
      disposition: 'answered',
      talkSeconds: 245,
      agent: 'Ana Prado',
      mine: true,
    } as const;
    await push({ ...atWork, calls: [ringingCall({ company: 'Silva Flowers', lastContact })] });
    await page.getByText('Silva Flowers').waitFor();
    await page.getByText(/^Last contact: yesterday, 4 mins?, you$/).waitFor();
    expect(await answer.boundingBox()).toEqual(before);

    await push({ ...atWork, calls: [ringingCall({ title: number, caller: { kind: 'nobody' } })] });
    await page.getByRole('button', { name: /^New contact/ }).waitFor();
    expect(await answer.boundingBox()).toEqual(before);
  });

  test('a call that comes in is announced and leaves the focus where the agent types', async () => {
    const { page, push } = await open({ state: atWork });
    await dialField(page).pressSequentially('41');
    await push({ ...atWork, calls: [ringingCall()] });
    await page.locator('[aria-live=assertive]').getByText('Incoming call from Maria Silva').waitFor();
    await page.keyboard.type('5');
    expect(await dialField(page).inputValue()).toBe('415');
  });

  test('the timer ticks from the answer, and only while the call lives', async () => {
    const active = ringingCall({ state: 'active', answeredAt: Date.now() - 3_598_000 });
    const { page, push } = await open({ state: { ...atWork, calls: [active] } });
    await page
      .getByRole('timer')
      .getByText(/^1:00:0\d$/)
      .waitFor();
    await push({ ...atWork, calls: [{ ...active, state: 'ended' }] });
    await page.getByText('Call ended').waitFor();
    expect(await page.getByRole('timer').count()).toBe(0);
  });
});

describe('in a call', () => {
  const active = (change: Partial<CallView> = {}) =>
    ringingCall({ state: 'active', answeredAt: Date.now() - 5000, ...change });
  const held = (change: Partial<CallView> = {}) => active({ state: 'held', heldBy: ['local'], ...change });
  const colleague = (change: Partial<CallView> = {}) =>
    active({ id: 'call-2', title: 'Ben Ortiz', number: '102', consultationOf: 'call-1', ...change });
  const withCalls = (...calls: CallView[]): PanelState => ({ ...atWork, calls });
  const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });

  test('hold and resume, mute and unmute: one button each, that keeps its place and the focus', async () => {
    const opened = await open({ state: withCalls(active()) });
    const { page, push } = opened;
    await button(page, 'Hold: Maria Silva').press('Enter');
    expect(await asked(opened, 'hold', 'call-1')).toBe(true);
    const before = await button(page, 'Hang up: Maria Silva').boundingBox();
    await push(withCalls(held()));
    await page.getByText('On hold', { exact: true }).waitFor();
    expect(await button(page, 'Hang up: Maria Silva').boundingBox()).toEqual(before);
    await page.keyboard.press('Enter');
    expect(await asked(opened, 'resume', 'call-1')).toBe(true);

    const mute = button(page, 'Mute: Maria Silva');
    await mute.click();
    expect(await asked(opened, 'mute', 'call-1', true)).toBe(true);
    await push(withCalls(active({ muted: true })));
    await page.getByText('In call, muted').waitFor();
    expect(await mute.getAttribute('aria-pressed')).toBe('true');
    await mute.click();
    expect(await asked(opened, 'mute', 'call-1', false)).toBe(true);
  });

  test('the keypad takes clicks and keys, shows what was sent, and closes with Escape', async () => {
    const opened = await open({ state: withCalls(active()) });
    const { page } = opened;
    await button(page, 'Keypad: Maria Silva').click();
    await button(page, '4').click();
    // The keys of the pad that was clicked have the focus: the keyboard's keys go the same way.
    await page.keyboard.type('2');
    await page.getByLabel('Keys sent').press('#');
    await eventually('all is shown', async () => (await page.getByLabel('Keys sent').inputValue()) === '42#');
    for (const key of ['4', '2', '#']) expect(await asked(opened, 'sendKeys', 'call-1', key)).toBe(true);
    await page.keyboard.press('Escape');
    await page.getByLabel('Keys sent').waitFor({ state: 'detached' });
  });

  test('a transfer: at once, or after asking; what is missing is said first', async () => {
    const opened = await open({ state: withCalls(active()) });
    const { page, push } = opened;
    await button(page, 'Transfer: Maria Silva').click();
    await page.keyboard.press('Enter');
    await page.getByText('Type the number or extension to transfer to.').waitFor();
    await page.keyboard.type('1 02');
    await page.keyboard.press('Enter');
    expect(await asked(opened, 'consult', 'call-1', '102')).toBe(true);
    await page.getByLabel('Transfer to: Maria Silva').waitFor({ state: 'detached' });

    await page.keyboard.press('Alt+t');
    await page.keyboard.type('103');
    await button(page, 'Transfer now').click();
    expect(await asked(opened, 'transfer', 'call-1', '103')).toBe(true);
    const before = await button(page, 'Hang up: Maria Silva').boundingBox();
    for (const [state, sentence] of [
      ['asked', 'Transferring to 103…'],
      ['ringing', '103 rings. The call is theirs once they answer.'],
      ['failed', 'The transfer to 103 did not work. The call is yours again.'],
    ] as const) {
      await push(withCalls(held({ transfer: { to: '103', state } })));
      await page.getByText(sentence).waitFor();
      expect(await button(page, 'Transfer: Maria Silva').isDisabled()).toBe(state !== 'failed');
    }
    expect(await button(page, 'Hang up: Maria Silva').boundingBox()).toEqual(before);
  });

  test('a transfer finds people: of the last calls at once, in Kommo after a pause', async () => {
    const found = {
      entity: { type: 'contact', id: 9 },
      name: 'Márta Kovács',
      company: 'Acme Bicycles',
      numbers: ['+36301234567'],
    };
    const opened = await open({
      state: withCalls(active()),
      history: [pastCall('a', 600_000)],
      answers: { searchPeople: [found] },
    });
    const { page } = opened;
    await page.getByText('Answered 2:05').waitFor();
    await page.keyboard.press('Alt+t');
    await page.getByRole('option', { name: /Maria Silva/ }).waitFor();
    await page.keyboard.type('mar');
    await page.getByRole('option', { name: /Márta Kovács.*Acme Bicycles/ }).waitFor();
    expect(await asked(opened, 'searchPeople', 'mar')).toBe(true);
    expect((await opened.asked()).filter(([name]) => name === 'searchPeople')).toHaveLength(1);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    const field = page.getByLabel('Transfer to: Maria Silva');
    await eventually('the number is in the field', async () => (await field.inputValue()) === '+36301234567');
    await page.keyboard.press('Enter');
    expect(await asked(opened, 'consult', 'call-1', '+36301234567')).toBe(true);
  });

  test('whom the agent asks is part of the caller’s card: connect them, go back, swap', async () => {
    const dialled = colleague({ state: 'dialling', answeredAt: null });
    const opened = await open({ state: withCalls(held(), dialled) });
    const { page, push } = opened;
    const asking = page.getByRole('article').getByRole('region', { name: 'Asking Ben Ortiz' });
    await asking.getByText('Calling…').waitFor();
    expect(await page.getByRole('article').count()).toBe(1);
    const connect = button(page, 'Connect them: Maria Silva');
    expect(await connect.isDisabled()).toBe(true);
    const before = await button(page, 'Hang up: Maria Silva').boundingBox();

    await push(withCalls(held(), colleague()));
    await connect.click();
    expect(await asked(opened, 'completeTransfer', 'call-1')).toBe(true);
    await button(page, 'Back: Maria Silva').click();
    expect(await asked(opened, 'hangUp', 'call-2')).toBe(true);
    await push(withCalls(active(), colleague({ state: 'held', heldBy: ['local'] })));
    await button(page, 'Swap: Ben Ortiz').click();
    expect(await asked(opened, 'resume', 'call-2')).toBe(true);
    await push(withCalls(held()));
    await asking.waitFor({ state: 'detached' });
    expect(await button(page, 'Hang up: Maria Silva').boundingBox()).toEqual(before);
  });

  test('two calls: the active one first, and one press swaps them', async () => {
    const other = held({ id: 'call-2', title: 'Ben Ortiz', startedAt: Date.now() - 60_000 });
    const opened = await open({ state: withCalls(other, active()) });
    const { page, push } = opened;
    const order = () => page.getByRole('article').evaluateAll((cards) => cards.map((card) => card.ariaLabel));
    expect(await order()).toEqual(['Maria Silva', 'Ben Ortiz']);
    await button(page, 'Swap: Ben Ortiz').click();
    expect(await asked(opened, 'resume', 'call-2')).toBe(true);
    await push(withCalls({ ...other, state: 'active', heldBy: [] }, held()));
    await button(page, 'Swap: Maria Silva').waitFor();
    expect(await order()).toEqual(['Ben Ortiz', 'Maria Silva']);
  });

  test('a call that waits rings in its own card, can be silenced, and moves nothing of the call before', async () => {
    const opened = await open({ state: withCalls(active()) });
    const { page, push } = opened;
    const before = await button(page, 'Hang up: Maria Silva').boundingBox();
    await push(withCalls(active(), ringingCall({ id: 'call-2', title: 'Ben Ortiz' })));
    await button(page, 'Silence: Ben Ortiz').click();
    expect(await asked(opened, 'silence', 'call-2')).toBe(true);
    expect(await button(page, 'Hang up: Maria Silva').boundingBox()).toEqual(before);
    await push(withCalls(active(), ringingCall({ id: 'call-2', title: 'Ben Ortiz', silenced: true })));
    await page.getByText('Incoming call, silenced').waitFor();
    expect(await button(page, 'Silence: Ben Ortiz').isDisabled()).toBe(true);
    await button(page, 'Answer: Ben Ortiz').click();
    expect(await asked(opened, 'answer', 'call-2')).toBe(true);
  });

  test('how it sounds has a word and its figures', async () => {
    const quality = { codec: 'opus', loss: 0.12, jitterMs: 40, roundTripMs: 210, mos: 2.4 };
    const { page } = await open({ state: withCalls(active({ quality })) });
    const badge = page.getByTitle('opus, 12% lost, 40 ms jitter, 210 ms there and back');
    expect(await badge.innerText()).toBe('Poor');
  });

  test('a call on the desk phone is not answered here', async () => {
    const { page, push } = await open({ state: withCalls(ringingCall({ source: 'watched' })) });
    await page.getByText('Rings on the desk phone').waitFor();
    for (const name of [/^Answer/, /^Decline/, /^Silence/])
      expect(await page.getByRole('button', { name }).count()).toBe(0);
    await push(withCalls(active({ source: 'watched' })));
    await button(page, 'Hang up: Maria Silva').waitFor();
    expect(await page.getByRole('button', { name: /^Hold/ }).count()).toBe(0);
  });
});

describe('the phone’s own things', () => {
  const devices = {
    microphones: [{ id: 'm-1', label: 'Headset' }],
    speakers: [{ id: 's-1', label: 'Headset' }],
  };

  test('do not disturb is one switch, and the phone says that it is quiet', async () => {
    const opened = await open({ state: atWork });
    const { page, push } = opened;
    const quiet = page.getByRole('switch', { name: 'Do not disturb' });
    await quiet.press('Space');
    const preferences = { ...atWork.preferences, doNotDisturb: true };
    expect(await asked(opened, 'setPreferences', preferences)).toBe(true);
    await push({ ...atWork, preferences });
    await page.getByRole('button', { name: 'Phone 101 Quiet' }).waitFor();
    expect(await quiet.getAttribute('aria-checked')).toBe('true');
  });

  test('devices are chosen and tested; the level moves; what is wrong is said', async () => {
    const opened = await open({ state: { ...atWork, devices } });
    const { page, push } = opened;
    const { audio } = atWork.preferences;
    await page.getByRole('button', { name: /^Phone 101/ }).click();
    await page.getByLabel('Microphone').selectOption('Headset');
    expect(
      await asked(opened, 'setPreferences', { ...atWork.preferences, audio: { ...audio, microphone: 'm-1' } }),
    ).toBe(true);
    await page.getByLabel('Ring volume').press('Home');
    expect(await asked(opened, 'setPreferences', { ...atWork.preferences, audio: { ...audio, ringVolume: 0 } })).toBe(
      true,
    );
    await page.getByRole('switch', { name: 'Ask before a link calls a number' }).click();
    expect(await asked(opened, 'setPreferences', { ...atWork.preferences, links: 'dial' })).toBe(true);

    await page.getByRole('button', { name: 'Test ringer' }).click();
    expect(await asked(opened, 'testAudio', 'ringer')).toBe(true);
    await page.getByRole('button', { name: 'Test microphone' }).click();
    expect(await asked(opened, 'testAudio', 'echo')).toBe(true);
    await push({ ...atWork, devices, audioTest: { microphone: 0.5, problem: null } });
    expect(await page.getByLabel('Microphone level').evaluate((meter: HTMLMeterElement) => meter.value)).toBe(0.5);
    await page.getByRole('button', { name: 'Stop test' }).click();
    expect(await asked(opened, 'testAudio', 'off')).toBe(true);
    await push({ ...atWork, devices, audioTest: { microphone: 0, problem: 'No microphone was found.' } });
    await page.getByText('No microphone was found.').waitFor();
  });

  test('a link asks before it calls', async () => {
    const opened = await open({ state: { ...atWork, asksToDial: { id: 'link-1', number: '+14155550142' } } });
    const { page, push } = opened;
    const question = page.getByRole('alertdialog', { name: 'A link asks for a call' });
    await question.getByRole('heading', { name: 'Call +14155550142?' }).waitFor();
    await question.getByRole('button', { name: 'Do not call' }).click();
    expect(await asked(opened, 'dialLink', 'link-1', false)).toBe(true);
    await question.getByRole('button', { name: 'Call', exact: true }).click();
    expect(await asked(opened, 'dialLink', 'link-1', true)).toBe(true);
    await push(atWork);
    await question.waitFor({ state: 'detached' });
  });

  test('the last number is one press away; a watched desk phone can make the call', async () => {
    const watched: PanelState['watched'] = [
      { extension: '201', state: 'watching', reason: null },
      { extension: '202', state: 'refused', reason: 'Not allowed to watch 202.' },
    ];
    const opened = await open({ state: { ...atWork, lastDialled: '+14155550199', watched } });
    const { page, push } = opened;
    const redial = page.getByRole('button', { name: 'Redial +14155550199' });
    await redial.click();
    expect(await asked(opened, 'dial', '+14155550199')).toBe(true);
    const place = page.getByLabel('Call on');
    expect(await place.locator('option').allInnerTexts()).toEqual(['On this computer', 'On desk phone 201']);
    await place.selectOption('On desk phone 201');
    await dialField(page).fill('204');
    await page.keyboard.press('Enter');
    expect(await asked(opened, 'dialOnDeskPhone', '201', '204')).toBe(true);
    await page.getByRole('button', { name: /^Phone 101/ }).click();
    await page.getByText('Not allowed to watch 202.').waitFor();
    await page.keyboard.press('Escape');
    // A desk phone that cannot be asked any more is no place to call on.
    await push({ ...atWork, lastDialled: '+14155550199' });
    await redial.click();
    await eventually(
      'redialled here',
      async () => (await opened.asked()).filter(([name]) => name === 'dial').length === 2,
    );
  });
});

/** Opens a scene, or shows it in a page that is open, and presses what it says. */
async function show(page: Page, { press }: (typeof SCENES)[string]): Promise<void> {
  await page.locator('.history h2').waitFor();
  for (const button of press ?? []) await page.getByRole('button', { name: button, exact: true }).click();
}

test.each(Object.entries(SCENES))(
  '%s: every text can be read in light, dark and high contrast, nothing is cut off in a narrow window, axe finds nothing',
  async (_name, scene) => {
    const { state, history } = scene;
    const { page } = await open(
      { state, history },
      { viewport: { width: 320, height: 2000 }, reducedMotion: 'reduce' },
    );
    await show(page, scene);
    for (const colorScheme of ['light', 'dark'] as const)
      for (const contrast of ['no-preference', 'more'] as const) {
        await page.emulateMedia({ colorScheme, contrast, reducedMotion: 'reduce' });
        const wanted = `html[data-scheme=${colorScheme}][data-contrast=${contrast === 'more' ? 'more' : 'normal'}]`;
        await page.locator(wanted).waitFor({ state: 'attached' });
        const texts = await contrasts(page.locator('body'));
        expect(texts.length).toBeGreaterThan(10);
        expect(texts.filter(({ ratio }) => ratio < (contrast === 'more' ? 7 : 4.5))).toEqual([]);
      }
    expect(await layoutBreaks(page)).toEqual([]);
    expect(await axeViolations(page)).toEqual([]);
  },
);

test.each(['es', 'pt', 'ru', 'en'] as const)(
  'in %s every word is from the catalogue or from the data, and nothing breaks at 320 pixels',
  async (language) => {
    for (const [name, scene] of Object.entries(SCENES)) {
      // The buttons to press are named in English: those scenes are looked at in the language of their buttons.
      if (scene.press !== undefined && language !== 'en') continue;
      const state = { ...scene.state, preferences: { ...scene.state.preferences, language } };
      const { page, close } = await site.open({ ...scene, state }, { viewport: { width: 320, height: 1600 } });
      await show(page, scene);
      expect(foreignTexts(await textsOn(page), language, [state, scene.history]), name).toEqual([]);
      expect(await layoutBreaks(page), name).toEqual([]);
      expect(await page.locator('html').getAttribute('lang')).toBe(language);
      await close();
    }
  },
  120_000,
);

test('language and appearance are chosen in the menu, by keyboard, and change at once', async () => {
  const opened = await open({ state: atWork });
  const { page, push } = opened;
  await page.getByRole('button', { name: 'Menu' }).press('Enter');
  await page.getByRole('menuitem', { name: 'Language' }).press('ArrowRight');
  await page.getByRole('menuitemradio', { name: 'Русский' }).press('Enter');
  const preferences = { ...atWork.preferences, language: 'ru' as const };
  expect(await asked(opened, 'setPreferences', preferences)).toBe(true);
  await push({ ...atWork, preferences: { ...preferences, theme: 'contrast' } });
  await page.getByRole('heading', { name: 'История' }).waitFor();
  const html = page.locator('html');
  expect(await html.getAttribute('lang')).toBe('ru');
  expect(await html.getAttribute('data-contrast')).toBe('more');
  await push({ ...atWork, preferences: { ...preferences, language: 'pt', theme: 'dark' } });
  await page.getByRole('heading', { name: 'Histórico' }).waitFor();
  expect([await html.getAttribute('data-scheme'), await html.getAttribute('data-contrast')]).toEqual([
    'dark',
    'normal',
  ]);
});

test('all keys are on one sheet, and each does what it says', async () => {
  const opened = await open({ state: { ...atWork, calls: [ringingCall()] } });
  const { page, push } = opened;
  await page.getByRole('button', { name: /^Answer/ }).waitFor();
  await page.keyboard.press('?');
  const sheet = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
  await sheet.waitFor();
  expect(await axeViolations(page)).toEqual([]);
  // A dialog keeps the keys to itself.
  await page.keyboard.press('Alt+a');
  await page.keyboard.press('Escape');
  await sheet.waitFor({ state: 'detached' });
  expect(await opened.asked()).toEqual([]);
  await dialField(page).fill('41');
  await page.keyboard.press('Alt+a');
  expect(await asked(opened, 'answer', 'call-1')).toBe(true);
  await page.keyboard.type('5');
  expect(await dialField(page).inputValue()).toBe('415');
  await push({ ...atWork, calls: [ringingCall({ state: 'active', answeredAt: Date.now() })] });
  await page.getByRole('button', { name: /^Hold/ }).waitFor();
  for (const [keys, ...request] of [
    ['Alt+p', 'hold', 'call-1'],
    ['Alt+m', 'mute', 'call-1', true],
    ['Alt+h', 'hangUp', 'call-1'],
  ] as const) {
    await page.keyboard.press(keys);
    expect(await asked(opened, ...request)).toBe(true);
  }
});

describe('dialling', () => {
  test('by keyboard only: slash, a pasted number, Enter', async () => {
    const opened = await open({ state: atWork });
    const { page } = opened;
    await dialField(page).waitFor();
    await page.keyboard.press('/');
    await dialField(page).evaluate((field) => {
      const clipboardData = new DataTransfer();
      clipboardData.setData('text', ' +1 (415) 555-0132\n');
      field.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
    });
    expect(await dialField(page).inputValue()).toBe('+14155550132');
    await page.keyboard.press('Enter');
    expect(await asked(opened, 'dial', '+14155550132')).toBe(true);
    await eventually('the field is empty again', async () => (await dialField(page).inputValue()) === '');

    await page.getByRole('button', { name: /^Phone 101/ }).focus();
    await page.keyboard.press('Control+k');
    expect(await dialField(page).evaluate((field) => field === document.activeElement)).toBe(true);
  });

  test('a refusal is said under the field, keeps what was typed, and goes with the next key', async () => {
    const { page } = await open({ state: atWork, refusals: { dial: 'Not called: the phone is not registered.' } });
    await dialField(page).fill('204');
    await page.keyboard.press('Enter');
    const refusal = page.getByText('Not called: the phone is not registered.');
    await refusal.waitFor();
    expect(await dialField(page).inputValue()).toBe('204');
    await page.keyboard.type('1');
    await refusal.waitFor({ state: 'detached' });
  });

  test('a request that main rejects is a plain sentence, without an exception’s text', async () => {
    const { page } = await open({ state: atWork, broken: ['dial'] });
    await dialField(page).fill('204');
    await page.keyboard.press('Enter');
    await page.getByText('Ringside did not answer.').waitFor();
    expect(await page.getByText('remote method').count()).toBe(0);
  });
});

describe('history', () => {
  const entries = (page: Page) => page.locator('.entry');

  const many = (count: number) =>
    Array.from({ length: count }, (_, index) =>
      pastCall(`call-${index}`, (index + 1) * 3_600_000, {
        caller: { kind: 'entity', entity: { type: 'contact', id: index + 1 }, name: `Caller ${index}` },
        disposition: index % 3 === 0 ? 'missed' : 'answered',
      }),
    );

  test('reads on as the agent scrolls, has only what can be seen on the page, and comes back to the newest', async () => {
    const opened = await open({ state: atWork, history: many(420) });
    const { page } = opened;
    await page.getByText('Caller 0', { exact: true }).waitFor();
    const last = page.getByText('Caller 419', { exact: true });
    await eventually(
      'the oldest call is reached by scrolling',
      async () => {
        await page.locator('#panel').evaluate((scroller) => scroller.scrollTo(0, scroller.scrollHeight));
        expect(await entries(page).count()).toBeLessThanOrEqual(40);
        return (await last.count()) === 1;
      },
      30_000,
    );
    expect((await opened.paged()).length).toBe(9);
    await page.getByRole('button', { name: 'Back to the newest calls' }).click();
    await page.getByText('Caller 0', { exact: true }).waitFor();
    expect(await entries(page).count()).toBeLessThanOrEqual(40);
  });

  test('a search by keyboard, its filters, and the way back', async () => {
    const opened = await open({ state: atWork, history: many(60) });
    const { page } = opened;
    await page.getByText('Caller 0', { exact: true }).waitFor();
    await page.keyboard.press('Control+f');
    await page.keyboard.type('caller 5');
    await eventually('only what fits is there', async () => (await entries(page).count()) === 11);
    await page.getByText('11 calls').waitFor({ state: 'attached' });
    await page.getByRole('radio', { name: 'Missed' }).check({ force: true });
    await eventually('only what was missed', async () => (await entries(page).count()) === 3);
    await page.getByRole('textbox', { name: 'Search name, number or note' }).fill('nobody at all');
    await page.getByText('No call fits').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('radio', { name: 'All' }).check({ force: true });
    await page.getByText('Caller 1', { exact: true }).waitFor();
    expect(await page.getByText('No call fits').count()).toBe(0);
  });

  test('more about a call: its recording, only its party, and what happened', async () => {
    const ben = pastCall('b', 60_000, {
      number: { asReceived: '102', e164: '+14155550142', display: '102', internal: true },
      caller: { kind: 'nobody' },
      recording: { state: 'ready', url: 'https://pbx.acme.example/b.mp3' },
    });
    const at = Date.now() - 60_000;
    const opened = await open({
      state: atWork,
      history: [ben, pastCall('a', 120_000)],
      answers: {
        callTimeline: [
          { at, event: 'invite', details: { source: 'phone' } },
          { at: at + 20, event: 'something.internal', details: {} },
          { at: at + 2400, event: 'toast.shown', details: { shown: false, reason: 'x' } },
        ],
      },
    });
    const { page } = opened;
    const more = page.getByRole('button', { name: 'More about the call with 102' });
    const choose = async (name: string) => {
      await more.press('Enter');
      await page.getByRole('menuitem', { name }).click();
    };
    await choose('Play the recording');
    expect(await asked(opened, 'playRecording', 'b')).toBe(true);
    await choose('What happened');
    const dialog = page.getByRole('dialog', { name: 'What happened with the call: 102' });
    await dialog.getByText('The call came to this computer.').waitFor();
    expect(await dialog.getByRole('listitem').allInnerTexts()).toEqual([
      expect.stringMatching(/^\+0\.0 s\s+The call came to this computer\.$/),
      expect.stringMatching(/^\+2\.4 s\s+The system did not show the notification\./),
    ]);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await choose('Only calls with this number');
    await page.getByText('Calls with 102').waitFor();
    await eventually('only this party', async () => (await entries(page).count()) === 1);
    await page.getByRole('button', { name: 'Show everybody' }).click();
    await eventually('everybody again', async () => (await entries(page).count()) === 2);
  });

  test('what was searched for is saved as a file, and the page says which', async () => {
    const answers = { exportHistory: { file: 'calls.csv', calls: 2 } };
    const opened = await open({ state: atWork, history: many(2), answers });
    await opened.page.getByRole('button', { name: 'Export as CSV' }).click();
    expect(await asked(opened, 'exportHistory', { text: '', filter: 'all', partyOf: null })).toBe(true);
    await opened.page.getByText('2 calls saved in calls.csv.').waitFor();
  });

  test('several people after the call: chosen within its minute, and the line that was called', async () => {
    const maria = { entity: { type: 'contact', id: 7 }, name: 'Maria Silva' } as const;
    const shop = { entity: { type: 'company', id: 8 }, name: 'Silva Flowers' } as const;
    // A slow machine needs seconds to open the page and choose.
    const endedAt = Date.now() - 45_000;
    const entry = pastCall(
      'a',
      180_000,
      { endedAt, matches: [maria, shop], line: 'Sales' },
      { chooseUntil: endedAt + 60_000, annotateUntil: endedAt + 60_000 },
    );
    const opened = await open({ state: atWork, history: [pastCall('b', 30_000, { disposition: 'missed' }), entry] });
    const { page } = opened;
    await page.getByText('Line: Sales').waitFor();
    const choice = page.getByRole('group', { name: /Several people have this number/ });
    expect(await choice.getByRole('radio', { name: /Maria Silva/ }).isChecked()).toBe(true);
    await choice.getByText('Silva Flowers').click();
    expect(await asked(opened, 'chooseMatch', 'a', shop.entity)).toBe(true);
    expect(await page.getByRole('form', { name: 'About this call' }).count()).toBe(1);
    await choice.waitFor({ state: 'detached' });
    await page.getByRole('form', { name: 'About this call' }).waitFor({ state: 'detached' });
  });

  test('a new call comes in by itself; opening, calling back and retrying ask for it', async () => {
    const opened = await open({ state: atWork, history: [] });
    const { page } = opened;
    await page.getByText('No calls yet').waitFor();
    const failed = { target: 'card', state: 'failed', tries: 5, error: 'Kommo refused it.' } as const;
    await opened.pushHistory([pastCall('a', 60_000, {}, { deliveries: [failed] })]);
    await page.getByText('Answered 2:05').waitFor();
    await page.getByText('Could not be saved to the card. Kommo refused it.').waitFor();
    await page.getByRole('button', { name: 'Retry: Maria Silva' }).click();
    expect(await asked(opened, 'retryDelivery', 'a')).toBe(true);
    await page.getByRole('button', { name: 'Open the card of Maria Silva' }).click();
    expect(await asked(opened, 'openHistoryCard', 'a')).toBe(true);
    await page.getByRole('button', { name: 'Call Maria Silva' }).click();
    expect(await asked(opened, 'dial', '+14155550132')).toBe(true);
  });
});

describe('connections', () => {
  test('each opens its sentence and the action that helps, by keyboard; signing out asks once more', async () => {
    const opened = await open({ state: atWork });
    const { page } = opened;
    const kommo = page.getByRole('button', { name: /^Kommo.*Signed in/ });
    await kommo.waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    expect(await kommo.getAttribute('aria-expanded')).toBe('true');
    await page.getByText('Acme Bicycles').waitFor();

    await page.getByRole('button', { name: 'Sign out' }).press('Enter');
    expect(await opened.asked()).toEqual([]);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    expect(await asked(opened, 'signOut', 'keep')).toBe(true);
    await page.keyboard.press('Escape');
    await eventually('closed by Escape', async () => (await kommo.getAttribute('aria-expanded')) === 'false');
  });

  test('signing out while calls wait asks what becomes of them, and keeping them comes first', async () => {
    const opened = await open({ state: { ...atWork, kommo: { ...atWork.kommo, waitingCalls: 2 } } });
    const { page } = opened;
    await page.getByRole('button', { name: /^Kommo.*Signed in/ }).click();
    await page.getByRole('button', { name: 'Sign out', exact: true }).press('Enter');
    await page.getByText('2 calls are not in Kommo yet. Keep them for your next sign-in, or give them up?').waitFor();
    expect(await opened.asked()).toEqual([]);
    await page.keyboard.press('Enter');
    expect(await asked(opened, 'signOut', 'keep')).toBe(true);
    await page.getByRole('button', { name: 'Sign out, give up calls' }).click();
    expect(await asked(opened, 'signOut', 'give-up')).toBe(true);
  });

  test('paired browsers are listed by name, and each is forgotten by itself', async () => {
    const seen = { pairedAt: Date.UTC(2027, 0, 15, 9, 30), lastSeenAt: Date.UTC(2027, 0, 16, 9, 30) };
    const opened = await open({
      state: {
        ...atWork,
        browser: {
          ...atWork.browser,
          paired: 2,
          browsers: [
            { id: 'b-1', name: 'Chrome 156 on Windows', tabs: 3, ...seen },
            { id: 'b-2', name: '<img src=x onerror="window.pwned = 1">', tabs: 0, ...seen },
          ],
        },
      },
    });
    const { page } = opened;
    await page.getByRole('button', { name: /^Browser/ }).click();
    const items = page.getByRole('list', { name: 'Paired browsers' }).getByRole('listitem');
    expect(await items.count()).toBe(2);
    await items.nth(0).getByText('Connected, 3 tabs').waitFor();
    await items
      .nth(0)
      .getByText(/^Paired Jan 15, 2027/)
      .waitFor();
    await items
      .nth(1)
      .getByText(/^Last seen Jan 16, 2027/)
      .waitFor();
    expect(await page.evaluate(() => Reflect.has(window, 'pwned'))).toBe(false);
    await items.nth(0).getByRole('button', { name: 'Forget Chrome 156 on Windows' }).click();
    await items.nth(0).getByText('Forget Chrome 156 on Windows? It has to be paired again.').waitFor();
    expect(await opened.asked()).toEqual([]);
    await items.nth(0).getByRole('button', { name: 'Forget Chrome 156 on Windows' }).click();
    expect(await asked(opened, 'forgetBrowser', 'b-1')).toBe(true);
  });

  test('pairing: a code on demand, that counts down, runs out and is renewed', async () => {
    const notPaired: PanelState = {
      ...atWork,
      browser: { state: 'not-paired', paired: 0, browsers: [], reason: null, pairing: null },
    };
    const opened = await open({ state: notPaired });
    const { page } = opened;
    await page.getByRole('button', { name: /^Browser.*Not paired/ }).click();
    await page.getByRole('button', { name: 'Get a pairing code' }).click();
    expect(await asked(opened, 'newPairingCode')).toBe(true);

    const pairing = { code: '482915', expiresAt: Date.now() + 2000 };
    await opened.push({ ...notPaired, browser: { ...notPaired.browser, pairing } });
    await page.getByLabel('Pairing code').getByText('482915').waitFor();
    await page.getByText(/^Good for 0:0[12]$/).waitFor();
    await page.getByText('This code has run out.').waitFor();
    expect(await page.getByRole('button', { name: 'Copy code' }).count()).toBe(0);
    await page.getByRole('button', { name: 'New code' }).click();
    await eventually('a second code is asked for', async () => (await opened.asked()).length === 2);
  });

  test('notices stay until dismissed', async () => {
    const opened = await open({
      state: { ...atWork, notices: [{ id: 'keyring', text: 'No safe place for secrets.' }] },
    });
    await opened.page.getByRole('button', { name: 'Dismiss: No safe place for secrets.' }).click();
    expect(await asked(opened, 'dismissNotice', 'keyring')).toBe(true);
  });
});

describe('signing in and setting up', () => {
  test('by OAuth: one button, then what to do, and a way back', async () => {
    const opened = await open({ state: signedOut('oauth') });
    const { page } = opened;
    await page.getByRole('button', { name: 'Sign in with Kommo' }).click();
    expect(await asked(opened, 'signInWithOAuth')).toBe(true);
    await opened.push({ ...atWork, kommo: { ...signedOut('oauth').kommo, state: 'signing-in' } });
    await page.getByText('Kommo is open in your browser.').waitFor();
    await page.getByRole('button', { name: 'Cancel' }).click();
    expect(await asked(opened, 'cancelSignIn')).toBe(true);
  });

  test('by token: what is missing is said first, a refusal stays with the form, the token is never shown', async () => {
    const opened = await open({ state: signedOut('token', 'Kommo did not accept the token.') });
    const { page } = opened;
    await page.getByText('Kommo did not accept the token.').waitFor();
    await page.getByLabel('Kommo address').fill('acme.kommo.com');
    await page.keyboard.press('Enter');
    await page.getByText('Paste the long-lived token from Kommo.').waitFor();
    expect(await page.getByLabel('Long-lived token').getAttribute('type')).toBe('password');
    await page.getByLabel('Long-lived token').fill(' token-1 ');
    await page.keyboard.press('Enter');
    expect(await asked(opened, 'signInWithToken', 'acme.kommo.com', 'token-1')).toBe(true);
    await eventually(
      'the token leaves the page',
      async () => (await page.getByLabel('Long-lived token').inputValue()) === '',
    );
  });

  const fresh: PanelState = { ...atWork, phone: { state: 'not-set-up', extension: null, reason: null } };

  test('the provisioning file, chosen or dropped, is read and sent as text', async () => {
    const opened = await open({ state: fresh });
    const { page } = opened;
    await page
      .locator('input[type=file]')
      .setInputFiles({ name: 'ana.json', mimeType: 'application/json', buffer: Buffer.from('{"a":1}') });
    expect(await asked(opened, 'provision', '{"a":1}')).toBe(true);
    await page.locator('.drop').evaluate((zone) => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File(['{"b":2}'], 'ana.json'));
      zone.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }));
    });
    expect(await asked(opened, 'provision', '{"b":2}')).toBe(true);
  });

  test('its mistakes are listed line by line', async () => {
    const mistakes = ['phone.server: expected a wss address', 'phone.password: expected text'];
    const { page } = await open({ state: fresh, refusals: { provision: mistakes.join('\n') } });
    await page
      .locator('input[type=file]')
      .setInputFiles({ name: 'ana.json', mimeType: 'application/json', buffer: Buffer.from('{}') });
    await page.getByText('phone.server').waitFor();
    expect(await page.locator('.mistakes li').allTextContents()).toEqual(mistakes);
  });

  test('a file that is too large is refused without being sent', async () => {
    const opened = await open({ state: fresh });
    await opened.page
      .locator('input[type=file]')
      .setInputFiles({ name: 'film.json', mimeType: 'application/json', buffer: Buffer.alloc(100_001, 'a') });
    await opened.page.getByText('This file is far too large').waitFor();
    expect(await opened.asked()).toEqual([]);
  });
});

describe('the page', () => {
  test('a first answer that does not come can be asked for again', async () => {
    const { page } = await open({ state: atWork, broken: ['state'] });
    await page.getByText('Ringside did not answer.').waitFor();
    await page.evaluate(() => {
      (Reflect.get(window, 'fake') as { world: { broken: string[] } }).world.broken = [];
    });
    await page.getByRole('button', { name: 'Try again' }).click();
    await dialField(page).waitFor();
    expect(await page.getByRole('alert').getByText('Ringside did not answer.').count()).toBe(0);
  });

  const several = [
    { entity: { type: 'contact', id: 7 }, name: 'Maria Silva' },
    { entity: { type: 'company', id: 8 }, name: 'Silva and Daughters, Flowers and Plants of all Kinds, since 1908' },
  ] as const satisfies CallMatch[];
  const busy: PanelState = {
    ...signedOut('token', 'Kommo did not accept the token.'),
    phone: { state: 'refused', extension: '101', reason: 'Wrong password.' },
    browser: {
      state: 'waiting',
      paired: 2,
      browsers: ['Chrome 156 on Windows', 'Firefox 155 on Linux'].map((name, index) => ({
        id: `browser-${index}`,
        name,
        pairedAt: Date.now() - 86_400_000,
        lastSeenAt: Date.now() - 60_000,
        tabs: index,
      })),
      reason: null,
      pairing: { code: '482915', expiresAt: Date.now() + 600_000 },
    },
    calls: [
      ringingCall({ state: 'held', answeredAt: Date.now(), notice: 'Nobody can hear you.', matches: several }),
      ringingCall({ id: 'call-2', resolving: true, canOpenCard: false }),
    ],
    undelivered: 2,
    notices: [{ id: 'n', text: 'No safe place for secrets.' }],
  };
  const troubled = [
    pastCall(
      'a',
      60_000,
      { disposition: 'missed' },
      { deliveries: [{ target: 'card', state: 'failed', tries: 1, error: null }] },
    ),
    pastCall('b', 90_000, {}, { deliveries: [{ target: 'widget', state: 'waiting', tries: 1, error: null }] }),
  ];

  test.each(['light', 'dark'] as const)(
    'every text in %s stands out from its ground by 4.5 to 1',
    async (colorScheme) => {
      const { page } = await open(
        { state: busy, history: troubled },
        { colorScheme, viewport: { width: 380, height: 2400 } },
      );
      await page.getByRole('button', { name: /^Browser/ }).click();
      await page.getByLabel('Pairing code').waitFor();
      const texts = await contrasts(page.locator('body'));
      expect(texts.length).toBeGreaterThan(40);
      expect(texts.filter(({ ratio }) => ratio < 4.5)).toEqual([]);
    },
  );

  test.each([
    [320, 560],
    [190, 320],
    [1920, 1080],
  ])('nothing is cut off sideways at %d by %d', async (width, height) => {
    const { page } = await open({ state: busy, history: troubled }, { viewport: { width, height } });
    await page.locator('.entry').getByText('Missed').waitFor();
    await page.getByRole('button', { name: /^Browser/ }).click();
    expect(await layoutBreaks(page)).toEqual([]);
  });

  test('its script is at most 250 kB, gzipped', () => {
    const scripts = readdirSync(join(site.folder, 'assets')).filter((name) => name.endsWith('.js'));
    const bytes = scripts.map((name) => gzipSync(readFileSync(join(site.folder, 'assets', name))).length);
    expect(scripts).toHaveLength(1);
    expect(bytes[0]).toBeLessThanOrEqual(250_000);
  });
});

/** The contrast of every text on the page with what is painted under it (WCAG 2.2, 1.4.3), as the page has it now. */
async function contrasts(root: Locator): Promise<{ text: string; color: string; ground: string; ratio: number }[]> {
  return root.evaluate((body) => {
    const channels = (color: string) => (color.match(/[\d.]+/g) ?? []).map(Number);
    const luminance = (color: string) => {
      const [red = 0, green = 0, blue = 0] = channels(color).map((value) => {
        const share = value / 255;
        return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    const groundOf = (element: Element | null): string => {
      if (element === null) return 'rgb(255, 255, 255)';
      const { backgroundColor } = getComputedStyle(element);
      return channels(backgroundColor)[3] === 0 ? groundOf(element.parentElement) : backgroundColor;
    };
    const found: { text: string; color: string; ground: string; ratio: number }[] = [];
    const walker = document.createTreeWalker(body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const element = walker.currentNode.parentElement;
      const text = walker.currentNode.textContent?.trim() ?? '';
      if (element === null || text === '' || element.closest('script, style, .unseen') !== null) continue;
      const { color } = getComputedStyle(element);
      const ground = groundOf(element);
      const [light = 0, dark = 0] = [luminance(color), luminance(ground)].toSorted((a, b) => b - a);
      found.push({ text, color, ground, ratio: (light + 0.05) / (dark + 0.05) });
    }
    return found;
  });
}
