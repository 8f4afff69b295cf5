/** The history that the bench fills a profile with. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { openJournal } from '../../main/journal/journal.ts';
import { openDatabase } from '../../main/journal/sqlite.ts';
import { createStore } from '../../main/journal/store.ts';
import { completedCall } from '../unit/app/calls/samples.ts';

const FIRST = ['Maria', 'José', 'Anna', 'Oleg', 'Lucía', 'Ben', 'Grace', 'Kofi', 'Elena', 'Tomás', 'Hannah', 'Иван'];
const LAST = [
  'Silva',
  'Petrova',
  'Fernández',
  'Sokolov',
  'Webb',
  'Herrera',
  'Liu',
  'Mensah',
  'Fischer',
  'Cole',
  'Ruiz',
];
const NOTES = [
  'Wants the blue one, calls again on Thursday.',
  'Sent the offer by mail.',
  'Asked for a discount on the roof.',
];

/** A profile with a history of so many calls, one each five minutes: a hundred thousand are a year of a busy office. */
export function fillHistory(profile: string, calls: number): void {
  mkdirSync(profile, { recursive: true });
  openJournal(profile, ({ kind }) => {
    throw new Error(`the journal is ${kind}`);
  }).close();
  const db = openDatabase(join(profile, 'journal.db'));
  // A measurement needs no flush to the disk for each of them.
  db.exec('PRAGMA synchronous = OFF');
  const store = createStore(db);
  const newest = Date.now() - 3_600_000;
  for (let n = 0; n < calls; n++) {
    const startedAt = newest - n * 300_000;
    const e164 = `+1415${String(5_550_000 + (n % 7919)).padStart(7, '0')}`;
    const note = NOTES[n % 17];
    const name = `${FIRST[n % FIRST.length]} ${LAST[n % LAST.length]} ${n % 997}`;
    store.put(
      completedCall({
        id: `r-${n}`,
        startedAt,
        answeredAt: startedAt + 4000,
        endedAt: startedAt + 64_000,
        number: { asReceived: e164, e164, display: e164, internal: false },
        caller: { kind: 'entity', entity: { type: 'contact', id: (n % 997) + 1 }, name },
        ...(note === undefined ? {} : { note }),
      }),
      [],
    );
  }
  db.close();
}
