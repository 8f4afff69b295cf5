/**
 * The registration as a state machine: what to do about the socket and the REGISTER (RFC 3261 section 10), and what
 * to tell the agent. Pure: time and chance come in, effects go out. It has one timer at most.
 */
import type { RegistrationEvent } from '../../app/calls/phone-event.ts';
import { splitList, splitNameAddr } from './identity.ts';

type Code = NonNullable<RegistrationEvent['reason']>['code'];
type Reason = NonNullable<RegistrationEvent['reason']>;

export type Registration = {
  readonly phase: 'idle' | 'connecting' | 'registering' | 'registered' | 'refreshing' | 'waiting' | 'stopped';
  /** Whether the socket is open. */
  readonly open: boolean;
  /** Counts the REGISTERs: an answer to an earlier one is nobody's news. */
  readonly attempt: number;
  /** Failures in a row, for the back-off. */
  readonly failures: number;
  /** The lifetime to ask for, seconds. */
  readonly expires: number;
  /** Something that is not SIP arrived while an answer was awaited. */
  readonly garbled: boolean;
  /** Monotonic milliseconds of the first acceptance on this socket. */
  readonly registeredAt: number | null;
};

export type Input =
  | { kind: 'start' }
  | { kind: 'socket-open' }
  | { kind: 'socket-closed'; detail: string }
  | { kind: 'accepted'; attempt: number; expires: number }
  | {
      kind: 'rejected';
      attempt: number;
      status: number;
      phrase: string;
      /** A 401 or 407 came with a challenge that can be answered: then the second one means wrong credentials. */
      challenged: boolean;
      /** `Min-Expires` of a 423, `Retry-After` of a 5xx; seconds. */
      minExpires: number | null;
      retryAfter: number | null;
    }
  /** Something that is not SIP arrived. */
  | { kind: 'garbled' }
  | { kind: 'timer' }
  | { kind: 'reconnect' }
  | { kind: 'stop' };

export type Effect =
  /** Open a new socket; an older one is abandoned. */
  | { kind: 'connect' }
  | { kind: 'disconnect' }
  | { kind: 'register'; attempt: number; expires: number }
  | { kind: 'unregister' }
  /** Start the one timer anew. */
  | { kind: 'wait'; ms: number }
  /** Stop the timer. */
  | { kind: 'rest' }
  | { kind: 'report'; state: RegistrationEvent['state']; reason?: Reason };

/** The monotonic clock in milliseconds, and a source of numbers in [0, 1). */
type Surroundings = { now: number; random: () => number };

type Step = { state: Registration; effects: Effect[] };

const EXPIRES = 600;
const LONGEST_EXPIRES = 86_400;
const CONNECT_MS = 8_000;
/** SIP's own limit is 32 s (Timer F): far too long to leave an agent without a word. */
const ANSWER_MS = 8_000;
/** What is left for a proper answer once something unreadable came instead. */
const GARBLED_MS = 2_000;
const FIRST_RETRY_MS = 2_000;
const LONGEST_RETRY_MS = 30_000;
const LONGEST_RETRY_AFTER_MS = 300_000;
/** After a no of the PBX itself: rarely, since many lock an account or an address after a few bad passwords. */
const REFUSED_RETRY_MS = 300_000;
/** A registration that lasted this long was a good one: its loss is answered at once. */
const GOOD_MS = 10_000;
const LONGEST_REFRESH_MS = 3_600_000;

export const unregistered: Registration = {
  phase: 'idle',
  open: false,
  attempt: 0,
  failures: 0,
  expires: EXPIRES,
  garbled: false,
  registeredAt: null,
};

/** One step of the machine. An input that means nothing in this phase changes nothing. */
export function step(state: Registration, input: Input, { now, random }: Surroundings): Step {
  if (state.phase === 'stopped') return { state, effects: [] };
  switch (input.kind) {
    case 'start':
      return state.phase === 'idle' ? connect(state, [{ kind: 'report', state: 'connecting' }]) : stay(state);
    case 'reconnect':
      return connect({ ...state, failures: 0 }, [{ kind: 'report', state: 'connecting' }]);
    case 'socket-open':
      return state.phase === 'connecting' ? register({ ...state, open: true }) : stay({ ...state, open: true });
    case 'socket-closed': {
      const closed = { ...state, open: false };
      switch (state.phase) {
        case 'connecting':
          return fail(closed, reason('unreachable', input.detail), random);
        case 'registering':
          return fail(closed, reason(state.garbled ? 'nonsense' : 'no-answer', input.detail), random);
        case 'registered':
        case 'refreshing':
          return lose(closed, reason('unreachable', input.detail), now, random);
        default:
          return stay(closed);
      }
    }
    case 'accepted':
      if (!awaits(state, input.attempt)) return stay(state);
      if (!(input.expires > 0)) {
        return fail(state, reason('nonsense', 'the PBX accepted the registration for no time at all'), random);
      }
      return {
        state: { ...state, phase: 'registered', garbled: false, registeredAt: state.registeredAt ?? now },
        effects: [
          { kind: 'wait', ms: refreshMs(input.expires, random) },
          ...(state.phase === 'refreshing' ? [] : [{ kind: 'report', state: 'registered' } as const]),
        ],
      };
    case 'rejected':
      return awaits(state, input.attempt) ? rejected(state, input, random) : stay(state);
    case 'garbled':
      if ((state.phase !== 'registering' && state.phase !== 'refreshing') || state.garbled) return stay(state);
      return { state: { ...state, garbled: true }, effects: [{ kind: 'wait', ms: GARBLED_MS }] };
    case 'timer':
      switch (state.phase) {
        case 'connecting':
          return fail(state, reason('unreachable', 'the PBX did not open the connection in time'), random);
        case 'registering':
          return fail(state, silence(state), random);
        case 'registered':
          return register(state);
        case 'refreshing':
          // The socket is most likely dead, whatever it says of itself.
          return lose(state, silence(state), now, random);
        case 'waiting':
          return state.open ? register(state) : connect(state, []);
        default:
          return stay(state);
      }
    case 'stop':
      return {
        state: { ...state, phase: 'stopped' },
        effects: [
          { kind: 'rest' },
          ...(state.phase === 'registered' || state.phase === 'refreshing' ? [{ kind: 'unregister' } as const] : []),
          { kind: 'report', state: 'unregistered' },
        ],
      };
    default: {
      const never: never = input;
      return never;
    }
  }
}

function stay(state: Registration): Step {
  return { state, effects: [] };
}

function awaits(state: Registration, attempt: number): boolean {
  return (state.phase === 'registering' || state.phase === 'refreshing') && state.attempt === attempt;
}

function connect(state: Registration, before: Effect[]): Step {
  return {
    state: { ...state, phase: 'connecting', open: false, garbled: false, registeredAt: null },
    effects: [...before, { kind: 'wait', ms: CONNECT_MS }, { kind: 'connect' }],
  };
}

function register(state: Registration): Step {
  const attempt = state.attempt + 1;
  const phase = state.phase === 'registered' || state.phase === 'refreshing' ? 'refreshing' : 'registering';
  return {
    state: { ...state, phase, attempt, garbled: false },
    effects: [
      { kind: 'register', attempt, expires: state.expires },
      { kind: 'wait', ms: ANSWER_MS },
    ],
  };
}

function rejected(state: Registration, input: Extract<Input, { kind: 'rejected' }>, random: () => number): Step {
  const { status, minExpires } = input;
  const detail = `the PBX answered ${status} ${input.phrase}`.trim();
  switch (status) {
    case 401:
    case 407:
      return input.challenged
        ? refuse(state, reason('wrong-password', detail), random)
        : fail(state, reason('nonsense', `${detail}, with no challenge that can be answered`), random);
    case 403:
      return refuse(state, reason('forbidden', detail), random);
    case 404:
    case 410:
    case 604:
      return refuse(state, reason('unknown-extension', detail), random);
    case 423:
      if (minExpires !== null && minExpires > state.expires && minExpires <= LONGEST_EXPIRES) {
        return register({ ...state, expires: minExpires });
      }
      return fail(state, reason('server-error', detail), random);
    default:
      return fail(state, reason('server-error', detail), random, (input.retryAfter ?? 0) * 1000);
  }
}

/** The PBX said no and will say it again. */
function refuse(state: Registration, why: Reason, random: () => number): Step {
  return {
    state: { ...state, phase: 'waiting', failures: state.failures + 1, registeredAt: null },
    effects: [
      { kind: 'wait', ms: REFUSED_RETRY_MS * (1 + random() / 5) },
      { kind: 'report', state: 'refused', reason: why },
    ],
  };
}

/** Something that passes: try again later, each time a little later, never all phones of an office together. */
function fail(state: Registration, why: Reason, random: () => number, atLeastMs = 0): Step {
  const failures = state.failures + 1;
  const ceiling = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(failures - 1, 10));
  const backOff = ceiling * (0.5 + random() / 2);
  // A socket on which the PBX answered is kept: calls may be running over it.
  const answered = why.code === 'server-error';
  return {
    state: { ...state, phase: 'waiting', open: state.open && answered, failures, registeredAt: null },
    effects: [
      ...(answered ? [] : [{ kind: 'disconnect' } as const]),
      { kind: 'wait', ms: Math.max(backOff, Math.min(atLeastMs, LONGEST_RETRY_AFTER_MS)) },
      { kind: 'report', state: 'retrying', reason: why },
    ],
  };
}

/** A registration that was good is gone: a new socket at once, unless it had hardly begun. */
function lose(state: Registration, why: Reason, now: number, random: () => number): Step {
  if (state.registeredAt === null || now - state.registeredAt < GOOD_MS) return fail(state, why, random);
  return connect({ ...state, failures: 0 }, [{ kind: 'report', state: 'retrying', reason: why }]);
}

function silence(state: Registration): Reason {
  return state.garbled
    ? reason('nonsense', 'the PBX answered something that is not SIP')
    : reason('no-answer', 'the PBX did not answer the registration in time');
}

function reason(code: Code, detail: string): Reason {
  return { code, detail: detail.slice(0, 512) };
}

/** Early: 75 to 80 percent of the lifetime, so that one lost answer does not make the phone unreachable. */
function refreshMs(expires: number, random: () => number): number {
  return Math.min(LONGEST_REFRESH_MS, Math.max(1000, expires * 1000 * (0.75 + random() / 20)));
}

/**
 * The lifetime that a 200 to REGISTER grants, seconds: the `expires` of our own contact, else the `Expires` header
 * (RFC 3261 section 10.2.4). PBXs that rewrite contacts or list none are believed: the shortest lifetime they name,
 * or what was asked for.
 */
export function grantedExpires(
  contacts: readonly string[],
  expires: string | undefined,
  ours: string,
  asked: number,
): number {
  const listed = contacts.flatMap(splitList).map((contact) => {
    const { uri, parameters } = splitNameAddr(contact);
    const seconds = /;\s*expires\s*=\s*"?(\d{1,9})/i.exec(parameters)?.[1];
    return { own: uri.includes(`:${ours}@`), seconds: seconds === undefined ? null : Number(seconds) };
  });
  const candidates = listed.some(({ own }) => own) ? listed.filter(({ own }) => own) : listed;
  const named = candidates.flatMap(({ seconds }) => (seconds === null ? [] : [seconds]));
  if (named.length > 0) return Math.min(...named);
  return expires !== undefined && /^\d{1,9}$/.test(expires) ? Number(expires) : asked;
}
