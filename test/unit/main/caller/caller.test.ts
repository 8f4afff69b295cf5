import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { reduce } from '../../../../app/calls/call.ts';
import type { Caller } from '../../../../app/calls/completed-call.ts';
import { readNumber } from '../../../../app/numbers/number.ts';
import { createCallerResolver, type Resolution } from '../../../../main/caller/caller.ts';
import { createCards } from '../../../../main/caller/cards.ts';
import { agents, openKommo, people, type Kommo } from '../../../../sandbox/kommo/index.ts';
import type { FaultAnswer } from '../../../../sandbox/kommo/faults.ts';
import { callEvent } from '../../app/calls/samples.ts';
import { openDesk, provisioningFor, type Desk } from '../session/desk.ts';

const ana = agents.anaSilva.id;
let kommo: Kommo;
let desk: Desk;
let timeline: string[];

beforeEach(async () => {
  timeline = [];
  kommo = await openKommo({ rateLimit: 'off' });
  desk = openDesk(provisioningFor(kommo.origin, { kind: 'token', accessToken: kommo.longLivedToken(ana) }));
});
afterEach(async () => {
  desk.remove();
  await kommo.close();
});

const events = () => kommo.requests.filter(({ path }) => path.startsWith('/api/v2/events'));
const number = (user: string) => readNumber(user, { country: 'US', internalDigits: 6 });

async function resolve(user: string): Promise<{ found: Resolution[]; resolution: Resolution }> {
  const found: Resolution[] = [];
  const { resolve: ask } = createCallerResolver({
    session: desk.session,
    timeline: { add: (event) => timeline.push(event) },
    log: (event, details) => void desk.logged.push(`${event} ${JSON.stringify(details)}`),
  });
  const call = reduce(undefined, callEvent('ringing', {}), 'r-1');
  const resolution = await ask(call, number(user), (early) => found.push(early));
  return { found, resolution };
}

describe('who it is', () => {
  test.each<[string, string, Caller]>([
    [
      'a lead',
      people.annaPetrova.phone,
      { kind: 'entity', entity: { type: 'lead', id: people.annaPetrova.lead.id }, name: 'Roof repair' },
    ],
    [
      'a contact',
      people.marcusWebb.phone,
      { kind: 'entity', entity: { type: 'contact', id: people.marcusWebb.id }, name: 'Marcus Webb' },
    ],
    [
      'a company',
      people.northwindTraders.phone,
      { kind: 'entity', entity: { type: 'company', id: people.northwindTraders.id }, name: 'Northwind Traders' },
    ],
    [
      'a customer',
      people.elenaFischer.phone,
      {
        kind: 'entity',
        entity: { type: 'customer', id: people.elenaFischer.customer.id },
        name: people.elenaFischer.customer.name,
      },
    ],
    [
      'the oldest of three',
      people.kofiMensah.phone,
      { kind: 'entity', entity: { type: 'contact', id: people.tomasHerrera.id }, name: 'Tomás Herrera' },
    ],
  ])('%s: the entity first, then its name', async (_what, phone, caller) => {
    const { found, resolution } = await resolve(phone);
    expect(resolution).toEqual({ caller, notice: null });
    expect(found).toEqual([{ caller: { ...caller, name: null }, notice: null }]);
    expect(events().map(({ body }) => body)).toEqual([
      { add: [{ type: 'phone_call', phone_number: phone, users: [ana] }] },
    ]);
    expect(timeline).toEqual(['resolve.sent', 'resolve.entity', 'resolve.done']);
  });

  test('nobody', async () => {
    expect(await resolve(people.unknown.phone)).toEqual({
      found: [],
      resolution: { caller: { kind: 'nobody' }, notice: null },
    });
    expect(events()).toHaveLength(1);
  });

  test.each([people.internal.phone, 'anonymous', 'ana.silva', '*97'])('%s is nothing to ask Kommo', async (user) => {
    expect((await resolve(user)).resolution).toEqual({ caller: { kind: 'not-asked' }, notice: null });
    expect(kommo.requests).toEqual([]);
  });

  test('a card that the agent may not read: its kind and link, no name, and why', async () => {
    const { resolution } = await resolve(people.ivanSokolov.phone);
    expect(resolution).toEqual({
      caller: { kind: 'entity', entity: { type: 'lead', id: people.ivanSokolov.lead.id }, name: null },
      notice:
        'The name could not be read. Your Kommo user may not see this. Ask your administrator for the right to it.',
    });
    expect(events()).toHaveLength(1);
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
    expect(resolution.notice).toMatch(sentence);
    expect(found).toEqual([]);
    expect(events()).toHaveLength(1);
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
    expect((await resolve(people.marcusWebb.phone)).resolution).toEqual({
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
  const cards = () =>
    createCards({
      session: desk.session,
      timeline: { add: (event, id, details) => timeline.push(JSON.stringify([event, id, details])) },
      open,
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

  test('a call nobody knows, a browser that does not open', async () => {
    expect(await cards().open('r-1', null)).toMatchObject({ ok: false, message: 'This call is not known any more.' });
    open.mockRejectedValueOnce(new Error('xdg-open: 3'));
    expect(await cards().open('r-1', nobody)).toMatchObject({
      ok: false,
      message: expect.stringMatching(/default browser/) as unknown,
    });
  });
});
