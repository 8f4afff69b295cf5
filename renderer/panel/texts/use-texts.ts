import { createContext, use } from 'react';
import { en, type Texts } from './en.ts';

export const TextsContext = createContext<Texts>(en);

/** The words of the language that is shown. */
export const useTexts = (): Texts => use(TextsContext);
