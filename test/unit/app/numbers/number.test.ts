import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { lookUpNumber, readNumber } from '../../../../app/numbers/number.ts';

const read = (asReceived: string, country = 'US', internalDigits = 6) =>
  readNumber(asReceived, { country, internalDigits });

describe('E.164 of what a PBX may send', () => {
  test.each<[received: string, country: string, e164: string | null]>([
    ['+14155550142', 'US', '+14155550142'],
    ['14155550142', 'US', '+14155550142'],
    ['4155550142', 'US', '+14155550142'],
    ['(415) 555-0142', 'US', '+14155550142'],
    ['415.555.0142', 'US', '+14155550142'],
    ['01144 20 7183 8750', 'US', '+442071838750'],
    ['0014155550142', 'US', '+14155550142'],
    ['442071838750', 'US', '+442071838750'],
    ['02071838750', 'GB', '+442071838750'],
    ['2071838750', 'GB', '+442071838750'],
    ['+44 (0)20 7183 8750', 'GB', '+442071838750'],
    ['07911123456', 'GB', '+447911123456'],
    ['030 901820', 'DE', '+4930901820'],
    ['0049 30 901820', 'DE', '+4930901820'],
    ['015112345678', 'DE', '+4915112345678'],
    ['011985550131', 'BR', '+5511985550131'],
    ['11985550131', 'BR', '+5511985550131'],
    ['+5511985550131', 'US', '+5511985550131'],
    ['5512345678', 'MX', '+525512345678'],
    ['+52 55 1234 5678', 'MX', '+525512345678'],
    ['01123456789', 'AR', '+541123456789'],
    ['011 15 2345-6789', 'AR', '+5491123456789'],
    ['912345678', 'ES', '+34912345678'],
    ['0034912345678', 'ES', '+34912345678'],
    ['8 916 123-45-67', 'RU', '+79161234567'],
    ['79161234567', 'RU', '+79161234567'],
    ['09876543210', 'IN', '+919876543210'],
    ['9876543210', 'IN', '+919876543210'],
    ['919876543210', 'IN', '+919876543210'],
    ['+14155550142;ext=12', 'US', '+14155550142'],
    ['+14155550142x12', 'US', '+14155550142'],
    ['+1 415 555 0142 ext. 12', 'US', '+14155550142'],
    ['4155550142;phone-context=+1', 'US', '+14155550142'],
    ['4155550142', 'XX', '+14155550142'],
    ['Ana', 'US', null],
    ['1-800-FLOWERS', 'US', null],
    ['ana.silva', 'US', null],
    ['*724155550142', 'US', null],
    ['12345678901234567890', 'US', null],
    ['+', 'US', null],
    ['+12', 'US', null],
    ['x12345678', 'US', null],
  ])('%s in %s is %s', (received, country, e164) => {
    const number = read(received, country);
    expect(number.e164).toBe(e164);
    expect(number.asReceived).toBe(received);
    expect(number.internal && e164 !== null).toBe(false);
  });
});

test.each(['anonymous', 'Anonymous', 'Restricted', 'private', 'unavailable', 'unknown', '', '  '])(
  '%j is a withheld number that nobody is asked about',
  (user) => {
    expect(read(user)).toMatchObject({ withheld: true, internal: false, e164: null, display: 'Withheld number' });
    expect(lookUpNumber(read(user))).toBeNull();
  },
);

test('a name in place of a number is shown and not asked about', () => {
  expect(read('ana.silva')).toMatchObject({ display: 'ana.silva', internal: false, withheld: false });
  expect(lookUpNumber(read('ana.silva'))).toBeNull();
});

describe('extensions of colleagues', () => {
  test.each<[string, number, boolean]>([
    ['101', 6, true],
    ['123456', 6, true],
    ['1234567', 6, false],
    ['10-1', 6, true],
    ['101;ext=9', 6, true],
    ['*97', 6, true],
    ['+101', 6, true],
    ['+14155550142', 9, false],
    ['911', 2, false],
    ['911', 3, true],
    ['4155550142', 0, false],
  ])('%s with %i digits: internal is %s', (received, digits, internal) => {
    expect(read(received, 'US', digits).internal).toBe(internal);
  });
});

test('a number that is in no plan is asked about by its digits, if it has enough of them', () => {
  expect(lookUpNumber(read('555 01 42', 'US', 3))).toBe('5550142');
  expect(lookUpNumber(read('555014', 'US', 3))).toBeNull();
});

const phoneLike = fc
  .array(fc.constantFrom(...'0123456789', '+', ' ', '-', '(', ')', '*', '#', 'x', ';ext=', '.'), { maxLength: 30 })
  .map((list) => list.join(''));
const countries = fc.constantFrom(
  'US',
  'GB',
  'DE',
  'BR',
  'MX',
  'AR',
  'ES',
  'RU',
  'IN',
  'XX',
  '',
  'constructor',
  '__proto__',
);

test('never throws, never asks Kommo about an extension or anything that is not a number', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string(), fc.string({ unit: 'binary' }), phoneLike),
      countries,
      fc.nat(9),
      (user, country, internalDigits) => {
        const number = readNumber(user, { country, internalDigits });
        const asked = lookUpNumber(number);
        expect(number.display).not.toBe('');
        if (number.internal || number.withheld) expect(asked).toBeNull();
        if (number.e164 !== null) expect(number.e164).toMatch(/^\+\d{5,15}$/);
        if (asked !== null) {
          expect(asked).toMatch(/^\+?\d{5,}$/);
          // By their digits alone these would be extensions.
          const digits = user.replaceAll(/;.*$/gs, '').replaceAll(/\D/g, '');
          if (!user.trim().startsWith('+')) expect(digits.length).toBeGreaterThan(internalDigits);
        }
      },
    ),
    { numRuns: 2000 },
  );
});
