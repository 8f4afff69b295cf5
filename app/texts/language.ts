/** The languages that Ringside speaks, and their grammar of numbers. */
import { LANGUAGES, type Preferences } from '../settings/preferences.ts';

export type Language = (typeof LANGUAGES)[number];

/** What each language calls itself: whoever looks for theirs must be able to read it. */
export const LANGUAGE_NAMES: Record<Language, string> = {
  en: 'English',
  es: 'Español',
  pt: 'Português',
  ru: 'Русский',
};

/**
 * The language to speak: the one that was chosen, else the first of the system's that Ringside speaks, else English.
 *
 * @param system BCP 47 tags, most wanted first
 */
export function languageFor(chosen: Preferences['language'], system: readonly string[]): Language {
  if (chosen !== 'system') return chosen;
  for (const tag of system) {
    const [primary] = tag.toLowerCase().split('-');
    const known = LANGUAGES.find((language) => language === primary);
    if (known !== undefined) return known;
  }
  return 'en';
}

/** The forms of a word beside a number, by CLDR's categories; `#` is where the number stands. */
export type Forms = Partial<Record<Intl.LDMLPluralRule, string>> & { other: string };

/** Puts numbers and their words together as the language does: `plural(2, { one: '# call', other: '# calls' })`. */
export function pluralOf(language: Language): (count: number, forms: Forms) => string {
  const rules = new Intl.PluralRules(language);
  const numbers = new Intl.NumberFormat(language);
  return (count, forms) => (forms[rules.select(count)] ?? forms.other).replaceAll('#', numbers.format(count));
}
