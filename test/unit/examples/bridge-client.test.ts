/** The example as its reader runs it: a program of its own, against the real server. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openDesk, ORIGIN, type Desk } from '../main/bridge/desk.ts';

const client = join(import.meta.dirname, '../../../examples/bridge-client.ts');
const CALL = {
  id: 'call-1',
  direction: 'inbound',
  state: 'ringing',
  number: '+1 830 570 3077',
  title: 'Maria Silva',
  entity: { type: 'lead', id: 7 },
  resolving: false,
  startedAt: 1_800_000_000_000,
  answeredAt: null,
  muted: false,
  heldBy: [],
  can: [],
  popped: false,
  newContactNumber: null,
} as const;

let folder: string;
let at: Desk;
let running: ChildProcess[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ringside-example-'));
  at = await openDesk([]);
  running = [];
});
afterEach(async () => {
  for (const child of running) child.kill('SIGKILL');
  await at.bridge.stop();
  await rm(folder, { recursive: true, force: true });
});

function run(...args: string[]) {
  const all = [client, '--account', ORIGIN, '--user', '42', '--keep', join(folder, 'kept.json'), ...args];
  const child = spawn(process.execPath, all, { stdio: ['ignore', 'pipe', 'pipe'] });
  running.push(child);
  const lines: unknown[] = [];
  let said = '';
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(JSON.parse(line)));
  child.stderr.on('data', (data: Buffer) => {
    said += data.toString();
  });
  return { lines, said: () => said, ended: once(child, 'close') as Promise<[number]> };
}
const patient = { timeout: 15_000 };

test('pairs once, reads every call, and is never the one that shows and records', { timeout: 30_000 }, async () => {
  at.bridge.newPairingCode();
  const first = run('--ports', String(at.port), '--code', at.bridge.state().pairing?.code.toLowerCase() ?? '');
  await vi.waitFor(() => expect(at.bridge.state()).toMatchObject({ tabs: 1, state: 'waiting' }), patient);
  at.bridge.showCall({ ...CALL, heldBy: [], can: [] });
  at.bridge.showCall({ ...CALL, heldBy: [], can: [], state: 'ended' });
  await vi.waitFor(() => expect(first.lines).toHaveLength(2), patient);
  expect(first.lines).toMatchObject([CALL, { id: 'call-1', state: 'ended' }]);
  await at.bridge.stop();
  expect((await first.ended)[0]).toBe(0);

  expect((await stat(join(folder, 'kept.json'))).mode & 0o777).toBe(0o600);
  const { token } = JSON.parse(await readFile(join(folder, 'kept.json'), 'utf8')) as { token: string };
  expect(at.kept()).toMatchObject([{ token }]);
  at = await openDesk(at.kept());
  run('--ports', `1,${at.port}`);
  await vi.waitFor(() => expect(at.bridge.state().tabs).toBe(1), patient);
});

test('says in a sentence why it does not work', { timeout: 30_000 }, async () => {
  const unpaired = run('--ports', String(at.port));
  expect((await unpaired.ended)[0]).toBe(1);
  expect(unpaired.said()).toBe('This client is not paired: get a code in Ringside and say --code.\n');
  at.bridge.newPairingCode();
  const code = at.bridge.state().pairing?.code ?? '';
  const wrong = run('--ports', String(at.port), '--code', (code.startsWith('7') ? '8' : '7') + code.slice(1));
  expect((await wrong.ended)[0]).toBe(1);
  expect(wrong.said()).toBe('Ringside refused: wrong-code.\n');
  const alone = run('--ports', '1', '--code', code);
  expect((await alone.ended)[0]).toBe(1);
  expect(alone.said()).toBe('Ringside was not found on this computer.\n');
});
