/** The widget in real Chromium, in the sandbox's Kommo page, against the program itself: what the agent does in Kommo. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Page } from 'playwright-core';
import { agents, people } from '../../sandbox/kommo/index.ts';
import { AGENT } from '../../sandbox/story/office.ts';
import { eventually } from './support/eventually.ts';
import type { KommoTab } from './support/kommo-tab.ts';
import {
  announcements,
  askedOfKommo,
  browserIs,
  happened,
  history,
  incoming,
  openPairedTab,
  openTestOffice,
  type TestOffice,
} from './support/office.ts';
import type { Ringside } from './support/ringside.ts';

const { annaPetrova, davidChen, marcusWebb, ruthAlvarez, unknown } = people;

let office: TestOffice;
let ringside: Ringside;
let tab: KommoTab;
let page: Page;
beforeAll(async () => {
  office = await openTestOffice();
  ringside = await office.start();
  await ringside.waitForTimeline('phone.registered');
  tab = await openPairedTab(office, ringside);
  page = tab.page;
  await page.setViewportSize({ width: 1280, height: 900 });
});
afterAll(async () => {
  await tab?.close();
  await ringside?.close();
  await office?.close();
});

const item = (state: string) => page.locator(`#ringside-widget li.${state}`);
const button = (name: string) => page.locator('#ringside-widget').getByRole('button', { name, exact: true });
/** Our id of the call that is dialled next. */
async function dialled(act: () => Promise<void>): Promise<string> {
  const before = new Set(ringside.timeline().map(({ call }) => call));
  await act();
  const { call } = await ringside.waitForTimeline((entry) => entry.event === 'dialling' && !before.has(entry.call));
  return call ?? '';
}

test('a call is answered, noted and hung up in Kommo; its card has what was said, and the bell has it once', async () => {
  const { id } = await incoming(office, ringside, { user: annaPetrova.phone }, { kind: 'talk', talkMs: 60_000 });
  await item('ringing').getByText(annaPetrova.lead.name).waitFor();
  await button('Answer').click();
  await happened(ringside, id, 'answered');
  await item('active').waitFor();
  await page.locator('#ringside-widget summary').click();
  await page.getByLabel('Outcome').selectOption('Call back later');
  await page.getByLabel('Note for the card').fill('Wants a quote <b>by Friday</b>');
  await button('Hang up').click();
  await happened(ringside, id, 'ended', { disposition: 'answered' });
  await item('ended').waitFor();
  expect(await page.getByLabel('Note for the card').inputValue(), 'what was typed stays').toBe(
    'Wants a quote <b>by Friday</b>',
  );
  await button('Save').click();
  await item('ended').waitFor({ state: 'detached' });

  await happened(ringside, id, 'delivery.card', { state: 'done' });
  const [note] = office.kommo.data.notes.filter(({ params }) => params['uniq'] === id);
  expect(note?.entity).toEqual({ kind: 'lead', id: annaPetrova.lead.id });
  expect(note?.params).toMatchObject({ call_status: 2 });
  expect(JSON.stringify(note?.params)).toContain('Wants a quote');
  await happened(ringside, id, 'delivery.widget', { state: 'done' });
  expect(await askedOfKommo(page, 'add_call')).toHaveLength(1);
  expect(await askedOfKommo(page, 'show_notification')).toEqual([]);
});

test('a call is held, taken back, muted and unmuted in Kommo, and the caller hears what that means', async () => {
  const { id, placed } = await incoming(office, ringside, { user: marcusWebb.phone }, { kind: 'talk', talkMs: 60_000 });
  await button('Answer').click();
  await item('active').waitFor();
  const farEnd = office.pbx.farEnd(placed.callId);
  if (farEnd === undefined) throw new Error('the caller is gone');
  /** Whether a second of what comes next has a voice in it. */
  const voice = async (): Promise<boolean> => {
    const { frames, ms } = farEnd.heard;
    await eventually('a second of audio', () => farEnd.heard.frames >= frames + 50);
    return farEnd.heard.ms > ms;
  };
  expect(await eventually('the caller hears the agent', voice)).toBe(true);
  await button('Hold').click();
  await item('held').getByText('On hold').waitFor();
  await button('Resume').click();
  await item('active').waitFor();
  await eventually('the caller hears the agent again', voice);
  await button('Mute').click();
  await item('active').getByText('microphone off').waitFor();
  await eventually('the caller hears nobody', async () => !(await voice()));
  await button('Unmute').click();
  await eventually('the caller hears the agent once more', voice);
  await button('Hang up').click();
  await happened(ringside, id, 'ended', { disposition: 'answered' });
});

test('a call is declined in Kommo', async () => {
  const { id } = await incoming(office, ringside, { user: marcusWebb.phone }, { kind: 'talk' });
  await button('Decline').click();
  await happened(ringside, id, 'ended', { disposition: 'declined' });
  await item('ringing').waitFor({ state: 'detached' });
  expect(await askedOfKommo(page, 'show_notification')).toEqual([]);
});

test('a call that the desktop cannot pop up is popped up in Kommo, once', async () => {
  office.toasts.refuse(true);
  const before = new Set(ringside.timeline().map(({ call }) => call));
  const placed = office.pbx.call({ from: { user: marcusWebb.phone }, to: AGENT.extension, script: { kind: 'talk' } });
  const { call } = await ringside.waitForTimeline((entry) => entry.event === 'toast.shown' && !before.has(entry.call));
  // Kommo itself has a pop-up of that text for the event: ours is the one that the widget asks for.
  await eventually('the pop-up in Kommo', async () => (await askedOfKommo(page, 'show_notification')).length > 0);
  office.toasts.refuse(false);
  placed.cancel();
  await happened(ringside, call ?? '', 'delivery.widget', { state: 'done' });
  expect(await askedOfKommo(page, 'show_notification')).toMatchObject([
    { type: 'call', text: { header: `Incoming call: ${marcusWebb.name}` } },
  ]);
});

test('an unknown caller: the card in Kommo leads to the form for a new contact', async () => {
  const { placed } = await incoming(office, ringside, { user: unknown.phone }, { kind: 'talk' });
  await page.locator('#ringside-widget').getByText('New contact').click();
  await page.waitForURL(`**/contacts/add?phone=${encodeURIComponent(unknown.phone)}`);
  expect(office.desktop.openedUrls(), 'nothing but this page is needed').toEqual([]);
  placed.cancel();
  await item('ringing').waitFor({ state: 'detached' });
});

test('a number is called by a click, on a card and in a list, once however fast it is clicked', async () => {
  const outbound = async () => (await history(ringside)).filter(({ call }) => call.direction === 'outbound');
  const before = (await outbound()).length;
  await page.goto(`${office.kommo.origin}/contacts/detail/${ruthAlvarez.id}`);
  await browserIs(ringside, 'Connected');
  const id = await dialled(() => page.locator('main a.phone').first().dblclick());
  await item('active').waitFor();
  await button('Hang up').click();
  await happened(ringside, id, 'ended', { disposition: 'answered' });

  await page.locator('.nav a[href="/contacts/list"]').click();
  await page.waitForURL('**/contacts/list');
  const number = page.locator(`a.phone[data-element="contact:${marcusWebb.id}"]`);
  const next = await dialled(() => number.click());
  await button('Hang up').click();
  await happened(ringside, next, 'ended');
  const entries = await outbound();
  expect(entries.slice(0, entries.length - before).map(({ call }) => call.number.e164)).toEqual([
    marcusWebb.phone,
    ruthAlvarez.phone,
  ]);
});

test("the extensions in the widget's settings say whose call it is, until they are taken out again", async () => {
  const { widget } = office.kommo;
  if (widget === null) throw new Error('Kommo has no widget');
  const toldWith = async (extensions: Record<string, string>): Promise<unknown> => {
    widget.settings = { ...widget.settings, extensions };
    await page.reload();
    await browserIs(ringside, 'Connected');
    const before = announcements(office, davidChen.phone).length;
    const { placed, id } = await incoming(office, ringside, { user: davidChen.phone }, { kind: 'talk' });
    await happened(ringside, id, 'resolve.done');
    placed.cancel();
    await happened(ringside, id, 'ended');
    return announcements(office, davidChen.phone).at(before)?.body;
  };
  const body = (user: number) => ({ add: [{ type: 'phone_call', phone_number: davidChen.phone, users: [user] }] });
  const { anaSilva, benOrtiz } = agents;
  expect(await toldWith({ [benOrtiz.id]: AGENT.extension, [anaSilva.id]: '999' })).toEqual(body(benOrtiz.id));
  expect(await toldWith({})).toEqual(body(anaSilva.id));
});

test('without a connected phone a click on a number says so and calls nothing', async () => {
  office.pbx.answerNonsense(true);
  office.pbx.dropSockets();
  await page.getByText('Ringside is connected, but its phone is not').waitFor();
  const before = ringside.timeline().filter(({ event }) => event === 'dialling').length;
  await page.locator(`a.phone[data-element="contact:${marcusWebb.id}"]`).click();
  await page
    .locator('#ringside-widget')
    .getByRole('alert')
    .getByText('The phone of Ringside is not connected')
    .waitFor();
  expect(ringside.timeline().filter(({ event }) => event === 'dialling')).toHaveLength(before);
});
