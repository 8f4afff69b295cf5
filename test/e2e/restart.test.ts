/** Killed, crashed, closed, started twice: what was known is known again, and nothing happens twice. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { followLines } from '../../sandbox/desktop/appended-lines.ts';
import { people, type RecordedRequest } from '../../sandbox/kommo/index.ts';
import { AGENT } from '../../sandbox/story/office.ts';
import { eventually } from './support/eventually.ts';
import {
  ask,
  askedOfKommo,
  browserIs,
  happened,
  history,
  incoming,
  openPairedTab,
  openTestOffice,
  writings,
  type TestOffice,
} from './support/office.ts';
import { callCard, pastCall } from './support/panel.ts';
import { launchRingside, ringsideCommand, type Ringside } from './support/ringside.ts';

const { annaPetrova, marcusWebb, davidChen } = people;

let office: TestOffice;
let folder: string;
let profile: string;
let ringside: Ringside;
beforeAll(async () => {
  office = await openTestOffice();
  folder = await mkdtemp(join(tmpdir(), 'ringside-restart-'));
  profile = join(folder, 'profile');
  await start(true);
});
afterAll(async () => {
  await ringside?.close();
  await office?.close();
  await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
});

/** The first start is given its provisioning, every later one has only its profile. */
async function start(provisioned = false): Promise<void> {
  ringside = provisioned ? await office.start({ profile }) : await launchRingside({ desktop: office.desktop, profile });
  await ringside.waitForTimeline('phone.registered');
  await ringside.page('panel');
}
const annaPetrovasNotes = `/api/v4/leads/${annaPetrova.lead.id}/notes`;
const marcusWebbsNotes = `/api/v4/contacts/${marcusWebb.id}/notes`;
/** Looks for a call on this card after one request, and before another where there is one. */
const lookedUp = (path: string, after: RecordedRequest | undefined, before?: RecordedRequest) => {
  const { requests } = office.kommo;
  const from = after === undefined ? 0 : requests.indexOf(after);
  const to = before === undefined ? requests.length : requests.indexOf(before);
  return requests.slice(from, to).filter((request) => request.method === 'GET' && request.path === path);
};
const notes = (id: string) => office.kommo.data.notes.filter(({ params }) => params['uniq'] === id);
/** A call that nobody takes, up to the moment when it is on disk. */
async function missed(phone: string): Promise<string> {
  const { placed, id, becomes, toast } = await incoming(office, ringside, { user: phone }, { kind: 'talk' });
  await becomes(({ replacesId }) => replacesId === toast.id);
  placed.cancel();
  await happened(ringside, id, 'journal.written');
  return id;
}

describe('kill -9', () => {
  const undo: (() => void)[] = [];
  afterEach(() => {
    for (const step of undo.splice(0)) step();
  });

  test('after the journal was written: card and widget get the call after the restart, once', async () => {
    const tab = await openPairedTab(office, ringside);
    try {
      await tab.page.goto('about:blank');
      await browserIs(ringside, 'Waiting');
      undo.push(
        office.kommo.fail({
          match: ({ method, path }) => method === 'POST' && path === annaPetrovasNotes,
          answer: 'hang',
        }),
      );
      const id = await missed(annaPetrova.phone);
      await eventually('the request to the card is out', () => writings(office, id).length === 1);
      await ringside.kill();
      for (const step of undo.splice(0)) step();
      expect(notes(id)).toEqual([]);

      await start();
      await happened(ringside, id, 'delivery.card', { state: 'done' });
      expect(notes(id)).toHaveLength(1);
      // The lost request, a look whether it had an effect, and only then the one that had it.
      expect(writings(office, id)).toHaveLength(2);
      const [lost, again] = writings(office, id);
      expect(again?.path).toBe(annaPetrovasNotes);
      expect(lookedUp(annaPetrovasNotes, lost, again)).toHaveLength(1);
      expect((await history(ringside)).map(({ call }) => call.id)).toEqual([id]);
      // The browser needs no code again, and is shown what it missed.
      await tab.page.goto(office.kommo.origin);
      await browserIs(ringside, 'Connected');
      await happened(ringside, id, 'delivery.widget', { state: 'done' });
      expect(await askedOfKommo(tab.page, 'add_call')).toMatchObject([
        {
          element: { id: annaPetrova.lead.id, type: 'lead' },
          from: `${annaPetrova.name}, ${annaPetrova.lead.name}`,
          duration: 0,
        },
      ]);
    } finally {
      await tab.close();
    }
  });

  test('between the request to the card and its answer: it is looked up, not written again', async () => {
    undo.push(
      office.kommo.fail({
        match: ({ method, path }) => method === 'POST' && path === marcusWebbsNotes,
        answer: 'hang',
        afterEffect: true,
      }),
    );
    const id = await missed(marcusWebb.phone);
    await eventually('the call is on the card', () => notes(id).length === 1);
    await ringside.kill();
    for (const step of undo.splice(0)) step();

    await start();
    await happened(ringside, id, 'delivery.card', { state: 'done' });
    expect(notes(id)).toHaveLength(1);
    expect(writings(office, id)).toHaveLength(1);
    expect(lookedUp(marcusWebbsNotes, writings(office, id)[0])).toHaveLength(1);
    expect((await history(ringside)).map(({ call }) => call.id)).toContain(id);
  });

  test('in a call: the program starts again with that call in its journal, signed in and registered', async () => {
    const before = (await history(ringside)).map(({ call }) => call.id);
    const { placed, toast, id } = await incoming(office, ringside, { user: davidChen.phone }, { kind: 'talk' });
    office.toasts.invoke(toast.id, 'answer');
    expect(await placed.answered).toBe(true);
    await ringside.kill();
    placed.hangUp();
    await placed.ended;

    await start();
    expect((await history(ringside)).map(({ call }) => call.id)).toEqual([id, ...before]);
    const state = await ask(ringside, 'state');
    expect(state).toMatchObject({
      value: {
        phone: { state: 'registered', extension: AGENT.extension },
        kommo: { state: 'signed-in', account: office.kommo.data.account.name },
        browser: { paired: 1 },
        calls: [],
      },
    });
  });
});

describe('the panel', () => {
  const panelProcess = () =>
    ringside.electron.evaluate(
      ({ webContents }) =>
        webContents
          .getAllWebContents()
          .find((one) => one.getURL().startsWith('app://panel/'))
          ?.getOSProcessId() ?? null,
    );

  test('closed gives its memory back; calls still toast, and a second start opens it with all that is', async () => {
    const pid = await panelProcess();
    expect(existsSync(`/proc/${pid}`)).toBe(true);
    await (await ringside.page('panel')).close();
    await ringside.waitForTimeline('panel.closed');
    await eventually('its process is gone', () => !existsSync(`/proc/${pid}`));
    expect(await panelProcess()).toBeNull();

    const { placed, id, becomes } = await incoming(office, ringside, { user: davidChen.phone }, { kind: 'talk' });
    await becomes(({ summary }) => summary === davidChen.name);

    // The agent looks for Ringside in the menu and starts it once more.
    const run = await ringsideCommand({ desktop: office.desktop, profile });
    const second = spawn(run.file, run.args, { env: run.env, stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    second.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const [code] = (await once(second, 'close')) as [number | null];
    await run.clean();
    expect(code).toBe(0);
    expect(said).toContain('Ringside is running already with this profile; its window is shown.');

    const panel = await ringside.page('panel');
    await callCard(panel, davidChen.name).getByText('Incoming call').waitFor();
    await pastCall(panel, annaPetrova.lead.name).waitFor();
    await panel.getByRole('button', { name: /^Phone 101.*Ready/ }).waitFor();
    placed.cancel();
    await happened(ringside, id, 'ended', { disposition: 'missed' });
  });
});

describe('the phone page', () => {
  test('crashed in a call registers again, goes on with that call and takes the next', async () => {
    const registered = ringside.timeline().filter(({ event }) => event === 'phone.registered').length;
    const { placed, toast, id } = await incoming(office, ringside, { user: marcusWebb.phone }, { kind: 'talk' });
    office.toasts.invoke(toast.id, 'answer');
    expect(await placed.answered).toBe(true);
    await happened(ringside, id, 'answered');
    await ringside.electron.evaluate(({ webContents }) =>
      webContents
        .getAllWebContents()
        .find((one) => one.getURL().startsWith('app://phone/'))
        ?.forcefullyCrashRenderer(),
    );
    await happened(ringside, id, 'picked-up');
    placed.hangUp();
    await happened(ringside, id, 'ended', { disposition: 'answered' });
    await happened(ringside, id, 'journal.written');
    const kept = (await history(ringside)).find(({ call }) => call.id === id);
    expect(kept?.call.answeredAt).not.toBeNull();

    await eventually(
      'registered again',
      () => ringside.timeline().filter(({ event }) => event === 'phone.registered').length > registered,
    );
    const next = await incoming(office, ringside, { user: davidChen.phone }, { kind: 'talk' });
    office.toasts.invoke(next.toast.id, 'answer');
    expect(await next.placed.answered).toBe(true);
    next.placed.hangUp();
    await happened(ringside, next.id, 'ended', { disposition: 'answered' });
    expect(new Set((await history(ringside)).map(({ call }) => call.callId)).size).toBe(
      (await history(ringside)).length,
    );
  });
});

describe('SIGTERM', () => {
  test('ends the call, the registration at the PBX and the program, quickly', async () => {
    // By itself: Playwright's debugger would be one more thing that the end waits for.
    await ringside.close();
    const run = await ringsideCommand({ desktop: office.desktop, profile });
    const timeline = followLines(join(profile, 'timeline.jsonl'));
    const past = timeline.lines().length;
    const registered = new Promise((resolve) =>
      office.pbx.on('registration', ({ change }) => {
        if (change === 'added') resolve(true);
      }),
    );
    const program = spawn(run.file, run.args, { env: run.env, stdio: 'ignore' });
    try {
      await registered;
      const since = Date.now();
      const placed = office.pbx.call({
        from: { user: davidChen.phone },
        to: AGENT.extension,
        script: { kind: 'talk' },
      });
      const toast = await office.toasts.waitFor(({ at, actions }) => at >= since && 'answer' in actions);
      office.toasts.invoke(toast.id, 'answer');
      expect(await placed.answered).toBe(true);
      let index = 0;
      await timeline.waitFor((line) => index++ >= past && line.includes('"event":"answered"'));

      const removed = new Promise((resolve) =>
        office.pbx.on('registration', ({ change }) => {
          if (change === 'removed') resolve(true);
        }),
      );
      const exited = once(program, 'exit');
      const asked = performance.now();
      program.kill('SIGTERM');
      expect(await exited).toEqual([0, null]);
      expect(performance.now() - asked).toBeLessThan(3_000);
      expect(await removed).toBe(true);
      expect(await placed.ended).toMatchObject({ status: 200, hungUpBy: 'callee' });
    } finally {
      program.kill('SIGKILL');
      timeline.close();
      await run.clean();
    }

    await start();
    expect((await history(ringside))[0]?.call).toMatchObject({
      disposition: 'answered',
      callId: expect.any(String) as string,
    });
  });
});
