/** What tabs ask of the desktop, and what it asks of the one that the agent sees: over real sockets. */
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { AnswerReason, BridgeCall } from '../../../../app/bridge/protocol.ts';
import { parseOrigin } from '../../../../app/kommo/address.ts';
import { createBridge, type Bridge, type TabRequest } from '../../../../main/bridge/bridge.ts';
import { nonce, openPeer, openTab, type Peer } from './widget-peer.ts';
import { english } from '../../../english.ts';

const ORIGIN = 'https://acme.kommo.com';
const CLIENT = randomUUID();
const TOKEN = nonce();
const RINGING: BridgeCall = {
  id: 'r-1',
  direction: 'inbound',
  state: 'ringing',
  number: '+1 830 570 3077',
  title: 'Anna Petrova',
  entity: { type: 'contact', id: 5 },
  resolving: false,
  startedAt: 1_800_000_000_000,
  answeredAt: null,
  muted: false,
  heldBy: [],
  can: ['answer', 'decline'],
  popped: true,
  newContactNumber: null,
};

let bridge: Bridge;
let requests: TabRequest[];
let reason: AnswerReason | null;
let extensions: Readonly<Record<string, number>>[];
let user: { id: number };

beforeEach(async () => {
  requests = [];
  reason = null;
  extensions = [];
  user = { id: 42 };
  bridge = createBridge({
    origin: () => parseOrigin(ORIGIN),
    user: () => user,
    browsers: {
      load: () => [
        { clientId: CLIENT, name: 'Chrome 156 on Windows', origin: ORIGIN, token: TOKEN, pairedAt: 1, lastSeenAt: 1 },
      ],
      save: () => undefined,
    },
    ports: [0],
    limits: { opens: 50 },
    now: Date.now,
    log: () => undefined,
    onState: () => undefined,
    asked: (request) => {
      requests.push(request);
      return reason;
    },
    extensions: (users) => extensions.push(users),
  });
  await bridge.start();
});
afterEach(() => bridge.stop());

const tab = (leader = false): Promise<Peer> =>
  openTab(bridge.state().port ?? 0, ORIGIN, CLIENT, TOKEN, { leader, locks: true });

test('what a tab asks is done and answered by its number', async () => {
  const peer = await tab();
  peer.send({ type: 'command', request: 7, id: 'r-1', kind: 'answer' });
  expect(await peer.next('answer')).toEqual({ type: 'answer', request: 7, reason: null });
  reason = 'over';
  peer.send({ type: 'annotate', request: 8, id: 'r-1', disposition: 'talked', note: '', done: true });
  expect(await peer.next('answer')).toEqual({ type: 'answer', request: 8, reason: 'over' });
  expect(requests.map(({ type, request }) => [type, request])).toEqual([
    ['command', 7],
    ['annotate', 8],
  ]);
});

test('a double click on a number is one call, from whichever tab; another number is another call, at once', async () => {
  const first = await tab();
  const second = await tab();
  const asks = async (peer: Peer, number: string): Promise<unknown> => {
    peer.send({ type: 'dial', request: 1, number });
    return (await peer.next('answer'))['reason'];
  };
  expect(await asks(first, '+14155550142')).toBeNull();
  expect(await asks(first, '+14155550142')).toBeNull();
  expect(await asks(second, '+14155550142')).toBeNull();
  expect(requests).toHaveLength(1);
  reason = 'no-phone';
  expect(await asks(first, '+17135550154')).toBe('no-phone');
  expect(await asks(second, '+17135550154'), 'the second click is told what became of the first').toBe('no-phone');
  expect(requests).toHaveLength(2);
});

test('a tab of somebody who is not signed in on the desktop any more commands nothing', async () => {
  const peer = await tab();
  user = { id: 43 };
  peer.send({ type: 'dial', request: 1, number: '102' });
  expect(await peer.next('refused')).toMatchObject({ code: 'other-user' });
  expect(await peer.closed()).toMatchObject({ code: 4000 });
  expect(requests).toEqual([]);
});

test('a page of another account is told nothing, and the agent is told why; another site is not worth a word', async () => {
  const port = bridge.state().port ?? 0;
  const knock = (origin: string) => fetch(`http://127.0.0.1:${port}/health`, { headers: { Origin: origin } });
  for (const origin of ['https://evil.example', 'http://127.0.0.1:8080', 'https://www.kommo.com']) {
    expect((await knock(origin)).status).toBe(403);
    expect(bridge.state().reason).toBeNull();
  }
  const answer = await knock('https://other.kommo.com');
  expect([answer.status, await answer.text(), answer.headers.get('access-control-allow-origin')]).toEqual([
    403,
    '',
    null,
  ]);
  expect(english(bridge.state().reason)).toBe(
    'A Kommo page of another account (other.kommo.com) asks for Ringside, which is signed in to acme.kommo.com. ' +
      'Sign in to both as the same user of the same account.',
  );
  await expect(openPeer(port, 'https://other.kommo.com')).rejects.toThrow('403');
  await tab();
  expect(bridge.state().reason).toBeNull();
});

test('tabs hear whether there is a phone: those that are there and those that come', async () => {
  const first = await tab();
  expect(await first.next('phone')).toEqual({ type: 'phone', ready: false });
  bridge.phoneIs(true);
  bridge.phoneIs(true);
  expect(await first.next('phone')).toEqual({ type: 'phone', ready: true });
  expect(await (await tab()).next('phone')).toEqual({ type: 'phone', ready: true });
  first.send({ type: 'command', request: 1, id: 'x', kind: 'hold' });
  await first.next('answer');
  expect(first.heard.filter(({ type }) => type === 'phone')).toEqual([]);
});

test('the extensions of the account are passed on', async () => {
  const peer = await tab();
  peer.send({ type: 'extensions', users: { '101': 42, '102': 43 } });
  peer.send({ type: 'command', request: 1, id: 'x', kind: 'hold' });
  await peer.next('answer');
  expect(extensions).toEqual([{ '101': 42, '102': 43 }]);
});

test('a card is opened by the tab with the focus, else by the one seen last, and by none that is not seen', async () => {
  expect(await bridge.openCard({ newContactNumber: '+14155550142' })).toBe(false);
  const [hidden, seen, focused] = [await tab(), await tab(), await tab()];
  const view = async (peer: Peer, visible: boolean, focus: boolean): Promise<void> => {
    peer.send({ type: 'view', visible, focused: focus });
    peer.send({ type: 'command', request: 1, id: 'x', kind: 'hold' });
    await peer.next('answer');
  };
  await view(hidden, false, false);
  expect(await bridge.openCard({ entity: { type: 'lead', id: 9 } })).toBe(false);
  await view(focused, true, true);
  await view(seen, true, false);

  const opened = bridge.openCard({ entity: { type: 'lead', id: 9 } });
  const asked = await focused.next('open.card');
  expect(asked).toMatchObject({ entity: { type: 'lead', id: 9 }, newContactNumber: null });
  // Another tab's word, or a word about another request, does not count.
  seen.send({ type: 'ack.open', request: asked.request, opened: true });
  focused.send({ type: 'ack.open', request: asked.request + 1, opened: true });
  focused.send({ type: 'ack.open', request: asked.request, opened: true });
  expect(await opened).toBe(true);

  await view(focused, true, false);
  await view(seen, true, false);
  const next = bridge.openCard({ newContactNumber: '+14155550142' });
  const { request, newContactNumber } = await seen.next('open.card');
  expect(newContactNumber).toBe('+14155550142');
  seen.send({ type: 'ack.open', request, opened: false });
  expect(await next).toBe(false);
});

test('a tab that does not answer, or goes, opens no card', async () => {
  const peer = await tab();
  peer.send({ type: 'view', visible: true, focused: true });
  peer.send({ type: 'command', request: 1, id: 'x', kind: 'hold' });
  await peer.next('answer');
  expect(await bridge.openCard({ entity: { type: 'lead', id: 9 } })).toBe(false);
  const opened = bridge.openCard({ entity: { type: 'lead', id: 9 } });
  peer.close();
  expect(await opened).toBe(false);
});

test("a tab is told to pop up beside the desktop's own pop-up, and once more when that was not shown", async () => {
  const peer = await tab(true);
  await peer.next('role');
  const notices: boolean[] = [];
  bridge.showCall(RINGING);
  bridge.showCall(RINGING);
  bridge.showCall({ ...RINGING, popped: false });
  bridge.showCall({ ...RINGING, popped: false });
  bridge.showCall({ ...RINGING, popped: true });
  for (let times = 0; times < 5; times += 1) {
    const { notify, call } = await peer.next('call');
    if (notify) notices.push(call.popped);
  }
  expect(notices).toEqual([true, false]);
});
