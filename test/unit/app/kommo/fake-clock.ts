import type { Timers } from '../../../../app/kommo/budget.ts';

/** A clock that moves when it is told to, and runs what falls due in between. */
export function fakeClock() {
  let now = 1000;
  const timers: { at: number; run: () => void }[] = [];
  const ports: Timers = {
    now: () => now,
    after: (ms, run) => {
      timers.push({ at: now + ms, run });
    },
  };
  return {
    ports,
    now: () => now,
    pending: () => timers.length,
    async advance(ms: number) {
      const end = now + ms;
      for (;;) {
        await settled();
        const next = timers.reduce<(typeof timers)[number] | undefined>(
          (first, timer) => (timer.at <= end && (first === undefined || timer.at < first.at) ? timer : first),
          undefined,
        );
        if (next === undefined) break;
        timers.splice(timers.indexOf(next), 1);
        now = Math.max(now, next.at);
        next.run();
      }
      now = end;
      await settled();
    },
  };
}

/** Lets everything that waits for nothing but its turn go on. */
const settled = async () => {
  for (let i = 0; i < 12; i++) await Promise.resolve();
};
