/** Every sentence of a catalogue, with marks where something is put in. */
import type { Texts } from '../../../../../renderer/panel/texts/en.ts';

/** By key (`history.steps.invite`); a function is called with a mark for each text and 2 for each number. */
export function sentencesOf(catalogue: Texts): [string, string][] {
  return walk(catalogue, '', 2);
}

/** Every sentence of a catalogue in every form that a number gives it. */
export function variantsOf(catalogue: Texts): string[] {
  const counts = [1, 2, 5, 21];
  const ways = counts.flatMap((count) => [walk(catalogue, '', count), walk(catalogue, '', count, false)]);
  return [...new Set(ways.flat().map(([, sentence]) => sentence))];
}

function walk(value: unknown, key: string, count: number, second: unknown = '⟨b⟩'): [string, string][] {
  if (typeof value === 'string') return [[key, value]];
  if (typeof value === 'function') return [[key, said(value as (...parameters: unknown[]) => unknown, count, second)]];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    walk(inner, key === '' ? name : `${key}.${name}`, count, second),
  );
}

/** What a function of the catalogue says: whether it wants a text or a number is tried. */
function said(say: (...parameters: unknown[]) => unknown, count: number, second: unknown): string {
  const wantsNumber = /format\(|plural\(|\bms\b|\bplace\b/.test(String(say));
  const marks = ['⟨a⟩', second];
  return String(say(...marks.map((mark, index) => (wantsNumber && index === 0 ? count : mark))));
}
