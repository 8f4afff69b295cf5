import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cleanDial } from '../../../../../renderer/panel/view/dial.ts';

test.each([
  ['  +1 (415) 555-0132 ', '+14155550132'],
  ['415.555.0132', '4155550132'],
  ['‪+44 20 7946–0958‬', '+442079460958'],
  ['tel:+1-415-555-0132', '+14155550132'],
  ['*72#', '*72#'],
  [' sip:ana.prado@pbx.acme.example\n', 'sip:ana.prado@pbx.acme.example'],
  ['ana-prado', 'ana-prado'],
  ['()-', '()-'],
  ['   ', ''],
])('%j is dialled as %j', (typed, dialled) => {
  expect(cleanDial(typed)).toBe(dialled);
});

test('cleaning twice is cleaning once, and no digit is lost or added', () => {
  const digits = (text: string) => text.replace(/[^\d]/g, '');
  fc.assert(
    fc.property(fc.string(), (typed) => {
      const once = cleanDial(typed);
      expect(cleanDial(once)).toBe(once);
      expect(digits(once)).toBe(digits(typed));
    }),
  );
});
