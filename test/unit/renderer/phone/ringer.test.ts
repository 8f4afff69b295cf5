import { describe, expect, test } from 'vitest';
import type { EndCause, PhoneCommand, PhoneEvent } from '../../../../app/calls/phone-event.ts';
import { heardOf, obeyed, render, soundsOf, type Ringing } from '../../../../renderer/phone/ringer.ts';

const party = { user: '', displayName: '', uri: '' };
const of = (callId: string, source: 'phone' | 'watched' = 'phone') => ({
  callId,
  source,
  direction: 'inbound' as const,
  monotonic: 0,
  wall: 0,
  local: party,
  remote: party,
  headers: {},
});
const ended = (callId: string, cause: EndCause): PhoneEvent => ({ ...of(callId), kind: 'ended', cause });
const ringing = (callId: string): PhoneEvent => ({ ...of(callId), kind: 'ringing' });
const dialling = (callId: string): PhoneEvent => ({ ...of(callId), kind: 'dialling' });
const answered = (callId: string): PhoneEvent => ({ ...of(callId), kind: 'answered' });
const progress = (callId: string, status: number, earlyMedia = false): PhoneEvent => ({
  ...of(callId),
  kind: 'progress',
  status,
  earlyMedia,
});

const isCommand = (step: PhoneEvent | PhoneCommand): step is PhoneCommand => !('monotonic' in step);
/** What is heard after each of the events and commands. */
function heard(...steps: (PhoneEvent | PhoneCommand)[]): string[][] {
  let calls: Ringing = new Map();
  return steps.map((step) => {
    if (isCommand(step)) {
      calls = obeyed(calls, step);
      return soundsOf(calls);
    }
    const result = heardOf(calls, step);
    calls = result.calls;
    return [...soundsOf(calls), ...(result.passing === null ? [] : [result.passing])];
  });
}

describe('an inbound call', () => {
  test('rings until the agent answers, not until the far side knows', () => {
    expect(heard(ringing('a'), { kind: 'answer', callId: 'a' }, answered('a'))).toEqual([['ring'], [], []]);
  });

  test('rings on where there is no microphone to answer with', () => {
    const denied: PhoneEvent = { kind: 'media', callId: 'a', state: 'microphone-denied', monotonic: 0, wall: 0 };
    expect(heard(ringing('a'), { kind: 'answer', callId: 'a' }, denied)).toEqual([['ring'], [], ['ring']]);
  });

  test('is quiet when it is silenced, declined or given up', () => {
    expect(heard(ringing('a'), { kind: 'silence', callId: 'a' })).toEqual([['ring'], []]);
    expect(heard(ringing('a'), { kind: 'decline', callId: 'a' })).toEqual([['ring'], []]);
    expect(heard(ringing('a'), ended('a', { by: 'remote', how: 'cancel' }))).toEqual([['ring'], []]);
  });

  test('is silenced alone: another one rings', () => {
    expect(heard(ringing('a'), { kind: 'silence', callId: 'a' }, ringing('b'))).toEqual([['ring'], [], ['ring']]);
  });

  test('during another call only knocks, and rings when that one is over', () => {
    expect(heard(ringing('a'), answered('a'), ringing('b'), ended('a', { by: 'remote', how: 'bye' }))).toEqual([
      ['ring'],
      [],
      ['waiting'],
      ['ring'],
    ]);
  });

  test('of a desk phone rings there', () => {
    expect(heard({ ...of('a', 'watched'), kind: 'ringing' })).toEqual([[]]);
  });
});

describe('an outbound call', () => {
  test('is heard ringing until it is answered', () => {
    expect(heard(dialling('a'), progress('a', 100), progress('a', 180), answered('a'))).toEqual([
      [],
      [],
      ['ringback'],
      [],
    ]);
  });

  test('makes no tone of its own where the far side plays one', () => {
    expect(heard(dialling('a'), progress('a', 180), progress('a', 183, true), progress('a', 180))).toEqual([
      [],
      ['ringback'],
      [],
      [],
    ]);
  });

  test.each([
    [{ by: 'remote', how: 'rejected', status: 486 }, ['busy']],
    [{ by: 'remote', how: 'rejected', status: 404 }, ['failed']],
    [{ by: 'network', how: 'timeout', status: 408 }, ['failed']],
    [{ by: 'local', how: 'cancel' }, []],
  ] as const)('that ends with %o', (cause, tone) => {
    expect(heard(dialling('a'), progress('a', 180), ended('a', cause)).at(-1)).toEqual(tone);
  });

  test('is quiet as soon as it is hung up', () => {
    expect(heard(dialling('a'), progress('a', 180), { kind: 'hang-up', callId: 'a' })).toEqual([[], ['ringback'], []]);
  });
});

test('an answered call ends without a tone, unless the network took it', () => {
  expect(heard(ringing('a'), answered('a'), ended('a', { by: 'remote', how: 'bye' })).at(-1)).toEqual([]);
  expect(heard(ringing('a'), answered('a'), ended('a', { by: 'network', how: 'failed' })).at(-1)).toEqual(['failed']);
});

describe.each(['ring', 'waiting', 'ringback', 'busy', 'failed'] as const)('the sound %s', (name) => {
  const samples = render(name, 8000);
  const peak = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);

  test('is loud enough, is not cut off at its ends, and repeats without a click', () => {
    expect(peak).toBeGreaterThan(0.5);
    expect(peak).toBeLessThanOrEqual(1);
    expect(Math.abs(samples[0] ?? 1)).toBeLessThan(0.01);
    expect(Math.abs(samples.at(-1) ?? 1)).toBeLessThan(0.05);
  });
});
