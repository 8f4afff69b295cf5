/** People and companies in Kommo by name or number, for whoever wants to call or transfer to one. */
import type { Answer, Person } from '../../app/ipc/panel.ts';
import { nameOnCard, type Card, type NameOrder } from '../../app/kommo/card.ts';
import type { KommoClient } from '../../app/kommo/client.ts';
import { KommoRefusal } from '../../app/kommo/refusal.ts';
import { say, type Sentence } from '../../app/texts/sentence.ts';
import type { Log } from '../diagnostics/log.ts';

const MOST = 20;
/** Fewer letters find everybody. */
const SHORTEST = 2;
/** Somebody who types goes back and forth: what Kommo said a moment ago holds. */
const KEPT_MS = 60_000;
const MOST_KEPT = 50;

export type PeoplePorts = {
  client(): Pick<KommoClient, 'cardsWith'> | null;
  nameOrder(): Promise<NameOrder>;
  now(): number;
  log: Log;
};

export function createPeople({ client, nameOrder, now, log }: PeoplePorts) {
  const kept = new Map<string, { at: number; of: object; people: Person[] }>();

  return {
    /** Only those with a number, contacts first. Takes the least of Kommo's limit: a call's name goes before. */
    async search(typed: string): Promise<Answer<Person[]>> {
      const query = typed.trim().replace(/\s+/g, ' ');
      const kommo = client();
      if (kommo === null) return { ok: false, message: say('people.signed-out') };
      if (query.length < SHORTEST) return { ok: true, value: [] };
      const known = kept.get(query);
      if (known !== undefined && known.of === kommo && now() - known.at < KEPT_MS)
        return { ok: true, value: known.people };
      try {
        const order = await nameOrder();
        const contacts = await kommo.cardsWith('contact', query, 'delivery');
        const companies = contacts.length >= MOST ? [] : await kommo.cardsWith('company', query, 'delivery');
        const people = [
          ...contacts.flatMap((card) => personOf('contact', card, order)),
          ...companies.flatMap((card) => personOf('company', card, order)),
        ].slice(0, MOST);
        kept.delete(query);
        kept.set(query, { at: now(), of: kommo, people });
        for (const oldest of kept.keys()) {
          if (kept.size <= MOST_KEPT) break;
          kept.delete(oldest);
        }
        return { ok: true, value: people };
      } catch (error) {
        log('people.not-searched', { error: String(error) });
        return { ok: false, message: sentenceOf(error) };
      }
    },
  };
}

export type People = ReturnType<typeof createPeople>;

function personOf(type: 'contact' | 'company', card: Card, order: NameOrder): Person[] {
  const name = nameOnCard(card, order);
  if (name === null || card.phones.length === 0) return [];
  return [{ entity: { type, id: card.id }, name, company: null, numbers: [...new Set(card.phones)] }];
}

function sentenceOf(error: unknown): Sentence {
  if (error instanceof KommoRefusal && (error.kind === 'too-many' || error.kind === 'blocked'))
    return say('people.busy');
  if (error instanceof KommoRefusal && error.kind === 'no-rights') return say('people.no-rights');
  return say('people.not-searched');
}
