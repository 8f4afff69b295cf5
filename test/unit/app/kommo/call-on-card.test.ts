import { describe, expect, test } from 'vitest';
import type { CompletedCall } from '../../../../app/calls/completed-call.ts';
import {
  callNote,
  callRecord,
  incomingLead,
  recordingWarning,
  waysToCard,
} from '../../../../app/kommo/call-on-card.ts';
import { completedCall } from '../calls/samples.ts';
import { english } from '../../../english.ts';

const nobody = { kind: 'nobody' } as const;
const failed = { kind: 'failed', reason: 'x' } as const;
const withheld = { asReceived: 'anonymous', e164: null, display: '', internal: false };
const settings = { cardBy: 'entity', unknownInbound: 'incoming-lead' } as const;

describe('the way to the card', () => {
  test.each<[string, Partial<CompletedCall>, Partial<typeof settings> | object, string[]]>([
    ['a known card', {}, {}, ['note', 'calls']],
    ['a known card, always by number', {}, { cardBy: 'calls' }, ['calls', 'note']],
    ['the one of several that the agent chose', { chosen: true }, { cardBy: 'calls' }, ['note', 'calls']],
    ['nobody who calls', { caller: nobody }, {}, ['incoming-lead']],
    ['nobody who calls and is missed', { caller: nobody, disposition: 'missed' }, {}, ['incoming-lead']],
    ['nobody, where nothing is wanted of them', { caller: nobody }, { unknownInbound: 'nothing' }, []],
    ['nobody who is called', { caller: nobody, direction: 'outbound' }, {}, []],
    ['Kommo could not be asked', { caller: failed }, {}, ['calls', 'incoming-lead']],
    ['Kommo could not be asked, outbound', { caller: failed, direction: 'outbound' }, {}, ['calls']],
    ['a withheld number', { caller: { kind: 'not-asked' }, number: withheld }, {}, []],
    ['a withheld number on a card that the agent chose', { number: withheld }, {}, ['note']],
  ])('%s', (_what, call, by, ways) => {
    expect(waysToCard(completedCall(call), { ...settings, ...by }).map(({ way }) => way)).toEqual(ways);
  });
});

describe('the record', () => {
  test.each<[CompletedCall['disposition'], number]>([
    ['answered', 4],
    ['missed', 6],
    ['declined', 6],
    ['cancelled', 6],
    ['no answer', 6],
    ['busy', 7],
    ['failed', 3],
    ['voicemail', 1],
  ])('%s is status %i, in the words of the line', (disposition, status) => {
    expect(callRecord(completedCall({ disposition }))).toMatchObject({
      call_status: status,
      call_result: disposition,
    });
  });

  test.each<[NonNullable<CompletedCall['agentDisposition']>, number]>([
    ['left voicemail', 1],
    ['call back later', 2],
    ['not available', 3],
    ['talked', 4],
    ['wrong number', 5],
    ['no answer', 6],
    ['busy', 7],
  ])('%s, as the agent says, is status %i', (agentDisposition, status) => {
    expect(callRecord(completedCall({ agentDisposition }))).toMatchObject({ call_status: status });
  });

  test.each([callRecord, callNote, incomingLead])('%o has no null at any depth', (make) => {
    const record = make(completedCall({ agent: null, number: { ...withheld, asReceived: '+14155550142' } }));
    expect(JSON.stringify(record)).not.toContain('null');
  });

  test('seconds and not milliseconds, people as authors, none where nobody is known', () => {
    expect(callRecord(completedCall())).toMatchObject({
      created_at: Date.UTC(2026, 9, 1, 12) / 1000,
      created_by: 7001001,
      responsible_user_id: 7001001,
      call_responsible: 7001001,
    });
    const unowned = callRecord(completedCall({ agent: null }));
    expect(unowned).not.toHaveProperty('created_by');
    expect(unowned).not.toHaveProperty('link');
  });

  test('an incoming lead has exactly one lead and the number of its contact', () => {
    expect(incomingLead(completedCall())).toMatchObject({
      source_uid: 'r-1',
      metadata: { is_call_event_needed: true, call_responsible: '7001001', link: '' },
      _embedded: { leads: [{ name: 'Call from +14155550142' }], contacts: [{ name: '+14155550142' }], companies: [] },
    });
  });
});

describe('what Kommo’s player will not play', () => {
  test.each([
    ['https://pbx.acme.example/rec/1.mp3', null],
    ['https://203.0.113.9/1.mp3', null],
    ['https://172.32.0.1/1.mp3', null],
    ['https://fcbank.example/1.mp3?format=.wav', null],
    ['http://pbx.acme.example/1.mp3', /https/],
    ['https://pbx.acme.example/1.wav', /mp3/],
    ['https://pbx.acme.example/1.WAV?x=1', /mp3/],
    ['https://192.168.1.5/1.mp3', /private/],
    ['https://10.1.2.3/1.mp3', /private/],
    ['https://172.16.0.1/1.mp3', /private/],
    ['https://100.64.0.1/1.mp3', /private/],
    ['https://169.254.1.1/1.mp3', /private/],
    ['http://127.0.0.1:8080/1.wav', /private/],
    ['https://localhost/1.mp3', /private/],
    ['https://pbx/1.mp3', /private/],
    ['https://pbx.local/1.mp3', /private/],
    ['https://pbx.office.lan/1.mp3', /private/],
    ['https://[::1]/1.mp3', /private/],
    ['https://[fd12::5]/1.mp3', /private/],
    ['https://[::ffff:192.168.0.1]/1.mp3', /private/],
    ['https://[2001:db8::1]/1.mp3', null],
    ['nonsense', /not an address/],
  ])('%s', (address, expected) => {
    const warning = recordingWarning(address);
    if (expected === null) expect(warning).toBeNull();
    else expect(english(warning)).toMatch(expected);
  });
});
