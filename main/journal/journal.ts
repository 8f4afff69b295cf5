/**
 * The journal: every completed call and what became of it, on disk before anyone hears of it. SQLite with a
 * write-ahead log and full sync, so that a `kill -9` or a power cut loses nothing that was recorded.
 */
import fs from 'node:fs';
import path from 'node:path';
import * as v from 'valibot';
import type { Caller, CompletedCall } from '../../app/calls/completed-call.ts';
import type { CardWay } from '../../app/kommo/call-on-card.ts';
import type { HistorySearch } from '../../app/ipc/panel.ts';
import type { Sentence } from '../../app/texts/sentence.ts';
import { salvage } from './salvage.ts';
import { entityOf, partyOf, termsOf } from './search-words.ts';
import { isDamage, openDatabase, type SqlDatabase } from './sqlite.ts';
import {
  createStore,
  indexOlderCalls,
  MIGRATIONS,
  type Account,
  type Change,
  type Delivery,
  type DeliveryTarget,
  type Search,
  type Settlement,
  type Store,
} from './store.ts';

export type { Account, Change, Delivery, DeliveryTarget, Settlement } from './store.ts';
export type Journal = ReturnType<typeof openJournal>;

/**
 * What the agent must know: `damaged` was set aside under that name and so many calls were carried over; `unusable`
 * cannot be written at all; `full` did not take the last call, which is kept in memory and tried again; `written` took
 * what had waited in memory.
 */
export type JournalTrouble =
  | { kind: 'damaged'; keptAs: string; carried: number }
  | { kind: 'unusable'; detail: string }
  | { kind: 'full'; detail: string }
  | { kind: 'written' };

export type JournalPorts = {
  /** Tries again later what the disk did not take. */
  after?(ms: number, run: () => void): () => void;
  /** Where a call goes, for calls of a damaged file of which only they themselves could be read. */
  targets?(call: CompletedCall): DeliveryTarget[];
  now?(): number;
  open?(file: string): SqlDatabase;
};

/** What is due for so long is in trouble, even where nothing was tried yet. */
const OVERDUE_MS = 60_000;
/** A full disk is looked at again after so long. */
const DISK_AGAIN_MS = 10_000;

/**
 * Opens the journal in the profile. A file that is damaged is set aside, and everything readable of it carried over.
 * Where there can be none at all (a full disk, no rights), calls are kept in memory, and `troubled` is told so that
 * the agent is.
 */
export function openJournal(profile: string, troubled: (trouble: JournalTrouble) => void, ports: JournalPorts = {}) {
  const { after, now = Date.now, targets = () => [], open = openDatabase } = ports;
  const db = openOrReplace();
  const disk = createStore(db);
  /** What the disk did not take. */
  let spare: { store: Store; ids: Set<string>; close(): void } | null = null;
  let cancelRescue: (() => void) | null = null;

  function openOrReplace(): SqlDatabase {
    const file = path.join(profile, 'journal.db');
    try {
      try {
        return openJournalFile(file, open);
      } catch (error) {
        if (!(error instanceof Damaged || isDamage(error))) throw error;
        const keptAs = `${file}.damaged-${now()}`;
        for (const part of ['', '-wal', '-shm'])
          if (fs.existsSync(file + part)) fs.renameSync(file + part, keptAs + part);
        const whole = openJournalFile(file, open);
        troubled({ kind: 'damaged', keptAs: path.basename(keptAs), carried: carryOver(keptAs, createStore(whole)) });
        return whole;
      }
    } catch (error) {
      troubled({ kind: 'unusable', detail: detailOf(error) });
      return openJournalFile(':memory:', open);
    }
  }

  /** Everything readable of a damaged file; returns how many calls that were. */
  function carryOver(damaged: string, to: Store): number {
    let carried = 0;
    for (const { call, deliveries } of salvage(damaged, { now: now(), targets, open })) {
      to.put(call, deliveries);
      carried += 1;
    }
    return carried;
  }

  const storeOf = (id: string): Store => (spare?.ids.has(id) === true ? spare.store : disk);
  const stores = (): Store[] => (spare === null ? [disk] : [disk, spare.store]);

  /** Brings to disk what waits in memory, as far as it goes. */
  function rescue(): void {
    if (spare === null) return;
    const { store, ids, close } = spare;
    try {
      for (const id of ids) {
        const call = store.call(id);
        if (call !== null) disk.put(call, store.deliveriesOf(call));
        ids.delete(id);
        store.forget(id);
      }
      spare = null;
      close();
      troubled({ kind: 'written' });
    } catch {
      rescueLater();
    }
  }

  function rescueLater(): void {
    cancelRescue?.();
    cancelRescue = after?.(DISK_AGAIN_MS, rescue) ?? null;
  }

  function keepInMemory(): Store {
    if (spare === null) {
      const memory = openJournalFile(':memory:', open);
      spare = { store: createStore(memory), ids: new Set(), close: () => memory.close() };
    }
    return spare.store;
  }

  return {
    /**
     * Writes a completed call and its deliveries in one transaction. Recording the same id again changes nothing. What
     * the disk does not take is kept in memory, delivered from there, and written as soon as the disk takes it.
     * `account`: the only one that it may go to, null while that is not known.
     */
    record(call: CompletedCall, to: readonly DeliveryTarget[], due: number, account: Account | null = null): void {
      const deliveries = to.map((target) => newDelivery(target, due, account));
      rescue();
      try {
        disk.put(call, deliveries);
      } catch (error) {
        keepInMemory().put(call, deliveries);
        spare?.ids.add(call.id);
        troubled({ kind: 'full', detail: detailOf(error) });
        rescueLater();
      }
    },

    /** Kommo's answer came after the call had ended: its deliveries may go now, also one that had found no card before. */
    setCaller: (id: string, caller: Caller, at: number): void => {
      storeOf(id).amend(id, { caller }, at);
    },

    /** Something about a recorded call came later (its recording, what the agent said); the card hears of it. */
    amend: (id: string, change: Change, at: number): void => {
      storeOf(id).amend(id, change, at);
    },

    call: (id: string): CompletedCall | null => storeOf(id).call(id),
    delivery: (id: string, target: DeliveryTarget): Delivery | null => {
      const store = storeOf(id);
      const call = store.call(id);
      return (call === null ? [] : store.deliveriesOf(call)).find((delivery) => delivery.target === target) ?? null;
    },

    /** Calls that started before a time, newest first, each with its deliveries. */
    page(before: number | null, limit: number): { call: CompletedCall; deliveries: Delivery[] }[] {
      const pages = stores().map((store) => store.page(before ?? Number.MAX_SAFE_INTEGER, limit));
      const [only = []] = pages;
      if (pages.length === 1) return only;
      return pages
        .flat()
        .toSorted((a, b) => b.call.startedAt - a.call.startedAt)
        .slice(0, limit);
    },

    /** As `page`, of calls that fit what was searched for; no call of its own is nobody's party. */
    search(
      { text, filter, partyOf: of }: HistorySearch,
      before: number | null,
      limit: number,
    ): { call: CompletedCall; deliveries: Delivery[] }[] {
      const one = of === null ? null : storeOf(of).call(of);
      if (of !== null && one === null) return [];
      const party = one === null ? null : { number: partyOf(one), entity: entityOf(one) };
      const wanted = { terms: termsOf(text), filter, party, overdue: now() - OVERDUE_MS };
      const found = stores().map((store) => store.search(wanted, before ?? Number.MAX_SAFE_INTEGER, limit));
      const [only = []] = found;
      if (found.length === 1) return only;
      return found
        .flat()
        .toSorted((a, b) => b.call.startedAt - a.call.startedAt)
        .slice(0, limit);
    },

    /** The newest call with this party that started before a time; null where there was none. */
    lastWith(party: NonNullable<Search['party']>, before: number): CompletedCall | null {
      const last = stores().flatMap((store) => store.lastWith(party, before) ?? []);
      return last.toSorted((a, b) => b.startedAt - a.startedAt)[0] ?? null;
    },

    due: (target: DeliveryTarget, at: number): Delivery[] => stores().flatMap((store) => store.due(target, at)),

    /** When the next waiting delivery of a target is due, as seen at that time; null when none waits. */
    nextDue(target: DeliveryTarget, at: number): number | null {
      const times = stores()
        .map((store) => store.nextDue(target, at))
        .filter((time) => time !== null);
      return times.length === 0 ? null : Math.min(...times);
    },

    undelivered: (): number => stores().reduce((sum, store) => sum + store.undelivered(now() - OVERDUE_MS), 0),

    /** Calls whose card lacks something yet, however it comes; those of one account, or all. */
    notInKommo: (account: number | null = null): number =>
      stores().reduce((sum, store) => sum + store.notInKommo(account), 0),

    /** Lets go what waits or failed, of one account or all, with the reason; the agent can still retry each. */
    giveUp: (reason: Sentence, account: number | null = null): void => {
      for (const store of stores()) store.giveUp(reason, account);
    },

    /** It is known now whose account it is: what was recorded before is for this one, and for no other from now on. */
    bind: (account: Account): void => {
      for (const store of stores()) store.bind(account);
    },

    /**
     * Whether Kommo's bell has a later call with the same element by now: then it has this one no more, as it keeps
     * one entry for each element id (spec/call-notification.txt).
     */
    overtaken: (call: CompletedCall): boolean => stores().some((store) => store.overtaken(call)),

    /** Written right before a request goes out, so that a kill in between is known to be ambiguous, and in which way. */
    sending: (id: string, target: DeliveryTarget, attempt: CardWay | null = null): void => {
      storeOf(id).sending(id, target, attempt, now());
    },

    /** What was sent came to nothing for certain, so that a kill from here on is not ambiguous any more. */
    certain: (id: string, target: DeliveryTarget): void => {
      storeOf(id).certain(id, target);
    },

    settle: (id: string, target: DeliveryTarget, to: Settlement): void => {
      storeOf(id).settle(id, target, to, now());
    },

    /** Something changed (a browser connected, a sign-in): what waits for this target is due now. */
    wake: (target: DeliveryTarget, at: number): void => {
      for (const store of stores()) store.wake(target, at);
    },

    retry: (id: string): void => {
      storeOf(id).retry(id);
    },

    close: (): void => {
      rescue();
      cancelRescue?.();
      spare?.close();
      db.close();
    },
  };
}

function newDelivery(target: DeliveryTarget, due: number, account: Account | null): Omit<Delivery, 'call'> {
  return {
    target,
    state: 'waiting',
    tries: 0,
    nextTry: due,
    error: null,
    ambiguous: false,
    doubtSince: 0,
    attempt: null,
    place: null,
    account,
  };
}

const detailOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** SQLite reads the file, and finds that its parts do not fit together. */
class Damaged extends Error {}

function openJournalFile(file: string, open: (file: string) => SqlDatabase): SqlDatabase {
  const db = open(file);
  try {
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = FULL');
    const check = v.parse(v.array(v.object({ quick_check: v.string() })), db.pragma('quick_check'));
    if (check[0]?.quick_check !== 'ok') throw new Damaged('the journal is damaged');
    const version =
      v.parse(v.array(v.object({ user_version: v.number() })), db.pragma('user_version'))[0]?.user_version ?? 0;
    for (const [index, migration] of MIGRATIONS.entries()) {
      if (index < version) continue;
      db.exec(`BEGIN; ${migration} PRAGMA user_version = ${index + 1}; COMMIT;`);
    }
    indexOlderCalls(db);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}
