/** Tests read what is said in English: a sentence equals its English wording, in `toEqual`, `toMatchObject` and their like. */
import { expect } from 'vitest';
import type { Said } from '../app/texts/sentence.ts';
import { inEnglish } from '../app/texts/worded.ts';

const isSaid = (value: unknown): value is Said => typeof value === 'object' && value !== null && 'say' in value;

expect.addEqualityTesters([
  (one: unknown, other: unknown): boolean | undefined => {
    if (isSaid(one) && typeof other === 'string') return inEnglish(one) === other;
    if (isSaid(other) && typeof one === 'string') return inEnglish(other) === one;
    return undefined;
  },
]);
