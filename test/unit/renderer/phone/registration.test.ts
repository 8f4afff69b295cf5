import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  grantedExpires,
  step,
  unregistered,
  type Effect,
  type Input,
  type Registration,
} from '../../../../renderer/phone/registration.ts';

/** Runs inputs through the machine and returns the last state and the last effects. `at`: monotonic milliseconds. */
function run(
  inputs: (Input & { at?: number })[],
  random = () => 0,
): { state: Registration; effects: Effect[]; all: Effect[] } {
  let state = unregistered;
  let effects: Effect[] = [];
  const all: Effect[] = [];
  for (const { at = 0, ...input } of inputs) {
    ({ state, effects } = step(state, input as Input, { now: at, random }));
    all.push(...effects);
  }
  return { state, effects, all };
}

const start: Input = { kind: 'start' };
const open: Input = { kind: 'socket-open' };
const closed: Input = { kind: 'socket-closed', detail: 'gone' };
const timer: Input = { kind: 'timer' };
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
const reports = (effects: Effect[]) => effects.flatMap((e) => (e.kind === 'report' ? [[e.state, e.reason?.code]] : []));
const wait = (effects: Effect[]) => effects.flatMap((e) => (e.kind === 'wait' ? [e.ms] : [])).at(-1);
const kinds = (effects: Effect[]) => effects.map(({ kind }) => kind);

test('connects, sends REGISTER with the opening, is registered, refreshes early without a word', () => {
  expect(kinds(run([start]).effects)).toEqual(['report', 'wait', 'connect']);
  expect(run([start, open]).effects[0]).toEqual({ kind: 'register', attempt: 1, expires: 600 });
  const registered = run([start, open, accepted()]);
  expect(reports(registered.effects)).toEqual([['registered', undefined]]);
  expect(wait(registered.effects)).toBe(450_000);
  const refreshed = run([start, open, accepted(), timer, accepted(2)]);
  expect(refreshed.state.phase).toBe('registered');
  expect(reports(refreshed.effects)).toEqual([]);
});

test.each<[string, Input[], string, string]>([
  ['wrong password', [open, rejected(401)], 'refused', 'wrong-password'],
  ['forbidden', [open, rejected(403)], 'refused', 'forbidden'],
  ['unknown extension', [open, rejected(404)], 'refused', 'unknown-extension'],
  ['a challenge that cannot be answered', [open, rejected(401, { challenged: false })], 'retrying', 'nonsense'],
  ['server error', [open, rejected(503)], 'retrying', 'server-error'],
  ['redirection', [open, rejected(302)], 'retrying', 'server-error'],
  ['no socket', [closed], 'retrying', 'unreachable'],
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

test('a no of the PBX is asked again after minutes, on the same socket; a failure after seconds', () => {
  expect(wait(run([start, open, rejected(403)]).effects)).toBeGreaterThanOrEqual(180_000);
  expect(run([start, open, rejected(403), timer]).effects[0]).toMatchObject({ kind: 'register', attempt: 2 });
  expect(wait(run([start, open, timer]).effects)).toBeLessThanOrEqual(2_000);
  expect(kinds(run([start, open, timer]).effects)).toContain('disconnect');
});

test('backs off from 2 s to 30 s, with jitter, and keeps to Retry-After', () => {
  const delays = (random: number) =>
    Array.from({ length: 8 }, (_, tries) =>
      wait(run([start, ...Array.from({ length: tries }, () => [closed, timer]).flat(), closed], () => random).effects),
    );
  expect(delays(0.9999).map((ms) => Math.round((ms ?? 0) / 1000))).toEqual([2, 4, 8, 16, 30, 30, 30, 30]);
  expect(delays(0).map((ms) => (ms ?? 0) / 1000)).toEqual([1, 2, 4, 8, 15, 15, 15, 15]);
  expect(wait(run([start, open, rejected(503, { retryAfter: 60 })]).effects)).toBe(60_000);
  expect(wait(run([start, open, rejected(503, { retryAfter: 999_999 })]).effects)).toBe(300_000);
});

test('423 is asked again at once with the longer lifetime', () => {
  expect(run([start, open, rejected(423, { minExpires: 1800 })]).effects[0]).toEqual({
    kind: 'register',
    attempt: 2,
    expires: 1800,
  });
  expect(reports(run([start, open, rejected(423, { minExpires: 10 })]).effects)).toEqual([
    ['retrying', 'server-error'],
  ]);
});

describe('a lost socket', () => {
  test('is replaced at once when the registration was good', () => {
    const { effects } = run([start, open, accepted(), { ...closed, at: 60_000 }]);
    expect(kinds(effects)).toEqual(['report', 'wait', 'connect']);
    expect(reports(effects)).toEqual([['retrying', 'unreachable']]);
  });
  test('waits when it had hardly begun, so that a PBX that accepts and hangs up is not stormed', () => {
    const { effects } = run([start, open, accepted(), { ...closed, at: 500 }]);
    expect(kinds(effects)).not.toContain('connect');
  });
  test('that does not say so is found by the refresh', () => {
    const { effects } = run([start, open, accepted(), timer, { ...timer, at: 460_000 }]);
    expect(reports(effects)).toEqual([['retrying', 'no-answer']]);
    expect(kinds(effects)).toContain('connect');
  });
});

test('reconnect starts anew from everywhere, stop ends it for good', () => {
  for (const before of [
    [start],
    [start, open],
    [start, open, accepted()],
    [start, open, rejected(403)],
    [start, closed],
  ]) {
    expect(kinds(run([...before, { kind: 'reconnect' }]).effects)).toEqual(['report', 'wait', 'connect']);
    expect(run([...before, { kind: 'stop' }, { kind: 'reconnect' }, open, timer]).effects).toEqual([]);
  }
  expect(kinds(run([start, open, accepted(), { kind: 'stop' }]).effects)).toEqual(['rest', 'unregister', 'report']);
});

const inputs = fc.array(
  fc.oneof(
    fc.constantFrom<Input>(open, closed, timer, { kind: 'garbled' }, { kind: 'reconnect' }),
    fc.record({
      kind: fc.constant('accepted' as const),
      attempt: fc.integer({ min: 0, max: 12 }),
      expires: fc.oneof(fc.integer({ min: -1, max: 2 ** 31 }), fc.constant(Number.NaN)),
    }),
    fc
      .record({
        attempt: fc.integer({ min: 0, max: 12 }),
        status: fc.integer({ min: 300, max: 699 }),
        challenged: fc.boolean(),
      })
      .map(({ status, ...more }) => rejected(status, more)),
  ),
  { maxLength: 40 },
);

test('in any order of events it always has a next step: registered, or a timer that a browser can keep', () => {
  fc.assert(
    fc.property(inputs, (some) => {
      let state = step(unregistered, start, { now: 0, random: Math.random }).state;
      let now = 0;
      let last: Effect[] = [{ kind: 'wait', ms: 1 }];
      for (const input of some) {
        const before = state;
        const next = step(state, input, { now: (now += 1000), random: () => 0.5 });
        state = next.state;
        if (state.phase !== before.phase || next.effects.length > 0) last = next.effects;
        for (const effect of next.effects) {
          if (effect.kind === 'wait') expect(effect.ms > 0 && effect.ms < 2 ** 31).toBe(true);
        }
        expect(kinds(last)).toContain('wait');
        expect(next.effects.filter(({ kind }) => kind === 'register').length).toBeLessThanOrEqual(1);
        expect(['idle', 'stopped']).not.toContain(state.phase);
      }
    }),
  );
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
