/**
 * How many requests this desktop may send: Kommo allows seven a second for a whole office (kommo.md section 2), so
 * one desktop keeps well below. A token bucket with two queues: a live call goes before a late delivery.
 */
export type Priority = 'call' | 'delivery';

export type Timers = { now(): number; after(ms: number, run: () => void): void };

export type Budget = {
  /**
   * Resolves to true when a request may be sent; to false for a live call that would have to wait for a long pause: it
   * is over by then, and `POST /api/v2/events` would ring for nothing.
   */
  take(priority: Priority): Promise<boolean>;
  /** Kommo said to wait: nothing is sent for so many milliseconds. */
  pause(ms: number): void;
};

/** So long a live call waits out a pause. */
const CALL_PATIENCE_MS = 5000;

export function createBudget({
  perSecond,
  burst,
  timers,
}: {
  perSecond: number;
  burst: number;
  timers: Timers;
}): Budget {
  const queues: Record<Priority, ((may: boolean) => void)[]> = { call: [], delivery: [] };
  let tokens = burst;
  let filledAt = timers.now();
  let pausedUntil = 0;
  let waiting = false;

  const refill = () => {
    const now = timers.now();
    tokens = Math.min(burst, tokens + ((now - filledAt) / 1000) * perSecond);
    filledAt = now;
  };

  const serve = () => {
    refill();
    for (;;) {
      const queue = queues.call.length > 0 ? queues.call : queues.delivery;
      if (queue.length === 0) return;
      const wait = Math.max(pausedUntil - timers.now(), ((1 - tokens) / perSecond) * 1000);
      if (wait > 0) {
        if (waiting) return;
        waiting = true;
        timers.after(Math.ceil(wait), () => {
          waiting = false;
          serve();
        });
        return;
      }
      tokens -= 1;
      queue.shift()?.(true);
    }
  };

  const giveUpCalls = () => {
    if (pausedUntil - timers.now() > CALL_PATIENCE_MS) for (const resolve of queues.call.splice(0)) resolve(false);
  };

  return {
    take: (priority) =>
      new Promise((resolve) => {
        queues[priority].push(resolve);
        giveUpCalls();
        serve();
      }),
    pause: (ms) => {
      pausedUntil = Math.max(pausedUntil, timers.now() + ms);
      giveUpCalls();
    },
  };
}
