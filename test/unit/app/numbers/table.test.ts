import { expect, test } from 'vitest';
import { newContactUrl, parseOrigin } from '../../../../app/kommo/address.ts';
import { lookUpNumber, readNumber } from '../../../../app/numbers/number.ts';
import { compareNumbers, searchKeys, variantsOf } from '../../../../app/numbers/variants.ts';
import { NUMBERS, PAIRS } from './table.ts';

const rows = NUMBERS.flatMap(({ office, is, written }) => written.map((number) => [number, office, is] as const));

test('the table is as large as it claims', () => {
  expect(rows.length).toBeGreaterThanOrEqual(150);
  expect(new Set(rows.map(([number, office]) => `${office} ${number}`)).size).toBe(rows.length);
  expect(new Set(rows.map(([, office]) => office)).size).toBeGreaterThanOrEqual(12);
});

test.each(rows)('%s in %s is %s', (number, office, is) => {
  const read = readNumber(number, { country: office, internalDigits: 6 });
  expect(read.e164).toBe(is);
  expect(lookUpNumber(read)).toBe(is);
  expect(read.asReceived).toBe(number);
  const origin = parseOrigin('https://acme.kommo.com');
  if (origin === null || is === null) return;
  // The plus survives into the card address.
  const address = new URL(newContactUrl(origin, lookUpNumber(read) ?? ''));
  expect(address.search).toBe(`?phone=%2B${is.slice(1)}`);
  expect(address.searchParams.get('phone')).toBe(is);
});

test.each(PAIRS)('asked about %s, a card with %s (%s): %s', (asked, stored, country, verdict) => {
  expect(compareNumbers(stored, asked, { country, internalDigits: 6 })).toBe(verdict);
});

test.each(rows.filter(([, , is]) => is !== null))('%s in %s: a card that has it so is found', (number, office, is) => {
  if (is === null) return;
  const rules = { country: office, internalDigits: 6 };
  expect(compareNumbers(number, is, rules)).toBe('same');
  for (const variant of variantsOf(is)) {
    expect(variantsOf(variant)).toContain(is);
    expect(compareNumbers(number, variant, rules)).toBe('same');
  }
  expect(searchKeys(is)[0]).toBe(is.slice(1));
});

test('only where the end of the number is written in two ways is there more than one search', () => {
  expect(searchKeys('+5493415123456').map((key) => key.slice(-8))).toEqual(['15123456', '55123456']);
  expect(searchKeys('+5511985550131')).toHaveLength(1);
  expect(searchKeys('5550142')).toEqual(['5550142']);
});
