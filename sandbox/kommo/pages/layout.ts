import type { User } from '../data.ts';
import type { World } from '../world.ts';
import { html, json } from './html.ts';
import type { Html } from './html.ts';
import { icon } from './icons.ts';

/** One page of the account: `area` and `entity` are what `APP.getWidgetsArea()` and `APP.getBaseEntity()` say of it. */
export type Page = {
  readonly title: string;
  readonly area: string;
  readonly entity?: string;
  /** `contact:123`; only on cards. */
  readonly card?: string;
  readonly content: Html;
};

/** A whole document: navigation, bell, the page, and what the browser side needs to host the widget. */
export async function layout(world: World, visitor: User, path: string, page: Page): Promise<string> {
  const { account, users } = world.data;
  const { widget } = world;
  const person = ({ id, name, email, isAdmin }: User) => ({ id, name, login: email, is_admin: isAdmin });
  const manifest = await widget?.manifest();
  const boot = {
    origin: world.origin,
    user: person(visitor),
    managers: Object.fromEntries(users.map((user) => [user.id, { ...person(user), title: user.name, active: true }])),
    account: { ...account, language: world.language },
    widget:
      widget === null || manifest === undefined
        ? null
        : {
            code: widget.code,
            version: manifest.widget.version,
            initOnce: manifest.widget.init_once,
            locations: manifest.locations,
            settings: widget.settings,
            active: widget.active,
            langs: await widget.texts(world.language),
            clientId: world.authority.integration.clientId,
          },
  };
  const sections = [
    ['/', 'Dashboard', 'dashboard'],
    ['/leads/list', 'Leads', 'lead'],
    ['/contacts/list', 'Contacts', 'contact'],
    ['/customers/list', 'Customers', 'customer'],
    ['/settings/widgets/', 'Settings', 'settings'],
  ] as const;
  const current = sections.findLast(([to]) => path.startsWith(`/${to.split('/')[1] ?? ''}`))?.[0];
  return `<!doctype html>\n${
    html`<html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${page.title} · ${account.name} · Kommo sandbox</title>
        <link rel="icon" href="data:," />
        <link rel="stylesheet" href="/sandbox/style.css" />
        <script type="application/json" id="boot">
          ${json(boot)}
        </script>
        <script type="module" src="/sandbox/main.js"></script>
      </head>
      <body>
        <nav class="nav" aria-label="Sections">
          <a class="nav-logo" href="/" title="${account.name}">${account.name.slice(0, 1)}</a>
          ${sections.map(
            ([to, label, symbol]) =>
              html`<a href="${to}" ${to === current ? html`aria-current="page"` : ''}
                >${icon(symbol)}<span>${label}</span></a
              >`,
          )}
        </nav>
        <header class="top">
          <form class="search" action="/contacts/list" role="search">
            ${icon('search')}<input name="term" placeholder="Search contacts and companies" aria-label="Search" />
          </form>
          <span class="sandbox-mark">Sandbox</span>
          <span id="notifications-phone"></span>
          <button
            id="bell"
            class="bell"
            type="button"
            aria-expanded="false"
            aria-controls="notification-centre"
            title="Notifications"
          >
            ${icon('bell')}<span id="bell-count" class="bell-count" hidden>0</span>
          </button>
          <details class="who">
            <summary><span class="avatar">${initials(visitor.name)}</span><span>${visitor.name}</span></summary>
            <div class="who-list">
              ${users.map((user) => html`<a href="/login?user=${user.id}" data-reload>${user.name}${user.isAdmin ? ' · admin' : ''}</a>`)}
            </div>
          </details>
        </header>
        <aside id="notification-centre" class="centre" aria-label="Notifications" hidden>
          <header>
            <h2>Notifications</h2>
            <button type="button" id="bell-clear" class="quiet">Clear all</button>
          </header>
          <ol id="bell-entries"></ol>
        </aside>
        ${main(page)}
        <div id="popups" class="popups" role="status"></div>
      </body>
    </html>`.text
  }`;
}

function main(page: Page): Html {
  return html`<main
    id="page"
    data-area="${page.area}"
    data-entity="${page.entity ?? ''}"
    data-card="${page.card ?? ''}"
    data-title="${page.title}"
  >
    ${page.content}
  </main>`;
}

/** The first letters of a name, for its avatar. */
export function initials(name: string): string {
  return name
    .split(' ')
    .map((word) => word.slice(0, 1))
    .slice(0, 2)
    .join('');
}
