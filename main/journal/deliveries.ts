/**
 * Brings recorded calls to where they belong: the card in Kommo, the widget's bell. At least once, with a stable id,
 * so that the far end can drop a repeat; what waits says so, and why.
 */
import { KommoRefusal, type RefusalKind } from '../../app/kommo/refusal.ts';
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

export function createDeliveries(ports: DeliveryPorts) {
  const { journal, now } = ports;
  // A lane each: a Kommo that hangs must not keep the bell waiting.
  const lanes: Record<DeliveryTarget, Lane> = {
    card: createLane('card', toCard, ports),
    widget: createLane('widget', toWidget, ports),
  };
  return {
    /** Something may be due: a call was recorded, or Kommo's answer for it came. */
    run(): void {
      lanes.card.run();
      lanes.widget.run();
    },
    /** What waited for this target is due now: a browser connected, somebody signed in. */
    wake(target: DeliveryTarget): void {
      journal.wake(target, now());
      lanes[target].run();
    },
    async stop(): Promise<void> {
      await Promise.all([lanes.card.stop(), lanes.widget.stop()]);
    },
  };
}

const done: Outcome = { state: 'done', error: null, nextTry: 0, counts: true, ambiguous: false };

/** Tried again after a wait that doubles, with jitter, so that an office does not come back all at once. */
function later(
  { now, random }: DeliveryPorts,
  tries: number,
  error: string,
  ambiguous: boolean,
  atLeastMs: number,
): Outcome {
  const wait = Math.max(atLeastMs, Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(tries, 12)));
  return { state: 'waiting', error, nextTry: Math.round(now() + wait * (0.5 + random() / 2)), counts: true, ambiguous };
}

/** Waits for a person; no try is counted. */
function idle({ now }: DeliveryPorts, error: string, ambiguous: boolean): Outcome {
  return { state: 'waiting', error, nextTry: now() + IDLE_WAIT_MS, counts: false, ambiguous };
}

/**
 * Writes the call into its card. Where Kommo could not be asked who it is, `POST /api/v4/calls` finds the card by the
 * number itself; where Kommo said that there is nobody, there is no card.
 */
async function toCard({ call, tries, ambiguous }: Delivery, ports: DeliveryPorts): Promise<Outcome> {
  const entity = call.caller.kind === 'entity' ? call.caller.entity : null;
  const number = call.number.e164 ?? call.number.asReceived.replace(/\D/g, '');
  if (call.caller.kind === 'nobody' || (entity === null && number.length < 7))
    return { ...done, state: 'no-card', counts: false };
  const client = ports.kommo();
  if (client === null) return idle(ports, new KommoRefusal('signed-out').message, ambiguous);
  try {
    if (ambiguous) {
      if (entity === null) return { ...done, state: 'failed', error: LOST };
      if (await client.hasCall(entity, call.id)) return done;
    }
    ports.journal.sending(call.id, 'card');
    return (await client.logCall(call)) ? done : { ...done, state: 'no-card' };
  } catch (error) {
    if (!(error instanceof KommoRefusal)) throw error;
    const lost = ambiguous || (error.sent && LOSES_ANSWERS.has(error.kind));
    if (error.kind === 'signed-out' || error.kind === 'unauthorized') return idle(ports, error.message, lost);
    if (error.passes) return later(ports, tries, error.message, lost, (error.retryAfter ?? 0) * 1000);
    return { ...done, state: 'failed', error: error.message };
  }
}

/** After these nobody knows whether Kommo did it. */
const LOSES_ANSWERS: ReadonlySet<RefusalKind> = new Set(['timeout', 'unreachable', 'server', 'unreadable']);
const LOST = "Kommo's answer was lost, so the call may be on the card or not. Look at the card before you try again.";

async function toWidget({ call }: Delivery, ports: DeliveryPorts): Promise<Outcome> {
  if (ports.now() - call.endedAt > WIDGET_NEWS_MS) return { ...done, state: 'expired', counts: false };
  if ((await ports.widget(call)) === 'shown') return done;
  return idle(ports, 'No Kommo tab with Ringside is open. The call is shown there when one is.', false);
}

type Lane = { run(): void; stop(): Promise<void> };

/** Delivers what is due for one target, one after the other, and wakes by itself when the next is due. */
function createLane(
  target: DeliveryTarget,
  deliver: (delivery: Delivery, ports: DeliveryPorts) => Promise<Outcome>,
  ports: DeliveryPorts,
): Lane {
  const { journal, now, after, told, failed } = ports;
  let running: Promise<void> | null = null;
  let again = false;
  let stopped = false;
  let cancelTimer: (() => void) | null = null;

  /** Delivers what is due and returns how many that were. */
  async function drain(): Promise<number> {
    let served = 0;
    do {
      again = false;
      for (const delivery of journal.due(target, now())) {
        if (stopped) return served;
        const outcome = await deliver(delivery, ports);
        if (stopped) return served;
        journal.settle(delivery.call.id, target, outcome);
        told(delivery.call, target, outcome.state, outcome.error);
        served += 1;
      }
    } while (again);
    return served;
  }

  /** Waits for what is due next. What is due and yet cannot be served (an unreadable row) is not asked for in a loop. */
  function schedule(served: number): void {
    const due = journal.nextDue(target);
    if (due === null) return;
    const wait = due - now();
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
      .then((served) => {
        if (!stopped) schedule(served);
      })
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
    run,
    async stop() {
      stopped = true;
      cancelTimer?.();
      await running;
    },
  };
}
