import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { people, realisticAccount } from '../../../../sandbox/kommo/data.ts';
import { CALLS_RULE, EVENTS_RULE, findByPhone, lastDigits, matchesQuery } from '../../../../sandbox/kommo/search.ts';

const p = people;

describe('the search of POST /api/v2/events', () => {
  test.each([
    ['exactly one active lead', p.annaPetrova.phone, { kind: 'lead', id: p.annaPetrova.lead.id }],
    ['no lead', p.marcusWebb.phone, { kind: 'contact', id: p.marcusWebb.id }],
    ['two active leads', p.priyaRaman.phone, { kind: 'contact', id: p.priyaRaman.id }],
    ['only a won lead', p.davidChen.phone, { kind: 'contact', id: p.davidChen.id }],
    ['a lost and an active lead', p.ruthAlvarez.phone, { kind: 'lead', id: p.ruthAlvarez.lead.id }],
    ['one active customer', p.elenaFischer.phone, { kind: 'customer', id: p.elenaFischer.customer.id }],
    ['an active lead and an active customer', p.omarHaddad.phone, { kind: 'contact', id: p.omarHaddad.id }],
    ['several contacts: the oldest', p.graceLiu.phone, { kind: 'contact', id: p.tomasHerrera.id }],
    ['a second number of the contact', '+14155550143', { kind: 'lead', id: p.annaPetrova.lead.id }],
    ['another country with the same last eight digits', '+4455550142', { kind: 'lead', id: p.annaPetrova.lead.id }],
    ['only a company', p.northwindTraders.phone, { kind: 'company', id: p.northwindTraders.id }],
    ['a company with one active lead', p.blueHarbor.phone, { kind: 'lead', id: p.blueHarbor.lead.id }],
    ['a card that agents may not read', p.ivanSokolov.phone, { kind: 'lead', id: p.ivanSokolov.lead.id }],
    ['nobody', p.unknown.phone, null],
    ['an extension finds a stranger whose number ends in it', p.internal.phone, { kind: 'contact', id: p.noahKim.id }],
    ['no digits at all', 'anonymous', null],
  ])('%s', (_case, phone, expected) => {
    expect(findByPhone(realisticAccount(), phone, EVENTS_RULE)).toEqual(expected);
  });

  test('a contact comes before a company with the same number', () => {
    const data = realisticAccount();
    data.companies[0]?.phones.push(p.marcusWebb.phone);
    expect(findByPhone(data, p.marcusWebb.phone)).toEqual({ kind: 'contact', id: p.marcusWebb.id });
  });

  test('a customer that is no longer active leaves the contact', () => {
    const data = realisticAccount();
    for (const customer of data.customers) customer.isActive = false;
    expect(findByPhone(data, p.elenaFischer.phone)).toEqual({ kind: 'contact', id: p.elenaFischer.id });
    expect(findByPhone(data, p.omarHaddad.phone)).toEqual({ kind: 'lead', id: p.omarHaddad.leadId });
  });

  test('of two contacts of the same age the lower id counts', () => {
    const data = realisticAccount();
    for (const contact of data.contacts) contact.createdAt = 1_700_000_000;
    expect(findByPhone(data, p.kofiMensah.phone)).toEqual({ kind: 'contact', id: p.tomasHerrera.id });
  });

  test('only the last eight digits count, however the number is written', () => {
    const separators = fc.constantFrom('', ' ', '-', '.', ' (', ') ');
    fc.assert(
      fc.property(
        fc.stringMatching(/^\d{0,7}$/),
        fc.array(separators, { minLength: 8, maxLength: 8 }),
        (prefix, between) => {
          const written = `+${prefix}${Array.from('55550142')
            .map((digit, index) => `${between[index] ?? ''}${digit}`)
            .join('')}`;
          expect(lastDigits(written, 8)).toBe('55550142');
          expect(findByPhone(realisticAccount(), written)).toEqual({ kind: 'lead', id: p.annaPetrova.lead.id });
        },
      ),
    );
  });
});

describe('other surfaces compare other digits', () => {
  test('POST /api/v4/calls: ten digits, and no customers', () => {
    const data = realisticAccount();
    expect(findByPhone(data, '+44 55550142', CALLS_RULE)).toBeNull();
    expect(findByPhone(data, p.annaPetrova.phone, CALLS_RULE)).toEqual({ kind: 'lead', id: p.annaPetrova.lead.id });
    expect(findByPhone(data, p.elenaFischer.phone, CALLS_RULE)).toEqual({ kind: 'contact', id: p.elenaFischer.id });
    expect(findByPhone(data, p.graceLiu.phone, CALLS_RULE)).toEqual({ kind: 'contact', id: p.graceLiu.id });
  });

  test('contacts?query=: seven digits, or text', () => {
    const found = (query: string) =>
      realisticAccount()
        .contacts.filter((card) => matchesQuery(card, query))
        .map(({ name }) => name);
    expect(found('+99 5550142')).toEqual([p.annaPetrova.name]);
    expect(found('petrova')).toEqual([p.annaPetrova.name]);
    expect(found('nobody at all')).toEqual([]);
    expect(found('5550177')).toHaveLength(3);
  });
});
