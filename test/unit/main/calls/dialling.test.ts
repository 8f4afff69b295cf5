import { expect, test } from 'vitest';
import { inEnglish } from '../../../../app/texts/worded.ts';
import { whyNotDialled } from '../../../../main/calls/dialling.ts';

const ready = { state: 'registered', reason: null } as const;

test('while there is room, nothing is in the way', () => {
  expect(whyNotDialled(ready, { taken: 3, callsAtOnce: 4 })).toBeNull();
});

test.each([
  [4, /There are 4 calls already, as many as this phone takes at once\. End one of them, then dial again\./],
  [1, /There is a call already, and this phone takes one at a time\. End that call, then dial again\./],
])('with %i calls of as many, it says what to do', (callsAtOnce, sentence) => {
  const refusal = whyNotDialled(ready, { taken: callsAtOnce, callsAtOnce });
  expect(refusal?.reason).toBe('too-many-calls');
  expect(inEnglish(refusal?.message ?? '')).toMatch(sentence);
});

test('without a registration that comes first, with its own reason', () => {
  const away = (reason: string | null) =>
    inEnglish(whyNotDialled({ state: 'retrying', reason }, { taken: 9, callsAtOnce: 1 })?.message ?? '');
  expect(away('The phone system cannot be reached.')).toBe('The phone system cannot be reached.');
  expect(away(null)).toMatch(/not connected yet\. Wait/);
});
