import { describe, expect, test } from 'vitest';
import { lookUpNumber, readNumber } from '../../../../app/numbers/number.ts';

const isPrivate = (number: string, list: string[], country = 'DE') =>
  readNumber(number, { country, internalDigits: 4, private: list });

describe('the private list', () => {
  test.each([
    ['+4915112345678', '+4915112345678'],
    ['+4915112345678', '0151 12345678'],
    ['+4915112345678', '0151*'],
    ['+4915112345678', '+49151*'],
    ['015112345678', '+49 151 1234 5678'],
    ['015112345678', '+4915112345???'],
    ['030 901820', '030/901820'],
    ['+14155550142', '+1 (415)*'],
    ['+14155550142', '*0142'],
    ['anonymous', 'anonymous'],
    ['Ana.Silva', 'ana.*'],
    ['101', '101'],
  ])('%s is meant by %s', (number, entry) => {
    const read = isPrivate(number, ['+999', entry]);
    expect(read.private).toBe(true);
    expect(lookUpNumber(read)).toBeNull();
  });

  test.each([
    ['+4915112345678', '+4915112345679'],
    ['+4915112345678', '0152*'],
    ['+14155550142', '0415*'],
    ['+14155550142', '0142'],
    ['101', '1'],
    ['anasilva', 'ana.*'],
    ['+14155550142', '*'],
  ])('%s is not meant by %s', (number, entry) => {
    expect(isPrivate(number, [entry]).private).toBe(false);
  });
});
