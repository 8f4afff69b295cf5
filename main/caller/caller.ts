/** Who is it? One `POST /api/v2/events` for a call, then the name from the card that Kommo chose. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Call } from '../../app/calls/call.ts';
import { sameEntity, type Caller, type CallMatch, type EntityRef } from '../../app/calls/completed-call.ts';
import { callerName, isAutoNamed, nameOnCard, type Card, type NameOrder } from '../../app/kommo/card.ts';
import type { Turn } from '../../app/kommo/budget.ts';
import type { KommoClient } from '../../app/kommo/client.ts';
import { KommoRefusal } from '../../app/kommo/refusal.ts';
import { say, type Sentence } from '../../app/texts/sentence.ts';
import { lookUpNumber, type NumberInfo, type NumberRules } from '../../app/numbers/number.ts';
import { compareNumbers, searchKeys } from '../../app/numbers/variants.ts';
import type { CallSettings } from '../../app/settings/provisioning.ts';
import type { Timeline } from '../diagnostics/timeline.ts';
import type { Log } from '../diagnostics/log.ts';
import type { Session } from '../session/session.ts';
import type { Remembered } from './remembered.ts';

/** A name that could not be read is asked for again so often, after so long; reading it notifies nobody. */
const READ_AGAIN_MS = [500, 2000];
/** A lead's own name waits so long for its person's: one change of the toast instead of two. */
const PERSON_PATIENCE_MS = 700;
/** More people than that behind one number is no choice any more. */
const MOST_MATCHES = 10;
/** As many leads as one request asks about. */
const MOST_LEADS = 50;

/** What is known by now. */
export type Resolution = {
  caller: Caller;
  /** The agent's sentence when something was in the way. */
  notice: Sentence | null;
  /** Everybody who has the number, Kommo's choice first; empty where there is no choice. */
  matches: CallMatch[];
  /** The Kommo user who is responsible for the card, null while or where that is not known. */
  responsible: number | null;
  /** The company of whoever calls, null while or where that is not known. */
  company: string | null;
};

/** How a call hears of its caller while Kommo is being asked. */
export type Listener = {
  /** The entity, before its name; or a first name that will grow. */
  found(resolution: Resolution): void;
  /** Which company they are of; after the resolution, for no name waits for it. */
  company(name: string): void;
  /** Others have the number as well; after the resolution, and only while it matters. */
  matches(matches: CallMatch[]): void;
  /** Whether the call still goes on: nobody is asked about others for one that is over. */
  live(): boolean;
};

export type ResolverPorts = {
  session: Session;
  remembered: Remembered;
  rules(): NumberRules;
  /** The Kommo user whose extension this call is on, null where that is the one who is signed in. */
  userOf(call: Call): number | null;
  /** The call's place among all that wants to ask Kommo. */
  turnOf(call: Call): Turn;
  /** What becomes of a choice among several: where nothing does, nobody is asked about others. */
  choiceRule(): ChoiceRule;
  timeline: Timeline;
  log: Log;
};

/** A choice decides on which card the call is written, and which one opens. */
export type ChoiceRule = Pick<CallSettings, 'logToCard' | 'pop'>;
const choiceMatters = ({ logToCard, pop }: ChoiceRule) => logToCard || pop !== 'never';

const known = (caller: Caller, more: Partial<Resolution> = {}): Resolution => ({
  caller,
  notice: null,
  matches: [],
  responsible: null,
  company: null,
  ...more,
});

export function createCallerResolver(ports: ResolverPorts) {
  const { session, remembered, rules, userOf, turnOf, choiceRule, timeline, log } = ports;
  /** Whose memory counts: this account, as this user. Null while nobody is signed in. */
  function account(): string | null {
    const user = session.user();
    const kommo = session.client();
    return user === null || kommo === null ? null : `${kommo.origin} ${user.id}`;
  }

  /** What was last known of a number: at once, for the first toast. */
  function recall(number: NumberInfo): Resolution | null {
    const asked = lookUpNumber(number);
    const whose = account();
    return asked === null || whose === null ? null : remembered.recall(whose, asked);
  }

  /**
   * Asks Kommo about a call. Never rejects: what goes wrong is a resolution with a sentence. The caller of this sees to
   * it that it is called once for a call; Kommo is told of the call once and never again, whatever becomes of it.
   */
  async function resolve(call: Call, number: NumberInfo, listener: Listener): Promise<Resolution> {
    const asked = lookUpNumber(number);
    const kommo = session.client();
    if (asked === null) return known({ kind: 'not-asked' });
    if (kommo === null) {
      const set = session.origin() !== null;
      return known({ kind: 'not-asked' }, { notice: set ? say('kommo.signed-out') : null });
    }
    const turn = turnOf(call);
    try {
      const before = recall(number);
      const { current_user_id, contact_name_display_order } = await session.identify();
      const ofCall = kommo.during(turn);
      timeline.add('resolve.sent', call.id);
      const chosen = await ofCall.announceCall(asked, [userOf(call) ?? current_user_id]);
      timeline.add('resolve.entity', call.id, { type: chosen?.type ?? null });
      const search: Search = {
        kommo: ofCall,
        turn,
        asked,
        order: contact_name_display_order === 2 ? 'last-first' : 'first-last',
        chosen,
        found: {},
        read: false,
      };
      // Somebody may be there under another way to write the number, which Kommo's own search cannot see.
      const entity = chosen ?? (before?.caller.kind === 'nobody' ? null : await otherwiseWritten(search));
      const resolution = entity === null ? known({ kind: 'nobody' }) : await named(entity, before, search, listener);
      const { caller } = resolution;
      timeline.add('resolve.done', call.id, {
        found: caller.kind === 'entity',
        ...(caller.kind === 'entity' ? { named: caller.name !== null } : {}),
      });
      session.heard(null);
      const whose = account();
      // What was not read anew does not become younger.
      const carriedOver = caller.kind === 'entity' && caller.name !== null && !search.read;
      if (whose !== null && !carriedOver) remembered.keep(whose, asked, resolution);
      if (entity !== null) void tellMore(call, resolution, search, listener, whose);
      return resolution;
    } catch (error) {
      // A colleague was faster: that is no failure, and the call is asked about over there.
      if (turn.dropped) {
        timeline.add('resolve.dropped', call.id);
        return known({ kind: 'not-asked' });
      }
      const refusal = refusalFrom(error);
      log('caller.not-resolved', { kind: refusal.kind, detail: refusal.detail });
      timeline.add('resolve.done', call.id, { found: false, problem: refusal.kind });
      session.heard(refusal.sentence);
      return known({ kind: 'failed', reason: refusal.message }, { notice: refusal.sentence });
    }
  }

  /** The name of the card that Kommo chose; the card alone where the name could not be read, and why. */
  async function named(
    entity: EntityRef,
    before: Resolution | null,
    search: Search,
    { found }: Listener,
  ): Promise<Resolution> {
    // Until it is read again, what it was called the last time.
    const same = before !== null && before.caller.kind === 'entity' && sameEntity(before.caller.entity, entity);
    const early = same && before.caller.kind === 'entity' ? before.caller.name : null;
    const company = same ? before.company : null;
    found(known({ kind: 'entity', entity, name: early }, { matches: same ? before.matches : [], company }));
    try {
      const card = await patiently(() => search.kommo.readCard(entity));
      search.read = true;
      search.people = card?.people;
      if (card === null) return known({ kind: 'entity', entity, name: null });
      search.company = card.company;
      const facts = { matches: same ? before.matches : [], responsible: card.responsible };
      const asEntity = (name: string | null) =>
        known({ kind: 'entity', entity, name }, { ...facts, company: companyIn(search, company) });
      if (entity.type === 'contact' || entity.type === 'company') return asEntity(nameOnCard(card, search.order));
      const person = personOf(card, search);
      const inTime = await Promise.race([person.then(() => true), pause(PERSON_PATIENCE_MS, false)]);
      if (!inTime && early === null && card.name !== null && !isAutoNamed(card)) found(asEntity(card.name));
      const who = await person;
      search.person = who?.id;
      search.company ??= who?.company ?? null;
      return asEntity(callerName(who === null ? null : nameOnCard(who, search.order), card));
    } catch (error) {
      if (search.turn.dropped) return known({ kind: 'entity', entity, name: early });
      const refusal = refusalFrom(error);
      log('caller.not-named', { kind: refusal.kind, detail: refusal.detail });
      // What it was called the last time is right still, unless this user may not see it any more or it is gone.
      const name = refusal.passes ? early : null;
      const notice = name === null ? say('caller.unnamed', { why: refusal.sentence }) : null;
      const kept = name !== null && same ? { matches: before.matches, company } : {};
      return known({ kind: 'entity', entity, name }, { notice, ...kept });
    }
  }

  /**
   * The person of a lead or a customer: the one who has the number, where there are several; null where there is none
   * that may be read.
   */
  async function personOf({ people }: Card, search: Search): Promise<Card | null> {
    const [main] = people;
    if (main === undefined) return null;
    try {
      if (people.length > 1) {
        const callers = await withNumber(search, 'contact', 'call');
        const caller = callers.find(({ card }) => people.includes(card.id));
        if (caller !== undefined) return caller.card;
      }
      return await patiently(() => search.kommo.readCard({ type: 'contact', id: main }));
    } catch (error) {
      log('caller.no-person', { kind: refusalFrom(error).kind });
      return null;
    }
  }

  /** The contacts or companies that have the number, each asked for once for a call. */
  function withNumber(search: Search, type: Owner['type'], priority: 'call' | 'extra'): Promise<Owner[]> {
    search.found[type] ??= (async () => {
      const found = new Map<number, Owner>();
      for (const key of keysOf(search, type)) {
        for (const card of await search.kommo.cardsWith(type, key, priority)) {
          const verdicts = card.phones.map((phone) => compareNumbers(phone, search.asked, rules()));
          if (verdicts.includes('same')) found.set(card.id, { type, card, rank: 0 });
          else if (verdicts.includes('alike')) found.set(card.id, { type, card, rank: 1 });
        }
      }
      return [...found.values()].toSorted(byLikeness);
    })();
    return search.found[type];
  }

  /** Whoever has the number written in a way that ends otherwise; nobody is notified. */
  async function otherwiseWritten(search: Search): Promise<EntityRef | null> {
    try {
      for (const type of ['contact', 'company'] as const) {
        const [first] = await withNumber(search, type, 'call');
        if (first !== undefined) return { type, id: first.card.id };
      }
    } catch (error) {
      log('caller.not-searched', { kind: refusalFrom(error).kind });
    }
    return null;
  }

  /** The company's name as it is known by now; `before`: what it was the last time. */
  function companyIn({ company }: Search, before: string | null): string | null {
    const whose = account();
    if (company === undefined || company === null || whose === null) return null;
    return remembered.recallCompany(whose, company) ?? before;
  }

  /** What no name waits for, for a call that still goes on. A luxury: what goes wrong here is not said. */
  async function tellMore(
    call: Call,
    resolution: Resolution,
    search: Search,
    listener: Listener,
    whose: string | null,
  ): Promise<void> {
    // A turn later the call has heard of the resolution itself.
    await Promise.resolve();
    const company = listener.live() && whose !== null ? await readCompany(search, whose) : null;
    const more = company === null ? resolution : { ...resolution, company };
    if (company !== null && company !== resolution.company) {
      if (whose !== null) remembered.keep(whose, search.asked, more);
      listener.company(company);
    }
    await tellOthers(call, more, search, listener, whose);
  }

  /** The name of the caller's company; null where there is none, or none that may be read. */
  async function readCompany({ kommo, company }: Search, whose: string): Promise<string | null> {
    if (company === undefined || company === null) return null;
    const name = remembered.recallCompany(whose, company);
    if (name !== null) return name;
    try {
      const card = await kommo.readCard({ type: 'company', id: company }, 'extra');
      if (card?.name) remembered.keepCompany(whose, company, card.name);
      return card?.name ?? null;
    } catch (error) {
      log('caller.no-company', { kind: refusalFrom(error).kind });
      return null;
    }
  }

  /** Says who else has the number. */
  async function tellOthers(
    call: Call,
    resolution: Resolution,
    search: Search,
    { matches, live }: Listener,
    whose: string | null,
  ): Promise<void> {
    const { caller } = resolution;
    if (caller.kind !== 'entity' || !live() || !choiceMatters(choiceRule())) return;
    try {
      const people = await withNumber(search, 'contact', 'extra');
      const companies = await withNumber(search, 'company', 'extra');
      const { entity } = caller;
      const person = entity.type === 'contact' ? entity.id : search.person;
      const owners = [...people, ...companies]
        .filter(({ type, card }) =>
          type === 'contact' ? card.id !== person : !sameEntity(entity, { type, id: card.id }),
        )
        .toSorted(byLikeness)
        .slice(0, MOST_MATCHES - 1);
      const others = offersOf(owners, entity, await leadsBehind(owners, entity, search), search.order);
      const all = others.length === 0 ? [] : [{ entity, name: caller.name }, ...others];
      timeline.add('resolve.matches', call.id, { matches: all.length });
      if (whose !== null && search.read) remembered.keep(whose, search.asked, { ...resolution, matches: all });
      matches(all);
    } catch (error) {
      log('caller.not-searched', { kind: refusalFrom(error).kind });
    }
  }

  /** The leads that are under way with these; none where they cannot be read, which costs only their names. */
  async function leadsBehind(owners: readonly Owner[], entity: EntityRef, { kommo }: Search): Promise<Card[]> {
    const ids = new Set(owners.flatMap(({ card }) => card.leads));
    if (entity.type === 'lead') ids.delete(entity.id);
    if (ids.size === 0) return [];
    try {
      return (await kommo.leadsOf([...ids].slice(0, MOST_LEADS))).filter(({ closed }) => !closed);
    } catch (error) {
      log('caller.no-leads', { kind: refusalFrom(error).kind });
      return [];
    }
  }

  return { resolve, recall };
}

/** Who has the number. `rank`: 0 where it is the same line, 1 where only the endings agree. */
type Owner = { type: 'contact' | 'company'; card: Card; rank: number };

/** The same line before what only ends alike; people before companies, as Kommo has it; the oldest first. */
const byLikeness = (a: Owner, b: Owner): number =>
  a.rank - b.rank || Number(a.type === 'company') - Number(b.type === 'company') || a.card.id - b.card.id;

/** What the requests about one call share. */
type Search = {
  readonly kommo: ReturnType<KommoClient['during']>;
  readonly turn: Turn;
  readonly asked: string;
  readonly order: NameOrder;
  /** What Kommo answered to the event. */
  readonly chosen: EntityRef | null;
  /** Who has the number, once they were asked for. */
  readonly found: Partial<Record<Owner['type'], Promise<Owner[]>>>;
  /** Whether the card that Kommo chose could be read. */
  read: boolean;
  /** The contacts on it. */
  people?: readonly number[] | undefined;
  /** The person of the lead or customer, where one was found. */
  person?: number | undefined;
  /** The company on the card, or on its person's. */
  company?: number | null;
};

/**
 * What to search for. The event has looked for the number as it ends already, among contacts and then among companies
 * (spec, "Algorithm"): where its answer says that there is nobody, only the other ways to write it are left.
 */
function keysOf({ asked, chosen, people }: Search, type: Owner['type']): string[] {
  const keys = searchKeys(asked);
  const ofCompany =
    chosen?.type === 'company' || (chosen !== null && chosen.type !== 'contact' && people?.length === 0);
  return chosen === null || (ofCompany && type === 'contact') ? keys.slice(1) : keys;
}

/** Each as Kommo itself would have answered for it: its one lead that is under way, else itself. */
function offersOf(owners: readonly Owner[], chosen: EntityRef, leads: readonly Card[], order: NameOrder): CallMatch[] {
  const offered = new Set(chosen.type === 'lead' ? [chosen.id] : []);
  return owners.flatMap(({ type, card }): CallMatch[] => {
    const name = nameOnCard(card, order);
    const self = { entity: { type, id: card.id }, name };
    const underWay = card.leads.filter((id) => offered.has(id) || leads.some((lead) => lead.id === id));
    const [id, ...more] = underWay;
    if (id === undefined || more.length > 0) return [self];
    // The lead is there already: its company adds nothing to it, another person does.
    if (offered.has(id)) return type === 'company' ? [] : [self];
    offered.add(id);
    const lead = leads.find((one) => one.id === id);
    return lead === undefined ? [self] : [{ entity: { type: 'lead', id }, name: callerName(name, lead) }];
  });
}

function refusalFrom(error: unknown): KommoRefusal {
  return error instanceof KommoRefusal ? error : new KommoRefusal('unreachable', { detail: String(error) });
}

/** Reads again what failed for a reason that passes. */
async function patiently<T>(read: () => Promise<T>): Promise<T> {
  for (const wait of READ_AGAIN_MS) {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof KommoRefusal) || !error.passes || error.kind === 'timeout') throw error;
      await pause(wait);
    }
  }
  return read();
}
