import { createContext, use } from 'react';
import type { Sentence } from '../../../app/texts/sentence.ts';
import { worded } from '../../../app/texts/worded.ts';
import { en, type Texts } from './en.ts';

export const TextsContext = createContext<Texts>(en);

/** The words of the language that is shown. */
export const useTexts = (): Texts => use(TextsContext);

/** Words what main has to say in the language that is shown. */
export function useWord(): (sentence: Sentence) => string {
  const { language } = useTexts();
  return (sentence) => worded(sentence, language);
}
