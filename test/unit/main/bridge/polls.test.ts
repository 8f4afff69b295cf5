/** The second way against the real server: what a page without the token gets (nothing), and that calls arrive once. */
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { BridgeCall } from '../../../../app/bridge/protocol.ts';
import { parseOrigin } from '../../../../app/kommo/address.ts';
import { createBridge, type Bridge, type BridgeLimits } from '../../../../main/bridge/bridge.ts';
import type { PairedBrowser } from '../../../../main/bridge/paired-browser.ts';
import { get, openPollPeer, type PollPeer } from './poll-peer.ts';
import { MISSED, RINGING } from './samples.ts';
import { nonce, openTab } from './widget-peer.ts';

const ORIGIN = 'https://acme.kommo.com';
const CLIENT = randomUUID();
const TOKEN = nonce();
const NAME = 'Maria Silva of Secret Street';
const NAMED: BridgeCall = { ...RINGING, title: NAME, resolving: false, can: [] };

let kept: PairedBrowser[];
let bridge: Bridge;
let port: number;

async function start(limits: Partial<BridgeLimits> = {}): Promise<void> {
  bridge = createBridge({
    origin: () => parseOrigin(ORIGIN),
    user: () => ({ id: 42 }),
    browsers: {
      load: () => kept,
      save: (list) => {
        kept = list;
      },
    },
    ports: [0],
    limits,
    now: Date.now,
    log: () => undefined,
    onState: () => undefined,
    asked: () => null,
    extensions: () => undefined,
  });
  await bridge.start();
  port = bridge.state().port ?? 0;
}
beforeEach(() => {
  kept = [
    { clientId: CLIENT, name: 'Chrome 156 on Windows', origin: ORIGIN, token: TOKEN, pairedAt: 1, lastSeenAt: 1 },
  ];
});
afterEach(() => bridge.stop());

async function ready(): Promise<PollPeer> {
  const peer = openPollPeer(port, ORIGIN);
  await peer.ready(CLIENT, TOKEN);
  return peer;
}

describe('what a widget that polls gets', () => {
  test('the same as by a socket: calls that ring, calls that are over, each acknowledged once', async () => {
    await start();
    const peer = await ready();
    expect(peer.take('role')).toEqual({ type: 'role', leader: true });
    expect(bridge.state()).toMatchObject({ state: 'connected', tabs: 1 });
    bridge.showCall(NAMED);
    const delivered = bridge.deliver(MISSED);
    await peer.poll();
    expect(peer.take('call')).toMatchObject({ notify: true, call: { title: NAME } });
    const { id } = peer.take('call.completed').call;
    await peer.poll({ type: 'ack', id });
    expect(await delivered).toBe('shown');
    await peer.poll();
    expect(peer.heard.map(({ type }) => type)).toEqual(['phone']);
  });

  test('pairing by code, and no secret of it in any address or answer', async () => {
    kept = [];
    await start();
    bridge.newPairingCode();
    const code = bridge.state().pairing?.code ?? '';
    const peer = openPollPeer(port, ORIGIN);
    const token = await peer.authenticate(CLIENT, 'code', code);
    expect(kept).toMatchObject([{ clientId: CLIENT, token }]);
    await peer.poll({ type: 'tab', origin: ORIGIN, userId: 42 });
    peer.take('ready');
    bridge.showCall(NAMED);
    await peer.poll();
    expect(peer.take('call').call.title).toBe(NAME);
    const line = peer.lines.flatMap(({ path, body }) => {
      const parts = [path, body, /&d=([\w-]*)/.exec(path)?.[1] ?? '', /"[cs]([\w-]*)"/.exec(body)?.[1] ?? ''];
      return [...parts, ...parts.map((part) => Buffer.from(part, 'base64url').toString('latin1'))];
    });
    // What is looked for would be found: the hand-shake itself is clear.
    expect(line.some((text) => text.includes(CLIENT))).toBe(true);
    for (const secret of [token, code, code.replace('-', ''), NAME, '830 570', ORIGIN]) {
      expect(line.some((text) => text.includes(secret))).toBe(false);
    }
  });

  test('a code is tried as often as by a socket, and then nobody pairs', async () => {
    kept = [];
    await start();
    bridge.newPairingCode();
    const code = bridge.state().pairing?.code ?? '';
    const wrong = (code.startsWith('7') ? '8' : '7') + code.slice(1);
    for (let tries = 0; tries < 4; tries += 1) {
      await expect(openPollPeer(port, ORIGIN).authenticate(CLIENT, 'code', wrong)).rejects.toThrow('wrong-code');
    }
    await expect(openPollPeer(port, ORIGIN).authenticate(CLIENT, 'code', wrong)).rejects.toThrow('locked-out');
    await expect(openPollPeer(port, ORIGIN).authenticate(CLIENT, 'code', code)).rejects.toThrow('locked-out');
  });

  test('a tab that polls once a minute still has its acknowledgement counted', async () => {
    await start({ ack: 30 });
    const peer = await ready();
    expect(await bridge.deliver(MISSED)).toBe('no-widget');
    await peer.poll();
    await peer.poll({ type: 'ack', id: peer.take('call.completed').call.id });
    expect(await bridge.deliver(MISSED)).toBe('shown');
    // Once: the next offer is a new one.
    expect(await bridge.deliver(MISSED)).toBe('no-widget');
  });

  test('a tab that stops polling is gone, and a socket takes over', async () => {
    await start({ pollSilence: 60, heartbeat: 15 });
    await ready();
    const socket = await openTab(port, ORIGIN, CLIENT, TOKEN);
    expect(await socket.next('role')).toEqual({ type: 'role', leader: true });
    await vi.waitFor(() => expect(bridge.state().tabs).toBe(1));
  });

  test('a tab that was reloaded takes the place of what it was before, at once', async () => {
    await start();
    const before = await ready();
    const waits = bridge.deliver(MISSED);
    const after = await ready();
    expect(await waits).toBe('no-widget');
    expect(after.take('role')).toEqual({ type: 'role', leader: true });
    const delivered = bridge.deliver(MISSED);
    await after.poll();
    await after.poll({ type: 'ack', id: after.take('call.completed').call.id });
    expect(await delivered).toBe('shown');
    await expect(before.poll()).rejects.toThrow('404');
  });

  test('what waits for a tab that does not poll is bounded', async () => {
    await start();
    await ready();
    for (let index = 0; index < 3000 && bridge.state().tabs > 0; index += 1) {
      bridge.showCall({ ...NAMED, id: `call-${index}`, title: 'x'.repeat(256) });
      bridge.showCall({ ...NAMED, id: `call-${index}`, state: 'ended' });
    }
    expect(bridge.state().tabs).toBe(0);
  });

  test('a forgotten browser hears why, and no more', async () => {
    await start();
    const peer = await ready();
    expect(bridge.forgetBrowser(CLIENT)).toBe(true);
    bridge.showCall(NAMED);
    await peer.poll();
    expect(peer.closed()).toBe('unknown-browser');
    expect(peer.heard.map(({ type }) => type)).toEqual(['phone', 'role', 'refused']);
    await expect(peer.poll()).rejects.toThrow('404');
  });
});

describe('what anybody else gets', () => {
  /** An address that the widget itself would be answered at. */
  async function address(): Promise<{ peer: PollPeer; path: string }> {
    const peer = await ready();
    bridge.showCall(NAMED);
    return { peer, path: await peer.path([]) };
  }
  const host = () => ({ Host: `127.0.0.1:${port}` });

  test.each<[string, () => Record<string, string>]>([
    ['a plain include, as any page may write one', () => host()],
    ['an include of another site', () => ({ ...host(), Origin: 'https://evil.example' })],
    ['a sandboxed frame', () => ({ ...host(), Origin: 'null' })],
    ['a name that rebinds', () => ({ Host: `evil.example:${port}`, Origin: ORIGIN })],
    ['an image or a frame', () => ({ ...host(), Origin: ORIGIN, 'Sec-Fetch-Dest': 'iframe' })],
    ['a request without CORS', () => ({ ...host(), Origin: ORIGIN, 'Sec-Fetch-Mode': 'no-cors' })],
    ['the page of another account', () => ({ ...host(), Origin: ORIGIN, Referer: 'https://other.kommo.com/leads/' })],
    [
      'a page whose address begins like ours',
      () => ({ ...host(), Origin: ORIGIN, Referer: 'https://acme.kommo.com.evil.example/' }),
    ],
  ])('%s: nothing, and the widget is not disturbed', async (_, headers) => {
    await start();
    const { peer, path } = await address();
    const answer = await get(port, path, headers());
    expect(answer).toMatchObject({ status: 403, body: '' });
    expect(answer.headers['access-control-allow-origin'] ?? ORIGIN).toBe(ORIGIN);
    expect(answer.headers['cross-origin-resource-policy']).toBe('same-origin');
    await peer.poll();
    expect(peer.take('call').call.title).toBe(NAME);
  });

  test('a repeated request is not answered, nor one out of its turn', async () => {
    await start();
    const { peer, path } = await address();
    await peer.poll();
    expect(await get(port, path, peer.headers)).toMatchObject({ status: 409, body: '' });
    const later = await peer.path([], peer.number() + 1);
    expect(await get(port, later, peer.headers)).toMatchObject({ status: 409, body: '' });
    expect(await get(port, peer.lines[0]?.path ?? '', peer.headers)).toMatchObject({ status: 409, body: '' });
    await peer.poll();
  });

  test('another widget of the page, which has read the address but not the token, says and hears nothing', async () => {
    await start({ ack: 40 });
    const { peer } = await address();
    const delivered = bridge.deliver(MISSED);
    const forged = Buffer.from(JSON.stringify([JSON.stringify({ type: 'ack', id: 'call-1' })])).toString('base64url');
    for (const data of [forged, '', 'AAAA', (peer.lines.at(-1)?.path ?? '').split('&d=')[1] ?? '']) {
      const path = `/poll.js?c=${peer.id}&n=${peer.number()}&d=${data}`;
      expect(await get(port, path, peer.headers)).toMatchObject({ status: 403, body: '' });
    }
    expect(await delivered).toBe('no-widget');
    await peer.poll();
    expect(peer.take('call.completed').call.id).toBe('call-1');
  });

  test('a page of the account without the token gets no further than a socket would', async () => {
    await start();
    bridge.showCall(NAMED);
    await expect(openPollPeer(port, ORIGIN).authenticate(randomUUID(), 'token', nonce())).rejects.toThrow(
      'unknown-browser',
    );
    await expect(openPollPeer(port, ORIGIN).authenticate(CLIENT, 'token', nonce())).rejects.toThrow('wrong-proof');
    const peer = openPollPeer(port, ORIGIN);
    await peer.poll({ type: 'tab', origin: ORIGIN, userId: 42 });
    await peer.poll({ type: 'ack', id: 'call-1' });
    expect(peer.heard.map(({ type }) => type)).toEqual(['refused', 'refused']);
  });

  test.each([
    '/poll.js?',
    '/poll.js?c=short&n=0&d=',
    `/poll.js?c=${'a'.repeat(22)}&n=-1&d=`,
    `/poll.js?c=${'a'.repeat(22)}&n=0&d=%00`,
    `/poll.js?c=${'a'.repeat(22)}&n=${'9'.repeat(30)}&d=`,
    `/poll.js?c=${'a'.repeat(22)}`,
  ])('%s is refused', async (path) => {
    await start();
    expect(await get(port, path, { ...host(), Origin: ORIGIN })).toMatchObject({ status: 400, body: '' });
  });

  test('channels that nobody uses are counted and go', async () => {
    await start({ strangers: 3, silence: 1500 });
    const open = () => openPollPeer(port, ORIGIN).poll();
    for (let count = 0; count < 3; count += 1) await open();
    await expect(open()).rejects.toThrow('503');
    await vi.waitFor(open, { timeout: 10_000 });
  });
});
