/** The widget's end against what is not the desktop: a program on its port that says whatever it likes. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { WebSocketServer, type WebSocket } from 'ws';
import { VERSIONS } from '../../../app/bridge/protocol.ts';
import { toBase64Url } from '../../../app/bridge/transcript.ts';
import type { Problem } from '../../../widget/connection.ts';
import { dial, type Attempt, type Line } from '../../../widget/desktop.ts';
import { randomSeed } from '../../../scripts/random-seed.ts';

const nonce = (): string => toBase64Url(crypto.getRandomValues(new Uint8Array(32)));
/** One that failed once and should not again, and one that nobody has tried. */
const SEEDS = [20_261_123, randomSeed()];

let server: Server;
let sockets: WebSocketServer;
let port: number;
/** What the program on the port does with a socket that comes. */
let greet: (socket: WebSocket) => void;
let heard: string[];
/** Says this, as a desktop does, once the widget has said hello. */
const answer = (message: object) => (socket: WebSocket) =>
  socket.once('message', () => socket.send(JSON.stringify(message)));
let line: Line | null;

beforeEach(async () => {
  heard = [];
  line = null;
  greet = () => undefined;
  vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  server = createServer((_, response) => {
    response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify({ ringside: VERSIONS }));
  });
  sockets = new WebSocketServer({ server });
  sockets.on('connection', (socket) => {
    socket.on('message', (data: Buffer) => heard.push(data.toString()));
    greet(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ({ port } = server.address() as AddressInfo);
});
afterEach(async () => {
  vi.restoreAllMocks();
  line?.hangUp();
  for (const client of sockets.clients) client.terminate();
  sockets.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

type Told = { opened: number; paired: string[]; ready: number; messages: number; closed: number };

/** Dials, and resolves with why it came to nothing, and with everything that was told before. */
function attempt(change: Partial<Attempt> = {}): Promise<{ problem: Problem; told: Told }> {
  const told: Told = { opened: 0, paired: [], ready: 0, messages: 0, closed: 0 };
  return new Promise((resolve) => {
    line = dial({
      port,
      transport: 'socket',
      way: 'token',
      secret: nonce(),
      clientId: randomUUID(),
      origin: 'https://acme.kommo.com',
      userId: 4_204_204_204,
      patient: false,
      onOpened: () => {
        told.opened += 1;
      },
      onPaired: (token) => told.paired.push(token),
      onReady: () => {
        told.ready += 1;
      },
      onMessage: () => {
        told.messages += 1;
      },
      onFailed: (problem) => resolve({ problem, told }),
      onClosed: () => {
        told.closed += 1;
      },
      ...change,
    });
  });
}
const NOTHING = { opened: 1, paired: [], ready: 0, messages: 0, closed: 0 };

describe('a program on our port', () => {
  test.each(SEEDS)(
    'that says anything at all gets nothing out of the widget and nothing into it (seed %i)',
    async (seed) => {
      const field = fc.oneof(fc.anything(), fc.constantFrom(nonce(), 1, 2, true, null, VERSIONS, 'token'));
      const type = fc.constantFrom(
        ...[
          'hello',
          'welcome',
          'paired',
          'ready',
          'call',
          'call.completed',
          'call.recording',
          'role',
          'ping',
          'answer',
        ],
        ...['phone', 'open.card', '__proto__'],
      );
      const names = fc.constantFrom(
        'version',
        'versions',
        'nonce',
        'proof',
        'share',
        'sealed',
        'call',
        'leader',
        'ready',
      );
      const frame = fc.oneof(
        fc.json(),
        fc.string(),
        fc.tuple(type, fc.dictionary(names, field)).map(([kind, fields]) => JSON.stringify({ ...fields, type: kind })),
      );
      await fc.assert(
        fc.asyncProperty(fc.array(frame, { maxLength: 12 }), fc.constantFrom('token', 'code'), async (frames, way) => {
          heard = [];
          greet = (socket) => {
            for (const said of frames) socket.send(said);
            socket.close();
          };
          const { told } = await attempt({ way, secret: way === 'token' ? nonce() : 'K7QM-2XPD' });
          expect(told).toMatchObject({ ...NOTHING, opened: told.opened });
          for (const said of heard)
            expect(['hello', 'prove', 'pong']).toContain((JSON.parse(said) as { type: string }).type);
        }),
        { seed, numRuns: 60 },
      );
    },
  );

  test('that cannot prove itself learns neither the account nor the user', async () => {
    greet = answer({ type: 'hello', version: 2, versions: VERSIONS, nonce: nonce(), proof: nonce(), share: null });
    expect(await attempt()).toEqual({ problem: { kind: 'impostor' }, told: NOTHING });
    expect(heard.map((said) => (JSON.parse(said) as { type: string }).type)).toEqual(['hello']);
    expect(heard.join()).not.toMatch(/acme|4204204204/);
  });

  test('that claims version 1 gets no proof of a typed code, which could be searched for', async () => {
    greet = answer({ type: 'hello', version: 1, versions: { min: 1, max: 1 }, nonce: nonce(), proof: null });
    const { problem } = await attempt({ way: 'code', secret: 'K7QM-2XPD' });
    expect(problem).toEqual({ kind: 'refused', code: 'version', seconds: null, tries: null });
    expect(heard.map((said) => (JSON.parse(said) as { type: string }).type)).toEqual(['hello']);
  });

  test('that sends a share of low order is no desktop', async () => {
    const share = toBase64Url(new Uint8Array(32));
    greet = answer({ type: 'hello', version: 2, versions: VERSIONS, nonce: nonce(), proof: null, share });
    const { problem } = await attempt({ way: 'code', secret: 'K7QM-2XPD' });
    expect(problem).toEqual({ kind: 'impostor' });
  });

  test('that sends 10 MB at once, or closes at once, is given up', async () => {
    greet = (socket) => {
      socket.send(JSON.stringify({ type: 'call', pad: 'x'.repeat(10 * 1024 * 1024) }));
      socket.close();
    };
    expect(await attempt()).toEqual({ problem: { kind: 'not-running' }, told: NOTHING });
    greet = (socket) => socket.terminate();
    expect((await attempt()).problem).toEqual({ kind: 'not-running' });
  });

  test('that is no Ringside, or one that speaks no version of ours, is told apart', async () => {
    sockets.close();
    server.removeAllListeners('request');
    server.on('request', (_, response) => response.end('<h1>It works!</h1>'));
    expect((await attempt()).problem).toEqual({ kind: 'not-running' });
    server.removeAllListeners('request');
    server.on('request', (_, response) => response.end(JSON.stringify({ ringside: { min: 8, max: 9 } })));
    expect((await attempt()).problem).toMatchObject({ kind: 'refused', code: 'version' });
  });
});
