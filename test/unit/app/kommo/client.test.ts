import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseOrigin } from '../../../../app/kommo/address.ts';
import { createBudget } from '../../../../app/kommo/budget.ts';
import { nameOnCard } from '../../../../app/kommo/card.ts';
import { createKommoClient, type TokenSource } from '../../../../app/kommo/client.ts';
import { KommoRefusal, type RefusalKind } from '../../../../app/kommo/refusal.ts';
import { agents, openKommo, people, type Kommo } from '../../../../sandbox/kommo/index.ts';
import type { FaultAnswer } from '../../../../sandbox/kommo/faults.ts';
import { completedCall } from '../calls/samples.ts';

const ana = agents.anaSilva.id;
let kommo: Kommo;
let pauses: number[];

function clientFor(address: string, tokens: TokenSource, timeoutMs = 5000) {
  const origin = parseOrigin(address);
  if (origin === null) throw new Error(`${address} is no origin`);
  const budget = createBudget({
    perSecond: 1000,
    timers: { now: () => performance.now(), after: (ms, run) => void setTimeout(run, ms) },
  });
  const watched = { ...budget, pause: (ms: number) => void pauses.push(ms) };
  return createKommoClient({ origin, fetch, tokens, budget: watched, userAgent: 'Ringside/test', timeoutMs });
}
const fixed = (token: string): TokenSource => ({
  current: () => Promise.resolve(token),
  refused: () => Promise.resolve(null),
  ended: () => {
    throw new Error('there was no newer token');
  },
});
const client = (timeoutMs?: number) => clientFor(kommo.origin, fixed(kommo.longLivedToken(ana)), timeoutMs);

/** The refusal of a request that must not succeed. */
async function refusal(request: Promise<unknown>): Promise<KommoRefusal> {
  const error: unknown = await request.then(
    (value) => new Error(`answered ${JSON.stringify(value)}`),
    (reason: unknown) => reason,
  );
  if (!(error instanceof KommoRefusal)) throw error;
  return error;
}

beforeEach(async () => {
  pauses = [];
  kommo = await openKommo({ rateLimit: 'off' });
});
afterEach(() => kommo.close());

describe('announceCall', () => {
  test.each([
    ['a lead', people.annaPetrova.phone, { type: 'lead', id: people.annaPetrova.lead.id }],
    ['a contact', people.marcusWebb.phone, { type: 'contact', id: people.marcusWebb.id }],
    ['a company', people.northwindTraders.phone, { type: 'company', id: people.northwindTraders.id }],
    ['a customer', people.elenaFischer.phone, { type: 'customer', id: people.elenaFischer.customer.id }],
  ])('finds %s', async (_what, phone, entity) => {
    expect(await client().announceCall(phone, [ana])).toEqual(entity);
    const [request] = kommo.requests;
    expect(request?.body).toEqual({ add: [{ type: 'phone_call', phone_number: phone, users: [ana] }] });
  });

  test.each(['empty', 'nulls', 'missing', '204'] as const)('nobody, answered as %s', async (notFound) => {
    kommo.events.notFound = notFound;
    expect(await client().announceCall(people.unknown.phone, [ana])).toBeNull();
  });

  test('is sent once, whatever goes wrong', async () => {
    for (const answer of ['500', '429', 'garbage', '403-html', 'network'] as const) {
      const undo = kommo.fail({ match: ({ path }) => path.startsWith('/api/v2/events'), answer });
      const before = kommo.requests.length;
      await refusal(client().announceCall(people.marcusWebb.phone, [ana]));
      expect(kommo.requests.length - before).toBe(1);
      undo();
    }
  });
});

describe('other shapes of an answer', () => {
  let server: Server;
  let answer: { status: number; type: string; body: string; headers?: Record<string, string> };
  let address: string;
  beforeEach(async () => {
    server = createServer((_request, response) => {
      response.writeHead(answer.status, { 'content-type': answer.type, ...answer.headers }).end(answer.body);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const at = server.address();
    if (at === null || typeof at === 'string') throw new Error('no port');
    address = `http://127.0.0.1:${at.port}`;
  });
  afterEach(() => void server.close());
  const foreign = () => clientFor(address, fixed('t'));
  const json = (body: unknown, status = 200) => ({ status, type: 'application/hal+json', body: JSON.stringify(body) });

  test.each([
    ['an empty list', []],
    ['an empty object', {}],
    ["PHP's empty list for an object", { _embedded: [] }],
    ['null items', { _embedded: { items: null } }],
    ['zero ids', { _embedded: { items: [{ element_id: 0, element_type: 0 }] } }],
    ['a type we do not know', { _embedded: { items: [{ element_id: 5, element_type: 99 }] } }],
    ['a negative id', { _embedded: { items: [{ element_id: -5, element_type: 1 }] } }],
    ['a fraction of an id', { _embedded: { items: [{ element_id: 1.5, element_type: 1 }] } }],
  ])('events: %s is nobody', async (_what, body) => {
    answer = json(body);
    expect(await foreign().announceCall('+14155550142', [1])).toBeNull();
  });

  test('events: ids as texts', async () => {
    answer = json({ _embedded: { items: [{ element_id: '77', element_type: '12' }] } });
    expect(await foreign().announceCall('+14155550142', [1])).toEqual({ type: 'customer', id: 77 });
  });

  test.each<[string, () => typeof answer, RefusalKind]>([
    [
      'problem+json',
      () => ({ status: 403, type: 'application/problem+json', body: '{"title":"Forbidden","status":403}' }),
      'no-rights',
    ],
    [
      'problem+json of a shape we do not know',
      () => ({ status: 403, type: 'application/problem+json', body: '{"title":{"a":1},"detail":7}' }),
      'no-rights',
    ],
    ['HTML', () => ({ status: 403, type: 'text/html', body: '<h1>403 Forbidden</h1>' }), 'blocked'],
    ['plain text', () => ({ status: 403, type: 'text/plain', body: 'blocked' }), 'blocked'],
    ['nothing', () => ({ status: 403, type: 'text/html', body: '' }), 'blocked'],
  ])('403 with %s', async (_what, given, kind) => {
    answer = given();
    expect(await refusal(foreign().account())).toMatchObject({ kind, status: 403 });
  });

  test.each<[number, RefusalKind]>([
    [400, 'rejected'],
    [402, 'unpaid'],
    [404, 'not-found'],
    [405, 'rejected'],
    [422, 'rejected'],
    [500, 'server'],
    [502, 'server'],
    [503, 'server'],
  ])('%i is %s, in JSON and in HTML', async (status, kind) => {
    answer = json({ title: 'x' }, status);
    expect((await refusal(foreign().account())).kind).toBe(kind);
    answer = { status, type: 'text/html', body: '<html>' };
    expect((await refusal(foreign().account())).kind).toBe(kind);
  });

  test.each<[string, () => typeof answer, number]>([
    ['retry_after of the body', () => json({ retry_after: 7 }, 429), 7000],
    ['the header', () => ({ ...json({}, 429), headers: { 'retry-after': '3' } }), 3000],
    ['an absurd time, cut', () => json({ retry_after: 86_400 }, 429), 300_000],
    [
      'a date, which is not read',
      () => ({ ...json({}, 429), headers: { 'retry-after': 'Thu, 01 Oct 2026 12:00:00 GMT' } }),
      1000,
    ],
    ['nothing', () => ({ status: 429, type: 'text/html', body: 'slow down' }), 1000],
    ['a block', () => ({ status: 403, type: 'text/html', body: 'no' }), 60_000],
  ])('pauses by %s', async (_what, given, ms) => {
    answer = given();
    await refusal(foreign().account());
    expect(pauses).toEqual([ms]);
  });

  test('notes of other integrations, whatever they keep in `uniq`', async () => {
    answer = json({
      _embedded: {
        notes: [
          { id: 1, params: { uniq: 17 } },
          { id: 2, params: [] },
          { id: 3, params: null },
          { id: 4, params: { uniq: 'r-1' } },
        ],
      },
    });
    const way = { way: 'note', entity: { type: 'lead', id: 5 } } as const;
    expect(await foreign().findOnCard(way, completedCall())).toEqual({ entity: way.entity, incomingLead: false });
    expect(await foreign().findOnCard(way, completedCall({ id: '17' }))).toBeNull();
  });

  test('a name is trimmed, put together where it is missing, null where there is none', async () => {
    const named = async (body: unknown) => {
      answer = json(body);
      const card = await foreign().readCard({ type: 'contact', id: 5 });
      return card === null ? null : nameOnCard(card, 'first-last');
    };
    expect(await named({ id: 5, name: '  Ana  ' })).toBe('Ana');
    expect(await named({ id: 5, name: ' ', first_name: 'Ana', last_name: 'Silva' })).toBe('Ana Silva');
    expect(await named({ id: 5, name: null })).toBeNull();
  });
});

describe('faults', () => {
  test.each<[FaultAnswer, RefusalKind, passes: boolean]>([
    ['401', 'unauthorized', false],
    ['403-html', 'blocked', true],
    ['429', 'too-many', true],
    ['500', 'server', true],
    ['500-html', 'server', true],
    ['garbage', 'unreadable', true],
    ['network', 'unreachable', true],
  ])('%s is %s', async (answer, kind, passes) => {
    kommo.fail({ match: () => true, answer });
    const error = await refusal(client().announceCall(people.marcusWebb.phone, [ana]));
    expect(error).toMatchObject({ kind, passes });
    expect(error.message).toMatch(/^[A-Z].*\.$/);
    expect(error.message).not.toMatch(/\d{3}|undefined|null|html/i);
  });

  test('no answer at all is a timeout, which may have reached Kommo', async () => {
    kommo.fail({ match: () => true, answer: 'hang' });
    expect(await refusal(client(80).account())).toMatchObject({ kind: 'timeout', sent: true });
  });

  test('an empty body and 204 are an answer without content', async () => {
    for (const answer of ['empty', 'no-body-204'] as const) {
      const undo = kommo.fail({ match: () => true, answer });
      expect(await client().announceCall(people.marcusWebb.phone, [ana])).toBeNull();
      expect(await client().readCard({ type: 'contact', id: people.marcusWebb.id })).toBeNull();
      expect(await client().findOnCard({ way: 'calls' }, completedCall())).toBeNull();
      expect(await refusal(client().account())).toMatchObject({ kind: 'unreadable' });
      undo();
    }
  });

  test('a server that is not there was not reached; a connection that broke may have been', async () => {
    kommo.fail({ match: () => true, answer: 'network', times: 1 });
    expect(await refusal(client().account())).toMatchObject({ kind: 'unreachable', sent: true });
    const gone = client();
    await kommo.close();
    expect(await refusal(gone.account())).toMatchObject({ kind: 'unreachable', sent: false });
    kommo = await openKommo();
  });
});

describe('401', () => {
  test('asks once for a newer token and goes on with it', async () => {
    const asked: string[] = [];
    const good = kommo.longLivedToken(ana);
    const renewing = clientFor(kommo.origin, {
      current: () => Promise.resolve('old'),
      refused: (token) => {
        asked.push(token);
        return Promise.resolve(good);
      },
      ended: () => asked.push('ended'),
    });
    expect(await renewing.account()).toMatchObject({ current_user_id: ana });
    expect(asked).toEqual(['old']);
    expect(kommo.requests.map(({ headers }) => headers['authorization'])).toEqual(['Bearer old', `Bearer ${good}`]);
  });

  test('another refusal of the newer token ends nothing', async () => {
    let answers = 0;
    const ended: string[] = [];
    kommo.fail({ match: () => (answers += 1) > 1, answer: '500-html' });
    const unlucky = clientFor(kommo.origin, {
      current: () => Promise.resolve('old'),
      refused: () => Promise.resolve('newer'),
      ended: (token) => ended.push(token),
    });
    expect(await refusal(unlucky.account())).toMatchObject({ kind: 'server' });
    expect(ended).toEqual([]);
  });

  test('a newer token that is refused too ends there, and the sign-in with it', async () => {
    let asked = 0;
    const ended: string[] = [];
    const hopeless = clientFor(kommo.origin, {
      current: () => Promise.resolve('old'),
      refused: () => Promise.resolve(`newer-${(asked += 1)}`),
      ended: (token) => ended.push(token),
    });
    expect(await refusal(hopeless.account())).toMatchObject({ kind: 'unauthorized' });
    expect(asked).toBe(1);
    expect(ended).toEqual(['newer-1']);
    expect(kommo.requests).toHaveLength(2);
  });
});

describe('calls on the card', () => {
  const lead = { type: 'lead', id: people.annaPetrova.lead.id } as const;
  const note = { way: 'note', entity: lead } as const;
  const byNumber = { way: 'calls' } as const;
  const incoming = { way: 'incoming-lead' } as const;
  const stranger = { asReceived: people.unknown.phone, e164: people.unknown.phone, display: '', internal: false };
  const fromStranger = completedCall({ number: stranger, caller: { kind: 'nobody' } });

  test.each([note, byNumber, incoming])(
    '$way: leaves when its turn has come, and not where that is refused',
    async (way) => {
      const origin = parseOrigin(kommo.origin);
      if (origin === null) throw new Error('no origin');
      let turn = () => {};
      const budget = {
        take: () => new Promise<boolean>((resolve) => (turn = () => resolve(true))),
        turn: () => {
          throw new Error('no live call here');
        },
        pause: () => {},
      };
      const tokens = fixed(kommo.longLivedToken(ana));
      const waiting = createKommoClient({ origin, fetch, tokens, budget, userAgent: 'Ringside/test' });
      const left: number[] = [];
      const sent = waiting.putOnCard(way, fromStranger, () => void left.push(kommo.requests.length));
      await new Promise((resolve) => setImmediate(resolve));
      expect(left).toEqual([]);
      turn();
      await sent;
      expect([left, kommo.requests.length]).toEqual([[0], 1]);
      const stopped = waiting.putOnCard(way, fromStranger, () => {
        throw new Error('disk full');
      });
      await new Promise((resolve) => setImmediate(resolve));
      turn();
      await expect(stopped).rejects.toThrow('disk full');
      expect(kommo.requests).toHaveLength(1);
    },
  );

  test.each([note, byNumber])('$way: the call is on the card, by its agent, and is found again', async (way) => {
    const call = completedCall({ recording: { state: 'ready', url: 'https://pbx.example/1.mp3' } });
    expect(await client().findOnCard(way, call)).toBeNull();
    expect(await client().putOnCard(way, call)).toEqual({ entity: lead, incomingLead: false });
    expect(await client().findOnCard(way, call)).toEqual({ entity: lead, incomingLead: false });
    expect(await client().findOnCard(way, completedCall({ id: 'r-2' }))).toBeNull();
    expect(kommo.data.notes).toHaveLength(1);
    expect(kommo.data.notes[0]).toMatchObject({
      entity: { kind: 'lead', id: lead.id },
      noteType: 'call_in',
      params: {
        uniq: 'r-1',
        duration: 65,
        call_status: 4,
        link: 'https://pbx.example/1.mp3',
        phone: '+14155550142',
        call_responsible: ana,
      },
      createdBy: ana,
      responsibleUserId: ana,
      createdAt: Date.UTC(2026, 9, 1, 12) / 1000,
    });
  });

  test('an outbound call is a call_out', async () => {
    await client().putOnCard(note, completedCall({ direction: 'outbound' }));
    expect(kommo.data.notes[0]).toMatchObject({ noteType: 'call_out' });
  });

  test('it is found behind many other calls of the card', async () => {
    await client().putOnCard(note, completedCall());
    for (let n = 0; n < 300; n++) {
      const [first] = kommo.data.notes;
      if (first !== undefined) kommo.data.notes.push({ ...first, id: 90_000_000 + n, params: { uniq: `other-${n}` } });
    }
    expect(await client().findOnCard(note, completedCall())).not.toBeNull();
    expect(await client().findOnCard(byNumber, completedCall())).not.toBeNull();
  });

  test('a number that no card has leads nowhere, and neither does a card that is gone', async () => {
    expect(await client().putOnCard(byNumber, fromStranger)).toBeNull();
    const gone = { way: 'note', entity: { type: 'contact', id: 999_999 } } as const;
    expect(await client().putOnCard(gone, completedCall())).toBeNull();
    expect(await client().findOnCard(gone, completedCall())).toBeNull();
  });

  test('a stranger is one incoming lead, found again, and never two', async () => {
    expect(await client().findOnCard(incoming, fromStranger)).toBeNull();
    const place = await client().putOnCard(incoming, fromStranger);
    expect(place).toEqual({ entity: { type: 'lead', id: kommo.data.unsorted[0]?.leadId }, incomingLead: true });
    expect(await client().findOnCard(incoming, fromStranger)).toEqual(place);
    expect(await client().putOnCard(incoming, fromStranger)).toEqual(place);
    expect(kommo.data.unsorted).toHaveLength(1);
    expect(kommo.data.unsorted[0]?.metadata).toMatchObject({ uniq: 'r-1', phone: people.unknown.phone, duration: 65 });
  });

  test('an incoming lead that was accepted meanwhile is found by its note', async () => {
    await client().putOnCard(incoming, fromStranger);
    const leadId = kommo.data.unsorted.pop()?.leadId;
    expect(await client().findOnCard(incoming, fromStranger)).toEqual({
      entity: { type: 'lead', id: leadId },
      incomingLead: true,
    });
  });

  test('what comes later changes the note that is there', async () => {
    await client().putOnCard(note, completedCall());
    const later = completedCall({
      recording: { state: 'ready', url: 'https://pbx.example/1.mp3' },
      agentDisposition: 'call back later',
      note: 'After lunch',
    });
    await client().updateOnCard(lead, later);
    await client().updateOnCard(lead, later);
    expect(kommo.data.notes).toHaveLength(1);
    expect(kommo.data.notes[0]?.params).toMatchObject({
      uniq: 'r-1',
      link: 'https://pbx.example/1.mp3',
      call_status: 2,
      call_result: 'call back later. After lunch',
    });
  });

  test('where the note cannot be changed, a note of text says it, once', async () => {
    await client().putOnCard(byNumber, completedCall());
    kommo.data.notes.length = 0;
    const later = completedCall({ recording: { state: 'ready', url: 'https://pbx.example/1.mp3' } });
    await client().updateOnCard(lead, later);
    await client().updateOnCard(lead, later);
    expect(kommo.data.notes.map(({ noteType, params }) => [noteType, params])).toEqual([
      ['common', { text: 'Recording of the call: https://pbx.example/1.mp3' }],
    ]);
  });

  test('any other 400 is a refusal that names the field for the log', async () => {
    const error = await refusal(client().putOnCard(byNumber, completedCall({ talkSeconds: -1 })));
    expect(error).toMatchObject({ kind: 'rejected', status: 400 });
    expect(error.detail).toMatch(/duration/);
  });
});

test('a user who may not read users gets no name and no error', async () => {
  expect(await client().userName(ana)).toBeNull();
  const admin = clientFor(kommo.origin, fixed(kommo.longLivedToken(agents.mariaKeller.id)));
  expect(await admin.userName(ana)).toBe('Ana Silva');
});

test('a card that may not be read is a refusal with its own sentence', async () => {
  const error = await refusal(client().readCard({ type: 'lead', id: people.ivanSokolov.lead.id }));
  expect(error).toMatchObject({ kind: 'no-rights', passes: false });
});
