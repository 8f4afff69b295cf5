/** The one client of Kommo's API: every request goes through its budget, its token and its error reading. */
import * as v from 'valibot';
import { entityTypeOf, sectionOf, type KommoOrigin } from './address.ts';
import {
  AccountSchema,
  CallsAnswerSchema,
  EntitySchema,
  EventsAnswerSchema,
  NotesSchema,
  ProblemSchema,
  UserSchema,
  type Account,
} from './answers.ts';
import type { Budget, Priority } from './budget.ts';
import { KommoRefusal, refusalOf } from './refusal.ts';
import type { CompletedCall, EntityRef } from '../calls/completed-call.ts';
import { withoutDirectionControls } from '../calls/plain-text.ts';

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

export type KommoClient = ReturnType<typeof createKommoClient>;

export type KommoPorts = {
  origin: KommoOrigin;
  fetch: Fetch;
  tokens: TokenSource;
  budget: Budget;
  userAgent: string;
  /** Milliseconds that a request may take; the pop of a name is worthless after that. */
  timeoutMs?: number;
};

export function createKommoClient({ origin, fetch, tokens, budget, userAgent, timeoutMs = 15_000 }: KommoPorts) {
  async function send(priority: Priority, method: string, path: string, token: string, body?: unknown) {
    if (!(await budget.take(priority))) throw new KommoRefusal('too-many', { detail: 'paused', sent: false });
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

  /** Sends a request and returns its parsed body, null for an empty one. A 401 asks for a newer token once. */
  async function request(priority: Priority, method: string, path: string, body?: unknown): Promise<unknown> {
    const token = await tokens.current();
    let answer = await send(priority, method, path, token, body);
    if (answer.status === 401) {
      const newer = await tokens.refused(token);
      if (newer !== null) {
        answer = await send(priority, method, path, newer, body);
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
    throw refusal;
  }

  function read<T extends v.GenericSchema>(schema: T, json: unknown): v.InferOutput<T> {
    const parsed = v.safeParse(schema, json);
    if (parsed.success) return parsed.output;
    throw new KommoRefusal('unreadable', {
      detail: `unexpected answer: ${v.flatten(parsed.issues).root?.[0] ?? parsed.issues[0].message}`,
    });
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

    /** The name on an entity's card, null where it has none. */
    entityName: async (entity: EntityRef): Promise<string | null> => {
      const json = await request('call', 'GET', `/api/v4/${sectionOf(entity.type)}/${entity.id}`);
      if (json === null) return null;
      const { name, first_name, last_name } = read(EntitySchema, json);
      const full = withoutDirectionControls(name?.trim() || [first_name, last_name].filter(Boolean).join(' ')).trim();
      return full === '' ? null : full;
    },

    /** Writes the call into the card: `POST /api/v4/calls`. False where Kommo has no card for the number. */
    logCall: async (call: CompletedCall): Promise<boolean> => {
      try {
        const json = await request('delivery', 'POST', '/api/v4/calls', [callRecord(call)]);
        return json === null || (read(CallsAnswerSchema, json)._embedded?.calls?.length ?? 1) > 0;
      } catch (error) {
        if (error instanceof KommoRefusal && error.status === 400 && /not found/i.test(error.detail)) return false;
        throw error;
      }
    },

    /** Whether the card already has this call, by its `uniq`: asked before sending again after a lost answer. */
    hasCall: async (entity: EntityRef, uniq: string): Promise<boolean> => {
      const json = await request(
        'delivery',
        'GET',
        `/api/v4/${sectionOf(entity.type)}/${entity.id}/notes?filter[note_type][]=call_in&filter[note_type][]=call_out&order[id]=desc&limit=50`,
      );
      if (json === null) return false;
      return read(NotesSchema, json)._embedded.notes.some(({ params }) => params?.uniq === uniq);
    },
  };
}

/** Kommo's `call_status` (kommo.md section 4): 4 talked, 6 no answer, 7 busy, 3 not available. */
function callStatus(disposition: CompletedCall['disposition']): number {
  switch (disposition) {
    case 'answered':
    case 'answered elsewhere':
      return 4;
    case 'busy':
      return 7;
    case 'failed':
      return 3;
    case 'missed':
    case 'declined':
    case 'cancelled':
    case 'no answer':
      return 6;
    default: {
      const never: never = disposition;
      return never;
    }
  }
}

/** The call as `POST /api/v4/calls` wants it: no null fields, people as its authors. */
export function callRecord(call: CompletedCall): Record<string, unknown> {
  return {
    direction: call.direction,
    duration: call.talkSeconds,
    source: 'Ringside',
    phone: call.number.e164 ?? call.number.asReceived,
    uniq: call.id,
    call_status: callStatus(call.disposition),
    call_result: call.disposition,
    created_at: Math.floor(call.startedAt / 1000),
    ...(call.recording.state === 'ready' ? { link: call.recording.url } : {}),
    ...(call.agent === null
      ? {}
      : { call_responsible: call.agent.userId, responsible_user_id: call.agent.userId, created_by: call.agent.userId }),
  };
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
