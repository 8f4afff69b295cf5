/** The same promise over real sockets: the sandbox's server, its faults and its limit, on a clock that runs faster. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { CompletedCall } from '../../../../app/calls/completed-call.ts';
import { parseOrigin } from '../../../../app/kommo/address.ts';
import { createBudget } from '../../../../app/kommo/budget.ts';
import { createKommoClient } from '../../../../app/kommo/client.ts';
import { createDeliveries } from '../../../../main/journal/deliveries.ts';
import { openJournal, type Journal } from '../../../../main/journal/journal.ts';
import type { FaultRule } from '../../../../sandbox/kommo/faults.ts';
import { agents, openKommo, people, type Kommo } from '../../../../sandbox/kommo/index.ts';
import { completedCall } from '../../app/calls/samples.ts';

/** So many times faster than the clock on the wall: what waits minutes waits a moment. */
const FASTER = 200;
const ana = { userId: agents.anaSilva.id, name: agents.anaSilva.name };
let folder: string;
let kommo: Kommo;
let journal: Journal;
let deliveries: ReturnType<typeof createDeliveries>;

beforeEach(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ringside-against-'));
  kommo = await openKommo();
  start();
});
afterEach(async () => {
  await deliveries.stop();
  journal.close();
  await kommo.close();
  fs.rmSync(folder, { recursive: true });
});

function start(): void {
  const origin = parseOrigin(kommo.origin);
  if (origin === null) throw new Error('no origin');
  const token = kommo.longLivedToken(ana.userId);
  const began = performance.now();
  const now = () => Date.UTC(2026, 9, 1, 12, 2) + (performance.now() - began) * FASTER;
  journal = openJournal(
    folder,
    (trouble) => {
      throw new Error(trouble.kind);
    },
    { now: () => Math.round(now()) },
  );
  const client = createKommoClient({
    origin,
    fetch: (url, init) => fetch(url, init),
    tokens: { current: () => Promise.resolve(token), refused: () => Promise.resolve(null), ended: () => {} },
    budget: createBudget({
      perSecond: 7,
      timers: { now: () => performance.now(), after: (ms, run) => void setTimeout(run, ms) },
    }),
    userAgent: 'Ringside/test',
    timeoutMs: 300,
  });
  deliveries = createDeliveries({
    journal,
    kommo: () => client,
    settings: () => ({ cardBy: 'entity', unknownInbound: 'incoming-lead' }),
    agent: () => ana,
    heldUntil: () => 0,
    hasAudio: () => Promise.resolve(true),
    widget: () => Promise.resolve('shown'),
    bell: () => Promise.resolve('shown'),
    account: () => null,
    now: () => Math.round(now()),
    random: () => 0.5,
    after: (ms, run) => {
      const timer = setTimeout(run, ms / FASTER);
      return () => clearTimeout(timer);
    },
    told: () => {},
    failed: (error) => {
      throw error;
    },
  });
}

const stranger = {
  caller: { kind: 'nobody' },
  number: { asReceived: people.unknown.phone, e164: people.unknown.phone, display: '', internal: false },
} as const satisfies Partial<CompletedCall>;
const CALLS = [
  completedCall({ id: 'r-note' }),
  completedCall({ id: 'r-number', caller: { kind: 'failed', reason: 'x' } }),
  completedCall({ id: 'r-lead', ...stranger }),
];
/** The ids of the calls that stand on cards, each as often as it does. */
const written = () =>
  kommo.data.notes.map(({ params }) => String(params['uniq'])).toSorted((a, b) => a.localeCompare(b));
const isWrite = ({ method, path: at }: { method: string; path: string }) =>
  method === 'POST' && at.startsWith('/api/v4/');

test.each<[string, Omit<FaultRule, 'match'>]>([
  ['nothing in the way', { answer: '500', times: 0 }],
  ['every first answer lost', { answer: 'network', afterEffect: true, times: 3 }],
  ['every first request lost', { answer: 'network', times: 3 }],
  ['a fault after the work', { answer: '500-html', afterEffect: true, times: 4 }],
  ['no answer at all, the work done', { answer: 'hang', afterEffect: true, times: 2 }],
  ['an answer that is none', { answer: 'garbage', afterEffect: true, times: 3 }],
  ['asked for fewer requests', { answer: '429', times: 3 }],
])(
  '%s: each call is on its card once',
  async (_what, fault) => {
    kommo.fail({ match: isWrite, ...fault });
    for (const call of CALLS) journal.record(call, ['card'], 0);
    deliveries.run();
    await vi.waitFor(() => expect(journal.notInKommo()).toBe(0), { timeout: 20_000, interval: 50 });
    expect(written()).toEqual(['r-lead', 'r-note', 'r-number']);
    expect(kommo.data.unsorted.map(({ sourceUid }) => sourceUid)).toEqual(['r-lead']);
  },
  30_000,
);

test('a desktop that stops between a request and its answer looks when it starts again', async () => {
  kommo.latencyMs = 100;
  for (const call of CALLS) journal.record(call, ['card'], 0);
  deliveries.run();
  await vi.waitFor(() => expect(kommo.requests.length).toBeGreaterThan(0), { interval: 5 });
  const stopping = deliveries.stop();
  journal.close();
  await stopping.catch(() => {});
  kommo.latencyMs = 0;
  start();
  deliveries.run();
  await vi.waitFor(() => expect(journal.notInKommo()).toBe(0), { timeout: 20_000, interval: 50 });
  expect(written()).toEqual(['r-lead', 'r-note', 'r-number']);
}, 30_000);

test('a recording and the agent’s words come later and stand on the card', async () => {
  const pending = { state: 'pending', url: 'https://pbx.example/1.mp3', until: Date.UTC(2027, 0) } as const;
  journal.record(completedCall({ recording: pending }), ['card', 'recording'], 0);
  deliveries.run();
  await vi.waitFor(() => expect(kommo.data.notes[0]?.params['link']).toBe(pending.url), { timeout: 20_000 });
  journal.amend('r-1', { agentDisposition: 'left voicemail', note: 'Asked to call back' }, 0);
  deliveries.run();
  await vi.waitFor(() => expect(kommo.data.notes[0]?.params['call_status']).toBe(1), { timeout: 20_000 });
  expect(kommo.data.notes).toHaveLength(1);
  expect(kommo.data.notes[0]?.params['call_result']).toBe('left voicemail. Asked to call back');
}, 30_000);
