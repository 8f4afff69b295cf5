import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { reduce, type Call } from '../../../../app/calls/call.ts';
import { completedCall, CompletedCallSchema, recordingOf } from '../../../../app/calls/completed-call.ts';
import type { CallEvent } from '../../../../app/calls/phone-event.ts';
import { readNumber } from '../../../../app/numbers/number.ts';
import { callEvent } from './samples.ts';

function call(...events: CallEvent[]): Call {
  const folded = events.reduce<Call | undefined>((before, event) => reduce(before, event, 'r-1'), undefined);
  if (folded === undefined) throw new Error('no events');
  return folded;
}
const bye = (headers: Record<string, string> = {}, monotonic = 61_400) =>
  callEvent('ended', { headers, monotonic, cause: { by: 'remote', how: 'bye' } });
const answered = callEvent('answered', { monotonic: 4000 });

describe('the recording', () => {
  const rule = { header: 'X-Recording-URL', urlTemplate: 'https://pbx.example/rec/{callId}.mp3' };

  test.each<[string, Call, typeof rule | { header?: string } | undefined, unknown]>([
    ['no rule', call(answered, bye({ 'x-recording-url': 'https://a.example/1' })), undefined, { state: 'none' }],
    ['a call that nobody answered', call(callEvent('ringing', {}), bye()), rule, { state: 'none' }],
    [
      'the header of the BYE',
      call(answered, bye({ 'x-recording-url': 'https://a.example/1.mp3' })),
      rule,
      { state: 'ready', url: 'https://a.example/1.mp3' },
    ],
    [
      'a header in angle brackets',
      call(answered, bye({ 'x-recording-url': ' <https://a.example/1.mp3> ' })),
      rule,
      { state: 'ready', url: 'https://a.example/1.mp3' },
    ],
    [
      'the template, its Call-ID escaped',
      call({ ...answered, callId: 'a/b?c@pbx' }, { ...bye(), callId: 'a/b?c@pbx' }),
      rule,
      { state: 'ready', url: 'https://pbx.example/rec/a%2Fb%3Fc%40pbx.mp3' },
    ],
    [
      'a script in place of an address',
      call(answered, bye({ 'x-recording-url': 'javascript:alert(1)' })),
      { header: 'X-Recording-URL' },
      { state: 'none' },
    ],
    [
      'a file in place of an address',
      call(answered, bye({ 'x-recording-url': 'file:///etc/passwd' })),
      { header: 'X-Recording-URL' },
      { state: 'none' },
    ],
    ['a header that every object has', call(answered, bye()), { header: 'constructor' }, { state: 'none' }],
  ])('%s', (_name, of, by, expected) => {
    expect(recordingOf(of, by)).toEqual(expected);
  });
});

test('an ended call is kept whole and can be read again', () => {
  const ended = call(callEvent('ringing', { monotonic: 1000.25 }), answered, bye());
  const completed = completedCall(ended, {
    number: readNumber('+14155550142', { country: 'US', internalDigits: 6 }),
    caller: { kind: 'nobody' },
    matches: [],
    chosen: false,
    voicemail: [],
    agent: null,
    extension: '101',
    line: 'Sales',
    transferredTo: null,
    recording: undefined,
  });
  expect(v.parse(CompletedCallSchema, JSON.parse(JSON.stringify(completed)))).toEqual(completed);
  expect(completed).toMatchObject({
    id: 'r-1',
    callId: 'a84b4c76e66710@pbx.example',
    line: 'Sales',
    disposition: 'answered',
    ringSeconds: 3,
    talkSeconds: 57,
    localExtension: '101',
    number: { e164: '+14155550142', internal: false },
  });
  expect(completed.number).not.toHaveProperty('withheld');
});
