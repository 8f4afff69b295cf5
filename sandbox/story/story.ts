/** The story of a call, played on real parts: it presses what an agent would press and prints what really happened. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { _electron, chromium, type ElectronApplication, type Page } from 'playwright-core';
import { followLines, type AppendedLines } from '../desktop/appended-lines.ts';
import { startDesktop, type Desktop } from '../desktop/desktop.ts';
import { people } from '../kommo/index.ts';
import { AGENT, openOffice, type Office } from './office.ts';

export type StoryOptions = {
  electron: { file: string; args: string[]; env: Record<string, string>; version: string };
  /** The built widget. */
  widgetDir: string;
  /** Where the screenshots go. */
  screenshots: string;
  /** Milliseconds of `performance.now()` that count as the beginning. */
  startedAt: number;
  say(line: string): void;
};

/** The program's own record of a call, as `timeline.jsonl` has it. */
type TimelineEntry = { t: number; at: string; call: string | null; event: string } & Record<string, unknown>;

type Stage = {
  desktop: Desktop;
  office: Office;
  program: ElectronApplication;
  panel: Page;
  kommo: Page;
  timeline: AppendedLines;
  say(line: string): void;
  /** Prints a step with the seconds since the beginning; `at` if it happened earlier than now. */
  step(text: string, at?: string): void;
  screenshot(name: string, take: (file: string) => Promise<unknown>): Promise<void>;
};

/**
 * Plays it once, from starting the program to the bell in Kommo.
 * @throws Error that names the step which did not happen
 */
export async function playStory(options: StoryOptions): Promise<void> {
  const undo: (() => unknown)[] = [];
  const step: Stage['step'] = (text, at) => {
    const ms =
      at === undefined
        ? performance.now() - options.startedAt
        : Date.parse(at) - performance.timeOrigin - options.startedAt;
    options.say(`${(ms / 1000).toFixed(2).padStart(8)} s  ${text}`);
  };
  try {
    await mkdir(options.screenshots, { recursive: true });
    const stage = await setStage(options, undo, step);
    await pair(stage);
    await knownCallerIsAnswered(stage);
    await unknownCallerIsMissed(stage);
    await leadIsDialled(stage);
    await stage.screenshot('panel.png', (path) => stage.panel.screenshot({ path }));
    await stage.kommo.bringToFront();
    // By keyboard: the pop-ups of three calls may lie over it.
    await stage.kommo.locator('#bell').press('Enter');
    await stage.kommo.locator('#bell-entries > li').nth(2).waitFor();
    await stage.screenshot('kommo-bell.png', (path) => stage.kommo.screenshot({ path }));
  } finally {
    for (let last = undo.pop(); last !== undefined; last = undo.pop()) await last();
  }
}

async function setStage(options: StoryOptions, undo: (() => unknown)[], step: Stage['step']): Promise<Stage> {
  const desktop = await startDesktop({ daemon: 'dunst', keyring: true, size: '1280x800' });
  undo.push(desktop.close);
  const office = await openOffice(options.widgetDir);
  undo.push(office.close);
  step(`a virtual desktop, a Kommo (${office.kommo.origin}) and a PBX (${office.pbx.url}) are up`);

  const folder = await mkdtemp(join(tmpdir(), 'ringside-story-'));
  undo.push(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }));
  const profile = join(folder, 'profile');
  await mkdir(profile);
  const provision = join(folder, 'provisioning.json');
  await writeFile(provision, JSON.stringify(office.provisioning), { mode: 0o600 });

  const timeline = followLines(join(profile, 'timeline.jsonl'));
  undo.push(timeline.close);
  const program = await _electron.launch({
    executablePath: options.electron.file,
    args: [
      ...options.electron.args,
      '--use-fake-device-for-media-stream',
      '--use-fake-ui-for-media-stream',
      '--password-store=gnome-libsecret',
      '--provision',
      provision,
      '--profile',
      profile,
    ],
    env: { ...options.electron.env, ...definedOnly(desktop.env) },
  });
  undo.push(() => program.close());
  const opening = waitForPage(program, 'app://panel/');
  await office.pbx.waitForRegistration(AGENT.extension);
  const registered = await heard(timeline, (entry) => entry.event === 'phone.registered');
  step(
    `Ringside is registered as ${AGENT.extension}, ${Math.round(registered.t)} ms after its process started`,
    registered.at,
  );
  const panel = await opening;

  const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-quic',
      '--disable-background-networking',
      '--disable-component-update',
      '--no-first-run',
    ],
  });
  undo.push(() => browser.close());
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const kommo = await context.newPage();
  await kommo.goto(office.kommo.origin);
  return {
    desktop,
    office,
    program,
    panel,
    kommo,
    timeline,
    say: options.say,
    step,
    screenshot: async (name, take) => {
      await take(join(options.screenshots, name));
    },
  };
}

async function pair({ panel, kommo, step }: Stage): Promise<void> {
  await panel.getByRole('button', { name: /^Browser/ }).click();
  await panel.getByRole('button', { name: 'Get a pairing code' }).click();
  const code = (await panel.locator('.pairing-code output').textContent()) ?? '';
  step(`the panel shows the pairing code ${code}`);
  await kommo.getByLabel('Pairing code').fill(code);
  await kommo.getByRole('button', { name: 'Pair', exact: true }).click();
  await kommo.locator('#ringside-widget').getByText('Connected', { exact: true }).waitFor();
  await panel.getByRole('button', { name: /^Browser.*Connected/ }).waitFor();
  step('typed into the Ringside widget in the Kommo page: the browser is paired');
  await panel.getByRole('button', { name: /^Browser/ }).click();
}

/** An inbound call from a contact with one active lead: answered, hung up by the caller, recorded. */
async function knownCallerIsAnswered(stage: Stage): Promise<void> {
  const { annaPetrova } = people;
  stage.say('');
  stage.step(`${annaPetrova.name} calls`);
  const before = callsSoFar(stage);
  const call = stage.office.pbx.call({
    from: { user: annaPetrova.phone },
    to: AGENT.extension,
    script: { kind: 'talk', talkMs: 5000, recording: true },
  });
  const id = await rings(stage, before, 'invite', 'INVITE');
  await named(stage, id, annaPetrova.lead.name);
  await stage.screenshot('toast.png', stage.desktop.screenshot);

  await stage.desktop.toastScreen?.clickToast();
  await heardOf(stage, id, 'click.open', 'the toast is clicked');
  // Where a Kommo page is open and seen, the card opens in it; elsewhere the browser is asked for a new one.
  await stage.kommo.waitForURL('**/detail/**');
  const card = stage.kommo.locator('main[data-card]:not([data-card=""])');
  const shown = await card.getAttribute('data-card');
  if (shown !== `lead:${annaPetrova.lead.id}`)
    throw new Error(`The click opened the card ${shown}, not the lead ${annaPetrova.lead.id}`);
  stage.step(`the open Kommo page shows the card of ${shown}`);
  await stage.screenshot('card.png', (path) => stage.kommo.screenshot({ path }));

  await stage.panel.getByRole('button', { name: /^Answer/ }).click();
  await heardOf(stage, id, 'answered', 'answered in the panel');
  await stage.screenshot('panel-in-call.png', (path) => stage.panel.screenshot({ path }));
  await stage.panel.getByRole('button', { name: /^Hold/ }).click();
  await heardOf(stage, id, 'held', 'on hold');
  await stage.panel.getByRole('button', { name: /^Resume/ }).click();
  await heardOf(stage, id, 'resumed', 'and back: the talk time counts on');
  const facts = await call.ended;
  if (facts.audio.packetsReceived === 0 || facts.audio.packetsSent === 0)
    throw new Error('No audio flowed in one of the directions');
  await ended(stage, id);
  stage.step(
    `audio flowed: ${facts.audio.packetsReceived} packets from the agent, ${facts.audio.packetsSent} to the agent`,
  );
  await completed(stage, id, { element: { id: annaPetrova.lead.id, type: 'lead' }, link: facts.recordingUrl });
}

/** An unknown number rings and gives up. */
async function unknownCallerIsMissed(stage: Stage): Promise<void> {
  stage.say('');
  stage.step('an unknown number calls and gives up');
  const before = callsSoFar(stage);
  stage.office.pbx.call({
    from: { user: people.unknown.phone },
    to: AGENT.extension,
    script: { kind: 'give up', ringMs: 1200 },
  });
  const id = await rings(stage, before, 'invite', 'INVITE');
  await heardOf(stage, id, 'resolve.done', 'Kommo knows nobody with this number');
  await ended(stage, id);
  await completed(stage, id, {});
}

/** The agent dials a lead's number. */
async function leadIsDialled(stage: Stage): Promise<void> {
  const { ruthAlvarez } = people;
  stage.say('');
  stage.step(`the agent dials ${ruthAlvarez.phone}`);
  const before = callsSoFar(stage);
  await stage.panel.getByPlaceholder('Number to call').fill(ruthAlvarez.phone);
  await stage.panel.keyboard.press('Enter');
  const id = await rings(stage, before, 'dialling', 'INVITE sent');
  await named(stage, id, ruthAlvarez.lead.name);
  const answered = await heardOf(stage, id, 'answered', `${ruthAlvarez.name} answers`);
  // A call of a second or two, so that there is something on the recording.
  await stage.panel.getByRole('timer', { name: /0:02/ }).or(stage.panel.getByText('0:02')).first().waitFor();
  await stage.panel.getByRole('button', { name: /^Hang up/ }).click();
  const over = await ended(stage, id);
  if (over.t <= answered.t) throw new Error('The call ended before it was answered');
  await completed(stage, id, { element: { id: ruthAlvarez.lead.id, type: 'lead' } });
}

/** The calls there were before something rings. */
const callsSoFar = ({ timeline }: Stage): ReadonlySet<string | null> =>
  new Set(timeline.lines().map((line) => parse(line).call));

/** Waits for the next call's first event and its toast, and returns our id of it. */
async function rings(
  stage: Stage,
  seen: ReadonlySet<string | null>,
  event: 'invite' | 'dialling',
  words: string,
): Promise<string> {
  const first = await heard(
    stage.timeline,
    (entry) => entry.event === event && entry.call !== null && !seen.has(entry.call),
  );
  const id = first.call ?? '';
  stage.step(`${words}, number ending in ${String(first['number'])}`, first.at);
  const requested = await heard(stage.timeline, (entry) => entry.event === 'toast.requested' && entry.call === id);
  const shown = await heard(stage.timeline, (entry) => entry.event === 'toast.shown' && entry.call === id);
  if (shown['shown'] === false) throw new Error(`The toast was not shown: ${String(shown['reason'])}`);
  const digits = String(first['number']);
  const toast = await stage.desktop.toastScreen?.waitForText(({ title }) =>
    title.replaceAll(/\D/g, '').endsWith(digits),
  );
  stage.step(`toast, ${(requested.t - first.t).toFixed(1)} ms later: "${toast?.title}" / "${toast?.body}"`, shown.at);
  return id;
}

async function named(stage: Stage, id: string, name: string): Promise<void> {
  const shown = await heard(stage.timeline, (entry) => entry.event === 'name.shown' && entry.call === id);
  const toast = await stage.desktop.toastScreen?.waitForText(({ title }) => title.includes(name));
  stage.step(`name in the same toast: "${toast?.title}" / "${toast?.body}"`, shown.at);
}

async function ended(stage: Stage, id: string): Promise<TimelineEntry> {
  const entry = await heard(stage.timeline, (event) => event.event === 'ended' && event.call === id);
  stage.step(`the call is over: ${String(entry['disposition'])}, ${String(entry['talkSeconds'])} s of talk`, entry.at);
  const written = await heard(stage.timeline, (event) => event.event === 'journal.written' && event.call === id);
  stage.step('it is in the journal', written.at);
  return entry;
}

/** Checks `add_call` as the widget called it in the Kommo page. */
async function completed(
  stage: Stage,
  id: string,
  expected: { element?: { id: number; type: string }; link?: string | undefined },
): Promise<void> {
  const delivered = await heard(
    stage.timeline,
    (entry) => entry.event === 'delivery.widget' && entry.call === id && entry['state'] === 'done',
  );
  const payload = await stage.kommo.evaluate(() => {
    const calls = (globalThis as unknown as { __kommoCalls: { method: string; payload: Record<string, unknown> }[] })
      .__kommoCalls;
    return calls.filter(({ method }) => method === 'add_call').at(-1)?.payload ?? null;
  });
  if (payload === null) throw new Error('The widget did not call add_call');
  const element = payload['element'] as { id?: number; type?: string } | undefined;
  if (
    expected.element !== undefined &&
    (element?.id !== expected.element.id || element.type !== expected.element.type)
  ) {
    throw new Error(`add_call names ${JSON.stringify(element)} in place of ${JSON.stringify(expected.element)}`);
  }
  if (expected.link !== undefined && payload['link'] !== expected.link)
    throw new Error(`add_call has the recording ${String(payload['link'])} in place of ${expected.link}`);
  stage.step(`add_call in the Kommo page: ${JSON.stringify(payload)}`, delivered.at);
}

async function heardOf(stage: Stage, id: string, event: string, words: string): Promise<TimelineEntry> {
  const entry = await heard(stage.timeline, (line) => line.event === event && line.call === id);
  stage.step(words, entry.at);
  return entry;
}

const parse = (line: string): TimelineEntry => JSON.parse(line) as TimelineEntry;

async function heard(timeline: AppendedLines, accepts: (entry: TimelineEntry) => boolean): Promise<TimelineEntry> {
  return parse(await timeline.waitFor((line) => accepts(parse(line)), 20_000));
}

async function waitForPage(program: ElectronApplication, address: string): Promise<Page> {
  const there = program.windows().find((page) => page.url().startsWith(address));
  if (there !== undefined) return there;
  for (;;) {
    const page = await program.waitForEvent('window', { timeout: 20_000 });
    await page.waitForURL(/^app:/);
    if (page.url().startsWith(address)) return page;
  }
}

function definedOnly(env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
