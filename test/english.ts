/** Tests read what is said in English: a sentence equals its English wording, in `toEqual`, `toMatchObject` and their like. */
import { expect } from 'vitest';
import type { Said, Sentence } from '../app/texts/sentence.ts';
import { inEnglish } from '../app/texts/worded.ts';

const isSaid = (value: unknown): value is Said => typeof value === 'object' && value !== null && 'say' in value;

expect.addEqualityTesters([
  (one: unknown, other: unknown): boolean | undefined => {
    if (isSaid(one) && typeof other === 'string') return inEnglish(one) === other;
    if (isSaid(other) && typeof one === 'string') return inEnglish(other) === one;
    return undefined;
  },
]);

/** The English wording, for matchers that want a text. */
export const english = (sentence: Sentence | null | undefined): string => inEnglish(sentence ?? '');

/** Inside `toMatchObject` and its like: a sentence whose English wording matches. */
export const saying = (pattern: RegExp | string): unknown => ({
  asymmetricMatch: (sentence: Sentence | null | undefined) =>
    typeof pattern === 'string' ? english(sentence).includes(pattern) : pattern.test(english(sentence)),
});
