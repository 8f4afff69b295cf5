/**
 * The journal: every completed call and what became of it, on disk before anyone hears of it. SQLite with a
 * write-ahead log and full sync, so that a `kill -9` or a power cut loses nothing that was recorded.
 */
import fs from 'node:fs';
import path from 'node:path';
import Database from 'libsql';
import * as v from 'valibot';
import { CompletedCallSchema, type Caller, type CompletedCall } from '../../app/calls/completed-call.ts';

export type DeliveryTarget = 'card' | 'widget';
/** `waiting` is tried again by itself, `failed` by the agent; `expired` is too old to be news; `no-card` has no card to go to. */
export type DeliveryState = 'waiting' | 'done' | 'failed' | 'expired' | 'no-card';

export type Delivery = {
  call: CompletedCall;
  target: DeliveryTarget;
  state: DeliveryState;
  tries: number;
  /** Milliseconds since 1970 UTC. */
  nextTry: number;
  error: string | null;
  /** A request was on its way when the program stopped, or its answer was lost: look before sending again. */
  ambiguous: boolean;
};

export type Journal = ReturnType<typeof openJournal>;

/** Each step brings the file from the version of its index to the next. */
const MIGRATIONS = [
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
];

const RowSchema = v.object({
  record: v.string(),
  target: v.picklist(['card', 'widget']),
  state: v.picklist(['waiting', 'done', 'failed', 'expired', 'no-card']),
  tries: v.number(),
  next_try: v.number(),
  error: v.nullable(v.string()),
  sending: v.number(),
});

const RecordSchema = v.object({ record: v.pipe(v.string(), v.parseJson(), CompletedCallSchema) });

/** What was wrong with the file: `damaged` was set aside under that name; `unusable` cannot be written at all. */
export type JournalTrouble = { kind: 'damaged'; keptAs: string } | { kind: 'unusable'; detail: string };

/**
 * Opens the journal in the profile. A file that is no database any more is set aside, not deleted. Where there can be
 * none at all (a full disk, no rights), calls are kept in memory, and `troubled` is told so that the agent is.
 */
export function openJournal(profile: string, troubled: (trouble: JournalTrouble) => void) {
  const db = openOrReplace(path.join(profile, 'journal.db'), troubled);

  const insertCall = db.prepare(
    'INSERT OR IGNORE INTO calls (id, sip_call_id, started_at, record) VALUES (?, ?, ?, ?)',
  );
  const insertDelivery = db.prepare(
    'INSERT OR IGNORE INTO deliveries (call, target, state, next_try) VALUES (?, ?, ?, ?)',
  );
  const updateRecord = db.prepare('UPDATE calls SET record = ? WHERE id = ?');
  const selectCall = db.prepare('SELECT record FROM calls WHERE id = ?');
  const selectPage = db.prepare(
    'SELECT id, record FROM calls WHERE started_at < ? ORDER BY started_at DESC, id DESC LIMIT ?',
  );
  const selectOfCall = db.prepare(
    'SELECT c.record, d.* FROM deliveries d JOIN calls c ON c.id = d.call WHERE d.call = ? ORDER BY d.target',
  );
  const selectDue = db.prepare(
    "SELECT c.record, d.* FROM deliveries d JOIN calls c ON c.id = d.call WHERE d.state = 'waiting' AND d.target = ? AND d.next_try <= ? ORDER BY d.next_try, c.started_at LIMIT 50",
  );
  const selectNext = db.prepare("SELECT min(next_try) AS next FROM deliveries WHERE state = 'waiting' AND target = ?");
  const countUndelivered = db.prepare(
    "SELECT count(*) AS n FROM deliveries WHERE state = 'failed' OR (state = 'waiting' AND target = 'card' AND tries > 0)",
  );
  const markSending = db.prepare('UPDATE deliveries SET sending = 1 WHERE call = ? AND target = ?');
  const settle = db.prepare(
    'UPDATE deliveries SET state = ?, tries = tries + ?, next_try = ?, error = ?, sending = ? WHERE call = ? AND target = ?',
  );
  const wake = db.prepare("UPDATE deliveries SET next_try = 0 WHERE state = 'waiting' AND target = ? AND next_try > ?");
  const release = db.prepare(
    "UPDATE deliveries SET state = 'waiting', next_try = ? WHERE call = ? AND ((state = 'waiting' AND tries = 0) OR state = 'no-card')",
  );
  const retry = db.prepare(
    "UPDATE deliveries SET state = 'waiting', next_try = 0 WHERE call = ? AND state IN ('failed', 'expired', 'no-card', 'waiting')",
  );

  const record = db.transaction((call: CompletedCall, targets: DeliveryTarget[], due: number) => {
    insertCall.run(call.id, call.callId, call.startedAt, JSON.stringify(call));
    for (const target of targets) insertDelivery.run(call.id, target, 'waiting', due);
  });

  return {
    /** Writes a completed call and its deliveries in one transaction. Recording the same id again changes nothing. */
    record: (call: CompletedCall, targets: DeliveryTarget[], due: number): void => {
      record(call, targets, due);
    },

    /** Kommo's answer came after the call had ended: its deliveries may go now, also one that had found no card before. */
    setCaller(id: string, caller: Caller, now: number): void {
      const call = readCall(selectCall.get(id));
      if (call === null) return;
      updateRecord.run(JSON.stringify({ ...call, caller }), id);
      release.run(now, id);
    },

    call: (id: string): CompletedCall | null => readCall(selectCall.get(id)),

    /** Calls that started before a time, newest first, each with its deliveries. */
    page(before: number | null, limit: number): { call: CompletedCall; deliveries: Delivery[] }[] {
      return selectPage.all(before ?? Number.MAX_SAFE_INTEGER, limit).flatMap((row) => {
        const call = readCall(row);
        return call === null ? [] : [{ call, deliveries: selectOfCall.all(call.id).flatMap(readDelivery) }];
      });
    },

    due: (target: DeliveryTarget, now: number): Delivery[] => selectDue.all(target, now).flatMap(readDelivery),

    /** When the next waiting delivery of a target is due, null when none waits. */
    nextDue(target: DeliveryTarget): number | null {
      return v.parse(v.object({ next: v.nullable(v.number()) }), selectNext.get(target)).next;
    },

    undelivered: (): number => v.parse(v.object({ n: v.number() }), countUndelivered.get()).n,

    /** Written before a request goes out, so that a kill in between is known to be ambiguous. */
    sending: (id: string, target: DeliveryTarget): void => {
      markSending.run(id, target);
    },

    settle: (
      id: string,
      target: DeliveryTarget,
      to: { state: DeliveryState; error: string | null; nextTry: number; counts: boolean; ambiguous: boolean },
    ): void => {
      settle.run(to.state, to.counts ? 1 : 0, to.nextTry, to.error, to.ambiguous ? 1 : 0, id, target);
    },

    /** Something changed (a browser connected, a sign-in): what waits for this target is due now. */
    wake: (target: DeliveryTarget, now: number): void => {
      wake.run(target, now);
    },

    retry: (id: string): void => {
      retry.run(id);
    },

    close: (): void => {
      db.close();
    },
  };
}

function openOrReplace(file: string, troubled: (trouble: JournalTrouble) => void): Database.Database {
  try {
    try {
      return openDatabase(file);
    } catch (error) {
      if (!isDamage(error)) throw error;
      const keptAs = `${file}.damaged-${Date.now()}`;
      for (const part of ['', '-wal', '-shm'])
        if (fs.existsSync(file + part)) fs.renameSync(file + part, keptAs + part);
      const db = openDatabase(file);
      troubled({ kind: 'damaged', keptAs: path.basename(keptAs) });
      return db;
    }
  } catch (error) {
    troubled({ kind: 'unusable', detail: error instanceof Error ? error.message : String(error) });
    return openDatabase(':memory:');
  }
}

/** Whether the file is no (whole) database, rather than busy, unreadable or on a full disk. */
function isDamage(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const message = error instanceof Error ? error.message : String(error);
  return /NOTADB|CORRUPT/.test(code) || /not a database|malformed|is damaged/i.test(message);
}

function openDatabase(file: string): Database.Database {
  const db = new Database(file);
  try {
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = FULL');
    const check = v.parse(v.array(v.object({ quick_check: v.string() })), db.pragma('quick_check'));
    if (check[0]?.quick_check !== 'ok') throw new Error('the journal is damaged');
    const version =
      v.parse(v.array(v.object({ user_version: v.number() })), db.pragma('user_version'))[0]?.user_version ?? 0;
    for (const [index, migration] of MIGRATIONS.entries()) {
      if (index < version) continue;
      db.exec(`BEGIN; ${migration} PRAGMA user_version = ${index + 1}; COMMIT;`);
    }
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

function readCall(row: unknown): CompletedCall | null {
  const parsed = v.safeParse(RecordSchema, row);
  return parsed.success ? parsed.output.record : null;
}

function readDelivery(row: unknown): Delivery[] {
  const parsed = v.safeParse(RowSchema, row);
  if (!parsed.success) return [];
  const call = readCall(row);
  if (call === null) return [];
  const { target, state, tries, next_try, error, sending } = parsed.output;
  return [{ call, target, state, tries, nextTry: next_try, error, ambiguous: sending === 1 }];
}
