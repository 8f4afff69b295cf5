/** Every sentence of a catalogue, with marks where something is put in. */
import { CATALOGUES } from '../../../../../renderer/panel/texts/catalogues.ts';
import type { Texts } from '../../../../../renderer/panel/texts/en.ts';

/** By key (`history.steps.invite`); a function is called with a mark for each text and 2 for each number. */
export function sentencesOf(catalogue: Texts): [string, string][] {
  return walk(catalogue, '');
}

function walk(value: unknown, key: string): [string, string][] {
  if (typeof value === 'string') return [[key, value]];
  if (typeof value === 'function') return [[key, said(value as (...parameters: unknown[]) => unknown)]];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => walk(inner, key === '' ? name : `${key}.${name}`));
}

/** What a function of the catalogue says: whether it wants a text or a number is tried. */
function said(say: (...parameters: unknown[]) => unknown): string {
  const wantsNumber = /format\(|plural\(|\bms\b|\bplace\b/.test(String(say));
  const marks = ['⟨a⟩', '⟨b⟩'];
  return String(say(...marks.map((mark, index) => (wantsNumber && index === 0 ? 2 : mark))));
}

/** What a page may show in any language, but for what is put in. */
export const CATALOGUE_TEXTS: string[] = Object.values(CATALOGUES).flatMap((catalogue) =>
  sentencesOf(catalogue).map(([, sentence]) => sentence),
);
