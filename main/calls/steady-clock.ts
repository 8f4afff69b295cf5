/**
 * A clock that neither jumps nor sleeps. The monotonic clock of most systems stands still while the computer sleeps, so
 * a call that was held over a closed lid would lose that time; the wall clock goes on, and may be set meanwhile. So the
 * monotonic clock counts, and what the wall clock went ahead by over a sleep is added to it.
 */

export type SteadyClock = {
  /** Milliseconds, monotonic, sleep included. */
  now(): number;
  /** The same for an event: `monotonic` of this process's clock, `wall` milliseconds since 1970 UTC as it happened. */
  of(monotonic: number, wall: number): number;
  /** The computer goes to sleep. */
  suspended(): void;
  /** The computer is awake again. */
  resumed(): void;
};

type Moment = { readonly monotonic: number; readonly wall: number };
/** What is less is the clocks' own drift, not sleep. */
const LEAST_SLEEP_MS = 500;

export function createSteadyClock(monotonic: () => number, wall: () => number): SteadyClock {
  const sleeps: { before: Moment; until: number; slept: number }[] = [];
  const moment = (): Moment => ({ monotonic: monotonic(), wall: wall() });
  /** The last moment that is known to have been before a sleep. */
  let awake = moment();
  /** Told to go to sleep and not yet that it is awake: an event may come through before that word does. */
  let asleep = false;
  const woken = (): void => {
    const before = awake;
    awake = moment();
    const slept = awake.wall - before.wall - (awake.monotonic - before.monotonic);
    if (slept >= LEAST_SLEEP_MS) sleeps.push({ before, until: awake.monotonic, slept });
  };

  const at = (when: Moment): number =>
    sleeps.reduce((time, { before, until, slept }) => {
      // Between the two the monotonic clock cannot tell whether it was before the sleep or after; the wall clock can.
      const after = when.monotonic >= until || (when.monotonic > before.monotonic && when.wall >= before.wall + slept);
      return after ? time + slept : time;
    }, when.monotonic);

  return {
    now: () => at(moment()),
    of(eventMonotonic, eventWall) {
      if (asleep) woken();
      else awake = moment();
      return at({ monotonic: eventMonotonic, wall: eventWall });
    },
    suspended() {
      awake = moment();
      asleep = true;
    },
    resumed() {
      asleep = false;
      woken();
    },
  };
}
