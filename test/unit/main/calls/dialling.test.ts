import { expect, test } from 'vitest';
import { whyNotDialled } from '../../../../main/calls/dialling.ts';

const ready = { state: 'registered', reason: null } as const;

test('while there is room, nothing is in the way', () => {
  expect(whyNotDialled(ready, { taken: 3, callsAtOnce: 4 })).toBeNull();
});

test.each([
  [4, /There are 4 calls already, as many as this phone takes at once\. End one of them, then dial again\./],
  [1, /There is a call already, and this phone takes one at a time\. End that call, then dial again\./],
])('with %i calls of as many, it says what to do', (callsAtOnce, sentence) => {
  expect(whyNotDialled(ready, { taken: callsAtOnce, callsAtOnce })).toMatchObject({
    message: expect.stringMatching(sentence) as unknown,
    reason: 'too-many-calls',
  });
});

test('without a registration that comes first, with its own reason', () => {
  const away = (reason: string | null) =>
    whyNotDialled({ state: 'retrying', reason }, { taken: 9, callsAtOnce: 1 })?.message;
  expect(away('The phone system cannot be reached.')).toBe('The phone system cannot be reached.');
  expect(away(null)).toMatch(/not connected yet\. Wait/);
});
