import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { connect, createServer, type AddressInfo } from 'node:net';
import * as v from 'valibot';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { CODE_LIFE, CODE_TRIES } from '../../../../app/bridge/pairing.ts';
import { MAX_FRAME_BYTES, VERSIONS } from '../../../../app/bridge/protocol.ts';
import type { CompletedCall } from '../../../../app/calls/completed-call.ts';
import { parseOrigin, type KommoOrigin } from '../../../../app/kommo/address.ts';
import { createBridge, type Bridge, type BridgeLimits, type BridgeState } from '../../../../main/bridge/bridge.ts';
import { PairedBrowsersSchema, type PairedBrowser } from '../../../../main/bridge/paired-browser.ts';
import { MISSED, RINGING } from './samples.ts';
import { nonce, openPeer, openTab, type Peer } from './widget-peer.ts';
import { english } from '../../../english.ts';

const ORIGIN = 'https://acme.kommo.com';
const CLIENT = randomUUID();
const TOKEN = nonce();
const PAIRED: PairedBrowser = {
  clientId: CLIENT,
  name: 'Chrome 156 on Windows',
  origin: ORIGIN,
  token: TOKEN,
  pairedAt: 1,
  lastSeenAt: 1,
};

let now = 1_800_000_000_000;
let origin: KommoOrigin | null;
let user: { id: number } | null;
let kept: PairedBrowser[];
let log: [string, Record<string, unknown>][];
let states: BridgeState[];
let bridge: Bridge;
let port: number;

async function start(limits: Partial<BridgeLimits> = {}, list: readonly number[] = [0]): Promise<void> {
  bridge = createBridge({
    origin: () => origin,
    user: () => user,
    browsers: {
      load: () => kept,
      save: (browsers) => {
        kept = v.parse(PairedBrowsersSchema, JSON.parse(JSON.stringify(browsers)));
      },
    },
    ports: list,
    limits,
    now: () => now,
    elapsed: () => now,
    log: (event, details) => log.push([event, details]),
    asked: () => null,
    extensions: () => undefined,
    onState: (state) => states.push(state),
  });
  await bridge.start();
  port = bridge.state().port ?? 0;
}

beforeEach(() => {
  now = 1_800_000_000_000;
  origin = parseOrigin(ORIGIN);
  user = { id: 42 };
  kept = [PAIRED];
  log = [];
  states = [];
});
afterEach(() => bridge.stop());

/** A plain HTTP request, with the headers exactly as given. */
async function ask(method: string, path: string, headers: Record<string, string>) {
  const asked = request({ host: '127.0.0.1', port, method, path, headers }).end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  let body = '';
  for await (const part of response) body += String(part);
  return { status: response.statusCode, headers: response.headers, body };
}

/** A tab that is ready, and has heard how the phone is. */
async function tab(options?: Parameters<typeof openTab>[4]): Promise<Peer> {
  const peer = await openTab(port, ORIGIN, CLIENT, TOKEN, options);
  await peer.next('phone');
  return peer;
}

/** A tab that was told that it is the one. */
async function leader(options?: Parameters<typeof openTab>[4]): Promise<Peer> {
  const peer = await tab(options);
  expect(await peer.next('role')).toEqual({ type: 'role', leader: true });
  return peer;
}

describe('who is let in', () => {
  beforeEach(() => start());

  test.each([
    undefined,
    'null',
    '',
    'https://evil.example',
    'https://other.kommo.com',
    'https://acme.kommo.com.evil.example',
    'https://xacme.kommo.com',
    'http://acme.kommo.com',
    'https://acme.kommo.com:444',
    'https://acme.kommo.com/',
    'https://ACME.kommo.com',
    `${ORIGIN}, ${ORIGIN}`,
  ])('a page of origin %j gets 403, by request and by upgrade', async (foreign) => {
    await expect(openPeer(port, foreign)).rejects.toThrow('403');
    const headers = { Host: `127.0.0.1:${port}`, ...(foreign === undefined ? {} : { Origin: foreign }) };
    const answer = await ask('GET', '/health', headers);
    expect(answer).toMatchObject({ status: 403, body: '' });
    expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
  });

  test('two Origin headers are refused', async () => {
    const socket = connect(port, '127.0.0.1');
    socket.write(
      `GET /bridge HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nOrigin: ${ORIGIN}\r\nOrigin: https://evil.example\r\n` +
        'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
    );
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 403 /);
    socket.destroy();
  });

  test.each(['evil.example', '127.0.0.1', '127.0.0.1:1', 'localhost.evil.example', '[::1]', '0.0.0.0'])(
    'a name that rebinds to us (%s) gets 403',
    async (host) => {
      for (const name of [host, `${host}:${port}`]) {
        if (name === `127.0.0.1:${port}`) continue;
        await expect(openPeer(port, ORIGIN, { Host: name })).rejects.toThrow('403');
        expect((await ask('GET', '/health', { Host: name, Origin: ORIGIN })).status).toBe(403);
      }
    },
  );

  test('nobody while no account is signed in', async () => {
    origin = null;
    await expect(openPeer(port, ORIGIN)).rejects.toThrow('403');
    await expect(openPeer(port, 'null')).rejects.toThrow('403');
  });

  test('only the loopback address listens', async () => {
    const probe = createServer();
    // The same port on another loopback address is free, so the bridge took 127.0.0.1 alone.
    probe.listen(port, '127.0.0.2');
    await once(probe, 'listening');
    expect((probe.address() as AddressInfo).port).toBe(port);
    probe.close();
  });

  test('health tells the account versions and nothing else; a preflight is answered', async () => {
    const health = await ask('GET', '/health', { Host: `localhost:${port}`, Origin: ORIGIN });
    expect(health.status).toBe(200);
    expect(JSON.parse(health.body)).toEqual({ ringside: VERSIONS });
    expect(health.headers).toMatchObject({
      'access-control-allow-origin': ORIGIN,
      vary: 'Origin',
      'cache-control': 'no-store',
    });
    expect(await ask('OPTIONS', '/health', { Host: `127.0.0.1:${port}`, Origin: ORIGIN })).toMatchObject({
      status: 204,
    });
    expect(await ask('POST', '/health', { Host: `127.0.0.1:${port}`, Origin: ORIGIN })).toMatchObject({ status: 405 });
    expect(await ask('GET', '/', { Host: `127.0.0.1:${port}`, Origin: ORIGIN })).toMatchObject({ status: 404 });
  });
});

describe('who gets something', () => {
  test('a browser that is not paired gets nothing, whatever it says', async () => {
    await start();
    const peer = await openPeer(port, ORIGIN);
    bridge.showCall({ ...RINGING, resolving: false });
    peer.send({ type: 'hello', versions: VERSIONS, clientId: randomUUID(), nonce: nonce(), way: 'token' });
    expect(await peer.closed()).toEqual({ code: 4000, reason: 'unknown-browser' });
    expect(peer.heard.map(({ type }) => type)).toEqual(['refused']);
    expect(await bridge.deliver(MISSED)).toBe('no-widget');
  });

  test('a wrong token is refused, and the desktop has shown itself first', async () => {
    await start();
    const peer = await openPeer(port, ORIGIN);
    await expect(peer.authenticate(CLIENT, { way: 'token', secret: nonce() })).rejects.toThrow('not the desktop');
    const liar = await openPeer(port, ORIGIN);
    liar.send({ type: 'hello', versions: VERSIONS, clientId: CLIENT, nonce: nonce(), way: 'token' });
    expect((await liar.next('hello')).proof).not.toBeNull();
    liar.send({ type: 'prove', proof: nonce(), share: nonce() });
    expect((await liar.closed()).reason).toBe('wrong-proof');
  });

  test('a proof relayed from another port is refused', async () => {
    await start();
    const peer = await openPeer(port, ORIGIN);
    await expect(peer.authenticate(CLIENT, { way: 'token', secret: TOKEN }, { port: port - 1 })).rejects.toThrow(
      'wrong-proof',
    );
  });

  test('nothing is heard without a hand-shake, and silence ends in time', async () => {
    await start({ silence: 50 });
    const peer = await openPeer(port, ORIGIN);
    peer.send({ type: 'tab', origin: ORIGIN, userId: 42 });
    peer.send({ type: 'ack', id: 'call-1' });
    expect((await peer.closed()).reason).toBe('silent');
    expect(peer.heard).toEqual([
      { type: 'refused', code: 'out-of-order', seconds: null, tries: null },
      { type: 'refused', code: 'out-of-order', seconds: null, tries: null },
      { type: 'refused', code: 'silent', seconds: null, tries: null },
    ]);
  });

  test('the tab of another user or another account is told so', async () => {
    await start();
    await expect(tab({ userId: 43 })).rejects.toThrow('other-user');
    expect(english(bridge.state().reason)).toMatch(/another user/);
    const peer = await openPeer(port, ORIGIN);
    await peer.authenticate(CLIENT, { way: 'token', secret: TOKEN });
    peer.send({ type: 'tab', origin: 'https://other.kommo.com', userId: 42 });
    expect((await peer.closed()).reason).toBe('other-account');
    await tab({ leader: false });
    expect(bridge.state()).toMatchObject({ state: 'waiting', tabs: 1, reason: null });
    await leader();
    expect(bridge.state()).toMatchObject({ state: 'connected', tabs: 2 });
  });

  test('a tab does not outlive a change of user on the desktop', async () => {
    await start();
    const peer = await leader();
    user = { id: 43 };
    expect(await bridge.deliver({ ...MISSED, agent: { userId: 43, name: 'Eve' } })).toBe('no-widget');
    expect((await peer.closed()).reason).toBe('other-user');
    expect(peer.heard.filter(({ type }) => type === 'call.completed')).toEqual([]);
  });

  test('a call of an agent who was signed in before is not shown to the one who is now', async () => {
    await start();
    const peer = await leader();
    expect(await bridge.deliver({ ...MISSED, agent: { userId: 7, name: 'Old' } })).toBe('no-widget');
    bridge.showCall(RINGING);
    expect((await peer.next('call')).call.id).toBe('call-1');
    expect(peer.heard).toEqual([]);
  });

  test('a version that is not spoken here is refused', async () => {
    await start();
    const peer = await openPeer(port, ORIGIN);
    peer.send({ type: 'hello', versions: { min: 7, max: 9 }, clientId: CLIENT, nonce: nonce(), way: 'token' });
    expect((await peer.closed()).reason).toBe('version');
  });

  test('a widget one version ahead is spoken to in ours', async () => {
    await start();
    const peer = await openPeer(port, ORIGIN);
    const versions = { min: VERSIONS.min, max: VERSIONS.max + 1 };
    peer.send({ type: 'hello', versions, clientId: CLIENT, nonce: nonce(), way: 'token' });
    expect((await peer.next('hello')).version).toBe(VERSIONS.max);
    peer.close();
  });

  test('one tab too many of a browser is refused, and a socket beyond the cap is not upgraded', async () => {
    await start({ sockets: 3, socketsOfBrowser: 2 });
    await tab();
    const second = await tab();
    await expect(tab()).rejects.toThrow('too-many');
    const idle = await openPeer(port, ORIGIN);
    await expect(openPeer(port, ORIGIN)).rejects.toThrow('503');
    idle.close();
    second.close();
    await vi.waitFor(() => expect(bridge.state().tabs).toBe(1));
    await tab();
  });

  test('forgotten browsers are closed and must pair again', async () => {
    await start();
    const peer = await leader();
    bridge.forgetBrowsers();
    expect((await peer.closed()).reason).toBe('unknown-browser');
    expect(kept).toEqual([]);
    expect(bridge.state()).toMatchObject({ state: 'not-paired', paired: 0, tabs: 0 });
    await expect(tab()).rejects.toThrow('unknown-browser');
  });
});

describe('pairing', () => {
  const fresh = randomUUID();
  const pair = async (code: string): Promise<string> =>
    (await openPeer(port, ORIGIN)).authenticate(fresh, { way: 'code', secret: code });
  const shown = (): string => bridge.state().pairing?.code ?? '';
  const wrongCode = (code: string): string => (code.startsWith('7') ? '8' : '7') + code.slice(1);

  beforeEach(async () => {
    kept = [];
    await start();
  });

  test('the code that is shown gives a token that then serves, and is used up', async () => {
    expect(bridge.state()).toMatchObject({ state: 'not-paired', pairing: null });
    await expect(pair('AAAA-AAAA')).rejects.toThrow('no-code');
    bridge.newPairingCode();
    const code = shown();
    expect(code).toMatch(/^\w{4}-\w{4}$/);
    const token = await pair(code);
    expect(kept).toMatchObject([{ clientId: fresh, origin: ORIGIN, token }]);
    expect(bridge.state()).toMatchObject({ state: 'waiting', paired: 1, pairing: null });
    await expect(pair(code)).rejects.toThrow('no-code');
    await openTab(port, ORIGIN, fresh, token);
    await vi.waitFor(() => expect(bridge.state().state).toBe('connected'));
  });

  test('the code is void after five minutes', async () => {
    bridge.newPairingCode();
    const code = shown();
    now += CODE_LIFE;
    expect(bridge.state().pairing).toBeNull();
    await expect(pair(code)).rejects.toThrow('no-code');
  });

  test('five wrong codes lock pairing out, in plain words on both sides', async () => {
    bridge.newPairingCode();
    const code = shown();
    for (let left = CODE_TRIES - 1; left > 0; left -= 1) {
      const peer = await openPeer(port, ORIGIN);
      await expect(peer.authenticate(fresh, { way: 'code', secret: wrongCode(code) })).rejects.toThrow('wrong-code');
      expect(peer.heard).toEqual([{ type: 'refused', code: 'wrong-code', seconds: null, tries: left }]);
    }
    const last = await openPeer(port, ORIGIN);
    await expect(last.authenticate(fresh, { way: 'code', secret: wrongCode(code) })).rejects.toThrow('locked-out');
    expect(last.heard).toEqual([{ type: 'refused', code: 'locked-out', seconds: 60, tries: null }]);
    await expect(pair(code)).rejects.toThrow('locked-out');
    bridge.newPairingCode();
    expect(bridge.state()).toMatchObject({
      pairing: null,
      reason: 'Too many wrong pairing codes were typed. A new code can be made in 1 minute.',
    });
    now += 60_000;
    bridge.newPairingCode();
    await pair(shown());
    expect(kept).toHaveLength(1);
  });

  test('twenty guesses at once get no more than five tries', async () => {
    bridge.newPairingCode();
    const code = shown();
    const guesses = await Promise.allSettled(
      Array.from({ length: 20 }, async () => {
        const peer = await openPeer(port, ORIGIN);
        return peer.authenticate(randomUUID(), { way: 'code', secret: wrongCode(code) });
      }),
    );
    expect(guesses.every(({ status }) => status === 'rejected')).toBe(true);
    expect(log.filter(([, { code: why }]) => why === 'wrong-code').length).toBeLessThan(CODE_TRIES);
    expect(bridge.state().pairing).toBeNull();
    await expect(pair(code)).rejects.toThrow('locked-out');
  });

  test('hanging up before the verdict does not win back a try', async () => {
    bridge.newPairingCode();
    for (let tries = 0; tries < CODE_TRIES; tries += 1) {
      const peer = await openPeer(port, ORIGIN);
      peer.send({ type: 'hello', versions: VERSIONS, clientId: fresh, nonce: nonce(), way: 'code' });
      await peer.next('hello');
      peer.send({ type: 'prove', proof: nonce(), share: nonce() });
      peer.close();
    }
    await vi.waitFor(() => expect(english(bridge.state().reason)).toMatch(/Too many wrong pairing codes/));
  });

  test('the desktop hands out nothing to guess against before it has seen a proof', async () => {
    bridge.newPairingCode();
    const peer = await openPeer(port, ORIGIN);
    peer.send({ type: 'hello', versions: VERSIONS, clientId: fresh, nonce: nonce(), way: 'code' });
    expect((await peer.next('hello')).proof).toBeNull();
    peer.close();
  });
});

describe('bad frames', () => {
  test('are refused by name and survived, until there are too many', async () => {
    await start();
    const peer = await leader();
    const frames = ['{', '{"type":"format","disk":"C"}', `{"type":"pong","pad":"${'x'.repeat(MAX_FRAME_BYTES)}"}`];
    for (const frame of frames) peer.sendRaw(frame);
    for (const code of ['malformed', 'unknown-type', 'oversized']) expect((await peer.next('refused')).code).toBe(code);
    expect(log.filter(([event]) => event === 'bridge.frame-refused')).toHaveLength(3);
    const delivered = bridge.deliver(MISSED);
    peer.send({ type: 'ack', id: (await peer.next('call.completed')).call.id });
    expect(await delivered).toBe('shown');
    peer.sendRaw(Buffer.from([1, 2, 3]));
    peer.sendRaw('[]');
    expect(await peer.closed()).toEqual({ code: 4000, reason: 'malformed' });
    await leader();
  });

  test('a frame of a megabyte costs the socket, and only that', async () => {
    await start();
    const peer = await leader();
    peer.sendRaw('x'.repeat(1024 * 1024));
    expect((await peer.closed()).code).toBe(1009);
    const next = await leader();
    bridge.showCall(RINGING);
    await next.next('call');
  });

  test('a flood is ended', async () => {
    await start();
    const peer = await leader();
    for (let sent = 0; sent < 300; sent += 1) peer.send({ type: 'pong' });
    expect((await peer.closed()).reason).toBe('flood');
  });
});

describe('calls', () => {
  test('a call is popped up by one tab, once, when it is known who it is; every tab shows it', async () => {
    await start();
    const first = await leader();
    const second = await tab({ leader: false });
    await vi.waitFor(() => expect(bridge.state().tabs).toBe(2));
    bridge.showCall(RINGING);
    for (const peer of [first, second]) expect(await peer.next('call')).toMatchObject({ notify: false });
    const known = { ...RINGING, title: 'Maria', resolving: false };
    bridge.showCall(known);
    expect(await first.next('call')).toEqual({ type: 'call', call: known, notify: true });
    expect(await second.next('call')).toEqual({ type: 'call', call: known, notify: false });
    bridge.showCall({ ...known, title: 'Maria Silva' });
    expect(await first.next('call')).toMatchObject({ notify: false });
    expect(await second.next('call')).toMatchObject({ notify: false });
    // A tab that comes now sees the call, and does not pop it up again when it takes over.
    const third = await tab();
    expect(await third.next('call')).toMatchObject({ notify: false, call: { title: 'Maria Silva' } });
    first.close();
    expect(await third.next('role')).toEqual({ type: 'role', leader: true });
    bridge.showCall({ ...known, state: 'ended' });
    expect(await third.next('call')).toMatchObject({ notify: false, call: { state: 'ended' } });
    expect(third.heard).toEqual([]);
  });

  test('a call that rings already is popped up by the tab that comes, as long as it rings', async () => {
    await start();
    bridge.showCall({ ...RINGING, resolving: false });
    bridge.showCall({ ...RINGING, id: 'call-2', state: 'active', resolving: false, answeredAt: 1 });
    const peer = await leader();
    const heard = [await peer.next('call'), await peer.next('call'), await peer.next('call')];
    expect(heard.filter(({ notify }) => notify).map(({ call }) => call.id)).toEqual(['call-1']);
  });

  test('a completed call goes to the one tab and is shown when that says so', async () => {
    await start();
    const first = await leader();
    const second = await tab({ leader: false });
    await vi.waitFor(() => expect(bridge.state().tabs).toBe(2));
    const delivered = bridge.deliver(MISSED);
    expect(bridge.deliver(MISSED)).toBe(delivered);
    expect(await first.next('call.completed')).toMatchObject({
      call: { id: 'call-1', newContactNumber: '+18305703077' },
    });
    // Another tab's word does not count.
    second.send({ type: 'ack', id: 'call-1' });
    first.send({ type: 'ack', id: 'call-0' });
    first.send({ type: 'ack', id: 'call-1' });
    expect(await delivered).toBe('shown');
    expect([...first.heard, ...second.heard]).toEqual([]);
  });

  test('a recording that came later goes to the one tab, and only its own acknowledgement counts', async () => {
    await start({ ack: 2000 });
    const recorded: CompletedCall = { ...MISSED, recording: { state: 'ready', url: 'https://pbx.example/1.mp3' } };
    expect(await bridge.deliverRecording(recorded)).toBe('no-widget');
    const peer = await leader();
    const delivered = bridge.deliverRecording(recorded);
    expect(await peer.next('call.recording')).toMatchObject({
      call: { id: 'call-1', recordingUrl: 'https://pbx.example/1.mp3' },
    });
    // The late acknowledgement of the call itself.
    peer.send({ type: 'ack', id: 'call-1' });
    const again = bridge.deliver(recorded);
    await peer.next('call.completed');
    peer.send({ type: 'ack.recording', id: 'call-1' });
    expect(await delivered).toBe('shown');
    peer.send({ type: 'ack', id: 'call-1' });
    expect(await again).toBe('shown');
  });

  test('no tab, no lock, no answer or a tab that goes: no-widget, and it can be offered again', async () => {
    await start({ ack: 50 });
    expect(await bridge.deliver(MISSED)).toBe('no-widget');
    const waiting = await tab({ leader: false });
    expect(await bridge.deliver(MISSED)).toBe('no-widget');
    waiting.close();
    const mute = await leader();
    expect(await bridge.deliver(MISSED)).toBe('no-widget');
    await mute.next('call.completed');
    const gone = bridge.deliver(MISSED);
    await mute.next('call.completed');
    mute.close();
    expect(await gone).toBe('no-widget');
    const back = await leader();
    const again = bridge.deliver(MISSED);
    back.send({ type: 'ack', id: (await back.next('call.completed')).call.id });
    expect(await again).toBe('shown');
  });

  test('of tabs without Web Locks, and of two browsers, exactly one is chosen; the next takes over', async () => {
    const other = { ...PAIRED, clientId: randomUUID(), token: nonce() };
    kept = [PAIRED, other];
    await start();
    const first = await leader({ leader: false, locks: false });
    const second = await tab({ leader: false, locks: false });
    const third = await openTab(port, ORIGIN, other.clientId, other.token);
    await vi.waitFor(() => expect(bridge.state().tabs).toBe(3));
    bridge.showCall({ ...RINGING, resolving: false });
    const notified = await Promise.all([first, second, third].map(async (peer) => (await peer.next('call')).notify));
    expect(notified).toEqual([true, false, false]);
    first.close();
    expect(await third.next('role')).toEqual({ type: 'role', leader: true });
    expect(second.heard).toEqual([]);
  });

  test('a tab that answers no ping is dropped; one that does stays', async () => {
    await start({ heartbeat: 40 });
    const alive = await tab();
    const mute = await tab({ leader: false });
    mute.stopAnswering();
    await mute.closed();
    await alive.next('ping');
    await alive.next('ping');
    expect(bridge.state().tabs).toBe(1);
  });
});

describe('the port', () => {
  const free = async (): Promise<number> => {
    const probe = createServer().listen(0, '127.0.0.1');
    await once(probe, 'listening');
    const { port: found } = probe.address() as AddressInfo;
    probe.close();
    await once(probe, 'close');
    return found;
  };

  test('is the first that is free; with none the state says so and it is tried again', async () => {
    const spare = await free();
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port: busy } = taken.address() as AddressInfo;
    await start({}, [busy, spare]);
    expect(port).toBe(spare);
    await bridge.stop();
    expect(bridge.state().state).toBe('stopped');

    await start({ portRetry: 20 }, [busy]);
    expect(bridge.state()).toMatchObject({ state: 'stopped', port: null });
    expect(english(bridge.state().reason)).toContain(`(${busy})`);
    taken.close();
    await vi.waitFor(() => expect(bridge.state()).toMatchObject({ state: 'waiting', port: busy, reason: null }));
    expect(states.at(-1)).toEqual(bridge.state());
  });
});
