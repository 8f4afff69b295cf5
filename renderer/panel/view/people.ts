import type { HistoryEntry, Person } from '../../../app/ipc/panel.ts';
import type { Texts } from '../texts/en.ts';
import { callBackNumber, numberOf, whoOf } from './history.ts';

/** Somebody who can be called: `number` is dialled, `shown` is read. */
export type Suggestion = {
  key: string;
  from: 'recent' | 'inKommo';
  name: string;
  company: string | null;
  isCompany: boolean;
  number: string;
  shown: string;
};
export type SuggestionGroup = { from: Suggestion['from']; items: Suggestion[] };

/** As many as can be looked over at a glance. */
const RECENT = 5;
const FOUND = 20;

/** Everybody of the last calls once, the newest first. */
export function recentParties(recent: readonly HistoryEntry[], texts: Texts): Suggestion[] {
  const parties = new Map<string, Suggestion>();
  for (const { call } of recent) {
    const number = callBackNumber(call);
    if (number === null || parties.has(number)) continue;
    const isCompany = call.caller.kind === 'entity' && call.caller.entity.type === 'company';
    const shown = numberOf(call, texts);
    parties.set(number, {
      key: `recent ${number}`,
      from: 'recent',
      name: whoOf(call, texts),
      company: null,
      isCompany,
      number,
      shown,
    });
  }
  return [...parties.values()];
}

/** What fits what was typed: recent people at once, then those whom Kommo found, each number once. */
export function suggestionsOf(
  typed: string,
  recent: readonly Suggestion[],
  people: readonly Person[],
): SuggestionGroup[] {
  const words = folded(typed);
  const digits = typed.replace(/\D/g, '');
  const fits = ({ name, number }: Suggestion) =>
    words === '' || folded(name).includes(words) || (digits !== '' && number.replace(/\D/g, '').includes(digits));
  const first = recent.filter(fits).slice(0, RECENT);
  const seen = new Set(first.map(({ number }) => number));
  const found = people.flatMap(({ entity, name, company, numbers }) =>
    numbers
      .filter((number) => !seen.has(number))
      .map((number): Suggestion => ({
        key: `${entity.type} ${entity.id} ${number}`,
        from: 'inKommo',
        name,
        company,
        isCompany: entity.type === 'company',
        number,
        shown: number,
      })),
  );
  return [
    { from: 'recent' as const, items: first },
    { from: 'inKommo' as const, items: found.slice(0, FOUND) },
  ].filter(({ items }) => items.length > 0);
}

/** Letters as they are looked for: without case and accents. */
const folded = (text: string): string => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase().trim();
