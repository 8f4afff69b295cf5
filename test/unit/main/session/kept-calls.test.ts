/** What waits for Kommo, through refusals, sign-outs and other accounts: the session, the journal and its deliveries. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { CompletedCall } from '../../../../app/calls/completed-call.ts';
import { createDeliveries } from '../../../../main/journal/deliveries.ts';
import { openJournal, type Journal } from '../../../../main/journal/journal.ts';
import { agents, openKommo, people, type Kommo } from '../../../../sandbox/kommo/index.ts';
import { completedCall } from '../../app/calls/samples.ts';
import { openDesk, provisioningFor, type Desk } from './desk.ts';
import { english, saying } from '../../../english.ts';

const ana = agents.anaSilva.id;
const HOUR = 3_600_000;
const redirectUri = 'http://127.0.0.1:1/never';
let folder: string;
let kommo: Kommo;
let journal: Journal;
let desk: Desk;
let deliveries: ReturnType<typeof createDeliveries>;
let offline: boolean;

beforeEach(async () => {
  offline = false;
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ringside-kept-'));
  kommo = await openKommo({
    rateLimit: 'off',
    integration: { clientId: 'c0ffee', clientSecret: 's3cr3t', redirectUri },
  });
  journal = openJournal(folder, () => {
    throw new Error('no trouble in this test');
  });
  desk = openDesk(
    provisioningFor(kommo.origin, { kind: 'oauth', ...kommo.integration, authorizeUrl: `${kommo.origin}/oauth` }),
    {
      waitingCalls: () => journal.notInKommo(),
      fetch: (url, init) => (offline ? Promise.reject(new Error('net::ERR_CONNECTION_REFUSED')) : fetch(url, init)),
    },
  );
  deliveries = createDeliveries({
    journal,
    kommo: () => (desk.session.user() === null ? null : desk.session.client()),
    settings: () => ({ cardBy: 'calls', unknownInbound: 'nothing' }),
    agent: () => ({ userId: ana, name: 'Ana Silva' }),
    heldUntil: () => 0,
    hasAudio: () => Promise.resolve(false),
    widget: () => Promise.resolve('no-widget'),
    bell: () => Promise.resolve('no-widget'),
    account: desk.session.account,
    now: Date.now,
    random: () => 0,
    after: () => () => {},
    told: () => {},
    failed: (error) => {
      throw error;
    },
  });
  await desk.session.pasteCode(kommo.authority.issueCode(ana));
});
afterEach(async () => {
  await deliveries.stop();
  journal.close();
  desk.remove();
  await kommo.close();
  fs.rmSync(folder, { recursive: true });
});

function callEnded(id: string): CompletedCall {
  const call = completedCall({
    id,
    caller: { kind: 'not-asked' },
    number: {
      asReceived: people.marcusWebb.phone,
      e164: people.marcusWebb.phone,
      display: people.marcusWebb.phone,
      internal: false,
    },
    startedAt: Date.now(),
    endedAt: Date.now(),
  });
  journal.record(call, ['card', 'widget'], Date.now(), desk.session.account());
  deliveries.run();
  return call;
}
const stateOf = (call: CompletedCall) => journal.delivery(call.id, 'card')?.state;
const sent = () => kommo.requests.filter(({ method, path: to }) => method === 'POST' && /calls|notes/.test(to)).length;

test('a final refusal signs out and keeps what waits; the next sign-in delivers it, once', async () => {
  kommo.authority.revokeAll();
  desk.later(25 * HOUR);
  const call = callEnded('r-1');
  await vi.waitFor(() => expect(desk.session.status().state).toBe('signed-out'));
  expect(desk.session.status()).toMatchObject({
    reason: saying(/Calls that wait for Kommo are kept/),
    waitingCalls: 1,
  });
  await vi.waitFor(() => expect(english(journal.delivery(call.id, 'card')?.error)).toMatch(/sign/i));
  expect(stateOf(call)).toBe('waiting');

  await desk.session.pasteCode(kommo.authority.issueCode(ana));
  deliveries.wake('card');
  await vi.waitFor(() => expect(stateOf(call)).toBe('done'));
  expect(sent()).toBe(1);
  expect(desk.session.status().waitingCalls).toBe(0);
});

test('kept at a sign-out, by default: the count is shown before, and the next sign-in delivers them', async () => {
  offline = true;
  const call = callEnded('r-1');
  await vi.waitFor(() => expect(journal.delivery(call.id, 'card')?.tries).toBe(1));
  expect(desk.session.status().waitingCalls).toBe(1);
  desk.session.signOut();
  expect(stateOf(call)).toBe('waiting');
  offline = false;
  await desk.session.pasteCode(kommo.authority.issueCode(ana));
  deliveries.wake('card');
  await vi.waitFor(() => expect(stateOf(call)).toBe('done'));
});

test('given up: nothing is sent, the history says why, a retry by hand still works', async () => {
  offline = true;
  const call = callEnded('r-1');
  await vi.waitFor(() => expect(journal.delivery(call.id, 'card')?.tries).toBe(1));
  journal.giveUp('You gave this call up when you signed out.');
  expect(journal.delivery(call.id, 'card')).toMatchObject({
    state: 'given-up',
    error: 'You gave this call up when you signed out.',
  });
  expect(journal.notInKommo()).toBe(0);
  offline = false;
  const before = sent();
  deliveries.wake('card');
  await deliveries.stop();
  expect(sent()).toBe(before);
  journal.retry(call.id);
  expect(stateOf(call)).toBe('waiting');
});

test('given up while it is on its way: what Kommo says then counts, a wait does not come back', () => {
  const call = callEnded('r-1');
  journal.giveUp('given up');
  const settled = { error: null, nextTry: 0, counts: true, ambiguous: false };
  journal.settle(call.id, 'card', { ...settled, state: 'waiting' });
  expect(stateOf(call)).toBe('given-up');
  journal.settle(call.id, 'card', { ...settled, state: 'done' });
  expect(stateOf(call)).toBe('done');
});

test('given up for another account, then tried by hand: it goes nowhere until its own is signed in again', async () => {
  offline = true;
  const call = callEnded('r-1');
  await vi.waitFor(() => expect(journal.delivery(call.id, 'card')?.tries).toBe(1));
  offline = false;
  const other = await openKommo({ rateLimit: 'off' });
  Object.assign(other.data.account, { id: 990_001, name: 'Harbour Street' });
  const signIn = async (to: Kommo) => {
    const auth = { kind: 'token', accessToken: to.longLivedToken(ana) };
    desk.settings.provision(provisioningFor(to.origin, auth));
    desk.session.reload();
    await desk.session.identify();
  };
  const mine = desk.session.account();
  expect(mine).toEqual({ id: kommo.data.account.id, name: 'Bayline Services' });
  const earlier = desk.session.client();
  await signIn(other);
  expect(desk.session.account()).toEqual({ id: 990_001, name: 'Harbour Street' });
  journal.giveUp('This call was for the Kommo account Bayline Services.', mine?.id);

  journal.retry(call.id);
  deliveries.run();
  await vi.waitFor(() =>
    expect(journal.delivery(call.id, 'card')).toMatchObject({
      state: 'waiting',
      error: 'It is for the Kommo account Bayline Services and goes nowhere else. Sign in there.',
    }),
  );
  // Nor does what still has the client of before get the token of now.
  await expect(earlier?.account()).rejects.toThrow(/not signed in/);
  expect(other.requests.filter(({ method }) => method === 'POST')).toEqual([]);
  expect([sent(), desk.session.status().state]).toEqual([0, 'signed-in']);

  await signIn(kommo);
  deliveries.wake('card');
  await vi.waitFor(() => expect(stateOf(call)).toBe('done'));
  expect(kommo.data.notes.filter(({ params }) => params['uniq'] === call.id)).toHaveLength(1);
  await other.close();
});

test('nothing goes out before it is known whose account it is', async () => {
  const call = callEnded('r-1');
  await vi.waitFor(() => expect(stateOf(call)).toBe('done'));
  const other = await openKommo({ rateLimit: 'off' });
  Object.assign(other.data.account, { id: 990_001, name: 'Harbour Street' });
  desk.settings.provision(provisioningFor(other.origin, { kind: 'token', accessToken: other.longLivedToken(ana) }));
  desk.session.reload();
  const second = callEnded('r-2');
  await vi.waitFor(() => expect(journal.delivery(second.id, 'card')?.error).not.toBeNull());
  expect(other.requests.filter(({ method }) => method === 'POST')).toEqual([]);
  await desk.session.identify();
  expect(desk.said).toEqual(['Bayline Services -> Harbour Street']);
  await other.close();
});
