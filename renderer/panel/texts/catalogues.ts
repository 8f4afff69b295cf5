import type { Language } from '../../../app/texts/language.ts';
import { en, type Texts } from './en.ts';
import { es } from './es.ts';
import { pt } from './pt.ts';
import { ru } from './ru.ts';

/** All of them travel with the page: a language changes at once, without a file to wait for. */
export const CATALOGUES: Record<Language, Texts> = { en, es, pt, ru };
