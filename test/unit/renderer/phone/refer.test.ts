import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseReferTo, parseReplaces, referToReplacing, sipfragStatus } from '../../../../renderer/phone/refer.ts';

describe('Replaces', () => {
  test.each([
    ['a@b;to-tag=1;from-tag=2', { callId: 'a@b', toTag: '1', fromTag: '2', earlyOnly: false }],
    [' a ; From-Tag=2 ; To-Tag=1 ; early-only ', { callId: 'a', toTag: '1', fromTag: '2', earlyOnly: true }],
    ['a;to-tag=1', null],
    [';to-tag=1;from-tag=2', null],
    ['', null],
  ])('%j', (header, replaces) => expect(parseReplaces(header)).toEqual(replaces));
});

describe('Refer-To', () => {
  test.each([
    ['<sip:103@pbx.test>', { uri: 'sip:103@pbx.test', replaces: null }],
    ['"Bob" <sip:103@pbx.test;transport=ws>', { uri: 'sip:103@pbx.test;transport=ws', replaces: null }],
    ['sip:103@pbx.test', { uri: 'sip:103@pbx.test', replaces: null }],
    ['<tel:+1-305-555-0100>', { uri: 'tel:+1-305-555-0100', replaces: null }],
    ['<sip:103@pbx.test;method=INVITE>', { uri: 'sip:103@pbx.test', replaces: null }],
    [
      '<sip:103@pbx.test?Replaces=a%40b%3Bto-tag%3D1%3Bfrom-tag%3D2&Require=replaces>',
      { uri: 'sip:103@pbx.test', replaces: 'a@b;to-tag=1;from-tag=2' },
    ],
    [
      'sip:103@pbx.test;transport=udp?Replaces=a%3Bto-tag%3D1%3Bfrom-tag%3D2',
      { uri: 'sip:103@pbx.test;transport=udp', replaces: 'a;to-tag=1;from-tag=2' },
    ],
    ['sip:103@pbx.test;transport=udp', { uri: 'sip:103@pbx.test', replaces: null }],
    ['<sip:103@pbx.test;method=BYE>', null],
    ['<sip:103@pbx.test?Replaces=nonsense>', null],
    ['<https://evil.example/>', null],
    ['<mailto:a@b>', null],
    ['<javascript:alert(1)>', null],
    ['', null],
  ])('%s', (header, to) => expect(parseReferTo(header)).toEqual(to));

  test('what we write is what the other side reads', () => {
    const token = fc.stringMatching(/^[\w.!%*+`'~-]{1,20}$/);
    fc.assert(
      fc.property(
        fc.stringMatching(/^[\w.!%*+`'~@:?/()<>[\]{}"\\-]{1,40}$/),
        token,
        token,
        (callId, toTag, fromTag) => {
          const read = parseReferTo(referToReplacing('sip:103@pbx.test', { callId, toTag, fromTag }));
          expect(read?.uri).toBe('sip:103@pbx.test');
          expect(parseReplaces(read?.replaces ?? '')).toEqual({ callId, toTag, fromTag, earlyOnly: false });
        },
      ),
    );
  });
});

test.each([
  ['SIP/2.0 200 OK\r\n', 200],
  ['SIP/2.0 100 Trying', 100],
  ['\r\nSIP/2.0 486 Busy Here\r\nContact: x', 486],
  ['', null],
  ['HTTP/1.1 200 OK', null],
  ['SIP/2.0 999 x', null],
])('the status in %j', (body, status) => expect(sipfragStatus(body)).toBe(status));
