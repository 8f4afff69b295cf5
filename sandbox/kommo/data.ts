/**
 * The account that the miniature Kommo serves: plain, live arrays that a test may read and change.
 * Field meanings follow kommo.md section 5 and developers.kommo.com (contacts, leads, companies, customers).
 */

/** A Kommo user (agent or administrator). */
export type User = {
  readonly id: number;
  readonly name: string;
  readonly email: string;
  /** Administrators read everything and may list users; others may not (kommo.md 5). */
  readonly isAdmin: boolean;
};

/** What every card has in common. Times are unix seconds. */
type Card = {
  readonly id: number;
  name: string;
  responsibleUserId: number;
  createdAt: number;
  updatedAt: number;
  /** When set, only these users (and administrators) may read the card; others get 403. */
  readableBy?: readonly number[];
};

export type Contact = Card & {
  firstName: string;
  lastName: string;
  /** As typed by people: any format. */
  phones: string[];
  emails: string[];
  companyId?: number;
};

export type Company = Card & { phones: string[]; emails: string[] };

export type Lead = Card & {
  price: number;
  pipelineId: number;
  /** 142 is closed and won, 143 closed and lost, anything else is active (kommo.md 5). */
  statusId: number;
  /** The first one is the main contact. */
  contactIds: number[];
  companyId?: number;
};

export type Customer = Card & {
  nextPrice: number;
  /** A customer that no longer buys does not count as active in the search of `POST /api/v2/events`. */
  isActive: boolean;
  contactIds: number[];
  companyId?: number;
};

export type EntityKind = 'contact' | 'lead' | 'company' | 'customer';

/** Where a card lives (kommo.md 6). */
export const CARD_PATHS: Readonly<Record<EntityKind, string>> = {
  contact: 'contacts',
  lead: 'leads',
  company: 'companies',
  customer: 'customers',
};

/** A card reference: which kind, and which one. */
export type EntityRef = { readonly kind: EntityKind; readonly id: number };

/** A note in a card's feed; calls are the notes `call_in` and `call_out` (kommo.md 4). Times are unix seconds. */
export type Note = {
  readonly id: number;
  readonly entity: EntityRef;
  readonly noteType: string;
  readonly params: Readonly<Record<string, unknown>>;
  /** 0: written by a robot. */
  readonly createdBy: number;
  readonly responsibleUserId: number;
  readonly createdAt: number;
  readonly updatedAt: number;
};

/** An "incoming lead" of category `sip`: its lead and contact stay hidden until a person accepts it (kommo.md 5). */
export type Unsorted = {
  readonly uid: string;
  readonly sourceUid: string;
  readonly sourceName: string;
  readonly createdAt: number;
  readonly leadId: number;
  readonly leadName: string;
  readonly contactId: number | null;
  readonly metadata: Readonly<Record<string, unknown>>;
};

export type Status = { readonly id: number; readonly name: string; readonly colour: string };

export type AccountData = {
  readonly account: {
    readonly id: number;
    readonly name: string;
    readonly subdomain: string;
    readonly currency: string;
    readonly country: string;
    readonly timezone: string;
    /** 1, the default: first name first; 2: last name first. */
    readonly contactNameDisplayOrder?: 1 | 2;
  };
  readonly statuses: readonly Status[];
  readonly users: User[];
  readonly contacts: Contact[];
  readonly companies: Company[];
  readonly leads: Lead[];
  readonly customers: Customer[];
  readonly notes: Note[];
  readonly unsorted: Unsorted[];
  /** The number that the next new thing gets as its id. */
  nextId: number;
};

/** Closed and won, closed and lost. */
const CLOSED_STATUSES: readonly number[] = [142, 143];

const PIPELINE = 4100001;
const NEW_REQUEST = 4100101;
const ESTIMATE_SENT = 4100102;
const IN_PROGRESS = 4100103;

/** Users of the realistic account, by name. */
export const agents = {
  mariaKeller: { id: 7001000, name: 'Maria Keller', email: 'maria@sandbox.example', isAdmin: true },
  anaSilva: { id: 7001001, name: 'Ana Silva', email: 'ana@sandbox.example', isAdmin: false },
  benOrtiz: { id: 7001002, name: 'Ben Ortiz', email: 'ben@sandbox.example', isAdmin: false },
  chloeMartin: { id: 7001003, name: 'Chloe Martin', email: 'chloe@sandbox.example', isAdmin: false },
} as const satisfies Record<string, User>;

/** The cast of the realistic account: who calls in the story and in tests, and what Kommo should make of them. */
export const people = {
  /** Known contact with exactly one active lead: the search answers the lead. */
  annaPetrova: {
    id: 5550101,
    name: 'Anna Petrova',
    phone: '+14155550142',
    lead: { id: 6600201, name: 'Roof repair' },
  },
  /** Known contact without a lead: the search answers the contact. */
  marcusWebb: { id: 5550102, name: 'Marcus Webb', phone: '+15125550119' },
  /** Two active leads: the search answers the contact. */
  priyaRaman: { id: 5550103, name: 'Priya Raman', phone: '+16175550128', leadIds: [6600202, 6600203] },
  /** Only a won lead: the search answers the contact. */
  davidChen: { id: 5550104, name: 'David Chen', phone: '+14085550136', wonLeadId: 6600204 },
  /** One lost and one active lead: the search answers the active lead. */
  ruthAlvarez: {
    id: 5550105,
    name: 'Ruth Alvarez',
    phone: '+17135550154',
    lead: { id: 6600206, name: 'Kitchen extension' },
    lostLeadId: 6600205,
  },
  /** One active customer: the search answers the customer. */
  elenaFischer: {
    id: 5550106,
    name: 'Elena Fischer',
    phone: '+13125550171',
    customer: { id: 8800301, name: 'Fischer Dental, annual care' },
  },
  /** One active lead and one active customer: the search answers the contact. */
  omarHaddad: { id: 5550107, name: 'Omar Haddad', phone: '+13135550183', leadId: 6600207, customerId: 8800302 },
  /** Her only lead has no name of its own. */
  hannahCole: { id: 5550108, name: 'Hannah Cole', phone: '+15035550196', lead: { id: 6600208, name: '' } },
  /** A contact and lead that agents may not read (403 on GET); the search still answers the lead. */
  ivanSokolov: {
    id: 5550109,
    name: 'Ivan Sokolov',
    phone: '+12025550125',
    lead: { id: 6600209, name: 'Office relocation (confidential)' },
  },
  /** Three people whose numbers share their last eight digits; the oldest is Tomás Herrera. */
  tomasHerrera: { id: 5550110, name: 'Tomás Herrera', phone: '+16025550177' },
  graceLiu: { id: 5550111, name: 'Grace Liu', phone: '+12125550177' },
  kofiMensah: { id: 5550112, name: 'Kofi Mensah', phone: '+19725550177' },
  /** His number ends like the internal extension 102: what a careless look-up of an extension would find. */
  noahKim: { id: 5550113, name: 'Noah Kim', phone: '+13035550102' },
  /** A Brazilian mobile with the ninth digit. */
  beatrizSouza: { id: 5550114, name: 'Beatriz Souza', phone: '+5511985550131' },
  /** A contact of Northwind Traders with a number of his own. */
  leoGrant: { id: 5550115, name: 'Leo Grant', phone: '+12065550189' },
  /** Only a company has this number; it has no lead. */
  northwindTraders: { id: 9900401, name: 'Northwind Traders', phone: '+12065550188' },
  /** Only a company has this number, and it has exactly one active lead. */
  blueHarbor: {
    id: 9900402,
    name: 'Blue Harbor Logistics',
    phone: '+19045550147',
    lead: { id: 6600210, name: 'Warehouse lighting' },
  },
  /** Nobody has this number. */
  unknown: { phone: '+19175550163' },
  /** An internal extension: no card of Kommo. */
  internal: { phone: '102', name: 'Ben Ortiz' },
} as const;

const unix = (date: string): number => Date.parse(date) / 1000;

function contact(
  who: { id: number; name: string; phone: string },
  created: string,
  more: Partial<Contact> = {},
): Contact {
  const [firstName = '', ...rest] = who.name.split(' ');
  const lastName = rest.join(' ');
  return {
    id: who.id,
    name: who.name,
    firstName,
    lastName,
    phones: [who.phone],
    emails: [
      `${firstName}.${lastName}@mail.example`
        .toLowerCase()
        .normalize('NFD')
        .replaceAll(/[^a-z@.]/g, ''),
    ],
    responsibleUserId: agents.anaSilva.id,
    createdAt: unix(created),
    updatedAt: unix(created),
    ...more,
  };
}

function lead(id: number, name: string, statusId: number, price: number, more: Partial<Lead>): Lead {
  const createdAt = unix('2026-03-02T09:30:00Z') + (id % 1000) * 7200;
  return {
    id,
    name,
    price,
    pipelineId: PIPELINE,
    statusId,
    contactIds: [],
    responsibleUserId: agents.anaSilva.id,
    createdAt,
    updatedAt: createdAt,
    ...more,
  };
}

/**
 * A fresh copy of the account of the story and the tests: a small building-services business in San Francisco.
 * Numbers are from the fictional 555-01xx range, written the way people write them.
 */
export function realisticAccount(): AccountData {
  const p = people;
  return {
    account: {
      id: 30200100,
      name: 'Bayline Services',
      subdomain: 'sandbox',
      currency: 'USD',
      country: 'US',
      timezone: 'America/Los_Angeles',
    },
    statuses: [
      { id: NEW_REQUEST, name: 'New request', colour: '#99ccff' },
      { id: ESTIMATE_SENT, name: 'Estimate sent', colour: '#ffe08a' },
      { id: IN_PROGRESS, name: 'Work in progress', colour: '#ffc8a8' },
      { id: 142, name: 'Closed – won', colour: '#b6e8a4' },
      { id: 143, name: 'Closed – lost', colour: '#d5d8db' },
    ],
    users: Object.values(agents),
    // Not in order of age on purpose: whoever takes the first one of a list instead of the oldest is found out.
    contacts: [
      contact(p.graceLiu, '2024-05-14T16:00:00Z', { phones: ['(212) 555-0177'] }),
      contact(p.kofiMensah, '2025-01-20T10:00:00Z', { phones: ['+1 972 555 0177'] }),
      contact(p.tomasHerrera, '2021-09-01T08:00:00Z', { phones: ['+1 (602) 555-0177'] }),
      contact(p.annaPetrova, '2022-02-11T09:15:00Z', { phones: ['+1 (415) 555-0142', '+1 415 555 0143'] }),
      contact(p.marcusWebb, '2023-07-03T13:40:00Z', { phones: ['+1 512-555-0119'] }),
      contact(p.priyaRaman, '2022-11-22T11:00:00Z'),
      contact(p.davidChen, '2020-04-17T15:20:00Z'),
      contact(p.ruthAlvarez, '2021-12-09T10:05:00Z'),
      contact(p.elenaFischer, '2019-10-30T09:00:00Z', { phones: ['1 312 555 0171'] }),
      contact(p.omarHaddad, '2023-03-08T14:45:00Z'),
      contact(p.hannahCole, '2025-06-19T12:00:00Z'),
      contact(p.ivanSokolov, '2024-08-27T17:30:00Z', {
        responsibleUserId: agents.mariaKeller.id,
        readableBy: [agents.mariaKeller.id],
      }),
      contact(p.noahKim, '2022-05-05T09:00:00Z'),
      contact(p.beatrizSouza, '2025-02-28T18:10:00Z', { phones: ['+55 (11) 98555-0131'] }),
      contact(p.leoGrant, '2023-09-12T08:50:00Z', { companyId: p.northwindTraders.id }),
    ],
    companies: [
      {
        id: p.northwindTraders.id,
        name: p.northwindTraders.name,
        phones: ['+1 (206) 555-0188'],
        emails: ['office@northwind.example'],
        responsibleUserId: agents.benOrtiz.id,
        createdAt: unix('2020-01-15T10:00:00Z'),
        updatedAt: unix('2026-01-15T10:00:00Z'),
      },
      {
        id: p.blueHarbor.id,
        name: p.blueHarbor.name,
        phones: ['+1 904 555 0147'],
        emails: ['dock@blueharbor.example'],
        responsibleUserId: agents.anaSilva.id,
        createdAt: unix('2021-06-21T10:00:00Z'),
        updatedAt: unix('2026-02-02T10:00:00Z'),
      },
    ],
    leads: [
      lead(p.annaPetrova.lead.id, p.annaPetrova.lead.name, ESTIMATE_SENT, 8400, { contactIds: [p.annaPetrova.id] }),
      lead(p.priyaRaman.leadIds[0], 'Solar panels, phase 1', IN_PROGRESS, 21500, { contactIds: [p.priyaRaman.id] }),
      lead(p.priyaRaman.leadIds[1], 'Heat pump quote', NEW_REQUEST, 9800, { contactIds: [p.priyaRaman.id] }),
      lead(p.davidChen.wonLeadId, 'Garage door', 142, 2300, { contactIds: [p.davidChen.id] }),
      lead(p.ruthAlvarez.lostLeadId, 'Pool cover', 143, 1200, { contactIds: [p.ruthAlvarez.id] }),
      lead(p.ruthAlvarez.lead.id, p.ruthAlvarez.lead.name, IN_PROGRESS, 46000, { contactIds: [p.ruthAlvarez.id] }),
      lead(p.omarHaddad.leadId, 'Second shop front', NEW_REQUEST, 12750, { contactIds: [p.omarHaddad.id] }),
      lead(p.hannahCole.lead.id, p.hannahCole.lead.name, NEW_REQUEST, 0, { contactIds: [p.hannahCole.id] }),
      lead(p.ivanSokolov.lead.id, p.ivanSokolov.lead.name, ESTIMATE_SENT, 88000, {
        contactIds: [p.ivanSokolov.id],
        responsibleUserId: agents.mariaKeller.id,
        readableBy: [agents.mariaKeller.id],
      }),
      lead(p.blueHarbor.lead.id, p.blueHarbor.lead.name, NEW_REQUEST, 17900, { companyId: p.blueHarbor.id }),
    ],
    customers: [
      {
        id: p.elenaFischer.customer.id,
        name: p.elenaFischer.customer.name,
        nextPrice: 3600,
        isActive: true,
        contactIds: [p.elenaFischer.id],
        responsibleUserId: agents.anaSilva.id,
        createdAt: unix('2020-01-05T10:00:00Z'),
        updatedAt: unix('2026-01-05T10:00:00Z'),
      },
      {
        id: p.omarHaddad.customerId,
        name: 'Haddad Bakery, maintenance',
        nextPrice: 900,
        isActive: true,
        contactIds: [p.omarHaddad.id],
        responsibleUserId: agents.benOrtiz.id,
        createdAt: unix('2023-04-01T10:00:00Z'),
        updatedAt: unix('2026-04-01T10:00:00Z'),
      },
    ],
    notes: [],
    unsorted: [],
    nextId: 70000001,
  };
}

/** Whether a lead still counts: neither won nor lost. */
export function isActiveLead(lead: Lead): boolean {
  return !CLOSED_STATUSES.includes(lead.statusId);
}

/** The card behind a reference, or undefined. */
export function findCard(data: AccountData, ref: EntityRef): Contact | Lead | Company | Customer | undefined {
  const cards = { contact: data.contacts, lead: data.leads, company: data.companies, customer: data.customers }[
    ref.kind
  ];
  return cards.find((card) => card.id === ref.id);
}

/** The name that Kommo shows for a card: a lead without a name is `Lead #id` (kommo.md 5). */
export function displayName(kind: EntityKind, card: { readonly id: number; readonly name: string }): string {
  if (card.name !== '') return card.name;
  return kind === 'lead' ? `Lead #${card.id}` : `#${card.id}`;
}

/** Whether a user's rights reach a card. */
export function mayRead(user: User, card: { readonly readableBy?: readonly number[] }): boolean {
  return user.isAdmin || card.readableBy === undefined || card.readableBy.includes(user.id);
}
