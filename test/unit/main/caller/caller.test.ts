import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { reduce, type Call } from '../../../../app/calls/call.ts';
import type { Caller, CallMatch, EntityRef } from '../../../../app/calls/completed-call.ts';
import { createBudget } from '../../../../app/kommo/budget.ts';
import { readNumber } from '../../../../app/numbers/number.ts';
import { createCallerResolver, type ChoiceRule, type Resolution } from '../../../../main/caller/caller.ts';
import { createRemembered } from '../../../../main/caller/remembered.ts';
import type { CardTarget } from '../../../../main/bridge/bridge.ts';
import { createCards } from '../../../../main/caller/cards.ts';
import { agents, openKommo, people, type Kommo } from '../../../../sandbox/kommo/index.ts';
import { realisticAccount } from '../../../../sandbox/kommo/data.ts';
import type { FaultAnswer } from '../../../../sandbox/kommo/faults.ts';
import { callEvent } from '../../app/calls/samples.ts';
import { eventually } from '../../../e2e/support/eventually.ts';
import { openDesk, provisioningFor, type Desk } from '../session/desk.ts';
import { english, saying } from '../../../english.ts';

const ana = agents.anaSilva.id;
let kommo: Kommo;
let desk: Desk;
let timeline: string[];
let choiceRule: ChoiceRule;

beforeEach(async () => {
  choiceRule = { logToCard: true, pop: 'never' };
  timeline = [];
  kommo = await openKommo({ rateLimit: 'off' });
  desk = openDesk(provisioningFor(kommo.origin, { kind: 'token', accessToken: kommo.longLivedToken(ana) }));
});
afterEach(async () => {
  desk.remove();
  await kommo.close();
});

const events = () => kommo.requests.filter(({ path }) => path.startsWith('/api/v2/events'));
const rules = { country: 'US', internalDigits: 6 };
const number = (user: string) => readNumber(user, rules);

/** A desktop that never has to wait for its turn. */
const turnOf = () =>
  createBudget({
    perSecond: 1000,
    timers: { now: () => performance.now(), after: (ms, run) => void setTimeout(run, ms) },
  }).turn(true);

type Told = { found: Resolution[]; resolution: Resolution; companies: string[]; matches: CallMatch[] | null };

/** A desktop's resolver; what it remembers stays for as long as it lives. */
function resolverOf(userOf: (call: Call) => number | null = () => null) {
  const { resolve, recall } = createCallerResolver({
    session: desk.session,
    remembered: createRemembered(() => performance.now()),
    rules: () => rules,
    userOf,
    turnOf,
    choiceRule: () => choiceRule,
    timeline: { add: (event) => timeline.push(event) },
    log: (event, details) => void desk.logged.push(`${event} ${JSON.stringify(details)}`),
  });
  return {
    recall,
    /** Asks about a call, and waits for the word about others where the call goes on. */
    async ask(user: string, live = true): Promise<Told> {
      const found: Resolution[] = [];
      const companies: string[] = [];
      let others: (matches: CallMatch[]) => void = () => {};
      const matches = new Promise<CallMatch[]>((heard) => (others = heard));
      const call = reduce(undefined, callEvent('ringing', {}), 'r-1');
      const resolution = await resolve(call, number(user), {
        found: (early) => found.push(early),
        company: (name) => companies.push(name),
        matches: others,
        live: () => live,
      });
      const told = live && choiceRule.logToCard && resolution.caller.kind === 'entity';
      return { found, resolution, companies, matches: told ? await matches : null };
    },
  };
}
const resolve = (user: string) => resolverOf().ask(user, false);

const entity = (type: EntityRef['type'], id: number, name: string | null): Caller => ({
  kind: 'entity',
  entity: { type, id },
  name,
});
const { annaPetrova, hannahCole, elenaFischer, tomasHerrera, graceLiu, kofiMensah } = people;
const annasLead = (name: string | null) => entity('lead', annaPetrova.lead.id, name);

describe('who it is', () => {
  test.each<[string, string, Caller]>([
    ['a lead: its person first', annaPetrova.phone, annasLead('Anna Petrova, Roof repair')],
    ['a lead that nobody named: its person', hannahCole.phone, entity('lead', hannahCole.lead.id, 'Hannah Cole')],
    ['a contact', people.marcusWebb.phone, entity('contact', people.marcusWebb.id, 'Marcus Webb')],
    ['a company', people.northwindTraders.phone, entity('company', people.northwindTraders.id, 'Northwind Traders')],
    [
      "a company's lead, with no person",
      people.blueHarbor.phone,
      entity('lead', people.blueHarbor.lead.id, 'Warehouse lighting'),
    ],
    [
      'a customer: its person first',
      elenaFischer.phone,
      entity('customer', elenaFischer.customer.id, 'Elena Fischer, Fischer Dental, annual care'),
    ],
    ['the oldest of three', kofiMensah.phone, entity('contact', tomasHerrera.id, 'Tomás Herrera')],
  ])('%s; the entity before its name', async (_what, phone, caller) => {
    const { found, resolution } = await resolve(phone);
    expect(resolution).toMatchObject({ caller, notice: null, responsible: expect.any(Number) as unknown });
    expect(found.map((early) => early.caller)).toEqual([{ ...caller, name: null }]);
    expect(events().map(({ body }) => body)).toEqual([
      { add: [{ type: 'phone_call', phone_number: phone, users: [ana] }] },
    ]);
    expect(timeline).toEqual(['resolve.sent', 'resolve.entity', 'resolve.done']);
  });

  test.each(['empty', 'nulls', 'missing', '204'] as const)('nobody, said as %s', async (notFound) => {
    kommo.events.notFound = notFound;
    const { found, resolution } = await resolve(people.unknown.phone);
    expect({ found, caller: resolution.caller, notice: resolution.notice }).toEqual({
      found: [],
      caller: { kind: 'nobody' },
      notice: null,
    });
    expect(events()).toHaveLength(1);
  });

  test.each([people.internal.phone, 'anonymous', 'ana.silva', '*97'])('%s is nothing to ask Kommo', async (user) => {
    expect((await resolve(user)).resolution).toMatchObject({ caller: { kind: 'not-asked' }, notice: null });
    expect(kommo.requests).toEqual([]);
  });

  test('a private number is nothing to ask Kommo', async () => {
    const hidden = readNumber(annaPetrova.phone, { ...rules, private: ['+1415*'] });
    const { resolve: ask } = createCallerResolver({
      session: desk.session,
      remembered: createRemembered(() => 0),
      rules: () => rules,
      userOf: () => null,
      turnOf,
      choiceRule: () => choiceRule,
      timeline: { add: () => {} },
      log: () => {},
    });
    const listener = { found: () => {}, company: () => {}, matches: () => {}, live: () => true };
    const call = reduce(undefined, callEvent('ringing', {}), 'r-1');
    expect((await ask(call, hidden, listener)).caller).toEqual({ kind: 'not-asked' });
    expect(kommo.requests).toEqual([]);
  });

  test('a card that the agent may not read: its kind and link, no name, and why', async () => {
    const { resolution } = await resolve(people.ivanSokolov.phone);
    expect(resolution).toMatchObject({
      caller: entity('lead', people.ivanSokolov.lead.id, null),
      notice:
        'The name could not be read. Your Kommo user may not see this. Ask your administrator for the right to it.',
    });
    expect(events()).toHaveLength(1);
  });

  test("a lead whose person may not be read: the lead's name alone, and nothing to excuse", async () => {
    const contact = kommo.data.contacts.find(({ id }) => id === annaPetrova.id);
    if (contact === undefined) throw new Error('no Anna');
    contact.readableBy = [agents.mariaKeller.id];
    expect((await resolve(annaPetrova.phone)).resolution).toMatchObject({
      caller: annasLead('Roof repair'),
      notice: null,
    });
  });

  test('of the several people of a lead, the one who has the number, main contact or not', async () => {
    const lead = kommo.data.leads.find(({ id }) => id === annaPetrova.lead.id);
    lead?.contactIds.unshift(people.leoGrant.id);
    const { resolution } = await resolve(annaPetrova.phone);
    expect(resolution.caller).toEqual(annasLead('Anna Petrova, Roof repair'));
  });

  test('of the several people of a lead, the main contact where the search fails', async () => {
    const lead = kommo.data.leads.find(({ id }) => id === annaPetrova.lead.id);
    lead?.contactIds.unshift(people.leoGrant.id);
    kommo.fail({ match: ({ path, query }) => path === '/api/v4/contacts' && 'query' in query, answer: 'empty' });
    expect((await resolve(annaPetrova.phone)).resolution.caller).toEqual(annasLead('Leo Grant, Roof repair'));
  });

  test("a person who is slow to read: the lead's name first, then both", async () => {
    kommo.fail({
      match: ({ path }) => path === `/api/v4/contacts/${annaPetrova.id}`,
      answer: '500',
      times: 2,
    });
    const { found, resolution } = await resolve(annaPetrova.phone);
    expect(found.map((early) => early.caller)).toEqual([annasLead(null), annasLead('Roof repair')]);
    expect(resolution.caller).toEqual(annasLead('Anna Petrova, Roof repair'));
  });

  test("names in the account's order", async () => {
    const data = realisticAccount();
    const other = await openKommo({
      rateLimit: 'off',
      data: { ...data, account: { ...data.account, contactNameDisplayOrder: 2 } },
    });
    desk.remove();
    desk = openDesk(provisioningFor(other.origin, { kind: 'token', accessToken: other.longLivedToken(ana) }));
    expect((await resolve(annaPetrova.phone)).resolution.caller).toEqual(annasLead('Petrova Anna, Roof repair'));
    await other.close();
  });

  test('an extension that belongs to somebody else rings their bell', async () => {
    const resolver = resolverOf(({ local }) => (local.user === '101' ? agents.benOrtiz.id : null));
    await resolver.ask(people.marcusWebb.phone, false);
    expect(events().map(({ body }) => body)).toMatchObject([{ add: [{ users: [agents.benOrtiz.id] }] }]);
    expect(kommo.notifications(agents.benOrtiz.id)).toHaveLength(1);
    expect(kommo.notifications(ana)).toEqual([]);
  });
});

describe('a number that is written in two ways', () => {
  const argentine = '+5493415123456';

  test('somebody whom Kommo does not find by its last eight digits is found silently', async () => {
    const leo = kommo.data.contacts.find(({ id }) => id === people.leoGrant.id);
    leo?.phones.push('0341 15 512-3456');
    const { resolution } = await resolverOf().ask(argentine, false);
    expect(resolution.caller).toEqual(entity('contact', people.leoGrant.id, 'Leo Grant'));
    expect(events()).toHaveLength(1);
    expect(kommo.notifications(ana)).toHaveLength(1);
  });

  test('a number that can be written in one way only is not searched for again', async () => {
    await resolve(people.unknown.phone);
    expect(kommo.requests.filter(({ path }) => path.startsWith('/api/v4/contacts'))).toEqual([]);
  });
});

describe('several people with the number', () => {
  test("Kommo's choice first, then the same line, then what only ends alike; nobody is notified of that", async () => {
    const { resolution, matches } = await resolverOf().ask(kofiMensah.phone);
    expect(resolution.caller).toEqual(entity('contact', tomasHerrera.id, 'Tomás Herrera'));
    expect(matches).toEqual([
      { entity: { type: 'contact', id: tomasHerrera.id }, name: 'Tomás Herrera' },
      { entity: { type: 'contact', id: kofiMensah.id }, name: 'Kofi Mensah' },
      { entity: { type: 'contact', id: graceLiu.id }, name: 'Grace Liu' },
    ]);
    expect(events()).toHaveLength(1);
    expect(kommo.notifications(ana)).toHaveLength(1);
    expect(timeline).toEqual(['resolve.sent', 'resolve.entity', 'resolve.done', 'resolve.matches']);
  });

  test("the person of Kommo's lead is no second match", async () => {
    expect((await resolverOf().ask(annaPetrova.phone)).matches).toEqual([]);
    const contact = kommo.data.contacts.find(({ id }) => id === people.leoGrant.id);
    contact?.phones.push('415-555-0142');
    expect((await resolverOf().ask(annaPetrova.phone)).matches).toEqual([
      { entity: { type: 'lead', id: annaPetrova.lead.id }, name: 'Anna Petrova, Roof repair' },
      { entity: { type: 'contact', id: people.leoGrant.id }, name: 'Leo Grant' },
    ]);
  });

  describe('and companies', () => {
    const { northwindTraders, blueHarbor, priyaRaman } = people;
    const lists = () => kommo.requests.filter(({ query }) => 'query' in query || 'filter[id][]' in query);
    const add = (card: { id: number }, phone: string) =>
      [...kommo.data.contacts, ...kommo.data.companies].find(({ id }) => id === card.id)?.phones.push(phone);

    test('each as Kommo itself would answer for it: its one lead that is under way, else itself', async () => {
      for (const card of [hannahCole, priyaRaman, northwindTraders, blueHarbor]) add(card, '415-555-0142');
      expect((await resolverOf().ask(annaPetrova.phone)).matches).toEqual([
        { entity: { type: 'lead', id: annaPetrova.lead.id }, name: 'Anna Petrova, Roof repair' },
        { entity: { type: 'contact', id: priyaRaman.id }, name: 'Priya Raman' },
        { entity: { type: 'lead', id: hannahCole.lead.id }, name: 'Hannah Cole' },
        { entity: { type: 'company', id: northwindTraders.id }, name: 'Northwind Traders' },
        { entity: { type: 'lead', id: blueHarbor.lead.id }, name: 'Blue Harbor Logistics, Warehouse lighting' },
      ]);
      expect(lists().map(({ path }) => path)).toEqual(['/api/v4/contacts', '/api/v4/companies', '/api/v4/leads']);
      expect(kommo.notifications(ana)).toHaveLength(1);
    });

    test('themselves, where their leads cannot be read', async () => {
      add(blueHarbor, annaPetrova.phone);
      kommo.fail({ match: ({ query }) => 'filter[id][]' in query, answer: '500' });
      expect((await resolverOf().ask(annaPetrova.phone)).matches).toMatchObject([
        { name: 'Anna Petrova, Roof repair' },
        { entity: { type: 'company', id: blueHarbor.id }, name: 'Blue Harbor Logistics' },
      ]);
    });

    test("the company of Kommo's lead is no second match, another person of the lead is", async () => {
      const lead = kommo.data.leads.find(({ id }) => id === annaPetrova.lead.id);
      if (lead === undefined) throw new Error('no lead');
      lead.companyId = northwindTraders.id;
      add(northwindTraders, annaPetrova.phone);
      expect((await resolverOf().ask(annaPetrova.phone)).matches).toEqual([]);
      add(people.leoGrant, annaPetrova.phone);
      lead.contactIds.push(people.leoGrant.id);
      expect((await resolverOf().ask(annaPetrova.phone)).matches).toMatchObject([
        { name: 'Anna Petrova, Roof repair' },
        { entity: { type: 'contact', id: people.leoGrant.id }, name: 'Leo Grant' },
      ]);
    });

    test.each([northwindTraders.phone, blueHarbor.phone])(
      'where Kommo answers with a company or its lead there is no contact to look for: %s',
      async (phone) => {
        expect((await resolverOf().ask(phone)).matches).toEqual([]);
        expect(lists().map(({ path }) => path)).toEqual(['/api/v4/companies']);
      },
    );

    test('a number that can be written in two ways is looked for among companies as well', async () => {
      add(northwindTraders, '0341 15 512-3456');
      const { resolution } = await resolverOf().ask('+5493415123456', false);
      expect(resolution.caller).toEqual(entity('company', northwindTraders.id, 'Northwind Traders'));
      // The way that Kommo has looked for itself is not looked for again.
      expect(lists().map(({ path, query }) => `${path} ${String(query['query'])}`)).toEqual([
        '/api/v4/contacts 0341155123456',
        '/api/v4/companies 0341155123456',
      ]);
    });
  });

  test('nobody is asked about others where a choice would decide nothing', async () => {
    choiceRule = { logToCard: false, pop: 'never' };
    const resolver = resolverOf();
    await resolver.ask(kofiMensah.phone);
    await resolver.ask(people.marcusWebb.phone);
    expect(kommo.requests.some(({ query }) => 'query' in query)).toBe(false);
    choiceRule = { logToCard: false, pop: 'click' };
    await resolver.ask(kofiMensah.phone);
    await eventually('it decides which card opens', () => kommo.requests.some(({ query }) => 'query' in query));
  });

  test('a call that is over by then asks nothing more', async () => {
    await resolve(kofiMensah.phone);
    expect(kommo.requests.some(({ path }) => path.includes('query='))).toBe(false);
    expect(kommo.requests.at(-1)?.path).toContain(`/api/v4/contacts/${tomasHerrera.id}`);
  });

  test('a search that fails is not said', async () => {
    kommo.fail({ match: ({ path, query }) => path === '/api/v4/contacts' && 'query' in query, answer: '500' });
    const resolver = resolverOf();
    const { resolution } = await resolver.ask(kofiMensah.phone, false);
    expect(resolution.notice).toBeNull();
    expect(desk.session.status().reason).toBeNull();
  });
});

describe('the company of whoever calls', () => {
  const { leoGrant, northwindTraders, blueHarbor, marcusWebb } = people;
  const reads = () => kommo.requests.filter(({ path }) => path.startsWith('/api/v4/companies/')).length;

  test.each([
    ['of a contact', leoGrant.phone, northwindTraders.name],
    ['of a lead', blueHarbor.phone, blueHarbor.name],
  ])('%s: read once the name is there, known at once the next time', async (_what, phone, company) => {
    const resolver = resolverOf();
    const first = await resolver.ask(phone);
    expect(first.resolution.company).toBeNull();
    expect(first.companies).toEqual([company]);
    expect(kommo.requests.findIndex(({ path }) => path.startsWith('/api/v4/companies/'))).toBeGreaterThan(
      kommo.requests.findIndex(({ path }) => /^\/api\/v4\/(contacts|leads)\/\d/.test(path)),
    );
    expect(resolver.recall(number(phone))?.company).toBe(company);

    const again = await resolver.ask(phone);
    expect(again.found.map((early) => early.company)).toEqual([company]);
    expect(again.resolution.company).toBe(company);
    expect(again.companies).toEqual([]);
    expect(reads()).toBe(1);
  });

  test('of a lead’s person, where the lead itself has none', async () => {
    const anna = kommo.data.contacts.find(({ id }) => id === annaPetrova.id);
    if (anna === undefined) throw new Error('no Anna');
    anna.companyId = northwindTraders.id;
    expect((await resolverOf().ask(annaPetrova.phone)).companies).toEqual([northwindTraders.name]);
  });

  test('who has none any more, or never had one, has none', async () => {
    const resolver = resolverOf();
    await resolver.ask(leoGrant.phone);
    const leo = kommo.data.contacts.find(({ id }) => id === leoGrant.id);
    delete leo?.companyId;
    const { resolution, companies } = await resolver.ask(leoGrant.phone);
    expect([resolution.company, companies]).toEqual([null, []]);
    expect((await resolver.ask(marcusWebb.phone)).companies).toEqual([]);
    expect(reads()).toBe(1);
  });

  test('no call, no question; one that may not be read is not spoken of', async () => {
    await resolverOf().ask(leoGrant.phone, false);
    expect(reads()).toBe(0);
    kommo.fail({ match: ({ path }) => path === `/api/v4/companies/${northwindTraders.id}`, answer: '500' });
    const { resolution, companies, matches } = await resolverOf().ask(leoGrant.phone);
    expect({ company: resolution.company, notice: resolution.notice, companies, matches }).toEqual({
      company: null,
      notice: null,
      companies: [],
      matches: [],
    });
    expect(desk.session.status().reason).toBeNull();
  });
});

describe('a caller who rings again', () => {
  test('is known at once, with the choice there was', async () => {
    const resolver = resolverOf();
    expect(resolver.recall(number(kofiMensah.phone))).toBeNull();
    const { resolution, matches } = await resolver.ask(kofiMensah.phone);
    expect(resolver.recall(number(kofiMensah.phone))).toEqual({ ...resolution, matches });
    expect((await resolver.ask(kofiMensah.phone)).found).toEqual([
      expect.objectContaining({ caller: resolution.caller, matches }) as unknown,
    ]);
    expect(events()).toHaveLength(2);
  });

  test('has the new name at the next call', async () => {
    const resolver = resolverOf();
    await resolver.ask(annaPetrova.phone, false);
    const lead = kommo.data.leads.find(({ id }) => id === annaPetrova.lead.id);
    const anna = kommo.data.contacts.find(({ id }) => id === annaPetrova.id);
    if (lead === undefined || anna === undefined) throw new Error('no Anna');
    lead.name = 'New roof';
    anna.name = 'Anna Ruiz';
    const { found, resolution } = await resolver.ask(annaPetrova.phone, false);
    expect(found.map((early) => early.caller)).toEqual([annasLead('Anna Petrova, Roof repair')]);
    expect(resolution.caller).toEqual(annasLead('Anna Ruiz, New roof'));
    expect(resolver.recall(number(annaPetrova.phone))?.caller).toEqual(annasLead('Anna Ruiz, New roof'));
  });

  test('keeps the name where it cannot be read just now, and loses it where it may not be read any more', async () => {
    const resolver = resolverOf();
    await resolver.ask(people.marcusWebb.phone, false);
    const card = `/api/v4/contacts/${people.marcusWebb.id}`;
    const undo = kommo.fail({ match: ({ path }) => path === card, answer: 'garbage' });
    expect((await resolver.ask(people.marcusWebb.phone, false)).resolution).toMatchObject({
      caller: entity('contact', people.marcusWebb.id, 'Marcus Webb'),
      notice: null,
    });
    undo();
    const marcus = kommo.data.contacts.find(({ id }) => id === people.marcusWebb.id);
    if (marcus === undefined) throw new Error('no Marcus');
    marcus.readableBy = [agents.mariaKeller.id];
    expect((await resolver.ask(people.marcusWebb.phone, false)).resolution).toMatchObject({
      caller: entity('contact', people.marcusWebb.id, null),
      notice: saying(/may not see this/),
    });
    expect(resolver.recall(number(people.marcusWebb.phone))).toBeNull();
  });

  test('and has become somebody meanwhile', async () => {
    const resolver = resolverOf();
    await resolver.ask(people.unknown.phone);
    expect(resolver.recall(number(people.unknown.phone))?.caller).toEqual({ kind: 'nobody' });
    const leo = kommo.data.contacts.find(({ id }) => id === people.leoGrant.id);
    leo?.phones.push(people.unknown.phone);
    expect((await resolver.ask(people.unknown.phone, false)).resolution.caller).toMatchObject({ name: 'Leo Grant' });
  });

  test('nothing is remembered of what failed, nor for another sign-in', async () => {
    const resolver = resolverOf();
    const undo = kommo.fail({ match: ({ path }) => path.startsWith('/api/v2/events'), answer: '500' });
    await desk.session.identify();
    await resolver.ask(annaPetrova.phone, false);
    expect(resolver.recall(number(annaPetrova.phone))).toBeNull();
    undo();
    await resolver.ask(annaPetrova.phone, false);
    expect(resolver.recall(number(annaPetrova.phone))).not.toBeNull();
    desk.session.signOut();
    expect(resolver.recall(number(annaPetrova.phone))).toBeNull();
  });
});

describe('what goes wrong is a sentence, and Kommo is told of the call once at most', () => {
  test.each<[FaultAnswer, RegExp]>([
    ['401', /no longer accepts this sign-in. Sign in again/],
    ['403-html', /blocked this office/],
    ['429', /asks for fewer requests/],
    ['500', /fault of its own/],
    ['500-html', /fault of its own/],
    ['garbage', /not an answer/],
    ['network', /cannot be reached/],
  ])('%s', async (answer, sentence) => {
    await desk.session.identify();
    kommo.fail({ match: ({ path }) => path.startsWith('/api/v2/events'), answer });
    const { found, resolution } = await resolve(people.marcusWebb.phone);
    expect(resolution.caller).toMatchObject({ kind: 'failed', reason: resolution.notice });
    expect(english(resolution.notice)).toMatch(sentence);
    expect(found).toEqual([]);
    // What Kommo turned away for now it did not do, and it may be sent once more.
    expect(events()).toHaveLength(answer === '429' ? 2 : 1);
    expect(kommo.notifications(ana)).toEqual([]);
    expect(timeline.at(-1)).toBe('resolve.done');
    expect(desk.session.status().reason).not.toBeNull();
  });

  test.each<FaultAnswer>(['500', 'garbage', 'network', 'no-body-204'])(
    'the name fails with %s: the entity stays',
    async (answer) => {
      kommo.fail({ match: ({ path }) => path.startsWith('/api/v4/contacts'), answer });
      const { resolution } = await resolve(people.marcusWebb.phone);
      expect(resolution.caller).toEqual({
        kind: 'entity',
        entity: { type: 'contact', id: people.marcusWebb.id },
        name: null,
      });
      expect(events()).toHaveLength(1);
    },
  );

  test('an answer that got lost after Kommo rang: not asked again', async () => {
    await desk.session.identify();
    kommo.fail({ match: ({ path }) => path.startsWith('/api/v2/events'), answer: 'network', afterEffect: true });
    await resolve(people.marcusWebb.phone);
    expect(kommo.notifications(ana)).toHaveLength(1);
  });

  test('who the agent is cannot be asked: Kommo is told of nothing, or everybody would ring', async () => {
    kommo.fail({ match: ({ path }) => path === '/api/v4/account', answer: '500' });
    expect((await resolve(people.marcusWebb.phone)).resolution.caller).toMatchObject({ kind: 'failed' });
    expect(events()).toEqual([]);
  });

  test('nobody signed in', async () => {
    desk.session.signOut();
    expect((await resolve(people.marcusWebb.phone)).resolution).toMatchObject({
      caller: { kind: 'not-asked' },
      notice: 'Ringside is not signed in to Kommo. Sign in to see who is calling.',
    });
    expect(kommo.requests).toEqual([]);
  });

  test('a problem that has passed is forgotten by the status line', async () => {
    await desk.session.identify();
    kommo.fail({ match: ({ path }) => path.startsWith('/api/v2/events'), answer: '500', times: 1 });
    await resolve(people.marcusWebb.phone);
    await resolve(people.marcusWebb.phone);
    expect(desk.session.status().reason).toBeNull();
  });
});

describe('cards', () => {
  const open = vi.fn<(url: string) => Promise<void>>(() => Promise.resolve());
  const openInTab = vi.fn<(target: CardTarget) => Promise<boolean>>(() => Promise.resolve(false));
  const cards = () =>
    createCards({
      session: desk.session,
      timeline: { add: (event, id, details) => timeline.push(JSON.stringify([event, id, details])) },
      open,
      openInTab,
      log: () => {},
    });
  const nobody = { caller: { kind: 'nobody' }, number: number(people.unknown.phone) } as const;
  beforeEach(() => void open.mockClear());

  test('the matched card', async () => {
    const caller = { kind: 'entity', entity: { type: 'customer', id: 5 }, name: null } as const;
    expect(await cards().open('r-1', { ...nobody, caller })).toEqual({ ok: true, value: null });
    expect(open).toHaveBeenCalledWith(`${kommo.origin}/customers/detail/5`);
    expect(timeline).toEqual(['["card.opened","r-1",{"path":"/customers/detail/5"}]']);
  });

  test('the form for a new contact, its number not in the timeline', async () => {
    await cards().open('r-1', nobody);
    expect(open).toHaveBeenCalledWith(`${kommo.origin}/contacts/add?phone=%2B19175550163`);
    expect(timeline.join()).not.toContain('5550163');
  });

  test.each([
    ['an extension', number('102')],
    ['a withheld number', number('anonymous')],
    ['a name', number('ana.silva')],
  ])('%s has no card', async (_what, of) => {
    expect(await cards().open('r-1', { caller: { kind: 'not-asked' }, number: of })).toEqual({
      ok: false,
      message: 'There is no card for this number.',
    });
    expect(open).not.toHaveBeenCalled();
  });

  test('a private number has none, and the browser is not told', async () => {
    const hidden = readNumber(people.annaPetrova.phone, { ...rules, private: ['+1415*'] });
    expect(await cards().open('r-1', { ...nobody, number: hidden })).toMatchObject({ ok: false });
    expect(open).not.toHaveBeenCalled();
  });

  test('in the Kommo page that the agent sees, where there is one; one that opens by itself is opened beside it', async () => {
    openInTab.mockResolvedValueOnce(true).mockResolvedValueOnce(true);
    const entity = { type: 'lead', id: 7 } as const;
    await cards().open('r-1', { ...nobody, caller: { kind: 'entity', entity, name: null } });
    await cards().open('r-1', nobody);
    expect(openInTab.mock.calls).toEqual([[{ entity }], [{ newContactNumber: '+19175550163' }]]);
    expect(open).not.toHaveBeenCalled();
    expect(timeline[0]).toBe('["card.opened","r-1",{"path":"/leads/detail/7","tab":true}]');

    openInTab.mockClear();
    await cards().open('r-1', nobody, 'by-itself');
    expect(openInTab).not.toHaveBeenCalled();
    expect(open).toHaveBeenCalledTimes(1);
  });

  test('a call nobody knows, a browser that does not open', async () => {
    expect(await cards().open('r-1', null)).toMatchObject({ ok: false, message: 'This call is not known any more.' });
    open.mockRejectedValueOnce(new Error('xdg-open: 3'));
    expect(await cards().open('r-1', nobody)).toMatchObject({
      ok: false,
      message: saying(/default browser/),
    });
  });
});
