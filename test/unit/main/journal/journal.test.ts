import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import Database from 'libsql';
import {
  openJournal,
  type DeliveryTarget,
  type Journal,
  type JournalTrouble,
} from '../../../../main/journal/journal.ts';
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
    expect(journal.nextDue('card')).toBe(100);
    expect(journal.nextDue('widget')).toBeNull();
    expect(targets(99)).toEqual([]);
    expect(targets(100)).toEqual(['r-a card']);
    expect(targets(200)).toEqual(['r-a card', 'r-b card']);
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
  test.each<[string, (file: string) => void]>([
    ['a file that is no database', (file) => fs.writeFileSync(file, 'no database. '.repeat(1000))],
    [
      'a file with its first page overwritten',
      (file) => {
        const bytes = fs.readFileSync(file);
        fs.writeFileSync(file, bytes.fill(0x41, 0, 4096));
      },
    ],
  ])('%s is set aside, told, and recording goes on', (_what, damage) => {
    journal.record(completedCall(), ['card'], 0);
    journal.close();
    const file = path.join(folder, 'journal.db');
    // What is in the write-ahead log would heal it.
    fs.rmSync(`${file}-wal`, { force: true });
    damage(file);
    const before = fs.readFileSync(file);
    const told = vi.fn<(trouble: JournalTrouble) => void>();
    journal = openJournal(folder, told);
    expect(told).toHaveBeenCalledTimes(1);
    const trouble = told.mock.calls[0]?.[0];
    const keptAs = trouble?.kind === 'damaged' ? trouble.keptAs : String(trouble?.kind);
    expect(fs.readFileSync(path.join(folder, keptAs)).equals(before)).toBe(true);
    journal.record(completedCall({ id: 'r-2' }), ['card'], 0);
    reopen();
    expect(journal.page(null, 10).map(({ call }) => call.id)).toEqual(['r-2']);
  });

  test('a record that is no record is passed over, and what is due after it is not kept back', () => {
    for (const id of ['r-1', 'r-2', 'r-3']) journal.record(completedCall({ id }), ['card'], 0);
    journal.close();
    const db = new Database(path.join(folder, 'journal.db'));
    db.exec("UPDATE calls SET record = '{\"id\":' WHERE id = 'r-1'");
    db.exec("UPDATE calls SET record = '{}' WHERE id = 'r-2'");
    db.close();
    journal = openJournal(folder, never);
    expect(targets(0)).toEqual(['r-3 card']);
    expect(journal.page(null, 10).map(({ call }) => call.id)).toEqual(['r-3']);
    expect(journal.call('r-1')).toBeNull();
  });
});

describe('a file that cannot be used now', () => {
  let profile: string;
  const file = () => path.join(profile, 'journal.db');
  beforeEach(() => {
    profile = path.join(folder, 'profile');
    fs.mkdirSync(profile);
    journal.close();
  });

  /** Calls are kept, in memory alone: nothing in the profile is touched or renamed, and it is told why, once. */
  function expectInMemory(): void {
    const content = () =>
      fs
        .readdirSync(profile, { withFileTypes: true })
        .map((entry) => [
          entry.name,
          entry.isFile()
            ? fs.readFileSync(path.join(profile, entry.name), 'hex')
            : fs.readdirSync(path.join(profile, entry.name)),
        ]);
    const before = content();
    const told = vi.fn<(trouble: JournalTrouble) => void>();
    journal = openJournal(profile, told);
    expect(told.mock.calls).toEqual([[{ kind: 'unusable', detail: expect.stringMatching(/./) as unknown }]]);
    journal.record(completedCall(), ['card', 'widget'], 0);
    expect(targets(0)).toEqual(['r-1 card', 'r-1 widget']);
    journal.settle('r-1', 'card', done);
    expect(journal.page(null, 10)).toMatchObject([
      { call: completedCall(), deliveries: [{ state: 'done' }, { state: 'waiting' }] },
    ]);
    journal.close();
    expect(content()).toEqual(before);
  }

  test('a folder in its place', () => {
    fs.mkdirSync(file());
    fs.writeFileSync(path.join(file(), 'kept'), 'x');
    expectInMemory();
    expect(fs.readdirSync(profile)).toEqual(['journal.db']);
  });

  test('another program holds it; afterwards it is the journal again', () => {
    const other = new Database(file());
    other.exec('CREATE TABLE kept (x); BEGIN EXCLUSIVE');
    try {
      expectInMemory();
    } finally {
      other.exec('COMMIT');
      other.close();
    }
    journal = openJournal(profile, never);
    journal.record(completedCall({ id: 'r-2' }), ['card'], 0);
    expect(targets(0)).toEqual(['r-2 card']);
  });
});

test('kill -9 in the middle of many records: every one that was acknowledged is there, with its deliveries', async () => {
  journal.close();
  const child = spawn(
    process.execPath,
    ['--no-warnings', fileURLToPath(new URL('./writer.ts', import.meta.url)), folder],
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
}, 30_000);
