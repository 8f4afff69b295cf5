import { createServer, type RequestListener, type Server } from 'node:http';
import { once } from 'node:events';
import { afterEach, expect, test } from 'vitest';
import { createRecordingProbe } from '../../../../main/journal/recording-probe.ts';

let server: Server | null = null;
afterEach(() => void server?.close());

async function serving(answer: RequestListener): Promise<string> {
  server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const at = server.address();
  if (at === null || typeof at === 'string') throw new Error('no port');
  return `http://127.0.0.1:${at.port}/1.mp3`;
}
const probe = createRecordingProbe((url, init) => fetch(url, init));

test.each<[string, boolean, RequestListener]>([
  ['audio', true, (_, res) => res.writeHead(200, { 'content-type': 'audio/mpeg', 'content-length': 5 }).end('audio')],
  ['a file of unknown type', true, (_, res) => res.writeHead(200, { 'content-length': 5 }).end('audio')],
  ['no file yet', false, (_, res) => res.writeHead(404).end()],
  ['an empty file', false, (_, res) => res.writeHead(200, { 'content-type': 'audio/mpeg', 'content-length': 0 }).end()],
  [
    'a page that says so',
    false,
    (_, res) => res.writeHead(200, { 'content-type': 'text/html', 'content-length': 5 }).end('sorry'),
  ],
  ['a fault', false, (_, res) => res.writeHead(503).end()],
  [
    'a server that has no heads to give',
    true,
    (req, res) =>
      req.method === 'HEAD'
        ? res.writeHead(405).end()
        : res.writeHead(206, { 'content-type': 'audio/mpeg', 'content-range': 'bytes 0-4/99' }).end('audio'),
  ],
  ['a connection that breaks', false, (req) => void req.socket.destroy()],
])('%s: %s', async (_what, expected, answer) => {
  expect(await probe(await serving(answer))).toBe(expected);
});

test('nobody there is no recording yet, and no error', async () => {
  const address = await serving(() => {});
  server?.close();
  server?.closeAllConnections();
  expect(await probe(address)).toBe(false);
});
