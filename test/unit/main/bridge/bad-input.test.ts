/** What nobody should send, over real sockets: nothing leaks, hangs or doubles. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { CODE_LIFE } from '../../../../app/bridge/pairing.ts';
import { parseDesktopFrame, VERSIONS, type BridgeCall } from '../../../../app/bridge/protocol.ts';
import type { CompletedCall } from '../../../../app/calls/completed-call.ts';
import { openDesk, ORIGIN, pairedBrowser, type Desk } from './desk.ts';
import { MISSED, RINGING } from './samples.ts';
import { nonce, openPeer, openTab, type Peer } from './widget-peer.ts';
import { randomSeed } from '../../../../scripts/random-seed.ts';

const BROWSER = pairedBrowser();
const NAMED: BridgeCall = { ...RINGING, title: 'Maria', resolving: false, can: [] };
const call = (id: string): CompletedCall => ({ ...MISSED, id, callId: `sip-${id}` });

/** One that is always the same, and one that nobody has tried; a test's name says it. */
const SEEDS = [20_261_123, randomSeed()];

const open: Desk[] = [];
async function desk(...parameters: Parameters<typeof openDesk>): Promise<Desk> {
  const opened = await openDesk(...parameters);
  open.push(opened);
  return opened;
}
afterEach(async () => {
  await Promise.all(open.splice(0).map(({ bridge }) => bridge.stop()));
});

const tab = ({ port }: Desk, options?: Parameters<typeof openTab>[4]): Promise<Peer> =>
  openTab(port, ORIGIN, BROWSER.clientId, BROWSER.token, options);

/** The one tab takes a call; proof that the bridge still works. */
async function works(at: Desk, peer: Peer, id: string = randomUUID()): Promise<void> {
  const delivered = at.bridge.deliver(call(id));
  peer.send({ type: 'ack', id: (await peer.next('call.completed')).call.id });
  expect(await delivered).toBe('shown');
}

async function leader(at: Desk): Promise<Peer> {
  const peer = await tab(at);
  expect((await peer.next('role')).leader).toBe(true);
  return peer;
}

describe('too much', () => {
  test('a thousand connections: those that are paired keep working, and new ones come in when they have gone', async () => {
    const at = await desk([BROWSER], { silence: 60_000 });
    const peer = await leader(at);
    const sockets: Socket[] = [];
    const ended: Promise<unknown>[] = [];
    let refused = 0;
    for (let count = 0; count < 1000; count += 1) {
      const socket = connect(at.port, '127.0.0.1');
      socket.on('error', () => undefined);
      socket.on('data', (data) => {
        if (data.includes(' 503 ')) refused += 1;
      });
      ended.push(once(socket, 'close').catch(() => undefined));
      socket.write(
        `GET /bridge HTTP/1.1\r\nHost: 127.0.0.1:${at.port}\r\nOrigin: ${ORIGIN}\r\nConnection: Upgrade\r\n` +
          'Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
      );
      sockets.push(socket);
    }
    await works(at, peer);
    await vi.waitFor(() => expect(refused).toBeGreaterThan(0), { timeout: 5000 });
    await works(at, peer);
    for (const socket of sockets) socket.destroy();
    await Promise.all(ended);
    const next = await vi.waitFor(() => tab(at, { leader: false }), { timeout: 5000 });
    await next.next('phone');
    expect(at.bridge.state().tabs).toBe(2);
    await works(at, peer);
  });

  test('strangers have places of their own: they fill theirs, and a paired browser that is in stays in', async () => {
    const at = await desk([BROWSER], { strangers: 2, sockets: 50, silence: 60_000 });
    const peers = [await leader(at), await tab(at, { leader: false }), await tab(at, { leader: false })];
    const strangers = [await openPeer(at.port, ORIGIN), await openPeer(at.port, ORIGIN)];
    await expect(openPeer(at.port, ORIGIN)).rejects.toThrow('503');
    expect(at.bridge.state().tabs).toBe(peers.length);
    strangers[0]?.close();
    await vi.waitFor(() => tab(at, { leader: false }));
  });

  test('twenty tabs of one browser: all see the call, one pops it up and one records it', async () => {
    const at = await desk([BROWSER]);
    const peers: Peer[] = [];
    for (let count = 0; count < 20; count += 1) peers.push(await tab(at, { leader: count === 0 }));
    await vi.waitFor(() => expect(at.bridge.state()).toMatchObject({ tabs: 20, state: 'connected' }));
    at.bridge.showCall(NAMED);
    const heard = await Promise.all(peers.map((peer) => peer.next('call')));
    expect(heard.filter(({ notify }) => notify)).toHaveLength(1);
    const delivered = at.bridge.deliver(call('call-1'));
    const [first] = peers;
    first?.send({ type: 'ack', id: (await first.next('call.completed')).call.id });
    expect(await delivered).toBe('shown');
    expect(peers.flatMap((peer) => peer.heard).filter(({ type }) => type === 'call.completed')).toEqual([]);
  });

  test('a frame of 10 MB costs the socket, and only that', async () => {
    const at = await desk([BROWSER]);
    const peer = await leader(at);
    peer.sendRaw('x'.repeat(10 * 1024 * 1024));
    expect((await peer.closed()).code).toBe(1009);
    const next = await leader(at);
    const chunked = await openPeer(at.port, ORIGIN);
    for (let part = 0; part < 5; part += 1) chunked.sendRaw('x'.repeat(60 * 1024));
    expect((await chunked.closed()).reason).toBe('oversized');
    await works(at, next);
  });

  test('many calls at once, each acknowledged, are no flood', async () => {
    const at = await desk([BROWSER]);
    const peer = await leader(at);
    peer.answer('call.completed', ({ call: { id } }) => ({ type: 'ack', id }));
    const ids = Array.from({ length: 500 }, (_, index) => `call-${index}`);
    const outcomes = await Promise.all(ids.map((id) => at.bridge.deliver(call(id))));
    expect(new Set(outcomes)).toEqual(new Set(['shown']));
  });

  test('a tab that does not read is let go before it costs memory; the next one is served', async () => {
    const at = await desk([BROWSER], { heartbeat: 60_000 });
    const slow = await leader(at);
    slow.pause();
    for (let index = 0; index < 100_000 && at.bridge.state().tabs > 0; index += 1) {
      at.bridge.showCall({ ...NAMED, id: `call-${index}`, title: 'x'.repeat(256) });
      at.bridge.showCall({ ...NAMED, id: `call-${index}`, state: 'ended' });
      // Sockets write between turns of the loop.
      if (index % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    expect(at.bridge.state().tabs).toBe(0);
    const next = await leader(at);
    await works(at, next);
  });

  test('a widget that never answers costs nobody else a call', async () => {
    const at = await desk([BROWSER], { ack: 40, heartbeat: 30 });
    const mute = await leader(at);
    mute.stopAnswering();
    expect(await at.bridge.deliver(call('call-1'))).toBe('no-widget');
    await mute.closed();
    const next = await leader(at);
    await works(at, next, 'call-1');
  });
});

describe('anything at all', () => {
  test.each(SEEDS)(
    'after the hand-shake, as text or binary: refused by name or let be, and the desktop lives (seed %i)',
    async (seed) => {
      const at = await desk([BROWSER]);
      const message = fc.oneof(
        fc.string(),
        fc.json(),
        fc.uint8Array().map((bytes) => Buffer.from(bytes)),
        fc
          .tuple(
            fc.constantFrom(
              ...['hello', 'prove', 'tab', 'role', 'ack', 'ack.recording', 'pong', 'view', 'command', 'dial'],
              ...['annotate', 'extensions', 'ack.open', '__proto__', 'constructor'],
            ),
            fc.dictionary(fc.string(), fc.anything(), { maxKeys: 6 }),
          )
          .map(([type, fields]) => JSON.stringify({ ...fields, type }) ?? ''),
      );
      const report = await fc.check(
        fc.asyncProperty(fc.array(message, { minLength: 1, maxLength: 8 }), async (messages) => {
          const peer = await tab(at);
          for (const sent of messages) peer.sendRaw(sent);
          // Everything before it has been dealt with when this is answered, unless the socket was closed for it.
          peer.send({ type: 'dial', request: 7, number: '112' });
          await Promise.race([peer.next('answer').catch(() => undefined), peer.closed()]);
          const [said] = [peer.heard];
          expect(said.every(({ type }) => type !== 'paired' && type !== 'hello')).toBe(true);
          peer.close();
          await peer.closed();
        }),
        { numRuns: 40, seed },
      );
      expect(
        report.failed,
        `seed ${report.seed}, path ${report.counterexamplePath}: ${String(report.errorInstance)}`,
      ).toBe(false);
      const peer = await leader(at);
      await works(at, peer);
    },
  );

  test.each(SEEDS)('before the hand-shake nothing but refusals is to be had (seed %i)', async (seed) => {
    const at = await desk([BROWSER], { silence: 2000, strangers: 100 });
    at.bridge.showCall(NAMED);
    const hello = fc.record({
      type: fc.constant('hello'),
      versions: fc.oneof(fc.constant(VERSIONS), fc.anything()),
      clientId: fc.oneof(fc.constant(BROWSER.clientId), fc.uuid(), fc.anything()),
      nonce: fc.oneof(fc.constant(nonce()), fc.anything()),
      way: fc.oneof(fc.constantFrom('token', 'code'), fc.anything()),
    });
    const prove = fc.record({
      type: fc.constant('prove'),
      proof: fc.oneof(fc.constant(nonce()), fc.anything()),
      share: fc.oneof(fc.constant('A'.repeat(43)), fc.constant(nonce()), fc.anything()),
    });
    const other = fc.constantFrom<object>(
      { type: 'tab', origin: ORIGIN, userId: 42 },
      { type: 'ack', id: 'call-1' },
      { type: 'dial', request: 1, number: '112' },
    );
    const report = await fc.check(
      fc.asyncProperty(fc.array(fc.oneof(hello, prove, other), { minLength: 5, maxLength: 9 }), async (messages) => {
        const peer = await openPeer(at.port, ORIGIN);
        for (const sent of messages) peer.sendRaw(JSON.stringify(sent) ?? 'x');
        await peer.closed();
        const types = new Set(peer.heard.map(({ type }) => type));
        for (const type of types) expect(['hello', 'refused']).toContain(type);
      }),
      { numRuns: 30, seed },
    );
    expect(
      report.failed,
      `seed ${report.seed}, path ${report.counterexamplePath}: ${String(report.errorInstance)}`,
    ).toBe(false);
    expect(at.bridge.state().tabs).toBe(0);
  });

  test('what a desktop says is parsed as strictly: nothing but the fields of the protocol comes through', () => {
    const known = { type: 'role', leader: true };
    const kinds = fc.constantFrom('call', 'role', 'open.card', 'refused', 'answer', 'phone');
    const passed = fc.check(
      fc.property(fc.dictionary(fc.string(), fc.anything()), kinds, (fields, type) => {
        const parsed = parseDesktopFrame(JSON.stringify({ ...fields, type }) ?? '');
        expect(parsed.ok ? 'unknown-type' : parsed.code).toMatch(/^(?:malformed|unknown-type|oversized)$/);
        const spiced = parseDesktopFrame(JSON.stringify({ ...fields, ...known }));
        expect(spiced.ok ? spiced.message : spiced.code).toEqual(known);
      }),
    );
    expect(passed.failed, `seed ${passed.seed}: ${String(passed.errorInstance)}`).toBe(false);
  });
});

describe('clocks and neighbours', () => {
  test('a clock that is put back or forward by a day makes no code live longer, and locks nobody out', async () => {
    let now = Date.now();
    let elapsed = 0;
    const at = await desk([], {}, { now: () => now, elapsed: () => elapsed });
    const pair = async (code: string) =>
      (await openPeer(at.port, ORIGIN)).authenticate(randomUUID(), { way: 'code', secret: code });
    at.bridge.newPairingCode();
    const first = at.bridge.state().pairing;
    now -= 24 * 3_600_000;
    expect(at.bridge.state().pairing).toEqual({ code: first?.code, expiresAt: now + CODE_LIFE });
    elapsed += CODE_LIFE;
    await expect(pair(first?.code ?? '')).rejects.toThrow('no-code');
    at.bridge.newPairingCode();
    now += 48 * 3_600_000;
    await pair(at.bridge.state().pairing?.code ?? '');
    expect(at.kept()).toHaveLength(1);
  });

  test('two desktops on one computer: each takes a port of its own and knows its own browsers', async () => {
    const [first, second] = [await desk([BROWSER]), await desk([])];
    expect(first.port).not.toBe(second.port);
    await expect(openTab(second.port, ORIGIN, BROWSER.clientId, BROWSER.token)).rejects.toThrow('unknown-browser');
    second.bridge.newPairingCode();
    const code = second.bridge.state().pairing?.code ?? '';
    await expect(
      (await openPeer(first.port, ORIGIN)).authenticate(BROWSER.clientId, { way: 'code', secret: code }),
    ).rejects.toThrow('no-code');
    const token = await (
      await openPeer(second.port, ORIGIN)
    ).authenticate(BROWSER.clientId, { way: 'code', secret: code });
    await openTab(second.port, ORIGIN, BROWSER.clientId, token);
    // The hand-shake of one is of no use at the other: a program between them would change the port.
    const peer = await openPeer(first.port, ORIGIN);
    await expect(peer.authenticate(BROWSER.clientId, { way: 'token', secret: token })).rejects.toThrow(
      'not the desktop',
    );
  });

  test('a page that guesses codes gets five tries, then ever longer waits', async () => {
    let elapsed = 0;
    const at = await desk([], {}, { elapsed: () => elapsed });
    const waits: number[] = [];
    for (let round = 0; round < 4; round += 1) {
      at.bridge.newPairingCode();
      const code = at.bridge.state().pairing?.code ?? '';
      const wrong = (code.startsWith('7') ? '8' : '7') + code.slice(1);
      for (let tries = 0; tries < 5; tries += 1) {
        const peer = await openPeer(at.port, ORIGIN);
        await expect(peer.authenticate(randomUUID(), { way: 'code', secret: wrong })).rejects.toThrow(
          tries < 4 ? 'wrong-code' : 'locked-out',
        );
        const [refusal] = peer.heard;
        if (refusal?.type === 'refused' && refusal.seconds !== null) waits.push(refusal.seconds);
      }
      at.bridge.newPairingCode();
      expect(at.bridge.state().pairing).toBeNull();
      elapsed += (waits.at(-1) ?? 0) * 1000;
    }
    expect(waits).toEqual([60, 120, 240, 480]);
    expect(at.kept()).toEqual([]);
  });
});
