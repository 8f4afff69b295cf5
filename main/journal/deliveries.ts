/**
 * Brings recorded calls to where they belong: the card in Kommo, the widget's bell. At least once, with a stable id,
 * so that the far end can drop a repeat; what waits says so, and why.
 */
import { KommoRefusal } from '../../app/kommo/refusal.ts';
import type { KommoClient } from '../../app/kommo/client.ts';
import type { CompletedCall } from '../../app/calls/completed-call.ts';
import type { Delivery, DeliveryTarget, Journal } from './journal.ts';

/** After this a completed call is no news any more in a browser; the card still gets it. */
const WIDGET_NEWS_MS = 12 * 60 * 60 * 1000;
const FIRST_WAIT_MS = 2000;
const LONGEST_WAIT_MS = 5 * 60 * 1000;
/** What waits for a person (a sign-in, a browser) is woken by it; this is only the safety net. */
const IDLE_WAIT_MS = 5 * 60 * 1000;

export type DeliveryPorts = {
  journal: Journal;
  /** Null while nobody is signed in. */
  kommo(): KommoClient | null;
  widget(call: CompletedCall): Promise<'shown' | 'no-widget'>;
  now(): number;
  random(): number;
  after(ms: number, run: () => void): () => void;
  told(call: CompletedCall, target: DeliveryTarget, state: string, error: string | null): void;
  /** The journal itself failed (a full disk): what waits stays where it is and is tried again. */
  failed(error: unknown): void;
};

type Outcome = Parameters<Journal['settle']>[2];

export function createDeliveries({ journal, kommo, widget, now, random, after, told, failed }: DeliveryPorts) {
  let running: Promise<void> | null = null;
  let again = false;
  let stopped = false;
  let cancelTimer: (() => void) | null = null;

  const done: Outcome = { state: 'done', error: null, nextTry: 0, counts: true, ambiguous: false };
  const later = (tries: number, error: string, ambiguous: boolean, atLeastMs = 0): Outcome => {
    const wait = Math.max(atLeastMs, Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(tries, 12)));
    return {
      state: 'waiting',
      error,
      nextTry: Math.round(now() + wait * (0.5 + random() / 2)),
      counts: true,
      ambiguous,
    };
  };
  const idle = (error: string | null): Outcome => ({
    state: 'waiting',
    error,
    nextTry: now() + IDLE_WAIT_MS,
    counts: false,
    ambiguous: false,
  });

  async function toCard({ call, tries, ambiguous }: Delivery): Promise<Outcome> {
    const entity = call.caller.kind === 'entity' ? call.caller.entity : null;
    if (entity === null) return { ...done, state: 'no-card', counts: false };
    const client = kommo();
    if (client === null) return { ...idle(new KommoRefusal('signed-out').message), ambiguous };
    try {
      if (ambiguous && (await client.hasCall(entity, call.id))) return done;
      journal.sending(call.id, 'card');
      return (await client.logCall(call)) ? done : { ...done, state: 'no-card' };
    } catch (error) {
      if (!(error instanceof KommoRefusal)) throw error;
      const lost =
        error.sent &&
        (error.kind === 'timeout' ||
          error.kind === 'unreachable' ||
          error.kind === 'server' ||
          error.kind === 'unreadable');
      if (error.kind === 'signed-out' || error.kind === 'unauthorized')
        return { ...idle(error.message), ambiguous: lost || ambiguous };
      if (error.passes) return later(tries, error.message, lost || ambiguous, (error.retryAfter ?? 0) * 1000);
      return { state: 'failed', error: error.message, nextTry: 0, counts: true, ambiguous: false };
    }
  }

  async function toWidget({ call }: Delivery): Promise<Outcome> {
    if (now() - call.endedAt > WIDGET_NEWS_MS) return { ...done, state: 'expired', counts: false };
    if ((await widget(call)) === 'shown') return done;
    return idle('No Kommo tab with Ringside is open. The call is shown there when one is.');
  }

  /** Delivers what is due and returns how many that were. */
  async function drain(): Promise<number> {
    let served = 0;
    do {
      again = false;
      for (const delivery of journal.due(now())) {
        if (stopped) return served;
        const outcome = await (delivery.target === 'card' ? toCard(delivery) : toWidget(delivery));
        if (stopped) return served;
        journal.settle(delivery.call.id, delivery.target, outcome);
        told(delivery.call, delivery.target, outcome.state, outcome.error);
        served += 1;
      }
    } while (again);
    return served;
  }

  /** Waits for what is due next. What is due and yet cannot be served (an unreadable row) is not asked for in a loop. */
  function schedule(served: number): void {
    if (stopped) return;
    const due = [journal.nextDue('card'), journal.nextDue('widget')].filter((time) => time !== null);
    if (due.length === 0) return;
    const wait = Math.min(...due) - now();
    wakeIn(wait > 0 || served > 0 ? Math.min(Math.max(wait, 0), IDLE_WAIT_MS) : IDLE_WAIT_MS);
  }

  function wakeIn(ms: number): void {
    cancelTimer?.();
    cancelTimer = stopped ? null : after(ms, run);
  }

  function run(): void {
    if (stopped) return;
    again = true;
    running ??= drain()
      .then(schedule)
      .catch((error: unknown) => {
        failed(error);
        wakeIn(LONGEST_WAIT_MS);
      })
      .finally(() => {
        running = null;
        if (again) run();
      });
  }

  return {
    /** Something may be due: a call was recorded, a browser connected, somebody signed in. */
    run,
    /** What waited for this target is due now. */
    wake(target: DeliveryTarget): void {
      journal.wake(target, now());
      run();
    },
    async stop(): Promise<void> {
      stopped = true;
      cancelTimer?.();
      await running;
    },
  };
}
