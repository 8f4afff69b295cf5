import { inEnglish } from './worded.ts';
import type { Sentence } from './sentence.ts';

/** Something did not work, with the sentence for the agent; `message` is its English, for logs. */
export class Refusal extends Error {
  readonly sentence: Sentence;

  constructor(sentence: Sentence) {
    super(inEnglish(sentence));
    this.name = 'Refusal';
    this.sentence = sentence;
  }
}
