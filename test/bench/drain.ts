/** What waited for a day goes to Kommo: how fast, and whether anything goes twice. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { CompletedCall } from '../../app/calls/completed-call.ts';
import { parseOrigin } from '../../app/kommo/address.ts';
import { createBudget } from '../../app/kommo/budget.ts';
import { createKommoClient } from '../../app/kommo/client.ts';
import { createDeliveries } from '../../main/journal/deliveries.ts';
import { openJournal } from '../../main/journal/journal.ts';
import { agents, openKommo, people } from '../../sandbox/kommo/index.ts';
import { absolute, against, type Figure } from './figure.ts';

const CALLS = 200;
const A_DAY = 24 * 3_600_000;
/** What Kommo allows (kommo.md section 2). */
const PER_SECOND = 7;
const PATIENCE_MS = 180_000;

const { anaSilva } = agents;
const CALLERS = [
  { phone: people.annaPetrova.phone, entity: { type: 'lead', id: people.annaPetrova.lead.id } },
  { phone: people.marcusWebb.phone, entity: { type: 'contact', id: people.marcusWebb.id } },
  { phone: people.ruthAlvarez.phone, entity: null },
] as const;

function callOfYesterday(index: number): CompletedCall {
  const { phone, entity } = CALLERS[index % CALLERS.length] ?? CALLERS[0];
  const startedAt = Date.now() - A_DAY + index * 60_000;
  return {
    id: `r-bench-${index}`,
    callId: `bench-${index}@pbx.sandbox.test`,
    source: 'phone',
    direction: index % 2 === 0 ? 'inbound' : 'outbound',
    number: { asReceived: phone, e164: phone, display: phone, internal: false },
    displayName: '',
    localExtension: '101',
    startedAt,
    answeredAt: startedAt + 5000,
    endedAt: startedAt + 65_000,
    ringSeconds: 5,
    talkSeconds: 60,
    disposition: 'answered',
    caller:
      entity === null ? { kind: 'failed', reason: 'Kommo cannot be reached.' } : { kind: 'entity', entity, name: null },
    recording: { state: 'none' },
    agent: { userId: anaSilva.id, name: anaSilva.name },
  };
}

export const drainFigure: Figure = {
  names: ['drain200.seconds', 'drain200.duplicates'],
  inTheWay:
    'the sixth of a second from delivery to delivery that leaves room for a live call, and the wait after each lost answer',
  async measure(say) {
    const kommo = await openKommo({ latencyMs: 60 });
    const folder = mkdtempSync(join(tmpdir(), 'ringside-drain-'));
    const journal = openJournal(folder, (trouble) => {
      throw new Error(`the journal of the bench: ${trouble.kind}`);
    });
    const origin = parseOrigin(kommo.origin);
    if (origin === null) throw new Error(`${kommo.origin} is no origin`);
    const token = kommo.longLivedToken(anaSilva.id);
    const client = createKommoClient({
      origin,
      fetch: (url, init) => fetch(url, init),
      tokens: { current: () => Promise.resolve(token), refused: () => Promise.resolve(null), ended: () => {} },
      budget: createBudget({
        perSecond: PER_SECOND,
        timers: { now: () => performance.now(), after: (ms, run) => void setTimeout(run, ms) },
      }),
      userAgent: 'Ringside/bench',
    });
    const deliveries = createDeliveries({
      journal,
      kommo: () => client,
      settings: () => ({ cardBy: 'entity', unknownInbound: 'incoming-lead' }),
      agent: () => ({ userId: anaSilva.id, name: anaSilva.name }),
      heldUntil: () => 0,
      hasAudio: () => Promise.resolve(false),
      widget: () => Promise.resolve('shown'),
      bell: () => Promise.resolve('shown'),
      account: () => null,
      now: Date.now,
      random: Math.random,
      after: (ms, run) => {
        const timer = setTimeout(run, ms);
        return () => clearTimeout(timer);
      },
      told: () => {},
      failed: (error) => {
        throw error;
      },
    });
    try {
      for (let index = 0; index < CALLS; index++) journal.record(callOfYesterday(index), ['card'], 0);
      // Some answers get lost on the way, as they do on the first connection after a day.
      let posts = 0;
      kommo.fail({
        match: ({ method }) => method === 'POST' && ++posts % 50 === 0,
        answer: 'network',
        afterEffect: true,
        times: 3,
      });
      const from = kommo.requests.length;
      const began = performance.now();
      deliveries.run();
      while (journal.notInKommo() > 0) {
        if (performance.now() - began > PATIENCE_MS) throw new Error(`${journal.notInKommo()} calls still wait`);
        await pause(50);
      }
      const seconds = (performance.now() - began) / 1000;
      const requests = kommo.requests.slice(from);
      const minimum = requests.length / PER_SECOND;
      const refused = requests.filter(({ status }) => status === 429).length;
      const written = kommo.data.notes.map(({ params }) => String(params['uniq']));
      const missing = CALLS - new Set(written).size;
      if (missing > 0) throw new Error(`${missing} calls are on no card`);
      say(`  ${requests.length} requests, ${refused} answered 429, ${kommo.bans.length} bans`);
      return [
        against('drain200.seconds', seconds, minimum, 's', 1.5),
        absolute('drain200.duplicates', written.length - new Set(written).size, 'calls', 0),
      ];
    } finally {
      await deliveries.stop();
      journal.close();
      rmSync(folder, { recursive: true, force: true });
      await kommo.close();
    }
  },
};
