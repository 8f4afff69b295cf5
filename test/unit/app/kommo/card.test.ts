import { describe, expect, test } from 'vitest';
import { callerName, cardOf, isAutoNamed, nameOnCard, type Card } from '../../../../app/kommo/card.ts';

const card = (over: Partial<Card>): Card => ({
  id: 5,
  name: null,
  firstName: null,
  lastName: null,
  responsible: null,
  phones: [],
  people: [],
  leads: [],
  company: null,
  closed: false,
  ...over,
});

test('every phone number on it, the main person first, and nothing that is not text', () => {
  expect(
    cardOf({
      id: 5,
      name: '\u202e Anna ',
      first_name: '',
      last_name: null,
      responsible_user_id: 7,
      custom_fields_values: [
        { field_code: 'EMAIL', values: [{ value: 'a@b.example' }] },
        { field_code: 'PHONE', values: [{ value: '+1 415' }, { value: 4155550142 }, { value: null }, {}] },
        { field_code: 'PHONE', values: null },
        { field_code: null, values: [{ value: 'x' }] },
      ],
      _embedded: { contacts: [{ id: 1 }, { id: 2, is_main: true }] },
    }),
  ).toEqual(card({ name: 'Anna', responsible: 7, phones: ['+1 415', '4155550142'], people: [2, 1] }));
  expect(cardOf({ id: 5 })).toEqual(card({}));
});

describe('names of people', () => {
  const anna = card({ name: 'Anna Petrova', firstName: 'Anna', lastName: 'Petrova' });
  test("in the account's order", () => {
    expect(nameOnCard(anna, 'first-last')).toBe('Anna Petrova');
    expect(nameOnCard(anna, 'last-first')).toBe('Petrova Anna');
    expect(nameOnCard({ ...anna, name: null }, 'last-first')).toBe('Petrova Anna');
  });
  test('a card that was renamed as a whole, and one with half a name', () => {
    expect(nameOnCard({ ...anna, name: 'Anna Ruiz' }, 'last-first')).toBe('Anna Ruiz');
    expect(nameOnCard(card({ firstName: 'Anna' }), 'last-first')).toBe('Anna');
    expect(nameOnCard(card({ lastName: 'Petrova' }), 'first-last')).toBe('Petrova');
    expect(nameOnCard(card({}), 'first-last')).toBeNull();
  });
});

test.each([
  ['Lead #5', true],
  ['Сделка #5', true],
  ['Negócio #5', true],
  ['Lead № 5', true],
  ['Lead #6', false],
  ['Roof repair #5th street', false],
  ['#5', false],
  [null, false],
])('%s is a name that Kommo gave: %j', (name, auto) => {
  expect(isAutoNamed({ id: 5, name })).toBe(auto);
});

test.each([
  ['Anna', 'Roof repair', 'Anna, Roof repair'],
  ['Anna', 'Lead #5', 'Anna'],
  ['Anna', null, 'Anna'],
  ['Anna', 'Anna', 'Anna'],
  [null, 'Roof repair', 'Roof repair'],
  [null, 'Lead #5', 'Lead #5'],
  [null, null, null],
])('%s about %s is %s', (person, name, shown) => {
  expect(callerName(person, card({ name }))).toBe(shown);
});
