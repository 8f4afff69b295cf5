import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dispositionOf, durationsOf, type Call } from '../../../../app/calls/call.ts';
import { emptyBook, fold } from '../../../../app/calls/call-book.ts';
import type { CallEvent, EndCause } from '../../../../app/calls/phone-event.ts';
import {
  attribute,
  bookCallId,
  nextDue,
  nothingKnown,
  overdue,
  phoneCallId,
  watchTold,
  type Attributed,
  type SameCall,
} from '../../../../app/calls/same-call.ts';
import { randomSeed } from '../../../../scripts/random-seed.ts';

const RULES = { country: 'US', internalDigits: 6 };
const WALL = 1_700_000_000_000;
const CALLER = '+18305550100';
const ELSEWHERE = 'SIP;cause=200;text="Call completed elsewhere"';

type Told = {
  second: number;
  kind?: 'ringing' | 'dialling' | 'answered' | 'held' | 'resumed';
  ended?: EndCause;
  callId?: string;
  remote?: string;
  extension?: string;
  direction?: 'inbound' | 'outbound';
};

const told = (source: CallEvent['source'], { second, kind, ended, callId = source, ...rest }: Told): CallEvent => {
  const { remote = CALLER, extension = '101', direction = 'inbound' } = rest;
  const base = {
    callId,
    source,
    direction,
    local: { user: extension, displayName: '', uri: '' },
    remote: { user: remote, displayName: '', uri: '' },
    headers: {},
    monotonic: 1000 * second,
    wall: WALL + 1000 * second,
  };
  if (ended !== undefined) return { ...base, kind: 'ended', cause: ended };
  if (kind === 'held' || kind === 'resumed') return { ...base, kind, by: 'local' };
  return { ...base, kind: kind ?? 'ringing' };
};
const phone = (given: Told) => told('phone', given);
const desk = (given: Told) => told('watched', given);

const cancel: EndCause = { by: 'remote', how: 'cancel' };
const elsewhere: EndCause = { by: 'remote', how: 'cancel', reason: ELSEWHERE };
const declined: EndCause = { by: 'local', how: 'rejected', status: 603 };
const bye: EndCause = { by: 'remote', how: 'bye' };

const watching = watchTold(nothingKnown, {
  kind: 'watch',
  extension: '101',
  state: 'watching',
  monotonic: 0,
  wall: WALL,
});

/** Plays events as main does: through the pre-step into the book, with its timer run in between. */
function play(events: readonly CallEvent[], from: SameCall = watching) {
  let state = from;
  let book = emptyBook;
  let ids = 0;
  const completed: Call[] = [];
  const opened: Call[] = [];
  const forwarded: CallEvent[] = [];
  const take = (step: Attributed) => {
    state = step.state;
    for (const event of step.events) {
      forwarded.push(event);
      const folded = fold(book, event, () => `r-${++ids}`);
      book = folded.book;
      if (folded.change.kind === 'opened') opened.push(folded.change.call);
      if (folded.change.kind === 'completed') completed.push(folded.change.call);
    }
  };
  const runUntil = (now: number) => {
    for (let due = nextDue(state); due !== null && due <= now; due = nextDue(state)) take(overdue(state, due));
  };
  for (const event of events) {
    runUntil(event.monotonic);
    take(attribute(state, event, RULES));
  }
  const pending = nextDue(state);
  const live = [...book.live.values()];
  runUntil(Infinity);
  return { state, completed, opened, forwarded, pending, live };
}

const outcome = (call: Call | undefined) =>
  call === undefined
    ? undefined
    : [call.source, dispositionOf(call), durationsOf(call).ringSeconds, durationsOf(call).talkSeconds];

/** Ringing at both, by one Call-ID behind a proxy, by two behind a B2BUA. */
describe.each([
  { behind: 'a proxy', one: 'same', other: 'same', remote: CALLER },
  { behind: 'a B2BUA', one: 'leg-a', other: 'leg-b', remote: '8305550100' },
  { behind: 'a B2BUA that names nobody', one: 'leg-a', other: '101@101;1', remote: '' },
])('behind $behind', ({ one, other, remote }) => {
  const p = (given: Omit<Told, 'callId'>) => phone({ ...given, callId: one });
  const d = (given: Omit<Told, 'callId'>) => desk({ remote, ...given, callId: other });

  test.each<{ name: string; events: CallEvent[]; is: unknown[] }>([
    {
      name: 'answered on the desk phone: its talk time, and the CANCEL of ours before the NOTIFY',
      events: [
        p({ second: 0 }),
        d({ second: 0 }),
        p({ second: 5, ended: cancel }),
        d({ second: 6, kind: 'answered' }),
        d({ second: 66, ended: bye }),
      ],
      is: ['watched', 'answered', 6, 60],
    },
    {
      name: 'answered on the desk phone: the NOTIFY before the CANCEL, and that with a reason',
      events: [
        p({ second: 0 }),
        d({ second: 0 }),
        d({ second: 5, kind: 'answered' }),
        p({ second: 5, ended: elsewhere }),
        d({ second: 65, ended: bye }),
      ],
      is: ['watched', 'answered', 5, 60],
    },
    {
      name: 'answered on the desk phone, the watch first',
      events: [
        d({ second: 0 }),
        p({ second: 0 }),
        p({ second: 5, ended: elsewhere }),
        d({ second: 5, kind: 'answered' }),
        d({ second: 7, ended: bye }),
      ],
      is: ['watched', 'answered', 5, 2],
    },
    {
      name: 'answered here: the watch mirrors it',
      events: [
        p({ second: 0 }),
        d({ second: 0 }),
        p({ second: 3, kind: 'answered' }),
        d({ second: 3, kind: 'answered' }),
        p({ second: 13, ended: bye }),
        d({ second: 13, ended: bye }),
      ],
      is: ['phone', 'answered', 3, 10],
    },
    {
      name: 'answered here: the watch is quicker',
      events: [
        p({ second: 0 }),
        d({ second: 0 }),
        d({ second: 3, kind: 'answered' }),
        p({ second: 3, kind: 'answered' }),
        d({ second: 13, ended: bye }),
        p({ second: 13, ended: bye }),
      ],
      is: ['phone', 'answered', 3, 10],
    },
    {
      name: 'answered here: the desk phone stops ringing',
      events: [
        p({ second: 0 }),
        d({ second: 0 }),
        p({ second: 3, kind: 'answered' }),
        d({ second: 3, ended: cancel }),
        p({ second: 9, ended: bye }),
      ],
      is: ['phone', 'answered', 3, 6],
    },
    {
      name: 'missed: the caller gives up',
      events: [p({ second: 0 }), d({ second: 0 }), p({ second: 9, ended: cancel }), d({ second: 9, ended: cancel })],
      is: ['phone', 'missed', 9, 0],
    },
    {
      name: 'missed: the watch ends first',
      events: [p({ second: 0 }), d({ second: 0 }), d({ second: 9, ended: cancel }), p({ second: 9, ended: cancel })],
      is: ['phone', 'missed', 9, 0],
    },
    {
      name: 'answered by a colleague: the reason of the CANCEL',
      events: [p({ second: 0 }), d({ second: 0 }), p({ second: 9, ended: elsewhere }), d({ second: 9, ended: cancel })],
      is: ['phone', 'answered elsewhere', 9, 0],
    },
    {
      name: 'declined on the desk phone',
      events: [p({ second: 0 }), d({ second: 0 }), d({ second: 4, ended: declined }), p({ second: 4, ended: cancel })],
      is: ['watched', 'declined', 4, 0],
    },
    {
      name: 'declined here, and the desk phone rings on until the caller gives up',
      events: [p({ second: 0 }), d({ second: 0 }), p({ second: 4, ended: declined }), d({ second: 24, ended: cancel })],
      is: ['phone', 'declined', 4, 0],
    },
    {
      name: 'declined here, and answered on the desk phone',
      events: [
        p({ second: 0 }),
        d({ second: 0 }),
        p({ second: 4, ended: declined }),
        d({ second: 14, kind: 'answered' }),
        d({ second: 20, ended: bye }),
      ],
      is: ['watched', 'answered', 14, 6],
    },
    {
      name: 'taken back, and the watch never says a word more',
      events: [p({ second: 0 }), d({ second: 0 }), p({ second: 9, ended: cancel })],
      is: ['phone', 'missed', 9, 0],
    },
  ])('$name', ({ events, is }) => {
    const { opened, completed } = play(events);
    expect(opened).toHaveLength(1);
    expect(completed.map(outcome)).toEqual([is]);
  });

  test('a call of our own is one call', () => {
    const out = { direction: 'outbound' } as const;
    const { opened, completed } = play([
      p({ second: 0, kind: 'dialling', ...out }),
      d({ second: 0, kind: 'dialling', ...out }),
      d({ second: 4, kind: 'answered', ...out }),
      p({ second: 4, kind: 'answered', ...out }),
      p({ second: 14, ended: { by: 'local', how: 'bye' }, ...out }),
      d({ second: 14, ended: bye, ...out }),
    ]);
    expect(opened).toHaveLength(1);
    expect(completed.map(outcome)).toEqual([['phone', 'answered', 4, 10]]);
  });

  test('the phone is commanded by its own Call-ID, and what it says of audio is found', () => {
    const { state } = play([d({ second: 0 }), p({ second: 0 })]);
    expect(phoneCallId(state, other)).toBe(one);
    expect(bookCallId(state, one)).toBe(other);
  });
});

describe('with a CANCEL that gives no reason', () => {
  const events = [phone({ second: 0 }), phone({ second: 5, ended: cancel })];

  test('the word of the watch is waited for, a bounded moment', () => {
    const { live, pending, completed } = play(events);
    expect(live).toHaveLength(1);
    expect(pending).toBe(7000);
    expect(completed.map(outcome)).toEqual([['phone', 'missed', 5, 0]]);
    expect(completed[0]?.endedMonotonic).toBe(5000);
  });

  test('a desk phone that was never told to ring is heard when it talks', () => {
    const { completed } = play([...events, desk({ second: 6, kind: 'answered' }), desk({ second: 16, ended: bye })]);
    expect(completed.map(outcome)).toEqual([['watched', 'answered', 6, 10]]);
  });

  test('nothing is waited for without a watch that works', () => {
    expect(play(events, nothingKnown).live).toEqual([]);
    const gone = watchTold(watching, { kind: 'watch', extension: '101', state: 'retrying', monotonic: 0, wall: WALL });
    expect(play(events, gone).live).toEqual([]);
  });
});

describe('calls that are not the same', () => {
  test('a second call of the same number while the first one is talked in', () => {
    const { opened, completed } = play([
      phone({ second: 0, callId: 'one' }),
      phone({ second: 2, kind: 'answered', callId: 'one' }),
      desk({ second: 60, callId: 'two' }),
      desk({ second: 70, callId: 'two', ended: cancel }),
      phone({ second: 90, callId: 'one', ended: bye }),
    ]);
    expect(opened.map(({ callId }) => callId)).toEqual(['one', 'two']);
    expect(completed.map(outcome)).toEqual([
      ['watched', 'missed', 10, 0],
      ['phone', 'answered', 2, 88],
    ]);
  });

  test('other numbers, other directions, and two calls of the phone', () => {
    expect(play([phone({ second: 0 }), desk({ second: 0, remote: '+18305550199' })]).opened).toHaveLength(2);
    expect(
      play([phone({ second: 0 }), desk({ second: 0, kind: 'dialling', direction: 'outbound' })]).opened,
    ).toHaveLength(2);
    expect(play([phone({ second: 0, callId: 'a' }), phone({ second: 0, callId: 'b' })]).opened).toHaveLength(2);
  });

  test('two at once of one number are paired one to one', () => {
    const { opened, completed } = play([
      phone({ second: 0, callId: 'p1' }),
      phone({ second: 0, callId: 'p2' }),
      desk({ second: 0, callId: 'w1', extension: '101' }),
      desk({ second: 0, callId: 'w2', extension: '101' }),
      desk({ second: 5, callId: 'w1', kind: 'answered' }),
      phone({ second: 5, callId: 'p1', ended: cancel }),
      phone({ second: 8, callId: 'p2', ended: cancel }),
      desk({ second: 8, callId: 'w2', ended: cancel }),
      desk({ second: 25, callId: 'w1', ended: bye }),
    ]);
    expect(opened).toHaveLength(2);
    expect(completed.map(outcome)).toEqual([
      ['phone', 'missed', 8, 0],
      ['watched', 'answered', 5, 20],
    ]);
  });
});

test('a watched call that names its caller late has the name', () => {
  const { live } = play([desk({ second: 0, remote: '' }), desk({ second: 1 })]);
  expect(live.map(({ remote }) => remote.user)).toEqual([CALLER]);
});

test('a phone that still rings when the desk phone hangs up is a call of its own after a moment', () => {
  const { completed, live, opened } = play([
    desk({ second: 0, callId: 'w' }),
    phone({ second: 0, callId: 'p' }),
    desk({ second: 5, callId: 'w', kind: 'answered' }),
    desk({ second: 10, callId: 'w', ended: bye }),
    phone({ second: 20, callId: 'p', kind: 'answered' }),
  ]);
  expect(completed.map(outcome)).toEqual([['watched', 'answered', 5, 5]]);
  expect(opened.map(({ callId }) => callId)).toEqual(['w', 'p']);
  expect(live.map(({ callId, state }) => [callId, state])).toEqual([['p', 'active']]);
});

describe('events in any order', () => {
  const causes = fc.constantFrom<EndCause>(cancel, elsewhere, declined, bye, { by: 'network', how: 'failed' });
  const event = fc.record({
    source: fc.constantFrom('phone' as const, 'watched' as const),
    callId: fc.constantFrom('a', 'b', 'c'),
    kind: fc.constantFrom('ringing', 'dialling', 'answered', 'held', 'resumed', 'ended'),
    direction: fc.constantFrom('inbound' as const, 'outbound' as const),
    extension: fc.constantFrom('101', '201'),
    remote: fc.constantFrom('', CALLER, '8305550100', '+18305550199'),
    cause: causes,
    pause: fc.constantFrom(0, 1, 3, 150),
  });
  const seed = randomSeed();

  test.each([4235, seed])(
    'each call completes once, and nothing is waited for in the end (seed %i)',
    (one) => {
      fc.assert(
        fc.property(fc.array(event, { maxLength: 25 }), fc.boolean(), (given, isWatching) => {
          let second = 0;
          const events = given.map(({ kind, cause, pause, source, ...rest }) => {
            second += pause;
            return told(source, {
              ...rest,
              second,
              ...(kind === 'ended' ? { ended: cause } : { kind: kind as 'ringing' }),
            });
          });
          // Whoever told of a call tells of its end as well.
          const last = events.filter(({ kind }) => kind !== 'ended');
          const all = [
            ...events,
            ...last.map((each) => ({ ...each, kind: 'ended' as const, cause: bye, monotonic: 1e6 + second * 1000 })),
          ];
          const { state, opened, completed, forwarded } = play(all, isWatching ? watching : nothingKnown);
          expect(nextDue(state)).toBeNull();
          expect(state.calls).toEqual([]);
          const ids = completed.map(({ callId }) => callId);
          expect(new Set(ids).size).toBe(ids.length);
          for (const { callId } of opened) expect(ids).toContain(callId);
          for (const { callId } of forwarded) expect(ids).toContain(callId);
        }),
        { seed: one, numRuns: 5000 },
      );
    },
    60_000,
  );
});
