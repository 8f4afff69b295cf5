import { randomUUID } from 'node:crypto';
import * as v from 'valibot';
import type { AccountData, EntityKind, EntityRef } from './data.ts';
import { CARD_PATHS, displayName, findCard } from './data.ts';
import type { NotificationCentre } from './notifications.ts';
import { hal, problem } from './problems.ts';
import { EVENTS_RULE, findByPhone, lastDigits } from './search.ts';

/**
 * What the documentation leaves open about the answer (kommo.md 3.3): the status, and what stands for "nobody":
 * `empty` is `items: []`, `nulls` an item with null ids, `missing` an answer without `_embedded`, `204` no body.
 */
export type EventsVariation = { status: 200 | 202; notFound: 'empty' | 'nulls' | 'missing' | '204' };

/** `element_type` on the wire (spec/call-notification.txt, response parameters). */
const ELEMENT_TYPES: Readonly<Record<EntityKind, number>> = { contact: 1, lead: 2, company: 3, customer: 12 };

const userId = v.pipe(v.union([v.number(), v.string()]), v.transform(Number), v.integer());

const addEvents = v.object({
  add: v.pipe(
    v.array(
      v.object({
        type: v.literal('phone_call'),
        phone_number: v.pipe(v.union([v.string(), v.number()]), v.transform(String)),
        // The amoCRM page allows one id, a string or a list.
        users: v.optional(
          v.pipe(
            v.union([v.array(userId), userId]),
            v.transform((users) => (Array.isArray(users) ? users : [users])),
          ),
        ),
      }),
    ),
    v.minLength(1),
  ),
});

/**
 * `POST /api/v2/events`: searches the caller and rings the bell of every named user, or of everybody when none is
 * named, whether the number is known or not (spec/call-notification.txt, kommo.md 3).
 */
export function addCallEvents(
  world: { data: AccountData; bell: NotificationCentre; events: EventsVariation; now: () => number },
  body: unknown,
): Response {
  const parsed = v.safeParse(addEvents, body);
  if (!parsed.success)
    return problem(400, 'Bad Request', 'Invalid events: `add` with `type` and `phone_number` expected');
  const found = parsed.output.add.map(({ phone_number: phone, users }) => {
    const ref = findByPhone(world.data, phone, EVENTS_RULE);
    const everybody = world.data.users.map(({ id }) => id);
    for (const user of everybody.filter((id) => users === undefined || users.includes(id))) {
      world.bell.add(user, bellEntry(world.data, phone, ref, world.now()));
    }
    return { phone, ref };
  });
  return answer(found, world.events);
}

function answer(found: readonly { phone: string; ref: EntityRef | null }[], variation: EventsVariation): Response {
  const nobody = found.every(({ ref }) => ref === null);
  const links = { _links: { self: { href: '/api/v2/events/' } } };
  if (nobody && variation.notFound === '204') return new Response(null, { status: 204 });
  if (nobody && variation.notFound === 'missing') return hal(links, variation.status);
  const shown = variation.notFound === 'nulls' ? found : found.filter(({ ref }) => ref !== null);
  const items = shown.map(({ phone, ref }) => ({
    element_type: ref === null ? null : ELEMENT_TYPES[ref.kind],
    element_id: ref?.id ?? null,
    uid: randomUUID(),
    phone_number: phone,
    query_string: lastDigits(phone, EVENTS_RULE.digits),
  }));
  return hal({ ...links, _embedded: { items } }, variation.status);
}

/** The caller's name is the lead's or customer's name if it is set, else the person's (spec, "Algorithm"). */
function bellEntry(data: AccountData, phone: string, ref: EntityRef | null, now: number) {
  const card = ref === null ? undefined : findCard(data, ref);
  const name = ref === null || card === undefined ? null : displayName(ref.kind, card);
  return {
    type: 'phone_call' as const,
    header: `Call: ${name ?? phone}`,
    text: ref === null ? 'Unknown number. Create a contact' : `Go to the ${ref.kind} card`,
    from: phone,
    to: null,
    duration: null,
    link: null,
    date: Math.floor(now / 1000),
    element: ref === null ? null : { id: ref.id, type: ref.kind, ...(name === null ? {} : { name }) },
    clickLink:
      ref === null ? `/contacts/add?phone=${encodeURIComponent(phone)}` : `/${CARD_PATHS[ref.kind]}/detail/${ref.id}`,
  };
}
