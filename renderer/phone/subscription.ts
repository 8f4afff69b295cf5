/**
 * One subscription to dialog events as a state machine (RFC 6665, subscriber behaviour): when to SUBSCRIBE, when to
 * refresh, what a refusal or an end means. Pure: time and chance come in, effects go out. It has one timer at most, and
 * it tries for ever.
 */
import type { WatchEvent } from '../../app/calls/phone-event.ts';

export type Subscription = {
  readonly phase: 'idle' | 'subscribing' | 'active' | 'refreshing' | 'waiting';
  /** Counts the SUBSCRIBEs: news of an earlier one is nobody's. */
  readonly attempt: number;
  /** Failures in a row, for the back-off. */
  readonly failures: number;
  /** The lifetime to ask for, seconds. */
  readonly expires: number;
  /** Monotonic milliseconds since when the PBX tells the state in this subscription. */
  readonly toldAt: number | null;
  /** What was last reported. */
  readonly reported: WatchEvent['state'] | null;
  /** Monotonic milliseconds of the last request for a full state. */
  readonly askedAt: number | null;
};

export type SubscriptionInput =
  /** The phone is registered: a SUBSCRIBE can be sent. `spread` delays this one among many, milliseconds. */
  | { kind: 'registered'; spread: number }
  /** The socket is gone. */
  | { kind: 'lost' }
  /** A 2xx to SUBSCRIBE; seconds, null where it names none. */
  | { kind: 'accepted'; attempt: number; expires: number | null }
  | {
      kind: 'rejected';
      attempt: number;
      status: number;
      phrase: string;
      retryAfter: number | null;
      minExpires: number | null;
    }
  /** A NOTIFY of this subscription came. `expires` and `retryAfter` in seconds, of its `Subscription-State`. */
  | {
      kind: 'notified';
      attempt: number;
      state: 'active' | 'pending' | 'terminated';
      expires: number | null;
      reason: string;
      retryAfter: number | null;
    }
  /** No NOTIFY followed in time (RFC 6665 section 4.1.2.4), or SIP.js gave the subscription up. */
  | { kind: 'silent'; attempt: number }
  /** A document was missed or could not be read: the full state is wanted (RFC 4235 section 4.2). */
  | { kind: 'incomplete' }
  | { kind: 'timer' };

export type SubscriptionEffect =
  /** A new subscription, with a Call-ID of its own. Whatever is left of an older one is forgotten. */
  | { kind: 'subscribe'; attempt: number; expires: number }
  /** The same one again (RFC 6665 section 4.1.2.2). */
  | { kind: 'refresh'; attempt: number; expires: number }
  | { kind: 'forget' }
  | { kind: 'wait'; ms: number }
  | { kind: 'rest' }
  | { kind: 'report'; state: WatchEvent['state']; detail?: string };

type Surroundings = { now: number; random: () => number };
type Step = { state: Subscription; effects: SubscriptionEffect[] };

const EXPIRES = 600;
const LONGEST_EXPIRES = 86_400;
const ANSWER_MS = 10_000;
const FIRST_RETRY_MS = 2_000;
const LONGEST_RETRY_MS = 60_000;
const LONGEST_RETRY_AFTER_MS = 900_000;
/** After a no of the PBX itself: an administrator may allow it later. */
const REFUSED_RETRY_MS = 300_000;
const LONGEST_REFRESH_MS = 3_600_000;
/** A PBX whose documents cannot be read is not asked more often than this. */
const ASK_AGAIN_MS = 15_000;
/** A subscription that lasted this long was a good one: its end is answered at once. */
const GOOD_MS = 10_000;

export const unsubscribed: Subscription = {
  phase: 'idle',
  attempt: 0,
  failures: 0,
  expires: EXPIRES,
  toldAt: null,
  reported: null,
  askedAt: null,
};

/** One step. An input that means nothing in this phase changes nothing. */
export function stepSubscription(state: Subscription, input: SubscriptionInput, around: Surroundings): Step {
  const { now, random } = around;
  switch (input.kind) {
    case 'registered':
      // A registration that was only refreshed changes nothing for a subscription that lives.
      if (state.phase !== 'idle') return stay(state);
      return { state: { ...state, phase: 'waiting', failures: 0 }, effects: [{ kind: 'wait', ms: input.spread }] };
    case 'lost': {
      if (state.phase === 'idle') return stay(state);
      const effects: SubscriptionEffect[] = [{ kind: 'rest' }, { kind: 'forget' }];
      return report({ state: { ...state, phase: 'idle', toldAt: null, askedAt: null }, effects }, 'retrying', {
        detail: 'the connection to the PBX is lost',
      });
    }
    case 'accepted': {
      if (!awaits(state, input.attempt)) return stay(state);
      // RFC 6665 section 4.2.1.1: not longer than what was asked for.
      const expires = Math.min(input.expires ?? state.expires, LONGEST_EXPIRES);
      const lives = state.phase === 'refreshing' || state.toldAt !== null;
      return {
        state: { ...state, phase: lives ? 'active' : state.phase },
        effects: [{ kind: 'wait', ms: lives ? refreshMs(expires, random) : ANSWER_MS }],
      };
    }
    case 'notified':
      if (!awaits(state, input.attempt)) return stay(state);
      if (input.state === 'terminated') return terminated(state, input.reason, input.retryAfter, around);
      return report(
        {
          // A NOTIFY may come before the 200 (RFC 6665 section 4.1.2.4): the subscription is there.
          state: { ...state, phase: 'active', toldAt: state.toldAt ?? now },
          effects:
            input.expires !== null || state.phase !== 'active'
              ? [{ kind: 'wait', ms: refreshMs(input.expires ?? state.expires, random) }]
              : [],
        },
        'watching',
      );
    case 'rejected':
      return awaits(state, input.attempt) ? rejected(state, input, around) : stay(state);
    case 'silent':
      if (input.attempt !== state.attempt || state.phase === 'idle' || state.phase === 'waiting') return stay(state);
      return fail(state, 'the PBX did not tell the state of the extension', around);
    case 'incomplete': {
      if (state.phase !== 'active') return stay(state);
      const since = state.askedAt === null ? Infinity : now - state.askedAt;
      if (since < ASK_AGAIN_MS) return { state, effects: [{ kind: 'wait', ms: ASK_AGAIN_MS - since }] };
      return refresh({ ...state, askedAt: now });
    }
    case 'timer':
      switch (state.phase) {
        case 'waiting':
          return subscribe(state);
        case 'active':
          return refresh(state);
        case 'subscribing':
        case 'refreshing':
          return fail(state, 'the PBX did not answer the subscription', around);
        case 'idle':
          return stay(state);
        default: {
          const never: never = state.phase;
          return never;
        }
      }
    default: {
      const never: never = input;
      return never;
    }
  }
}

const stay = (state: Subscription): Step => ({ state, effects: [] });

const awaits = (state: Subscription, attempt: number): boolean =>
  (state.phase === 'subscribing' || state.phase === 'refreshing' || state.phase === 'active') &&
  state.attempt === attempt;

function subscribe(state: Subscription): Step {
  const attempt = state.attempt + 1;
  return {
    state: { ...state, phase: 'subscribing', attempt, toldAt: null },
    effects: [
      { kind: 'subscribe', attempt, expires: state.expires },
      { kind: 'wait', ms: ANSWER_MS },
    ],
  };
}

/** The attempt stays: what comes in this subscription goes on being of it. */
function refresh(state: Subscription): Step {
  return {
    state: { ...state, phase: 'refreshing' },
    effects: [
      { kind: 'refresh', attempt: state.attempt, expires: state.expires },
      { kind: 'wait', ms: ANSWER_MS },
    ],
  };
}

/** RFC 6665 section 4.1.3: what the reason of a terminated subscription asks of us. */
function terminated(state: Subscription, reason: string, retryAfter: number | null, around: Surroundings): Step {
  const detail = `the PBX ended the subscription${reason === '' ? '' : ` (${reason})`}`;
  switch (reason) {
    case 'deactivated':
    case 'timeout':
      return again(state, around);
    case 'rejected':
    case 'noresource':
    case 'invariant':
      return refuse(state, detail, around);
    case 'probation':
    case 'giveup':
      return fail(state, detail, around, retryAfter);
    default:
      // With no reason, or one of its own, a new one may be tried at any time, after retry-after if that is there.
      return retryAfter === null ? again(state, around) : fail(state, detail, around, retryAfter);
  }
}

function rejected(
  state: Subscription,
  { status, phrase, retryAfter, minExpires }: Extract<SubscriptionInput, { kind: 'rejected' }>,
  around: Surroundings,
): Step {
  const detail = `the PBX answered ${status} ${phrase}`.trim();
  switch (status) {
    case 481:
      // It knows nothing of the subscription: after a restart, say. A new one is made.
      return state.phase === 'subscribing' ? fail(state, detail, around, retryAfter) : again(state, around);
    case 423:
      if (minExpires !== null && minExpires > state.expires && minExpires <= LONGEST_EXPIRES)
        return subscribe({ ...state, expires: minExpires });
      return fail(state, detail, around, retryAfter);
    case 401:
    case 403:
    case 404:
    case 405:
    case 407:
    case 410:
    case 416:
    case 489:
    case 501:
    case 603:
    case 604:
    case 606:
      return refuse(state, detail, around);
    default:
      return fail(state, detail, around, retryAfter);
  }
}

/** At once, but not for ever at once: a PBX that ends each new subscription is asked less and less often. */
function again(state: Subscription, around: Surroundings): Step {
  if (!lasted(state, around)) return fail(state, 'the PBX ended the subscription', around);
  const next = subscribe({ ...state, failures: 0 });
  return { ...next, effects: [{ kind: 'forget' }, ...next.effects] };
}

const lasted = ({ toldAt }: Subscription, { now }: Surroundings): boolean => toldAt !== null && now - toldAt >= GOOD_MS;

function fail(state: Subscription, detail: string, around: Surroundings, retryAfter: number | null = null): Step {
  const failures = lasted(state, around) ? 1 : state.failures + 1;
  const ceiling = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(failures - 1, 10));
  const atLeast = Math.min((retryAfter ?? 0) * 1000, LONGEST_RETRY_AFTER_MS);
  const ms = Math.max(ceiling * (0.5 + around.random() / 2), atLeast);
  return report(
    {
      state: { ...state, phase: 'waiting', failures, toldAt: null },
      effects: [{ kind: 'forget' }, { kind: 'wait', ms }],
    },
    'retrying',
    { detail },
  );
}

function refuse(state: Subscription, detail: string, around: Surroundings): Step {
  return report(
    {
      state: { ...state, phase: 'waiting', failures: state.failures + 1, toldAt: null },
      effects: [{ kind: 'forget' }, { kind: 'wait', ms: REFUSED_RETRY_MS * (1 + around.random() / 5) }],
    },
    'refused',
    { detail },
  );
}

/** Told when it changes, not each time. */
function report({ state, effects }: Step, what: WatchEvent['state'], why: { detail?: string } = {}): Step {
  if (state.reported === what) return { state, effects };
  return { state: { ...state, reported: what }, effects: [...effects, { kind: 'report', state: what, ...why }] };
}

/** Early: 75 to 80 percent of the lifetime, so that one lost answer does not end the watch. */
function refreshMs(expires: number, random: () => number): number {
  return Math.min(LONGEST_REFRESH_MS, Math.max(1000, expires * 1000 * (0.75 + random() / 20)));
}
