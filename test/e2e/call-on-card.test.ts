/** The call on the card, on the real program: the agent's words, a recording that comes later, what waits and what failed. */
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startDesktop } from '../../sandbox/desktop/desktop.ts';
import { people } from '../../sandbox/kommo/index.ts';
import { AGENT, openOffice, type Office } from '../../sandbox/story/office.ts';
import { eventually } from './support/eventually.ts';
import { askedOfKommo, browserIs, happened, incoming, openPairedTab, openTestOffice } from './support/office.ts';
import { afterCall, callCards, pastCall } from './support/panel.ts';
import { launchRingside, type Ringside } from './support/ringside.ts';

const { annaPetrova, marcusWebb, unknown } = people;
let undo: (() => unknown)[];
let office: Office;
let ringside: Ringside;

beforeEach(() => {
  undo = [];
});
afterEach(async () => {
  for (const step of undo.reverse()) await step();
});

async function start(calls: Record<string, unknown>): Promise<Page> {
  const desktop = await startDesktop({ daemon: 'recording' });
  undo.push(() => desktop.close());
  office = await openOffice(join(import.meta.dirname, '../../out/widget'));
  undo.push(() => office.close());
  ringside = await launchRingside({ desktop, provision: { ...office.provisioning, calls } });
  undo.push(() => ringside.close());
  const panel = await ringside.page('panel');
  await ringside.waitForTimeline('phone.registered');
  return panel;
}

const rings = (from: string) =>
  office.pbx.call({ from: { user: from }, to: AGENT.extension, script: { kind: 'talk', talkMs: 60_000 } });
const noteOf = (kind: string, id: number) =>
  office.kommo.data.notes.find(({ entity }) => entity.kind === kind && entity.id === id);

/** A PBX's recordings, which are there when the test says so. */
async function openRecordings() {
  let ready = false;
  const server = createServer((_request, response) => {
    if (ready) response.writeHead(200, { 'content-type': 'audio/mpeg', 'content-length': 5 }).end('audio');
    else response.writeHead(404).end();
  }).listen(0, '127.0.0.1');
  undo.push(() => server.close());
  await once(server, 'listening');
  const at = server.address();
  if (at === null || typeof at === 'string') throw new Error('no port');
  return {
    rule: { urlTemplate: `http://127.0.0.1:${at.port}/{callId}.mp3`, waitSeconds: 60 },
    appear: () => {
      ready = true;
    },
  };
}

test('what the agent says while talking goes with the call, and the recording follows when it is there', async () => {
  const recordings = await openRecordings();
  const panel = await start({ recording: recordings.rule });

  const call = rings(annaPetrova.phone);
  const card = callCards(panel);
  await card.getByRole('button', { name: /^Answer/ }).click();
  await card.getByLabel('Result').selectOption('Call back later');
  await card.getByLabel('Note').fill('After lunch');
  await card.getByRole('button', { name: 'Save' }).click();
  await card.getByText('Saved.').waitFor();
  await card.getByRole('button', { name: /^Hang up/ }).click();
  await call.ended;
  const note = () => noteOf('lead', annaPetrova.lead.id);
  await eventually('the call on the card', note);
  expect(note()?.params).toMatchObject({ call_status: 2, call_result: 'call back later. After lunch' });
  expect(note()?.params).not.toHaveProperty('link');
  const after = afterCall(panel, annaPetrova.name);
  const past = pastCall(panel, annaPetrova.name);
  for (const said of [after, past]) await said.getByText('Saved to the lead').waitFor();
  await past.getByText('Waiting for the recording.').waitFor();
  recordings.appear();
  await eventually('the recording on the card', () => (note()?.params['link'] === undefined ? undefined : true));
  expect(office.kommo.data.notes.filter(({ noteType }) => noteType === 'call_in')).toHaveLength(1);
  await past.getByText('Waiting for the recording.').waitFor({ state: 'detached' });
  await past.getByText(/private address/).waitFor();
  for (const said of [after, past]) await said.getByText('Saved to the lead').waitFor();
});

test('a recording that comes when the bell has the call gets into its one entry, over a closed tab and a kill -9', async () => {
  const recordings = await openRecordings();
  const whole = await openTestOffice();
  undo.push(() => whole.close());
  const folder = await mkdtemp(join(tmpdir(), 'ringside-bell-'));
  undo.push(() => rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 }));
  const profile = join(folder, 'profile');
  let program = await whole.start({
    profile,
    provision: { ...whole.provisioning, calls: { recording: recordings.rule } },
  });
  undo.push(() => program.close());
  await program.waitForTimeline('phone.registered');
  const tab = await openPairedTab(whole, program);
  undo.push(() => tab.close());
  const { placed, id } = await incoming(whole, program, { user: marcusWebb.phone }, { kind: 'talk', talkMs: 60_000 });
  await happened(program, id, 'resolve.done');
  const panel = await program.page('panel');
  await panel.getByRole('button', { name: /^Answer/ }).click();
  await panel.getByRole('button', { name: /^Hang up/ }).click();
  await placed.ended;
  // The bell has waited for the recording, and then the call went there without it.
  await happened(program, id, 'delivery.widget', { state: 'done' });
  const entries = () => whole.kommo.notifications(AGENT.userId).filter(({ type }) => type === 'call');
  expect(entries()).toMatchObject([{ link: null, element: { id: marcusWebb.id, type: 'contact' } }]);

  await tab.page.goto('about:blank');
  await browserIs(program, 'Waiting');
  recordings.appear();
  await happened(program, id, 'delivery.bell', { state: 'waiting' });
  await program.kill();
  program = await launchRingside({ desktop: whole.desktop, profile });
  await program.waitForTimeline('phone.registered');
  await tab.page.goto(whole.kommo.origin);
  await happened(program, id, 'delivery.bell', { state: 'done' });
  expect(entries()).toMatchObject([
    { link: expect.stringMatching(/\.mp3$/) as unknown, element: { id: marcusWebb.id, type: 'contact' } },
  ]);
  expect(await askedOfKommo(tab.page, 'add_call')).toHaveLength(1);
}, 60_000);

test('what waits and what failed is said, and a retry brings it there; a stranger is an incoming lead', async () => {
  const panel = await start({});
  const recover = office.kommo.fail({
    match: ({ method, path }) => method === 'POST' && /notes/.test(path),
    answer: '500',
  });
  const known = rings(marcusWebb.phone);
  const card = callCards(panel);
  await card.getByRole('button', { name: /^Answer/ }).click();
  await card.getByRole('button', { name: /^Hang up/ }).click();
  await known.ended;
  const past = pastCall(panel, marcusWebb.name);
  for (const said of [afterCall(panel, marcusWebb.name), past])
    await said.getByText(/Waiting to be saved to the card/).waitFor();
  const stranger = rings(unknown.phone);
  await card.getByRole('button', { name: /^Decline/ }).click();
  await stranger.ended;
  await eventually('the incoming lead', () => office.kommo.data.unsorted[0]);
  await pastCall(panel, '+1 917 555 0163').getByText('Saved to the incoming leads').waitFor();
  recover();
  // Kommo may still be doing what it did not answer to: for five seconds nothing is sent again.
  await past.getByRole('button', { name: /^Retry: Marcus/ }).click();
  await past.getByText('Saved to the contact').waitFor({ timeout: 20_000 });
  expect(office.kommo.data.notes.filter(({ entity }) => entity.id === marcusWebb.id)).toHaveLength(1);
  expect(office.kommo.data.unsorted).toHaveLength(1);
});

test('a voicemail box: a caller who was taken to one, and one that answers, are neither missed nor talked', async () => {
  const panel = await start({ voicemail: [marcusWebb.phone] });
  const taken = office.pbx.call({
    from: { user: annaPetrova.phone },
    to: AGENT.extension,
    script: { kind: 'give up', ringMs: 1500, reason: 'SIP;cause=302;text="Forwarded to voicemail"' },
  });
  await taken.ended;
  const first = await eventually('the call on the card', () => noteOf('lead', annaPetrova.lead.id));
  expect(first).toMatchObject({
    noteType: 'call_in',
    params: { call_status: 1, call_result: 'voicemail', duration: 0 },
  });
  await pastCall(panel, annaPetrova.name).getByText('Went to voicemail').waitFor();

  office.pbx.callee(marcusWebb.phone, { kind: 'answer', ringMs: 200, talkMs: 2500 });
  await panel.getByLabel('Number to call').fill(marcusWebb.phone);
  await panel.getByRole('button', { name: 'Call', exact: true }).click();
  const second = await eventually('the other on its card', () => noteOf('contact', marcusWebb.id));
  expect(second).toMatchObject({ noteType: 'call_out', params: { call_status: 1, duration: 0 } });
  await pastCall(panel, marcusWebb.name).getByText('Voicemail answered').waitFor();
});
