/**
 * What can still be read of a damaged journal: row by row where SQLite finds the rows, and where it does not, the
 * calls themselves, which lie in the file as JSON.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import * as v from 'valibot';
import { CompletedCallSchema, type CompletedCall } from '../../app/calls/completed-call.ts';
import type { SqlDatabase } from './sqlite.ts';
import { readCall, readDelivery, type Delivery, type DeliveryTarget } from './store.ts';

type Salvaged = { call: CompletedCall; deliveries: Omit<Delivery, 'call'>[] };

/** Of a call of which only itself could be read nobody knows what was delivered: for so long it is looked up. */
const STILL_DELIVERED_MS = 7 * 24 * 60 * 60 * 1000;
/** A record longer than this lies in several pages. */
const LONGEST_RECORD = 64 * 1024;

export function salvage(
  file: string,
  ports: { now: number; targets(call: CompletedCall): DeliveryTarget[]; open(file: string): SqlDatabase },
): Salvaged[] {
  const { now, targets, open } = ports;
  const found = new Map<string, Salvaged>();
  for (const { call, deliveries } of rowByRow(file, open))
    found.set(call.id, { call, deliveries: deliveries.length > 0 ? deliveries : inDoubt(call, now, targets(call)) });
  const known = new Set(found.keys());
  // The log is younger than the file: what comes last counts.
  for (const part of ['', '-wal'])
    for (const call of callsIn(file + part))
      if (!known.has(call.id)) found.set(call.id, { call, deliveries: inDoubt(call, now, targets(call)) });
  return [...found.values()];
}

/** Looked up on the far side before anything is sent. */
function inDoubt(call: CompletedCall, now: number, targets: readonly DeliveryTarget[]): Salvaged['deliveries'] {
  if (!targets.includes('card') || now - call.endedAt > STILL_DELIVERED_MS) return [];
  const [state, error] = ['waiting' as const, null];
  return [
    {
      target: 'card',
      state,
      tries: 0,
      nextTry: 0,
      error,
      ambiguous: true,
      doubtSince: 0,
      attempt: null,
      place: null,
      account: null,
    },
  ];
}

function rowByRow(file: string, open: (file: string) => SqlDatabase): Salvaged[] {
  // On a copy: opening a database may write to it, and the damaged file is to be kept as it is.
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ringside-salvage-'));
  try {
    const copy = path.join(folder, 'journal.db');
    for (const part of ['', '-wal']) if (fs.existsSync(file + part)) fs.copyFileSync(file + part, copy + part);
    const db = open(copy);
    try {
      const calls = new Map<string, Salvaged>();
      for (const row of rowsOf(db, 'calls')) {
        const call = readCall(row);
        if (call !== null) calls.set(call.id, { call, deliveries: [] });
      }
      for (const row of rowsOf(db, 'deliveries')) {
        const of = calls.get(textIn(row, 'call'));
        if (of !== undefined) of.deliveries.push(...readDelivery(row, of.call));
      }
      return [...calls.values()];
    } finally {
      db.close();
    }
  } catch {
    return [];
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/** Every row that can be read, each by its own number: a broken page costs its rows and no others. */
function rowsOf(db: SqlDatabase, table: 'calls' | 'deliveries'): unknown[] {
  const last = attempt(() => db.prepare(`SELECT max(rowid) AS n FROM ${table}`).get());
  const highest = v.safeParse(v.object({ n: v.number() }), last);
  const select = attempt(() => db.prepare(`SELECT * FROM ${table} WHERE rowid = ?`));
  if (!highest.success || select === null) return [];
  const rows: unknown[] = [];
  for (let number = 1; number <= highest.output.n; number++) {
    const row = attempt(() => select.get(number));
    if (row !== null && row !== undefined) rows.push(row);
  }
  return rows;
}

function attempt<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}

function textIn(row: unknown, name: string): string {
  const parsed = v.safeParse(v.record(v.string(), v.unknown()), row);
  return parsed.success ? String(parsed.output[name]) : '';
}

const START = Buffer.from('{"id":"');

/** The records that lie whole in a file, whatever is around them. */
function* callsIn(file: string): Generator<CompletedCall> {
  if (!fs.existsSync(file)) return;
  const bytes = fs.readFileSync(file);
  for (let at = bytes.indexOf(START); at >= 0; at = bytes.indexOf(START, at + 1)) {
    const end = endOfObject(bytes, at);
    if (end === null) continue;
    const parsed = v.safeParse(
      v.pipe(v.string(), v.parseJson(), CompletedCallSchema),
      bytes.subarray(at, end).toString('utf8'),
    );
    if (parsed.success) yield parsed.output;
  }
}

/** The index after the brace that closes the object that begins here. */
function endOfObject(bytes: Buffer, start: number): number | null {
  let depth = 0;
  let inText = false;
  for (let at = start; at < Math.min(bytes.length, start + LONGEST_RECORD); at++) {
    const byte = bytes[at];
    if (inText) {
      if (byte === 0x5c) at += 1;
      else if (byte === 0x22) inText = false;
    } else if (byte === 0x22) inText = true;
    else if (byte === 0x7b) depth += 1;
    else if (byte === 0x7d && --depth === 0) return at + 1;
  }
  return null;
}
