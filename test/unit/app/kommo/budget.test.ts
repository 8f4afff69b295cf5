import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createBudget, type Priority, type Timers } from '../../../../app/kommo/budget.ts';

/** A clock that moves when it is told to, and runs what falls due in between. */
function fakeClock() {
  let now = 1000;
  let timers: { at: number; run: () => void }[] = [];
  const ports: Timers = {
    now: () => now,
    after: (ms, run) => {
      timers.push({ at: now + ms, run });
    },
  };
  return {
    ports,
    now: () => now,
    pending: () => timers.length,
    async advance(ms: number) {
      const end = now + ms;
      for (;;) {
        await settled();
        const [next] = timers.filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at);
        if (next === undefined) break;
        timers = timers.filter((timer) => timer !== next);
        now = Math.max(now, next.at);
        next.run();
      }
      now = end;
      await settled();
    },
  };
}
const settled = async () => {
  for (let i = 0; i < 5; i++) await Promise.resolve();
};

function sender(perSecond: number, burst: number) {
  const clock = fakeClock();
  const budget = createBudget({ perSecond, burst, timers: clock.ports });
  const sent: { at: number; what: string }[] = [];
  const refused: string[] = [];
  const send = (priority: Priority, what: string = priority) =>
    void budget.take(priority).then((may) => (may ? sent.push({ at: clock.now(), what }) : refused.push(what)));
  return { clock, budget, sent, refused, send };
}

test('never more than the burst and the rate allow, in any stretch of time', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 7 }),
      fc.integer({ min: 1, max: 7 }),
      fc.array(fc.record({ wait: fc.nat(700), count: fc.nat(6), call: fc.boolean() }), { maxLength: 20 }),
      async (perSecond, burst, plan) => {
        const { clock, sent, send } = sender(perSecond, burst);
        let asked = 0;
        for (const { wait, count, call } of plan) {
          await clock.advance(wait);
          for (let i = 0; i < count; i++) send(call ? 'call' : 'delivery');
          asked += count;
        }
        await clock.advance((asked / perSecond) * 1000 + 1000);
        expect(sent).toHaveLength(asked);
        for (const [first, from] of sent.entries()) {
          for (const [last, to] of sent.entries()) {
            if (last < first) continue;
            expect(last - first + 1).toBeLessThanOrEqual(burst + ((to.at - from.at) / 1000) * perSecond + 1e-6);
          }
        }
      },
    ),
    { numRuns: 60 },
  );
});

test('calls go before deliveries that waited longer, each kind in its order', async () => {
  const { clock, sent, send } = sender(1, 1);
  send('delivery', 'd1');
  send('delivery', 'd2');
  send('delivery', 'd3');
  send('call', 'c1');
  send('call', 'c2');
  await clock.advance(10_000);
  expect(sent.map(({ what }) => what)).toEqual(['d1', 'c1', 'c2', 'd2', 'd3']);
});

describe('a pause', () => {
  test('nothing is sent in it; deliveries go on afterwards', async () => {
    const { clock, budget, sent, send } = sender(4, 4);
    budget.pause(3000);
    send('delivery');
    send('call');
    await clock.advance(2999);
    expect(sent).toEqual([]);
    await clock.advance(2);
    expect(sent.map(({ what }) => what)).toEqual(['call', 'delivery']);
  });

  test('a shorter one never shortens a longer one', async () => {
    const { clock, budget, sent, send } = sender(4, 4);
    budget.pause(4000);
    budget.pause(10);
    send('delivery');
    await clock.advance(3999);
    expect(sent).toEqual([]);
  });

  test('a live call does not wait for a long one, before or after it was asked for', async () => {
    const { clock, budget, sent, refused, send } = sender(1, 1);
    send('delivery', 'first');
    send('call', 'queued');
    budget.pause(300_000);
    send('call', 'late');
    send('delivery', 'patient');
    await clock.advance(1);
    expect(refused).toEqual(['queued', 'late']);
    await clock.advance(299_000);
    expect(sent.map(({ what }) => what)).toEqual(['first']);
    await clock.advance(2000);
    expect(sent.map(({ what }) => what)).toEqual(['first', 'patient']);
  });
});

test('an idle budget sets no timer', async () => {
  const { clock, send } = sender(4, 4);
  expect(clock.pending()).toBe(0);
  send('call');
  await clock.advance(5000);
  expect(clock.pending()).toBe(0);
});
