/** What an administrator sees: settings and policy, diagnostics and their archive, the first run; and the desktop around. */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { strFromU8, unzipSync } from 'fflate';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { people } from '../../sandbox/kommo/index.ts';
import { runProgram } from '../../sandbox/desktop/daemon.ts';
import { AGENT } from '../../sandbox/story/office.ts';
import { eventually } from './support/eventually.ts';
import { ask, happened, history, incoming, openTestOffice, type TestOffice } from './support/office.ts';
import { answerSaveDialogs, openScreen } from './support/panel.ts';
import { launchRingside, type Ringside, type RingsideOptions } from './support/ringside.ts';

const { annaPetrova } = people;

let office: TestOffice;
let folder: string;
let running: Ringside[];
beforeAll(async () => {
  office = await openTestOffice();
});
afterAll(() => office?.close());
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ringside-administration-'));
  running = [];
});
afterEach(async () => {
  for (const one of running) await one.close();
  await rm(folder, { recursive: true, force: true });
});

async function start(options: Partial<RingsideOptions> = {}): Promise<Ringside> {
  const ringside = await office.start(options);
  running.push(ringside);
  return ringside;
}
const pictures = process.env['RINGSIDE_PICTURES'];
async function picture(ringside: Ringside, name: string): Promise<void> {
  if (pictures === undefined) return;
  await (await ringside.page('panel')).screenshot({ path: join(pictures, `${name}.png`), fullPage: true });
}

test('every connection is checked for real, and the archive for support has nothing that it must not have', async () => {
  const token = 'MARKED-never-a-token-0123456789abcdefghij';
  const ringside = await start();
  await ringside.waitForTimeline('phone.registered');
  const call = await incoming(office, ringside, { user: annaPetrova.phone }, { kind: 'give up', ringMs: 800 });
  await happened(ringside, call.id, 'ended');
  await happened(ringside, call.id, 'delivery.card', { state: 'done' });
  // Refused requests are logged: what was in them is not.
  await ask(ringside, 'signInWithToken', 'not-an-address', token);
  await ask(
    ringside,
    'provision',
    JSON.stringify({ phone: { password: 'MARKED-sip-password', unknown: annaPetrova.phone } }),
  );

  const panel = await openScreen(ringside, 'Diagnostics');
  const finding = (name: string) => panel.locator(`[data-check="${name}"]`);
  for (const [name, state] of [
    ['dns', 'good'],
    ['tls', 'good'],
    ['websocket', 'good'],
    ['register', 'good'],
    ['stun', 'not-set-up'],
    ['kommo', 'good'],
    ['bridge', 'not-set-up'],
    ['notifications', 'good'],
    ['audio', 'good'],
  ] as const)
    await eventually(`${name} is ${state}`, async () => (await finding(name).getAttribute('data-state')) === state);
  await picture(ringside, 'diagnostics');

  const file = join(folder, 'support.zip');
  await answerSaveDialogs(ringside, file);
  await panel.getByRole('button', { name: 'Save the archive' }).click();
  await panel.getByText('Saved as support.zip.').waitFor();
  const zip = readFileSync(file);
  const files = unzipSync(zip);
  const texts = Object.values(files).map((bytes) => strFromU8(bytes));
  const vault = readFileSync(join(ringside.profile, 'vault.json'), 'utf8');
  const [entry] = await history(ringside);
  const { caller, number, agent } = entry?.call ?? {};
  const name = caller?.kind === 'entity' ? (caller.name ?? '') : '';
  expect(name).not.toBe('');
  const secrets = [
    'MARKED',
    AGENT.password,
    name,
    agent?.name ?? '',
    number?.e164?.slice(1) ?? '',
    number?.display ?? '',
    ...(vault.match(/[\w-]{30,}/g) ?? []),
  ].filter((text) => text.length > 3);
  for (const text of [...texts, zip.toString('latin1')])
    for (const secret of secrets) expect(text.toLowerCase()).not.toContain(secret.toLowerCase());
  expect(Object.keys(files)).toContain('timeline.jsonl');
  expect(strFromU8(files['timeline.jsonl'] ?? new Uint8Array())).toContain('"event":"toast.shown"');
});

test('a policy locks a setting while a call goes on, and what the phone needs waits for its end', async () => {
  const policy = join(folder, 'policy.json');
  const put = (content: object) => {
    writeFileSync(`${policy}.next`, JSON.stringify(content), { mode: 0o644 });
    renameSync(`${policy}.next`, policy);
  };
  put({ calls: { pop: 'never' } });
  const ringside = await start({ args: ['--policy', policy] });
  await ringside.waitForTimeline('phone.registered');
  const panel = await openScreen(ringside, 'Settings');
  const setting = (key: string) => panel.locator(`[data-key="${key}"]`);
  await setting('calls.pop').getByText('Locked by your administrator').waitFor();
  await panel.getByRole('searchbox').fill('second call');
  await eventually('only what is searched for', async () => (await panel.locator('[data-key]').count()) === 1);
  await picture(ringside, 'settings-search');
  await panel.getByRole('searchbox').fill('');
  await setting('preferences.callWaiting').getByRole('switch').click();
  await setting('preferences.callWaiting').getByText('Chosen by you').waitFor();
  await picture(ringside, 'settings');
  expect(await ask(ringside, 'changeSetting', 'calls.pop', 'ring')).toMatchObject({ ok: false });

  const call = await incoming(office, ringside, { user: annaPetrova.phone }, { kind: 'talk' });
  await ask(ringside, 'answer', call.id);
  await happened(ringside, call.id, 'answered');
  put({ preferences: { callWaiting: true }, phone: { dtmf: 'info' } });
  await setting('preferences.callWaiting').getByText('Locked by your administrator').waitFor();
  await panel.getByText('They count as soon as this call is over.').waitFor();
  const state = await ask(ringside, 'state');
  expect(state.ok && state.value.calls.map(({ state: at }) => at)).toEqual(['active']);
  await ask(ringside, 'hangUp', call.id);
  await happened(ringside, call.id, 'ended');
  await eventually(
    'the phone has started again',
    () => ringside.timeline().filter(({ event }) => event === 'phone.registered').length === 2,
  );
  await eventually('nothing waits any more', async () => (await panel.getByText('They count as soon').count()) === 0);
});

test('the first run: the file, then each step as it stands, with what is in the way said in its place', async () => {
  const ringside = await launchRingside({ desktop: office.desktop });
  running.push(ringside);
  const panel = await ringside.page('panel');
  const { phone } = office.provisioning;
  const nobodyThere = { ...office.provisioning, phone: { ...(phone as object), server: 'ws://127.0.0.1:9/ws' } };
  const file = join(folder, 'provision.json');
  writeFileSync(file, JSON.stringify(nobodyThere));
  await panel.locator('input[type="file"]').setInputFiles(file);

  const step = (name: string) => panel.locator(`[data-step="${name}"]`);
  const done = (name: string, is: boolean) =>
    eventually(
      `${name} is ${is ? 'done' : 'not done'}`,
      async () => (await step(name).getAttribute('data-done')) === String(is),
    );
  await done('kommo', true);
  await done('phone', false);
  await step('phone').locator('[data-check="websocket"][data-state="bad"]').getByText('cannot be reached').waitFor();
  await step('browser').getByRole('button', { name: 'Get a pairing code' }).waitFor();
  await picture(ringside, 'first-run-failing');

  expect(await ask(ringside, 'provision', JSON.stringify(office.provisioning))).toMatchObject({ ok: true });
  await done('phone', true);
  expect(await step('phone').locator('[data-check]').count()).toBe(0);
  await step('test').getByRole('button', { name: 'Test the microphone' }).click();
  await step('test').getByText('you should hear yourself').waitFor();
  await step('test').getByRole('button', { name: 'Stop' }).click();
  await picture(ringside, 'first-run');
  await panel.getByRole('button', { name: 'The rest later' }).click();
  await panel.getByRole('heading', { name: 'History' }).waitFor();
});

test('the desktop: starts with the system, keys that work everywhere, its place, the tray, the badge', async () => {
  const profile = join(folder, 'profile');
  const ringside = await start({ profile });
  await ringside.waitForTimeline('phone.registered');
  const autostart = join(
    office.desktop.env['XDG_CONFIG_HOME'] ?? join(office.desktop.env['HOME'] ?? '', '.config'),
    'autostart',
    'ringside.desktop',
  );
  await ask(ringside, 'changeSetting', 'preferences.startWithSystem', true);
  expect(readFileSync(autostart, 'utf8')).toMatch(/^Exec=.*--profile .*--hidden$/m);
  await ask(ringside, 'resetSetting', 'preferences.startWithSystem');
  expect(existsSync(autostart)).toBe(false);

  await ask(ringside, 'changeSetting', 'preferences.shortcuts.answer', 'Control+Alt+K');
  await ask(ringside, 'changeSetting', 'preferences.shortcuts.mute', 'Control+Alt+K');
  const state = await ask(ringside, 'state');
  expect(state.ok && state.value.shortcuts).toMatchObject({ answer: 'on', mute: 'taken' });
  const call = await incoming(office, ringside, { user: annaPetrova.phone }, { kind: 'talk' });
  await runProgram('xdotool', ['key', 'ctrl+alt+k'], { env: office.desktop.env });
  await happened(ringside, call.id, 'answered');
  await ask(ringside, 'hangUp', call.id);
  await happened(ringside, call.id, 'ended');

  const place = { x: 120, y: 40, width: 500, height: 600 };
  const setBounds = (bounds: typeof place) =>
    ringside.electron.evaluate(({ BrowserWindow }, next) => {
      BrowserWindow.getAllWindows()
        .find((one) => one.webContents.getURL().startsWith('app://panel/'))
        ?.setBounds(next);
    }, bounds);
  await setBounds(place);
  const toasts = office.toasts.toasts().length;
  await ringside.electron.evaluate(({ BrowserWindow }) =>
    BrowserWindow.getAllWindows()
      .find((one) => one.webContents.getURL().startsWith('app://panel/'))
      ?.close(),
  );
  await ringside.waitForTimeline('panel.closed');
  const word = await office.toasts.waitFor(
    (toast) => office.toasts.toasts().indexOf(toast) >= toasts && toast.summary.includes('still there'),
  );
  expect(word.body).toContain('tray');
  const desk = JSON.parse(readFileSync(join(profile, 'desk.json'), 'utf8')) as {
    place: typeof place;
    toldOfTray: boolean;
  };
  expect(desk).toMatchObject({ place: { width: 500, height: 600 }, toldOfTray: true });
});
