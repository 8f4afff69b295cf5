/** The journal's tables and their statements, over one SQLite database. */
import * as v from 'valibot';
import { CompletedCallSchema, type CompletedCall } from '../../app/calls/completed-call.ts';
import { readSentence, writtenSentence } from '../../app/texts/kept-sentence.ts';
import type { Sentence } from '../../app/texts/sentence.ts';
import { entityOf, isMissed, partyOf, wordsOf } from './search-words.ts';
import type { SqlDatabase } from './sqlite.ts';
import { CardPlaceSchema, CardWaySchema, type CardPlace, type CardWay } from '../../app/kommo/call-on-card.ts';

/**
 * `update`: what came after the card was written. `recording`: looking for the recording itself. `bell`: the recording
 * that came after the widget had put the call into Kommo's bell.
 */
export const DELIVERY_TARGETS = ['card', 'recording', 'update', 'widget', 'bell'] as const;
export type DeliveryTarget = (typeof DELIVERY_TARGETS)[number];
/**
 * `waiting` is tried again by itself, `failed` by the agent; `expired` came too late; `no-card` has no card to go to;
 * `given-up` the agent let go.
 */
const DELIVERY_STATES = ['waiting', 'done', 'failed', 'expired', 'no-card', 'given-up'] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** A Kommo account: ids of entities and users mean something in theirs alone. */
export type Account = { id: number; name: string };

export type Delivery = {
  call: CompletedCall;
  target: DeliveryTarget;
  state: DeliveryState;
  tries: number;
  /** Milliseconds since 1970 UTC. */
  nextTry: number;
  error: Sentence | null;
  /** A request was on its way when the program stopped, or its answer was lost: look before sending again. */
  ambiguous: boolean;
  /** When that was, milliseconds since 1970 UTC: what it asked for may still happen for a while. */
  doubtSince: number;
  /** The way of that request, null where it is not known. */
  attempt: CardWay | null;
  /** Where it went: the card, or the element that the entry in the bell has. */
  place: CardPlace | null;
  /** The only account that it may go to; null while it is not known which that is. */
  account: Account | null;
};

export type Settlement = {
  state: DeliveryState;
  error: Sentence | null;
  nextTry: number;
  /** Whether this was a try. */
  counts: boolean;
  ambiguous: boolean;
  place?: CardPlace | null;
  /** The card, or the bell, has an older version of the call than the journal by now. */
  update?: boolean;
};

/** What may change in a call after it was recorded. */
export type Change = Partial<
  Pick<CompletedCall, 'caller' | 'matches' | 'chosen' | 'recording' | 'agentDisposition' | 'note' | 'unlisted'>
>;

export type Store = ReturnType<typeof createStore>;

/** Each step brings the file from the version of its index to the next. */
export const MIGRATIONS = [
  `CREATE TABLE calls (
     id TEXT PRIMARY KEY,
     sip_call_id TEXT NOT NULL,
     started_at INTEGER NOT NULL,
     record TEXT NOT NULL
   ) STRICT;
   CREATE INDEX calls_by_start ON calls (started_at DESC);
   CREATE TABLE deliveries (
     call TEXT NOT NULL REFERENCES calls (id),
     target TEXT NOT NULL,
     state TEXT NOT NULL,
     tries INTEGER NOT NULL DEFAULT 0,
     next_try INTEGER NOT NULL,
     error TEXT,
     sending INTEGER NOT NULL DEFAULT 0,
     PRIMARY KEY (call, target)
   ) STRICT;
   CREATE INDEX deliveries_waiting ON deliveries (next_try) WHERE state = 'waiting';`,
  `ALTER TABLE deliveries ADD COLUMN attempt TEXT;
   ALTER TABLE deliveries ADD COLUMN place TEXT;`,
  `ALTER TABLE deliveries ADD COLUMN account INTEGER;
   ALTER TABLE deliveries ADD COLUMN account_name TEXT;`,
  // What calls are searched by (search-words.ts); a search reads the first index and nothing else of what it passes by.
  `ALTER TABLE calls ADD COLUMN words TEXT;
   ALTER TABLE calls ADD COLUMN missed INTEGER;
   ALTER TABLE calls ADD COLUMN party TEXT;
   ALTER TABLE calls ADD COLUMN entity TEXT;
   CREATE INDEX calls_by_words ON calls (started_at DESC, id DESC, missed, words);
   CREATE INDEX calls_by_party ON calls (party, started_at DESC);
   CREATE INDEX calls_by_entity ON calls (entity, started_at DESC) WHERE entity IS NOT NULL;
   CREATE INDEX calls_without_words ON calls (id) WHERE words IS NULL;
   CREATE INDEX deliveries_not_done ON deliveries (call) WHERE state IN ('failed', 'waiting', 'given-up', 'expired');`,
];

/** What the columns that a search reads say of a call. */
const foundBy = (call: CompletedCall): [string, number, string, string | null] => [
  wordsOf(call),
  isMissed(call) ? 1 : 0,
  partyOf(call),
  entityOf(call),
];

/** Fills them for calls that an older version wrote. */
export function indexOlderCalls(db: SqlDatabase): void {
  const fill = db.prepare('UPDATE calls SET words = ?, missed = ?, party = ?, entity = ? WHERE id = ?');
  const nothing = db.prepare("UPDATE calls SET words = '' WHERE id = ?");
  const some = db.prepare('SELECT id, record FROM calls WHERE words IS NULL LIMIT 1000');
  for (;;) {
    const rows = v.parse(v.array(v.looseObject({ id: v.string() })), some.all());
    if (rows.length === 0) return;
    db.transaction(() => {
      for (const row of rows) {
        const call = readCall(row);
        if (call === null) nothing.run(row.id);
        else fill.run(...foundBy(call), row.id);
      }
    })();
  }
}

/** Each part must be in the words of a call. `party`, `entity`: either of them must be its own. */
export type Search = {
  terms: string[];
  filter: 'all' | 'missed' | 'not-delivered';
  party: { number: string; entity: string | null } | null;
  /** What waits and was due before this time is in trouble. */
  overdue: number;
};
/** Not longer than the words of a whole office's names; more only costs time. */
const MOST_TERMS = 12;

const RecordSchema = v.object({ record: v.pipe(v.string(), v.parseJson(), CompletedCallSchema) });

const stored = <T extends v.GenericSchema>(schema: T) =>
  v.fallback(v.nullish(v.pipe(v.string(), v.parseJson(), schema), null), null);

const RowSchema = v.object({
  target: v.picklist(DELIVERY_TARGETS),
  state: v.picklist(DELIVERY_STATES),
  tries: v.number(),
  next_try: v.number(),
  error: v.nullable(v.pipe(v.string(), v.transform(readSentence))),
  sending: v.number(),
  attempt: stored(CardWaySchema),
  place: stored(CardPlaceSchema),
  // Of a damaged file that is older than these columns there is none.
  account: v.nullish(v.number(), null),
  account_name: v.nullish(v.string(), null),
});

/** The call in a row of `calls`; null where it cannot be read. */
export function readCall(row: unknown): CompletedCall | null {
  const parsed = v.safeParse(RecordSchema, row);
  return parsed.success ? parsed.output.record : null;
}

/** The delivery in a row of `deliveries`; nothing where it cannot be read. */
export function readDelivery(row: unknown, call: CompletedCall | null): Delivery[] {
  const parsed = v.safeParse(RowSchema, row);
  if (!parsed.success || call === null) return [];
  const { target, state, tries, next_try, error, sending, attempt, place, account, account_name } = parsed.output;
  return [
    {
      call,
      target,
      state,
      tries,
      nextTry: next_try,
      error,
      ambiguous: sending > 0,
      doubtSince: sending,
      attempt,
      place,
      account: account === null ? null : { id: account, name: account_name ?? String(account) },
    },
  ];
}

/**
 * Nothing is put off for longer than this. What seems to be was put off by a clock that has been set back since, and is
 * due.
 */
export const FARTHEST_MS = 10 * 60 * 1000;

/** A call that ended later than another began no earlier than so long before it. */
const LONGEST_CALL_MS = 24 * 60 * 60 * 1000;

const count = (row: unknown): number => v.parse(v.object({ n: v.number() }), row).n;
const kept = (error: Sentence | null): string | null => (error === null ? null : writtenSentence(error));
const json = (value: unknown): string | null => (value === null || value === undefined ? null : JSON.stringify(value));

export function createStore(db: SqlDatabase) {
  const insertCall = db.prepare(
    'INSERT OR IGNORE INTO calls (id, sip_call_id, started_at, record, words, missed, party, entity) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
  );
  const insertDelivery = db.prepare(
    'INSERT OR IGNORE INTO deliveries (call, target, state, tries, next_try, error, sending, attempt, place, account, account_name) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
  );
  // What follows a delivery goes to its account.
  const askMore = db.prepare(
    "INSERT INTO deliveries (call, target, state, next_try, account, account_name) SELECT call, ?, 'waiting', ?, account, account_name FROM deliveries WHERE call = ? AND target = ? ON CONFLICT (call, target) DO UPDATE SET state = 'waiting', tries = 0, next_try = excluded.next_try, error = NULL",
  );
  const updateRecord = db.prepare(
    'UPDATE calls SET record = ?, words = ?, missed = ?, party = ?, entity = ? WHERE id = ?',
  );
  const selectCall = db.prepare('SELECT record FROM calls WHERE id = ?');
  const selectPage = db.prepare(
    'SELECT id, record FROM calls WHERE started_at < ? ORDER BY started_at DESC, id DESC LIMIT ?',
  );
  const selectOfCall = db.prepare('SELECT * FROM deliveries WHERE call = ? ORDER BY target');
  const selectDue = db.prepare(
    "SELECT c.record, d.* FROM deliveries d JOIN calls c ON c.id = d.call WHERE d.state = 'waiting' AND d.target = ? AND (d.next_try <= ? OR d.next_try > ?) ORDER BY d.next_try, c.started_at LIMIT 50",
  );
  const selectNext = db.prepare(
    "SELECT min(CASE WHEN next_try > ? THEN 0 ELSE next_try END) AS n FROM deliveries WHERE state = 'waiting' AND target = ?",
  );
  const countUndelivered = db.prepare(
    "SELECT count(DISTINCT call) AS n FROM deliveries WHERE (state = 'failed' AND target <> 'recording') OR (state = 'waiting' AND target IN ('card', 'update') AND (tries > 0 OR next_try < ?))",
  );
  const clearSending = db.prepare('UPDATE deliveries SET sending = 0, attempt = NULL WHERE call = ? AND target = ?');
  const bind = db.prepare('UPDATE deliveries SET account = ?, account_name = ? WHERE account IS NULL');
  const countAfter = db.prepare(
    "SELECT count(*) AS n FROM calls c JOIN deliveries d ON d.call = c.id AND d.target = 'widget' AND d.state = 'done' WHERE c.started_at > ? AND json_extract(c.record, '$.endedAt') > ? AND json_extract(c.record, '$.caller.entity.id') = ? AND json_extract(c.record, '$.caller.entity.type') <> 'customer'",
  );
  const markSending = db.prepare('UPDATE deliveries SET sending = ?, attempt = ? WHERE call = ? AND target = ?');
  const settle = db.prepare(
    "UPDATE deliveries SET state = ?, tries = tries + ?, next_try = ?, error = ?, sending = CASE WHEN ? THEN max(?, sending, 1) ELSE 0 END, attempt = CASE WHEN ? THEN attempt END, place = coalesce(?, place) WHERE call = ? AND target = ? AND (state <> 'given-up' OR ? <> 'waiting')",
  );
  const wake = db.prepare("UPDATE deliveries SET next_try = 0 WHERE state = 'waiting' AND target = ? AND next_try > ?");
  const release = db.prepare(
    "UPDATE deliveries SET state = 'waiting', next_try = min(next_try, ?) WHERE call = ? AND target IN ('card', 'widget') AND ((state = 'waiting' AND tries = 0) OR state = 'no-card')",
  );
  const retry = db.prepare(
    "UPDATE deliveries SET state = 'waiting', next_try = 0 WHERE call = ? AND target <> 'recording' AND state IN ('failed', 'expired', 'no-card', 'waiting', 'given-up')",
  );
  const countNotInKommo = db.prepare(
    "SELECT count(DISTINCT call) AS n FROM deliveries WHERE target IN ('card', 'update') AND state IN ('waiting', 'failed') AND (?1 IS NULL OR account IS NULL OR account = ?1)",
  );
  const giveUp = db.prepare(
    "UPDATE deliveries SET state = 'given-up', error = ?2 WHERE target IN ('card', 'update') AND state IN ('waiting', 'failed') AND (?1 IS NULL OR account IS NULL OR account = ?1)",
  );
  const forgetDeliveries = db.prepare('DELETE FROM deliveries WHERE call = ?');
  const forgetCall = db.prepare('DELETE FROM calls WHERE id = ?');

  const put = (call: CompletedCall, deliveries: Omit<Delivery, 'call'>[]): void => {
    insertCall.run(call.id, call.callId, call.startedAt, JSON.stringify(call), ...foundBy(call));
    for (const { target, state, tries, nextTry, error, ambiguous, doubtSince, attempt, place, account } of deliveries) {
      const sending = ambiguous ? Math.max(doubtSince, 1) : 0;
      const [id, name] = [account?.id ?? null, account?.name ?? null];
      insertDelivery.run(
        call.id,
        target,
        state,
        tries,
        nextTry,
        kept(error),
        sending,
        json(attempt),
        json(place),
        id,
        name,
      );
    }
  };
  const deliveriesOf = (call: CompletedCall): Delivery[] =>
    selectOfCall.all(call.id).flatMap((row) => readDelivery(row, call));

  /** Calls that started before a time and fit, newest first. */
  function search(wanted: Search, before: number, limit: number): CompletedCall[] {
    const terms = wanted.terms.slice(0, MOST_TERMS);
    const { sql, values } = searchStatement({ ...wanted, terms });
    return db
      .prepare(sql)
      .all(...values, before, limit)
      .flatMap((row) => readCall(row) ?? []);
  }

  return {
    /** Writes a call and its deliveries as they are, in one transaction. A call that is there already stays as it is. */
    put: db.transaction(put),

    call: (id: string): CompletedCall | null => readCall(selectCall.get(id)),
    deliveriesOf,

    /**
     * Changes a call; the card and the bell hear of it where they have the call already. A new caller lets what waited
     * for it go.
     */
    amend: db.transaction((id: string, change: Change, now: number) => {
      const call = readCall(selectCall.get(id));
      if (call === null) return;
      const next = { ...call, ...change };
      updateRecord.run(JSON.stringify(next), ...foundBy(next), id);
      if (change.caller !== undefined) release.run(now, id);
      const recorded = change.recording?.state === 'ready';
      const said = change.agentDisposition !== undefined || change.note !== undefined || recorded;
      for (const { target, state } of deliveriesOf(call)) {
        if (state !== 'done') continue;
        if (target === 'card' && said) askMore.run('update', now, id, 'card');
        if (target === 'widget' && recorded) askMore.run('bell', now, id, 'widget');
      }
    }),

    page: (before: number, limit: number): { call: CompletedCall; deliveries: Delivery[] }[] =>
      selectPage.all(before, limit).flatMap((row) => {
        const call = readCall(row);
        return call === null ? [] : [{ call, deliveries: deliveriesOf(call) }];
      }),

    search: (wanted: Search, before: number, limit: number): { call: CompletedCall; deliveries: Delivery[] }[] =>
      search(wanted, before, limit).map((call) => ({ call, deliveries: deliveriesOf(call) })),

    /** The newest call with a party that started before a time. */
    lastWith: (party: NonNullable<Search['party']>, before: number): CompletedCall | null =>
      search({ terms: [], filter: 'all', party, overdue: 0 }, before, 1)[0] ?? null,

    due: (target: DeliveryTarget, now: number): Delivery[] =>
      selectDue.all(target, now, now + FARTHEST_MS).flatMap((row) => readDelivery(row, readCall(row))),

    nextDue: (target: DeliveryTarget, now: number): number | null =>
      v.parse(v.object({ n: v.nullable(v.number()) }), selectNext.get(now + FARTHEST_MS, target)).n,

    /** Failed, tried in vain, or due since before that time. */
    undelivered: (since: number): number => count(countUndelivered.get(since)),
    notInKommo: (account: number | null): number => count(countNotInKommo.get(account)),
    giveUp: (reason: Sentence, account: number | null): void => {
      giveUp.run(account, writtenSentence(reason));
    },
    bind: ({ id, name }: Account): void => {
      bind.run(id, name);
    },

    /** Whether a later call of the same element is in the bell. */
    overtaken: ({ caller, startedAt, endedAt }: CompletedCall): boolean =>
      caller.kind === 'entity' && count(countAfter.get(startedAt - LONGEST_CALL_MS, endedAt, caller.entity.id)) > 0,

    sending: (id: string, target: DeliveryTarget, attempt: CardWay | null, now: number): void => {
      markSending.run(Math.max(now, 1), json(attempt), id, target);
    },
    certain: (id: string, target: DeliveryTarget): void => {
      clearSending.run(id, target);
    },

    settle: db.transaction((id: string, target: DeliveryTarget, to: Settlement, now: number) => {
      const lost = to.ambiguous ? 1 : 0;
      const tried = to.counts ? now : 0;
      settle.run(
        to.state,
        to.counts ? 1 : 0,
        to.nextTry,
        kept(to.error),
        lost,
        tried,
        lost,
        json(to.place),
        id,
        target,
        to.state,
      );
      if (to.update === true) askMore.run(target === 'widget' ? 'bell' : 'update', now, id, target);
    }),

    wake: (target: DeliveryTarget, now: number): void => {
      wake.run(target, now);
    },
    retry: (id: string): void => {
      retry.run(id);
    },
    forget: db.transaction((id: string) => {
      forgetDeliveries.run(id);
      forgetCall.run(id);
    }),
  };
}

const NOT_DELIVERED =
  "SELECT call FROM deliveries WHERE (state IN ('failed', 'given-up', 'expired') AND target <> 'recording' AND (state <> 'expired' OR target IN ('card', 'update'))) OR (state = 'waiting' AND target IN ('card', 'update') AND (tries > 0 OR next_try < ?))";

/** The ids first, from the index alone; then the records of those that are shown. */
function searchStatement({ terms, filter, party, overdue }: Search): { sql: string; values: (string | number)[] } {
  const conditions: string[] = [];
  const values: (string | number)[] = [];
  const demand = (condition: string, ...given: (string | number)[]) => {
    conditions.push(condition);
    values.push(...given);
  };
  if (party !== null) {
    const numbers = 'SELECT id FROM calls WHERE party = ?';
    if (party.entity === null) demand(`id IN (${numbers})`, party.number);
    else demand(`id IN (${numbers} UNION SELECT id FROM calls WHERE entity = ?)`, party.number, party.entity);
  }
  if (filter === 'missed') demand('missed = 1');
  if (filter === 'not-delivered') demand(`id IN (${NOT_DELIVERED})`, overdue);
  for (const term of terms) demand('instr(words, ?) > 0', term);
  const ids = `SELECT id FROM calls WHERE ${[...conditions, 'started_at < ?'].join(' AND ')} ORDER BY started_at DESC, id DESC LIMIT ?`;
  return { sql: `SELECT record FROM calls WHERE id IN (${ids}) ORDER BY started_at DESC, id DESC`, values };
}
