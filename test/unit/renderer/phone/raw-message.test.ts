import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Parser } from '../../../../node_modules/sip.js/lib/core/messages/parser.js';
import { parseParty } from '../../../../renderer/phone/identity.ts';
import { headersOf, LONGEST_MESSAGE, readMessage, repair } from '../../../../renderer/phone/raw-message.ts';

function invite(from: string, more: string[] = []): string {
  return [
    'INVITE sip:101@abc.invalid SIP/2.0',
    'Via: SIP/2.0/WS pbx.test;branch=z9hG4bK1',
    'Max-Forwards: 70',
    `From: ${from}`,
    'To: <sip:101@pbx.test>',
    'Call-ID: call-1',
    'CSeq: 1 INVITE',
    'Contact: <sip:pbx.test;transport=ws>',
    ...more,
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n');
}

const parses = (text: string) => {
  const logger = { warn: () => undefined, error: () => undefined };
  return Parser.parseMessage(text, logger as unknown as Parameters<typeof Parser.parseMessage>[1]);
};

describe('reading', () => {
  test('a request, its compact and folded headers included', () => {
    const text = [
      'BYE sip:101@h SIP/2.0',
      'v: SIP/2.0/WS h;branch=z9hG4bK1',
      'f: "tag=no;tag=x" <sip:a@h>;tag=1',
      't: <sip:101@h>;tag=2',
      'i: call-1',
      'CSeq: 2 BYE',
      'Reason: SIP;cause=200',
      ' ;text="elsewhere"',
      'X-Recording-URL: https://pbx.test/1.mp3',
      'X-Recording-Url: https://pbx.test/2.mp3',
      '',
      '',
    ].join('\r\n');
    const message = readMessage(text);
    expect(message).toMatchObject({ method: 'BYE', status: null, callId: 'call-1', toTag: true });
    expect(message && headersOf(message, ['reason', 'x-recording-url', 'diversion'])).toEqual({
      reason: 'SIP;cause=200 ;text="elsewhere"',
      'x-recording-url': 'https://pbx.test/1.mp3, https://pbx.test/2.mp3',
    });
  });

  test('a response', () => {
    const text = invite('<sip:a@h>;tag=1').replace(/^.*/, 'SIP/2.0 486 Busy Here');
    expect(readMessage(text)).toMatchObject({ method: 'INVITE', status: 486, phrase: 'Busy Here', toTag: false });
  });

  test.each([
    ['HTML', '<html><body>502 Bad Gateway</body></html>\r\n\r\n'],
    ['HTTP', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'],
    ['nothing', ''],
    ['no end of headers', invite('<sip:a@h>;tag=1').trimEnd()],
    ['no Call-ID', invite('<sip:a@h>;tag=1').replace(/Call-ID.*\r\n/, '')],
    ['a Call-ID beyond measure', invite('<sip:a@h>;tag=1').replace('call-1', 'x'.repeat(600))],
    ['no From', invite('<sip:a@h>;tag=1').replace(/From.*\r\n/, '')],
    ['a status of another world', invite('<sip:a@h>;tag=1').replace(/^.*/, 'SIP/2.0 999 What')],
    ['a line without a colon', invite('<sip:a@h>;tag=1', ['garbage'])],
    ['headers beyond measure', invite('<sip:a@h>;tag=1', [`Subject: ${'x'.repeat(LONGEST_MESSAGE)}`])],
    [
      'a response beyond measure',
      invite('<sip:a@h>;tag=1').replace(/^.*/, 'SIP/2.0 200 OK') + 'x'.repeat(LONGEST_MESSAGE),
    ],
  ])('refuses %s', (_name, text) => {
    expect(readMessage(text)).toBeNull();
  });

  test('anything never throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (garbage) => {
        expect(() => [
          readMessage(garbage),
          readMessage(invite(garbage)),
          repair(invite(garbage), 'pbx.test'),
        ]).not.toThrow();
      }),
    );
  });
});

describe('repair', () => {
  test('leaves what SIP.js can read alone', () => {
    for (const from of [
      '"Ana" <sip:101@h>;tag=1',
      'Ana <sip:101@h>;tag=1',
      'sip:101@h;tag=1',
      '"📞 \\"Zoë\\"" <sip:101@h>;tag=1',
    ]) {
      expect(repair(invite(from), 'pbx.test')).toBe(invite(from));
      expect(parses(invite(from))).toBeDefined();
    }
  });

  test.each([
    ['<tel:+1-830-555-0100>;tag=9', '+18305550100', ''],
    ['tel:+18305550100;tag=9', '+18305550100', ''],
    ['"Ana" <tel:830;phone-context=+1>;tag=9', '830', 'Ana'],
    ['Ana María <sip:830@h>;tag=9', '830', 'Ana María'],
    ['Smith, J. <sip:830@h>;tag=9', '830', 'Smith, J.'],
    ['"Zoë "Z" <b>" <sip:830@h>;tag=9', '830', 'Zoë "Z" <b>'],
  ])('makes %s readable for SIP.js', (from, user, name) => {
    expect(parses(invite(from))).toBeUndefined();
    const repaired = repair(invite(from), 'pbx.test');
    const message = parses(repaired);
    expect(message?.from.uri.user).toBe(user);
    expect(message?.fromTag).toBe('9');
    expect(parseParty(readMessage(repaired)?.headers.get('from')?.[0] ?? '')).toMatchObject({
      user,
      displayName: name,
    });
  });

  test.each(['# \u2028?', 'Ana \u2029To: <sip:evil@h>'])(
    'keeps %j one header, whatever else calls that a line',
    (name) => {
      for (const display of [name, `"${name}"`])
        expect(
          parses(repair(invite(`${display.replace(/[<>]/g, '')} <sip:101@h>;tag=1`), 'pbx.test'))?.from.uri.user,
        ).toBe('101');
    },
  );

  test('makes any display name readable for SIP.js, quoted or not', () => {
    const names = fc
      .string({ unit: 'grapheme', maxLength: 60 })
      .map((name) => name.replace(/[\r\n]/g, '').replace(/[<>"\\]/g, ''));
    fc.assert(
      fc.property(names, fc.boolean(), (name, quoted) => {
        const from = `${quoted ? `"${name}"` : name.trim()} <sip:101@h>;tag=1`;
        expect(parses(repair(invite(from), 'pbx.test'))?.from.uri.user).toBe('101');
      }),
      { numRuns: 300 },
    );
  });
});
