import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from 'hono';
import { Hono } from 'hono';
import { setCookie } from 'hono/cookie';
import { streamSSE } from 'hono/streaming';
import * as v from 'valibot';
import type { EntityKind } from '../data.ts';
import { CARD_PATHS } from '../data.ts';
import type { BellNews } from '../notifications.ts';
import { oauthProblem, problem } from '../problems.ts';
import { plainText } from '../text.ts';
import type { Env, World } from '../world.ts';
import { cardPage, cardPath } from './cards.ts';
import { consentErrorPage, consentPage, popupRedirectPage } from './consent.ts';
import { html } from './html.ts';
import { layout } from './layout.ts';
import type { Page } from './layout.ts';
import { contactsPage, customersPage, dashboardPage, leadsPage, newContactPage, widgetsPage } from './sections.ts';

/** Names the user of the browser session. */
export const SESSION_COOKIE = 'session_id';

const fields = (body: unknown): Readonly<Record<string, unknown>> =>
  typeof body === 'object' && body !== null ? { ...body } : {};

/** Everything of the account that a browser sees: pages, sign-in, the widget's files and what the page asks for itself. */
export function pageRoutes(world: World): Hono<Env> {
  const pages = new Hono<Env>({ strict: false });
  const show = async (c: Context<Env>, page: Page | null, status: 200 | 404 = 200): Promise<Response> => {
    const visitor = c.get('visitor');
    setCookie(c, SESSION_COOKIE, String(visitor.id), { path: '/', httpOnly: true, sameSite: 'Lax' });
    if (page === null) return show(c, missingPage(), 404);
    return c.html(await layout(world, visitor, c.req.path, page), status);
  };

  pages.get('/', (c) => show(c, dashboardPage(world, c.get('visitor'))));
  pages.get('/dashboard', (c) => show(c, dashboardPage(world, c.get('visitor'))));
  pages.get('/leads/list', (c) => show(c, leadsPage(world, c.get('visitor'))));
  pages.get('/contacts/list', (c) => show(c, contactsPage(world, c.get('visitor'), c.req.query('term') ?? '')));
  pages.get('/customers/list', (c) => show(c, customersPage(world)));
  pages.get('/settings/widgets', async (c) => show(c, await widgetsPage(world)));
  pages.get('/contacts/add', (c) => show(c, newContactPage(c.req.query('phone') ?? '')));
  pages.post('/contacts/add', (c) => c.redirect(addContact(world, c), 303));
  for (const [kind, path] of Object.entries(CARD_PATHS) as [EntityKind, string][]) {
    pages.get(`/${path}/detail/:id{[0-9]+}`, (c) =>
      show(c, cardPage(world.data, c.get('visitor'), { kind, id: Number(c.req.param('id')) })),
    );
  }

  pages.get('/login', (c) => {
    const user = world.data.users.find(({ id }) => id === Number(c.req.query('user')));
    if (user === undefined) return c.html(consentErrorPage('No such user', 'Name a user of the account.'), 404);
    setCookie(c, SESSION_COOKIE, String(user.id), { path: '/', httpOnly: true, sameSite: 'Lax' });
    const to = c.req.query('to') ?? '/';
    return c.redirect(/^\/(?!\/)/.test(to) ? to : '/');
  });

  pages.get('/sandbox/:file{[a-z-]+\\.(js|css)}', async (c) => {
    const file = c.req.param('file');
    const text = await readFile(join(import.meta.dirname, '..', 'browser', file), 'utf8').catch(() => null);
    if (text === null) return c.notFound();
    return c.body(text, 200, { 'Content-Type': file.endsWith('.css') ? 'text/css' : 'text/javascript' });
  });

  oauthRoutes(pages, world);
  ajaxRoutes(pages, world);
  pages.all('*', (c) => show(c, null));
  return pages;
}

function missingPage(): Page {
  return {
    title: 'Not found',
    area: 'unknown',
    content: html`<section class="panel message">
      <h1>There is no such page</h1>
      <p><a href="/">To the dashboard</a></p>
    </section>`,
  };
}

function addContact(world: World, c: Context<Env>): string {
  const form = fields(c.get('body'));
  const text = (name: string): string => plainText(form[name]).trim();
  const [firstName = '', ...rest] = text('name').split(' ');
  const id = world.data.nextId++;
  const now = Math.floor(world.now() / 1000);
  world.data.contacts.push({
    id,
    name: text('name'),
    firstName,
    lastName: rest.join(' '),
    phones: [text('phone')].filter((phone) => phone !== ''),
    emails: [text('email')].filter((email) => email !== ''),
    responsibleUserId: c.get('visitor').id,
    createdAt: now,
    updatedAt: now,
  });
  return cardPath({ kind: 'contact', id });
}

/** Consent and tokens (kommo.md 1). */
function oauthRoutes(pages: Hono<Env>, world: World): void {
  const { authority } = world;
  const unknownClient = consentErrorPage(
    'Unknown integration',
    'Check the integration ID (client_id) in the settings of the application.',
  );

  pages.get('/oauth', (c) => {
    const { client_id: clientId = '', state = '', mode = 'popup' } = c.req.query();
    if (clientId !== authority.integration.clientId) return c.html(unknownClient, 400);
    return c.html(consentPage(world, c.get('visitor'), { clientId, state, mode }));
  });

  pages.post('/oauth', (c) => {
    const form = fields(c.get('body'));
    if (form['client_id'] !== authority.integration.clientId) return c.html(unknownClient, 400);
    const address = new URL(authority.integration.redirectUri);
    const user = world.data.users.find(({ id }) => id === Number(form['user'])) ?? c.get('visitor');
    const answer =
      form['decision'] === 'allow'
        ? { code: authority.issueCode(user.id), referer: new URL(world.origin).host }
        : { error: 'access_denied' };
    const query = { ...answer, state: plainText(form['state']), client_id: authority.integration.clientId };
    for (const [name, value] of Object.entries(query)) address.searchParams.set(name, value);
    return form['mode'] === 'popup' ? c.html(popupRedirectPage(address.href)) : c.redirect(address.href);
  });

  pages.post('/oauth2/access_token', (c) => {
    const grant = authority.exchange(fields(c.get('body')));
    return grant.ok ? c.json(grant.pair) : oauthProblem(grant.hint);
  });

  pages.get('/oauth2/account/current/subdomain', (c) => {
    if (authority.userOfRefreshToken(c.req.header('x-refresh-token') ?? '') === null) {
      return problem(401, 'Unauthorized', 'Invalid refresh token');
    }
    const { id, subdomain } = world.data.account;
    return c.json({ id, subdomain, domain: authority.host, top_level_domain: 'com' });
  });
}

const optionalText = v.optional(v.nullable(v.pipe(v.union([v.string(), v.number()]), v.transform(String))), null);

/** What `APP.notifications` sends: the fields of `add_call` and `add_error` (kommo.md 7.4). */
const INBOX_ENTRY = v.object({
  type: v.picklist(['call', 'error']),
  text: v.string(),
  header: optionalText,
  from: optionalText,
  to: optionalText,
  duration: v.optional(v.nullable(v.pipe(v.union([v.string(), v.number()]), v.transform(Number))), null),
  link: optionalText,
  date: v.number(),
  element: v.optional(
    v.nullable(
      v.object({ id: v.union([v.number(), v.string()]), type: v.string(), name: v.exactOptional(v.string()) }),
    ),
    null,
  ),
  clickLink: optionalText,
});

const WIDGET_SAVE = v.object({ active: v.picklist(['Y', 'N']), fields: v.record(v.string(), v.unknown()) });

/** What the page itself asks of the server, with the session. */
function ajaxRoutes(pages: Hono<Env>, world: World): void {
  pages.get('/ajax/v1/inbox/stream', (c) =>
    streamSSE(c, async (stream) => {
      const user = c.get('visitor').id;
      const send = (news: BellNews): Promise<void> => stream.writeSSE({ data: JSON.stringify(news) });
      const closed = new Promise<void>((resolve) => stream.onAbort(resolve));
      const unsubscribe = world.bell.subscribe(user, (news) => void send(news));
      await send({ entries: world.bell.list(user), added: null });
      await closed;
      unsubscribe();
    }),
  );

  pages.post('/ajax/v1/inbox/add', (c) => {
    const parsed = v.safeParse(INBOX_ENTRY, c.get('body'));
    if (!parsed.success) return problem(400, 'Bad Request', 'Invalid notification');
    const entry = world.bell.add(c.get('visitor').id, { ...parsed.output, header: parsed.output.header ?? '' });
    return c.json({ response: { id: entry.id } });
  });

  pages.post('/ajax/v1/inbox/clear', (c) => {
    world.bell.clear(c.get('visitor').id);
    return c.body(null, 204);
  });

  pages.get('/ajax/widgets/token', (c) => c.json({ token: world.authority.widgetToken(c.get('visitor').id) }));

  // Kommo's own proxy makes the request, so it can reach neither this computer nor a local network (kommo.md 7.3).
  pages.post('/ajax/widgets/crm_post', () =>
    problem(502, 'Bad Gateway', 'The sandbox lets no request out to the internet'),
  );

  pages.post('/ajax/widgets/save', (c) => {
    const parsed = v.safeParse(WIDGET_SAVE, c.get('body'));
    if (!parsed.success || world.widget === null) return problem(400, 'Bad Request', 'Invalid widget settings');
    world.widget.settings = { ...world.widget.settings, ...parsed.output.fields };
    world.widget.active = parsed.output.active === 'Y';
    return c.json({ settings: world.widget.settings, active: world.widget.active });
  });

  pages.get('/upl/:code/widget/:file{.+}', async (c) => {
    const path = c.req.param('file');
    const served = world.widget?.code === c.req.param('code') ? await world.widget.file(path) : null;
    if (served === null) return c.notFound();
    const types: Readonly<Record<string, string>> = {
      js: 'text/javascript',
      json: 'application/json',
      css: 'text/css',
      png: 'image/png',
      jpg: 'image/jpeg',
      svg: 'image/svg+xml',
    };
    const type = types[path.slice(path.lastIndexOf('.') + 1)] ?? 'application/octet-stream';
    return c.body(served, 200, { 'Content-Type': type, 'Cache-Control': 'no-store' });
  });
}
