import { describe, expect, test } from 'vitest';
import { readMessage, type RawMessage } from '../../../../renderer/phone/raw-message.ts';
import { ALLOW, screen, withTrueAllow } from '../../../../renderer/phone/screening.ts';

function request(
  method: string,
  more: string[] = [],
  { uri = 'sip:101@a.invalid', cseq = `1 ${method}`, body = '' } = {},
): RawMessage {
  const message = readMessage(
    [
      `${method} ${uri} SIP/2.0`,
      'Via: SIP/2.0/WS far.test;branch=z9hG4bK1',
      'From: <sip:far@far.test>;tag=far',
      'To: <sip:101@pbx.test>',
      'Call-ID: 1',
      `CSeq: ${cseq}`,
      ...more,
      '',
      body,
    ].join('\r\n'),
  );
  if (message === null) throw new Error('not a message');
  return message;
}
const statusOf = (message: RawMessage) => {
  const refusal = screen(message, 'ours');
  if (refusal?.response === null) return 'silence';
  return refusal === null ? null : Number(/^SIP\/2\.0 (\d+)/.exec(refusal.response)?.[1]);
};

describe('a request', () => {
  test.each(['INVITE', 'BYE', 'CANCEL', 'ACK', 'OPTIONS', 'NOTIFY', 'REFER', 'REGISTER'])(
    '%s that is all right goes on',
    (method) => expect(statusOf(request(method, ['Max-Forwards: 70', 'Content-Length: 0']))).toBeNull(),
  );

  test.each<[string, number | 'silence', RawMessage]>([
    ['of a method that nobody knows', 501, request("!interesting-Method0123456789_*+`.%indeed'~")],
    ['of a method in small letters, which is another one', 501, request('invite')],
    ['with a text for nobody', 405, request('MESSAGE')],
    ['for no telephone', 416, request('OPTIONS', [], { uri: 'soap.beep://192.0.2.103:3002' })],
    ['whose CSeq is of another', 400, request('OPTIONS', [], { cseq: '8 INVITE' })],
    ['whose CSeq is too large', 400, request('OPTIONS', [], { cseq: '2147483648 OPTIONS' })],
    ['of a call, without a call', 481, request('INFO')],
    ['with two senders', 400, request('INVITE', ['f: <sip:other@far.test>;tag=2'])],
    ['with two lengths', 400, request('INVITE', ['l: 1', 'Content-Length: 2'])],
    ['with less than nothing in it', 400, request('INVITE', ['Content-Length: -999'])],
    ['that wants what nobody can do', 420, request('INVITE', ['Require: 100rel, precondition', 'Require: telepathy'])],
    ['with a body that says nothing of audio', 415, request('INVITE', ['c: text/plain'], { body: 'hello' })],
    ['with a body beyond measure', 513, request('NOTIFY', [], { body: 'x'.repeat(65_537) })],
    [
      'with a body beyond measure that must not be answered',
      'silence',
      request('ACK', [], { body: 'x'.repeat(65_537) }),
    ],
    ['that must not be answered', 'silence', request('ACK', ['From: <sip:other@far.test>'])],
  ])('%s is refused', (_what, status, message) => expect(statusOf(message)).toBe(status));

  test.each<[string, RawMessage]>([
    ['wants what is done', request('INVITE', ['Require: 100rel, Timer', 'Require:'])],
    ['takes back one that wanted too much', request('CANCEL', ['Require: telepathy'])],
    ['brings a session description', request('INVITE', ['c: application/SDP ; charset=utf-8'], { body: 'v=0' })],
    ['brings none and says so', request('INVITE', ['c: text/plain'])],
  ])('that %s goes on', (_what, message) => expect(statusOf(message)).toBeNull());

  test('hears what it may ask for instead, and gets a tag', () => {
    const of = (message: RawMessage) => screen(message, 'ours')?.response;
    expect(of(request('INVITE', ['Require: 100rel, precondition', 'Require: telepathy']))).toContain(
      '\r\nUnsupported: precondition, telepathy\r\n',
    );
    expect(of(request('DANCE'))).toMatch(/\r\nto: <sip:101@pbx\.test>;tag=ours\r\n[^]*\r\nAllow: .*INVITE/);
  });
});

test('a response is never refused', () => {
  const message = readMessage(
    'SIP/2.0 200 OK\r\nVia: a\r\nFrom: a\r\nFrom: b\r\nTo: b\r\nCall-ID: 1\r\nCSeq: 99999999999 X\r\n\r\n',
  );
  expect(message && screen(message, 'ours')).toBeNull();
});

describe('what we say of ourselves', () => {
  const sipJs = [
    'INVITE sip:1@pbx.test SIP/2.0',
    'Allow: ACK,CANCEL,INVITE,MESSAGE,BYE',
    'Allow-Events: refer',
    '',
    'Allow: in the body',
  ];

  test('lists the methods that are taken, and no other, whatever SIP.js says', () => {
    const sent = withTrueAllow(sipJs.join('\r\n'));
    expect(sent.split('\r\n')).toEqual([sipJs[0], ALLOW, 'Allow-Events: refer', '', 'Allow: in the body']);
    expect(ALLOW).not.toMatch(/MESSAGE|SUBSCRIBE|REGISTER/);
  });

  test('each method that is listed is one that is not refused as such', () => {
    for (const method of ALLOW.replace('Allow: ', '').split(', '))
      expect([null, 481], method).toContain(statusOf(request(method, ['Max-Forwards: 70'])));
  });
});
