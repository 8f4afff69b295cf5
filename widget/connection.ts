/**
 * The connection to the desktop as data: one state machine for the browser's permission, the walk over the ports,
 * the hand-shake and the way back after a loss. Pure; client.ts carries out the effects.
 */
import { BRIDGE_PORTS, type RefusalCode, type Way } from '../app/bridge/protocol.ts';

/** Whether this page may reach programs on this computer; `unknown` where the browser has no such question. */
export type Permission = 'granted' | 'prompt' | 'denied' | 'unknown';

/** The socket, or where none can be opened a script that is loaded every few seconds. */
export type Transport = 'socket' | 'polling';

export type Problem =
  /** `hung`: it did not even fail. Where the browser cannot be asked, it may be asking the agent. */
  | { kind: 'not-running'; hung?: true }
  /** It answers on our port, but could not prove that it is the desktop that this browser was paired with. */
  | { kind: 'impostor' }
  | { kind: 'refused'; code: RefusalCode; seconds: number | null; tries: number | null };

export type Phase =
  | 'idle'
  /** The browser will ask for permission: waits for the agent's click. */
  | 'asking'
  | 'denied'
  /** Waits for a code to be typed. */
  | 'unpaired'
  /** Looks for the desktop, port by port. */
  | 'connecting'
  /** All ports tried in vain: asks the browser whether it was the one that refused. */
  | 'inquiring'
  | 'pairing'
  | 'authenticating'
  | 'connected'
  /** Waits for the next try. */
  | 'lost'
  /** The desktop is there and will not have this tab; tried again later, since sign-ins change. */
  | 'refused';

export type Connection = {
  readonly phase: Phase;
  /** Counts every attempt: what is heard from an earlier one is ignored. */
  readonly generation: number;
  /** A token is kept. */
  readonly paired: boolean;
  readonly permission: Permission;
  readonly way: Way;
  /** The typed code of the attempt that is going on. */
  readonly code: string | null;
  /** Index into the list of ports. */
  readonly port: number;
  /** Attempts in a row that failed. */
  readonly failures: number;
  readonly problem: Problem | null;
  readonly transport: Transport;
  /** The browser asked the agent, who closed the question without an answer: it asks again at the next click. */
  readonly dismissed: boolean;
  /** Milliseconds of the attempts of this walk that failed in silence: the shortest and the longest. */
  readonly silence: { readonly least: number; readonly most: number } | null;
};

export type Effect =
  | { do: 'ask-permission'; generation: number }
  /** `patient`: the browser may be asking the agent in the meantime. */
  | {
      do: 'dial';
      generation: number;
      port: number;
      transport: Transport;
      way: Way;
      code: string | null;
      patient: boolean;
    }
  | { do: 'hang-up' }
  | { do: 'wait'; generation: number; milliseconds: number };

export type ConnectionEvent =
  | { on: 'start'; paired: boolean }
  | { on: 'permission'; generation: number; permission: Permission }
  /** The browser's permission has changed by itself. */
  | { on: 'permission-changed'; permission: Permission }
  | { on: 'connect' }
  | { on: 'code'; code: string }
  | { on: 'opened'; generation: number }
  | { on: 'paired'; generation: number }
  | { on: 'ready'; generation: number }
  /** The attempt on this port has come to nothing, after so many milliseconds. */
  | { on: 'failed'; generation: number; problem: Problem; milliseconds: number }
  /** A connection that was ready is gone. */
  | { on: 'closed'; generation: number }
  | { on: 'timer'; generation: number }
  /** Another tab of this browser was paired, or the token is gone. */
  | { on: 'token'; paired: boolean }
  | { on: 'stop' };

type Step = readonly [Connection, readonly Effect[]];

export const IDLE: Connection = {
  phase: 'idle',
  generation: 0,
  paired: false,
  permission: 'unknown',
  way: 'token',
  code: null,
  port: 0,
  failures: 0,
  problem: null,
  transport: 'socket',
  dismissed: false,
  silence: null,
};

/**
 * A port where nobody listens fails at once, and every one of them as fast as the next. Where the browser asks, one of
 * them takes as long as a person needs to read a question: so much longer, in milliseconds, at the least.
 */
const A_PERSON = 350;
/** No port takes so long to fail by itself, not even on Windows, where it is two seconds. */
const SURELY_A_PERSON = 3000;

const FIRST_WAIT = 1000;
const LONGEST_WAIT = 30_000;

/** Half to the whole of a wait that doubles with each failure, in milliseconds; `random` is in [0, 1). */
export function backOff(failures: number, random: number): number {
  const whole = Math.min(FIRST_WAIT * 2 ** Math.max(0, failures - 1), LONGEST_WAIT);
  return Math.round(whole * (0.5 + random / 2));
}

/** Answers that hold for every port: the right desktop has spoken, and there is no use in asking another. */
const FINAL: ReadonlySet<RefusalCode> = new Set(['too-many', 'other-account', 'other-user']);

/** Of two desktops on this computer, the one that says more about the agent's own: the later in this list. */
const TELLING: readonly (RefusalCode | 'silence' | 'impostor')[] = [
  'silence',
  'impostor',
  'no-code',
  'unknown-browser',
  'wrong-proof',
  'version',
  'locked-out',
  'wrong-code',
];
const telling = (problem: Problem): number => {
  if (problem.kind === 'not-running') return TELLING.indexOf('silence');
  const rank = TELLING.indexOf(problem.kind === 'impostor' ? 'impostor' : problem.code);
  return rank < 0 ? TELLING.length : rank;
};

/** The state after an event, and what is to be done. `random` in [0, 1) spreads the tabs' retries. */
export function reduce(now: Connection, event: ConnectionEvent, random: number): Step {
  if ('generation' in event && event.generation !== now.generation) return [now, []];
  switch (event.on) {
    case 'start':
      if (now.phase !== 'idle') return [now, []];
      return inquire({ ...IDLE, generation: now.generation, paired: event.paired });
    case 'stop':
      return [{ ...IDLE, generation: now.generation + 1 }, [{ do: 'hang-up' }]];
    default:
      return now.phase === 'idle' ? [now, []] : running(now, event, random);
  }
}

function running(
  now: Connection,
  event: Exclude<ConnectionEvent, { on: 'start' } | { on: 'stop' }>,
  random: number,
): Step {
  switch (event.on) {
    case 'permission':
      if (now.phase !== 'inquiring') return [{ ...now, permission: event.permission }, []];
      return settle({ ...now, permission: event.permission }, random);
    case 'permission-changed':
      return permissionChanged({ ...now, permission: event.permission });
    case 'connect':
      if (isTrying(now)) return [now, []];
      // The agent says that the browser allows it now: it is asked, before anything is tried.
      if (now.phase === 'denied') return inquire({ ...now, problem: null });
      return now.paired ? dial({ ...now, failures: 0 }, 'token', null) : [now, []];
    case 'code':
      return isTrying(now) ? [now, []] : dial({ ...now, failures: 0 }, 'code', event.code);
    case 'opened':
      if (now.phase !== 'connecting') return [now, []];
      return [{ ...now, phase: now.way === 'code' ? 'pairing' : 'authenticating' }, []];
    case 'paired':
      return [{ ...now, phase: 'authenticating', paired: true, way: 'token', code: null }, []];
    case 'ready':
      return [{ ...now, phase: 'connected', permission: reached(now.permission), failures: 0, problem: null }, []];
    case 'failed':
      return failed(now, event.problem, event.milliseconds);
    case 'closed':
      return now.phase === 'connected' ? retry({ ...now, failures: 1, problem: null }, 'lost', random) : [now, []];
    case 'timer':
      if (now.phase !== 'lost' && now.phase !== 'refused') return [now, []];
      // The browser has come to ask (again) in the meantime: that needs a click.
      return now.permission === 'prompt' ? [{ ...now, phase: 'asking' }, []] : dial(now, 'token', null);
    case 'token':
      if (!event.paired) return [{ ...now, paired: false }, []];
      if (now.phase === 'connected' || now.phase === 'denied') return [{ ...now, paired: true }, []];
      return inquire({ ...now, paired: true, problem: null });
    default: {
      const never: never = event;
      return never;
    }
  }
}

/** A connection came about, so the browser allows it, whether or not it has told of the change. */
const reached = (permission: Permission): Permission => (permission === 'prompt' ? 'granted' : permission);

const isTrying = ({ phase }: Connection): boolean =>
  phase === 'connecting' || phase === 'pairing' || phase === 'authenticating' || phase === 'connected';

/** Starts a walk over the ports. */
function dial(now: Connection, way: Way, code: string | null): Step {
  return tryPort({ ...now, way, code, problem: null, transport: 'socket', dismissed: false, silence: null }, 0);
}

function tryPort(now: Connection, port: number): Step {
  const generation = now.generation + 1;
  const next: Connection = { ...now, phase: 'connecting', generation, port };
  const { way, code, permission, transport } = next;
  return [
    next,
    [
      { do: 'hang-up' },
      {
        do: 'dial',
        generation,
        port: BRIDGE_PORTS[port] ?? 0,
        transport,
        way,
        code,
        patient: permission === 'prompt',
      },
    ],
  ];
}

function failed(now: Connection, problem: Problem, milliseconds: number): Step {
  const kept = now.problem === null || telling(problem) >= telling(now.problem) ? problem : now.problem;
  const { least, most } = now.silence ?? { least: milliseconds, most: milliseconds };
  const silence =
    problem.kind === 'not-running'
      ? { least: Math.min(least, milliseconds), most: Math.max(most, milliseconds) }
      : now.silence;
  const next = { ...now, problem: kept, silence };
  if (problem.kind === 'refused' && FINAL.has(problem.code)) return inquire({ ...next, problem });
  // A closed question: another port might bring up the next one, and after three the browser takes them for a no.
  if (now.permission === 'prompt' && problem.kind === 'not-running' && tookAPerson(next)) return inquire(next);
  return now.port + 1 < BRIDGE_PORTS.length ? tryPort(next, now.port + 1) : inquire(next);
}

/** What to do next depends on what the browser allows. */
function inquire(now: Connection): Step {
  const generation = now.generation + 1;
  return [{ ...now, phase: 'inquiring', generation }, [{ do: 'hang-up' }, { do: 'ask-permission', generation }]];
}

const tookAPerson = ({ silence }: Connection): boolean =>
  silence !== null && (silence.most - silence.least >= A_PERSON || silence.most >= SURELY_A_PERSON);

const ask = (now: Connection): Step => [{ ...now, phase: now.paired ? 'asking' : 'unpaired', code: null }, []];

/** After the browser's answer: at the start (no problem yet), or at the end of a walk. */
function settle(now: Connection, random: number): Step {
  const { permission, problem, paired, way } = now;
  if (permission === 'denied') return [{ ...now, phase: 'denied', code: null }, []];
  // Not asked yet, or the question was closed, or nobody is there: only a click may bring the question up (again).
  if (permission === 'prompt' && (problem === null || problem.kind === 'not-running')) {
    return ask({ ...now, dismissed: tookAPerson(now) });
  }
  // It was allowed after all, and what listened there is no Ringside: the walk goes on.
  if (permission === 'granted' && problem?.kind === 'not-running' && now.port + 1 < BRIDGE_PORTS.length) {
    return tryPort(now, now.port + 1);
  }
  // The browser cannot be asked, and an attempt that hangs may be its question: the next one, by a click, has time.
  if (permission === 'unknown' && problem?.kind === 'not-running' && problem.hung === true) {
    return ask({ ...now, permission: 'prompt' });
  }
  // Nobody answered on a socket, and the browser would let us: perhaps something between keeps sockets from opening.
  if (problem?.kind === 'not-running' && now.transport === 'socket') {
    return tryPort({ ...now, transport: 'polling' }, 0);
  }
  if (problem === null) return paired ? dial(now, 'token', null) : [{ ...now, phase: 'unpaired' }, []];
  if (way === 'code') return [{ ...now, phase: 'unpaired', code: null }, []];
  const after = { ...now, failures: now.failures + 1 };
  if (problem.kind !== 'refused') return retry(after, 'lost', random);
  switch (problem.code) {
    case 'unknown-browser':
    case 'wrong-proof':
      // The token stays: another person's desktop may have answered on this computer.
      return [{ ...now, phase: 'unpaired' }, []];
    case 'other-account':
    case 'other-user':
    case 'version':
    case 'too-many':
      return retry({ ...after, failures: Infinity }, 'refused', random);
    default:
      return retry(after, 'lost', random);
  }
}

function retry(now: Connection, phase: 'lost' | 'refused', random: number): Step {
  const generation = now.generation + 1;
  const milliseconds = backOff(now.failures, random);
  return [
    { ...now, phase, generation, failures: Number.isFinite(now.failures) ? now.failures : 0 },
    [{ do: 'hang-up' }, { do: 'wait', generation, milliseconds }],
  ];
}

function permissionChanged(now: Connection): Step {
  if (now.permission === 'denied') {
    // A socket that is open stays open; without one there is no use in trying.
    if (now.phase === 'connected') return [now, []];
    return [{ ...now, phase: 'denied', generation: now.generation + 1, code: null }, [{ do: 'hang-up' }]];
  }
  if (now.phase === 'denied' || (now.phase === 'asking' && now.permission === 'granted')) {
    return inquire({ ...now, problem: null });
  }
  return [now, []];
}
