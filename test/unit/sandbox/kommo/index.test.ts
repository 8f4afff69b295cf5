import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as v from 'valibot';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Kommo, KommoOptions } from '../../../../sandbox/kommo/index.ts';
import { agents, openKommo, people } from '../../../../sandbox/kommo/index.ts';

const ana = agents.anaSilva.id;
const ben = agents.benOrtiz.id;
const p = people;
/** Vitest types its matchers as `any`. */
const anyText: unknown = expect.any(String);
const anything: unknown = expect.anything();
const uuid: unknown = expect.stringMatching(/^[0-9a-f-]{36}$/);
let kommo: Kommo;
let token = '';

async function reopen(options: KommoOptions = {}): Promise<void> {
  await kommo.close();
  kommo = await openKommo(options);
  token = kommo.longLivedToken(ana);
}

beforeEach(async () => {
  kommo = await openKommo({ rateLimit: 'off' });
  token = kommo.longLivedToken(ana);
});
afterEach(() => kommo.close());

const get = (path: string, bearer = token) =>
  fetch(kommo.origin + path, { headers: { Authorization: `Bearer ${bearer}` } });
const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  fetch(kommo.origin + path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token}`, ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
const event = (phone: string, users?: unknown) => ({ add: [{ type: 'phone_call', phone_number: phone, users }] });

describe('POST /api/v2/events', () => {
  test.each(['/api/v2/events', '/api/v2/events/'])('%s answers 202 with the entity', async (path) => {
    const response = await post(path, event(p.annaPetrova.phone, [ana]));
    expect(response.status).toBe(202);
    expect(response.headers.get('content-type')).toBe('application/hal+json');
    expect(await response.json()).toEqual({
      _links: { self: { href: '/api/v2/events/' } },
      _embedded: {
        items: [
          {
            element_type: 2,
            element_id: p.annaPetrova.lead.id,
            uid: uuid,
            phone_number: p.annaPetrova.phone,
            query_string: '55550142',
          },
        ],
      },
    });
  });

  test('rings the bell of the named users only, once a call', async () => {
    await post('/api/v2/events', event(p.annaPetrova.phone, [ana]));
    await post('/api/v2/events', event(p.annaPetrova.phone, [ana]));
    expect(kommo.notifications(ana)).toHaveLength(2);
    expect(kommo.notifications(ana)[0]).toMatchObject({
      type: 'phone_call',
      header: `Call: ${p.annaPetrova.lead.name}`,
      from: p.annaPetrova.phone,
      element: { id: p.annaPetrova.lead.id, type: 'lead' },
    });
    expect(kommo.notifications(ben)).toHaveLength(0);
  });

  test('without users it rings everybody, and an unknown number offers a new contact', async () => {
    await post('/api/v2/events', event(p.unknown.phone));
    for (const { id } of kommo.data.users) {
      expect(kommo.notifications(id)).toMatchObject([
        { element: null, clickLink: '/contacts/add?phone=%2B19175550163' },
      ]);
    }
  });

  test('takes a form, and users as one id or a string', async () => {
    const form = `add[0][type]=phone_call&add[0][phone_number]=${encodeURIComponent(p.elenaFischer.phone)}&add[0][users]=${ben}`;
    const response = await post('/api/v2/events', form, { 'Content-Type': 'application/x-www-form-urlencoded' });
    expect(await response.json()).toMatchObject({ _embedded: { items: [{ element_type: 12 }] } });
    expect([kommo.notifications(ana).length, kommo.notifications(ben).length]).toEqual([0, 1]);
  });

  test.each([
    ['empty', 202, { _links: anything, _embedded: { items: [] } }],
    ['nulls', 202, { _embedded: { items: [{ element_type: null, element_id: null, phone_number: p.unknown.phone }] } }],
    ['missing', 202, { _links: { self: { href: '/api/v2/events/' } } }],
    ['204', 204, null],
  ] as const)('nobody found, answered as %s', async (notFound, status, body) => {
    kommo.events.notFound = notFound;
    const response = await post('/api/v2/events', event(p.unknown.phone, [ana]));
    expect(response.status).toBe(status);
    const text = await response.text();
    if (body === null) expect(text).toBe('');
    else expect(JSON.parse(text)).toMatchObject(body);
    if (notFound === 'missing') expect(JSON.parse(text)).not.toHaveProperty('_embedded');
  });

  test('200 instead of 202; a malformed body; no token', async () => {
    kommo.events.status = 200;
    expect((await post('/api/v2/events', event(p.marcusWebb.phone, [ana]))).status).toBe(200);
    expect((await post('/api/v2/events', { add: [{ type: 'sms' }] })).status).toBe(400);
    expect((await post('/api/v2/events', '{nonsense')).status).toBe(400);
    const wrong = await post('/api/v2/events', event(p.marcusWebb.phone), { Authorization: 'Bearer wrong' });
    expect([wrong.status, wrong.headers.get('content-type')]).toEqual([401, 'application/problem+json']);
    expect(kommo.notifications(ana)).toHaveLength(1);
  });
});

describe('reading', () => {
  test('the account, with the user of the token', async () => {
    expect(await (await get('/api/v4/account')).json()).toMatchObject({
      subdomain: 'sandbox',
      country: 'US',
      current_user_id: ana,
    });
    expect(await (await get('/api/v4/account', kommo.longLivedToken(ben))).json()).toMatchObject({
      current_user_id: ben,
    });
  });

  test('users are for administrators', async () => {
    expect((await get('/api/v4/users')).status).toBe(403);
    expect((await get(`/api/v4/users/${ana}`)).status).toBe(403);
    const admin = kommo.longLivedToken(agents.mariaKeller.id);
    expect(await (await get(`/api/v4/users/${ana}`, admin)).json()).toMatchObject({ name: 'Ana Silva' });
    expect(await (await get('/api/v4/users?limit=3', admin)).json()).toMatchObject({
      _links: { next: { href: `${kommo.origin}/api/v4/users?page=2&limit=3` } },
    });
  });

  test('lists by the ids that were asked for, linked cards only where they were asked for', async () => {
    const { lead } = p.annaPetrova;
    const leads: unknown = await (
      await get(`/api/v4/leads?filter[id][]=${lead.id}&filter[id][]=${p.blueHarbor.lead.id}&filter[id][]=1`)
    ).json();
    expect(leads).toMatchObject({ _embedded: { leads: [{ id: lead.id }, { id: p.blueHarbor.lead.id }] } });
    const query = `/api/v4/companies?query=${encodeURIComponent(p.blueHarbor.phone)}`;
    expect(await (await get(`${query}&with=leads`)).json()).toMatchObject({
      _embedded: { companies: [{ _embedded: { leads: [{ id: p.blueHarbor.lead.id }] } }] },
    });
    expect(JSON.stringify(await (await get(query)).json())).not.toContain(String(p.blueHarbor.lead.id));
  });

  test('cards with what they are linked to', async () => {
    const contact: unknown = await (await get(`/api/v4/contacts/${p.annaPetrova.id}?with=leads`)).json();
    expect(contact).toMatchObject({
      first_name: 'Anna',
      last_name: 'Petrova',
      custom_fields_values: [{ field_code: 'PHONE' }, { field_code: 'EMAIL' }],
      _embedded: { leads: [{ id: p.annaPetrova.lead.id }] },
    });
    expect(await (await get(`/api/v4/leads/${p.annaPetrova.lead.id}?with=contacts`)).json()).toMatchObject({
      name: 'Roof repair',
      _embedded: { contacts: [{ id: p.annaPetrova.id, is_main: true }] },
    });
    expect(await (await get(`/api/v4/leads/${p.hannahCole.lead.id}`)).json()).toMatchObject({
      name: `Lead #${p.hannahCole.lead.id}`,
    });
    expect(await (await get(`/api/v4/companies/${p.northwindTraders.id}`)).json()).toMatchObject({
      name: 'Northwind Traders',
    });
    expect(await (await get(`/api/v4/customers/${p.elenaFischer.customer.id}`)).json()).toMatchObject({
      next_price: 3600,
    });
  });

  test('403, 404, 204, 405 as documented', async () => {
    const denied = await get(`/api/v4/leads/${p.ivanSokolov.lead.id}`);
    expect([denied.status, denied.headers.get('content-type')]).toEqual([403, 'application/problem+json']);
    expect(
      (await get(`/api/v4/leads/${p.ivanSokolov.lead.id}`, kommo.longLivedToken(agents.mariaKeller.id))).status,
    ).toBe(200);
    expect((await get('/api/v4/leads/1')).status).toBe(404);
    expect((await get('/api/v4/nothing')).headers.get('content-type')).toBe('application/problem+json');
    const nobody = await get('/api/v4/contacts?query=19175550163');
    expect([nobody.status, await nobody.text()]).toEqual([204, '']);
    expect((await get('/api/v4/calls')).status).toBe(405);
  });
});

describe('POST /api/v4/calls', () => {
  const call = {
    direction: 'inbound',
    duration: 73,
    source: 'Ringside',
    phone: p.annaPetrova.phone,
    uniq: 'c-1',
    link: 'https://pbx.example/rec/1.mp3',
    call_status: 4,
    created_by: ana,
    created_at: 1_764_000_000,
  };

  test('writes a note on the card, and again when it is sent again', async () => {
    for (let sent = 1; sent <= 2; sent += 1) {
      const response = await post('/api/v4/calls', [call]);
      expect(response.status).toBe(200);
      expect(await response.json()).toMatchObject({
        _total_items: 1,
        errors: [],
        _embedded: { calls: [{ entity_id: p.annaPetrova.lead.id, entity_type: 'lead', request_id: '0' }] },
      });
      const list: unknown = await (
        await get(`/api/v4/leads/${p.annaPetrova.lead.id}/notes?filter[note_type][]=call_in`)
      ).json();
      expect(list).toMatchObject({ _embedded: { notes: Array.from({ length: sent }, () => anything) } });
    }
    const [note] = kommo.data.notes;
    expect(note).toMatchObject({
      noteType: 'call_in',
      createdBy: ana,
      createdAt: 1_764_000_000,
      params: { uniq: 'c-1', duration: 73, source: 'Ringside', link: call.link, phone: call.phone, call_status: 4 },
    });
    expect((await get('/api/v4/leads/notes?filter[note_type]=call_out')).status).toBe(204);
  });

  test('nobody with that number: 400, and nothing is stored', async () => {
    const response = await post('/api/v4/calls', [{ ...call, phone: p.unknown.phone }]);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      _total_items: 0,
      errors: [{ title: 'Entity not found', request_id: '0' }],
    });
    expect(kommo.data.notes).toEqual([]);
  });

  test.each([
    [{ uniq: null }, 'NotNullable', 'uniq'],
    [{ direction: 'sideways' }, 'NotSupportedChoice', 'direction'],
    [{ source: undefined }, 'FieldMissing', 'source'],
    [{ duration: 'long' }, 'InvalidType', 'duration'],
  ])('%o is refused', async (wrong, code, path) => {
    const response = await post('/api/v4/calls', [call, { ...call, ...wrong, request_id: 'b' }]);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      status: 400,
      'validation-errors': [{ request_id: 'b', errors: [{ code, path }] }],
    });
    expect(kommo.data.notes).toEqual([]);
  });
});

describe('notes and incoming leads', () => {
  test('notes are written and read back', async () => {
    const params = { duration: 5, source: 'Ringside', phone: p.marcusWebb.phone, uniq: 'c-2' };
    const written = await post(`/api/v4/contacts/${p.marcusWebb.id}/notes`, [{ note_type: 'call_out', params }]);
    expect(written.status).toBe(200);
    const batch = [{ entity_id: p.marcusWebb.id, note_type: 'common', params: { text: 'Called back' } }];
    expect((await post('/api/v4/contacts/notes', batch)).status).toBe(200);
    expect(await (await get('/api/v4/contacts/notes?filter[note_type]=call_out')).json()).toMatchObject({
      _embedded: { notes: [{ note_type: 'call_out', params, created_by: ana }] },
    });
    const wrong = await post('/api/v4/contacts/notes', [
      { ...batch[0], note_type: 'call_in', params: { ...params, link: null } },
    ]);
    expect(await wrong.json()).toMatchObject({
      'validation-errors': [{ errors: [{ code: 'NotNullable', path: 'params.link' }] }],
    });
    expect((await post('/api/v4/contacts/1/notes', batch)).status).toBe(400);
  });

  test('an incoming lead is kept once, hidden, with its call', async () => {
    const lead = {
      source_name: 'Ringside',
      source_uid: 'c-3',
      metadata: {
        phone: p.unknown.phone,
        called_at: 1_764_000_000,
        duration: 0,
        link: '',
        service_code: 'ringside',
        uniq: 'c-3',
        is_call_event_needed: true,
      },
      _embedded: { leads: [{ name: 'Call' }], contacts: [{ name: p.unknown.phone }] },
    };
    const first = await post('/api/v4/leads/unsorted/sip', [lead]);
    expect(first.status).toBe(200);
    expect(await first.json()).toMatchObject({ _total_items: 1, _embedded: { unsorted: [{ request_id: '0' }] } });
    const again = await post('/api/v4/leads/unsorted/sip', [lead]);
    expect([again.status, kommo.data.unsorted.length]).toEqual([400, 1]);
    expect(kommo.data.notes).toMatchObject([{ noteType: 'call_in', params: { uniq: 'c-3' } }]);
    expect((await get('/api/v4/contacts?query=5550163')).status, 'hidden until accepted').toBe(204);
  });
});

describe('limits and faults', () => {
  test('the eighth request of a second is refused, and who keeps on is banned everywhere', async () => {
    await reopen({ now: () => 1_764_000_000_000 });
    const statuses: number[] = [];
    for (let sent = 0; sent < 18; sent += 1) {
      const response = await get('/api/v4/account');
      statuses.push(response.status);
      if (response.status === 429) expect(await response.json()).toMatchObject({ retry_after: 1, status: 429 });
    }
    expect(statuses).toEqual([...Array<number>(7).fill(200), ...Array<number>(10).fill(429), 403]);
    expect(kommo.bans).toHaveLength(1);
    const page = await fetch(kommo.origin);
    expect([page.status, page.headers.get('content-type')]).toEqual([403, 'text/html']);
  });

  test.each([
    ['401', 401, 'application/problem+json'],
    ['403-html', 403, 'text/html'],
    ['429', 429, 'application/problem+json'],
    ['500', 500, 'application/problem+json'],
    ['500-html', 500, 'text/html'],
    ['empty', 200, 'application/hal+json'],
    ['no-body-204', 204, null],
    ['garbage', 200, 'application/hal+json'],
  ] as const)('%s on demand, once', async (answer, status, type) => {
    kommo.fail({ match: ({ path }) => path === '/api/v4/account', answer, times: 1 });
    const spoiled = await get('/api/v4/account');
    expect([spoiled.status, spoiled.headers.get('content-type')]).toEqual([status, type]);
    if (answer === 'garbage') await expect(spoiled.json()).rejects.toThrow();
    if (answer === 'empty') expect(await spoiled.text()).toBe('');
    expect((await get('/api/v4/account')).status).toBe(200);
  });

  test('a broken connection before and after the work', async () => {
    const undo = kommo.fail({ match: ({ method }) => method === 'POST', answer: 'network' });
    await expect(post('/api/v2/events', event(p.annaPetrova.phone, [ana]))).rejects.toThrow();
    expect(kommo.notifications(ana)).toHaveLength(0);
    undo();
    kommo.fail({ match: ({ method }) => method === 'POST', answer: 'network', afterEffect: true });
    await expect(post('/api/v2/events', event(p.annaPetrova.phone, [ana]))).rejects.toThrow();
    expect(kommo.notifications(ana)).toHaveLength(1);
    expect(kommo.requests.map(({ status }) => status)).toEqual([0, 0]);
  });

  test('the work is done and an error answered', async () => {
    kommo.fail({ match: () => true, answer: '500-html', afterEffect: true, times: 1 });
    const response = await post('/api/v4/calls', [
      { direction: 'inbound', duration: 1, source: 's', phone: p.marcusWebb.phone },
    ]);
    expect([response.status, response.headers.get('content-type')]).toEqual([500, 'text/html']);
    expect(kommo.data.notes).toHaveLength(1);
  });

  test('no answer at all, until the caller gives up', async () => {
    kommo.fail({ match: () => true, answer: 'hang' });
    const given = new AbortController();
    const pending = fetch(`${kommo.origin}/api/v4/account`, { signal: given.signal });
    await expect.poll(() => kommo.requests.length).toBe(1);
    expect(kommo.requests[0]?.status).toBeNull();
    given.abort();
    await expect(pending).rejects.toThrow();
    await kommo.waitForRequest(({ status }) => status === 0, 2000);
  });

  test('requests are recorded, and may be waited for', async () => {
    const seen = kommo.waitForRequest(({ path }) => path === '/api/v2/events');
    await post('/api/v2/events?x=1', event(p.marcusWebb.phone, [ana]));
    expect(await seen).toMatchObject({
      method: 'POST',
      query: { x: '1' },
      body: event(p.marcusWebb.phone, [ana]),
      user: ana,
      status: 202,
    });
    await expect(kommo.waitForRequest(({ path }) => path === '/never', 10)).rejects.toThrow(/within 10 ms/);
  });

  test('answers take the time they are told to', async () => {
    kommo.latencyMs = 60;
    const before = performance.now();
    await get('/api/v4/account');
    expect(performance.now() - before).toBeGreaterThanOrEqual(55);
  });
});

describe('sign-in', () => {
  const consent = (decision: string, state = 'a+b c') =>
    fetch(`${kommo.origin}/oauth`, {
      method: 'POST',
      redirect: 'manual',
      body: new URLSearchParams({
        client_id: kommo.integration.clientId,
        state,
        mode: 'post_message',
        decision,
        user: String(ben),
      }),
    });
  const exchange = (more: Record<string, string>) => {
    const { clientId, clientSecret, redirectUri } = kommo.integration;
    const body = JSON.stringify({
      client_id: clientId,
      client_secret: clientSecret,
      redirect_uri: redirectUri,
      ...more,
    });
    return fetch(`${kommo.origin}/oauth2/access_token`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body,
    });
  };

  test('allowed: a code in the redirect, tokens for it, and the account with them', async () => {
    const page = await (
      await fetch(`${kommo.origin}/oauth?client_id=${kommo.integration.clientId}&state=s&mode=post_message`)
    ).text();
    expect(page).toMatch(/name="decision" value="allow"/);
    const address = new URL((await consent('allow')).headers.get('location') ?? '');
    expect(address.origin + address.pathname).toBe(kommo.integration.redirectUri);
    expect(Object.fromEntries(address.searchParams)).toEqual({
      code: anyText,
      state: 'a+b c',
      referer: new URL(kommo.origin).host,
      client_id: kommo.integration.clientId,
    });
    const response = await exchange({ grant_type: 'authorization_code', code: address.searchParams.get('code') ?? '' });
    const pair: unknown = await response.json();
    expect(pair).toMatchObject({ token_type: 'Bearer', expires_in: 86_400, access_token: anyText });
    const bearer = v.parse(v.object({ access_token: v.string() }), pair).access_token;
    expect(await (await get('/api/v4/account', bearer)).json()).toMatchObject({ current_user_id: ben });
  });

  test('denied, and a stranger', async () => {
    const address = new URL((await consent('deny')).headers.get('location') ?? '');
    expect(Object.fromEntries(address.searchParams)).toEqual({
      error: 'access_denied',
      state: 'a+b c',
      client_id: kommo.integration.clientId,
    });
    expect((await fetch(`${kommo.origin}/oauth?client_id=other`)).status).toBe(400);
  });

  test('a refused exchange has a hint', async () => {
    const response = await exchange({ grant_type: 'authorization_code', code: 'made up' });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ hint: 'Cannot decrypt the authorization code', status: 400 });
  });
});

describe('pages', () => {
  const page = async (path: string, cookie = '') => {
    const response = await fetch(kommo.origin + path, { headers: { Cookie: cookie } });
    return { status: response.status, text: await response.text() };
  };

  test.each([
    [`/contacts/detail/${p.annaPetrova.id}`, `contact:${p.annaPetrova.id}`],
    [`/leads/detail/${p.annaPetrova.lead.id}`, `lead:${p.annaPetrova.lead.id}`],
    [`/companies/detail/${p.northwindTraders.id}`, `company:${p.northwindTraders.id}`],
    [`/customers/detail/${p.elenaFischer.customer.id}`, `customer:${p.elenaFischer.customer.id}`],
  ])('%s says which card it is', async (path, card) => {
    expect((await page(path)).text).toContain(`data-card="${card}"`);
  });

  test('a call shows on its card with duration and recording', async () => {
    await post('/api/v4/calls', [
      {
        direction: 'outbound',
        duration: 125,
        source: 'Ringside',
        phone: p.annaPetrova.phone,
        link: 'https://pbx.example/1.mp3?a="b',
      },
    ]);
    const { text } = await page(`/leads/detail/${p.annaPetrova.lead.id}`);
    expect(text).toContain('data-note-type="call_out"');
    expect(text).toContain('02:05');
    expect(text).toContain('href="https://pbx.example/1.mp3?a=&quot;b"');
  });

  test('the new-contact form has the number in it, and makes a contact', async () => {
    expect((await page('/contacts/add?phone=%2B19175550163')).text).toContain('name="phone" value="+19175550163"');
    const response = await fetch(`${kommo.origin}/contacts/add`, {
      method: 'POST',
      body: new URLSearchParams({ name: 'Zoe <b>Lind</b>', phone: p.unknown.phone, email: '' }),
    });
    expect(await response.text()).toContain('Zoe &lt;b&gt;Lind&lt;/b&gt;');
    const answer = await post('/api/v2/events', event(p.unknown.phone, [ana]));
    expect(await answer.json()).toMatchObject({ _embedded: { items: [{ element_type: 1 }] } });
  });

  test('a session picks the user; an agent sees no card that is not for him', async () => {
    const path = `/leads/detail/${p.ivanSokolov.lead.id}`;
    expect((await page(path)).text).not.toContain('data-card="lead');
    expect((await page(path, `session_id=${agents.mariaKeller.id}`)).text).toContain('data-card="lead');
    const login = await fetch(`${kommo.origin}/login?user=${ben}&to=//evil.example`, { redirect: 'manual' });
    expect([login.headers.get('location'), login.headers.get('set-cookie')]).toEqual([
      '/',
      expect.stringContaining(`session_id=${ben}`),
    ]);
    expect((await page('/nothing')).status).toBe(404);
  });

  test('the inbox keeps the last call of an element id', async () => {
    const add = (text: string, element: unknown) =>
      post(
        '/ajax/v1/inbox/add/',
        { type: 'call', text, date: 1_764_000_000, element },
        { Cookie: `session_id=${ana}` },
      );
    await add('first', { id: 55, type: 'contact' });
    await add('second', { id: 55, type: 'lead' });
    await add('no element', null);
    await add('no element either', null);
    await post('/api/v2/events', event(p.marcusWebb.phone, [ana]));
    expect(kommo.notifications(ana).map(({ text }) => text)).toEqual([
      'Go to the contact card',
      'no element either',
      'no element',
      'second',
    ]);
    expect(kommo.notifications(ben)).toEqual([]);
  });
});

describe('a widget package', () => {
  let folder = '';
  const manifest = {
    widget: {
      name: 'widget.name',
      description: 'd',
      short_description: 's',
      version: '1.0.0',
      interface_version: 2,
      installation: true,
    },
    locations: ['everywhere'],
    settings: { port: { name: 'settings.port', type: 'text' } },
  };
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kommo-widget-'));
    await mkdir(join(folder, 'i18n'));
    await writeFile(
      join(folder, 'i18n/en.json'),
      JSON.stringify({ widget: { name: 'Ring' }, settings: { port: 'Port of it' } }),
    );
    await writeFile(join(folder, 'script.js'), 'define([], function () {});');
  });
  afterEach(() => rm(folder, { recursive: true }));
  const write = (content: unknown) => writeFile(join(folder, 'manifest.json'), JSON.stringify(content));

  test('is served, and its settings form is drawn', async () => {
    await write(manifest);
    await reopen({ widgetDir: folder, widgetSettings: { port: '47110' } });
    const script = await fetch(`${kommo.origin}/upl/ringside/widget/script.js?v=1.0.0`);
    expect([script.headers.get('content-type'), await script.text()]).toEqual([
      'text/javascript',
      'define([], function () {});',
    ]);
    expect((await fetch(`${kommo.origin}/upl/ringside/widget/..%2f..%2fetc/passwd`)).status).toBe(404);
    const text = await (await fetch(`${kommo.origin}/settings/widgets/`)).text();
    expect(text).toMatch(/Port of it<input\s+name="port"\s+type="text"\s+autocomplete="off"\s+value="47110"/);
  });

  test('that Kommo would refuse is refused by name', async () => {
    await expect(openKommo({ widgetDir: folder })).rejects.toThrow(/no manifest.json/);
    await write({ ...manifest, settings: {} });
    await expect(openKommo({ widgetDir: folder })).rejects.toThrow(/requires "settings"/);
    await write({ ...manifest, widget: { ...manifest.widget, interface_version: 1 } });
    await expect(openKommo({ widgetDir: folder })).rejects.toThrow(/widget\.interface_version is wrong/);
  });
});
