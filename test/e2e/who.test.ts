/** Who is it, on the real program: several people with a number, the card that opens by itself, a private number. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startDesktop, type Desktop } from '../../sandbox/desktop/desktop.ts';
import { people } from '../../sandbox/kommo/index.ts';
import { AGENT, openOffice, type Office } from '../../sandbox/story/office.ts';
import { eventually } from './support/eventually.ts';
import { callCard, pastCall } from './support/panel.ts';
import { launchRingside, type Ringside } from './support/ringside.ts';

const { tomasHerrera, kofiMensah, graceLiu, annaPetrova } = people;
let undo: (() => unknown)[];
let desktop: Desktop;
let office: Office;
let ringside: Ringside;

beforeEach(() => {
  undo = [];
});
afterEach(async () => {
  for (const step of undo.reverse()) await step();
});

/** Starts Ringside with these settings of calls; resolves with its panel once it is registered. */
async function start(
  calls: Record<string, unknown>,
  profile?: string,
  prepare: (kommo: Office['kommo']) => unknown = () => {},
): Promise<Page> {
  desktop = await startDesktop({ daemon: 'recording' });
  undo.push(() => desktop.close());
  office = await openOffice(join(import.meta.dirname, '../../out/widget'));
  undo.push(() => office.close());
  prepare(office.kommo);
  const provision = { ...office.provisioning, calls };
  ringside = await launchRingside({ desktop, provision, ...(profile === undefined ? {} : { profile }) });
  undo.push(() => ringside.close());
  const panel = await ringside.page('panel');
  await ringside.waitForTimeline('phone.registered');
  return panel;
}

const rings = (from: string, headers: Record<string, string> = {}) =>
  office.pbx.call({ from: { user: from }, to: AGENT.extension, headers, script: { kind: 'talk', talkMs: 60_000 } });
const toast = (body: RegExp) => desktop.notifications?.waitFor((shown) => body.test(shown.body));

test('several people: the number of them on the toast, the choice of the agent on the card', async () => {
  const panel = await start({ lineHeader: 'X-Line' });
  const call = rings(kofiMensah.phone, { 'X-Line': 'Sales' });
  expect(await toast(/3 matches/)).toMatchObject({
    summary: tomasHerrera.name,
    body: expect.stringMatching(/3 matches\nLine: Sales/) as unknown,
  });
  const card = callCard(panel, tomasHerrera.name);
  await card.getByText('3 matches').waitFor();
  const names = card.getByRole('radio');
  expect(await names.evaluateAll((all) => all.map((one) => one.closest('label')?.textContent))).toEqual(
    [tomasHerrera, kofiMensah, graceLiu].map(({ name }) => `${name}Contact`),
  );
  await card.getByText(kofiMensah.name).click();
  const chosen = callCard(panel, kofiMensah.name);
  await chosen.getByRole('button', { name: /^Answer/ }).click();
  await chosen.getByRole('button', { name: /^Hang up/ }).click();
  await call.ended;
  await eventually('the call on the card that the agent chose', () =>
    office.kommo.data.notes.find(({ entity }) => entity.kind === 'contact' && entity.id === kofiMensah.id),
  );
  expect(office.kommo.data.notes.filter(({ noteType }) => noteType === 'call_in')).toHaveLength(1);
});

test('several people, and the choice after the call: the card waits for it, and a kill in between loses nothing', async () => {
  const profile = await mkdtemp(join(tmpdir(), 'ringside-who-'));
  undo.push(() => rm(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 }));
  const company = people.northwindTraders;
  const panel = await start({}, profile, (kommo) =>
    kommo.data.companies.find(({ id }) => id === company.id)?.phones.push(annaPetrova.phone),
  );
  const call = rings(annaPetrova.phone);
  const card = callCard(panel, `${annaPetrova.name}, ${annaPetrova.lead.name}`);
  await card.getByText('2 matches').waitFor();
  await card.getByRole('button', { name: /^Answer/ }).click();
  await card.getByRole('button', { name: /^Hang up/ }).click();
  await call.ended;
  await panel
    .getByRole('group', { name: /Several people have this number/ })
    .getByText(company.name)
    .click();
  await pastCall(panel, company.name).waitFor();
  const notes = () => office.kommo.data.notes.filter(({ noteType }) => noteType === 'call_in');
  expect(notes()).toEqual([]);
  await ringside.kill();
  ringside = await launchRingside({ desktop, profile });
  undo.push(() => ringside.close());
  const again = await ringside.page('panel');
  const past = pastCall(again, company.name);
  await past.waitFor();
  await past.getByText('Saved to the company').waitFor({ timeout: 20_000 });
  expect(notes().map(({ entity }) => entity)).toEqual([{ kind: 'company', id: company.id }]);
});

test('the card opens by itself when the agent answers; whoever rings again has a name on the first toast', async () => {
  const panel = await start({ pop: 'answer' });
  const first = rings(annaPetrova.phone);
  const name = `${annaPetrova.name}, ${annaPetrova.lead.name}`;
  const card = callCard(panel, name);
  await card.getByRole('button', { name: /^Answer/ }).click();
  expect(await desktop.waitForOpenedUrl()).toBe(`${office.kommo.origin}/leads/detail/${annaPetrova.lead.id}`);
  await card.getByRole('button', { name: /^Hang up/ }).click();
  await first.ended;
  const before = ringside.timeline().length;
  rings(annaPetrova.phone);
  await eventually('the second call', () =>
    ringside
      .timeline()
      .slice(before)
      .find(({ event }) => event === 'name.shown'),
  );
  const events = ringside
    .timeline()
    .slice(before)
    .map(({ event }) => event);
  expect(events.indexOf('name.requested')).toBeLessThan(events.indexOf('resolve.sent'));
});

test('a private number rings and is nobody else’s business', async () => {
  const panel = await start({ private: ['+1415*'] });
  const call = rings(annaPetrova.phone);
  const card = callCard(panel, '+1 415 555 0142');
  await card.getByRole('button', { name: /^Decline/ }).click();
  await call.ended;
  await ringside.waitForTimeline('journal.written');
  await pastCall(panel, '+1 415 555 0142').getByText('Declined').waitFor();
  expect(office.kommo.requests.filter(({ path }) => !/account|users/.test(path))).toEqual([]);
});
