/** Every place and every state of the panel, for the walk that looks at all of them and for the tour that shows them. */
import type { Page } from 'playwright-core';
import { CODE_LIFE } from '../../../app/bridge/pairing.ts';
import type { CompletedCall } from '../../../app/calls/completed-call.ts';
import type { CallView, CheckName, CheckResult, HistoryEntry, LogLine, PanelState } from '../../../app/ipc/panel.ts';
import { settingViews } from '../../../app/settings/layers.ts';
import type { Language } from '../../../app/texts/language.ts';
import { CATALOGUES } from '../../../renderer/panel/texts/catalogues.ts';
import type { Texts } from '../../../renderer/panel/texts/en.ts';
import { SCENES } from '../../unit/renderer/panel/call-states.ts';
import { atWork, pastCall, ringingCall } from '../../unit/renderer/panel/states.ts';

export type Screen = {
  state: PanelState;
  /** What main says next, where a screen is not come to at once. */
  next?: PanelState;
  history: HistoryEntry[];
  answers?: Record<string, unknown>;
  /** Brings the page to the screen, in the words of its language. */
  reach?: (page: Page, texts: Texts) => Promise<void>;
  /** What the tour says of it; without, it is no part of the tour. */
  caption?: string;
};

const MINUTE = 60_000;
const ago = (minutes: number) => Date.now() - minutes * MINUTE;
const person = (id: number, name: string, type: 'contact' | 'company' | 'lead' = 'contact') =>
  ({ kind: 'entity', entity: { type, id }, name }) as const;
const number = (display: string): CompletedCall['number'] => ({
  asReceived: display.replace(/[^+\d]/g, ''),
  e164: display.startsWith('+') ? display.replace(/[^+\d]/g, '') : null,
  display,
  internal: !display.startsWith('+'),
});
const missed = { disposition: 'missed', answeredAt: null, talkSeconds: 0 } as const;

/** A working morning. */
const day: HistoryEntry[] = [
  pastCall('d-1', 9 * MINUTE, { line: 'Sales' }, { savedTo: 'contact' }),
  pastCall(
    'd-2',
    24 * MINUTE,
    { ...missed, caller: person(8, 'Silva Flowers', 'company'), number: number('+55 11 96123-4567') },
    { savedTo: 'company' },
  ),
  pastCall(
    'd-3',
    47 * MINUTE,
    {
      direction: 'outbound',
      caller: person(9, 'Oleg Sokolov', 'lead'),
      number: number('+34 612 34 56 78'),
      talkSeconds: 754,
      recording: { state: 'ready', url: 'https://pbx.acme.example/d-3.mp3' },
      agentDisposition: 'call back later',
      note: 'Wants the blue one. Calls again on Thursday.',
    },
    { savedTo: 'lead' },
  ),
  pastCall(
    'd-4',
    95 * MINUTE,
    { caller: { kind: 'nobody' }, number: number('+1 415 555 0187') },
    {
      savedTo: 'incoming-lead',
    },
  ),
  pastCall(
    'd-5',
    26 * 60 * MINUTE,
    { caller: person(12, 'Lucía Fernández'), number: number('+34 699 11 22 33'), transferredTo: '102' },
    {
      deliveries: [{ target: 'card', state: 'failed', tries: 5, error: null }],
    },
  ),
  ...Array.from({ length: 30 }, (_, index) =>
    pastCall(`d-${index + 6}`, (27 + index * 5) * 60 * MINUTE, index % 4 === 0 ? missed : {}, { savedTo: 'contact' }),
  ),
];
const at = ago(24);
const TIMELINE = [
  { at, event: 'invite', details: { source: 'phone' } },
  { at: at + 4, event: 'toast.requested', details: {} },
  { at: at + 61, event: 'toast.shown', details: { shown: false, reason: 'no daemon' } },
  { at: at + 70, event: 'resolve.sent', details: {} },
  { at: at + 340, event: 'resolve.done', details: { found: true } },
  { at: at + 18_200, event: 'ended', details: { disposition: 'missed' } },
  { at: at + 18_210, event: 'journal.written', details: {} },
  { at: at + 19_000, event: 'delivery.card', details: { state: 'done' } },
];
const lastContact: CallView['lastContact'] = {
  at: ago(26 * 60),
  direction: 'inbound',
  disposition: 'answered',
  talkSeconds: 245,
  agent: 'Ana Prado',
  mine: true,
};
const quality = { codec: 'opus', loss: 0.004, jitterMs: 3, roundTripMs: 28, mos: 4.3 };
const talking = ringingCall({ state: 'active', startedAt: ago(2), answeredAt: ago(1.9), quality, lastContact });
const justEnded = () =>
  pastCall(
    'just',
    2 * MINUTE,
    { endedAt: Date.now() - 8000, talkSeconds: 112 },
    { annotateUntil: Date.now() + 52_000 },
  );
const signedOut: PanelState['kommo'] = { ...atWork.kommo, state: 'signed-out', account: null, user: null };

const noBrowser: PanelState['browser'] = { state: 'not-paired', paired: 0, browsers: [], reason: null, pairing: null };
const nothingSetUp: PanelState = {
  ...atWork,
  phone: { state: 'not-set-up', extension: null, reason: null },
  kommo: { ...signedOut, state: 'not-set-up', host: null },
  browser: noBrowser,
};
const SETTINGS = settingViews({
  policy: { calls: { pop: 'answer' } },
  provisioning: { phone: { server: 'wss://pbx.acme.example:8089/ws', uri: 'sip:101@pbx.acme.example', password: 'x' } },
  agent: { preferences: { callWaiting: false, shortcuts: { answer: 'Control+Alt+A', mute: 'Control+Alt+M' } } },
});
const host = 'pbx.acme.example';
/** By the name of the check. */
const FINDINGS: Record<CheckName, CheckResult> = {
  dns: { state: 'good', code: 'dns.found', details: { host }, ms: 4 },
  tls: { state: 'warning', code: 'tls.ending', details: { host, days: 9 }, ms: 31 },
  websocket: { state: 'bad', code: 'websocket.unreachable', details: { host, reason: 'ECONNREFUSED' }, ms: 12 },
  register: { state: 'bad', code: 'register.retrying', details: { extension: '101' }, ms: 1 },
  stun: { state: 'not-set-up', code: 'stun.none', details: {}, ms: 1 },
  kommo: {
    state: 'good',
    code: 'kommo.answers',
    details: { host: 'acme.kommo.com', account: 'Acme Bicycles' },
    ms: 140,
  },
  bridge: { state: 'warning', code: 'bridge.not-paired', details: {}, ms: 1 },
  notifications: { state: 'good', code: 'notifications.shown', details: { name: 'dunst' }, ms: 3 },
  audio: { state: 'good', code: 'audio.there', details: { microphones: 2, speakers: 2 }, ms: 18 },
};
const LOG: LogLine[] = [
  { seq: 1, at: ago(2), event: 'transport.closed', text: 'code=1006 after=12s' },
  { seq: 2, at: ago(1), event: 'registration.retrying', text: 'extension=…101' },
];

/** A screen of the menu. */
async function choose(page: Page, texts: Texts, screen: string): Promise<void> {
  await byName(page, texts.menu.open).click();
  await page.getByRole('menuitem', { name: screen, exact: true }).click();
}
const byName = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
/** Of the scenes that press English buttons: the same buttons in another language. */
const SAME_BUTTONS: Record<string, (texts: Texts) => string> = {
  'Keypad: Maria Silva': ({ calls }) => calls.ofCall(calls.keypad, 'Maria Silva'),
  'Transfer: Maria Silva': ({ calls }) => calls.ofCall(calls.transfer, 'Maria Silva'),
  'Phone 101 Ready': ({ status }) => `${status.extension('101')} ${status.phoneState.registered}`,
};

/** Every state that a call can be in, and what of its card can be opened. */
export const STATES: Record<string, Screen> = Object.fromEntries(
  Object.entries(SCENES).map(([name, { state, history, press }]): [string, Screen] => [
    name,
    {
      state,
      history,
      reach: async (page, texts) => {
        for (const button of press ?? []) await byName(page, SAME_BUTTONS[button]?.(texts) ?? button).click();
      },
    },
  ]),
);

/** Every place of the panel. */
export const SCREENS: Record<string, Screen> = {
  'tour-incoming': {
    state: {
      ...atWork,
      calls: [ringingCall({ line: 'Sales', lastContact, company: 'Silva Flowers' })],
      lastDialled: '+34612345678',
    },
    history: day,
    caption:
      'A call comes in: who, of which company, on which line, when they last called and who spoke with them. The card takes no key from what the agent types; Alt+A answers.',
  },
  'tour-in-call': {
    state: { ...atWork, calls: [talking] },
    history: day,
    caption: 'In a call: the timer, how it sounds, hold, mute, keypad, transfer, and the note that goes to the card.',
  },
  'tour-transfer': {
    state: { ...atWork, calls: [talking] },
    history: day,
    answers: {
      searchPeople: [
        {
          entity: { type: 'contact', id: 31 },
          name: 'Marta Kovács',
          company: 'Acme Bicycles',
          numbers: ['+36301234567'],
        },
        { entity: { type: 'company', id: 32 }, name: 'Marítima do Sul', company: null, numbers: ['+551133334444'] },
      ],
    },
    reach: async (page) => {
      await page.keyboard.press('Alt+t');
      await page.keyboard.type('mar');
      await page.getByRole('option', { name: /Kovács/ }).waitFor();
    },
    caption: 'A transfer finds people by name: those of the last calls at once, those in Kommo a moment later.',
  },
  'tour-after-call': {
    state: atWork,
    // Made when it is looked at: the minute is soon over.
    get history() {
      return [justEnded(), ...day];
    },
    reach: async (page, texts) => {
      await page.getByRole('region', { name: texts.after.title('Maria Silva') }).waitFor();
    },
    caption: 'For a minute after the call: what becomes of it, and what can still be said about it.',
  },
  'tour-history': {
    state: { ...atWork, undelivered: 1 },
    history: day,
    caption: 'The history: missed calls stand out, what did not reach Kommo says so and can be tried again.',
  },
  'tour-search': {
    state: atWork,
    history: day,
    reach: async (page) => {
      await page.keyboard.press('Control+f');
      await page.keyboard.type('silva flo');
      await page.getByText('Silva Flowers').first().waitFor();
      await page.locator('.entry').nth(1).waitFor({ state: 'detached' });
    },
    caption: 'A search is answered while it is typed, from a hundred thousand calls.',
  },
  'tour-timeline': {
    state: atWork,
    history: day,
    answers: { callTimeline: TIMELINE },
    reach: async (page, texts) => {
      await byName(page, texts.history.more('Silva Flowers')).press('Enter');
      await page.getByRole('menuitem', { name: texts.history.timeline }).press('Enter');
      await page.locator('.steps').waitFor();
    },
    caption: 'Why did I not see this one? What happened in a call, step by step.',
  },
  'tour-shortcuts': {
    state: atWork,
    history: day,
    reach: async (page) => {
      await page.locator('.entry').first().waitFor();
      await page.keyboard.press('?');
      await page.getByRole('dialog').waitFor();
    },
    caption: 'Everything has its keys, and one sheet shows them.',
  },
  'tour-menu': {
    state: atWork,
    history: day,
    reach: async (page, texts) => {
      await byName(page, texts.menu.open).press('Enter');
      await page.getByRole('menuitem', { name: texts.menu.language }).press('ArrowRight');
      await page.getByRole('menuitemradio').first().waitFor();
    },
    caption: 'The language and the appearance change at once.',
  },
  'tour-sign-in': {
    state: { ...atWork, kommo: signedOut },
    history: [],
    caption: 'Not signed in to Kommo yet: calls come in all the same.',
  },
  kommo: {
    state: atWork,
    history: day,
    reach: (page, { status }) => byName(page, `${status.kommo} ${status.kommoState['signed-in']}`).click(),
  },
  'tour-pairing': {
    // Made when it is looked at: the code soon runs out.
    get state() {
      return {
        ...atWork,
        browser: { ...noBrowser, pairing: { code: 'K7QM-2XVD', expiresAt: Date.now() + CODE_LIFE } },
      };
    },
    history: day,
    reach: (page, { status }) => byName(page, `${status.browser} ${status.browserState['not-paired']}`).click(),
    caption: 'A browser is paired once, with a code.',
  },
  'first-run': { state: nothingSetUp, history: [] },
  'tour-first-run': {
    state: nothingSetUp,
    next: {
      ...atWork,
      phone: { state: 'retrying', extension: '101', reason: null },
      browser: noBrowser,
      testNumber: '*43',
    },
    history: [],
    answers: { check: FINDINGS },
    reach: async (page) => {
      await page.locator('[data-check=websocket][data-state=bad]').waitFor();
    },
    caption: 'The first run: three connections, each as it is at this moment, and what to do where one does not work.',
  },
  'tour-settings': {
    state: { ...atWork, shortcuts: { ...atWork.shortcuts, answer: 'on', mute: 'taken' } },
    history: day,
    answers: { settings: SETTINGS },
    reach: async (page, texts) => {
      await choose(page, texts, texts.menu.settings);
      await page.locator('[data-key="calls.pop"]').waitFor();
    },
    caption: 'Every setting in one place: whose it is, what its default is, and whether it is locked.',
  },
  'tour-diagnostics': {
    state: atWork,
    history: day,
    answers: { check: FINDINGS, log: LOG },
    reach: async (page, texts) => {
      await choose(page, texts, texts.menu.diagnostics);
      await page.locator('[data-check=audio][data-state=good]').waitFor();
      await page.locator('.log li').first().waitFor();
    },
    caption: 'Diagnostics: every connection is tried, and what is wrong says what to do.',
  },
};

/** Shows a screen in a language on a fresh page that has its state already. */
export async function reach(page: Page, screen: Screen, language: Language): Promise<void> {
  await page.locator('#panel h1').waitFor({ state: 'attached' });
  await screen.reach?.(page, CATALOGUES[language]);
  await settled(page);
}

/** What fades, slides or beats has done so. */
export async function settled(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const animations = document.getAnimations();
    for (const animation of animations) animation.finish();
    await Promise.all(animations.map(({ finished }) => finished.catch(() => null)));
    // What was measured in this frame is drawn in the next one.
    for (let frame = 0; frame < 2; frame += 1) await new Promise((drawn) => requestAnimationFrame(drawn));
  });
}
