/** Many desktops behind one address, on a clock of their own, against the sandbox's request limit. */
import { createBudget, type Budget, type Turn } from '../../../../app/kommo/budget.ts';
import type { Office } from '../../../../app/kommo/office.ts';
import { RateLimit } from '../../../../sandbox/kommo/limits.ts';
import { fakeClock } from './fake-clock.ts';

/** The same numbers for the same seed (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** One desktop's part in a ring: when it had its name, null where it never came or was not asked for. */
export type Ringing = { desktop: number; turn: Turn; namedAt: number | null; done: boolean };

/**
 * @param provisioned what the desktop of this index was told of the office
 * @param latencyMs Kommo's own time
 * @param jitterMs how far apart the network brings what happens at the same moment
 */
export function simulateOffice({
  desktops,
  provisioned,
  seed,
  latencyMs = 80,
  jitterMs = 40,
}: {
  desktops: number;
  provisioned(desktop: number): Office | null;
  seed: number;
  latencyMs?: number;
  jitterMs?: number;
}) {
  const random = seeded(seed);
  const clock = fakeClock();
  const limit = new RateLimit(7, clock.now);
  const estimates = Array.from({ length: desktops }, () => 1);
  const counts = { sent: 0, tooMany: 0, banned: 0 };
  const budgets: Budget[] = Array.from({ length: desktops }, (_, desktop) =>
    createBudget({
      perSecond: 7,
      timers: clock.ports,
      office: {
        provisioned: () => provisioned(desktop),
        random,
        recall: () => estimates[desktop] ?? 1,
        keep: (estimate) => void (estimates[desktop] = estimate),
      },
    }),
  );
  const pass = (ms: number) => new Promise<void>((done) => clock.ports.after(ms, done));
  const wayMs = () => (random() * jitterMs) / 2;

  /** One request to Kommo and its answer. */
  async function send(budget: Budget): Promise<'allowed' | 'too-many' | 'banned'> {
    await pass(wayMs());
    counts.sent += 1;
    const verdict = limit.take();
    if (verdict.kind === 'allowed') await pass(latencyMs);
    else counts[verdict.kind === 'banned' ? 'banned' : 'tooMany'] += 1;
    await pass(wayMs());
    if (verdict.kind === 'too-many') budget.pause(verdict.retryAfter * 1000);
    if (verdict.kind === 'banned') budget.pause(60_000);
    return verdict.kind;
  }

  /** A request of a call as the client makes it. */
  async function request(budget: Budget, turn: Turn): Promise<boolean> {
    for (let tries = 1; ; tries++) {
      if (!(await turn.take())) return false;
      const verdict = await send(budget);
      if (verdict !== 'too-many' || !turn.refused(tries)) return verdict === 'allowed';
    }
  }

  return {
    clock,
    limit,
    counts,
    budgets,
    estimates,
    /** Rings on all these desktops at the same moment; each asks who it is, then for the name. */
    ring(members: readonly number[] = budgets.map((_, desktop) => desktop), shared = true): Ringing[] {
      return members.flatMap((desktop) => {
        const budget = budgets[desktop];
        if (budget === undefined) return [];
        const ringing: Ringing = { desktop, turn: budget.turn(shared), namedAt: null, done: false };
        void (async () => {
          if ((await request(budget, ringing.turn)) && (await request(budget, ringing.turn)))
            ringing.namedAt = clock.now();
          ringing.done = true;
        })();
        return [ringing];
      });
    },
    /** A delivery as the journal makes it: tried until it is there. */
    async deliver(desktop: number): Promise<void> {
      const budget = budgets[desktop];
      if (budget === undefined) return;
      do await budget.take('delivery');
      while ((await send(budget)) !== 'allowed');
    },
  };
}
