import type { AccountData, Company, Contact, Customer, EntityKind, EntityRef, Lead, Note, User } from '../data.ts';
import { CARD_PATHS, displayName, findCard, mayRead } from '../data.ts';
import { plainText } from '../text.ts';
import { html } from './html.ts';
import type { Html } from './html.ts';
import { icon } from './icons.ts';
import { initials } from './layout.ts';
import type { Page } from './layout.ts';

/** Widget areas of the cards (`ccard`, `lcard`, `comcard` are documented, kommo.md 7.2; `cucard` is ours). */
const AREAS: Readonly<Record<EntityKind, string>> = {
  contact: 'ccard',
  lead: 'lcard',
  company: 'comcard',
  customer: 'cucard',
};

/** The address of a card's page (kommo.md 6). */
export const cardPath = (ref: EntityRef): string => `/${CARD_PATHS[ref.kind]}/detail/${ref.id}`;

/** The page of one card: what is known of it on the left, its feed with the calls on the right. */
export function cardPage(data: AccountData, visitor: User, ref: EntityRef): Page | null {
  const card = findCard(data, ref);
  if (card === undefined) return null;
  const name = displayName(ref.kind, card);
  const entity = CARD_PATHS[ref.kind];
  if (!mayRead(visitor, card)) {
    const content = html`<section class="panel message">
      <h1>You have no rights to this card</h1>
      <p>Ask an administrator of the account to give you access.</p>
    </section>`;
    return { title: 'No access', area: AREAS[ref.kind], entity, content };
  }
  const responsible = data.users.find(({ id }) => id === card.responsibleUserId);
  const content = html`<div class="card">
    <section class="card-side">
      <header class="card-head">
        <span class="avatar big">${ref.kind === 'contact' ? initials(name) : icon(ref.kind)}</span>
        <div>
          <p class="kind">${ref.kind} #${card.id}</p>
          <h1>${name}</h1>
        </div>
      </header>
      <dl class="fields">
        ${'statusId' in card && field('Stage', stage(data, card))}
        ${'price' in card && field('Budget', money(data, card.price))}
        ${'nextPrice' in card && field('Next purchase', money(data, card.nextPrice))}
        ${field('Responsible', responsible?.name ?? 'Nobody')}
        ${'phones' in card && card.phones.map((phone) => field('Phone', phoneLink(phone, ref)))}
        ${'emails' in card && card.emails.map((email) => field('Email', email))}
      </dl>
      ${linkedCards(data, visitor, ref).map(
        ({ ref: linked, card: other }) =>
          html`<article class="linked">
            <a href="${cardPath(linked)}">${icon(linked.kind)}<span>${displayName(linked.kind, other)}</span></a>
            ${'statusId' in other && stage(data, other)}
            ${'phones' in other && other.phones.map((phone) => phoneLink(phone, linked))}
          </article>`,
      )}
      <div id="widget-panels"></div>
    </section>
    <section class="feed" aria-label="Feed">${feed(data, ref, card)}</section>
  </div>`;
  return { title: name, area: AREAS[ref.kind], entity, card: `${ref.kind}:${ref.id}`, content };
}

function field(label: string, value: Html | string): Html {
  return html`<div>
    <dt>${label}</dt>
    <dd>${value}</dd>
  </div>`;
}

/** A number to click: the widget's phone action when there is one (`add_action('phone')`), else `tel:`. */
export function phoneLink(phone: string, ref: EntityRef): Html {
  const dialable = phone.replaceAll(/[^\d+]/g, '');
  return html`<a class="phone" href="tel:${dialable}" data-phone="${dialable}" data-element="${ref.kind}:${ref.id}">
    ${phone}${icon('phone')}
  </a>`;
}

export function stage(data: AccountData, lead: Lead): Html {
  const status = data.statuses.find(({ id }) => id === lead.statusId);
  return html`<span class="stage" style="background:${status?.colour ?? '#ddd'}"
    >${status?.name ?? lead.statusId}</span
  >`;
}

export function money(data: AccountData, amount: number): string {
  return new Intl.NumberFormat('en-US', {
    style: 'currency',
    currency: data.account.currency,
    maximumFractionDigits: 0,
  }).format(amount);
}

function linkedCards(data: AccountData, visitor: User, ref: EntityRef) {
  const own = findCard(data, ref);
  const pick = (kind: EntityKind, cards: readonly (Contact | Lead | Company | Customer)[]) =>
    cards.filter((card) => mayRead(visitor, card)).map((card) => ({ ref: { kind, id: card.id }, card }));
  if (own !== undefined && 'contactIds' in own) {
    return [
      ...pick(
        'contact',
        data.contacts.filter(({ id }) => own.contactIds.includes(id)),
      ),
      ...pick(
        'company',
        data.companies.filter(({ id }) => id === own.companyId),
      ),
    ];
  }
  const linked = (other: { contactIds: readonly number[]; companyId?: number }): boolean =>
    ref.kind === 'contact' ? other.contactIds.includes(ref.id) : other.companyId === ref.id;
  const companyId = own !== undefined && 'firstName' in own ? own.companyId : undefined;
  return [
    ...pick('lead', data.leads.filter(linked)),
    ...pick('customer', data.customers.filter(linked)),
    ...pick(
      'company',
      data.companies.filter(({ id }) => id === companyId),
    ),
    ...pick('contact', ref.kind === 'company' ? data.contacts.filter((one) => one.companyId === ref.id) : []),
  ];
}

/** Unix seconds as local time: server and browser are one computer here. */
function at(seconds: number): string {
  return new Intl.DateTimeFormat('en-US', { dateStyle: 'medium', timeStyle: 'short' }).format(seconds * 1000);
}

const minutes = (seconds: number): string =>
  `${String(Math.floor(seconds / 60)).padStart(2, '0')}:${String(seconds % 60).padStart(2, '0')}`;

const OUTCOMES: Readonly<Record<number, string>> = {
  1: 'Left voicemail',
  2: 'Call back later',
  3: 'Not available',
  4: 'Conversation held',
  5: 'Wrong number',
  6: 'No answer',
  7: 'Busy',
};

function feed(data: AccountData, ref: EntityRef, card: { readonly createdAt: number }): Html {
  const notes = data.notes.filter(({ entity }) => entity.kind === ref.kind && entity.id === ref.id).toReversed();
  return html`<ol>
    ${notes.map((note) => feedEntry(data, note))}
    <li class="entry plain"><time>${at(card.createdAt)}</time> The ${ref.kind} was created</li>
  </ol>`;
}

/** One note; a call with its direction, duration and, with a recording, a player. */
export function feedEntry(data: AccountData, note: Note, where?: Html): Html {
  const author = data.users.find(({ id }) => id === note.createdBy)?.name ?? 'Robot';
  const { params } = note;
  const text = (name: string): string => plainText(params[name]);
  if (note.noteType !== 'call_in' && note.noteType !== 'call_out') {
    return html`<li class="entry" data-note="${note.id}" data-note-type="${note.noteType}">
      ${icon('note')}
      <div>
        <p>${text('text')}</p>
        <p class="meta"><time>${at(note.createdAt)}</time> · ${author}</p>
      </div>
    </li>`;
  }
  const inbound = note.noteType === 'call_in';
  const outcome = text('call_result') || OUTCOMES[Number(params['call_status'])];
  const link = text('link');
  return html`<li class="entry call ${inbound ? 'in' : 'out'}" data-note="${note.id}" data-note-type="${note.noteType}">
    ${icon(inbound ? 'call-in' : 'call-out')}
    <div>
      <p class="call-line">
        <span
          ><strong>${inbound ? 'Incoming call' : 'Outgoing call'}</strong> ${inbound ? 'from' : 'to'} ${text('phone')}
          ${where}</span
        >
        <span class="duration">${minutes(Number(params['duration'] ?? 0))}</span>
      </p>
      ${link !== '' && player(link)}
      <p class="meta">
        <time>${at(note.createdAt)}</time> · ${author} · ${text('source')}${outcome ? ` · ${outcome}` : ''}
      </p>
    </div>
  </li>`;
}

function player(link: string): Html {
  return html`<p class="player">
    <audio controls preload="none" src="${link}"></audio><a href="${link}" target="_blank" rel="noopener">Recording</a>
  </p>`;
}
