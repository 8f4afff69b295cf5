import type { AccountData, EntityKind, EntityRef } from './data.ts';
import { isActiveLead } from './data.ts';

/** The last `count` digits of a phone number written in any format; fewer when it has fewer. */
export function lastDigits(phone: string, count: number): string {
  return phone.replaceAll(/\D/g, '').slice(-count);
}

/** How a surface of Kommo compares numbers and which linked cards it prefers (kommo.md 3.4). */
export type SearchRule = { readonly digits: number; readonly preferred: readonly EntityKind[] };

/** `POST /api/v2/events`: last eight digits; the single active lead or customer (spec/call-notification.txt). */
export const EVENTS_RULE: SearchRule = { digits: 8, preferred: ['lead', 'customer'] };

/** `POST /api/v4/calls`: last ten digits; the single active lead (kommo.md 3.4). */
export const CALLS_RULE: SearchRule = { digits: 10, preferred: ['lead'] };

/**
 * Whether a stored number matches a searched one. The specification says that only the last eight digits are used
 * and is silent about shorter numbers; we take what is there as the suffix, so that an extension such as `102`
 * finds strangers whose number ends in it, which is the false positive that a client has to guard against itself.
 */
function matches(stored: string, digits: string): boolean {
  return digits !== '' && stored.replaceAll(/\D/g, '').endsWith(digits);
}

type Aged = { readonly id: number; readonly createdAt: number; readonly phones: readonly string[] };

function oldestWith(cards: readonly Aged[], digits: string): Aged | undefined {
  return cards
    .filter((card) => card.phones.some((phone) => matches(phone, digits)))
    .reduce<Aged | undefined>((oldest, card) => {
      if (oldest === undefined) return card;
      return card.createdAt < oldest.createdAt || (card.createdAt === oldest.createdAt && card.id < oldest.id)
        ? card
        : oldest;
    }, undefined);
}

function activeCardsOf(data: AccountData, owner: EntityRef, preferred: readonly EntityKind[]): EntityRef[] {
  const linked = (card: { contactIds: number[]; companyId?: number }): boolean =>
    owner.kind === 'contact' ? card.contactIds.includes(owner.id) : card.companyId === owner.id;
  const leads = data.leads.filter((lead) => isActiveLead(lead) && linked(lead));
  const customers = data.customers.filter((customer) => customer.isActive && linked(customer));
  return [
    ...leads.map(({ id }): EntityRef => ({ kind: 'lead', id })),
    ...customers.map(({ id }): EntityRef => ({ kind: 'customer', id })),
  ].filter(({ kind }) => preferred.includes(kind));
}

/**
 * Who has this number, by the documented algorithm (spec/call-notification.txt, "Algorithm"): the oldest contact with
 * it; the one and only active lead or customer of that contact, else the contact; no contact: the same for companies.
 * @returns the card, or null when nobody has the number.
 */
export function findByPhone(data: AccountData, phone: string, rule: SearchRule = EVENTS_RULE): EntityRef | null {
  const digits = lastDigits(phone, rule.digits);
  for (const [kind, cards] of [
    ['contact', data.contacts],
    ['company', data.companies],
  ] as const) {
    const owner = oldestWith(cards, digits);
    if (owner === undefined) continue;
    const ref: EntityRef = { kind, id: owner.id };
    const active = activeCardsOf(data, ref, rule.preferred);
    return active.length === 1 ? (active[0] ?? ref) : ref;
  }
  return null;
}

/**
 * The text search of `GET /api/v4/contacts?query=` (and of companies): names, e-mails, and for a query with seven
 * digits or more the last seven digits of the phone (docs/caller-id, kommo.md 3.4).
 */
export function matchesQuery(
  card: { readonly name: string; readonly phones: readonly string[]; readonly emails: readonly string[] },
  query: string,
): boolean {
  const text = query.trim().toLowerCase();
  if (text === '') return true;
  const digits = lastDigits(query, 7);
  const isNumber = /^[\d\s()+.-]+$/.test(text) && digits !== '';
  if (isNumber) {
    return card.phones.some((phone) => {
      const stored = phone.replaceAll(/\D/g, '');
      return digits.length === 7 ? stored.endsWith(digits) : stored.includes(digits);
    });
  }
  return [card.name, ...card.emails].some((value) => value.toLowerCase().includes(text));
}
