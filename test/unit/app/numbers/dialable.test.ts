import fc from 'fast-check';
import { expect, test } from 'vitest';
import { dialable } from '../../../../app/numbers/dialable.ts';

test.each([
  ['+1 (415) 555-0142', '+14155550142'],
  ['(415) 555 0142', '4155550142'],
  [' tel:+14155550142 ', '+14155550142'],
  ['+55\u00a011\u201191234\u20115678', '+5511912345678'],
  ['102', '102'],
  ['*97', '*97'],
  ['#31#4155550142', '#31#4155550142'],
])('%s is dialled as %s', (written, dialled) => expect(dialable(written)).toBe(dialled));

test.each([
  '',
  '   ',
  '+',
  '*#',
  'Anna',
  '415-CALL-ME',
  'sip:101@pbx',
  '+1415+555',
  '102;ext=5',
  '102?x',
  '1'.repeat(33),
])('%s is not', (written) => expect(dialable(written)).toBeNull());

test('nothing but digits, stars, hashes and one leading plus ever comes out', () => {
  const written = fc.oneof(fc.string(), fc.stringMatching(/^[+\d ()*#.-]{0,40}$/));
  expect(() =>
    fc.assert(fc.property(written, (text) => /^\+?[\d*#]{1,32}$/.test(dialable(text) ?? '0'))),
  ).not.toThrow();
});
