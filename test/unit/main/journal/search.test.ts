import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { CompletedCall } from '../../../../app/calls/completed-call.ts';
import type { HistorySearch } from '../../../../app/ipc/panel.ts';
import { openJournal, type Journal, type JournalTrouble } from '../../../../main/journal/journal.ts';
import { openDatabase } from '../../../../main/journal/sqlite.ts';
import { MIGRATIONS } from '../../../../main/journal/store.ts';
import { completedCall } from '../../app/calls/samples.ts';

let folder: string;
let journal: Journal;
const never = (trouble: JournalTrouble) => {
  throw new Error(`this journal is ${trouble.kind}`);
};
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ringside-search-'));
  journal = openJournal(folder, never);
});
afterEach(() => {
  journal.close();
  fs.rmSync(folder, { recursive: true });
});

const NOON = Date.UTC(2026, 9, 1, 12);
const numberOf = (e164: string): CompletedCall['number'] => ({
  asReceived: e164.slice(1),
  e164,
  display: e164,
  internal: false,
});
const person = (id: number, name: string): CompletedCall['caller'] => ({
  kind: 'entity',
  entity: { type: 'contact', id },
  name,
});
function keep(id: string, over: Partial<CompletedCall> = {}): CompletedCall {
  const call = completedCall({ id, startedAt: NOON + Number(id.slice(1)) * 1000, ...over });
  journal.record(call, ['card'], 0);
  journal.settle(id, 'card', { state: 'done', error: null, nextTry: 0, counts: true, ambiguous: false });
  return call;
}
const found = (search: Partial<HistorySearch>, before: number | null = null, limit = 50) =>
  journal
    .search({ text: '', filter: 'all', partyOf: null, ...search }, before, limit)
    .map(({ call }) => call.id)
    .join(' ');

test.each([
  ['maria', '1'],
  ['MARÍA', '1'],
  ['silva maria', '1'],
  ['joao', '2'],
  ['иван', '3'],
  ['Ивaн', ''], // with a Latin a
  ['+1 (415) 555-0142', '1'],
  ['0142', '1'],
  ['11 5555', '2'],
  ['005511', '2'],
  ['roof', '3'],
  ['sales', '2'],
  ['%', ''],
  ['_', ''],
  ["'", ''],
  ['maria joao', ''],
  ['', '3 2 1'],
  ['+', '3 2 1'],
])('%j finds %j', (text, ids) => {
  keep('r1', { caller: person(1, 'María Silva'), number: numberOf('+14155550142') });
  keep('r2', { caller: person(2, 'João Souza'), number: numberOf('+5511155550199'), line: 'Sales' });
  keep('r3', { caller: person(3, 'Иван Петров'), number: numberOf('+79261234567'), note: 'About the roof.' });
  expect(found({ text })).toBe(
    ids
      .split(' ')
      .filter((id) => id !== '')
      .map((id) => `r${id}`)
      .join(' '),
  );
});

test('missed calls: those that the agent did not take, the voicemail box of the agent included', () => {
  keep('r1', { disposition: 'missed' });
  keep('r2', { disposition: 'voicemail', direction: 'inbound' });
  keep('r3', { disposition: 'voicemail', direction: 'outbound' });
  keep('r4', { disposition: 'answered elsewhere' });
  expect(found({ filter: 'missed' })).toBe('r2 r1');
});

test('a call that was refused as busy is one nobody has seen; what we called and was busy is none', () => {
  keep('r1', { disposition: 'busy', direction: 'inbound' });
  keep('r2', { disposition: 'busy', direction: 'outbound' });
  expect(found({ filter: 'missed' })).toBe('r1');
});

test('what an entry stands for beside itself is kept with it, and is nothing for the card', () => {
  keep('r1', { disposition: 'busy' });
  journal.settle('r1', 'card', { state: 'done', error: null, nextTry: 0, counts: true, ambiguous: false });
  journal.amend('r1', { unlisted: { again: 2, others: 986 } }, NOON);
  expect(journal.call('r1')?.unlisted).toEqual({ again: 2, others: 986 });
  expect(journal.delivery('r1', 'update')).toBeNull();
});

test('what is not delivered: what failed, waits too long or was given up, and nothing that is done', () => {
  keep('r1');
  for (const id of ['r2', 'r3', 'r4'])
    journal.record(completedCall({ id, startedAt: NOON + Number(id[1]) * 1000 }), ['card'], 0);
  journal.settle('r2', 'card', { state: 'failed', error: 'No.', nextTry: 0, counts: true, ambiguous: false });
  journal.settle('r3', 'card', { state: 'no-card', error: null, nextTry: 0, counts: true, ambiguous: false });
  journal.settle('r4', 'card', { state: 'waiting', error: 'Later.', nextTry: 1e15, counts: true, ambiguous: false });
  journal.record(completedCall({ id: 'r5', startedAt: NOON + 5000 }), ['card', 'widget'], Date.now() + 60_000);
  expect(found({ filter: 'not-delivered' })).toBe('r4 r2');
  journal.giveUp('Let go.');
  expect(found({ filter: 'not-delivered' })).toBe('r5 r4 r2');
  journal.retry('r2');
  journal.settle('r2', 'card', { state: 'done', error: null, nextTry: 0, counts: true, ambiguous: false });
  expect(found({ filter: 'not-delivered' })).toBe('r5 r4');
});

test('this person: the same number however it came, or the same card under another number', () => {
  keep('r1', { caller: person(1, 'Ana'), number: numberOf('+14155550142') });
  keep('r2', { caller: { kind: 'nobody' }, number: { ...numberOf('+14155550142'), asReceived: '04155550142' } });
  keep('r3', { caller: person(1, 'Ana'), number: numberOf('+14155550199') });
  keep('r4', { caller: person(2, 'Bea'), number: numberOf('+14155550188') });
  expect(found({ partyOf: 'r1' })).toBe('r3 r2 r1');
  expect(found({ partyOf: 'r2' })).toBe('r2 r1');
  expect(found({ partyOf: 'r1', text: '0199' })).toBe('r3');
  expect(found({ partyOf: 'unknown' })).toBe('');
});

test('is paged, newest first', () => {
  for (let n = 1; n <= 5; n++) keep(`r${n}`, { caller: person(n, `Ana ${n}`) });
  expect(found({ text: 'ana' }, null, 2)).toBe('r5 r4');
  expect(found({ text: 'ana' }, NOON + 4000, 2)).toBe('r3 r2');
});

test('what is found out later is found, and what it was before is not', () => {
  keep('r1', { caller: { kind: 'failed', reason: 'Kommo was away.' } });
  journal.setCaller('r1', person(1, 'Zoë'), 0);
  expect(found({ text: 'zoe' })).toBe('r1');
  journal.amend('r1', { note: 'Wants a quote' }, 0);
  expect(found({ text: 'quote' })).toBe('r1');
  journal.amend('r1', { note: 'Nothing' }, 0);
  expect(found({ text: 'quote' })).toBe('');
});

test('the last contact is the newest before this call', () => {
  const [, second] = [
    keep('r1'),
    keep('r2'),
    keep('r3', { number: numberOf('+14155550199'), caller: { kind: 'nobody' } }),
  ];
  const party = { number: '+14155550142', entity: null };
  expect(journal.lastWith(party, Number.MAX_SAFE_INTEGER)?.id).toBe('r2');
  expect(journal.lastWith(party, second.startedAt)?.id).toBe('r1');
  expect(journal.lastWith({ number: '+1999', entity: null }, Number.MAX_SAFE_INTEGER)).toBeNull();
  expect(journal.lastWith({ number: '+1999', entity: 'lead 6600201' }, Number.MAX_SAFE_INTEGER)?.id).toBe('r2');
});

test('calls that an older version wrote are found, also one whose record cannot be read', () => {
  journal.close();
  fs.rmSync(folder, { recursive: true });
  fs.mkdirSync(folder);
  const db = openDatabase(path.join(folder, 'journal.db'));
  for (const migration of MIGRATIONS.slice(0, 3)) db.exec(migration);
  db.exec('PRAGMA user_version = 3');
  const insert = db.prepare('INSERT INTO calls (id, sip_call_id, started_at, record) VALUES (?, ?, ?, ?)');
  const old = completedCall({ id: 'r1', caller: person(1, 'Maria Silva') });
  insert.run('r1', 'x', old.startedAt, JSON.stringify(old));
  insert.run('r2', 'x', old.startedAt, '{"id":');
  db.close();
  journal = openJournal(folder, never);
  expect(found({ text: 'maria' })).toBe('r1');
});

test('among 100,000 calls a search that finds nothing, or only the oldest, takes a fraction of a blink', () => {
  journal.close();
  const db = openDatabase(path.join(folder, 'journal.db'));
  const record = JSON.stringify(completedCall());
  // As the journal writes them, without 100,000 flushes to disk.
  const insert = db.prepare(
    'INSERT INTO calls (id, sip_call_id, started_at, record, words, missed, party, entity) VALUES (?, ?, ?, ?, ?, 0, ?, NULL)',
  );
  db.transaction(() => {
    for (let n = 0; n < 100_000; n++)
      insert.run(`r-${n}`, 'x', NOON + n * 1000, record, `person ${n} of an office 1415${n} ${n}`, `+1415${n}`);
  })();
  db.close();
  journal = openJournal(folder, never);
  const took = (search: Partial<HistorySearch>): number => {
    const times = Array.from({ length: 5 }, () => {
      const since = performance.now();
      journal.search({ text: '', filter: 'all', partyOf: null, ...search }, null, 50);
      return performance.now() - since;
    });
    return times.toSorted((a, b) => a - b)[2] ?? Number.POSITIVE_INFINITY;
  };
  const searches: Partial<HistorySearch>[] = [
    { text: 'nobody at all' },
    { text: 'zz' },
    { text: 'office 0' },
    { filter: 'missed' },
    { filter: 'not-delivered' },
    { partyOf: 'r-7' },
  ];
  const figures = searches.map((search) => [JSON.stringify(search), Math.round(took(search))] as const);
  // The panel's goal is 100 ms to the painted result; most of that is left to the page, on a machine that is busy.
  console.log(figures);
  expect(figures.filter(([, ms]) => ms > 80)).toEqual([]);
}, 60_000);
