/**
 * When this desktop may send its next request to Kommo. Kommo allows seven a second for a whole office and blocks the
 * address of who keeps on (kommo.md section 2). One desktop never sends more than that by itself, and of a call that
 * rings for the whole office it asks in its own slot (office.ts). What matters most goes first: the call that was
 * answered, then a call that rings, then what is good to know about it, then late deliveries; and while calls come, the
 * last two leave room for the next call's requests before it rings.
 */
import { createOfficeShare, type OfficePorts, type Slots } from './office.ts';

/**
 * `extra` is about a live call as well, but its name does not wait for it; of a call that rings for the whole office
 * only whoever answers asks.
 */
export type Priority = 'call' | 'extra' | 'delivery';

export type Timers = { now(): number; after(ms: number, run: () => void): void };

/** One call's place in the order: its requests go through it. */
export type Turn = {
  /** As `Budget.take`; false as well when the call went to somebody else before its slot came. */
  take(priority?: 'call' | 'extra'): Promise<boolean>;
  /**
   * A request of this call was answered with 429: nothing of it was done. Whether it may be sent once more, through
   * `take()`, where it waits until the others had their slots. `tries`: how often it was sent by now.
   */
  refused(tries: number): boolean;
  /** The agent answered: nobody's call matters more. */
  answered(): void;
  /** The call is over: what was not asked by now is not asked. `elsewhere`: a colleague has it, and the name too. */
  ended(elsewhere: boolean): void;
  /** Whether something was not asked because the call was over. */
  readonly dropped: boolean;
};

export type Budget = {
  /**
   * Resolves to true when a request may be sent; to false for a live call that would have to wait for a long pause: it
   * is over by then, and `POST /api/v2/events` would ring for nothing.
   */
  take(priority: Priority): Promise<boolean>;
  /** A call begins. `shared`: it may ring at the same moment on other desktops. */
  turn(shared: boolean): Turn;
  /** Kommo said to wait: nothing is sent for so many milliseconds. */
  pause(ms: number): void;
};

/** So long a live call waits out a pause. */
const CALL_PATIENCE_MS = 5000;
/** Kommo counts over any second; the network may bring requests closer together than they were sent. */
const WINDOW_MS = 1150;
/** Deliveries of a desktop that is alone leave one request in seven to calls. */
const DELIVERY_SHARE = 6 / 7;
/**
 * So long after a call the next one may come at any moment. For it three requests in seven are left, which is what the
 * name of a lead's person takes: to wait for the window costs it up to a second, and a delivery nothing.
 */
const CALLS_COME_MS = 60_000;
const CALL_SHARE = 3 / 7;
/** So much of a window is this desktop's own when a refusal is not held against colleagues, and again after so long. */
const OTHERS_SHARE = 4 / 7;
const FORGIVEN_AGAIN_MS = 60_000;
/** A refusal for a second frees a place much earlier: who has the caller on the line does not wait for all of it. */
const SHORT_PAUSE_MS = 1000;
const ANSWERED_AGAIN_MS = 300;
/** The colleagues' last second has room for one request more, and for the next when its first are a second old. */
const ANSWERED_GAP_MS = 200;

/** How often a refused request of a call is sent at most: who has the caller on the line is more persistent. */
const RINGING_TRIES = 2;
const ANSWERED_TRIES = 4;

const RANK = { answered: 0, call: 1, extra: 2, delivery: 3 } as const;

/**
 * A delivery that made way for calls for so long leaves them no more room than they take, and draws its place in an
 * office, as its own is always too late in the pause.
 */
const STARVED_MS = 60_000;
/** What was refused comes again no sooner than this, and when the rounds are over, spread over so much of one. */
const AGAIN_MS = 1000;
const AGAIN_SHARE = 0.25;

type Round = { startsAt: number; readonly slots: Slots };

type Waiting = {
  rank(): number;
  notBefore(): number;
  give(may: boolean): void;
};

/** `perSecond`: the most requests of this desktop in any second. Without `office` the desktop is alone for ever. */
export function createBudget({
  perSecond,
  timers,
  office = ALONE,
}: {
  perSecond: number;
  timers: Timers;
  office?: OfficePorts;
}): Budget {
  const share = createOfficeShare(office, timers.now);
  const deliveryMs = 1000 / (perSecond * DELIVERY_SHARE);
  const kept = Math.floor(perSecond * CALL_SHARE);
  let queue: Waiting[] = [];
  let sentAt: number[] = [];
  let pausedUntil = 0;
  let answeredPausedUntil = 0;
  let nextDelivery = 0;
  let deliveryWaitsSince = 0;
  let calledAt = -Infinity;
  let forgivenAt = -Infinity;
  let wakeAt = Infinity;
  /** The rounds of the calls that ring in the whole office, one after the other; all desktops see the same ones. */
  let rounds: Round[] = [];
  const roundsEnd = () => Math.max(0, ...rounds.map(({ startsAt, slots }) => startsAt + slots.round));

  /** The call needs no round any more, here or anywhere: the ones behind it move up. */
  const endRound = (ended: Round | null) => {
    if (ended === null || !rounds.includes(ended)) return;
    rounds = rounds.filter((round) => round !== ended);
    let free = timers.now();
    for (const round of rounds) {
      if (round.startsAt > free) round.startsAt = free;
      free = Math.max(free, round.startsAt + round.slots.round);
    }
    // It ends for all at this moment, and what waited behind it must not come at the same one.
    const now = timers.now();
    const { first, gap } = share.deliveries(deliveryMs);
    if (now - deliveryWaitsSince > STARVED_MS) nextDelivery = now + share.random() * gap;
    else nextDelivery = Math.max(nextDelivery, now + first());
  };

  /** When the window has room for a request of this rank. */
  const roomAt = (rank: number, now: number): number => {
    const starved = rank === RANK.delivery && now - deliveryWaitsSince > STARVED_MS;
    const standsBack = rank >= RANK.extra && now - calledAt < CALLS_COME_MS && !starved;
    const over = sentAt.length - (perSecond - (standsBack ? kept : 0));
    return over < 0 ? now : (sentAt[over] ?? now) + WINDOW_MS;
  };

  const serve = () => {
    while (queue.length > 0) {
      const now = timers.now();
      sentAt = sentAt.filter((at) => at > now - WINDOW_MS);
      const at = (waiting: Waiting) => Math.max(waiting.notBefore(), roomAt(waiting.rank(), now));
      const due = queue.filter((waiting) => at(waiting) <= now).toSorted((a, b) => a.rank() - b.rank())[0];
      if (due === undefined) {
        wakeFor(Math.min(...queue.map(at)));
        return;
      }
      queue = queue.filter((waiting) => waiting !== due);
      sentAt.push(now);
      if (due.rank() === RANK.delivery) {
        nextDelivery = now + share.deliveries(deliveryMs).gap;
        deliveryWaitsSince = now;
      }
      due.give(true);
    }
  };

  const wakeFor = (at: number) => {
    if (at >= wakeAt || at === Infinity) return;
    wakeAt = at;
    timers.after(Math.max(1, Math.ceil(at - timers.now())), () => {
      if (wakeAt === at) wakeAt = Infinity;
      serve();
    });
  };

  const ask = (waiting: Omit<Waiting, 'give'>, keep?: (waiting: Waiting) => void): Promise<boolean> =>
    new Promise((give) => {
      const asked = { ...waiting, give };
      keep?.(asked);
      queue.push(asked);
      giveUpCalls();
      serve();
    });

  /** Answers no to these; whether there were any. */
  const giveUp = (these: (waiting: Waiting) => boolean): boolean => {
    const gone = queue.filter(these);
    queue = queue.filter((waiting) => !gone.includes(waiting));
    for (const { give } of gone) give(false);
    return gone.length > 0;
  };
  /** A refusal while this desktop alone filled most of the window says little of colleagues; two in a minute do. */
  const learnFrom = (blocked: boolean) => {
    const now = timers.now();
    const own = sentAt.filter((at) => at > now - WINDOW_MS).length;
    const forgiven = !blocked && own > perSecond * OTHERS_SHARE && now - forgivenAt > FORGIVEN_AGAIN_MS;
    if (forgiven) forgivenAt = now;
    else share.refused(blocked);
  };

  const giveUpCalls = () => {
    if (pausedUntil - timers.now() > CALL_PATIENCE_MS) giveUp((waiting) => waiting.rank() !== RANK.delivery);
  };

  const firstDelivery = (from: number) => {
    if (nextDelivery < from) nextDelivery = from + share.deliveries(deliveryMs).first();
  };

  function takeDelivery(): Promise<boolean> {
    if (!queue.some((waiting) => waiting.rank() === RANK.delivery)) {
      deliveryWaitsSince = timers.now();
      firstDelivery(deliveryWaitsSince);
    }
    const phase = share.deliveries(deliveryMs).first();
    const quietFrom = () => {
      const last = rounds.at(-1);
      return last === undefined ? 0 : roundsEnd() + last.slots.round + phase;
    };
    return ask({
      rank: () => RANK.delivery,
      // Late anyway, so it stays out of the rounds and of what calls ask for after them: a round leaves no room.
      notBefore: () => Math.max(pausedUntil, nextDelivery, quietFrom()),
    });
  }

  function turn(shared: boolean): Turn {
    const slots = shared ? share.slots() : null;
    const round = slots === null ? null : { startsAt: Math.max(timers.now(), roundsEnd()), slots };
    if (round !== null) rounds.push(round);
    calledAt = timers.now();
    const mine = new Map<Waiting, number>();
    let urgent = !shared;
    let requests = 0;
    let notBefore = 0;
    let lastSentAt = -Infinity;
    let over: 'no' | 'ended' | 'elsewhere' = 'no';
    let dropped = false;

    /** More requests than the two of its round are made when all rounds are over, in the same order. */
    const slotOf = (request: number): number => {
      if (round === null) return 0;
      const { entity, name, round: length } = round.slots;
      const slot = request % 2 === 0 ? entity : name;
      const later = Math.floor(request / 2);
      if (later === 0) return round.startsAt + slot;
      return Math.max(roundsEnd(), round.startsAt + length) + (later - 1) * length + slot;
    };
    /**
     * Whether this request is not made any more: of a call that a colleague has none, of one that nobody took only the
     * name of an entity that is known by then, for the history. Alone, all was asked for at once.
     */
    const gone = (request: number): boolean =>
      round !== null && !urgent && (over === 'elsewhere' || (over === 'ended' && request !== 1));

    return {
      async take(priority = 'call') {
        const request = requests;
        if (gone(request)) {
          dropped = true;
          return false;
        }
        requests += 1;
        const may = await ask(
          {
            rank: () => (priority === 'extra' ? RANK.extra : urgent ? RANK.answered : RANK.call),
            notBefore: () =>
              // A round has no room for it, nor has what comes after: there goes again what was refused.
              priority === 'extra' && round !== null && !urgent
                ? Infinity
                : urgent
                  ? Math.max(
                      Math.min(pausedUntil, answeredPausedUntil),
                      round === null ? 0 : lastSentAt + ANSWERED_GAP_MS,
                    )
                  : Math.max(pausedUntil, slotOf(request), notBefore),
          },
          (waiting) => mine.set(waiting, request),
        );
        if (may) lastSentAt = timers.now();
        return may;
      },
      refused(tries) {
        if (tries >= (urgent ? ANSWERED_TRIES : RINGING_TRIES)) return false;
        requests -= 1;
        const now = timers.now();
        notBefore =
          round === null
            ? now + share.spread()
            : Math.max(now + AGAIN_MS, roundsEnd()) + share.random() * AGAIN_SHARE * round.slots.round;
        return true;
      },
      answered() {
        if (urgent) return;
        urgent = true;
        endRound(round);
        serve();
      },
      ended(elsewhere) {
        over = elsewhere ? 'elsewhere' : 'ended';
        if (elsewhere) share.colleague();
        endRound(round);
        const given = giveUp((waiting) => {
          const request = mine.get(waiting);
          return request !== undefined && gone(request);
        });
        dropped ||= given;
        serve();
      },
      get dropped() {
        return dropped;
      },
    };
  }

  return {
    take: (priority) =>
      priority === 'delivery' ? takeDelivery() : ask({ rank: () => RANK[priority], notBefore: () => pausedUntil }),
    turn,
    pause: (ms) => {
      const now = timers.now();
      // Requests that were under way together are refused together: that is learned from once.
      if (now >= pausedUntil) learnFrom(ms > CALL_PATIENCE_MS);
      pausedUntil = Math.max(pausedUntil, now + ms);
      answeredPausedUntil =
        ms > SHORT_PAUSE_MS
          ? pausedUntil
          : Math.max(answeredPausedUntil, now + ANSWERED_AGAIN_MS * (1 + share.random()));
      firstDelivery(pausedUntil);
      giveUpCalls();
    },
  };
}

const ALONE: OfficePorts = {
  provisioned: () => ({ desktops: 1, seat: 0 }),
  random: () => 0,
  recall: () => 1,
  keep: () => {},
};
