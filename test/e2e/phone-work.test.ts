/** What an agent does with a call all day, in the program as it is built: the panel, the phone, the PBX and the card. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Page } from 'playwright-core';
import { people } from '../../sandbox/kommo/index.ts';
import type { PlacedCall } from '../../sandbox/pbx/index.ts';
import { AGENT } from '../../sandbox/story/office.ts';
import { eventually } from './support/eventually.ts';
import { ask, happened, history, incoming, openTestOffice, type TestOffice } from './support/office.ts';
import { callCard, callCards, pastCall } from './support/panel.ts';
import { ringsideCommand, type Ringside } from './support/ringside.ts';

const { marcusWebb, davidChen, annaPetrova } = people;
const COLLEAGUE = '102';
/** Says something before it answers, and never does. */
const ANNOUNCEMENT = '103';

let office: TestOffice;
let profile: string;
let ringside: Ringside;
let panel: Page;
let placed: PlacedCall[] = [];

beforeAll(async () => {
  office = await openTestOffice();
  office.pbx.callee(COLLEAGUE, { kind: 'answer', ringMs: 50 });
  office.pbx.callee(ANNOUNCEMENT, { kind: 'answer', ringMs: 600_000, early: 'unreliable' });
  const phone = { ...(office.provisioning['phone'] as object), dtmf: 'info' };
  ringside = await office.start({ provision: { ...office.provisioning, phone } });
  ({ profile } = ringside);
  await ringside.waitForTimeline('phone.registered');
  panel = await ringside.page('panel');
});
afterEach(async ({ task }) => {
  for (const call of placed) {
    call.cancel();
    call.hangUp();
  }
  placed = [];
  // What a failed test left behind is not the next one's, nor its own second try's.
  if (task.result?.state === 'fail') {
    await panel.reload();
    await ask(ringside, 'testAudio', 'off');
    const state = await ask(ringside, 'state');
    for (const { id } of state.ok ? state.value.calls : []) await ask(ringside, 'hangUp', id);
  }
  await eventually('no call is left', async () => (await callCards(panel).count()) === 0);
});
afterAll(async () => {
  await ringside?.close();
  await office?.close();
});

const button = (name: string) => panel.getByRole('button', { name, exact: true });
const state = (text: string, name: string = marcusWebb.name) => callCard(panel, name).getByText(text, { exact: true });
/** A call of this person, answered in the panel. */
async function talking(from: { phone: string; name: string } = marcusWebb) {
  const call = await incoming(office, ringside, { user: from.phone }, { kind: 'talk' });
  placed.push(call.placed);
  await button(`Answer: ${from.name}`).click();
  expect(await call.placed.answered).toBe(true);
  await happened(ringside, call.id, 'answered');
  const farEnd = office.pbx.farEnd(call.placed.callId);
  if (farEnd === undefined) throw new Error('the caller is gone');
  return { ...call, farEnd };
}
const callResult = (id: string) =>
  eventually('the call is on its card', () => {
    const note = office.kommo.data.notes.find(({ params }) => params['uniq'] === id);
    return note === undefined ? false : String(note.params['call_result']);
  });

describe('a call', () => {
  test('is held and taken back, by either side, muted, and has keys sent', async () => {
    const { id, farEnd } = await talking();
    await button(`Hold: ${marcusWebb.name}`).click();
    await state('On hold').waitFor();
    await button(`Resume: ${marcusWebb.name}`).click();
    await state('In call').waitFor();
    await button(`Mute: ${marcusWebb.name}`).click();
    await state('In call, muted').waitFor();
    await button(`Keypad: ${marcusWebb.name}`).click();
    await panel.getByLabel('Keys sent').press('4');
    await button('#').click();
    await eventually('the keys arrive', () => farEnd.keys === '4#');
    expect(await farEnd.hold(true)).toBe(200);
    await state('They put you on hold').waitFor();
    expect(await farEnd.hold(false)).toBe(200);
    await state('In call, muted').waitFor();
    await button(`Hang up: ${marcusWebb.name}`).click();
    await happened(ringside, id, 'ended', { disposition: 'answered' });
  });

  test('is transferred at once: one call, and its note says where it went', async () => {
    const { id } = await talking();
    await button(`Transfer: ${marcusWebb.name}`).click();
    await panel.getByLabel(`Transfer to: ${marcusWebb.name}`).fill(COLLEAGUE);
    await button('Transfer now').click();
    await happened(ringside, id, 'ended', { disposition: 'answered' });
    expect(await callResult(id)).toBe('answered. transferred to 102');
    await pastCall(panel, marcusWebb.name).getByText('Transferred to 102').waitFor();
  });

  test('is transferred after asking: the colleague is part of it, and on no card', async () => {
    const { id } = await talking(davidChen);
    const toasts = office.toasts.toasts().length;
    await button(`Transfer: ${davidChen.name}`).click();
    await panel.getByLabel(`Transfer to: ${davidChen.name}`).fill(COLLEAGUE);
    await panel.keyboard.press('Enter');
    const asking = panel.getByRole('region', { name: `Asking ${COLLEAGUE}` });
    await asking.getByText('In call').waitFor();
    await state('On hold', davidChen.name).waitFor();
    expect(
      office.toasts
        .toasts()
        .slice(toasts)
        .filter(({ summary }) => summary === COLLEAGUE),
    ).toEqual([]);
    await button(`Connect them: ${davidChen.name}`).click();
    await happened(ringside, id, 'ended', { disposition: 'answered' });
    expect(await callResult(id)).toBe('answered. transferred to 102');
    const [newest, ...others] = await history(ringside);
    expect(newest?.call).toMatchObject({
      id,
      transferredTo: COLLEAGUE,
      legs: [{ role: 'consultation', number: COLLEAGUE }],
    });
    expect(others.filter(({ call }) => call.number.asReceived === COLLEAGUE)).toEqual([]);
  });

  test('goes on when the agent stops asking', async () => {
    const { id } = await talking();
    await ask(ringside, 'consult', id, COLLEAGUE);
    await panel
      .getByRole('region', { name: `Asking ${COLLEAGUE}` })
      .getByText('In call')
      .waitFor();
    await button(`Back: ${marcusWebb.name}`).click();
    await state('In call').waitFor();
    expect(await ask(ringside, 'completeTransfer', id)).toEqual({
      ok: false,
      message: 'Nobody is being asked yet. Ask a colleague first, or transfer without asking.',
    });
  });

  test('rings while another goes on: its toast says what answering does, and so it is; they are swapped', async () => {
    await talking();
    const second = await incoming(office, ringside, { user: davidChen.phone }, { kind: 'talk' });
    placed.push(second.placed);
    expect(second.toast.body).toContain('You are in a call: answering puts it on hold.');
    office.toasts.invoke(second.toast.id, 'answer');
    await state('In call', davidChen.name).waitFor();
    await state('On hold').waitFor();
    await button(`Swap: ${marcusWebb.name}`).click();
    await state('In call').waitFor();
    await state('On hold', davidChen.name).waitFor();
    const order = () => callCards(panel).evaluateAll((cards) => cards.map((card) => card.ariaLabel));
    await eventually('the active one is first', async () => (await order())[0] === marcusWebb.name);
  });
});

test('what is heard before the answer is said, and has keys', async () => {
  expect(await ask(ringside, 'dial', ANNOUNCEMENT)).toEqual({ ok: true, value: null });
  await state('Calling… you can hear the line', ANNOUNCEMENT).waitFor();
  await button(`Keypad: ${ANNOUNCEMENT}`).waitFor();
  await button(`Hang up: ${ANNOUNCEMENT}`).click();
  await eventually('it was cancelled', async () => (await history(ringside))[0]?.disposition === 'cancelled');
});

test('the devices of this computer can be chosen and tested; the choice is kept', async () => {
  const phone = panel.getByRole('button', { name: /^Phone 101/ });
  await phone.click();
  const microphone = panel.getByLabel('Microphone', { exact: true });
  const named = await microphone.locator('option').allInnerTexts();
  const chosen = named.find((name) => name.startsWith('Fake'));
  if (chosen === undefined) throw new Error(`no microphone among ${named.join(', ')}`);
  await microphone.selectOption(chosen);
  await button('Test microphone').click();
  const level = panel.getByLabel('Microphone level');
  await eventually('the microphone is heard', async () => {
    if ((await level.count()) === 0) return false;
    return level.evaluate((meter: HTMLMeterElement) => meter.value > 0.01);
  });
  await button('Stop test').click();
  await level.waitFor({ state: 'detached' });
  const kept = JSON.parse(readFileSync(join(profile, 'preferences.json'), 'utf8')) as { audio: { microphone: string } };
  expect(await microphone.inputValue()).toBe(kept.audio.microphone);
  await microphone.selectOption({ index: 0 });
  await phone.click();
});

describe('do not disturb', () => {
  test('no toast, no ringing card; the call stands in the history', async () => {
    const quiet = () => panel.getByRole('switch', { name: 'Do not disturb' });
    if (!(await quiet().isChecked())) await quiet().click();
    await panel.getByRole('button', { name: 'Phone 101 Quiet' }).waitFor();
    const toasts = office.toasts.toasts().length;
    const before = (await history(ringside)).length;
    const call = office.pbx.call({ from: { user: annaPetrova.phone }, to: AGENT.extension, script: { kind: 'talk' } });
    expect(await call.answered).toBe(false);
    await eventually('it is in the history', async () => (await history(ringside)).length === before + 1);
    const [newest] = await history(ringside);
    expect(newest?.call).toMatchObject({ callId: call.callId, disposition: 'missed' });
    expect(office.toasts.toasts().length).toBe(toasts);

    await quiet().click();
    await panel.getByRole('button', { name: 'Phone 101 Ready' }).waitFor();
  });
});

describe('a link', () => {
  /** As a browser opens it: the program is started once more, with the address. */
  async function click(address: string): Promise<void> {
    const run = await ringsideCommand({ desktop: office.desktop, profile, args: [address] });
    const second = spawn(run.file, run.args, { env: run.env, stdio: 'ignore' });
    await once(second, 'close');
    await run.clean();
  }

  test('asks before it calls, and calls when it is told to', async () => {
    const before = new Set(ringside.timeline().map(({ call }) => call));
    await click('tel:+1-415-555-0177;ext=5');
    const question = panel.getByRole('alertdialog', { name: 'A link asks for a call' });
    await question.getByRole('heading', { name: 'Call +14155550177?' }).waitFor();
    expect(await callCards(panel).count()).toBe(0);
    await question.getByRole('button', { name: 'Call', exact: true }).click();
    const { call } = await ringside.waitForTimeline(
      (one) => one.event === 'dialling' && one['number'] === '0177' && !before.has(one.call),
    );
    await happened(ringside, call ?? '', 'answered');
    await panel.getByRole('button', { name: /^Hang up/ }).click();
    await happened(ringside, call ?? '', 'ended');
    await button('Redial +14155550177').waitFor();
  });

  test('that names nothing to call only shows the program', async () => {
    await click('tel:%3Cscript%3E');
    await panel.getByRole('textbox', { name: 'Number to call' }).waitFor();
    expect(await panel.getByRole('alertdialog').count()).toBe(0);
  });
});
