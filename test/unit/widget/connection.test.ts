import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BRIDGE_PORTS, REFUSALS, type RefusalCode } from '../../../app/bridge/protocol.ts';
import {
  backOff,
  IDLE,
  reduce,
  type Connection,
  type ConnectionEvent,
  type Effect,
  type Permission,
  type Problem,
} from '../../../widget/connection.ts';

const NOT_RUNNING: Problem = { kind: 'not-running' };
const refused = (code: RefusalCode): Problem => ({ kind: 'refused', code, seconds: null, tries: null });
type Loose = ConnectionEvent extends infer E
  ? E extends { on: 'failed' }
    ? Omit<E, 'generation' | 'milliseconds'> & { milliseconds?: number }
    : E extends ConnectionEvent
      ? Omit<E, 'generation'>
      : never
  : never;

/** Runs the machine; events that carry a generation carry the current one. */
function machine() {
  let now: Connection = IDLE;
  let effects: readonly Effect[] = [];
  const tell = (event: Loose): Connection => {
    [now, effects] = reduce(now, { generation: now.generation, milliseconds: 3, ...event } as ConnectionEvent, 0.5);
    return now;
  };
  const failAll = (problem: Problem): Connection => {
    for (let port = 0; port < BRIDGE_PORTS.length; port += 1) tell({ on: 'failed', problem });
    return now;
  };
  return {
    tell,
    failAll,
    effects: () => effects,
    did: () => effects.map((effect) => effect.do),
    begin: (paired: boolean, permission: Permission = 'granted') => {
      tell({ on: 'start', paired });
      return tell({ on: 'permission', permission });
    },
  };
}

describe('the way in', () => {
  test('paired and allowed: dials, authenticates, is connected', () => {
    const { begin, tell, effects } = machine();
    expect(begin(true).phase).toBe('connecting');
    expect(effects().at(-1)).toMatchObject({ do: 'dial', port: BRIDGE_PORTS[0], way: 'token', patient: false });
    expect(tell({ on: 'opened' }).phase).toBe('authenticating');
    expect(tell({ on: 'ready' })).toMatchObject({ phase: 'connected', problem: null });
  });

  test('a browser that would ask is not made to before the click', () => {
    const { begin, tell, did, effects } = machine();
    expect(begin(true, 'prompt').phase).toBe('asking');
    expect(did()).not.toContain('dial');
    expect(tell({ on: 'connect' }).phase).toBe('connecting');
    expect(effects().at(-1)).toMatchObject({ do: 'dial', patient: true });
  });

  test('not paired: waits for the code, then pairs and goes on with the token', () => {
    const { begin, tell, did, effects } = machine();
    expect(begin(false, 'prompt').phase).toBe('unpaired');
    expect(tell({ on: 'connect' }).phase).toBe('unpaired');
    tell({ on: 'code', code: 'K7QM-2XPD' });
    expect(effects().at(-1)).toMatchObject({ do: 'dial', way: 'code', code: 'K7QM-2XPD' });
    expect(tell({ on: 'opened' }).phase).toBe('pairing');
    expect(tell({ on: 'paired' })).toMatchObject({ phase: 'authenticating', paired: true, code: null });
    expect(tell({ on: 'ready' }).phase).toBe('connected');
    tell({ on: 'closed' });
    expect(did()).toContain('wait');
    tell({ on: 'timer' });
    expect(effects().at(-1)).toMatchObject({ do: 'dial', way: 'token', code: null });
  });

  test('refused by the browser: no try until that changes', () => {
    const { begin, tell, failAll } = machine();
    begin(true, 'prompt');
    tell({ on: 'connect' });
    expect(failAll(NOT_RUNNING).phase).toBe('inquiring');
    expect(tell({ on: 'permission', permission: 'denied' }).phase).toBe('denied');
    expect(tell({ on: 'timer' }).phase).toBe('denied');
    tell({ on: 'permission-changed', permission: 'granted' });
    expect(tell({ on: 'permission', permission: 'granted' }).phase).toBe('connecting');
  });

  test('refused before it was paired: the click looks again', () => {
    const { begin, tell, did } = machine();
    expect(begin(false, 'denied').phase).toBe('denied');
    tell({ on: 'connect' });
    expect(did()).toContain('ask-permission');
    expect(tell({ on: 'permission', permission: 'granted' }).phase).toBe('unpaired');
  });

  test('allowed and nobody there, neither by a socket nor by a script: not running, tried again', () => {
    const { begin, tell, failAll, did, effects } = machine();
    begin(true, 'prompt');
    tell({ on: 'connect' });
    failAll(NOT_RUNNING);
    expect(tell({ on: 'permission', permission: 'granted' })).toMatchObject({
      phase: 'connecting',
      transport: 'polling',
    });
    expect(effects().at(-1)).toMatchObject({ do: 'dial', port: BRIDGE_PORTS[0], transport: 'polling' });
    expect(failAll(NOT_RUNNING).phase).toBe('inquiring');
    expect(tell({ on: 'permission', permission: 'granted' })).toMatchObject({ phase: 'lost', problem: NOT_RUNNING });
    expect(did()).toContain('wait');
    tell({ on: 'timer' });
    expect(effects().at(-1)).toMatchObject({ do: 'dial', transport: 'socket' });
  });

  test.each<[string, readonly number[], number, boolean]>([
    ['one port took as long as a person reads: the question was closed', [2400, 3], 1, true],
    ['one port took longer than any port would', [3100], 0, true],
    ['on the last port', [2, 2, 2, 900], 3, true],
    ['every port failed at once: nobody is there', [3, 2, 9, 4], 3, false],
    ['every port took its time, as on Windows: nobody is there', [2031, 2040, 2029, 2051], 3, false],
  ])('the browser would still ask, and %s', (_, times, going, dismissed) => {
    const { begin, tell, did } = machine();
    begin(true, 'prompt');
    tell({ on: 'connect' });
    let tried = 0;
    for (const milliseconds of times) {
      if (tell({ on: 'failed', problem: NOT_RUNNING, milliseconds }).phase === 'connecting') tried += 1;
    }
    // Once it is known that a question was closed, no port may bring up another one.
    expect(tried).toBe(going);
    expect(tell({ on: 'permission', permission: 'prompt' })).toMatchObject({
      phase: 'asking',
      dismissed,
      problem: NOT_RUNNING,
    });
    expect(did()).not.toContain('dial');
    expect(tell({ on: 'connect' })).toMatchObject({ phase: 'connecting', dismissed: false, problem: null });
  });

  test('allowed late, and it was no Ringside: the walk goes on with the next port', () => {
    const { begin, tell, effects } = machine();
    begin(true, 'prompt');
    tell({ on: 'connect' });
    expect(tell({ on: 'failed', problem: NOT_RUNNING, milliseconds: 5000 }).phase).toBe('inquiring');
    tell({ on: 'permission', permission: 'granted' });
    expect(effects().at(-1)).toMatchObject({ do: 'dial', port: BRIDGE_PORTS[1], transport: 'socket' });
  });

  test('a browser that cannot be asked: what hangs may be its question, and the next click gives it time', () => {
    const { begin, tell, failAll, effects } = machine();
    begin(true, 'unknown');
    expect(effects().at(-1)).toMatchObject({ do: 'dial', patient: false });
    failAll({ kind: 'not-running', hung: true });
    expect(tell({ on: 'permission', permission: 'unknown' })).toMatchObject({ phase: 'asking', dismissed: false });
    tell({ on: 'connect' });
    expect(effects().at(-1)).toMatchObject({ do: 'dial', patient: true });
    expect(tell({ on: 'opened' }).phase).toBe('authenticating');
    expect(tell({ on: 'ready' })).toMatchObject({ phase: 'connected', permission: 'granted' });
  });

  test('where no socket can be opened it polls, and pairs that way too', () => {
    const { begin, tell, failAll, effects } = machine();
    begin(false);
    tell({ on: 'code', code: 'K7QM-2XPD' });
    failAll(NOT_RUNNING);
    tell({ on: 'permission', permission: 'granted' });
    expect(effects().at(-1)).toMatchObject({ do: 'dial', way: 'code', code: 'K7QM-2XPD', transport: 'polling' });
    tell({ on: 'failed', problem: NOT_RUNNING });
    expect(effects().at(-1)).toMatchObject({ do: 'dial', port: BRIDGE_PORTS[1], transport: 'polling' });
    expect(tell({ on: 'opened' }).phase).toBe('pairing');
    tell({ on: 'paired' });
    expect(tell({ on: 'ready' })).toMatchObject({ phase: 'connected', transport: 'polling' });
  });
});

describe('the walk over the ports', () => {
  test('goes on past silence, impostors and desktops that do not know this browser', () => {
    const { begin, tell, effects } = machine();
    begin(true);
    for (const [index, problem] of [NOT_RUNNING, refused('unknown-browser'), { kind: 'impostor' } as const].entries()) {
      tell({ on: 'failed', problem });
      expect(effects().at(-1)).toMatchObject({ do: 'dial', port: BRIDGE_PORTS[index + 1] });
    }
    expect(tell({ on: 'failed', problem: NOT_RUNNING }).phase).toBe('inquiring');
    expect(tell({ on: 'permission', permission: 'granted' })).toMatchObject({
      phase: 'unpaired',
      problem: refused('unknown-browser'),
      paired: true,
    });
  });

  test.each<[RefusalCode, string]>([
    ['other-user', 'refused'],
    ['other-account', 'refused'],
    ['too-many', 'refused'],
  ])('ends with %s', (code, phase) => {
    const { begin, tell, effects } = machine();
    begin(true);
    expect(tell({ on: 'failed', problem: refused(code) }).phase).toBe('inquiring');
    expect(tell({ on: 'permission', permission: 'granted' })).toMatchObject({ phase, problem: refused(code) });
    expect(effects().at(-1)).toMatchObject({ do: 'wait', milliseconds: 22_500 });
  });

  test('two desktops on one computer: the one that says more is the agent’s, in whatever order they come', () => {
    const told: readonly RefusalCode[] = [
      'no-code',
      'unknown-browser',
      'wrong-proof',
      'version',
      'locked-out',
      'wrong-code',
    ];
    fc.assert(
      fc.property(fc.shuffledSubarray([...told], { minLength: 1, maxLength: 4 }), fc.nat(3), (codes, silent) => {
        const { begin, tell } = machine();
        begin(true);
        for (let port = 0; port < 4; port += 1) {
          const code = port < silent ? undefined : codes[port - silent];
          tell({ on: 'failed', problem: code === undefined ? NOT_RUNNING : refused(code) });
        }
        const heard = codes.slice(0, 4 - silent);
        const most = told.filter((code) => heard.includes(code)).at(-1);
        expect(tell({ on: 'permission', permission: 'granted' }).problem).toEqual(
          most === undefined ? NOT_RUNNING : refused(most),
        );
      }),
    );
  });

  test.each<RefusalCode>(['wrong-code', 'locked-out'])('%s leaves the code to be typed again', (code) => {
    const { begin, tell } = machine();
    begin(false);
    tell({ on: 'code', code: 'K7QM-2XPD' });
    tell({ on: 'failed', problem: NOT_RUNNING });
    tell({ on: 'failed', problem: refused(code) });
    tell({ on: 'failed', problem: refused('no-code') });
    tell({ on: 'failed', problem: NOT_RUNNING });
    expect(tell({ on: 'permission', permission: 'granted' })).toMatchObject({
      phase: 'unpaired',
      code: null,
      problem: refused(code),
    });
  });
});

test('a tab that was paired by another tab connects', () => {
  const { begin, tell } = machine();
  begin(false);
  tell({ on: 'token', paired: true });
  expect(tell({ on: 'permission', permission: 'granted' }).phase).toBe('connecting');
});

test('waits double up to half a minute, spread over their second half', () => {
  expect(backOff(1, 0)).toBe(500);
  expect(backOff(1, 0.999)).toBe(1000);
  expect(backOff(3, 0)).toBe(2000);
  expect(backOff(99, 0)).toBe(15_000);
});

const problem: fc.Arbitrary<Problem> = fc.oneof(
  fc.constantFrom<Problem>(NOT_RUNNING, { kind: 'impostor' }),
  fc.constantFrom(...REFUSALS).map(refused),
);
const permission = fc.constantFrom<Permission>('granted', 'prompt', 'denied', 'unknown');
const anyEvent = (generation: fc.Arbitrary<number>): fc.Arbitrary<ConnectionEvent> =>
  fc.oneof(
    fc.record({ on: fc.constant('start' as const), paired: fc.boolean() }),
    fc.record({ on: fc.constant('permission' as const), generation, permission }),
    fc.record({ on: fc.constant('permission-changed' as const), permission }),
    fc.constant({ on: 'connect' as const }),
    fc.constant({ on: 'code' as const, code: 'K7QM-2XPD' }),
    fc.record({ on: fc.constantFrom('opened' as const, 'paired' as const, 'ready' as const), generation }),
    fc.record({ on: fc.constant('failed' as const), generation, problem, milliseconds: fc.nat(5000) }),
    fc.record({ on: fc.constantFrom('closed' as const, 'timer' as const), generation }),
    fc.record({ on: fc.constant('token' as const), paired: fc.boolean() }),
    fc.constant({ on: 'stop' as const }),
  );

describe('in any order of events', () => {
  // Mostly the current generation (offset 0), now and then one that is over.
  const steps = fc.array(anyEvent(fc.integer({ min: -1, max: 2 })), { maxLength: 80 });

  test('there is never more than one socket, and none while it waits or is denied', () => {
    fc.assert(
      fc.property(steps, (events) => {
        let now = IDLE;
        let sockets = 0;
        for (const event of events) {
          const stale = 'generation' in event && event.generation < 0;
          const timed = 'generation' in event ? { ...event, generation: now.generation - (stale ? 1 : 0) } : event;
          const before = now;
          const [next, effects] = reduce(now, timed, 0.5);
          now = next;
          if (stale) expect([next, effects]).toEqual([before, []]);
          for (const effect of effects) {
            if (effect.do === 'hang-up') sockets = 0;
            if (effect.do === 'dial') sockets += 1;
            if ('generation' in effect) expect(effect.generation).toBe(now.generation);
          }
          expect(sockets).toBeLessThanOrEqual(1);
          if (['idle', 'asking', 'denied', 'lost', 'refused', 'unpaired'].includes(now.phase)) expect(sockets).toBe(0);
          expect(now.generation).toBeGreaterThanOrEqual(before.generation);
        }
      }),
    );
  });

  test('a question of the browser comes only from a click, unless it was allowed', () => {
    let dials = 0;
    fc.assert(
      fc.property(steps, (events) => {
        let now = IDLE;
        let clicked = false;
        for (const event of events) {
          const timed = 'generation' in event ? { ...event, generation: now.generation } : event;
          if (event.on === 'connect' || event.on === 'code') clicked = true;
          if (event.on === 'stop' || event.on === 'permission') clicked = false;
          const [next, effects] = reduce(now, timed, 0.5);
          const dialled = effects.find((effect) => effect.do === 'dial');
          if (dialled !== undefined) dials += 1;
          const walkGoesOn = event.on === 'failed';
          const known = next.permission === 'prompt' && dialled !== undefined && !walkGoesOn;
          if (known) expect(clicked).toBe(true);
          now = next;
        }
      }),
    );
    expect(dials).toBeGreaterThan(0);
  });
});
