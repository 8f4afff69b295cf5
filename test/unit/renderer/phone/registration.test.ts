import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  grantedExpires,
  redirectTarget,
  step,
  unregistered,
  type Effect,
  type Input,
  type Registration,
} from '../../../../renderer/phone/registration.ts';
import { randomSeed } from '../../../../scripts/random-seed.ts';

/** An input; `after`: milliseconds since the one before. A timer comes when it is due. */
type Timed = Input & { after?: number };

type Run = { state: Registration; effects: Effect[]; all: Effect[]; now: number };

/** Runs inputs through the machine and returns the last state and the last effects. */
function run(
  inputs: Timed[],
  { random = () => 0, servers = 1 }: { random?: () => number; servers?: number } = {},
): Run {
  let state = unregistered(servers);
  let effects: Effect[] = [];
  let now = 0;
  const all: Effect[] = [];
  for (const { after = 0, ...input } of inputs) {
    now = input.kind === 'timer' ? Math.max(now, state.armed ?? now) : now + after;
    ({ state, effects } = step(state, input as Input, { now, random }));
    all.push(...effects);
  }
  return { state, effects, all, now };
}

const start: Input = { kind: 'start' };
const open: Input = { kind: 'socket-open' };
const closed: Input = { kind: 'socket-closed', detail: 'gone' };
const timer: Input = { kind: 'timer' };
const heard: Input = { kind: 'heard', probe: false };
const pong: Input = { kind: 'heard', probe: true };
const busy: Input = { kind: 'busy', busy: true };
const reconnect: Input = { kind: 'reconnect', why: 'agent' };
const resume: Input = { kind: 'reconnect', why: 'resume' };
const accepted = (attempt = 1, expires = 600): Input => ({ kind: 'accepted', attempt, expires });
const rejected = (status: number, more: Partial<Extract<Input, { kind: 'rejected' }>> = {}): Input => ({
  kind: 'rejected',
  attempt: 1,
  status,
  phrase: 'No',
  challenged: true,
  minExpires: null,
  retryAfter: null,
  ...more,
});
const later = (input: Input, after: number): Timed => ({ ...input, after });
const reports = (effects: Effect[]) => effects.flatMap((e) => (e.kind === 'report' ? [[e.state, e.reason?.code]] : []));
const wait = (effects: Effect[]) => effects.flatMap((e) => (e.kind === 'wait' ? [e.ms] : [])).at(-1);
const kinds = (effects: Effect[]) => effects.map(({ kind }) => kind);
const servers = (effects: Effect[]) => effects.flatMap((e) => (e.kind === 'connect' ? [e.server] : []));

test('connects, sends REGISTER with the opening, is registered, refreshes early without a word', () => {
  expect(kinds(run([start]).effects)).toEqual(['report', 'connect', 'wait']);
  expect(run([start, open]).effects[0]).toEqual({
    kind: 'register',
    attempt: 1,
    expires: 600,
    registrar: null,
    outbound: true,
  });
  const registered = run([start, open, accepted(1, 10)]);
  expect(reports(registered.effects)).toEqual([['registered', undefined]]);
  expect(wait(registered.effects)).toBe(7_500);
  expect(wait(run([start, open, accepted(1, 10)], { random: () => 0.999 }).effects)).toBeGreaterThan(7_900);
  const refreshed = run([start, open, accepted(1, 10), timer, accepted(2)]);
  expect(refreshed.state.phase).toBe('registered');
  expect(reports(refreshed.effects)).toEqual([]);
});

test.each<[string, Input[], string, string]>([
  ['wrong password', [open, rejected(401)], 'refused', 'wrong-password'],
  ['wrong password for a proxy', [open, rejected(407)], 'refused', 'wrong-password'],
  ['forbidden', [open, rejected(403)], 'refused', 'forbidden'],
  ['unknown extension', [open, rejected(404)], 'refused', 'unknown-extension'],
  ['a challenge that cannot be answered', [open, rejected(401, { challenged: false })], 'retrying', 'nonsense'],
  ['server error', [open, rejected(503)], 'retrying', 'server-error'],
  ['no socket', [closed], 'retrying', 'unreachable'],
  [
    'a certificate that is not trusted',
    [{ kind: 'socket-closed', detail: 'x', untrusted: true }],
    'retrying',
    'untrusted',
  ],
  ['a socket that never opens', [timer], 'retrying', 'unreachable'],
  ['silence', [open, timer], 'retrying', 'no-answer'],
  ['garbage, then silence', [open, { kind: 'garbled' }, timer], 'retrying', 'nonsense'],
  ['garbage, then the end', [open, { kind: 'garbled' }, closed], 'retrying', 'nonsense'],
  ['an end without an answer', [open, closed], 'retrying', 'no-answer'],
  ['accepted for no time', [open, accepted(1, 0)], 'retrying', 'nonsense'],
])('%s', (_name, inputs, state, code) => {
  const { effects, state: after } = run([start, ...inputs]);
  expect(reports(effects)).toEqual([[state, code]]);
  expect(after.phase).toBe('waiting');
});

test('a certificate that is known to be refused only afterwards is said all the same, once', () => {
  const untrusted: Input = { kind: 'untrusted', server: 0, detail: 'unknown authority' };
  expect(reports(run([start, closed, untrusted]).effects)).toEqual([['retrying', 'untrusted']]);
  expect(run([start, closed, untrusted, untrusted]).effects).toEqual([]);
  expect(run([start, open, accepted(), untrusted]).effects).toEqual([]);
});

test('a no of the PBX is asked again after minutes, on the same socket; a failure after seconds', () => {
  expect(wait(run([start, open, rejected(403)]).effects)).toBeGreaterThanOrEqual(180_000);
  expect(run([start, open, rejected(403), timer]).effects[0]).toMatchObject({ kind: 'register', attempt: 2 });
  expect(wait(run([start, open, timer]).effects)).toBeLessThanOrEqual(2_000);
  expect(kinds(run([start, open, timer]).effects)).toContain('disconnect');
});

test('backs off with full jitter from 2 s to 30 s, and keeps to Retry-After', () => {
  const delays = (random: number) =>
    Array.from({ length: 8 }, (_, tries) =>
      wait(
        run([start, ...Array.from({ length: tries }, () => [closed, timer]).flat(), closed], { random: () => random })
          .effects,
      ),
    );
  expect(delays(0.9999).map((ms) => Math.round((ms ?? 0) / 1000))).toEqual([2, 4, 8, 16, 30, 30, 30, 30]);
  expect(delays(0).map((ms) => (ms ?? 0) / 1000)).toEqual([0.2, 0.4, 0.8, 1.6, 3, 3, 3, 3]);
  expect(wait(run([start, open, rejected(503, { retryAfter: 60 })]).effects)).toBe(60_000);
  expect(wait(run([start, open, rejected(503, { retryAfter: 999_999 })]).effects)).toBe(300_000);
});

test('423 is asked again at once with the longer lifetime, and not without end', () => {
  expect(run([start, open, rejected(423, { minExpires: 1800 })]).effects[0]).toMatchObject({
    kind: 'register',
    attempt: 2,
    expires: 1800,
  });
  expect(reports(run([start, open, rejected(423, { minExpires: 10 })]).effects)).toEqual([
    ['retrying', 'server-error'],
  ]);
  const greedy = [1, 2, 3, 4].map((attempt) => rejected(423, { attempt, minExpires: 600 + attempt }));
  expect(reports(run([start, open, ...greedy]).effects)).toEqual([['retrying', 'server-error']]);
});

test('439 is asked again without Outbound, once', () => {
  expect(run([start, open, rejected(439)]).effects[0]).toMatchObject({ kind: 'register', outbound: false });
  expect(reports(run([start, open, rejected(439), rejected(439, { attempt: 2 })]).effects)).toEqual([
    ['retrying', 'server-error'],
  ]);
});

describe('a lost socket', () => {
  const registered = [start, open, accepted()];

  test('is replaced at once in a call, else within a quarter of a second', () => {
    const inCall = run([...registered, busy, later(closed, 60_000)]);
    expect(kinds(inCall.effects)).toEqual(['report', 'connect', 'wait']);
    expect(reports(inCall.effects)).toEqual([['retrying', 'unreachable']]);
    const idle = run([...registered, later(closed, 60_000)], { random: () => 0.9999 });
    expect(reports(idle.effects)).toEqual([['retrying', 'unreachable']]);
    expect(wait(idle.effects)).toBeLessThanOrEqual(250);
    expect(kinds(run([...registered, later(closed, 60_000), timer]).effects)).toContain('connect');
  });

  test('mends the calls once there is another registration', () => {
    const again = [open, accepted(2)];
    expect(kinds(run([...registered, busy, later(closed, 60_000), ...again]).effects)).toContain('recover');
    expect(kinds(run([...registered, later(resume, 60_000), ...again]).effects)).toContain('recover');
    expect(kinds(run(registered).all)).not.toContain('recover');
    expect(kinds(run([...registered, timer, timer, accepted(2)]).all)).not.toContain('recover');
  });

  test('backs off when the PBX accepts and hangs up, over and over', () => {
    let inputs: Timed[] = [start];
    for (let attempt = 1; attempt <= 60; attempt++) {
      inputs = [...inputs, open, accepted(attempt), later(closed, 500)];
      while (!kinds(run(inputs, { random: () => 0.9999 }).effects).includes('connect')) inputs = [...inputs, timer];
    }
    const { all, now } = run(inputs, { random: () => 0.9999 });
    expect(servers(all)).toHaveLength(61);
    expect(now).toBeGreaterThan(300_000);
  });

  test('makes it look often for the server while that may just be restarting, then less', () => {
    const lost = [...registered, later(closed, 60_000), timer];
    const first = run([...lost, closed], { random: () => 0.9999 });
    expect(wait(first.effects)).toBeLessThanOrEqual(500);
    const calmly = { random: () => 0.5 };
    const looked = run([...lost, closed, timer], calmly);
    expect(looked.effects[0]).toEqual({ kind: 'scout', server: 0, briefly: true });
    const scouted = (reachable: boolean): Input => ({ kind: 'scouted', server: 0, reachable });
    expect(servers(run([...lost, closed, timer, scouted(true)], calmly).effects)).toEqual([0]);
    // It answers and cannot be used, over and over: that is no way to find out.
    const useless = Array.from({ length: 5 }, () => [closed, timer, scouted(true)]).flat();
    expect(servers(run([...lost, ...useless], calmly).all)).toHaveLength(7);
    expect(run([...lost, ...useless, closed], calmly).state.due.scout).toBeNull();
    expect(run([...lost, closed, timer, scouted(false)], calmly).state.due.scout).not.toBeNull();
    expect(run([...lost, closed, timer, later(scouted(false), 61_000)], calmly).state.due.scout).toBeNull();
  });
});

describe('probes', () => {
  const quiet = [start, open, accepted(), timer];

  test('are sent when it was quiet for a while, sooner in a call', () => {
    const probed = run(quiet);
    expect(kinds(probed.effects)).toContain('probe');
    expect(probed.now).toBe(15_000);
    expect(run([start, open, accepted(), busy, timer]).now).toBe(5_000);
    expect(kinds(run([start, open, accepted(), later(heard, 14_000), timer]).all)).not.toContain('probe');
  });

  test('without an answer mean a dead socket: a new one at once', () => {
    const dead = run([...quiet, pong, timer, timer]);
    expect(dead.now - 30_000).toBe(3_000);
    expect(reports(dead.effects)).toEqual([['retrying', 'no-answer']]);
    expect(kinds(dead.effects)).toContain('connect');
    expect(reports(run([...quiet, pong, timer, heard]).effects)).toEqual([]);
  });

  test('of a PBX that never answered one are checked by a REGISTER, which takes their place', () => {
    const doubted = run([...quiet, timer]);
    expect(doubted.effects[0]).toMatchObject({ kind: 'register', attempt: 2 });
    expect(reports(run([...quiet, timer, timer]).effects)).toEqual([['retrying', 'no-answer']]);
    const trusted = run([...quiet, timer, heard, accepted(2), timer]);
    expect(trusted.state.answersProbes).toBe(false);
    expect(trusted.effects[0]).toMatchObject({ kind: 'register', attempt: 3 });
    expect(reports(run([...quiet, timer, heard, accepted(2), timer, timer]).effects)).toEqual([
      ['retrying', 'no-answer'],
    ]);
  });

  test('are sent when something may have happened to the network', () => {
    expect(kinds(run([start, open, accepted(), { kind: 'check' }]).effects)).toContain('probe');
    expect(run([start, { kind: 'check' }]).effects).toEqual([]);
  });
});

describe('several servers', () => {
  const two = { servers: 2 };

  test('are tried in their order, without a pause that is felt, and again from the first', () => {
    const next = run([start, closed], { servers: 2, random: () => 0.9999 });
    expect(wait(next.effects)).toBeLessThanOrEqual(250);
    expect(servers(run([start, closed, timer, closed, timer, closed, timer], { servers: 3 }).all)).toEqual([
      0, 1, 2, 0,
    ]);
    const round = run([start, closed, timer, closed], { servers: 2, random: () => 0.9999 });
    expect(wait(round.effects)).toBeGreaterThan(1_900);
  });

  test('a silent one is given up sooner where another is left', () => {
    expect(wait(run([start], two).effects)).toBe(3_000);
    expect(wait(run([start, timer, timer], two).effects)).toBe(8_000);
  });

  test('one that is overloaded gives way, but not in a call', () => {
    expect(servers(run([start, open, rejected(503), timer], two).all)).toEqual([0, 1]);
    const inCall = run([start, open, accepted(), busy, timer, timer, rejected(503, { attempt: 2 }), timer], two);
    expect(servers(inCall.all)).toEqual([0]);
  });

  test('a refusal is not asked of the others', () => {
    expect(servers(run([start, open, rejected(403), timer], two).all)).toEqual([0]);
  });

  test('a lost one is tried again before the next', () => {
    const lost = [start, open, accepted(), later(closed, 60_000), timer];
    expect(servers(run([...lost, closed, timer], two).all)).toEqual([0, 0, 1]);
  });

  test('goes home when that can be reached again, not during a call', () => {
    const away = [start, closed, timer, open, accepted()];
    const looks = (inputs: Timed[]) => {
      let inputsSoFar = [...away, ...inputs];
      for (let i = 0; i < 100; i++) {
        const { effects, state } = run(inputsSoFar, two);
        if (effects.some(({ kind }) => kind === 'scout')) return { inputsSoFar, state };
        inputsSoFar = [
          ...inputsSoFar,
          timer,
          ...(kinds(run([...inputsSoFar, timer], two).effects).includes('probe') ? [pong] : []),
        ];
      }
      return null;
    };
    const looked = looks([]);
    expect(looked).not.toBeNull();
    const scouted: Input = { kind: 'scouted', server: 0, reachable: true };
    expect(servers(run([...(looked?.inputsSoFar ?? []), scouted], two).effects)).toEqual([0]);
    expect(run([...(looked?.inputsSoFar ?? []), { ...scouted, reachable: false }], two).effects).toEqual([]);
    expect(run([...(looked?.inputsSoFar ?? []), busy, scouted], two).state.phase).toBe('registered');
    // It answers, but does not register us: back, and longer until the next time.
    const back = run([...(looked?.inputsSoFar ?? []), scouted, closed, timer, open, accepted(2)], two);
    expect(back.state).toMatchObject({ phase: 'registered', server: 1, returns: 1 });
  });
});

describe('a redirection', () => {
  const redirected = (to: Extract<Input, { kind: 'redirected' }>['to'], attempt = 1): Input => ({
    kind: 'redirected',
    attempt,
    to,
  });

  test('leads to another of our servers, which is home then', () => {
    const { state, effects } = run([start, open, redirected({ server: 1 })], { servers: 2 });
    expect(servers(effects)).toEqual([1]);
    expect(state.home).toBe(1);
    expect(run([start, open, redirected({ server: 1 }), open, accepted(2)], { servers: 2 }).state.due.scout).toBeNull();
  });

  test('leads to another registrar over the same socket', () => {
    const registrar = 'sip:other.test';
    expect(run([start, open, redirected({ registrar })]).effects[0]).toMatchObject({ kind: 'register', registrar });
  });

  test('in circles ends, as does one to a server that failed', () => {
    const round = (attempt: number) => redirected({ registrar: 'sip:other.test' }, attempt);
    expect(reports(run([start, open, ...[1, 2, 3, 4, 5, 6].map(round)]).effects)).toEqual([
      ['retrying', 'server-error'],
    ]);
    const failed = run([start, open, redirected({ server: 1 }), closed, timer, open, redirected({ server: 1 }, 2)], {
      servers: 2,
    });
    expect(reports(failed.effects)).toEqual([['retrying', 'server-error']]);
  });

  test.each([
    ['one of ours', ['<sip:b.test:8443;transport=wss>'], 302, { server: 1 }],
    ['one of ours without a port', ['"B" <sip:101@B.test>;q=1'], 301, { server: 1 }],
    ['a proxy of ours', ['<sip:b.test>'], 305, { server: 1 }],
    ['where we are', ['<sip:a.test>'], 302, { registrar: 'sip:a.test' }],
    ['elsewhere', ['<sip:c.test>'], 302, { registrar: 'sip:c.test' }],
    ['the second of two', ['<tel:+1>, <sip:b.test>'], 302, { server: 1 }],
    ['a proxy elsewhere', ['<sip:c.test>'], 305, null],
    ['no SIP address', ['<https://b.test>'], 302, null],
    ['nothing', [], 302, null],
  ])('to %s', (_name, contacts, status, target) => {
    expect(redirectTarget(contacts, status, ['wss://a.test/ws', 'wss://b.test:8443/ws'], 0)).toEqual(target);
  });
});

describe('reconnect', () => {
  test('starts anew from everywhere, and stop ends it for good', () => {
    for (const before of [
      [start],
      [start, open],
      [start, open, accepted()],
      [start, open, rejected(403)],
      [start, closed],
    ]) {
      expect(kinds(run([...before, reconnect]).effects).slice(0, 2)).toEqual(['report', 'connect']);
      expect(run([...before, { kind: 'stop' }, reconnect, open, timer]).effects).toEqual([]);
    }
    expect(kinds(run([start, open, accepted(), { kind: 'stop' }]).effects)).toEqual(['unregister', 'report', 'rest']);
    expect(kinds(run([start, open, { kind: 'stop' }]).effects)).toEqual(['disconnect', 'report', 'rest']);
  });

  test('of a swarm is one, and what was under way for the old network is begun anew', () => {
    const swarm = run([start, open, accepted(), resume, later(resume, 100), later(resume, 100)]);
    expect(servers(swarm.all)).toEqual([0, 0]);
    const slow = run([start, open, accepted(), resume, later(resume, 1_500), timer]);
    expect(slow.now).toBe(2_000);
    expect(servers(slow.effects)).toEqual([0]);
    const done = run([start, open, accepted(), resume, open, accepted(2), later(resume, 100)]);
    expect(kinds(done.effects)).toContain('probe');
  });

  test('after more and more wake-ups comes less and less often, as with a Power Nap', () => {
    const naps = Array.from({ length: 100 }, () => later(resume, 1_000));
    expect(servers(run([start, open, accepted(), ...naps]).all).length).toBeLessThan(10);
    // But a wake-up now and then is answered each time.
    const days = Array.from({ length: 5 }, () => later(resume, 3_600_000));
    expect(servers(run([start, open, accepted(), ...days]).all)).toHaveLength(6);
  });

  test('a refusal is one no longer when the PBX asks for something else the next time', () => {
    const asked = run([start, open, rejected(401), timer, rejected(439, { attempt: 2 })]);
    expect(asked.now).toBeGreaterThanOrEqual(300_000);
    expect(asked.effects[0]).toMatchObject({ kind: 'register', attempt: 3, outbound: false });
    const unanswered = run([start, open, rejected(401), timer, rejected(439, { attempt: 2 }), timer]);
    expect(reports(unanswered.effects)).toEqual([['retrying', 'no-answer']]);
  });

  test('by itself does not try a refused password; the agent may', () => {
    expect(run([start, open, rejected(401), later(resume, 60_000)]).effects).toEqual([]);
    expect(kinds(run([start, open, rejected(401), later(reconnect, 60_000)]).effects)).toContain('connect');
  });
});

/** What the world can do to a phone; the model knows which of it can happen. */
type Happening =
  | { kind: 'time' }
  | { kind: 'pass'; ms: number }
  | { kind: 'open' }
  | { kind: 'close' }
  | { kind: 'vanish' }
  | { kind: 'accept'; expires: number }
  | { kind: 'reject'; status: number; retryAfter: number | null; minExpires: number | null; challenged: boolean }
  | { kind: 'stale-answer' }
  | { kind: 'redirect'; server: number | null }
  | { kind: 'garbage' }
  | { kind: 'pong' }
  | { kind: 'traffic' }
  | { kind: 'scouted'; reachable: boolean }
  | { kind: 'call'; busy: boolean }
  | { kind: 'nudge'; why: 'agent' | 'resume' | 'network' }
  | { kind: 'check' }
  | { kind: 'untrusted' }
  | { kind: 'stop' };

const happening: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 8, arbitrary: fc.constant<Happening>({ kind: 'time' }) },
  { weight: 3, arbitrary: fc.integer({ min: 0, max: 700_000 }).map((ms): Happening => ({ kind: 'pass', ms })) },
  { weight: 6, arbitrary: fc.constant<Happening>({ kind: 'open' }) },
  { weight: 3, arbitrary: fc.constantFrom<Happening>({ kind: 'close' }, { kind: 'vanish' }) },
  {
    weight: 6,
    arbitrary: fc
      .oneof(fc.integer({ min: 1, max: 7200 }), fc.integer({ min: -1, max: 2 ** 31 }), fc.constant(Number.NaN))
      .map((expires): Happening => ({ kind: 'accept', expires })),
  },
  {
    weight: 3,
    arbitrary: fc
      .record({
        status: fc.oneof(fc.constantFrom(401, 403, 407, 423, 439, 503), fc.integer({ min: 300, max: 699 })),
        retryAfter: fc.option(fc.nat(1000)),
        minExpires: fc.option(fc.nat(100_000)),
        challenged: fc.boolean(),
      })
      .map((more): Happening => ({ kind: 'reject', ...more })),
  },
  { weight: 1, arbitrary: fc.option(fc.nat(2)).map((server): Happening => ({ kind: 'redirect', server })) },
  {
    weight: 4,
    arbitrary: fc.constantFrom<Happening>(
      { kind: 'stale-answer' },
      { kind: 'garbage' },
      { kind: 'pong' },
      { kind: 'traffic' },
      { kind: 'check' },
      { kind: 'untrusted' },
    ),
  },
  {
    weight: 3,
    arbitrary: fc
      .boolean()
      .chain((yes) => fc.constantFrom<Happening>({ kind: 'scouted', reachable: yes }, { kind: 'call', busy: yes })),
  },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom<'agent' | 'resume' | 'network'>('agent', 'resume', 'network')
      .map((why): Happening => ({ kind: 'nudge', why })),
  },
);

const world = fc.record({
  servers: fc.integer({ min: 1, max: 3 }),
  happenings: fc.array(happening, { maxLength: 60 }),
  stops: fc.option(fc.nat(60)),
  chances: fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })),
});
type World = typeof world extends fc.Arbitrary<infer T> ? T : never;

/** The world as it is: one socket at most, one timer at most, REGISTERs and their answers. Checks every effect. */
class Model {
  state: Registration;
  now = 0;
  timer: number | null = null;
  /** `dead`: open as far as we know, but nothing comes or goes any more. */
  socket: 'none' | 'connecting' | 'open' | 'dead' = 'none';
  pending: number | null = null;
  scout: number | null = null;
  stopped = false;
  registers: number[] = [];
  connects: number[] = [];
  /** When the password was refused, until the agent asks again. */
  refusedAt: number | null = null;
  said: string | null = null;
  readonly #random: () => number;

  constructor({ servers, chances }: Pick<World, 'servers' | 'chances'>) {
    this.state = unregistered(servers);
    this.#random = () => {
      const next: IteratorResult<number, undefined> = chances.next();
      return next.done === true ? 0.5 : next.value;
    };
  }

  feed(input: Input): void {
    const wasStopped = this.stopped;
    const { state, effects } = step(this.state, input, { now: this.now, random: this.#random });
    this.state = state;
    if (wasStopped) assert.deepEqual(effects, []);
    assert(effects.filter(({ kind }) => kind === 'register' || kind === 'unregister').length <= 1);
    for (const effect of effects) this.#apply(effect);
    this.check();
  }

  #apply(effect: Effect): void {
    switch (effect.kind) {
      case 'connect':
        assert(effect.server < this.state.servers);
        this.socket = 'connecting';
        this.pending = null;
        this.connects.push(this.now);
        return;
      case 'disconnect':
        this.socket = 'none';
        this.pending = null;
        return;
      case 'register':
        // Never on a closed socket, and never before it is open.
        assert(this.socket === 'open' || this.socket === 'dead');
        assert(effect.expires > 0);
        assert(this.refusedAt === null || this.now - this.refusedAt >= 300_000);
        this.pending = effect.attempt;
        this.registers.push(this.now);
        return;
      case 'unregister':
        assert(this.socket === 'open' || this.socket === 'dead');
        return;
      case 'probe':
        assert(this.socket === 'open' || this.socket === 'dead');
        return;
      case 'scout':
        assert(effect.server < this.state.servers);
        this.scout = effect.server;
        return;
      case 'wait':
        // What a browser can keep.
        assert(effect.ms > 0 && effect.ms < 2 ** 31);
        this.timer = this.now + effect.ms;
        return;
      case 'rest':
        this.timer = null;
        return;
      case 'report':
        this.said = effect.state;
        if (effect.state === 'refused') this.refusedAt = this.now;
        return;
      case 'recover':
        assert.equal(this.said, 'registered');
        return;
    }
  }

  check(): void {
    const { phase } = this.state;
    // As long as it has started there is a next step of its own.
    assert.equal(this.timer === null, phase === 'stopped');
    // What the machine believes of the socket is what we do.
    assert(!this.state.open || this.socket !== 'none');
    assert.equal(phase === 'registered' || phase === 'refreshing', this.said === 'registered');
    assert(phase !== 'registered' || this.state.open);
  }

  tick(): void {
    if (this.timer === null) return;
    this.now = Math.max(this.now, this.timer);
    this.timer = null;
    this.feed({ kind: 'timer' });
  }

  happens(what: Happening): void {
    switch (what.kind) {
      case 'time':
        return this.tick();
      case 'pass': {
        // Timers come on the way, as they do.
        const until = this.now + what.ms;
        for (let i = 0; this.timer !== null && this.timer <= until && i < 10_000; i++) this.tick();
        this.now = Math.max(this.now, until);
        return;
      }
      case 'open':
        if (this.socket !== 'connecting') return;
        this.socket = 'open';
        return this.feed({ kind: 'socket-open' });
      case 'close':
        if (this.socket === 'none') return;
        this.socket = 'none';
        this.pending = null;
        return this.feed({ kind: 'socket-closed', detail: '' });
      case 'vanish':
        if (this.socket === 'open') this.socket = 'dead';
        return;
      case 'accept':
        return this.#answer((attempt) => ({ kind: 'accepted', attempt, expires: what.expires }));
      case 'reject': {
        if (this.pending === null || this.socket !== 'open') return;
        const { kind: _, ...more } = what;
        this.#answer((attempt) => ({ kind: 'rejected', phrase: '', attempt, ...more }));
        return;
      }
      case 'redirect':
        return this.#answer((attempt) => ({
          kind: 'redirected',
          attempt,
          to: what.server === null ? { registrar: 'sip:x' } : { server: what.server % this.state.servers },
        }));
      case 'stale-answer':
        this.feed({ kind: 'accepted', attempt: this.state.attempt - 1, expires: 60 });
        return;
      case 'garbage':
        if (this.socket === 'open') this.feed({ kind: 'garbled' });
        return;
      case 'pong':
      case 'traffic':
        if (this.socket === 'open') this.feed({ kind: 'heard', probe: what.kind === 'pong' });
        return;
      case 'scouted': {
        if (this.scout === null) return;
        const server = this.scout;
        this.scout = null;
        return this.feed({ kind: 'scouted', server, reachable: what.reachable });
      }
      case 'call':
        return this.feed({ kind: 'busy', busy: what.busy });
      case 'nudge':
        if (what.why === 'agent') this.refusedAt = null;
        return this.feed({ kind: 'reconnect', why: what.why });
      case 'check':
        return this.feed({ kind: 'check' });
      case 'untrusted':
        return this.feed({ kind: 'untrusted', server: this.state.server, detail: '' });
      case 'stop':
        this.feed({ kind: 'stop' });
        this.stopped = true;
        return;
    }
  }

  #answer(make: (attempt: number) => Input): void {
    if (this.socket !== 'open' || this.pending === null) return;
    const attempt = this.pending;
    this.pending = null;
    this.feed({ kind: 'heard', probe: false });
    this.feed(make(attempt));
  }
}

/** The fixed seed finds the same again; the other one looks where nobody looked. */
const seeds = [20_260_101, 1646707278, randomSeed()];

describe.each(seeds)('whatever happens (seed %i)', (seed) => {
  test('one socket, one timer, no REGISTER on a closed socket, always a next step, nothing after stop', () => {
    fc.assert(
      fc.property(world, ({ happenings, stops, ...more }) => {
        const model = new Model(more);
        model.feed(start);
        for (const [index, what] of happenings.entries()) {
          if (index === stops) model.happens({ kind: 'stop' });
          model.happens(what);
        }
        // The model has checked every effect on the way.
        expect(model.stopped).toBe(model.state.phase === 'stopped');
      }),
      { seed, numRuns: 10_000 },
    );
  }, 120_000);

  test('once the PBX is there and answers, it is registered soon and stays it', () => {
    fc.assert(
      fc.property(world, ({ happenings, ...more }) => {
        const model = new Model(more);
        model.feed(start);
        for (const what of happenings) model.happens(what);
        const since = model.now;
        // From now on the PBX does all it should.
        for (let i = 0; i < 400 && model.state.phase !== 'registered'; i++) {
          if (model.socket === 'connecting') model.happens({ kind: 'open' });
          else if (model.socket === 'open' && model.pending !== null) model.happens({ kind: 'accept', expires: 600 });
          else if (model.scout !== null) model.happens({ kind: 'scouted', reachable: true });
          else model.tick();
        }
        expect(model.state.phase).toBe('registered');
        // A refusal and a Retry-After are the longest there is; dead sockets cost a probe.
        expect(model.now - since).toBeLessThanOrEqual(5 * 72_000 + 30_000);
      }),
      { seed, numRuns: 10_000 },
    );
  }, 120_000);

  test('a PBX that always fails in one way is not asked without end, nor the same password every minute', () => {
    const failures: Happening[][] = [
      [{ kind: 'close' }],
      [{ kind: 'open' }, { kind: 'close' }],
      [{ kind: 'open' }, { kind: 'accept', expires: 60 }, { kind: 'close' }],
      [{ kind: 'open' }, { kind: 'reject', status: 401, challenged: true, retryAfter: null, minExpires: null }],
      [{ kind: 'open' }, { kind: 'reject', status: 503, challenged: true, retryAfter: null, minExpires: null }],
      [{ kind: 'open' }, { kind: 'redirect', server: 1 }, { kind: 'close' }],
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...failures.entries()),
        fc.boolean(),
        world,
        ([which, failure], isBusy, { happenings: _, ...more }) => {
          const model = new Model(more);
          model.feed(start);
          if (isBusy) model.happens({ kind: 'call', busy: true });
          while (model.now < 300_000) {
            const before = model.registers.length + model.connects.length;
            for (const what of failure) model.happens(what);
            if (model.registers.length + model.connects.length === before && model.scout !== null) {
              model.happens({ kind: 'scouted', reachable: which !== 0 });
            } else model.tick();
          }
          const tries = which === 3 ? model.registers : model.connects;
          const busiest = Math.max(...tries.map((at, i) => tries.slice(i).filter((t) => t - at < 60_000).length));
          expect(busiest).toBeLessThanOrEqual(which === 3 ? 1 : 150 * more.servers);
        },
      ),
      { seed, numRuns: 1_000 },
    );
  }, 120_000);
});

test.each([
  ['our contact', ['<sip:x@h>;expires=30, <sip:me@a.invalid;transport=ws>;expires=120'], undefined, 120],
  ['a rewritten contact', ['<sip:101@10.0.0.1:5060>;expires=90'], undefined, 90],
  ['no lifetime on the contact', ['<sip:me@a.invalid>'], '300', 300],
  ['no contact at all', [], '240', 240],
  ['nothing', [], undefined, 600],
  ['nonsense in the header', [], 'soon', 600],
  ['none', ['<sip:me@a.invalid>;expires=0'], '600', 0],
])('granted: %s', (_name, contacts, expires, granted) => {
  expect(grantedExpires(contacts, expires, 'me', 600)).toBe(granted);
});
