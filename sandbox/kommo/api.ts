import { randomUUID } from 'node:crypto';
import type { Context } from 'hono';
import { Hono } from 'hono';
import * as v from 'valibot';
import type { Company, Contact, Customer, EntityKind, EntityRef, Lead, Note, Unsorted, User } from './data.ts';
import { CARD_PATHS, displayName, findCard, mayRead } from './data.ts';
import { addCallEvents } from './events.ts';
import { forbidden, hal, notFound, problem, unauthorized, validationErrors } from './problems.ts';
import type { FieldError } from './problems.ts';
import { CALLS_RULE, findByPhone, matchesQuery } from './search.ts';
import type { Env, World } from './world.ts';

const KINDS = new Map<string, EntityKind>(
  (Object.entries(CARD_PATHS) as [EntityKind, string][]).map(([kind, path]) => [path, kind]),
);

const SECONDS = v.pipe(v.number(), v.integer(), v.minValue(0));

const CALL = v.object({
  direction: v.picklist(['inbound', 'outbound']),
  duration: SECONDS,
  source: v.string(),
  phone: v.string(),
  uniq: v.optional(v.string()),
  link: v.optional(v.string()),
  call_result: v.optional(v.string()),
  call_status: v.optional(v.picklist([1, 2, 3, 4, 5, 6, 7])),
  call_responsible: v.optional(v.union([v.string(), v.number()])),
  responsible_user_id: v.optional(v.number()),
  created_by: v.optional(v.number()),
  updated_by: v.optional(v.number()),
  created_at: v.optional(SECONDS),
  updated_at: v.optional(SECONDS),
  request_id: v.optional(v.union([v.string(), v.number()])),
});

const CALL_PARAMS = v.object({
  uniq: v.optional(v.string()),
  duration: SECONDS,
  source: v.string(),
  link: v.optional(v.string()),
  phone: v.string(),
  call_result: v.optional(v.string()),
  call_status: v.optional(v.picklist([1, 2, 3, 4, 5, 6, 7])),
  call_responsible: v.optional(v.union([v.string(), v.number()])),
});

const NOTE_COMMON = {
  entity_id: v.optional(v.number()),
  created_by: v.optional(v.number()),
  responsible_user_id: v.optional(v.number()),
  created_at: v.optional(SECONDS),
  request_id: v.optional(v.union([v.string(), v.number()])),
};

const NOTE = v.variant('note_type', [
  v.object({ ...NOTE_COMMON, note_type: v.literal('common'), params: v.object({ text: v.string() }) }),
  v.object({ ...NOTE_COMMON, note_type: v.literal('call_in'), params: CALL_PARAMS }),
  v.object({ ...NOTE_COMMON, note_type: v.literal('call_out'), params: CALL_PARAMS }),
]);

/** An edit names the note and its type; the parameters that are given take the place of the old ones. */
const NOTE_EDIT = v.intersect([v.object({ id: v.number() }), NOTE]);

const SIP_LEAD = v.object({
  request_id: v.optional(v.union([v.string(), v.number()])),
  source_name: v.string(),
  source_uid: v.string(),
  created_at: v.optional(SECONDS),
  pipeline_id: v.optional(v.number()),
  metadata: v.object({
    phone: v.string(),
    called_at: SECONDS,
    duration: SECONDS,
    link: v.string(),
    service_code: v.string(),
    uniq: v.optional(v.string()),
    is_call_event_needed: v.optional(v.boolean()),
    call_responsible: v.optional(v.union([v.string(), v.number()])),
    from: v.optional(v.union([v.string(), v.number()])),
  }),
  _embedded: v.optional(
    v.object({
      leads: v.optional(v.pipe(v.array(v.object({ name: v.optional(v.string()) })), v.maxLength(1))),
      contacts: v.optional(v.array(v.object({ name: v.optional(v.string()) }))),
      companies: v.optional(v.array(v.object({ name: v.optional(v.string()) }))),
    }),
  ),
});

/** Documented: at most this many entities a request, and as the page size (kommo.md 2). */
const BATCH_MAX = 250;

/** The interface under `/api`: v2 events and the parts of v4 that a telephony integration uses (kommo.md 3 to 5). */
export function apiRoutes(world: World): Hono<Env> {
  const api = new Hono<Env>({ strict: false });
  const { data } = world;

  api.use(async (c, next) => {
    if (c.get('user') === null) return unauthorized();
    await next();
    return undefined;
  });

  api.post('/v2/events', (c) => addCallEvents(world, c.get('body')));

  api.get('/v4/account', (c) => {
    const { id, name, subdomain, currency, country } = data.account;
    return hal({
      id,
      name,
      subdomain,
      created_at: 1_577_836_800,
      created_by: 0,
      updated_at: 1_760_000_000,
      updated_by: 0,
      current_user_id: caller(c).id,
      country,
      currency,
      currency_symbol: '$',
      customers_mode: 'segments',
      is_unsorted_on: true,
      is_loss_reason_enabled: true,
      is_helpbot_enabled: false,
      is_technical_account: false,
      contact_name_display_order: data.account.contactNameDisplayOrder ?? 1,
      _links: { self: { href: `${world.origin}/api/v4/account` } },
    });
  });

  api.get('/v4/users', (c) => {
    if (!caller(c).isAdmin) return forbidden('Only administrators may list users');
    return page(
      world,
      c,
      'users',
      data.users.map((user) => userBody(world, user)),
    );
  });

  api.get('/v4/users/:id{[0-9]+}', (c) => {
    if (!caller(c).isAdmin) return forbidden('Only administrators may read users');
    const user = data.users.find(({ id }) => id === Number(c.req.param('id')));
    return user === undefined ? notFound() : hal(userBody(world, user));
  });

  api.post('/v4/calls', (c) => addCalls(world, c));
  api.post('/v4/leads/unsorted/sip', (c) => addIncomingLeads(world, c));
  api.get('/v4/leads/unsorted', (c) => page(world, c, 'unsorted', incomingLeads(world, c)));
  api.get('/v4/leads/unsorted/:uid{[0-9a-f]{32}}', (c) => {
    const entry = data.unsorted.find(({ uid }) => uid === c.req.param('uid'));
    return entry === undefined ? notFound() : hal(unsortedBody(world, entry));
  });

  for (const [path, kind] of KINDS) {
    api.get(`/v4/${path}`, (c) => {
      const query = c.req.query('query') ?? '';
      const ids = ['filter[id]', 'filter[id][]', 'filter[id][0]']
        .flatMap((name) => c.req.queries(name) ?? [])
        .flatMap((value) => value.split(','))
        .map(Number);
      const cards = cardsOf(world, kind)
        .filter((card) => mayRead(caller(c), card) && matchesQuery(searchable(card), query))
        .filter(({ id }) => ids.length === 0 || ids.includes(id));
      return page(
        world,
        c,
        path,
        cards.map((card) => withLinks(cardBody(world, kind, card), c.req.query('with') ?? '')),
      );
    });
    api.get(`/v4/${path}/notes`, (c) =>
      page(
        world,
        c,
        'notes',
        notes(world, c, (note) => note.entity.kind === kind),
      ),
    );
    api.post(`/v4/${path}/notes`, (c) => addNotes(world, c, kind, null));
    api.patch(`/v4/${path}/notes`, (c) => editNotes(world, c, kind));
    api.get(`/v4/${path}/:id{[0-9]+}`, (c) => {
      const card = findCard(data, { kind, id: Number(c.req.param('id')) });
      // Kommo answers a missing entity with 204 on some reads and 404 on others; 404 is the documented one.
      if (card === undefined) return notFound();
      if (!mayRead(caller(c), card)) return forbidden();
      return hal(withLinks(cardBody(world, kind, card), c.req.query('with') ?? ''));
    });
    api.get(`/v4/${path}/:id{[0-9]+}/notes`, (c) => {
      const ref: EntityRef = { kind, id: Number(c.req.param('id')) };
      const card = findCard(data, ref);
      if (card !== undefined && !mayRead(caller(c), card)) return forbidden();
      return page(
        world,
        c,
        'notes',
        notes(world, c, ({ entity }) => entity.kind === kind && entity.id === ref.id),
      );
    });
    api.post(`/v4/${path}/:id{[0-9]+}/notes`, (c) => addNotes(world, c, kind, Number(c.req.param('id'))));
  }

  api.all('/v4/calls', () => problem(405, 'Method Not Allowed', 'Only POST is allowed here'));
  api.all('*', () => notFound());
  return api;
}

function caller(c: Context<Env>): User {
  const user = c.get('user');
  if (user === null) throw new Error('a route of /api ran without a user');
  return user;
}

function cardsOf(world: World, kind: EntityKind): (Contact | Lead | Company | Customer)[] {
  const { contacts, leads, companies, customers } = world.data;
  return { contact: contacts, lead: leads, company: companies, customer: customers }[kind];
}

function searchable(card: Contact | Lead | Company | Customer) {
  return { name: card.name, phones: 'phones' in card ? card.phones : [], emails: 'emails' in card ? card.emails : [] };
}

/** One page of a list: 204 without a body when there is nothing on it (kommo.md 2). */
function page(world: World, c: Context<Env>, what: string, items: readonly unknown[]): Response {
  const limit = Math.min(Math.max(Number(c.req.query('limit') ?? 50) || 50, 1), BATCH_MAX);
  const number = Math.max(Number(c.req.query('page') ?? 1) || 1, 1);
  const shown = items.slice((number - 1) * limit, number * limit);
  if (shown.length === 0) return new Response(null, { status: 204 });
  const href = (n: number): string => `${world.origin}${c.req.path}?page=${n}&limit=${limit}`;
  const next = items.length > number * limit ? { next: { href: href(number + 1) } } : {};
  return hal({ _page: number, _links: { self: { href: href(number) }, ...next }, _embedded: { [what]: shown } });
}

function userBody(world: World, user: User) {
  return {
    id: user.id,
    name: user.name,
    email: user.email,
    lang: 'en',
    rights: { is_admin: user.isAdmin, is_free: false, is_active: true, group_id: null, role_id: null },
    _links: { self: { href: `${world.origin}/api/v4/users/${user.id}` } },
  };
}

/** Linked contacts, leads and customers come only where they are asked for (developers.kommo.com, `with`). */
function withLinks(body: ReturnType<typeof cardBody>, asked: string) {
  const left = new Set(['contacts', 'leads', 'customers'].filter((kind) => !asked.split(',').includes(kind)));
  const embedded = Object.entries(body._embedded).filter(([kind]) => !left.has(kind));
  return { ...body, _embedded: Object.fromEntries(embedded) };
}

function cardBody(world: World, kind: EntityKind, card: Contact | Lead | Company | Customer) {
  const { data, origin } = world;
  const link = (target: EntityKind, id: number) => ({
    id,
    _links: { self: { href: `${origin}/api/v4/${CARD_PATHS[target]}/${id}` } },
  });
  const base = {
    id: card.id,
    name: displayName(kind, card),
    responsible_user_id: card.responsibleUserId,
    group_id: 0,
    created_by: 0,
    updated_by: 0,
    created_at: card.createdAt,
    updated_at: card.updatedAt,
    is_deleted: false,
    account_id: data.account.id,
    _links: link(kind, card.id)._links,
  };
  const companyOf = (id: number | undefined) => (id === undefined ? [] : [link('company', id)]);
  if ('statusId' in card || 'isActive' in card) {
    const contacts = card.contactIds.map((id, index) => ({ ...link('contact', id), is_main: index === 0 }));
    const embedded = { tags: [], contacts, companies: companyOf(card.companyId) };
    if ('statusId' in card) {
      const { price, pipelineId: pipeline_id, statusId: status_id } = card;
      return {
        ...base,
        price,
        status_id,
        pipeline_id,
        closed_at: null,
        custom_fields_values: null,
        _embedded: embedded,
      };
    }
    return { ...base, next_price: card.nextPrice, periodicity: 0, custom_fields_values: null, _embedded: embedded };
  }
  const values = (list: readonly string[]) => list.map((value) => ({ value, enum_id: 1, enum_code: 'WORK' }));
  const fields = [
    {
      field_id: 3300001,
      field_name: 'Phone',
      field_code: 'PHONE',
      field_type: 'multitext',
      values: values(card.phones),
    },
    {
      field_id: 3300003,
      field_name: 'Email',
      field_code: 'EMAIL',
      field_type: 'multitext',
      values: values(card.emails),
    },
  ].filter(({ values: present }) => present.length > 0);
  const linked = (other: { contactIds: readonly number[]; companyId?: number }): boolean =>
    kind === 'contact' ? other.contactIds.includes(card.id) : other.companyId === card.id;
  const embedded = {
    tags: [],
    leads: data.leads.filter(linked).map(({ id }) => link('lead', id)),
    customers: data.customers.filter(linked).map(({ id }) => link('customer', id)),
  };
  if ('firstName' in card) {
    return {
      ...base,
      first_name: card.firstName,
      last_name: card.lastName,
      custom_fields_values: fields,
      _embedded: { ...embedded, companies: companyOf(card.companyId) },
    };
  }
  const contacts = data.contacts.filter(({ companyId }) => companyId === card.id).map(({ id }) => link('contact', id));
  return { ...base, custom_fields_values: fields, _embedded: { ...embedded, contacts } };
}

/** A batch with every item checked, or the 400 that names each field. */
function parseBatch<Schema extends v.GenericSchema>(
  schema: Schema,
  body: unknown,
): { items: { item: v.InferOutput<Schema>; requestId: string }[] } | { refused: Response } {
  if (!Array.isArray(body) || body.length === 0 || body.length > BATCH_MAX) {
    return { refused: problem(400, 'Bad Request', `An array of 1 to ${BATCH_MAX} items is expected`) };
  }
  const items: { item: v.InferOutput<Schema>; requestId: string }[] = [];
  const refused: { request_id: string; errors: FieldError[] }[] = [];
  body.forEach((raw: unknown, index) => {
    const parsed = v.safeParse(schema, raw);
    const own = typeof raw === 'object' && raw !== null && 'request_id' in raw ? raw.request_id : undefined;
    const requestId = typeof own === 'string' || typeof own === 'number' ? String(own) : String(index);
    if (parsed.success) items.push({ item: parsed.output, requestId });
    else refused.push({ request_id: requestId, errors: parsed.issues.map(fieldError) });
  });
  return refused.length > 0 ? { refused: validationErrors(refused) } : { items };
}

function fieldError(issue: v.BaseIssue<unknown>): FieldError {
  const path = issue.path?.map(({ key }) => String(key)).join('.') ?? '';
  if (issue.input === null) return { code: 'NotNullable', path, detail: 'This value should not be null.' };
  if (issue.input === undefined) return { code: 'FieldMissing', path, detail: 'This field is missing.' };
  if (issue.type === 'picklist' || issue.type === 'variant') {
    return { code: 'NotSupportedChoice', path, detail: 'The value you selected is not a valid choice.' };
  }
  return { code: 'InvalidType', path, detail: `This value should be of type ${issue.expected ?? 'scalar'}.` };
}

/** `POST /api/v4/calls`: a note on the card that has the number; a repeat is written again (kommo.md 4). */
function addCalls(world: World, c: Context<Env>): Response {
  const batch = parseBatch(CALL, c.get('body'));
  if ('refused' in batch) return batch.refused;
  const calls: unknown[] = [];
  const errors: unknown[] = [];
  for (const { item, requestId } of batch.items) {
    const ref = findByPhone(world.data, item.phone, CALLS_RULE);
    if (ref === null) {
      const detail = 'Entity not found';
      errors.push({
        request_id: requestId,
        title: detail,
        type: 'https://developers.amocrm.ru/v3/errors/',
        status: 263,
        detail,
      });
      continue;
    }
    const { direction, created_at, created_by, responsible_user_id, updated_at, updated_by, request_id, ...params } =
      item;
    const note = writeNote(world, ref, direction === 'inbound' ? 'call_in' : 'call_out', params, {
      createdAt: created_at,
      createdBy: created_by,
      responsibleUserId: responsible_user_id,
    });
    const self = { href: `${world.origin}/api/v4/${CARD_PATHS[ref.kind]}/${ref.id}` };
    calls.push({
      id: note.id,
      entity_id: ref.id,
      entity_type: ref.kind,
      account_id: world.data.account.id,
      request_id: requestId,
      _embedded: { entity: { id: ref.id, _links: { self } } },
    });
  }
  return hal({ _total_items: calls.length, errors, _embedded: { calls } }, calls.length === 0 ? 400 : 200);
}

function writeNote(
  world: World,
  entity: EntityRef,
  noteType: string,
  params: Readonly<Record<string, unknown>>,
  by: { createdAt?: number | undefined; createdBy?: number | undefined; responsibleUserId?: number | undefined },
): Note {
  const createdAt = by.createdAt ?? Math.floor(world.now() / 1000);
  const note: Note = {
    id: world.data.nextId++,
    entity,
    noteType,
    params,
    createdBy: by.createdBy ?? 0,
    responsibleUserId: by.responsibleUserId ?? findCard(world.data, entity)?.responsibleUserId ?? 0,
    createdAt,
    updatedAt: createdAt,
  };
  world.data.notes.push(note);
  return note;
}

function addNotes(world: World, c: Context<Env>, kind: EntityKind, id: number | null): Response {
  const batch = parseBatch(NOTE, c.get('body'));
  if ('refused' in batch) return batch.refused;
  const targets = batch.items.map(({ item, requestId }) => ({ item, requestId, id: id ?? item.entity_id }));
  const refused = targets.flatMap((target) => {
    const path = 'entity_id';
    if (target.id === undefined) {
      return [
        { request_id: target.requestId, errors: [{ code: 'FieldMissing', path, detail: 'This field is missing.' }] },
      ];
    }
    if (findCard(world.data, { kind, id: target.id }) === undefined) {
      return [{ request_id: target.requestId, errors: [{ code: 'NotFound', path, detail: 'Entity not found' }] }];
    }
    return [];
  });
  if (refused.length > 0) return validationErrors(refused);
  const written = targets.map((target) => {
    const entity: EntityRef = { kind, id: target.id ?? 0 };
    const { note_type, params, created_at, created_by, responsible_user_id } = target.item;
    const by = { createdAt: created_at, createdBy: created_by ?? caller(c).id, responsibleUserId: responsible_user_id };
    const note = writeNote(world, entity, note_type, params, by);
    const { id: noteId, entity_id, _links } = noteBody(world, note);
    return { id: noteId, entity_id, request_id: target.requestId, _links };
  });
  return hal({ _links: { self: { href: `${world.origin}${c.req.path}` } }, _embedded: { notes: written } });
}

/** `PATCH /api/v4/{entity}/notes`: the note stays where it is and whose it is. */
function editNotes(world: World, c: Context<Env>, kind: EntityKind): Response {
  const batch = parseBatch(NOTE_EDIT, c.get('body'));
  if ('refused' in batch) return batch.refused;
  const { notes: all } = world.data;
  const indexOf = (id: number): number => all.findIndex((note) => note.id === id && note.entity.kind === kind);
  const refused = batch.items
    .filter(({ item }) => indexOf(item.id) < 0)
    .map(({ requestId }) => ({
      request_id: requestId,
      errors: [{ code: 'NotFound', path: 'id', detail: 'Note not found' }],
    }));
  if (refused.length > 0) return validationErrors(refused);
  const edited = batch.items.flatMap(({ item, requestId }) => {
    const index = indexOf(item.id);
    const note = all[index];
    if (note === undefined) return [];
    const next = { ...note, params: item.params, updatedAt: Math.floor(world.now() / 1000) };
    all[index] = next;
    const { id, entity_id, updated_at, _links } = noteBody(world, next);
    return [{ id, entity_id, updated_at, request_id: requestId, _links }];
  });
  return hal({ _links: { self: { href: `${world.origin}${c.req.path}` } }, _embedded: { notes: edited } });
}

function noteBody(world: World, note: Note) {
  const { entity } = note;
  return {
    id: note.id,
    entity_id: entity.id,
    created_by: note.createdBy,
    updated_by: note.createdBy,
    created_at: note.createdAt,
    updated_at: note.updatedAt,
    responsible_user_id: note.responsibleUserId,
    group_id: 0,
    note_type: note.noteType,
    params: note.params,
    account_id: world.data.account.id,
    _links: { self: { href: `${world.origin}/api/v4/${CARD_PATHS[entity.kind]}/${entity.id}/notes/${note.id}` } },
  };
}

/** The notes that `filter[note_type]`, `filter[id]`, `filter[updated_at][from|to]` and the user's rights let through. */
function notes(world: World, c: Context<Env>, wanted: (note: Note) => boolean) {
  const filter = (name: string): string[] =>
    [name, `${name}[]`, `${name}[0]`].flatMap((key) => c.req.queries(key) ?? []);
  const types = filter('filter[note_type]').flatMap((value) => value.split(','));
  const ids = filter('filter[id]')
    .flatMap((value) => value.split(','))
    .map(Number);
  const [from = -Infinity] = filter('filter[updated_at][from]').map(Number);
  const [to = Infinity] = filter('filter[updated_at][to]').map(Number);
  const newestFirst = c.req.query('order[id]') === 'desc' || c.req.query('order[updated_at]') === 'desc';
  const found = world.data.notes
    .filter(wanted)
    .filter((note) => {
      const card = findCard(world.data, note.entity);
      return card === undefined || mayRead(caller(c), card);
    })
    .filter((note) => types.length === 0 || types.includes(note.noteType))
    .filter((note) => ids.length === 0 || ids.includes(note.id))
    .filter((note) => note.updatedAt >= from && note.updatedAt <= to)
    .map((note) => noteBody(world, note));
  return newestFirst ? found.toReversed() : found;
}

/** `POST /api/v4/leads/unsorted/sip`: an incoming lead for a number nobody has; duplicates are refused (kommo.md 5). */
function addIncomingLeads(world: World, c: Context<Env>): Response {
  const batch = parseBatch(SIP_LEAD, c.get('body'));
  if ('refused' in batch) return batch.refused;
  const { data } = world;
  const repeated = batch.items.filter(({ item }) =>
    data.unsorted.some(({ sourceUid }) => sourceUid === item.source_uid),
  );
  if (repeated.length > 0) {
    const detail = 'An incoming lead with this source_uid exists already.';
    const errors = [{ code: 'Duplicate', path: 'source_uid', detail }];
    return validationErrors(repeated.map(({ requestId }) => ({ request_id: requestId, errors })));
  }
  const unsorted = batch.items.map(({ item, requestId }) => {
    const [lead] = item._embedded?.leads ?? [];
    const [person] = item._embedded?.contacts ?? [];
    const entry = {
      uid: randomUUID().replaceAll('-', ''),
      sourceUid: item.source_uid,
      sourceName: item.source_name,
      createdAt: item.created_at ?? Math.floor(world.now() / 1000),
      leadId: data.nextId++,
      leadName: lead?.name ?? `Call from ${item.metadata.phone}`,
      contactId: person === undefined ? null : data.nextId++,
      metadata: item.metadata,
    };
    data.unsorted.push(entry);
    if (item.metadata.is_call_event_needed === true) {
      const { uniq, duration, link, phone, service_code, call_responsible } = item.metadata;
      const params = { uniq, duration, source: service_code, link, phone, call_responsible };
      writeNote(world, { kind: 'lead', id: entry.leadId }, 'call_in', params, { createdAt: item.metadata.called_at });
    }
    const contacts = entry.contactId === null ? [] : [{ id: entry.contactId }];
    return {
      uid: entry.uid,
      account_id: data.account.id,
      request_id: requestId,
      _embedded: { contacts, leads: [{ id: entry.leadId }], companies: [] },
    };
  });
  const self = { href: `${world.origin}/api/v4/leads/unsorted/sip` };
  return hal({ _total_items: unsorted.length, _links: { self }, _embedded: { unsorted } });
}

function unsortedBody(world: World, entry: Unsorted) {
  const { uid, sourceUid, sourceName, createdAt, leadId, contactId, metadata } = entry;
  return {
    uid,
    source_uid: sourceUid,
    source_name: sourceName,
    category: 'sip',
    created_at: createdAt,
    metadata,
    account_id: world.data.account.id,
    _links: { self: { href: `${world.origin}/api/v4/leads/unsorted/${uid}` } },
    _embedded: { contacts: contactId === null ? [] : [{ id: contactId }], leads: [{ id: leadId }], companies: [] },
  };
}

/** The incoming leads that wait, by `filter[category]`, `filter[uid]` and the order of their creation. */
function incomingLeads(world: World, c: Context<Env>) {
  const filter = (name: string): string[] =>
    [name, `${name}[]`, `${name}[0]`].flatMap((key) => c.req.queries(key) ?? []).flatMap((value) => value.split(','));
  const [categories, uids] = [filter('filter[category]'), filter('filter[uid]')];
  const found = world.data.unsorted
    .filter(() => categories.length === 0 || categories.includes('sip'))
    .filter(({ uid }) => uids.length === 0 || uids.includes(uid))
    .map((entry) => unsortedBody(world, entry));
  return c.req.query('order[created_at]') === 'desc' ? found.toReversed() : found;
}
