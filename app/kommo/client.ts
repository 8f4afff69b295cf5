/** The one client of Kommo's API: every request goes through its budget, its token and its error reading. */
import * as v from 'valibot';
import { entityTypeOf, sectionOf, type KommoOrigin } from './address.ts';
import {
  AccountSchema,
  CallsAnswerSchema,
  CardsSchema,
  EntitySchema,
  EventsAnswerSchema,
  NotesSchema,
  ProblemSchema,
  UnsortedSchema,
  UserSchema,
  type Account,
} from './answers.ts';
import type { Budget, Priority, Turn } from './budget.ts';
import {
  callNote,
  callParams,
  callRecord,
  incomingLead,
  lateNews,
  type CardPlace,
  type CardWay,
} from './call-on-card.ts';
import { KommoRefusal, refusalOf } from './refusal.ts';
import { EntityRefSchema, type CompletedCall, type EntityRef } from '../calls/completed-call.ts';
import { cardOf, type Card } from './card.ts';

/** As much of `fetch` as is needed; main passes Electron's, tests pass Node's. Rejects when nothing was answered. */
export type Fetch = (
  url: string,
  init: { method: string; headers: Record<string, string>; body?: string; signal: AbortSignal },
) => Promise<{ status: number; headers: { get(name: string): string | null }; text(): Promise<string> }>;

/** Where the access token comes from. `refused` is told the token that Kommo answered 401 to and may give a newer one. */
export type TokenSource = {
  current(): Promise<string>;
  refused(token: string): Promise<string | null>;
  /** Kommo answered 401 to the newer token as well: where it is still the present one, only a new sign-in helps. */
  ended(token: string): void;
};

type Requests = ReturnType<typeof requestsThrough>;
export type KommoClient = Requests & {
  /** The same requests for one call: they take their turn among the office's. */
  during(turn: Turn): Requests;
};

export type KommoPorts = {
  origin: KommoOrigin;
  fetch: Fetch;
  tokens: TokenSource;
  budget: Budget;
  userAgent: string;
  /** Milliseconds that a request may take; the pop of a name is worthless after that. */
  timeoutMs?: number;
};

export function createKommoClient(ports: KommoPorts): KommoClient {
  return { ...requestsThrough(ports, null), during: (turn) => requestsThrough(ports, turn) };
}

function requestsThrough(
  { origin, fetch, tokens, budget, userAgent, timeoutMs = 15_000 }: KommoPorts,
  turn: Turn | null,
) {
  async function send(
    priority: Priority,
    method: string,
    path: string,
    token: string,
    body: unknown,
    leaving: () => void,
  ) {
    const may = await (priority !== 'delivery' && turn !== null ? turn.take(priority) : budget.take(priority));
    if (!may) throw new KommoRefusal('too-many', { detail: 'paused', sent: false });
    leaving();
    const abort = AbortSignal.timeout(timeoutMs);
    try {
      const response = await fetch(`${origin}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          accept: 'application/json',
          'user-agent': userAgent,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: abort,
      });
      return {
        status: response.status,
        type: response.headers.get('content-type') ?? '',
        text: await response.text(),
        retryAfter: Number(response.headers.get('retry-after') ?? Number.NaN),
      };
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      if (abort.aborted) throw new KommoRefusal('timeout', { detail });
      throw new KommoRefusal('unreachable', {
        detail,
        sent: !/REFUSED|NOT_RESOLVED|ENOTFOUND|INTERNET_DISCONNECTED|ADDRESS_UNREACHABLE/.test(
          `${detail} ${codeOf(error)}`,
        ),
      });
    }
  }

  /**
   * Sends a request and returns its parsed body, null for an empty one. A 401 asks for a newer token once. `leaving` is
   * told each time right before it goes out; where that throws, it does not.
   */
  async function request(
    priority: Priority,
    method: string,
    path: string,
    body?: unknown,
    { tries = 1, leaving = () => {} }: { tries?: number; leaving?: () => void } = {},
  ): Promise<unknown> {
    const token = await tokens.current();
    let answer = await send(priority, method, path, token, body, leaving);
    if (answer.status === 401) {
      const newer = await tokens.refused(token);
      if (newer !== null) {
        answer = await send(priority, method, path, newer, body, leaving);
        if (answer.status === 401) tokens.ended(newer);
      }
    }
    const json = parseJson(answer.text);
    if (answer.status >= 200 && answer.status < 300) {
      if (answer.text.trim() === '') return null;
      if (json === undefined)
        throw new KommoRefusal('unreadable', {
          status: answer.status,
          detail: `${answer.status} ${answer.type}, ${answer.text.length} bytes`,
        });
      return json;
    }
    const problem = v.safeParse(ProblemSchema, json);
    const refusal = refusalOf(answer.status, answer.type, answer.text, problem.success ? problem.output : null);
    if (refusal.kind === 'too-many' || refusal.kind === 'blocked') {
      const named = refusal.retryAfter ?? answer.retryAfter;
      budget.pause(Number.isFinite(named) ? Math.min(named, 300) * 1000 : refusal.kind === 'blocked' ? 60_000 : 1000);
    }
    // Kommo counted it and did nothing, so that even a call may be announced after it.
    if (refusal.kind === 'too-many' && priority !== 'delivery' && turn?.refused(tries) === true)
      return request(priority, method, path, body, { tries: tries + 1, leaving });
    throw refusal;
  }

  function read<T extends v.GenericSchema>(schema: T, json: unknown): v.InferOutput<T> {
    const parsed = v.safeParse(schema, json);
    if (parsed.success) return parsed.output;
    throw new KommoRefusal('unreadable', {
      detail: `unexpected answer: ${v.flatten(parsed.issues).root?.[0] ?? parsed.issues[0].message}`,
    });
  }

  const cardsIn = (section: string, json: unknown): Card[] =>
    json === null ? [] : (read(CardsSchema, json)._embedded[section] ?? []).map(cardOf);

  /** The items of a list, page after page, as far as it is worth looking. */
  async function* pages<T extends v.GenericSchema, I>(
    schema: T,
    itemsOf: (page: v.InferOutput<T>) => I[],
    path: string,
  ): AsyncGenerator<I> {
    for (let page = 1; page <= MOST_PAGES; page++) {
      const joined = path.includes('?') ? '&' : '?';
      const json = await request('delivery', 'GET', `${path}${joined}limit=${PAGE_SIZE}&page=${page}`);
      const items = json === null ? [] : itemsOf(read(schema, json));
      yield* items;
      if (items.length < PAGE_SIZE) return;
    }
  }

  /** The call's own note in a list of notes, by its `uniq`, or another one that is wanted; null where there is none. */
  async function findNote(path: string, call: CompletedCall, wanted: Wanted = (uniq) => uniq === call.id) {
    const since = Math.floor(call.startedAt / 1000) - CLOCK_SLACK;
    const filter = `filter[note_type][]=call_in&filter[note_type][]=call_out&filter[updated_at][from]=${since}`;
    for await (const note of pages(NotesSchema, notesOf, `${path}?${filter}&order[id]=desc`))
      if (wanted(note.params?.uniq, note.params?.phone, note.created_at, note.params?.source)) return note;
    return null;
  }

  /**
   * Where a call is that may have been put on a card in this way, by its `uniq`; null where it is not. Asked before
   * anything is sent again after a lost answer. With `wanted` it is another call that is looked for.
   */
  async function findOnCard(way: CardWay, call: CompletedCall, wanted?: Wanted): Promise<CardPlace | null> {
    if (way.way === 'note') {
      const note = await findNote(notesPath(way.entity), call, wanted).catch(goneIsNothing);
      return note === null ? null : { entity: way.entity, incomingLead: false };
    }
    if (way.way === 'incoming-lead') {
      for await (const entry of pages(UnsortedSchema, ({ _embedded }) => _embedded.unsorted, UNSORTED))
        if (wanted === undefined ? isEntryOf(entry, call) : wantsEntry(entry, wanted)) return incomingPlace(entry);
    }
    // By its number Kommo chose the card; an incoming lead that somebody accepted meanwhile is a lead with its note.
    for (const type of way.way === 'calls' ? CARDS_WITH_NUMBERS : LEADS) {
      const note = await findNote(`/api/v4/${sectionOf(type)}/notes`, call, wanted);
      const id = note?.entity_id;
      if (note !== null)
        return {
          entity: typeof id === 'number' && id > 0 ? { type, id } : null,
          incomingLead: way.way === 'incoming-lead',
        };
    }
    return null;
  }

  return {
    origin,

    /** Who is signed in, and where: `GET /api/v4/account`. */
    account: async (): Promise<Account> => read(AccountSchema, await request('call', 'GET', '/api/v4/account')),

    /** A user's name, or null: only administrators may read users (kommo.md section 5). */
    userName: async (userId: number): Promise<string | null> => {
      try {
        return read(UserSchema, await request('delivery', 'GET', `/api/v4/users/${userId}`)).name;
      } catch (error) {
        if (error instanceof KommoRefusal && ['no-rights', 'not-found', 'blocked'].includes(error.kind)) return null;
        throw error;
      }
    },

    /**
     * `POST /api/v2/events`: tells Kommo of the call and gives the entity that Kommo chose, or null. It notifies people
     * each time: once for a call, never a probe, never a retry. `users` must not be empty, or all users are notified.
     */
    announceCall: async (number: string, userIds: [number, ...number[]]): Promise<EntityRef | null> => {
      const json = await request('call', 'POST', '/api/v2/events', {
        add: [{ type: 'phone_call', phone_number: number, users: userIds }],
      });
      // An empty array in place of the object is one of the documented ways to say "nobody".
      if (json === null || Array.isArray(json)) return null;
      const item = read(EventsAnswerSchema, json)._embedded?.items?.[0];
      const type = typeof item?.element_type === 'number' ? entityTypeOf(item.element_type) : null;
      const id = item?.element_id;
      return type !== null && typeof id === 'number' && Number.isSafeInteger(id) && id > 0 ? { type, id } : null;
    },

    /**
     * What is on an entity's card, the people of a lead or a customer included; null where it is empty. `priority`:
     * `extra` where no name waits for it.
     */
    readCard: async (entity: EntityRef, priority: Priority = 'call'): Promise<Card | null> => {
      const people = entity.type === 'lead' || entity.type === 'customer' ? '?with=contacts' : '';
      const json = await request(priority, 'GET', `/api/v4/${sectionOf(entity.type)}/${entity.id}${people}`);
      return json === null ? null : cardOf(read(EntitySchema, json));
    },

    /**
     * The contacts or companies that a text search for these digits (or words) gives, with the ids of their leads: Kommo compares
     * fewer digits here than in an event, so each has to be compared again. Notifies nobody. `priority`: `extra` where
     * no name waits for it.
     */
    cardsWith: async (type: 'contact' | 'company', digits: string, priority: Priority = 'call'): Promise<Card[]> => {
      const section = sectionOf(type);
      const query = `query=${encodeURIComponent(digits)}&with=leads&limit=50`;
      return cardsIn(section, await request(priority, 'GET', `/api/v4/${section}?${query}`));
    },

    /** The leads with these ids, as far as the user may read them. For nothing that a name waits for. */
    leadsOf: async (ids: readonly number[]): Promise<Card[]> => {
      const filter = ids.map((id) => `filter[id][]=${id}`).join('&');
      return cardsIn('leads', await request('extra', 'GET', `/api/v4/leads?${filter}&limit=50`));
    },

    /**
     * Puts a completed call on a card in the given way. Null where that leads to no card, which is then certain. Sent
     * once: after a refusal that leaves doubt, `findOnCard` says what became of it. `leaving` is told right before the
     * request goes out, when its turn has come: until then nothing can be in doubt.
     */
    putOnCard: async (way: CardWay, call: CompletedCall, leaving: () => void = () => {}): Promise<CardPlace | null> => {
      try {
        switch (way.way) {
          case 'note':
            await request('delivery', 'POST', notesPath(way.entity), [callNote(call)], { leaving });
            return { entity: way.entity, incomingLead: false };
          case 'calls': {
            const json = await request('delivery', 'POST', '/api/v4/calls', [callRecord(call)], { leaving });
            const calls = json === null ? null : read(CallsAnswerSchema, json)._embedded?.calls;
            return calls?.length === 0 ? null : { entity: entityOf(calls?.[0]), incomingLead: false };
          }
          case 'incoming-lead': {
            const body = [incomingLead(call)];
            const json = await request('delivery', 'POST', '/api/v4/leads/unsorted/sip', body, { leaving });
            return incomingPlace(json === null ? undefined : read(UnsortedSchema, json)._embedded.unsorted[0]);
          }
          default: {
            const never: never = way;
            return never;
          }
        }
      } catch (error) {
        if (!(error instanceof KommoRefusal)) throw error;
        if (leadsNowhere(way, error)) return null;
        // An incoming lead with this id exists already: ours, from before.
        const there = way.way === 'incoming-lead' && error.kind === 'rejected' ? await findOnCard(way, call) : null;
        if (there !== null) return there;
        throw error;
      }
    },

    findOnCard: (way: CardWay, call: CompletedCall): Promise<CardPlace | null> => findOnCard(way, call),

    /**
     * Where a colleague's desktop has put the same call, which rang there too: another `uniq`, and the same number at
     * the same time. Null where none has. `isOurs`: whether that `uniq` is a call of this desktop, so another call.
     */
    findSameCall: (way: CardWay, call: CompletedCall, isOurs: (uniq: string) => boolean): Promise<CardPlace | null> => {
      const { phone, source } = callParams(call);
      const startedAt = call.startedAt / 1000;
      return findOnCard(
        way,
        call,
        (uniq, number, at, by) =>
          typeof uniq === 'string' &&
          !isOurs(uniq) &&
          number === phone &&
          String(by).toLowerCase() === String(source).toLowerCase() &&
          typeof at === 'number' &&
          Math.abs(at - startedAt) <= SAME_CALL_SECONDS,
      );
    },

    /**
     * Says on the card what came later (a recording, what the agent said): changes the call's own note, or where there
     * is none to change adds a note of text. Saying it twice is saying it once.
     */
    updateOnCard: async (entity: EntityRef, call: CompletedCall): Promise<void> => {
      const path = notesPath(entity);
      const note = await findNote(path, call).catch(goneIsNothing);
      if (note !== null) {
        const { note_type, params } = callNote(call);
        try {
          await request('delivery', 'PATCH', `/api/v4/${sectionOf(entity.type)}/notes`, [
            { id: note.id, note_type, params },
          ]);
          return;
        } catch (error) {
          if (!(error instanceof KommoRefusal) || !['rejected', 'not-found'].includes(error.kind)) throw error;
        }
      }
      const text = lateNews(call);
      if (text === '') return;
      for await (const { params } of pages(NotesSchema, notesOf, `${path}?filter[note_type][]=common&order[id]=desc`))
        if (params?.text === text) return;
      await request('delivery', 'POST', path, [{ note_type: 'common', params: { text } }]);
    },
  };
}

/** Where Kommo chooses the card by the number: a lead, or who has the number; never a customer (kommo.md section 3.4). */
const CARDS_WITH_NUMBERS = ['lead', 'contact', 'company'] as const;
const LEADS = ['lead'] as const;
const UNSORTED = '/api/v4/leads/unsorted?filter[category][]=sip&order[created_at]=desc';
/** What is looked for was written in the last days: so many pages of so many are more than an office writes in them. */
const PAGE_SIZE = 250;
const MOST_PAGES = 8;
/** Legs of one call begin together, as far as the desktops' clocks agree. */
const SAME_CALL_SECONDS = 10;
/** Clocks differ; what a call left on a card was changed no earlier than so long before it. Seconds. */
const CLOCK_SLACK = 24 * 60 * 60;

const notesPath = ({ type, id }: EntityRef): string => `/api/v4/${sectionOf(type)}/${id}/notes`;
/** Whether a note or an entry of the incoming leads is the one that is looked for. `at`: Unix seconds. */
type Wanted = (uniq: unknown, phone: unknown, at: unknown, source: unknown) => boolean;
type Entry = v.InferOutput<typeof UnsortedSchema>['_embedded']['unsorted'][number];
const isEntryOf = ({ source_uid, metadata }: Entry, { id }: CompletedCall): boolean =>
  source_uid === id || metadata?.uniq === id;
const wantsEntry = ({ source_uid, metadata }: Entry, wanted: Wanted): boolean =>
  wanted(metadata?.uniq ?? source_uid, metadata?.phone, metadata?.called_at, metadata?.service_code);

const notesOf = ({ _embedded }: v.InferOutput<typeof NotesSchema>) => _embedded.notes;

function entityOf(item: { entity_id?: unknown; entity_type?: unknown } | undefined): EntityRef | null {
  const parsed = v.safeParse(EntityRefSchema, { type: item?.entity_type, id: item?.entity_id });
  return parsed.success ? parsed.output : null;
}

function incomingPlace(entry: Entry | undefined) {
  const id = entry?._embedded?.leads?.[0]?.id;
  return { entity: id === undefined ? null : ({ type: 'lead', id } as const), incomingLead: true };
}

/** Whether a refusal says for certain that this way leads to no card. */
function leadsNowhere({ way }: CardWay, { status, kind, detail }: KommoRefusal): boolean {
  if (way === 'incoming-lead') return false;
  return (status === 400 && /not found/i.test(detail)) || (way === 'note' && kind === 'not-found');
}

/** A card that is gone has no notes. */
function goneIsNothing(error: unknown): null {
  if (error instanceof KommoRefusal && error.kind === 'not-found') return null;
  throw error;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function codeOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : null;
  return typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : '';
}
