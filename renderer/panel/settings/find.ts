/** Which settings a search finds: every word in the name, the value or the key. */
import type { SettingView } from '../../../app/ipc/panel.ts';
import { LANGUAGE_NAMES } from '../../../app/texts/language.ts';
import type { Texts } from '../texts/en.ts';
import { filled } from '../view/filled.ts';

const folded = (text: string): string =>
  text
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase();

export const nameOf = (key: string, { administration }: Texts): string => administration.settings.names[key] ?? key;

/** A choice in words; a language by the name that it calls itself. */
export const choiceName = (choice: string, { administration }: Texts): string =>
  administration.settings.values[choice] ?? (LANGUAGE_NAMES as Record<string, string>)[choice] ?? choice;

/** A value as the agent reads it. */
export function readableValue({ kind }: Pick<SettingView, 'kind'>, value: unknown, texts: Texts): string {
  const { settings } = texts.administration;
  if (value === null || value === undefined || value === '') return settings.notSet;
  if (kind === 'secret') return settings.isSet;
  if (typeof value === 'boolean') return value ? settings.on : settings.off;
  if (typeof value === 'number') return new Intl.NumberFormat(texts.language).format(value);
  if (typeof value === 'string') return choiceName(value, texts);
  const entries = Array.isArray(value) ? value : Object.keys(value);
  if (entries.length === 0) return settings.notSet;
  if (entries.every((entry) => typeof entry === 'string') && entries.length <= 3 && Array.isArray(value))
    return entries.join(', ');
  return filled(settings.entries, { count: entries.length }, texts.language);
}

export function findSettings(views: readonly SettingView[], typed: string, texts: Texts): SettingView[] {
  const words = folded(typed)
    .split(/\s+/)
    .filter((word) => word !== '');
  return views.filter((view) => {
    const text = folded([nameOf(view.key, texts), view.key, readableValue(view, view.value, texts)].join(' '));
    return words.every((word) => text.includes(word));
  });
}
