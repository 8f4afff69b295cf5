import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  openJournal,
  type DeliveryTarget,
  type Journal,
  type JournalTrouble,
} from '../../../../main/journal/journal.ts';
import { openDatabase, type SqlDatabase } from '../../../../main/journal/sqlite.ts';
import { MIGRATIONS } from '../../../../main/journal/store.ts';
import { completedCall } from '../../app/calls/samples.ts';

let folder: string;
let journal: Journal;
const never = (trouble: JournalTrouble) => {
  throw new Error(`this journal is ${trouble.kind}`);
};
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ringside-journal-'));
  journal = openJournal(folder, never);
});
afterEach(() => {
  journal.close();
  fs.rmSync(folder, { recursive: true });
});

function reopen(): void {
  journal.close();
  journal = openJournal(folder, never);
}
const waiting = { state: 'waiting', error: 'x', counts: true, ambiguous: false } as const;
const done = { state: 'done', error: null, nextTry: 0, counts: true, ambiguous: false } as const;
const due = (now: number) =>
  (['card', 'widget'] satisfies DeliveryTarget[]).flatMap((target) => journal.due(target, now));
const targets = (now: number) => due(now).map(({ call, target }) => `${call.id} ${target}`);

describe('recording', () => {
  test('a call is there after a restart, whole', () => {
    const call = completedCall({
      startedAt: 1_900_000_000_000,
      recording: { state: 'ready', url: 'https://a.example/1' },
    });
    journal.record(call, ['card', 'widget'], 0);
    reopen();
    expect(journal.call(call.id)).toEqual(call);
    expect(targets(0)).toEqual(['r-1 card', 'r-1 widget']);
  });

  test('twice is once, and does not undo what was delivered', () => {
    journal.record(completedCall(), ['card'], 0);
    journal.settle('r-1', 'card', done);
    journal.record(completedCall({ displayName: 'other' }), ['card'], 0);
    expect(journal.page(null, 10)).toHaveLength(1);
    expect(journal.call('r-1')?.displayName).toBe('');
    expect(due(1e15)).toEqual([]);
  });

  test('is all or nothing', () => {
    expect(() => journal.record(completedCall(), ['card', Symbol('widget') as unknown as 'widget'], 0)).toThrow();
    expect(journal.call('r-1')).toBeNull();
    expect(due(1e15)).toEqual([]);
  });

  test('quotes and everything else in names are data', () => {
    const call = completedCall({ displayName: `Robert'); DROP TABLE calls;-- \u0000 "é" 🙂` });
    journal.record(call, [], 0);
    reopen();
    expect(journal.call(call.id)).toEqual(call);
  });
});

describe('the history', () => {
  test('is paged, newest first, without gaps or repeats', () => {
    const starts = [50, 10, 40, 30, 20];
    for (const startedAt of starts) journal.record(completedCall({ id: `r-${startedAt}`, startedAt }), ['widget'], 0);
    const first = journal.page(null, 2);
    const second = journal.page(first.at(-1)?.call.startedAt ?? 0, 2);
    const third = journal.page(second.at(-1)?.call.startedAt ?? 0, 2);
    expect([...first, ...second, ...third].map(({ call }) => call.startedAt)).toEqual([50, 40, 30, 20, 10]);
    expect(first[0]?.deliveries).toMatchObject([{ target: 'widget', state: 'waiting', tries: 0, error: null }]);
  });
});

describe('deliveries', () => {
  test('are asked for by target', () => {
    journal.record(completedCall(), ['card', 'widget'], 0);
    expect(journal.due('card', 0).map(({ target }) => target)).toEqual(['card']);
    expect(journal.due('widget', 0).map(({ target }) => target)).toEqual(['widget']);
  });

  test('are due at their time, in its order', () => {
    journal.record(completedCall({ id: 'r-b' }), ['card'], 200);
    journal.record(completedCall({ id: 'r-a' }), ['card'], 100);
    expect(journal.nextDue('card', 0)).toBe(100);
    expect(journal.nextDue('widget', 0)).toBeNull();
    expect(targets(99)).toEqual([]);
    expect(targets(100)).toEqual(['r-a card']);
    expect(targets(200)).toEqual(['r-a card', 'r-b card']);
  });

  test('are due where they seem to be put off for very long: the clock was set back since', () => {
    const hour = 3_600_000;
    journal.record(completedCall({ id: 'r-a' }), ['card'], 100 * hour);
    journal.record(completedCall({ id: 'r-b' }), ['card'], 99 * hour);
    expect(targets(98 * hour)).toEqual(['r-b card', 'r-a card']);
    expect(journal.nextDue('card', 98 * hour)).toBe(0);
    expect(targets(99 * hour - 60_000)).toEqual(['r-a card']);
  });

  test('what waits is tried later, counted, and said why; what is done is not due again', () => {
    journal.record(completedCall(), ['card'], 0);
    journal.settle('r-1', 'card', { ...waiting, error: 'Kommo has a fault.', nextTry: 500 });
    expect(journal.undelivered()).toBe(1);
    expect(due(499)).toEqual([]);
    reopen();
    expect(due(500)).toMatchObject([{ tries: 1, error: 'Kommo has a fault.', ambiguous: false }]);
    journal.settle('r-1', 'card', done);
    expect(due(1e15)).toEqual([]);
    expect(journal.undelivered()).toBe(0);
  });

  test('a request that was on its way is known to be ambiguous after a restart, until it is settled', () => {
    journal.record(completedCall(), ['card'], 0);
    journal.sending('r-1', 'card');
    reopen();
    expect(due(0)).toMatchObject([{ ambiguous: true }]);
    journal.settle('r-1', 'card', { ...waiting, nextTry: 0 });
    expect(due(0)).toMatchObject([{ ambiguous: false }]);
  });

  test('waking one target leaves the other and the finished ones alone', () => {
    journal.record(completedCall(), ['card', 'widget'], 1000);
    journal.record(completedCall({ id: 'r-2' }), ['widget'], 1000);
    journal.settle('r-2', 'widget', done);
    journal.wake('widget', 500);
    expect(targets(500)).toEqual(['r-1 widget']);
  });

  test('a retry by hand takes up what failed, not what is done', () => {
    journal.record(completedCall(), ['card', 'widget'], 0);
    journal.settle('r-1', 'card', { ...done, state: 'failed', error: 'no' });
    journal.settle('r-1', 'widget', done);
    expect(journal.undelivered()).toBe(1);
    journal.retry('r-1');
    expect(targets(0)).toEqual(['r-1 card']);
  });

  test('a late answer of Kommo changes the caller and lets what waited for it go', () => {
    journal.record(completedCall({ caller: { kind: 'not-asked' } }), ['card', 'widget'], 20_000);
    const caller = { kind: 'entity', entity: { type: 'contact', id: 5 }, name: 'Ana' } as const;
    journal.setCaller('r-1', caller, 100);
    expect(due(100).map(({ call, target }) => [target, call.caller])).toEqual([
      ['card', caller],
      ['widget', caller],
    ]);
  });

  test('a late answer also brings back a card that was not found without it, and nothing else', () => {
    journal.record(completedCall({ caller: { kind: 'not-asked' } }), ['card', 'widget'], 0);
    journal.settle('r-1', 'card', { ...done, state: 'no-card' });
    journal.settle('r-1', 'widget', done);
    journal.setCaller('r-1', { kind: 'entity', entity: { type: 'contact', id: 5 }, name: null }, 100);
    expect(targets(100)).toEqual(['r-1 card']);
  });

  test('of a call that nobody recorded changes nothing', () => {
    journal.setCaller('r-9', { kind: 'nobody' }, 0);
    journal.retry('r-9');
    journal.sending('r-9', 'card');
    expect(journal.page(null, 10)).toEqual([]);
  });
});

describe('damage', () => {
  const damaged = (): { file: string; size: number } => {
    journal.close();
    const file = path.join(folder, 'journal.db');
    // What is in the write-ahead log would heal it.
    const db = openDatabase(file);
    db.pragma('wal_checkpoint(TRUNCATE)');
    db.close();
    fs.rmSync(`${file}-wal`, { force: true });
    return { file, size: fs.statSync(file).size };
  };
  const reopened = (): JournalTrouble[] => {
    const troubles: JournalTrouble[] = [];
    const now = () => completedCall().endedAt + 60_000;
    journal = openJournal(folder, (trouble) => troubles.push(trouble), { targets: () => ['card', 'widget'], now });
    return troubles;
  };
  const ids = () =>
    journal
      .page(null, 1000)
      .map(({ call }) => call.id)
      .toSorted();
  /** Writes over a piece of a file. */
  const overwrite = (file: string, from: number, to: number) => {
    const handle = fs.openSync(file, 'r+');
    fs.writeSync(handle, Buffer.alloc(to - from, 0x41), 0, to - from, from);
    fs.closeSync(handle);
  };

  test('a file that is no database is kept aside and told, and recording goes on', () => {
    const { file } = damaged();
    fs.writeFileSync(file, 'no database. '.repeat(1000));
    const before = fs.readFileSync(file);
    const troubles = reopened();
    expect(troubles).toMatchObject([{ kind: 'damaged', carried: 0 }]);
    const [trouble] = troubles;
    if (trouble?.kind !== 'damaged') throw new Error('not told');
    expect(fs.readFileSync(path.join(folder, trouble.keptAs)).equals(before)).toBe(true);
    journal.record(completedCall({ id: 'r-2' }), ['card'], 0);
    reopen();
    expect(ids()).toEqual(['r-2']);
  });

  test('its head gone: every call is carried over, and what became of it is looked up before anything is sent', () => {
    for (let n = 0; n < 40; n++) journal.record(completedCall({ id: `r-${n}`, startedAt: n }), ['card'], 0);
    journal.record(completedCall({ id: 'r-old', endedAt: 1000 }), ['card'], 0);
    const { file } = damaged();
    overwrite(file, 0, 100);
    expect(reopened()).toMatchObject([{ kind: 'damaged', carried: 41 }]);
    expect(ids()).toHaveLength(41);
    expect(journal.delivery('r-7', 'card')).toMatchObject({ state: 'waiting', ambiguous: true, attempt: null });
    // Nobody waits for the bell of a call before the damage, nor for a call of long ago.
    expect(journal.delivery('r-7', 'widget')).toBeNull();
    expect(journal.delivery('r-old', 'card')).toBeNull();
  });

  test('its log gone, and with it a part of what the file counts on: no reason to give up the rest', () => {
    for (let n = 0; n < 200; n++) journal.record(completedCall({ id: `r-${n}`, startedAt: n }), ['card'], 0);
    journal.close();
    const file = path.join(folder, 'journal.db');
    // One library leaves it there, the other has brought it into the file.
    fs.rmSync(`${file}-wal`, { force: true });
    overwrite(file, 4096, fs.statSync(file).size);
    expect(reopened()).toMatchObject([{ kind: 'damaged' }]);
    journal.record(completedCall({ id: 'r-new' }), ['card'], 0);
    reopen();
    expect(ids()).toContain('r-new');
  });

  test('a page in the middle: only what lay there is lost, and what was delivered stays delivered', () => {
    for (let n = 0; n < 200; n++) {
      journal.record(completedCall({ id: `r-${n}`, startedAt: n }), ['card'], 0);
      journal.settle(`r-${n}`, 'card', done);
    }
    const { file, size } = damaged();
    const middle = Math.floor(size / 2 / 4096) * 4096;
    overwrite(file, middle, middle + 4096);
    expect(reopened()).toMatchObject([{ kind: 'damaged' }]);
    expect(ids().length).toBeGreaterThan(180);
    const carried = ids().map((id) => journal.delivery(id, 'card'));
    expect(carried.filter((delivery) => delivery?.state === 'done').length).toBeGreaterThan(50);
    expect(carried).not.toContain(null);
    // What is not known to be delivered is in doubt, never simply sent again.
    expect(carried.filter((delivery) => delivery?.state === 'waiting' && !delivery.ambiguous)).toEqual([]);
  });
});

describe('a full disk', () => {
  let disk: SqlDatabase | null;
  let troubles: JournalTrouble[];
  let again: (() => void) | null;
  const pages = (most: number) => disk?.pragma(`max_page_count = ${most}`);
  beforeEach(() => {
    journal.close();
    [disk, again, troubles] = [null, null, []];
    journal = openJournal(folder, (trouble) => troubles.push(trouble), {
      open: (file) => {
        const db = openDatabase(file);
        if (file !== ':memory:') disk = db;
        return db;
      },
      after: (_ms, run) => {
        again = run;
        return () => (again = null);
      },
    });
    journal.record(completedCall({ id: 'r-before', startedAt: 1 }), ['card'], 0);
    pages(1);
  });
  const large = (id: string, startedAt: number) => completedCall({ id, startedAt, displayName: 'x'.repeat(20_000) });

  test('is said at once; the call is there, and its deliveries are served from memory', () => {
    journal.record(large('r-1', 2), ['card', 'widget'], 0);
    expect(troubles).toMatchObject([{ kind: 'full' }]);
    expect(journal.page(null, 10).map(({ call }) => call.id)).toEqual(['r-1', 'r-before']);
    expect(targets(0)).toEqual(['r-before card', 'r-1 card', 'r-1 widget']);
    expect([journal.nextDue('widget', 0), journal.notInKommo()]).toEqual([0, 2]);
    journal.sending('r-1', 'card');
    journal.settle('r-1', 'card', done);
    expect(journal.delivery('r-1', 'card')).toMatchObject({ state: 'done' });
  });

  test('is tried again by itself until there is room; then all is on disk, with what became of it', () => {
    journal.record(large('r-1', 2), ['card'], 0);
    journal.sending('r-1', 'card', { way: 'calls' });
    again?.();
    expect(again).not.toBeNull();
    expect(troubles).toHaveLength(1);
    pages(100_000);
    again?.();
    expect(troubles.map(({ kind }) => kind)).toEqual(['full', 'written']);
    reopen();
    expect(journal.delivery('r-1', 'card')).toMatchObject({
      call: { id: 'r-1' },
      ambiguous: true,
      attempt: { way: 'calls' },
    });
  });

  test('that has room again by the end of the program loses nothing', () => {
    journal.record(large('r-1', 2), ['card'], 0);
    pages(100_000);
    reopen();
    expect(journal.call('r-1')).not.toBeNull();
  });
});

test('giving up leaves what was delivered and what a browser waits for', () => {
  journal.record(completedCall(), ['card', 'widget'], 0);
  journal.record(completedCall({ id: 'r-2' }), ['card'], 0);
  journal.settle('r-2', 'card', done);
  expect(journal.notInKommo()).toBe(1);
  journal.giveUp('It was for another account.');
  expect(journal.notInKommo()).toBe(0);
  expect(journal.delivery('r-1', 'card')).toMatchObject({ state: 'given-up', error: 'It was for another account.' });
  expect(journal.delivery('r-1', 'widget')).toMatchObject({ state: 'waiting' });
  expect(journal.delivery('r-2', 'card')).toMatchObject({ state: 'done' });
});

describe('the account of a delivery', () => {
  const bayline = { id: 1, name: 'Bayline' };
  const harbour = { id: 2, name: 'Harbour' };

  test('outlives a restart, and what is recorded before it is known is bound to the first', () => {
    journal.record(completedCall(), ['card'], 0, bayline);
    journal.record(completedCall({ id: 'r-2' }), ['card'], 0);
    reopen();
    journal.bind(harbour);
    journal.bind(bayline);
    expect(due(0).map(({ account }) => account)).toEqual([bayline, harbour]);
  });

  test('counts and gives up those of one account', () => {
    journal.record(completedCall(), ['card'], 0, bayline);
    journal.record(completedCall({ id: 'r-2' }), ['card'], 0, harbour);
    expect([journal.notInKommo(bayline.id), journal.notInKommo()]).toEqual([1, 2]);
    journal.giveUp('x', bayline.id);
    expect([journal.notInKommo(bayline.id), journal.notInKommo(harbour.id)]).toEqual([0, 1]);
  });

  test('a file from before there were accounts is read, and belongs to nobody yet', () => {
    journal.close();
    fs.rmSync(folder, { recursive: true });
    fs.mkdirSync(folder);
    const db = openDatabase(path.join(folder, 'journal.db'));
    for (const migration of MIGRATIONS.slice(0, 2)) db.exec(migration);
    const { id, callId, startedAt } = completedCall();
    db.prepare('INSERT INTO calls (id, sip_call_id, started_at, record) VALUES (?, ?, ?, ?)').run(
      id,
      callId,
      startedAt,
      JSON.stringify(completedCall()),
    );
    db.exec(`INSERT INTO deliveries (call, target, state, next_try) VALUES ('${id}', 'card', 'waiting', 0)`);
    db.exec('PRAGMA user_version = 2');
    db.close();
    journal = openJournal(folder, never);
    expect(due(0)).toMatchObject([{ call: { id: 'r-1' }, account: null }]);
  });
});

test.each(['libsql', 'node:sqlite'])(
  'kill -9 in the middle of many records by %s: every one that was acknowledged is there, with its deliveries',
  async (library) => {
    journal.close();
    const child = spawn(
      process.execPath,
      ['--no-warnings', fileURLToPath(new URL('./writer.ts', import.meta.url)), folder, library],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    let said = '';
    child.stdout.setEncoding('utf8');
    for await (const chunk of child.stdout) {
      said += String(chunk);
      if (said.split('\n').length > 150) child.kill('SIGKILL');
    }
    if (child.signalCode === null) await once(child, 'exit');
    expect(child.signalCode).toBe('SIGKILL');
    const acknowledged = said.split('\n').slice(0, -1);
    expect(acknowledged.length).toBeGreaterThanOrEqual(150);

    journal = openJournal(folder, never);
    const kept = new Map(journal.page(null, 1e6).map((entry) => [entry.call.id, entry]));
    for (const id of acknowledged)
      expect(kept.get(id)?.deliveries.map(({ target }) => target)).toEqual(['card', 'widget']);
    // At most the one that was being written when the kill came.
    expect(kept.size - acknowledged.length).toBeLessThanOrEqual(1);
  },
  30_000,
);
