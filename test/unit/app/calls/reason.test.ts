import fc from 'fast-check';
import { expect, test } from 'vitest';
import { answeredElsewhere, parseReason } from '../../../../app/calls/reason.ts';

test.each([
  ['SIP;cause=200', true],
  ['SIP;cause=200;text="Call completed elsewhere"', true],
  ['SIP ;cause=200 ;text="Call completed elsewhere"', true],
  ['sip; CAUSE = 200', true],
  ['SIP;text="a;b,c;cause=486";cause=200', true],
  ['SIP;text="say \\"SIP;cause=200\\", he said";cause=486', false],
  ['Q.850;cause=26;text="Non-selected user clearing"', true],
  ['q.850;cause=26', true],
  ['Q.850;cause=16, SIP;cause=200', true],
  ['SIP;cause=487;text="x, SIP;cause=200", Q.850;cause=16', false],
  ['Q.850;cause=200', false],
  ['SIP;cause=26', false],
  ['SIP;cause=2000', false],
  ['SIP;cause="200"', false],
  ['Preemption;cause=200', false],
  ['SIP', false],
  [';cause=200', false],
  ['', false],
])('%s: answered elsewhere is %s', (header, expected) => {
  expect(answeredElsewhere(header)).toBe(expected);
});

test('no header is no answer elsewhere', () => {
  expect(answeredElsewhere(undefined)).toBe(false);
});

test('every value is read, quoted text whole and unescaped', () => {
  expect(parseReason('SIP;cause=580;text="no; \\"really\\", no", Q.850;cause=16')).toEqual([
    { protocol: 'SIP', cause: 580, text: 'no; "really", no' },
    { protocol: 'Q.850', cause: 16, text: null },
  ]);
});

test('any text is read without throwing, and only real values come out', () => {
  const pieces = fc.constantFrom('SIP', 'Q.850', ';', ',', '"', '\\', 'cause=', '200', '26', 'text=', ' ', '=', 'é');
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(pieces).map((list) => list.join('')),
      ),
      (header) => {
        for (const { protocol, cause } of parseReason(header)) {
          expect(protocol).not.toBe('');
          expect(cause === null || (cause >= 0 && cause <= 999)).toBe(true);
        }
      },
    ),
  );
});

test('quoted text survives whatever it says', () => {
  fc.assert(
    fc.property(fc.string(), (said) => {
      const quoted = said.replaceAll(/["\\]/g, '\\$&');
      expect(parseReason(`SIP;text="${quoted}";cause=200`)).toEqual([{ protocol: 'SIP', cause: 200, text: said }]);
    }),
  );
});
