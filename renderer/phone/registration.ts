/**
 * Connection and registration as one state machine: which server, what to do about the socket and the REGISTER
 * (RFC 3261 section 10), whether the socket still lives, and what to tell the agent. Pure: time and chance come in,
 * effects go out. It has one timer at most and never more than one socket.
 */
import type { RegistrationEvent } from '../../app/calls/phone-event.ts';
import { splitList, splitNameAddr } from './identity.ts';

type Code = NonNullable<RegistrationEvent['reason']>['code'];
type Reason = NonNullable<RegistrationEvent['reason']>;

export type Registration = {
  readonly phase: 'idle' | 'connecting' | 'registering' | 'registered' | 'refreshing' | 'waiting' | 'stopped';
  /** How many servers there are; they are named by their place in the list, the preferred one first. */
  readonly servers: number;
  /** The server in use, or the next to be tried. */
  readonly server: number;
  /** Where the phone belongs: the first server, or the one that the PBX sent it to. */
  readonly home: number;
  /** Servers that failed in this round; it lasts until all have, or a registration was good. */
  readonly tried: readonly number[];
  /** Whether the socket is open. */
  readonly open: boolean;
  /** A call is up: what keeps it is done at once, what could disturb it waits. */
  readonly busy: boolean;
  /** Counts the REGISTERs: an answer to an earlier one is nobody's news. */
  readonly attempt: number;
  /** Rounds without success in a row, for the back-off. */
  readonly failures: number;
  /** The lifetime to ask for, seconds. */
  readonly expires: number;
  /** How often the PBX asked for a longer one. */
  readonly brief: number;
  /** Something that is not SIP arrived while an answer was awaited. */
  readonly garbled: boolean;
  /** Monotonic milliseconds of the first acceptance on this socket. */
  readonly registeredAt: number | null;
  /** When a registration was lost, until one has lasted again: for a while all is done to be back soon. */
  readonly lostAt: number | null;
  /** Not the first socket: calls may have outlived another one and are to be mended once registered. */
  readonly mend: boolean;
  /** The PBX said no: only the agent, or a long wait, makes us ask again. */
  readonly refused: boolean;
  /** The last new socket for a wake-up or another network, and how many came close together. */
  readonly nudgedAt: number;
  readonly nudges: number;
  /** Another nudge came too early: the attempt under way may be of the old network. */
  readonly again: boolean;
  readonly heardAt: number;
  /** A probe waits for its answer. */
  readonly probing: boolean;
  /** Whether this PBX answers probes; where it does not, REGISTER itself is the probe. Null: not known yet. */
  readonly answersProbes: boolean | null;
  /** How often a server that answers again is still connected to at once; it may answer and be of no use. */
  readonly scouts: number;
  /** Failed tries to go home, for longer pauses between them. */
  readonly returns: number;
  /** The Request-URI that a redirection named, and how many there were in a row. */
  readonly registrar: string | null;
  readonly redirects: number;
  /** Register as RFC 5626 has it; not where the PBX says that it cannot (439). */
  readonly outbound: boolean;
  readonly failed: { readonly server: number; readonly code: Code } | null;
  /** Deadlines, monotonic milliseconds; the timer runs for the first of them. */
  readonly due: { readonly act: number | null; readonly probe: number | null; readonly scout: number | null };
  /** What the timer runs for now. */
  readonly armed: number | null;
};

export type Input =
  | { kind: 'start' }
  | { kind: 'socket-open' }
  /** `untrusted`: the certificate was refused. */
  | { kind: 'socket-closed'; detail: string; untrusted?: boolean }
  /** Anything at all arrived on the socket; `probe`: it was the answer to a probe. */
  | { kind: 'heard'; probe: boolean }
  | { kind: 'accepted'; attempt: number; expires: number }
  | {
      kind: 'rejected';
      attempt: number;
      status: number;
      phrase: string;
      /** A 401 or 407 came with a challenge that was answered: then this one means wrong credentials. */
      challenged: boolean;
      /** `Min-Expires` of a 423, `Retry-After` of a 5xx; seconds. */
      minExpires: number | null;
      retryAfter: number | null;
    }
  /** 301, 302 or 305: to another of our servers, or to another Request-URI over the same one. */
  | { kind: 'redirected'; attempt: number; to: { server: number } | { registrar: string } }
  /** Something that is not SIP arrived. */
  | { kind: 'garbled' }
  | { kind: 'timer' }
  | { kind: 'scouted'; server: number; reachable: boolean }
  /** It became known why that server could not be reached. */
  | { kind: 'untrusted'; server: number; detail: string }
  | { kind: 'busy'; busy: boolean }
  /** A new socket at once: the agent asks, the computer woke up, the network is another one. */
  | { kind: 'reconnect'; why: 'agent' | 'resume' | 'network' }
  /** Something may have happened to the network: see whether the socket lives. */
  | { kind: 'check' }
  | { kind: 'stop' };

export type Effect =
  /** Open a new socket; an older one is abandoned. */
  | { kind: 'connect'; server: number }
  | { kind: 'disconnect' }
  | { kind: 'register'; attempt: number; expires: number; registrar: string | null; outbound: boolean }
  | { kind: 'unregister' }
  /** Send what every PBX answers. */
  | { kind: 'probe' }
  /** See whether something answers there: `briefly` as cheaply as can be, else by opening a socket that is closed again. */
  | { kind: 'scout'; server: number; briefly: boolean }
  /** Registered again on another socket: the calls that are up are to be mended. */
  | { kind: 'recover' }
  /** Start the one timer anew. */
  | { kind: 'wait'; ms: number }
  /** Stop the timer. */
  | { kind: 'rest' }
  | { kind: 'report'; state: RegistrationEvent['state']; server: number; reason?: Reason };

/** The monotonic clock in milliseconds, and a source of numbers in [0, 1). */
type Surroundings = { now: number; random: () => number };

type Step = { state: Registration; effects: Effect[] };

const EXPIRES = 600;
const LONGEST_EXPIRES = 86_400;
const LONGER_EXPIRES = 3;
const CONNECT_MS = 8_000;
/** While another server is left to be tried. */
const CONNECT_NEXT_MS = 3_000;
/** While a server is expected back: a SYN that was lost is sent again too late by itself. Every third try is patient. */
const CONNECT_QUICK_MS = 1_500;
/** SIP's own limit is 32 s (Timer F): far too long to leave an agent without a word. */
const ANSWER_MS = 8_000;
/** What is left for a proper answer once something unreadable came instead. */
const GARBLED_MS = 2_000;
const FIRST_RETRY_MS = 2_000;
const LONGEST_RETRY_MS = 30_000;
const LONGEST_BUSY_RETRY_MS = 8_000;
const LONGEST_RETRY_AFTER_MS = 300_000;
/** No retry comes sooner than this, and than this share of the longest wait, whatever chance says. */
const LEAST_RETRY_MS = 50;
const LEAST_SHARE = 0.1;
/** The first tries after a loss, up to so far apart: most servers are only restarted. */
const QUICK_RETRY_MS = 500;
/** Not many where nothing answers: Chromium holds back what fails often, and scouts find the server sooner. */
const QUICK_RETRIES = 10;
/** Where the PBX did register us and then hung up. */
const QUICK_RETURNS = 40;
const QUICK_FOR_MS = 60_000;
/** All phones lose their sockets when a server goes: those without a call come back a little apart. */
const APART_MS = 250;
const SCOUT_MS = 400;
const SCOUTS = 5;
/** After a no of the PBX itself: rarely, since many lock an account or an address after a few bad passwords. */
const REFUSED_RETRY_MS = 300_000;
/** A registration that lasted this long was a good one. */
const GOOD_MS = 2_000;
const LONGEST_REFRESH_MS = 3_600_000;
const PROBE_MS = 15_000;
const PROBE_BUSY_MS = 5_000;
const PROBE_ANSWER_MS = 3_000;
/** A REGISTER is dearer than a probe: so many times rarer. */
const REGISTER_PROBE = 2;
/** New sockets for wake-ups and networks are at least so far apart, and further the more of them come. */
const NUDGE_MS = 2_000;
const LONGEST_NUDGE_MS = 32_000;
const NUDGES_FORGOTTEN_MS = 60_000;
const RETURN_MS = 300_000;
const RETURN_BUSY_MS = 30_000;
const REDIRECTS = 5;
/** A timer may come a little early. */
const EARLY_MS = 2;

/** The machine before its start, with so many servers. */
export function unregistered(servers: number): Registration {
  return {
    phase: 'idle',
    servers: Math.max(1, servers),
    server: 0,
    home: 0,
    tried: [],
    open: false,
    busy: false,
    attempt: 0,
    failures: 0,
    expires: EXPIRES,
    brief: 0,
    garbled: false,
    registeredAt: null,
    lostAt: null,
    mend: false,
    refused: false,
    nudgedAt: Number.NEGATIVE_INFINITY,
    nudges: 0,
    again: false,
    heardAt: 0,
    probing: false,
    answersProbes: null,
    scouts: SCOUTS,
    returns: 0,
    registrar: null,
    redirects: 0,
    outbound: true,
    failed: null,
    due: { act: null, probe: null, scout: null },
    armed: null,
  };
}

/** One step of the machine. An input that means nothing in this phase changes nothing. */
export function step(before: Registration, input: Input, surroundings: Surroundings): Step {
  if (before.phase === 'stopped') return stay(before);
  const { state, effects } = react(input.kind === 'timer' ? { ...before, armed: null } : before, input, surroundings);
  const deadlines = Object.values(state.due).filter((each) => each !== null);
  const armed = deadlines.length === 0 ? null : Math.min(...deadlines);
  if (armed === state.armed) return { state, effects };
  const timer: Effect =
    armed === null ? { kind: 'rest' } : { kind: 'wait', ms: Math.max(1, Math.ceil(armed - surroundings.now)) };
  return { state: { ...state, armed }, effects: [...effects, timer] };
}

function react(state: Registration, input: Input, surroundings: Surroundings): Step {
  const { now } = surroundings;
  switch (input.kind) {
    case 'start':
      return state.phase === 'idle'
        ? connect(state, now, state.home, [{ kind: 'report', state: 'connecting', server: state.home }])
        : stay(state);
    case 'socket-open':
      return state.phase === 'connecting' ? register({ ...state, open: true, heardAt: now }, now) : stay(state);
    case 'socket-closed':
      return closed({ ...state, open: false, probing: false }, input, surroundings);
    case 'heard': {
      if (!state.open) return stay(state);
      const answersProbes = input.probe ? true : state.answersProbes;
      const heard = { ...state, answersProbes, heardAt: now };
      // A probe that was given up waits for the REGISTER in its place.
      return stay(
        state.probing && state.due.probe !== null
          ? { ...heard, probing: false, due: { ...state.due, probe: now + probeMs(state) } }
          : heard,
      );
    }
    case 'accepted':
      return awaits(state, input.attempt) ? accepted(state, input.expires, surroundings) : stay(state);
    case 'rejected':
      return awaits(state, input.attempt) ? rejected(state, input, surroundings) : stay(state);
    case 'redirected':
      return awaits(state, input.attempt) ? redirected(state, input.to, surroundings) : stay(state);
    case 'garbled':
      if ((state.phase !== 'registering' && state.phase !== 'refreshing') || state.garbled) return stay(state);
      return stay({ ...state, garbled: true, due: { ...state.due, act: now + GARBLED_MS } });
    case 'timer':
      return timer(state, surroundings);
    case 'scouted':
      return scouted(state, input, surroundings);
    case 'untrusted':
      return state.phase === 'waiting' && state.failed?.server === input.server && state.failed.code === 'unreachable'
        ? {
            state: { ...state, failed: { server: input.server, code: 'untrusted' } },
            effects: [report('retrying', input.server, reason('untrusted', input.detail))],
          }
        : stay(state);
    case 'busy': {
      const { probe } = state.due;
      const sooner = input.busy && probe !== null && !state.probing ? Math.min(probe, now + PROBE_BUSY_MS) : probe;
      return stay({ ...state, busy: input.busy, due: { ...state.due, probe: sooner } });
    }
    case 'reconnect':
      return nudged(state, input.why, now);
    case 'check':
      return isRegistered(state) && !state.probing ? probe(state, now) : stay(state);
    case 'stop':
      return {
        state: { ...state, phase: 'stopped', open: false, due: { act: null, probe: null, scout: null } },
        effects: [
          isRegistered(state) && state.open ? { kind: 'unregister' } : { kind: 'disconnect' },
          report('unregistered', state.server),
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

function isRegistered(state: Registration): boolean {
  return state.phase === 'registered' || state.phase === 'refreshing';
}

function awaits(state: Registration, attempt: number): boolean {
  return (state.phase === 'registering' || state.phase === 'refreshing') && state.attempt === attempt;
}

/** Shortly after a loss, and while a call is up, all is done to be back as soon as the server is. */
function isQuick(state: Registration, now: number): boolean {
  return state.busy || (state.lostAt !== null && now - state.lostAt < QUICK_FOR_MS);
}

function timer(state: Registration, surroundings: Surroundings): Step {
  const { now, random } = surroundings;
  const isDue = (deadline: number | null) => deadline !== null && deadline <= now + EARLY_MS;
  if (isDue(state.due.act)) return act(state, surroundings);
  if (isDue(state.due.probe)) {
    if (state.probing) return unanswered(state, surroundings);
    const quiet = now - state.heardAt;
    return quiet >= probeMs(state) - EARLY_MS
      ? probe(state, now)
      : stay({ ...state, due: { ...state.due, probe: state.heardAt + probeMs(state) } });
  }
  if (isDue(state.due.scout)) {
    const isHome = state.phase === 'waiting';
    if (!isHome && state.busy) return stay({ ...state, due: { ...state.due, scout: now + RETURN_BUSY_MS } });
    return {
      // Asked again when its answer has come, at the latest when it must be lost.
      state: { ...state, due: { ...state.due, scout: isHome ? null : now + returnMs(state, random) } },
      effects: [{ kind: 'scout', server: isHome ? state.server : state.home, briefly: isHome }],
    };
  }
  return stay(state);
}

/** The time of the phase is over. */
function act(state: Registration, surroundings: Surroundings): Step {
  const { now } = surroundings;
  switch (state.phase) {
    case 'connecting':
      if (state.again) return renewed(state, now);
      return fail(state, reason('unreachable', 'the PBX did not open the connection in time'), surroundings);
    case 'registering':
      if (state.again) return renewed(state, now);
      return fail(state, silence(state), surroundings);
    case 'registered':
      return register(state, now);
    case 'refreshing':
      // The socket is most likely dead, whatever it says of itself.
      return lose(state, silence(state), surroundings, true);
    case 'waiting':
      return state.open ? register(state, now) : connect(state, now, state.server, []);
    default:
      return stay(state);
  }
}

function connect(state: Registration, now: number, server: number, before: Effect[]): Step {
  const isPatient = state.failures % 3 === 2;
  const others = state.servers - state.tried.length > 1;
  const ms = isQuick(state, now) && !isPatient ? CONNECT_QUICK_MS : others ? CONNECT_NEXT_MS : CONNECT_MS;
  return {
    state: {
      ...state,
      phase: 'connecting',
      server,
      open: false,
      garbled: false,
      registeredAt: null,
      mend: state.attempt > 0,
      refused: false,
      again: false,
      probing: false,
      answersProbes: server === state.server ? state.answersProbes : null,
      registrar: null,
      outbound: true,
      due: { act: now + ms, probe: null, scout: null },
    },
    effects: [...before, { kind: 'connect', server }],
  };
}

function register(state: Registration, now: number): Step {
  const attempt = state.attempt + 1;
  return {
    state: {
      ...state,
      phase: isRegistered(state) ? 'refreshing' : 'registering',
      attempt,
      garbled: false,
      due: { ...state.due, act: now + ANSWER_MS },
    },
    effects: [
      { kind: 'register', attempt, expires: state.expires, registrar: state.registrar, outbound: state.outbound },
    ],
  };
}

function probe(state: Registration, now: number): Step {
  if (state.answersProbes === false) return registerAsProbe(state, now);
  return {
    state: { ...state, probing: true, due: { ...state.due, probe: now + PROBE_ANSWER_MS } },
    effects: [{ kind: 'probe' }],
  };
}

/** A probe without an answer: the socket is dead, unless this is a PBX that answers no probes. */
function unanswered(state: Registration, surroundings: Surroundings): Step {
  if (state.answersProbes === true || state.phase === 'refreshing') {
    return lose(state, reason('no-answer', 'the connection is dead: a probe was not answered'), surroundings, true);
  }
  return registerAsProbe(state, surroundings.now);
}

/** Every PBX that registered us answers this. */
function registerAsProbe(state: Registration, now: number): Step {
  if (state.phase === 'refreshing') return stay({ ...state, due: { ...state.due, probe: null } });
  const { state: next, effects } = register(state, now);
  return { state: { ...next, due: { ...next.due, act: now + PROBE_ANSWER_MS, probe: null } }, effects };
}

function accepted(state: Registration, expires: number, surroundings: Surroundings): Step {
  const { now, random } = surroundings;
  if (!(expires > 0)) {
    return fail(state, reason('nonsense', 'the PBX accepted the registration for no time at all'), surroundings);
  }
  const isNew = state.phase !== 'refreshing';
  const isHome = state.server === state.home;
  const returns = isHome ? 0 : state.returns;
  // The probe before this REGISTER got no answer, and this one did.
  const isInstead = state.probing && state.answersProbes === null && state.due.probe === null;
  const answersProbes = isInstead ? false : state.answersProbes;
  return {
    state: {
      ...state,
      phase: 'registered',
      garbled: false,
      again: false,
      brief: 0,
      redirects: 0,
      mend: false,
      refused: false,
      failed: null,
      returns,
      heardAt: now,
      answersProbes,
      probing: false,
      registeredAt: state.registeredAt ?? now,
      due: {
        act: now + refreshMs(expires, random),
        probe: now + probeMs({ ...state, answersProbes }),
        scout: isHome ? null : isNew ? now + returnMs({ ...state, returns }, random) : state.due.scout,
      },
    },
    effects: [
      ...(isNew ? [report('registered', state.server)] : []),
      ...(isNew && state.mend ? [{ kind: 'recover' } as const] : []),
    ],
  };
}

function closed(
  state: Registration,
  { detail, untrusted = false }: Extract<Input, { kind: 'socket-closed' }>,
  surroundings: Surroundings,
): Step {
  switch (state.phase) {
    case 'connecting':
      return fail(state, reason(untrusted ? 'untrusted' : 'unreachable', detail), surroundings);
    case 'registering':
      return fail(state, reason(state.garbled ? 'nonsense' : 'no-answer', detail), surroundings);
    case 'registered':
    case 'refreshing':
      return lose(state, reason('unreachable', detail), surroundings, false);
    default:
      return stay(state);
  }
}

function rejected(state: Registration, input: Extract<Input, { kind: 'rejected' }>, surroundings: Surroundings): Step {
  const { status, minExpires } = input;
  const { now, random } = surroundings;
  const detail = `the PBX answered ${status} ${input.phrase}`.trim();
  switch (status) {
    case 401:
    case 407:
      return input.challenged
        ? refuse(state, reason('wrong-password', detail), now, random)
        : fail(state, reason('nonsense', `${detail}, with no challenge that can be answered`), surroundings);
    case 403:
      return refuse(state, reason('forbidden', detail), now, random);
    case 404:
    case 410:
    case 604:
      return refuse(state, reason('unknown-extension', detail), now, random);
    case 423:
      if (
        minExpires !== null &&
        minExpires > state.expires &&
        minExpires <= LONGEST_EXPIRES &&
        state.brief < LONGER_EXPIRES
      ) {
        return register({ ...state, expires: minExpires, brief: state.brief + 1 }, now);
      }
      return fail({ ...state, brief: 0 }, reason('server-error', detail), surroundings);
    case 439:
      // First Hop Lacks Outbound Support (RFC 5626 section 11.6).
      if (state.outbound) return register({ ...state, outbound: false }, now);
      return fail(state, reason('server-error', detail), surroundings);
    default:
      return fail(state, reason('server-error', detail), surroundings, (input.retryAfter ?? 0) * 1000);
  }
}

function redirected(
  state: Registration,
  to: Extract<Input, { kind: 'redirected' }>['to'],
  surroundings: Surroundings,
): Step {
  const redirects = state.redirects + 1;
  if (redirects > REDIRECTS) {
    return fail({ ...state, redirects: 0 }, reason('server-error', 'the PBX sends us round in circles'), surroundings);
  }
  if ('registrar' in to) return register({ ...state, redirects, registrar: to.registrar }, surroundings.now);
  if (to.server === state.server || state.tried.includes(to.server)) {
    return fail(state, reason('server-error', 'the PBX sends us to a server that cannot be used'), surroundings);
  }
  const said = isRegistered(state) ? [report('connecting', to.server)] : [];
  return connect({ ...state, redirects, home: to.server }, surroundings.now, to.server, said);
}

function scouted(
  state: Registration,
  { server, reachable }: Extract<Input, { kind: 'scouted' }>,
  { now, random }: Surroundings,
): Step {
  switch (state.phase) {
    case 'waiting':
      if (state.open || state.refused || server !== state.server || state.scouts <= 0 || state.due.scout !== null) {
        return stay(state);
      }
      if (reachable) return connect({ ...state, scouts: state.scouts - 1 }, now, server, []);
      return isQuick(state, now)
        ? stay({ ...state, due: { ...state.due, scout: now + LEAST_RETRY_MS + random() * SCOUT_MS } })
        : stay(state);
    case 'registered':
      if (!reachable || server !== state.home || state.server === state.home || state.busy) return stay(state);
      return connect({ ...state, tried: [], failures: 0, returns: state.returns + 1 }, now, state.home, [
        report('connecting', state.home),
      ]);
    default:
      return stay(state);
  }
}

/** Wake-ups and networks come in swarms: one new socket for all that come together, later ones further apart. */
function nudged(state: Registration, why: 'agent' | 'resume' | 'network', now: number): Step {
  const isAgent = why === 'agent';
  // Sleep does not make a wrong password right.
  if (state.phase === 'idle' || (state.refused && !isAgent)) return stay(state);
  const nudges = now - state.nudgedAt > NUDGES_FORGOTTEN_MS ? 0 : state.nudges;
  const next =
    state.nudgedAt + (isAgent ? NUDGE_MS : Math.min(LONGEST_NUDGE_MS, NUDGE_MS * 2 ** Math.max(0, nudges - 1)));
  if (now >= next) return renewed({ ...state, nudges }, now);
  if (isRegistered(state)) return state.probing ? stay(state) : probe(state, now);
  if (state.refused || (state.phase === 'waiting' && state.open)) return stay(state);
  return stay({ ...state, again: true, due: { ...state.due, act: Math.min(state.due.act ?? next, next) } });
}

/** A new socket, to where the phone belongs, as if nothing had failed. */
function renewed(state: Registration, now: number): Step {
  const fresh = { ...state, failures: 0, tried: [], scouts: SCOUTS, nudgedAt: now, nudges: state.nudges + 1 };
  return connect(fresh, now, state.home, [report('connecting', state.home)]);
}

/** The PBX said no and will say it again. */
function refuse(state: Registration, why: Reason, now: number, random: () => number): Step {
  return {
    state: {
      ...state,
      phase: 'waiting',
      refused: true,
      tried: [],
      failures: state.failures + 1,
      registeredAt: null,
      probing: false,
      failed: { server: state.server, code: why.code },
      due: { act: now + REFUSED_RETRY_MS * (1 + random() / 5), probe: null, scout: null },
    },
    effects: [report('refused', state.server, why)],
  };
}

/**
 * Something that passes: the next server that has not failed yet, or all of them again later: with full jitter, each
 * time a little later, those in a call first, never all phones of an office together.
 */
function fail(state: Registration, why: Reason, { now, random }: Surroundings, atLeastMs = 0): Step {
  // A socket on which the PBX answered is kept: calls may be running over it.
  const answered = why.code === 'server-error';
  const tried = [...state.tried.filter((each) => each !== state.server), state.server];
  const isLast = tried.length >= state.servers || (answered && state.busy);
  const failures = state.failures + (isLast ? 1 : 0);
  const keeps = answered && isLast && state.open;
  const quick = isQuick(state, now);
  const server = keeps ? state.server : isLast ? 0 : firstUntried(tried);
  const scouts = quick && !answered && isLast && state.scouts > 0;
  const ms = isLast ? retryMs(state, failures, quick, random) : state.busy ? 0 : random() * APART_MS;
  return {
    state: {
      ...state,
      phase: 'waiting',
      server,
      home: keeps || state.server !== state.home ? state.home : 0,
      tried: isLast ? [] : tried,
      open: keeps,
      failures,
      refused: false,
      registeredAt: null,
      again: false,
      probing: false,
      failed: { server: state.server, code: why.code },
      due: {
        act: now + Math.max(LEAST_RETRY_MS, ms, Math.min(isLast ? atLeastMs : 0, LONGEST_RETRY_AFTER_MS)),
        probe: null,
        scout: scouts ? now + LEAST_RETRY_MS + random() * SCOUT_MS : null,
      },
    },
    effects: [...(keeps ? [] : [{ kind: 'disconnect' } as const]), report('retrying', state.server, why)],
  };
}

function firstUntried(tried: readonly number[]): number {
  let server = 0;
  while (tried.includes(server)) server++;
  return server;
}

/** Full jitter (2 s doubling to 30 s); after a loss some quick tries first, and never far apart in a call. */
function retryMs(state: Registration, failures: number, quick: boolean, random: () => number): number {
  const first = quick ? (state.registeredAt === null ? QUICK_RETRIES : QUICK_RETURNS) : 0;
  const longest =
    failures <= first
      ? QUICK_RETRY_MS
      : Math.min(
          state.busy ? LONGEST_BUSY_RETRY_MS : LONGEST_RETRY_MS,
          FIRST_RETRY_MS * 2 ** Math.min(failures - first - 1, 10),
        );
  return longest * (LEAST_SHARE + (1 - LEAST_SHARE) * random());
}

/** A registration is gone: a new socket at once, unless it had hardly begun. `dead`: we noticed, nobody else did. */
function lose(state: Registration, why: Reason, surroundings: Surroundings, dead: boolean): Step {
  const { now, random } = surroundings;
  const lostAt = state.lostAt ?? now;
  if (state.registeredAt === null || now - state.registeredAt < GOOD_MS) {
    return fail({ ...state, lostAt }, why, surroundings);
  }
  const fresh = { ...state, failures: 0, tried: [], lostAt: now, scouts: SCOUTS };
  const said = report('retrying', state.server, why);
  if (dead || state.busy) return connect(fresh, now, state.server, [said]);
  return {
    state: {
      ...fresh,
      phase: 'waiting',
      open: false,
      registeredAt: null,
      probing: false,
      failed: { server: state.server, code: why.code },
      due: { act: now + random() * APART_MS, probe: null, scout: null },
    },
    effects: [said],
  };
}

function silence(state: Registration): Reason {
  return state.garbled
    ? reason('nonsense', 'the PBX answered something that is not SIP')
    : reason('no-answer', 'the PBX did not answer the registration in time');
}

function reason(code: Code, detail: string): Reason {
  return { code, detail: detail.slice(0, 512) };
}

function report(state: RegistrationEvent['state'], server: number, why?: Reason): Effect {
  return { kind: 'report', state, server, ...(why === undefined ? {} : { reason: why }) };
}

function probeMs(state: Registration): number {
  return (state.busy ? PROBE_BUSY_MS : PROBE_MS) * (state.answersProbes === false ? REGISTER_PROBE : 1);
}

function returnMs(state: Registration, random: () => number): number {
  return RETURN_MS * 2 ** Math.min(state.returns, 4) * (0.8 + random() * 0.4);
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

/**
 * Where a 3xx to REGISTER sends us (RFC 3261 section 8.1.3.4): to another of our servers where the contact names its
 * host, else to another Request-URI over the connection that is there. Null where it names nothing that can be used.
 *
 * @param servers WebSocket addresses
 * @param current the one in use
 */
export function redirectTarget(
  contacts: readonly string[],
  status: number,
  servers: readonly string[],
  current: number,
): Extract<Input, { kind: 'redirected' }>['to'] | null {
  for (const contact of contacts.flatMap(splitList)) {
    const { uri } = splitNameAddr(contact);
    const host = /^sips?:(?:[^@]*@)?(\[[^\]]+\]|[^:;?>\s]+)(?::(\d{1,5}))?/i.exec(uri);
    if (host === null) continue;
    const server = servers.findIndex((address) => isAt(address, host[1] ?? '', host[2]));
    if (server !== -1 && server !== current) return { server };
    // A proxy that is not ours cannot be reached from here: our policy names the places that can.
    if (status !== 305) return { registrar: uri };
  }
  return null;
}

function isAt(address: string, host: string, port: string | undefined): boolean {
  const url = new URL(address);
  const own = url.port === '' ? (url.protocol === 'wss:' ? '443' : '80') : url.port;
  return url.hostname.toLowerCase() === host.toLowerCase() && (port === undefined || port === own);
}
