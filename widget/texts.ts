/** What the widget says, in the language of the page; English where a text is missing. */
import * as v from 'valibot';
import english from './i18n/en.json';

export type CardTexts = typeof english.card;
export type NoticeTexts = typeof english.notice;
export type SettingsTexts = typeof english.settings;
export type Texts = { card: CardTexts; notice: NoticeTexts; settings: SettingsTexts };

const SectionSchema = v.record(v.string(), v.string());

function over<T extends Record<string, string>>(defaults: T, found: unknown): T {
  const parsed = v.safeParse(SectionSchema, found);
  if (!parsed.success) return defaults;
  const known = Object.entries(parsed.output).filter(([key, text]) => key in defaults && text !== '');
  return { ...defaults, ...Object.fromEntries(known) };
}

/** `section` gives one part of the package's i18n file, as Kommo's `self.i18n` does. */
export function readTexts(section: (name: string) => unknown): Texts {
  return {
    card: over(english.card, section('card')),
    notice: over(english.notice, section('notice')),
    settings: over(english.settings, section('settings')),
  };
}

/** `Call from {who}` with its places filled in. */
export function fill(text: string, values: Readonly<Record<string, string | number>>): string {
  return text.replaceAll(/\{(\w+)\}/g, (place, name: string) => String(values[name] ?? place));
}
