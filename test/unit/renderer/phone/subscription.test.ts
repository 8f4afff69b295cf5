import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  stepSubscription,
  unsubscribed,
  type Subscription,
  type SubscriptionEffect,
  type SubscriptionInput,
} from '../../../../renderer/phone/subscription.ts';
import { randomSeed } from '../../../../scripts/random-seed.ts';

type Given = SubscriptionInput | { kind: 'later'; ms: number };

const notified = (over: Partial<SubscriptionInput & { kind: 'notified' }> = {}): SubscriptionInput => ({
  kind: 'notified',
  attempt: 1,
  state: 'active',
  expires: null,
  reason: '',
  retryAfter: null,
  ...over,
});
const rejected = (status: number, over: Partial<SubscriptionInput & { kind: 'rejected' }> = {}): SubscriptionInput => ({
  kind: 'rejected',
  attempt: 1,
  status,
  phrase: 'Said',
  retryAfter: null,
  minExpires: null,
  ...over,
});
const registered: SubscriptionInput = { kind: 'registered', spread: 40 };
const timer: SubscriptionInput = { kind: 'timer' };
const accepted: SubscriptionInput = { kind: 'accepted', attempt: 1, expires: 600 };

function run(inputs: readonly Given[], from = unsubscribed) {
  let state: Subscription = from;
  let now = 1000;
  let last: SubscriptionEffect[] = [];
  for (const input of inputs) {
    if (input.kind === 'later') now += input.ms;
    else ({ state, effects: last } = stepSubscription(state, input, { now, random: () => 0.5 }));
  }
  return { state, last };
}

const WATCHING: Given[] = [registered, timer, accepted, notified()];
const LASTED: Given[] = [...WATCHING, { kind: 'later', ms: 20_000 }];

describe('the way into a watch', () => {
  test('a SUBSCRIBE when its turn comes, and watching when the PBX tells', () => {
    expect(run([registered]).last).toEqual([{ kind: 'wait', ms: 40 }]);
    expect(run([registered, timer]).last).toEqual([
      { kind: 'subscribe', attempt: 1, expires: 600 },
      { kind: 'wait', ms: 10_000 },
    ]);
    expect(run([registered, timer, accepted]).last).toEqual([{ kind: 'wait', ms: 10_000 }]);
    expect(run(WATCHING).last).toEqual([
      { kind: 'wait', ms: 600_000 * 0.775 },
      { kind: 'report', state: 'watching' },
    ]);
  });

  test('a NOTIFY before the 200', () => {
    const { state, last } = run([registered, timer, notified({ expires: 100 }), accepted]);
    expect(state.phase).toBe('active');
    expect(last).toEqual([{ kind: 'wait', ms: 600_000 * 0.775 }]);
  });

  test('a 200 and nothing more is no watch', () => {
    expect(run([registered, timer, accepted, timer]).last).toContainEqual({
      kind: 'report',
      state: 'retrying',
      detail: 'the PBX did not answer the subscription',
    });
  });

  test('registered again changes nothing for a watch that lives', () => {
    expect(run([...WATCHING, registered]).last).toEqual([]);
  });
});

describe('a watch', () => {
  test('is refreshed early, in its own dialog', () => {
    expect(run([...WATCHING, timer]).last).toEqual([
      { kind: 'refresh', attempt: 1, expires: 600 },
      { kind: 'wait', ms: 10_000 },
    ]);
    expect(run([...WATCHING, timer, { ...accepted, expires: 60 }]).last).toEqual([
      { kind: 'wait', ms: 60_000 * 0.775 },
    ]);
  });

  test('takes the lifetime that a NOTIFY names', () => {
    expect(run([...WATCHING, notified({ expires: 30 })]).last).toEqual([{ kind: 'wait', ms: 30_000 * 0.775 }]);
  });

  test('whose refresh gets no answer is made anew', () => {
    expect(run([...LASTED, timer, timer]).last.map(({ kind }) => kind)).toEqual(['forget', 'wait', 'report']);
  });

  test('asks for the full state once, and again after a while', () => {
    const ask: SubscriptionInput = { kind: 'incomplete' };
    expect(run([...WATCHING, ask]).last[0]).toEqual({ kind: 'refresh', attempt: 1, expires: 600 });
    const again = [...WATCHING, ask, accepted, { kind: 'later', ms: 5000 }, ask] as Given[];
    expect(run(again).last).toEqual([{ kind: 'wait', ms: 10_000 }]);
    expect(run([...again, { kind: 'later', ms: 10_000 }, timer]).last[0]).toMatchObject({ kind: 'refresh' });
  });

  test('ends with the socket and comes back with the registration', () => {
    const lost = run([...WATCHING, { kind: 'lost' }]);
    expect(lost.last.map(({ kind }) => kind)).toEqual(['rest', 'forget', 'report']);
    expect(run([registered, timer], lost.state).last[0]).toMatchObject({ kind: 'subscribe', attempt: 2 });
  });
});

describe('an end by the PBX (RFC 6665 section 4.1.3)', () => {
  const ended = (reason: string, retryAfter: number | null = null) =>
    run([...LASTED, notified({ state: 'terminated', reason, retryAfter })]);

  test.each(['deactivated', 'timeout', '', 'something-else'])('%j: a new one at once', (reason) => {
    expect(ended(reason).last.map(({ kind }) => kind)).toEqual(['forget', 'subscribe', 'wait']);
  });

  test.each(['rejected', 'noresource', 'invariant'])('%s: refused, and asked again after minutes', (reason) => {
    const { last } = ended(reason);
    expect(last).toContainEqual({ kind: 'wait', ms: 330_000 });
    expect(last).toContainEqual({
      kind: 'report',
      state: 'refused',
      detail: `the PBX ended the subscription (${reason})`,
    });
  });

  test.each(['probation', 'giveup', 'something-else'])('%s with retry-after: not before that', (reason) => {
    expect(ended(reason, 120).last).toContainEqual({ kind: 'wait', ms: 120_000 });
  });

  test('of every new subscription at once is not answered at once for ever', () => {
    let { state } = run(WATCHING);
    const waits: number[] = [];
    for (let attempt = 1; attempt <= 6; attempt++) {
      const around = { now: 1000, random: () => 0.5 };
      const end = stepSubscription(state, notified({ attempt, state: 'terminated', reason: 'deactivated' }), around);
      waits.push(...end.effects.flatMap((effect) => (effect.kind === 'wait' ? [effect.ms] : [])));
      state = stepSubscription(end.state, timer, around).state;
      state = stepSubscription(state, notified({ attempt: attempt + 1 }), around).state;
    }
    expect(waits).toEqual([1500, 3000, 6000, 12_000, 24_000, 45_000]);
  });
});

describe('a refusal', () => {
  test.each([401, 403, 404, 405, 407, 410, 489, 501, 603])('%i is the PBX own no', (status) => {
    const { last } = run([registered, timer, rejected(status)]);
    expect(last).toContainEqual({ kind: 'report', state: 'refused', detail: `the PBX answered ${status} Said` });
    expect(last).toContainEqual({ kind: 'wait', ms: 330_000 });
  });

  test.each([408, 480, 500, 503])('%i passes', (status) => {
    const { last } = run([registered, timer, rejected(status)]);
    expect(last).toContainEqual({ kind: 'report', state: 'retrying', detail: `the PBX answered ${status} Said` });
    expect(last).toContainEqual({ kind: 'wait', ms: 1500 });
    expect(run([registered, timer, rejected(status, { retryAfter: 60 })]).last).toContainEqual({
      kind: 'wait',
      ms: 60_000,
    });
  });

  test('481 to a refresh: a new subscription at once', () => {
    expect(run([...LASTED, timer, rejected(481)]).last.map(({ kind }) => kind)).toEqual([
      'forget',
      'subscribe',
      'wait',
    ]);
  });

  test('423: with the lifetime that is asked for', () => {
    expect(run([registered, timer, rejected(423, { minExpires: 1800 })]).last[0]).toEqual({
      kind: 'subscribe',
      attempt: 2,
      expires: 1800,
    });
    expect(run([registered, timer, rejected(423, { minExpires: 5 })]).last).toContainEqual({ kind: 'wait', ms: 1500 });
  });

  test('of an earlier SUBSCRIBE is nobody’s news', () => {
    expect(run([registered, timer, rejected(503), timer, rejected(403, { attempt: 1 })]).last).toEqual([]);
  });
});

describe('whatever comes', () => {
  const inputs = fc.array(
    fc.oneof(
      fc.constant<SubscriptionInput>(registered),
      fc.constant<SubscriptionInput>({ kind: 'lost' }),
      fc.constant<SubscriptionInput>(timer),
      fc.constant<SubscriptionInput>({ kind: 'incomplete' }),
      fc.record({ kind: fc.constant('accepted' as const), attempt: fc.nat(4), expires: fc.option(fc.nat(1000)) }),
      fc.record({ kind: fc.constant('silent' as const), attempt: fc.nat(4) }),
      fc.record({
        kind: fc.constant('notified' as const),
        attempt: fc.nat(4),
        state: fc.constantFrom('active' as const, 'pending' as const, 'terminated' as const),
        expires: fc.option(fc.nat(1000)),
        reason: fc.constantFrom('', 'deactivated', 'rejected', 'giveup'),
        retryAfter: fc.option(fc.nat(100)),
      }),
      fc.record({
        kind: fc.constant('rejected' as const),
        attempt: fc.nat(4),
        status: fc.constantFrom(403, 408, 423, 481, 489, 503),
        phrase: fc.constant(''),
        retryAfter: fc.option(fc.nat(100)),
        minExpires: fc.option(fc.nat(5000)),
      }),
    ),
    { maxLength: 40 },
  );
  const seed = randomSeed();

  test.each([6665, seed])(
    'it never stops trying, and reports only changes (seed %i)',
    (one) => {
      fc.assert(
        fc.property(inputs, (given) => {
          let state = unsubscribed;
          let armed = false;
          let reported: string | null = null;
          for (const [index, input] of given.entries()) {
            // A timer that is not armed does not fire.
            if (input.kind === 'timer' && !armed) continue;
            if (input.kind === 'timer') armed = false;
            const step = stepSubscription(state, input, { now: index * 3000, random: () => 0.5 });
            state = step.state;
            for (const effect of step.effects) {
              if (effect.kind === 'wait') {
                armed = true;
                expect(effect.ms).toBeGreaterThan(0);
              }
              if (effect.kind === 'rest') armed = false;
              if (effect.kind === 'report') {
                expect(effect.state).not.toBe(reported);
                reported = effect.state;
              }
            }
            expect(armed).toBe(state.phase !== 'idle');
          }
        }),
        { seed: one, numRuns: 10_000 },
      );
    },
    60_000,
  );
});
