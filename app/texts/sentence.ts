/**
 * What Ringside says to the agent, before it has a language: the key of a sentence and what is put into it. It is made
 * where something happens and worded (`worded.ts`) where somebody reads it, in the language of that moment.
 */
import type { Sentences } from './sentences/en.ts';

export type SentenceKey = keyof Sentences;

export type Said = {
  readonly say: SentenceKey;
  readonly with?: { readonly [name: string]: Sentence | number | readonly Sentence[] };
};

/** A text stands for itself: what somebody else wrote, as a name or the answer of a phone system. */
export type Sentence = Said | string;

/** Every text that is put into a sentence may be a sentence itself. */
type Givable<V> = V extends string ? Sentence : V extends readonly string[] ? readonly Sentence[] : V;

/** What the sentence of a key needs. */
export type Given<K extends SentenceKey> = Sentences[K] extends (values: infer V) => string
  ? [values: { readonly [N in keyof V]: Givable<V[N]> }]
  : [];

/** `say('phone.no-answer', { server: 'pbx.acme.example' })` */
export function say<K extends SentenceKey>(key: K, ...[values]: Given<K>): Said {
  return values === undefined ? { say: key } : { say: key, with: values };
}
