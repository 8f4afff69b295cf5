import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createBudget, type Priority, type Turn } from '../../../../app/kommo/budget.ts';
import type { Office } from '../../../../app/kommo/office.ts';
import { fakeClock } from './fake-clock.ts';

function sender(perSecond: number, provisioned: Office | null = null, recalled = 1) {
  const clock = fakeClock();
  let kept = recalled;
  const budget = createBudget({
    perSecond,
    timers: clock.ports,
    office: { provisioned: () => provisioned, random: () => 0.5, recall: () => kept, keep: (n) => void (kept = n) },
  });
  const sent: { at: number; what: string }[] = [];
  const refused: string[] = [];
  const note = (what: string) => (may: boolean) => (may ? sent.push({ at: clock.now(), what }) : refused.push(what));
  return {
    clock,
    budget,
    sent,
    refused,
    kept: () => kept,
    send: (priority: Priority, what: string = priority) => void budget.take(priority).then(note(what)),
    take: (turn: Turn, what: string) => void turn.take().then(note(what)),
    what: () => sent.map(({ what }) => what),
  };
}
/** From slot to slot where each desktop has a seat. */
const SLOT = 167;
const seat = (number: number): Office => ({ desktops: 40, seat: number });

test('never more than so many in any second, whatever is asked for', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 7 }),
      fc.array(fc.record({ wait: fc.nat(700), count: fc.nat(6), kind: fc.constantFrom('call', 'delivery', 'turn') }), {
        maxLength: 20,
      }),
      async (perSecond, plan) => {
        const { clock, budget, sent, send, take } = sender(perSecond);
        let asked = 0;
        for (const { wait, count, kind } of plan) {
          await clock.advance(wait);
          for (let i = 0; i < count; i++) {
            if (kind === 'turn') take(budget.turn(i % 2 === 0), kind);
            else send(kind === 'call' ? 'call' : 'delivery');
          }
          asked += count;
        }
        await clock.advance((asked / perSecond) * 1500 + 2000);
        expect(sent).toHaveLength(asked);
        for (const [first, { at }] of sent.entries())
          expect(sent.filter((other, index) => index >= first && other.at < at + 1000).length).toBeLessThanOrEqual(
            perSecond,
          );
      },
    ),
    { numRuns: 60 },
  );
});

test('the answered call goes before a ringing one, that before what waited longer for a delivery', async () => {
  const { clock, budget, send, take, what } = sender(1);
  const answered = budget.turn(true);
  send('call', 'now');
  send('delivery', 'd1');
  send('delivery', 'd2');
  send('call', 'c1');
  take(budget.turn(true), 'ringing');
  take(answered, 'answered');
  answered.answered();
  await clock.advance(10_000);
  expect(what()).toEqual(['now', 'answered', 'c1', 'ringing', 'd1', 'd2']);
});

test('alone, a call is asked about at once, in whole and while deliveries are under way', async () => {
  const { clock, budget, sent, send, take } = sender(7);
  for (let i = 0; i < 50; i++) send('delivery');
  await clock.advance(3000);
  const ringsAt = clock.now();
  const turn = budget.turn(true);
  take(turn, 'who');
  take(turn, 'name');
  await clock.advance(400);
  expect(sent.filter(({ what }) => what === 'who').map(({ at }) => at - ringsAt)).toEqual([0]);
  const [name] = sent.filter(({ what }) => what === 'name');
  expect((name?.at ?? Infinity) - ringsAt).toBeLessThanOrEqual(170);
});

test('alone, what waits for a day goes at six a second', async () => {
  const { clock, sent, send } = sender(7);
  for (let i = 0; i < 60; i++) send('delivery');
  await clock.advance(10_000);
  expect(sent).toHaveLength(60);
});

describe('in an office', () => {
  test('a desktop asks in its own slot, and for the name in the one after', async () => {
    const { clock, budget, sent, take } = sender(7, seat(10));
    const ringsAt = clock.now();
    const turn = budget.turn(true);
    take(turn, 'who');
    take(turn, 'name');
    await clock.advance(20_000);
    expect(sent.map(({ at }) => at - ringsAt)).toEqual([20 * SLOT, 21 * SLOT]);
  });

  test('answering asks at once', async () => {
    const { clock, budget, sent, take } = sender(7, seat(39));
    const turn = budget.turn(true);
    take(turn, 'who');
    await clock.advance(1500);
    expect(sent).toEqual([]);
    turn.answered();
    take(turn, 'name');
    const answeredAt = clock.now();
    await clock.advance(1000);
    const [who, name] = sent.map(({ at }) => at - answeredAt);
    expect(who).toBe(0);
    expect(name).toBeLessThanOrEqual(200);
  });

  test('what is good to know is asked by whoever answers, and by nobody else', async () => {
    const { clock, budget, sent } = sender(7, seat(0));
    const [answers, rings] = [budget.turn(true), budget.turn(true)];
    const heard: [string, boolean][] = [];
    void answers.take('extra').then((may) => heard.push(['answers', may]));
    void rings.take();
    void rings.take();
    void rings.take('extra').then((may) => heard.push(['rings', may]));
    await clock.advance(120_000);
    expect(heard).toEqual([]);
    answers.answered();
    await clock.advance(1000);
    rings.ended(false);
    await clock.advance(1000);
    expect(heard).toEqual([
      ['answers', true],
      ['rings', false],
    ]);
    expect(sent).toEqual([]);
  });

  test('what is dialled here rings nowhere else: it is asked about at once', async () => {
    const { clock, budget, what, take } = sender(7, seat(39));
    take(budget.turn(false), 'who');
    await clock.advance(0);
    expect(what()).toEqual(['who']);
  });

  test('a call that a colleague took is not asked about any more, before or after its first request', async () => {
    const { clock, budget, what, refused, take } = sender(7, seat(5));
    const early = budget.turn(true);
    take(early, 'who');
    early.ended(true);
    take(early, 'late');
    const asked = budget.turn(true);
    take(asked, 'asked');
    await clock.advance(10 * SLOT + 50);
    take(asked, 'its name');
    asked.ended(true);
    await clock.advance(60_000);
    expect(what()).toEqual(['asked']);
    expect(refused.toSorted()).toEqual(['its name', 'late', 'who']);
    expect([early.dropped, asked.dropped]).toEqual([true, true]);
  });

  test('it takes nothing with it but its own', async () => {
    const { clock, budget, what, refused, send, take } = sender(7, seat(5));
    const taken = budget.turn(true);
    take(taken, 'taken');
    take(budget.turn(true), 'other call');
    send('delivery');
    send('call');
    taken.ended(true);
    await clock.advance(60_000);
    expect(refused).toEqual(['taken']);
    expect(what()).toEqual(['call', 'other call', 'delivery']);
  });

  test('a call that nobody took keeps its name coming when it was asked about, and is not announced afterwards', async () => {
    const { clock, budget, what, refused, take } = sender(7, seat(5));
    const asked = budget.turn(true);
    take(asked, 'asked');
    await clock.advance(10 * SLOT + 50);
    take(asked, 'its name');
    asked.ended(false);
    const notAsked = budget.turn(true);
    take(notAsked, 'not asked');
    notAsked.ended(false);
    await clock.advance(60_000);
    expect(what()).toEqual(['asked', 'its name']);
    expect(refused).toEqual(['not asked']);
  });

  test('a delivery stays out of the round of a call that rings, and leaves room for every colleague after it', async () => {
    const { clock, budget, sent, send } = sender(7, seat(3));
    const turn = budget.turn(true);
    send('delivery');
    send('delivery');
    await clock.advance(13_000);
    expect(sent).toEqual([]);
    const endsAt = clock.now();
    turn.ended(false);
    await clock.advance(20_000);
    const [first, second] = sent;
    expect((first?.at ?? 0) - endsAt).toBeGreaterThanOrEqual(0);
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(40 * SLOT);
  });

  test('what was refused in its slot comes again after the round, and no more than once', async () => {
    const { clock, budget, sent, take } = sender(7, seat(0));
    const ringsAt = clock.now();
    const turn = budget.turn(true);
    take(turn, 'who');
    await clock.advance(100);
    budget.pause(1000);
    expect(turn.refused(1)).toBe(true);
    take(turn, 'who again');
    await clock.advance(60_000);
    expect((sent[1]?.at ?? 0) - ringsAt).toBeGreaterThanOrEqual(80 * SLOT);
    expect((sent[1]?.at ?? 0) - ringsAt).toBeLessThanOrEqual(80 * SLOT * 1.25);
    expect(turn.refused(2)).toBe(false);
  });

  test('who has the caller on the line does not wait for the round, nor for all of a short pause', async () => {
    const { clock, budget, sent, take } = sender(7, seat(20));
    const turn = budget.turn(true);
    take(turn, 'who');
    turn.answered();
    await clock.advance(50);
    budget.pause(1000);
    expect(turn.refused(1)).toBe(true);
    take(turn, 'who again');
    const refusedAt = clock.now();
    await clock.advance(700);
    expect((sent[1]?.at ?? Infinity) - refusedAt).toBeLessThanOrEqual(600);
  });
});

describe('with nothing provisioned', () => {
  const MINUTE = 60_000;

  function lone(kept = 1) {
    const desk = sender(7, null, kept);
    const { clock, budget, sent, take } = desk;
    return {
      ...desk,
      /** Rings; `pauseMs` where its first request is refused. Returns how long it waited before it asked. */
      async ring({ pauseMs = 0, elsewhere = false } = {}) {
        const ringsAt = clock.now();
        const before = sent.length;
        const turn = budget.turn(true);
        take(turn, 'who');
        await clock.advance(30_000);
        if (pauseMs > 0) budget.pause(pauseMs);
        turn.ended(elsewhere);
        await clock.advance(pauseMs);
        return (sent[before]?.at ?? Infinity) - ringsAt;
      },
    };
  }

  test('one refusal is heeded for a minute and then forgotten: other programs draw them too', async () => {
    const { ring, clock, kept } = lone();
    await ring({ pauseMs: 1000 });
    expect(kept()).toBeGreaterThan(3);
    expect(await ring()).toBeGreaterThan(1000);
    await clock.advance(MINUTE);
    expect(await ring()).toBe(0);
    expect(kept()).toBe(1);
  });

  test('so are its deliveries, even where no call comes', async () => {
    const { ring, clock, send, what } = lone();
    await ring({ pauseMs: 1000 });
    await clock.advance(MINUTE + 1);
    const before = what().length;
    for (let i = 0; i < 40; i++) send('delivery');
    await clock.advance(15_000);
    expect(what().length - before).toBe(40);
  });

  test('two are believed; quiet rings take it off again', async () => {
    const { ring, clock } = lone();
    await ring({ pauseMs: 1000 });
    await clock.advance(MINUTE);
    await ring({ pauseMs: 1000 });
    await clock.advance(MINUTE);
    expect(await ring()).toBeGreaterThan(1000);
    for (let i = 0; i < 6; i++) await ring();
    expect(await ring()).toBe(0);
  });

  test('two with twenty quiet rings between them are one and one', async () => {
    const { ring, clock } = lone();
    await ring({ pauseMs: 1000 });
    await clock.advance(MINUTE);
    for (let i = 0; i < 21; i++) expect(await ring()).toBe(0);
    await ring({ pauseMs: 1000 });
    await clock.advance(MINUTE);
    expect(await ring()).toBe(0);
  });

  test.each([
    ['the call that was refused', [{ pauseMs: 1000, elsewhere: true }]],
    ['an earlier call', [{ elsewhere: true }, { pauseMs: 1000 }]],
    ['a later call', [{ pauseMs: 1000 }, { elsewhere: true }]],
  ])('one is believed where a colleague took %s', async (_, rings) => {
    const { ring, clock } = lone();
    for (const one of rings) await ring(one);
    await clock.advance(MINUTE);
    expect(await ring()).toBeGreaterThan(1000);
  });

  test('colleagues without a refusal fit: nobody waits', async () => {
    const { ring } = lone();
    for (let i = 0; i < 3; i++) expect(await ring({ elsewhere: true })).toBe(0);
  });

  test('a refusal of a window that was nearly all its own says nothing of colleagues; a second in a minute does', async () => {
    const { budget, clock, send, kept } = lone();
    const fill = async () => {
      for (let i = 0; i < 7; i++) send('call');
      await clock.advance(100);
      budget.pause(1000);
      await clock.advance(3000);
    };
    await fill();
    expect(kept()).toBe(1);
    await clock.advance(MINUTE);
    await fill();
    expect(kept()).toBe(1);
    await fill();
    expect(kept()).toBeGreaterThan(3);
  });

  test('a block teaches that there are many, for long', async () => {
    const { ring } = lone();
    await ring({ pauseMs: MINUTE });
    for (let i = 0; i < 20; i++) expect(await ring()).toBeGreaterThan(3000);
  });

  test('what was learned is believed after the next start', async () => {
    const { ring, kept } = lone(8);
    expect(await ring()).toBeGreaterThan(1000);
    expect(kept()).toBe(7);
  });
});

describe('a pause', () => {
  test('nothing is sent in it; calls go first afterwards', async () => {
    const { clock, budget, what, send } = sender(7);
    budget.pause(3000);
    send('delivery');
    send('call');
    await clock.advance(2999);
    expect(what()).toEqual([]);
    await clock.advance(30_000);
    expect(what()).toEqual(['call', 'delivery']);
  });

  test('a shorter one never shortens a longer one', async () => {
    const { clock, budget, sent, send } = sender(4);
    budget.pause(4000);
    budget.pause(10);
    send('delivery');
    await clock.advance(3999);
    expect(sent).toEqual([]);
  });

  test('a live call does not wait for a long one, before or after it was asked for', async () => {
    const { clock, budget, refused, send, take, what } = sender(1);
    send('delivery', 'first');
    await clock.advance(1);
    send('call', 'queued');
    take(budget.turn(true), 'rings');
    budget.pause(300_000);
    send('call', 'late');
    send('delivery', 'patient');
    await clock.advance(1);
    expect(refused.toSorted()).toEqual(['late', 'queued', 'rings']);
    await clock.advance(299_000);
    expect(what()).toEqual(['first']);
    await clock.advance(120_000);
    expect(what()).toEqual(['first', 'patient']);
  });
});

test('an idle budget sets no timer', async () => {
  const { clock, send } = sender(4);
  expect(clock.pending()).toBe(0);
  send('call');
  await clock.advance(5000);
  expect(clock.pending()).toBe(0);
});

describe('while calls come', () => {
  /** A lead's call as the resolver asks about it: whom, the lead, its person; each after the answer before. */
  async function callOf({ budget, clock }: ReturnType<typeof sender>) {
    const turn = budget.turn(true);
    const waited: number[] = [];
    void (async () => {
      for (let request = 0; request < 3; request++) {
        const asks = clock.now();
        await turn.take();
        waited.push(clock.now() - asks);
        await new Promise<void>((answered) => clock.ports.after(80, answered));
      }
    })();
    await clock.advance(400);
    return { turn, waited };
  }

  test.each([800, 1000, 1700, 3000])(
    'a call each %i ms: no name waits for a delivery or for who else has the number, and those come through',
    async (everyMs) => {
      const desk = sender(7);
      for (let i = 0; i < 20; i++) {
        const { turn, waited } = await callOf(desk);
        expect(waited).toEqual([0, 0, 0]);
        void turn.take('extra').then(() => desk.sent.push({ at: desk.clock.now(), what: 'extra' }));
        desk.send('delivery');
        await desk.clock.advance(everyMs - 400);
        turn.ended(false);
      }
      expect(desk.what().length).toBeGreaterThanOrEqual(10);
      await desk.clock.advance(20_000);
      expect(desk.what().filter((what) => what === 'extra')).toHaveLength(20);
      expect(desk.what().filter((what) => what === 'delivery')).toHaveLength(20);
    },
  );

  test('a day of deliveries leaves room for the calls that come in it', async () => {
    const desk = sender(7);
    for (let i = 0; i < 200; i++) desk.send('delivery');
    const first = await callOf(desk);
    expect(Math.max(...first.waited)).toBeLessThanOrEqual(170);
    await desk.clock.advance(1500);
    for (let i = 0; i < 10; i++) {
      const { turn, waited } = await callOf(desk);
      turn.ended(false);
      expect(waited).toEqual([0, 0, 0]);
      await desk.clock.advance(1100);
    }
  });

  test('when no call came for a minute, deliveries go at six a second again', async () => {
    const desk = sender(7);
    (await callOf(desk)).turn.ended(false);
    for (let i = 0; i < 400; i++) desk.send('delivery');
    await desk.clock.advance(59_000);
    const before = desk.sent.length;
    expect(before).toBeLessThanOrEqual(4 * 59);
    await desk.clock.advance(11_000);
    expect(desk.sent.length - before).toBeGreaterThanOrEqual(58);
  });

  test('a delivery waits for calls that come one upon the other, but no longer than a minute', async () => {
    const { clock, budget, sent, send, take } = sender(7);
    send('delivery', 'first');
    await clock.advance(2000);
    send('delivery', 'starving');
    for (let i = 0; i < 80; i++) {
      const turn = budget.turn(true);
      for (let request = 0; request < 6; request++) take(turn, 'call');
      turn.answered();
      await clock.advance(1150);
    }
    expect(sent.filter(({ what }) => what === 'starving')).toHaveLength(1);
  });

  test('what is good to know goes before a delivery, after the name', async () => {
    const { clock, budget, sent, send, take, what } = sender(1);
    send('call', 'now');
    send('delivery');
    const turn = budget.turn(false);
    void turn.take('extra').then(() => sent.push({ at: clock.now(), what: 'extra' }));
    take(turn, 'name');
    await clock.advance(10_000);
    expect(what()).toEqual(['now', 'name', 'extra', 'delivery']);
  });
});
