import { createHash, createHmac } from 'node:crypto';
import dgram from 'node:dgram';
import { once } from 'node:events';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import type { CheckName } from '../../../../app/ipc/panel.ts';
import { KommoRefusal } from '../../../../app/kommo/refusal.ts';
import { parseProvisioning, type PhoneSettings } from '../../../../app/settings/provisioning.ts';
import { createChecks, type CheckPorts } from '../../../../main/diagnostics/checks.ts';
import { askIceServer, messageOf, readMessage } from '../../../../main/diagnostics/stun.ts';
import { atWork } from '../../renderer/panel/states.ts';

let undo: (() => void)[];
beforeEach(() => {
  undo = [];
});
afterEach(() => {
  for (const step of undo) step();
});

function phone(server: string, iceServers: object[] = []): PhoneSettings {
  const parsed = parseProvisioning(
    JSON.stringify({
      kommo: { baseUrl: 'https://acme.kommo.com', auth: { kind: 'token', accessToken: 't' } },
      phone: { server, uri: 'sip:101@pbx.acme.example', password: '', iceServers },
    }),
  );
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  return parsed.value.phone;
}
const check = (name: CheckName, ports: Partial<CheckPorts> = {}) =>
  createChecks({
    phone: () => phone('ws://127.0.0.1:9/ws'),
    phoneStatus: () => atWork.phone,
    fetch: () => Promise.resolve(null),
    kommoStatus: () => atWork.kommo,
    kommoAccount: () => Promise.resolve('Acme'),
    browser: () => atWork.browser,
    notifications: () => Promise.resolve('dunst'),
    devices: () => ({ microphones: [{ id: 'm', label: 'M' }], speakers: [{ id: 's', label: 'S' }] }),
    now: () => performance.now(),
    date: Date.now,
    ...ports,
  })(name);

/** A server on this computer; its port. */
async function listening(server: http.Server | net.Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  undo.push(() => server.close());
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

describe('the phone system', () => {
  test('a server that speaks SIP over WebSocket is good, and takes its time', async () => {
    const server = http.createServer();
    const sockets = new WebSocketServer({ server, handleProtocols: () => 'sip' });
    undo.push(() => sockets.close());
    const port = await listening(server);
    const found = await check('websocket', { phone: () => phone(`ws://127.0.0.1:${port}/ws`) });
    expect(found).toMatchObject({ state: 'good', code: 'websocket.open', details: { host: '127.0.0.1' } });
    expect(found.ms).toBeGreaterThanOrEqual(0);
  });

  test('one that is no SIP server, refuses, or is not there says so', async () => {
    const other = http.createServer();
    const sockets = new WebSocketServer({ server: other, handleProtocols: () => false });
    undo.push(() => sockets.close());
    const web = http.createServer((_request, response) => response.writeHead(404).end());
    const at = async (port: number) => check('websocket', { phone: () => phone(`ws://127.0.0.1:${port}/ws`) });
    expect(await at(await listening(other))).toMatchObject({ state: 'bad', code: 'websocket.no-sip' });
    expect(await at(await listening(web))).toMatchObject({
      state: 'bad',
      code: 'websocket.refused',
      details: { status: 404 },
    });
    expect(await at(9)).toMatchObject({
      state: 'bad',
      code: 'websocket.unreachable',
      details: { reason: 'ECONNREFUSED' },
    });
  });

  test('a name that nobody has is not found; an address needs none; none is set up', async () => {
    expect(await check('dns', { phone: () => phone('wss://no-such-host.invalid/ws') })).toMatchObject({
      state: 'bad',
      code: 'dns.not-found',
    });
    expect(await check('dns')).toMatchObject({ state: 'good', code: 'dns.address' });
    for (const name of ['dns', 'tls', 'websocket'] as const)
      expect(await check(name, { phone: () => null })).toMatchObject({ state: 'not-set-up', code: 'phone.not-set-up' });
  });

  test('a port where nobody speaks TLS is not reached', async () => {
    const port = await listening(net.createServer((socket) => socket.destroy()));
    expect(await check('tls', { phone: () => phone(`wss://127.0.0.1:${port}/ws`) })).toMatchObject({
      state: 'bad',
      code: 'tls.unreachable',
    });
  });
});

test.each<[CheckName, Partial<CheckPorts>, string]>([
  ['register', { phoneStatus: () => ({ state: 'refused', extension: '101', reason: 'x' }) }, 'register.refused'],
  ['register', {}, 'register.registered'],
  ['stun', {}, 'stun.none'],
  ['kommo', {}, 'kommo.answers'],
  ['kommo', { kommoAccount: () => null }, 'kommo.signed-out'],
  ['kommo', { kommoAccount: () => Promise.reject(new KommoRefusal('timeout', {})) }, 'kommo.unreachable'],
  ['kommo', { kommoAccount: () => Promise.reject(new KommoRefusal('blocked', {})) }, 'kommo.refused'],
  ['kommo', { kommoAccount: () => Promise.reject(new Error('x')) }, 'kommo.refused'],
  ['bridge', { browser: () => ({ state: 'stopped', paired: 0 }) }, 'bridge.stopped'],
  ['notifications', { notifications: () => Promise.resolve(null) }, 'notifications.none'],
  ['notifications', { notifications: () => Promise.reject(new Error('x')) }, 'notifications.none'],
  ['audio', { devices: () => ({ microphones: [], speakers: [] }) }, 'audio.no-microphone'],
  ['audio', { devices: () => ({ microphones: [{ id: 'm', label: '' }], speakers: [] }) }, 'audio.no-speaker'],
  ['audio', {}, 'audio.there'],
])('%s %#: %s', async (name, ports, code) => {
  expect(await check(name, ports)).toMatchObject({ code });
});

describe('STUN and TURN', () => {
  const [USER, PASSWORD, REALM, NONCE] = ['ana', 'secret', 'acme', 'n1'];
  /** As RFC 8656 has it, as far as it is asked. `drops`: how many datagrams are lost first. */
  async function turnServer(drops = 0) {
    const socket = dgram.createSocket('udp4');
    const seen: number[] = [];
    let lost = drops;
    const answer = (request: Buffer, type: number, attributes: [number, Buffer][]) => {
      const message = messageOf(type, attributes);
      request.copy(message, 8, 8, 20);
      return message;
    };
    socket.on('message', (bytes, { port, address }) => {
      const request = readMessage(bytes);
      if (request === null || lost-- > 0) return;
      seen.push(request.type);
      const reply = (message: Buffer) => socket.send(message, port, address);
      if (request.type === 0x0001) return reply(answer(bytes, 0x0101, []));
      const integrity = request.attributes.get(0x0008);
      const code = Buffer.from([0, 0, 4, 1]);
      const challenge: [number, Buffer][] = [
        [0x0009, code],
        [0x0014, Buffer.from(REALM)],
        [0x0015, Buffer.from(NONCE)],
      ];
      if (integrity === undefined) return reply(answer(bytes, 0x0113, challenge));
      const key = createHash('md5').update(`${USER}:${REALM}:${PASSWORD}`).digest();
      const proof = createHmac('sha1', key)
        .update(bytes.subarray(0, bytes.length - 24))
        .digest();
      reply(proof.equals(integrity) ? answer(bytes, request.type | 0x0100, []) : answer(bytes, 0x0113, challenge));
    });
    socket.bind(0, '127.0.0.1');
    undo.push(() => socket.close());
    await once(socket, 'listening');
    return { seen, at: `127.0.0.1:${socket.address().port}` };
  }

  test('a STUN server answers, also where the first datagram is lost', async () => {
    const { at } = await turnServer(1);
    expect(await askIceServer({ url: `stun:${at}` }, 5000)).toEqual({ kind: 'answered' });
  });

  test('a TURN server gives a relay to the right password, which is given back, and refuses a wrong one', async () => {
    const { at, seen } = await turnServer();
    const url = `turn:${at}?transport=udp`;
    expect(await askIceServer({ url, username: USER, credential: PASSWORD }, 5000)).toEqual({ kind: 'allocated' });
    expect(await askIceServer({ url, username: USER, credential: 'wrong' }, 5000)).toEqual({
      kind: 'refused',
      status: 401,
    });
    expect(await askIceServer({ url }, 5000)).toEqual({ kind: 'refused', status: 401 });
    expect(seen).toContain(0x0004);
    const ice = [{ urls: [url], username: USER, credential: 'wrong' }];
    expect(await check('stun', { phone: () => phone('ws://127.0.0.1:9/ws', ice) })).toMatchObject({
      state: 'bad',
      code: 'stun.refused',
      details: { status: 401 },
    });
  });

  test('nobody there is silence, and no longer than it may take', async () => {
    const port = await listening(net.createServer(() => {}));
    for (const url of [`stun:127.0.0.1:${port}?transport=tcp`, `stun:127.0.0.1:${port}`, 'turns:127.0.0.1:9'])
      expect(await askIceServer({ url }, 300)).toEqual({ kind: 'silent' });
  });

  test.each([Buffer.alloc(0), Buffer.alloc(20), messageOf(1, [[6, Buffer.from('abc')]]).subarray(0, 23)])(
    'bytes that are no message are none',
    (bytes) => {
      expect(readMessage(bytes)).toBeNull();
    },
  );
});
