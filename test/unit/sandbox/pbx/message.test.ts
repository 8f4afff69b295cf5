import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  addressUri,
  headerParameter,
  headerValues,
  MalformedMessage,
  parseMessage,
  parseUri,
  popHeader,
  pushHeader,
  serialize,
  splitList,
  topVia,
  withHeader,
  type SipRequest,
} from '../../../../sandbox/pbx/message.ts';

const INVITE: SipRequest = {
  kind: 'request',
  method: 'INVITE',
  uri: 'sip:101@pbx.sandbox.test',
  headers: [
    { name: 'v', value: 'SIP/2.0/WS a.invalid;branch=z9hG4bK1, SIP/2.0/WS b.invalid;branch=z9hG4bK0' },
    { name: 'f', value: '"Smith, \\"J\\" <x>" <tel:+13055550123>;tag=f1' },
    { name: 't', value: '<sip:101@pbx.sandbox.test>' },
    { name: 'i', value: 'c1' },
    { name: 'CSeq', value: '1 INVITE' },
  ],
  body: 'v=0\r\nñ\r\n',
};

test('what is serialized parses to the same, with its compact names, order and unknown headers', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.record({
          name: fc.stringMatching(/^X-[A-Za-z]{1,10}$/),
          value: fc.stringMatching(/^[!-~]([ -~]{0,30}[!-~])?$/),
        }),
      ),
      fc.string(),
      (headers, body) => {
        const message = { ...INVITE, headers: [...INVITE.headers, ...headers], body };
        const back = parseMessage(serialize(message));
        expect(back).toMatchObject({
          kind: 'request',
          method: 'INVITE',
          uri: INVITE.uri,
          body: Buffer.from(body).toString(),
        });
        expect(back.headers.slice(0, -1)).toEqual(message.headers);
      },
    ),
  );
});

test('any text either parses or is refused as malformed; nothing else is thrown', () => {
  const wire = serialize(INVITE);
  const broken = fc
    .tuple(fc.nat(wire.length), fc.nat(40), fc.string())
    .map(([at, cut, insert]) => wire.slice(0, at) + insert + wire.slice(at + cut));
  fc.assert(
    fc.property(fc.oneof(fc.string(), broken), (text) => {
      try {
        parseMessage(text);
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedMessage);
      }
    }),
  );
});

test('comma-joined Vias: the top one is ours to take off, the rest stay', () => {
  expect(topVia(INVITE)).toEqual({ sentBy: 'a.invalid', branch: 'z9hG4bK1' });
  const pushed = pushHeader(INVITE, 'Via', 'SIP/2.0/WS p;branch=z9hG4bKp');
  expect(topVia(pushed)?.branch).toBe('z9hG4bKp');
  expect(topVia(popHeader(pushed, 'Via'))?.branch).toBe('z9hG4bK1');
  expect(headerValues(popHeader(INVITE, 'Via'), 'via')).toEqual(['SIP/2.0/WS b.invalid;branch=z9hG4bK0']);
});

test('quoted commas and brackets do not split a list or end an address', () => {
  const contact = '"Smith, \\"J\\" <x>" <sip:j@a.invalid;transport=ws>;+sip.instance="<urn:uuid:1,2>";expires=60';
  expect(splitList(`${contact}, <sip:k@b.invalid>`)).toEqual([contact, '<sip:k@b.invalid>']);
  expect(addressUri(contact)).toBe('sip:j@a.invalid;transport=ws');
  expect(headerParameter(contact, '+sip.instance')).toBe('<urn:uuid:1,2>');
  expect(headerParameter(contact, 'expires')).toBe('60');
  expect(headerParameter(contact, 'transport')).toBeUndefined();
});

test('header lines that are folded are one', () => {
  const folded = serialize(INVITE).replace('CSeq: 1 INVITE', 'CSeq: 1\r\n  INVITE');
  expect(headerValues(parseMessage(folded), 'cseq')).toEqual(['1 INVITE']);
});

test('a header is replaced in its place and removed by giving none', () => {
  const changed = withHeader(INVITE, 'To', ['<sip:102@pbx.sandbox.test>']);
  expect(changed.headers.map((header) => header.name)).toEqual(['v', 'f', 'To', 'i', 'CSeq']);
  expect(withHeader(INVITE, 'call-id', []).headers).toHaveLength(4);
});

test.each([
  ['sip:101@PBX.sandbox.test;transport=ws', { scheme: 'sip', user: '101', host: 'pbx.sandbox.test' }],
  ['sips:%2B1305:pw@[::1]:5061?x=y', { scheme: 'sips', user: '+1305', host: '[::1]:5061' }],
  ['sip:127.0.0.1:5060;lr', { scheme: 'sip', user: '', host: '127.0.0.1:5060' }],
  ['tel:+1305', undefined],
  ['sip:', undefined],
])('the parts of %s', (uri, expected) => {
  expect(parseUri(uri)).toEqual(expected);
});
