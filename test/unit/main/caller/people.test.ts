import { expect, test, vi } from 'vitest';
import type { Card } from '../../../../app/kommo/card.ts';
import type { KommoClient } from '../../../../app/kommo/client.ts';
import { KommoRefusal } from '../../../../app/kommo/refusal.ts';
import { createPeople } from '../../../../main/caller/people.ts';
import { saying } from '../../../english.ts';

const card = (id: number, name: string, phones: string[] = ['+14155550142']): Card => ({
  id,
  name,
  firstName: null,
  lastName: null,
  responsible: null,
  phones,
  people: [],
  leads: [],
  company: null,
  closed: false,
});
const setUp = (cardsWith: KommoClient['cardsWith'], now = () => 0) => {
  const kommo = { cardsWith };
  return createPeople({ client: () => kommo, nameOrder: () => Promise.resolve('first-last'), now, log: () => {} });
};

test('contacts with a number first, then companies; asked with the lowest priority', async () => {
  const cardsWith = vi.fn<KommoClient['cardsWith']>((type) =>
    Promise.resolve(
      type === 'contact'
        ? [card(1, 'Ana', ['+14155550142', '+14155550142', '101']), card(2, 'No number', [])]
        : [card(3, 'Acme')],
    ),
  );
  expect(await setUp(cardsWith).search('  a  na ')).toEqual({
    ok: true,
    value: [
      { entity: { type: 'contact', id: 1 }, name: 'Ana', company: null, numbers: ['+14155550142', '101'] },
      { entity: { type: 'company', id: 3 }, name: 'Acme', company: null, numbers: ['+14155550142'] },
    ],
  });
  expect(cardsWith.mock.calls).toEqual([
    ['contact', 'a na', 'delivery'],
    ['company', 'a na', 'delivery'],
  ]);
});

test('one letter asks nothing; the same again is not asked twice in a minute', async () => {
  let at = 0;
  const cardsWith = vi.fn<KommoClient['cardsWith']>().mockResolvedValue([]);
  const people = setUp(cardsWith, () => at);
  expect(await people.search(' a ')).toEqual({ ok: true, value: [] });
  expect(cardsWith).not.toHaveBeenCalled();
  await people.search('ana');
  await people.search('ana ');
  expect(cardsWith).toHaveBeenCalledTimes(2);
  at = 60_000;
  await people.search('ana');
  expect(cardsWith).toHaveBeenCalledTimes(4);
});

test('who is not signed in, or is refused, reads what to do', async () => {
  const nobody = createPeople({
    client: () => null,
    nameOrder: () => Promise.resolve('first-last'),
    now: () => 0,
    log: () => {},
  });
  expect(await nobody.search('ana')).toMatchObject({
    ok: false,
    message: saying('Sign in'),
  });
  const refused = setUp(() => Promise.reject(new KommoRefusal('no-rights', {})));
  expect(await refused.search('ana')).toMatchObject({
    ok: false,
    message: saying('may not'),
  });
});
