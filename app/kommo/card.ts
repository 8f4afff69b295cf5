/** A card as far as it says who calls, and the name that the agent reads. */
import { withoutDirectionControls } from '../calls/plain-text.ts';
import type { EntityAnswer } from './answers.ts';

export type Card = {
  id: number;
  name: string | null;
  firstName: string | null;
  lastName: string | null;
  /** The Kommo user who is responsible for it. */
  responsible: number | null;
  /** Every phone number on it, as it was typed. */
  phones: string[];
  /** The contacts of a lead or a customer, the main one first. */
  people: number[];
  /** The leads of a contact or a company, where they were asked for; closed ones as well. */
  leads: number[];
  /** The company of a contact or a lead. */
  company: number | null;
  /** A lead that is won or lost. */
  closed: boolean;
};

/** In which order the account shows the names of people: `contact_name_display_order` 1 or 2. */
export type NameOrder = 'first-last' | 'last-first';

/** The statuses of closed leads, the same in every pipeline (kommo.md section 5). */
const WON = 142;
const LOST = 143;

/** Reads an entity's answer into what we use of it. */
export function cardOf(answer: EntityAnswer): Card {
  const people = answer._embedded?.contacts ?? [];
  return {
    id: answer.id,
    name: lineOf(answer.name),
    firstName: lineOf(answer.first_name),
    lastName: lineOf(answer.last_name),
    responsible: answer.responsible_user_id ?? null,
    phones: (answer.custom_fields_values ?? [])
      .filter(({ field_code }) => field_code === 'PHONE')
      .flatMap(({ values }) => values ?? [])
      .flatMap(({ value }) => (typeof value === 'string' || typeof value === 'number' ? [String(value)] : [])),
    people: [
      ...people.filter(({ is_main }) => is_main === true),
      ...people.filter(({ is_main }) => is_main !== true),
    ].map(({ id }) => id),
    leads: (answer._embedded?.leads ?? []).map(({ id }) => id),
    company: answer._embedded?.companies?.[0]?.id ?? null,
    closed: answer.status_id === WON || answer.status_id === LOST,
  };
}

function lineOf(text: string | null | undefined): string | null {
  const line = withoutDirectionControls(text ?? '').trim();
  return line === '' ? null : line;
}

/** The name of a person or of a company, in the account's order; null where the card has none. */
export function nameOnCard({ name, firstName, lastName }: Card, order: NameOrder): string | null {
  if (firstName === null || lastName === null) return name ?? firstName ?? lastName;
  // A card that was renamed as a whole keeps the name it was given.
  if (name !== null && name !== `${firstName} ${lastName}` && name !== `${lastName} ${firstName}`) return name;
  return order === 'last-first' ? `${lastName} ${firstName}` : `${firstName} ${lastName}`;
}

/** The name that Kommo gives a lead that nobody named: `Lead #123`, in the account's language. */
export function isAutoNamed({ id, name }: Pick<Card, 'id' | 'name'>): boolean {
  const auto = /^\p{L}[\p{L} ]{0,24}? ?[#№] ?(\d+)$/u.exec(name ?? '');
  return auto !== null && auto[1] === String(id);
}

/** Who calls about what: "Anna Petrova, Roof repair". */
export function callerName(person: string | null, card: Card): string | null {
  if (person === null || person === card.name) return card.name;
  return card.name === null || isAutoNamed(card) ? person : `${person}, ${card.name}`;
}
