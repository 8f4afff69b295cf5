/** Gives a sentence its language, where somebody reads it. */
import type { Language } from './language.ts';
import type { Said, Sentence } from './sentence.ts';
import { en, type Sentences } from './sentences/en.ts';
import { es } from './sentences/es.ts';
import { pt } from './sentences/pt.ts';
import { ru } from './sentences/ru.ts';

export const SENTENCES: Record<Language, Sentences> = { en, es, pt, ru };

/** The sentence as the language has it; a text is what it is. */
export function worded(sentence: Sentence, language: Language): string {
  return typeof sentence === 'string' ? sentence : said(sentence, language);
}

function said({ say, with: given = {} }: Said, language: Language): string {
  const catalogue = SENTENCES[language];
  // A kept sentence may be of a version that had others.
  const form: unknown = Object.hasOwn(catalogue, say) ? catalogue[say] : catalogue.unknown;
  if (typeof form !== 'function') return String(form);
  const values = Object.entries(given).map(([name, value]): [string, unknown] => [name, valueIn(value, language)]);
  return (form as (values: object) => string)(Object.fromEntries(values));
}

type Value = NonNullable<Said['with']>[string];

function valueIn(value: Value, language: Language): string | number | string[] {
  if (typeof value === 'number') return value;
  if (Array.isArray(value)) return value.map((one: Sentence) => worded(one, language));
  return worded(value as Sentence, language);
}

/** For logs, the timeline and support: always English. */
export const inEnglish = (sentence: Sentence): string => worded(sentence, 'en');
