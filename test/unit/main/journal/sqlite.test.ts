/** Both libraries for SQLite: the journal gets the same from either, also where something is wrong. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { openJournal, type JournalTrouble } from '../../../../main/journal/journal.ts';
import { isDamage, openDatabase, openWithLibsql, openWithNode } from '../../../../main/journal/sqlite.ts';
import { completedCall } from '../../app/calls/samples.ts';

/** What `require('libsql')` says where it has no library for the system; null where it has one. */
const missing = vi.hoisted(() => ({ libsql: null as Error | null }));
vi.mock(import('node:module'), async (original) => {
  const whole = await original();
  const createRequire: typeof whole.createRequire = (from) => {
    if (missing.libsql !== null) throw missing.libsql;
    return whole.createRequire(from);
  };
  return { ...whole, createRequire };
});

let folder: string;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ringside-sqlite-'));
});
afterEach(() => {
  missing.libsql = null;
  vi.restoreAllMocks();
  fs.rmSync(folder, { recursive: true });
});
const inFolder = (name: string) => path.join(folder, name);

const LIBRARIES = [
  ['libsql', openWithLibsql],
  ['node:sqlite', openWithNode],
] as const;
const VERSION = 'SELECT sqlite_version() AS version';
const versionOf = (open: typeof openDatabase): unknown => {
  const db = open(':memory:');
  try {
    return Object.entries(db.prepare(VERSION).get() ?? {}).find(([name]) => name === 'version')?.[1];
  } finally {
    db.close();
  }
};

describe('which one', () => {
  test('is libsql where it has a library', () => {
    expect(versionOf(openWithLibsql)).not.toBe(versionOf(openWithNode));
    expect(versionOf(openDatabase)).toBe(versionOf(openWithLibsql));
  });

  test("is Node's own where libsql has none", () => {
    missing.libsql = new Error("Cannot find module '@libsql/win32-arm64-msvc'");
    expect(versionOf(openDatabase)).toBe(process.versions['sqlite']);
  });

  test('with neither, as on an old Electron, it is said what is missing', () => {
    missing.libsql = new Error("Cannot find module '@libsql/win32-arm64-msvc'");
    vi.spyOn(process, 'getBuiltinModule').mockReturnValue(undefined);
    expect(() => openDatabase(':memory:')).toThrow('@libsql/win32-arm64-msvc');
  });

  test('a file that libsql cannot open is not tried with the other', () => {
    expect(() => openDatabase(inFolder('nowhere/journal.db'))).toThrow('ConnectionFailed');
  });
});

describe.each(LIBRARIES)('with %s', (_name, open) => {
  test('values come back as they went in', () => {
    const db = open(inFolder('a.db'));
    db.exec('CREATE TABLE t (a INTEGER, b TEXT, c REAL) STRICT; CREATE INDEX t_by_a ON t (a)');
    const put = db.prepare('INSERT INTO t VALUES (?, ?, ?)');
    const rows = [
      { a: 1_900_000_000_000, b: `'"; DROP TABLE t; é 🙂`, c: 0.5 },
      { a: Number.MAX_SAFE_INTEGER, b: '', c: null },
      { a: null, b: null, c: null },
    ];
    for (const { a, b, c } of rows) put.run(a, b, c);
    expect(db.prepare('SELECT a, b, c FROM t').all()).toMatchObject(rows);
    expect(db.prepare('SELECT b FROM t WHERE a = ?').get(1_900_000_000_000)).toMatchObject({ b: rows[0]?.b });
    expect(db.prepare('SELECT b FROM t WHERE a = ?').get(2)).toBeUndefined();
    // A single null is a value too, and one value may stand in two places.
    expect(db.prepare('SELECT count(*) AS n FROM t WHERE ?1 IS NULL OR a = ?1').get(null)).toMatchObject({ n: 3 });
    expect(db.pragma('user_version')).toMatchObject([{ user_version: 0 }]);
    db.close();
  });

  test('a transaction is all or nothing, and says why it was nothing', () => {
    const db = open(inFolder('a.db'));
    db.exec('CREATE TABLE t (a INTEGER) STRICT');
    const put = db.prepare('INSERT INTO t VALUES (?)');
    const all = db.transaction((values: unknown[]) => {
      for (const value of values) put.run(value as number);
    });
    const count = () => db.prepare('SELECT count(*) AS n FROM t').get();
    all([1, 2]);
    expect(() => all([3, 'no number'])).toThrow('cannot store TEXT value in INTEGER column');
    expect(count()).toMatchObject({ n: 2 });
    // SQLite rolls this one back by itself.
    const bad = db.transaction(() => {
      put.run(3);
      db.exec('ROLLBACK');
      throw new Error('the reason');
    });
    expect(() => bad()).toThrow('the reason');
    all([4]);
    expect(count()).toMatchObject({ n: 3 });
    db.close();
  });
});

describe('what is wrong is told the same by both', () => {
  type Told = { damage: boolean; message: string } | null;
  const told = (work: () => void): Told => {
    try {
      work();
      return null;
    } catch (error) {
      return { damage: isDamage(error), message: error instanceof Error ? error.message : '' };
    }
  };
  /** A database with some pages, closed. */
  const filled = (name: string): string => {
    const file = inFolder(name);
    const db = openWithLibsql(file);
    db.exec('CREATE TABLE t (a TEXT) STRICT');
    const put = db.prepare('INSERT INTO t VALUES (?)');
    for (let n = 0; n < 50; n++) put.run('x'.repeat(1000));
    db.close();
    return file;
  };
  const readAll = (open: typeof openDatabase, file: string) => () => {
    const db = open(file);
    try {
      db.prepare('SELECT * FROM t').all();
    } finally {
      db.close();
    }
  };
  const both = (work: (open: typeof openDatabase, name: string) => () => void): Told[] =>
    LIBRARIES.map(([name, open]) => told(work(open, name)));

  test('no database', () => {
    fs.writeFileSync(inFolder('a.db'), 'no database. '.repeat(1000));
    const as = { damage: true, message: 'file is not a database' };
    expect(both((open) => readAll(open, inFolder('a.db')))).toEqual([as, as]);
  });

  test('a page that is none', () => {
    const file = filled('a.db');
    const bytes = fs.readFileSync(file);
    bytes.fill(0x41, 4096);
    fs.writeFileSync(file, bytes);
    const as = { damage: true, message: 'database disk image is malformed' };
    expect(both((open) => readAll(open, file))).toEqual([as, as]);
  });

  test('a file that was cut short', () => {
    const file = filled('a.db');
    fs.truncateSync(file, fs.statSync(file).size - 6000);
    const [one, other] = both((open) => readAll(open, file));
    expect(one?.damage).toBe(true);
    expect(other).toEqual(one);
  });

  test('a full disk', () => {
    const as = { damage: false, message: 'database or disk is full' };
    const fill = (open: typeof openDatabase, name: string) => () => {
      const db = open(filled(`${name.replace(':', '-')}.db`));
      try {
        db.pragma('max_page_count = 1');
        const put = db.prepare('INSERT INTO t VALUES (?)');
        db.transaction(() => put.run('x'.repeat(50_000)))();
      } finally {
        db.close();
      }
    };
    expect(both(fill)).toEqual([as, as]);
  });

  test('a file that another process holds', async () => {
    const file = filled('a.db');
    const hold = `
      const { DatabaseSync } = process.getBuiltinModule('node:sqlite');
      new DatabaseSync(process.argv[1]).exec('BEGIN EXCLUSIVE');
      console.log('held');
      process.stdin.resume();`;
    const child = spawn(process.execPath, ['--no-warnings', '-e', hold, file], { stdio: ['pipe', 'pipe', 'inherit'] });
    try {
      await once(child.stdout, 'data');
      const as = { damage: false, message: 'database is locked' };
      expect(both((open) => readAll(open, file))).toEqual([as, as]);
    } finally {
      child.kill();
      await once(child, 'exit');
    }
  });

  test('a place where there can be no file', () => {
    const [one, other] = both((open) => () => void open(inFolder('nowhere/a.db')));
    expect([one?.damage, other?.damage]).toEqual([false, false]);
  });
});

describe.each([
  ['libsql', openWithLibsql, 'node:sqlite', openWithNode],
  ['node:sqlite', openWithNode, 'libsql', openWithLibsql],
] as const)('a journal of %s', (_one, first, _other, second) => {
  const never = (trouble: JournalTrouble) => {
    throw new Error(`this journal is ${trouble.kind}`);
  };

  test('is read and written on by %s, and back', () => {
    const call = completedCall({ displayName: 'Ána 🙂', startedAt: 1_900_000_000_000 });
    let journal = openJournal(folder, never, { open: first });
    journal.record(call, ['card', 'widget'], 100);
    journal.close();

    journal = openJournal(folder, never, { open: second });
    expect(journal.call('r-1')).toEqual(call);
    expect(journal.due('card', 100)).toMatchObject([{ call, state: 'waiting', nextTry: 100 }]);
    journal.settle('r-1', 'card', { state: 'done', error: null, nextTry: 0, counts: true, ambiguous: false });
    journal.record(completedCall({ id: 'r-2', startedAt: 1 }), ['card'], 0);
    journal.close();

    journal = openJournal(folder, never, { open: first });
    expect(journal.delivery('r-1', 'card')).toMatchObject({ state: 'done', tries: 1 });
    expect(journal.page(null, 10).map(({ call: { id } }) => id)).toEqual(['r-1', 'r-2']);
    journal.close();
  });
});
