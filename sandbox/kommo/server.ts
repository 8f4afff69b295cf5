import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { HttpBindings } from '@hono/node-server';
import { getRequestListener } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { Context } from 'hono';
import { Hono } from 'hono';
import { getCookie } from 'hono/cookie';
import { apiRoutes } from './api.ts';
import type { User } from './data.ts';
import { Faults } from './faults.ts';
import type { FaultAnswer } from './faults.ts';
import type { RateLimit } from './limits.ts';
import { pageRoutes, SESSION_COOKIE } from './pages/routes.ts';
import { htmlError, problem, tooManyRequests, unauthorized } from './problems.ts';
import type { Env, World } from './world.ts';

/** One request as it came in, and what became of it. */
export type RecordedRequest = {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  /** Parsed JSON or form fields; undefined without a body. */
  readonly body: unknown;
  /** The user of the token or session; null without one. */
  readonly user: number | null;
  /** Milliseconds on the sandbox's clock, when it arrived. */
  readonly at: number;
  /** Milliseconds on the same clock when the answer went out; null before. */
  answeredAt: number | null;
  /** Null while no answer is given; 0 when the connection was broken instead. */
  status: number | null;
};

/** The HTTP side: what every request passes before it reaches a route. */
export class Front {
  readonly requests: RecordedRequest[] = [];
  readonly faults = new Faults();
  readonly limit: RateLimit;
  /** How long every answer of the interface takes at least, in milliseconds. */
  latencyMs: number;
  readonly #world: World;
  readonly #answered = new Set<(request: RecordedRequest) => void>();
  readonly #stopped = new AbortController();

  constructor(world: World, options: { latencyMs: number; limit: RateLimit }) {
    this.#world = world;
    this.latencyMs = options.latencyMs;
    this.limit = options.limit;
  }

  /** The application: the front before the interface and the pages. */
  app(): Hono<Env> {
    const app = new Hono<Env>({ strict: false });
    app.use(async (c, next) => this.#receive(c, next));
    app.route('/api', apiRoutes(this.#world));
    app.route('/', pageRoutes(this.#world));
    app.onError((error) => problem(500, 'Internal Server Error', error.message));
    return app;
  }

  /** The next answered request that matches; rejects after `timeoutMs`. Requests of the past count as well. */
  async waitFor(match: (request: RecordedRequest) => boolean, timeoutMs: number): Promise<RecordedRequest> {
    const past = this.requests.find((request) => request.status !== null && match(request));
    if (past !== undefined) return past;
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        clearTimeout(timer);
        this.#answered.delete(listen);
      };
      const listen = (request: RecordedRequest): void => {
        if (!match(request)) return;
        settle();
        resolve(request);
      };
      const timer = setTimeout(() => {
        settle();
        reject(new Error(`No such request reached the Kommo sandbox within ${timeoutMs} ms.`));
      }, timeoutMs);
      this.#answered.add(listen);
    });
  }

  /** Lets go of everything that still waits. */
  stop(): void {
    this.#stopped.abort();
  }

  async #receive(c: Context<Env>, next: () => Promise<void>): Promise<Response | undefined> {
    const body = parseBody(c.req.header('content-type') ?? '', await c.req.text());
    const session = this.#user(Number(getCookie(c, SESSION_COOKIE)));
    const bearer = /^Bearer (.+)$/.exec(c.req.header('authorization') ?? '')?.[1];
    const user = bearer === undefined ? session : this.#user(this.#world.authority.userOf(bearer));
    c.set('body', body);
    c.set('user', user);
    c.set('visitor', session ?? this.#defaultVisitor());
    const request: RecordedRequest = {
      method: c.req.method,
      path: c.req.path,
      query: c.req.query(),
      headers: c.req.header(),
      body,
      user: user?.id ?? null,
      at: this.#world.now(),
      answeredAt: null,
      status: null,
    };
    this.requests.push(request);
    const answer = await this.#answer(c, next, request);
    request.status ??= (answer ?? c.res).status;
    request.answeredAt = this.#world.now();
    for (const listener of this.#answered) listener(request);
    return answer;
  }

  /** Ban, faults, limit and latency in this order; then the routes. */
  async #answer(c: Context<Env>, next: () => Promise<void>, request: RecordedRequest): Promise<Response | undefined> {
    const isInterface = request.path.startsWith('/api/') || request.path.startsWith('/oauth2/');
    if (this.limit.banned) return htmlError(403, 'Forbidden');
    const fault = this.faults.take(request);
    if (fault !== undefined && fault.afterEffect !== true) return this.#spoil(c, fault.answer, request);
    if (request.path.startsWith('/api/')) {
      const verdict = this.limit.take();
      if (verdict.kind === 'banned') return htmlError(403, 'Forbidden');
      if (verdict.kind === 'too-many') return tooManyRequests(verdict.retryAfter);
    }
    if (isInterface && this.latencyMs > 0) await delay(this.latencyMs);
    if (isInterface && this.#leftAddress(c)) return unauthorized();
    await next();
    c.header('Date', new Date(this.#world.now()).toUTCString());
    return fault === undefined ? undefined : this.#lose(c, fault.answer, request);
  }

  /** An old name of the account answers nothing any more but where the account is now (kommo.md 1.6). */
  #leftAddress(c: Context<Env>): boolean {
    return c.req.header('host') !== this.#world.authority.host && !c.req.path.startsWith('/oauth2/account/');
  }

  /** The work is done; its answer gets lost. */
  async #lose(c: Context<Env>, answer: FaultAnswer, request: RecordedRequest): Promise<undefined> {
    const spoiled = await this.#spoil(c, answer, request);
    // Without this Hono would merge the headers of the lost answer into the new one.
    c.res = undefined;
    c.res = spoiled;
  }

  async #spoil(c: Context<Env>, answer: FaultAnswer, request: RecordedRequest): Promise<Response> {
    switch (answer) {
      case '401':
        return unauthorized();
      case '403-html':
        return htmlError(403, 'Forbidden');
      case '429':
        return tooManyRequests(1);
      case '500':
        return problem(500, 'Internal Server Error', 'Unexpected error');
      case '500-html':
        return htmlError(500, 'Internal Server Error');
      case 'empty':
        return new Response('', { status: 200, headers: { 'Content-Type': 'application/hal+json' } });
      case 'no-body-204':
        return new Response(null, { status: 204 });
      case 'garbage':
        return new Response('{"_links":{"self":', { status: 200, headers: { 'Content-Type': 'application/hal+json' } });
      case 'network':
        request.status = 0;
        c.env.incoming.socket.destroy();
        return RESPONSE_ALREADY_SENT;
      case 'hang':
        await Promise.race([
          once(this.#stopped.signal, 'abort'),
          once(c.env.incoming.socket, 'close'),
          ...(this.#stopped.signal.aborted ? [Promise.resolve()] : []),
        ]);
        request.status = 0;
        c.env.incoming.socket.destroy();
        return RESPONSE_ALREADY_SENT;
    }
  }

  #user(id: number | null): User | null {
    return this.#world.data.users.find((user) => user.id === id) ?? null;
  }

  /** Without a session the browser is the first agent's. */
  #defaultVisitor(): User {
    const { users } = this.#world.data;
    const visitor = users.find(({ isAdmin }) => !isAdmin) ?? users[0];
    if (visitor === undefined) throw new Error('The account of the sandbox has no users.');
    return visitor;
  }
}

/** JSON by its content type; forms with the brackets of `http_build_query` (`add[0][type]=…`) as nested objects. */
function parseBody(contentType: string, text: string): unknown {
  if (text === '') return undefined;
  if (contentType.startsWith('application/x-www-form-urlencoded')) return parseForm(text);
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

interface FormNode extends Map<string, FormNode | string> {}

function parseForm(text: string): unknown {
  const root: FormNode = new Map();
  for (const [name, value] of new URLSearchParams(text)) {
    const [first = '', ...inner] = name.split('[').map((key) => key.replace(/\]$/, ''));
    let node = root;
    let key = first;
    for (const next of inner) {
      const child = node.get(key);
      const branch: FormNode = child instanceof Map ? child : new Map();
      node.set(key, branch);
      node = branch;
      key = next === '' ? String(branch.size) : next;
    }
    node.set(key, value);
  }
  return withLists(root);
}

/** Branches whose keys are 0, 1, 2… become lists, the others objects. */
function withLists(node: FormNode | string): unknown {
  if (typeof node === 'string') return node;
  const entries = [...node].map(([key, value]) => [key, withLists(value)] as const);
  const isList = entries.length > 0 && entries.every(([key], index) => key === String(index));
  return isList ? entries.map(([, value]) => value) : Object.fromEntries(entries);
}

/** Listens on 127.0.0.1; `port` 0 takes any free one. */
export async function listen(port: number): Promise<{ server: Server; port: number }> {
  const server = createServer();
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The Kommo sandbox has no TCP address.');
  return { server, port: address.port };
}

/** Lets the application answer what the server receives. */
export function attach(server: Server, app: Hono<Env>): void {
  const answer = getRequestListener((request, env) => app.fetch(request, env as HttpBindings), {
    overrideGlobalObjects: false,
  });
  server.on('request', (incoming, outgoing) => void answer(incoming, outgoing));
}
