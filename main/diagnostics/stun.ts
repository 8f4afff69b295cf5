/**
 * Asks a STUN server for our address (RFC 8489), or a TURN server for a relay (RFC 8656) with the credentials of the
 * settings, and gives that back at once.
 */
import { createHash, createHmac, randomBytes } from 'node:crypto';
import dgram from 'node:dgram';
import net from 'node:net';
import tls from 'node:tls';

export type IceServer = { url: string; username?: string | undefined; credential?: string | undefined };
export type StunAnswer =
  | { kind: 'answered' }
  | { kind: 'allocated' }
  | { kind: 'refused'; status: number }
  | { kind: 'silent' };

const COOKIE = 0x2112a442;
const BINDING = 0x0001;
const ALLOCATE = 0x0003;
const REFRESH = 0x0004;
const ERROR_BIT = 0x0110;
const USERNAME = 0x0006;
const MESSAGE_INTEGRITY = 0x0008;
const ERROR_CODE = 0x0009;
const LIFETIME = 0x000d;
const REALM = 0x0014;
const NONCE = 0x0015;
const REQUESTED_TRANSPORT = 0x0019;
const UDP = Buffer.from([17, 0, 0, 0]);
/** A datagram may be lost: it is sent again after so long. */
const AGAIN_MS = 500;

type Attribute = [type: number, value: Buffer];
type Message = { type: number; id: Buffer; attributes: Map<number, Buffer> };

/** @param within milliseconds that the whole may take */
export async function askIceServer(server: IceServer, within: number): Promise<StunAnswer> {
  const relay = /^turns?:/i.test(server.url);
  const road = openRoad(server.url);
  const deadline = setTimeout(road.close, within);
  try {
    if (!relay) return (await road.ask(messageOf(BINDING, []))) === null ? { kind: 'silent' } : { kind: 'answered' };
    const first = await road.ask(messageOf(ALLOCATE, [[REQUESTED_TRANSPORT, UDP]]));
    const [realm, nonce] = [first?.attributes.get(REALM), first?.attributes.get(NONCE)];
    if (first === null) return { kind: 'silent' };
    if ((first.type & ERROR_BIT) !== ERROR_BIT) return { kind: 'allocated' };
    if (realm === undefined || nonce === undefined || server.username === undefined)
      return { kind: 'refused', status: statusOf(first) };
    const key = createHash('md5')
      .update(`${server.username}:${realm.toString()}:${server.credential ?? ''}`)
      .digest();
    const proof: Attribute[] = [
      [USERNAME, Buffer.from(server.username)],
      [REALM, realm],
      [NONCE, nonce],
    ];
    const second = await road.ask(messageOf(ALLOCATE, [[REQUESTED_TRANSPORT, UDP], ...proof], key));
    if (second === null) return { kind: 'silent' };
    if ((second.type & ERROR_BIT) === ERROR_BIT) return { kind: 'refused', status: statusOf(second) };
    // Waited for: a socket that is closed at once takes what it was told with it.
    await road.ask(messageOf(REFRESH, [[LIFETIME, Buffer.alloc(4)], ...proof], key));
    return { kind: 'allocated' };
  } finally {
    clearTimeout(deadline);
    road.close();
  }
}

/** A request, with its integrity where there is a key (RFC 8489 section 14.5). */
export function messageOf(type: number, attributes: Attribute[], key?: Buffer): Buffer {
  const body = Buffer.concat(
    attributes.map(([name, value]) => {
      const padded = Buffer.alloc(4 + Math.ceil(value.length / 4) * 4);
      padded.writeUInt16BE(name, 0);
      padded.writeUInt16BE(value.length, 2);
      value.copy(padded, 4);
      return padded;
    }),
  );
  const head = Buffer.alloc(20);
  head.writeUInt16BE(type, 0);
  head.writeUInt16BE(body.length + (key === undefined ? 0 : 24), 2);
  head.writeUInt32BE(COOKIE, 4);
  randomBytes(12).copy(head, 8);
  const message = Buffer.concat([head, body]);
  if (key === undefined) return message;
  const integrity = Buffer.alloc(4);
  integrity.writeUInt16BE(MESSAGE_INTEGRITY, 0);
  integrity.writeUInt16BE(20, 2);
  return Buffer.concat([message, integrity, createHmac('sha1', key).update(message).digest()]);
}

/** The message at the start of these bytes; null where there is none, or not yet the whole. */
export function readMessage(bytes: Buffer): Message | null {
  if (bytes.length < 20 || bytes.readUInt32BE(4) !== COOKIE) return null;
  const end = 20 + bytes.readUInt16BE(2);
  if (bytes.length < end) return null;
  const attributes = new Map<number, Buffer>();
  for (let at = 20; at + 4 <= end;) {
    const length = bytes.readUInt16BE(at + 2);
    if (at + 4 + length > end) break;
    attributes.set(bytes.readUInt16BE(at), bytes.subarray(at + 4, at + 4 + length));
    at += 4 + Math.ceil(length / 4) * 4;
  }
  return { type: bytes.readUInt16BE(0), id: bytes.subarray(8, 20), attributes };
}

function statusOf({ attributes }: Message): number {
  const code = attributes.get(ERROR_CODE);
  return code === undefined || code.length < 4 ? 0 : (code[2] ?? 0) * 100 + (code[3] ?? 0);
}

type Road = { ask(message: Buffer): Promise<Message | null>; close(): void };

/** The transport that the address names (RFC 7064, RFC 7065). */
function openRoad(url: string): Road {
  const [, scheme = '', host = '', port, query = ''] =
    /^(\w+):(\[[^\]]+\]|[^:?]+)(?::(\d+))?(?:\?(.*))?$/.exec(url) ?? [];
  const secure = /s$/i.test(scheme);
  const name = host.replace(/^\[(.*)\]$/, '$1');
  const number = Number(port ?? (secure ? 5349 : 3478));
  return secure || /transport=tcp/i.test(query) ? overStream(name, number, secure) : overDatagrams(name, number);
}

function waiting() {
  const asked = new Map<string, (answer: Message | null) => void>();
  return {
    asked,
    heard(message: Message): void {
      const id = message.id.toString('hex');
      asked.get(id)?.(message);
      asked.delete(id);
    },
    end(): void {
      for (const answer of asked.values()) answer(null);
      asked.clear();
    },
  };
}

function overDatagrams(host: string, port: number): Road {
  const socket = dgram.createSocket(net.isIPv6(host) ? 'udp6' : 'udp4');
  const { asked, heard, end } = waiting();
  let closed = false;
  const close = () => {
    if (closed) return;
    closed = true;
    end();
    socket.close();
  };
  const tell = (message: Buffer) => {
    if (!closed) socket.send(message, port, host, (error) => void (error === null ? null : close()));
  };
  socket.on('message', (bytes) => {
    const message = readMessage(bytes);
    if (message !== null) heard(message);
  });
  socket.on('error', close);
  return {
    close,
    async ask(message) {
      const timer = setInterval(() => tell(message), AGAIN_MS);
      const answer = new Promise<Message | null>((resolve) =>
        asked.set(message.subarray(8, 20).toString('hex'), resolve),
      );
      if (closed) end();
      tell(message);
      return answer.finally(() => clearInterval(timer));
    },
  };
}

function overStream(host: string, port: number, secure: boolean): Road {
  // Who answers there learns nothing that it does not know: the certificate is the media's business.
  const socket = secure
    ? tls.connect({ host, port, servername: net.isIP(host) === 0 ? host : '', rejectUnauthorized: false })
    : net.connect({ host, port });
  const { asked, heard, end } = waiting();
  let rest: Buffer = Buffer.alloc(0);
  const close = () => {
    end();
    socket.destroy();
  };
  socket.on('data', (bytes: Buffer) => {
    rest = Buffer.concat([rest, bytes]);
    for (let message = readMessage(rest); message !== null; message = readMessage(rest)) {
      rest = rest.subarray(20 + rest.readUInt16BE(2));
      heard(message);
    }
  });
  socket.on('error', close);
  socket.on('close', close);
  return {
    close,
    ask(message) {
      const answer = new Promise<Message | null>((resolve) =>
        asked.set(message.subarray(8, 20).toString('hex'), resolve),
      );
      if (socket.destroyed) end();
      else socket.write(message);
      return answer;
    },
  };
}
