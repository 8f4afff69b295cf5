import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dispositionOf, durationsOf, reduce, type Call, type Disposition } from '../../../../app/calls/call.ts';
import type { CallEvent, EndCause } from '../../../../app/calls/phone-event.ts';
import { callEvent } from './samples.ts';

const play = (events: readonly CallEvent[]): Call => {
  const call = events.reduce<Call | undefined>((before, event) => reduce(before, event, 'r-1'), undefined);
  if (call === undefined) throw new Error('no events');
  return call;
};

describe('the disposition of a call that was not answered', () => {
  const table: [EndCause, inbound: Disposition, outbound: Disposition][] = [
    [{ by: 'remote', how: 'cancel' }, 'missed', 'failed'],
    [
      { by: 'remote', how: 'cancel', reason: 'SIP;cause=200;text="Call completed elsewhere"' },
      'answered elsewhere',
      'failed',
    ],
    [{ by: 'remote', how: 'cancel', reason: 'Q.850;cause=26' }, 'answered elsewhere', 'failed'],
    [{ by: 'remote', how: 'cancel', reason: 'Q.850;cause=16, SIP;cause=200' }, 'answered elsewhere', 'failed'],
    [{ by: 'remote', how: 'cancel', reason: 'SIP;cause=487;text="ORIGINATOR_CANCEL"' }, 'missed', 'failed'],
    [{ by: 'remote', how: 'cancel', reason: 'Q.850;cause=16;text="x; SIP;cause=200, y"' }, 'missed', 'failed'],
    [{ by: 'local', how: 'cancel' }, 'missed', 'cancelled'],
    [{ by: 'remote', how: 'bye' }, 'missed', 'failed'],
    [{ by: 'local', how: 'bye' }, 'missed', 'cancelled'],
    [{ by: 'local', how: 'rejected' }, 'declined', 'failed'],
    [{ by: 'local', how: 'rejected', status: 603 }, 'declined', 'declined'],
    [{ by: 'local', how: 'rejected', status: 480 }, 'missed', 'no answer'],
    [{ by: 'local', how: 'rejected', status: 486 }, 'busy', 'busy'],
    [{ by: 'local', how: 'rejected', status: 600 }, 'busy', 'busy'],
    [{ by: 'local', how: 'failed' }, 'failed', 'failed'],
    [{ by: 'local', how: 'failed', status: 488 }, 'failed', 'failed'],
    [{ by: 'remote', how: 'rejected', status: 486 }, 'missed', 'busy'],
    [{ by: 'remote', how: 'rejected', status: 600 }, 'missed', 'busy'],
    [{ by: 'remote', how: 'rejected', status: 603 }, 'missed', 'declined'],
    [{ by: 'remote', how: 'rejected', status: 607 }, 'missed', 'declined'],
    [{ by: 'remote', how: 'rejected', status: 408 }, 'missed', 'no answer'],
    [{ by: 'remote', how: 'rejected', status: 480 }, 'missed', 'no answer'],
    [{ by: 'remote', how: 'rejected', status: 487 }, 'missed', 'no answer'],
    [{ by: 'remote', how: 'rejected', status: 404 }, 'missed', 'failed'],
    [{ by: 'remote', how: 'rejected', status: 503 }, 'missed', 'failed'],
    [{ by: 'network', how: 'timeout' }, 'missed', 'no answer'],
    [{ by: 'local', how: 'timeout' }, 'missed', 'no answer'],
    [{ by: 'network', how: 'failed' }, 'missed', 'failed'],
    [{ by: 'network', how: 'failed', status: 500 }, 'missed', 'failed'],
  ];

  const quiet = { headers: {}, remote: { user: '+14155550142', displayName: '', uri: '' } };

  test.each(table)('%j: inbound %s, outbound %s', (cause, inbound, outbound) => {
    expect(dispositionOf({ ...quiet, direction: 'inbound', answeredAt: null, cause })).toBe(inbound);
    expect(dispositionOf({ ...quiet, direction: 'outbound', answeredAt: null, cause })).toBe(outbound);
    for (const direction of ['inbound', 'outbound'] as const) {
      expect(dispositionOf({ ...quiet, direction, answeredAt: 1, cause })).toBe('answered');
    }
  });

  test('a call whose end was never heard is missed or failed, not answered', () => {
    expect(dispositionOf({ ...quiet, direction: 'inbound', answeredAt: null, cause: null })).toBe('missed');
    expect(dispositionOf({ ...quiet, direction: 'outbound', answeredAt: null, cause: null })).toBe('failed');
  });
});

describe('CANCEL, 200 and BYE that cross each other', () => {
  const cancel = callEvent('ended', { monotonic: 4000, cause: { by: 'remote', how: 'cancel' } });
  const ok = callEvent('answered', { monotonic: 4001 });
  const bye = callEvent('ended', { monotonic: 9000, cause: { by: 'remote', how: 'bye' } });
  const ringing = callEvent('ringing', { monotonic: 1000 });

  test.each<[string, CallEvent[], Disposition, number]>([
    ['200, then BYE', [ringing, ok, bye], 'answered', 5],
    ['CANCEL first: what comes later changes nothing', [ringing, cancel, ok, bye], 'missed', 0],
    ['200, then a late CANCEL ends it', [ringing, ok, cancel], 'answered', 0],
    ['200 heard before the INVITE was reported', [ok, ringing, bye], 'answered', 5],
    ['BYE only', [bye], 'missed', 0],
  ])('%s', (_name, events, disposition, talkSeconds) => {
    const call = play(events);
    expect(call.state).toBe('ended');
    expect(dispositionOf(call)).toBe(disposition);
    expect(durationsOf(call).talkSeconds).toBe(talkSeconds);
  });
});

describe('states', () => {
  test('hold and resume by either side; held only when somebody holds', () => {
    const states = (
      [
        callEvent('ringing', {}),
        callEvent('answered', {}),
        callEvent('held', { by: 'local' }),
        callEvent('held', { by: 'remote' }),
        callEvent('resumed', { by: 'local' }),
        callEvent('resumed', { by: 'remote' }),
      ] as const
    ).map((_event, index, all) => play(all.slice(0, index + 1)).state);
    expect(states).toEqual(['ringing', 'active', 'held', 'held', 'held', 'active']);
  });

  test('a repeat returns the same object, so that nobody is told twice', () => {
    const answered = callEvent('answered', { headers: { 'x-recording-url': 'https://pbx.example/1.mp3' } });
    const call = play([callEvent('ringing', {}), answered]);
    expect(reduce(call, answered, 'other')).toBe(call);
    expect(reduce(call, callEvent('ringing', {}), 'other')).toBe(call);
    expect(reduce(call, callEvent('resumed', { by: 'local' }), 'other')).toBe(call);
  });

  test('headers of every message are kept, the last value of each', () => {
    const call = play([
      callEvent('ringing', { headers: { diversion: '<sip:100@pbx>' } }),
      callEvent('ended', { headers: { 'x-recording-url': 'u' }, cause: { by: 'remote', how: 'bye' } }),
    ]);
    expect(call.headers).toEqual({ diversion: '<sip:100@pbx>', 'x-recording-url': 'u' });
  });
});

describe('durations', () => {
  test('exact to the second under any holds and any jumps of the wall clock', () => {
    const steps = fc.array(
      fc.record({
        kind: fc.constantFrom('held' as const, 'resumed' as const),
        by: fc.constantFrom('local' as const, 'remote' as const),
        wait: fc.nat(100_000),
        jump: fc.integer({ min: -1e9, max: 1e9 }),
      }),
    );
    fc.assert(
      fc.property(fc.nat(600), steps, fc.integer(), (ringSeconds, holds, endJump) => {
        const wall = (jump: number) => Math.max(0, Date.UTC(2026, 0, 1) + jump);
        let at = 5000;
        const events = [callEvent('ringing', { monotonic: at })];
        at += ringSeconds * 1000;
        const answered = at;
        events.push(callEvent('answered', { monotonic: at, wall: wall(-5) }));
        for (const { kind, by, wait, jump } of holds) {
          at += wait;
          events.push(callEvent(kind, { by, monotonic: at, wall: wall(jump) }));
        }
        at = answered + Math.ceil((at - answered) / 1000) * 1000;
        events.push(callEvent('ended', { monotonic: at, wall: wall(endJump), cause: { by: 'remote', how: 'bye' } }));
        expect(durationsOf(play(events))).toEqual({ ringSeconds, talkSeconds: (at - answered) / 1000 });
      }),
    );
  });

  test('never negative, whatever order the times come in', () => {
    const time = fc.double({ min: 0, max: 1e9, noNaN: true });
    fc.assert(
      fc.property(time, time, time, fc.boolean(), (ringing, answered, ended, wasAnswered) => {
        const { ringSeconds, talkSeconds } = durationsOf(
          play([
            callEvent('ringing', { monotonic: ringing }),
            ...(wasAnswered ? [callEvent('answered', { monotonic: answered })] : []),
            callEvent('ended', { monotonic: ended, cause: { by: 'remote', how: 'bye' } }),
          ]),
        );
        expect(ringSeconds).toBeGreaterThanOrEqual(0);
        expect(talkSeconds).toBeGreaterThanOrEqual(0);
        if (!wasAnswered) expect(talkSeconds).toBe(0);
      }),
    );
  });
});
