import type { Company, Contact, EntityKind, User } from '../data.ts';
import { displayName, findCard, isActiveLead, mayRead } from '../data.ts';
import { matchesQuery } from '../search.ts';
import { plainText } from '../text.ts';
import type { HostedWidget } from '../widget.ts';
import { textOf } from '../widget.ts';
import type { World } from '../world.ts';
import { cardPath, feedEntry, money, phoneLink, stage } from './cards.ts';
import { html } from './html.ts';
import type { Html } from './html.ts';
import { icon } from './icons.ts';
import { initials } from './layout.ts';
import type { Page } from './layout.ts';

/** The start page: the pipeline, the last calls, incoming leads. */
export function dashboardPage({ data }: World, visitor: User): Page {
  const leads = data.leads.filter((lead) => mayRead(visitor, lead));
  const active = leads.filter(isActiveLead);
  const calls = data.notes.filter(({ noteType }) => noteType.startsWith('call_')).toReversed();
  const total = active.reduce((sum, { price }) => sum + price, 0);
  const content = html`<div class="tiles">
      ${tile('Active leads', String(active.length), money(data, total))}
      ${tile('Contacts', String(data.contacts.length), `${data.companies.length} companies`)}
      ${tile('Calls', String(calls.length), calls.length === 0 ? 'none yet' : 'written to cards')}
      ${tile('Incoming leads', String(data.unsorted.length), 'waiting to be accepted')}
    </div>
    <div class="columns">
      <section class="panel">
        <h2>Pipeline</h2>
        <div class="pipeline">
          ${data.statuses.map((status) => {
            const here = leads.filter(({ statusId }) => statusId === status.id);
            return html`<div class="column" style="--stage:${status.colour}">
              <h3>${status.name} <span>${here.length}</span></h3>
              ${here.map(
                (lead) =>
                  html`<a class="deal" href="${cardPath({ kind: 'lead', id: lead.id })}">
                    <strong>${displayName('lead', lead)}</strong><span>${money(data, lead.price)}</span>
                  </a>`,
              )}
            </div>`;
          })}
        </div>
      </section>
      <section class="panel">
        <h2>Latest calls</h2>
        ${
          calls.length === 0
            ? html`<p class="empty">No calls yet. Calls that Ringside writes to a card show here.</p>`
            : html`<ol class="feed-list">
                ${calls.slice(0, 6).map((note) => {
                  const card = findCard(data, note.entity);
                  const name =
                    card === undefined ? `Incoming lead #${note.entity.id}` : displayName(note.entity.kind, card);
                  return feedEntry(data, note, html`· <a href="${cardPath(note.entity)}">${name}</a>`);
                })}
              </ol>`
        }
      </section>
    </div>`;
  return { title: 'Dashboard', area: 'dashboard', content };
}

function tile(label: string, figure: string, more: string): Html {
  return html`<section class="tile">
    <h2>${label}</h2>
    <p class="figure">${figure}</p>
    <p>${more}</p>
  </section>`;
}

/** `/contacts/list`, with `term` searched in names, e-mails and numbers; companies are listed with the contacts. */
export function contactsPage({ data }: World, visitor: User, term: string): Page {
  const found = (kind: EntityKind, cards: readonly (Contact | Company)[]) =>
    cards.filter((card) => mayRead(visitor, card) && matchesQuery(card, term)).map((card) => ({ kind, card }));
  const rows = [...found('contact', data.contacts), ...found('company', data.companies)];
  const content = html`<section class="panel">
    <header class="panel-head">
      <h1>${term === '' ? 'Contacts and companies' : `Found for “${term}”`}</h1>
      <a class="button" href="/contacts/add">Add contact</a>
    </header>
    ${
      rows.length === 0
        ? html`<p class="empty">Nobody found.</p>`
        : html`<table>
            <thead>
              <tr>
                <th>Name</th>
                <th>Phone</th>
                <th>Email</th>
              </tr>
            </thead>
            <tbody>
              ${rows.map(
                ({ kind, card }) =>
                  html`<tr>
                    <td>
                      <a href="${cardPath({ kind, id: card.id })}"
                        ><span class="avatar">${kind === 'contact' ? initials(card.name) : icon('company')}</span
                        >${card.name}</a
                      >
                    </td>
                    <td>${card.phones.map((phone) => phoneLink(phone, { kind, id: card.id }))}</td>
                    <td>${card.emails.join(', ')}</td>
                  </tr>`,
              )}
            </tbody>
          </table>`
    }
  </section>`;
  return { title: 'Contacts', area: 'clist', entity: 'contacts', content };
}

export function leadsPage({ data }: World, visitor: User): Page {
  const rows = data.leads.filter((lead) => mayRead(visitor, lead));
  const content = html`<section class="panel">
    <h1>Leads</h1>
    <table>
      <thead>
        <tr>
          <th>Lead</th>
          <th>Stage</th>
          <th>Contact</th>
          <th>Budget</th>
        </tr>
      </thead>
      <tbody>
        ${rows.map((lead) => {
          const [contactId] = lead.contactIds;
          const contact = data.contacts.find(({ id }) => id === contactId);
          return html`<tr>
            <td><a href="${cardPath({ kind: 'lead', id: lead.id })}">${displayName('lead', lead)}</a></td>
            <td>${stage(data, lead)}</td>
            <td>${contact !== undefined && mayRead(visitor, contact) ? contact.name : ''}</td>
            <td>${money(data, lead.price)}</td>
          </tr>`;
        })}
      </tbody>
    </table>
  </section>`;
  return { title: 'Leads', area: 'llist', entity: 'leads', content };
}

export function customersPage({ data }: World): Page {
  const content = html`<section class="panel">
    <h1>Customers</h1>
    <table>
      <thead>
        <tr>
          <th>Customer</th>
          <th>Next purchase</th>
        </tr>
      </thead>
      <tbody>
        ${data.customers.map(
          ({ id, name, nextPrice }) =>
            html`<tr>
              <td><a href="${cardPath({ kind: 'customer', id })}">${name}</a></td>
              <td>${money(data, nextPrice)}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </section>`;
  return { title: 'Customers', area: 'culist', entity: 'customers', content };
}

/** `/contacts/add?phone=`: the form of a new contact with the number filled in (kommo.md 6). */
export function newContactPage(phone: string): Page {
  const content = html`<section class="panel narrow">
    <h1>New contact</h1>
    <form method="post" action="/contacts/add" class="form" data-form="new-contact">
      <label>Name<input name="name" required autofocus autocomplete="off" /></label>
      <label>Phone<input name="phone" value="${phone}" autocomplete="off" /></label>
      <label>Email<input name="email" type="email" autocomplete="off" /></label>
      <p><button type="submit">Save</button> <a class="quiet" href="/contacts/list">Cancel</a></p>
    </form>
  </section>`;
  return { title: 'New contact', area: 'ccard', entity: 'contacts', content };
}

/** `/settings/widgets/`: the installed widget, and its settings form as the manifest asks for it. */
export async function widgetsPage({ widget, data, language }: World): Promise<Page> {
  const body =
    widget === null
      ? html`<p class="empty">No widget is installed in this account.</p>`
      : await widgetCard(widget, data.users, language);
  const content = html`<section class="panel">
    <h1>Integrations</h1>
    ${body}
  </section>`;
  return { title: 'Integrations', area: 'settings', content };
}

async function widgetCard(widget: HostedWidget, users: readonly User[], language: string): Promise<Html> {
  const manifest = await widget.manifest();
  const texts = await widget.texts(language);
  const fields = Object.entries(manifest.settings).map(([name, { name: label, type, required }]) => {
    const stored = widget.settings[name];
    const title = textOf(texts, label);
    if (type === 'custom')
      return html`<div class="custom-field" data-setting="${name}" id="${widget.code}_custom"></div>`;
    if (type === 'users' || type === 'users_lp') {
      const values: unknown = typeof stored === 'string' ? JSON.parse(stored || '{}') : (stored ?? {});
      return html`<fieldset class="users" data-setting="${name}">
        <legend>${title}</legend>
        ${users.map(
          (user) =>
            html`<label
              >${user.name}<input
                name="${name}"
                data-user="${user.id}"
                value="${typeof values === 'object' && values !== null ? plainText(Reflect.get(values, user.id)) : ''}"
            /></label>`,
        )}
      </fieldset>`;
    }
    return html`<label data-setting="${name}"
      >${title}<input
        name="${name}"
        type="${type === 'pass' ? 'password' : 'text'}"
        autocomplete="off"
        value="${plainText(stored)}"
        ${required ? html`required` : ''}
    /></label>`;
  });
  return html`<article class="widget-card">
      <img src="/upl/${widget.code}/widget/images/logo_min.png" alt="" width="84" height="84" />
      <div>
        <h2>${textOf(texts, manifest.widget.name)}</h2>
        <p>${textOf(texts, manifest.widget.short_description)}</p>
        <p class="meta">
          Version ${manifest.widget.version} ·
          <span id="widget-status">${widget.active ? 'installed' : 'switched off'}</span>
        </p>
      </div>
      <button type="button" id="widget-open">Settings</button>
    </article>
    <dialog id="widget-modal" class="modal widget-settings" data-widget="${widget.code}">
      <form class="form" id="widget-form">
        <header>
          <img src="/upl/${widget.code}/widget/images/logo.png" alt="" width="65" height="50" />
          <h2>${textOf(texts, manifest.widget.name)}</h2>
          <button type="button" class="quiet" id="widget-close" aria-label="Close">×</button>
        </header>
        <p class="widget-description">${textOf(texts, manifest.widget.description)}</p>
        <div class="widget_settings_block__fields" id="widget-fields">${fields}</div>
        <p id="widget-answer" class="answer" role="status"></p>
        <p>
          <button type="submit">${widget.active ? 'Save' : 'Install'}</button>
          <button type="button" class="quiet danger" id="widget-off" ${widget.active ? '' : html`hidden`}>
            Switch off
          </button>
        </p>
      </form>
    </dialog>`;
}
