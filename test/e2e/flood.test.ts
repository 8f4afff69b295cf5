/** More calls than anybody can take, in the whole program: nothing of it drowns Kommo, and no customer is lost unsaid. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LISTED_A_MINUTE } from '../../app/calls/refused-calls.ts';
import { people } from '../../sandbox/kommo/index.ts';
import { eventually } from './support/eventually.ts';
import { ask, happened, history, incoming, openTestOffice, writings, type TestOffice } from './support/office.ts';
import type { Ringside } from './support/ringside.ts';
import { startWire, type Wire } from './support/wire.ts';

const FLOOD = 1_000;
const AT_ONCE = 4;

let office: TestOffice;
let wire: Wire;
let ringside: Ringside;
beforeAll(async () => {
  office = await openTestOffice();
  wire = await startWire(office.pbx.url);
  const phone = { ...(office.provisioning['phone'] as object), server: wire.url, callsAtOnce: AT_ONCE };
  ringside = await office.start({ provision: { ...office.provisioning, phone } });
  await ringside.waitForTimeline('phone.registered');
});
afterAll(async () => {
  await ringside?.close();
  await wire?.close();
  await office?.close();
});

/** The INVITE of one of many callers, and what else its call needs. */
const request = (method: string, index: number, to = '<sip:101@pbx.test>') =>
  [
    `${method} sip:101@abc.invalid SIP/2.0`,
    `Via: SIP/2.0/WS far.test;branch=z9hG4bK-flood-${index}`,
    'Max-Forwards: 70',
    `From: <sip:${callerOf(index)}@far.test>;tag=far`,
    `To: ${to}`,
    `Call-ID: flood-${index}`,
    `CSeq: 1 ${method}`,
    'Contact: <sip:far.test;transport=ws>',
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n');
const callerOf = (index: number) => `+1830${5_550_000 + index}`;
const finalOf = (index: number) => wire.said(`flood-${index}`).find((text) => /^SIP\/2\.0 [4-6]/.test(text)) ?? '';

test('a thousand INVITEs within seconds: four ring, some are kept, the others are counted and said', async () => {
  for (let index = 0; index < FLOOD; index += 1) wire.inject(request('INVITE', index));
  const rang = () => Array.from({ length: FLOOD }, (_, index) => index).filter((index) => finalOf(index) === '');
  await eventually('all but those that ring are refused', () => rang().length === AT_ONCE, 30_000);
  for (let index = 0; index < FLOOD; index += 1) {
    if (finalOf(index) === '') continue;
    expect(finalOf(index)).toMatch(/^SIP\/2\.0 486/);
    wire.inject(request('ACK', index, /\r\nTo: (.*)/i.exec(finalOf(index))?.[1]));
  }

  // While they ring, another one cannot be dialled: it says why, and what to do.
  const dialled = await ask(ringside, 'dial', people.annaPetrova.phone);
  expect(dialled).toMatchObject({ ok: false, message: { say: 'call.at-limit', with: { calls: 4 } } });
  for (const index of rang()) wire.inject(request('CANCEL', index));

  const unlisted = FLOOD - AT_ONCE - LISTED_A_MINUTE;
  const entries = await eventually('the history has all of them, listed or counted', async () => {
    const all = await history(ringside);
    const counted = all.reduce((sum, { call }) => sum + (call.unlisted?.others ?? 0), 0);
    return counted === unlisted && all.length === AT_ONCE + LISTED_A_MINUTE && all;
  });
  expect(entries.filter(({ disposition }) => disposition === 'busy')).toHaveLength(LISTED_A_MINUTE);
  expect(entries.filter(({ disposition }) => disposition === 'missed')).toHaveLength(AT_ONCE);
  const panel = await ringside.page('panel');
  await panel.getByText(`More calls came than this phone takes: ${unlisted} were refused`).waitFor();
  await panel.getByText(`${unlisted} more calls were refused within the minute and are not listed`).waitFor();

  // Kommo hears of those that are listed, and of no other; and it was not asked who the refused were.
  for (const { call } of entries) {
    await happened(ringside, call.id, 'delivery.card', { state: 'done' });
    expect(writings(office, call.id).at(-1)?.status).toBe(200);
  }
  const ids = entries.map(({ call }) => call.id);
  const others = office.kommo.requests.filter(
    ({ method, path, body }) =>
      method === 'POST' && path.startsWith('/api/v4/') && !ids.some((id) => JSON.stringify(body).includes(id)),
  );
  expect(others).toEqual([]);
  expect(office.kommo.requests.filter(({ path }) => path === '/api/v2/events').length).toBeLessThanOrEqual(AT_ONCE);
  const lines = readFileSync(join(ringside.profile, 'ringside.log'), 'utf8').match(/"event":"calls\.flood"/g);
  expect(lines).toHaveLength(1);

  // And the next customer is one like any other.
  const { placed, id, becomes } = await incoming(office, ringside, { user: people.davidChen.phone }, { kind: 'talk' });
  await becomes(({ summary }) => summary === people.davidChen.name);
  placed.cancel();
  await happened(ringside, id, 'delivery.card', { state: 'done' });
}, 120_000);
