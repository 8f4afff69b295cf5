import { describe, expect, test } from 'vitest';
import { dispositionOf, reduce } from '../../../../app/calls/call.ts';
import { completedCall } from '../../../../app/calls/completed-call.ts';
import type { CallEvent, EndCause } from '../../../../app/calls/phone-event.ts';
import { answeredByVoicemail, wentToVoicemail } from '../../../../app/calls/voicemail.ts';
import { readNumber } from '../../../../app/numbers/number.ts';
import { callEvent } from './samples.ts';

describe('a call that rang here', () => {
  test.each<[string | undefined, boolean]>([
    [undefined, false],
    ['SIP;cause=302;text="Forwarded to voicemail"', true],
    ['SIP ;cause=200 ;text="Call completed elsewhere", SIP;cause=480;text="Voice-Mail"', true],
    ['Q.850;cause=19;text="No answer, mailbox 101"', true],
    ['SIP;cause=200;text="Call completed elsewhere"', false],
    ['Q.850;cause=16;text="NORMAL_CLEARING"', false],
    ['SIP;cause=487;text="Request Terminated"', false],
    ['voicemail', false],
  ])('%s: %s', (reason, to) => {
    expect(wentToVoicemail(reason)).toBe(to);
  });
});

describe('what answered a call that was dialled here', () => {
  const remote = { user: '+14155550142', displayName: '', uri: 'sip:+14155550142@pbx.example' };
  const boxes = ['*97', '+1 (415) 555-0100'];
  test.each<[string, Record<string, string>, boolean]>([
    ['nothing that is said', {}, false],
    ['whoever was called', { 'p-asserted-identity': '"Ben Ortiz" <sip:102@pbx.example>' }, false],
    ['an identity by name', { 'p-asserted-identity': '"Voicemail of Ben \\"B\\" Ortiz" <sip:102@pbx.example>' }, true],
    ['an identity by its user', { 'remote-party-id': '<sip:vm102@pbx.example>;party=called' }, true],
    ['an address without brackets', { 'p-asserted-identity': 'sip:voicemail@pbx.example' }, true],
    ['a name that begins so', { 'p-asserted-identity': '<sip:vmware@pbx.example>' }, false],
    ['a box of the list', { 'p-asserted-identity': '<sip:*97@pbx.example>' }, true],
    ['a box of the list in another writing', { 'p-asserted-identity': '<tel:+1-415-555-0100>' }, true],
    ['a box of the list, encoded', { 'remote-party-id': '<sip:%2A97@pbx.example>' }, true],
    [
      'a voicemail service, RFC 4458',
      {
        'history-info':
          '<sip:102@pbx.example>;index=1, <sip:um@pbx.example;target=sip:102%40pbx.example;cause=486>;index=1.1',
      },
      true,
    ],
    [
      'a colleague to whom it was forwarded',
      {
        'history-info':
          '<sip:102@pbx.example?Reason=SIP%3Bcause%3D486>;index=1,<sip:103@pbx.example;cause=486>;index=1.1',
      },
      false,
    ],
    [
      'a person who was tried after the box',
      { 'history-info': '<sip:voicemail@pbx.example>;index=1,<sip:103@pbx.example>;index=1.1' },
      false,
    ],
    ['nonsense', { 'history-info': '<<>;,"', 'p-asserted-identity': ' '.repeat(2048) }, false],
  ])('%s', (_what, headers, box) => {
    expect(answeredByVoicemail({ remote, headers }, boxes)).toBe(box);
  });

  test('the box itself was called', () => {
    expect(answeredByVoicemail({ remote: { ...remote, user: '*97' }, headers: {} }, boxes)).toBe(true);
    expect(answeredByVoicemail({ remote: { ...remote, user: '*98' }, headers: {} }, boxes)).toBe(false);
  });
});

describe('the disposition', () => {
  const play = (...events: CallEvent[]) => {
    const call = events
      .map((event) => event)
      .reduce<ReturnType<typeof reduce> | undefined>((before, event) => reduce(before, event, 'r-1'), undefined);
    if (call === undefined) throw new Error('no events');
    return call;
  };
  const cause: EndCause = { by: 'remote', how: 'cancel', reason: 'SIP;cause=302;text="Voicemail"' };
  const box = { 'p-asserted-identity': '"Voicemail" <sip:102@pbx.example>' };
  const out = { direction: 'outbound', headers: box } as const;

  test('of a call that rang here and was taken to the box: neither missed nor answered elsewhere', () => {
    expect(dispositionOf(play(callEvent('ringing', {}), callEvent('ended', { cause })))).toBe('voicemail');
    const both = { ...cause, reason: 'SIP;cause=200;text="Call completed elsewhere, voicemail"' };
    expect(dispositionOf(play(callEvent('ringing', {}), callEvent('ended', { cause: both })))).toBe('voicemail');
  });

  test('a call that the agent answered or declined is not, whatever is said', () => {
    const answered = play(
      callEvent('ringing', { headers: box }),
      callEvent('answered', {}),
      callEvent('ended', { cause }),
    );
    expect(dispositionOf(answered, ['+14155550142'])).toBe('answered');
    const declined: EndCause = { by: 'local', how: 'rejected', status: 603 };
    expect(dispositionOf(play(callEvent('ringing', { headers: box }), callEvent('ended', { cause: declined })))).toBe(
      'declined',
    );
  });

  test('of a call that the box of the other party answered: nobody talked', () => {
    const call = play(
      callEvent('dialling', { direction: 'outbound', monotonic: 1000 }),
      callEvent('answered', { ...out, monotonic: 4000 }),
      callEvent('ended', { ...out, monotonic: 34_000, cause: { by: 'local', how: 'bye' } }),
    );
    expect(
      completedCall(call, {
        number: readNumber('+14155550142', { country: 'US', internalDigits: 6 }),
        caller: { kind: 'nobody' },
        matches: [],
        chosen: false,
        voicemail: [],
        transferredTo: null,
        agent: null,
        extension: '101',
        line: null,
        recording: undefined,
      }),
    ).toMatchObject({ disposition: 'voicemail', ringSeconds: 3, talkSeconds: 0, answeredAt: call.answeredAt });
  });

  test('a person who takes over from the box has answered', () => {
    const call = play(
      callEvent('dialling', { direction: 'outbound' }),
      callEvent('answered', out),
      callEvent('ended', {
        direction: 'outbound',
        headers: { 'p-asserted-identity': '"Ben Ortiz" <sip:102@pbx.example>' },
        cause: { by: 'local', how: 'bye' },
      }),
    );
    expect(dispositionOf(call)).toBe('answered');
  });
});
