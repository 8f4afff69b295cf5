/**
 * SQLite, by the library that is there. libsql comes with the program and is the same on every system that it has a
 * library for; on Windows on arm it has none, and the Node of the Electron that we release brings one of its own
 * (`node:sqlite`, https://nodejs.org/api/sqlite.html). A file that one has written the other reads.
 */
import { createRequire } from 'node:module';
import type Libsql from 'libsql';

export type SqlValue = string | number | null;

export type SqlStatement = {
  run(...values: SqlValue[]): void;
  /** The first row, an object by the names of its columns; undefined where there is none. */
  get(...values: SqlValue[]): unknown;
  all(...values: SqlValue[]): unknown[];
};

/** As much of a database as the journal uses. What goes wrong is thrown; `isDamage` tells what it means. */
export type SqlDatabase = {
  /** One or more statements without values. */
  exec(sql: string): void;
  prepare(sql: string): SqlStatement;
  /** The rows of `PRAGMA …`. */
  pragma(source: string): unknown[];
  /** Makes of a change one that happens as a whole or not at all. */
  transaction<Args extends unknown[]>(change: (...args: Args) => void): (...args: Args) => void;
  close(): void;
};

/** Opens a file, or makes it, with one library. @throws where that library is not there, or the file cannot be opened */
type Open = (file: string) => SqlDatabase;

/** @param file a path, or `:memory:` @throws what libsql said, where neither library is there */
export function openDatabase(file: string): SqlDatabase {
  let Database: typeof Libsql;
  try {
    Database = loadLibsql();
  } catch (error) {
    if (nodeSqlite() === undefined) throw error;
    return openWithNode(file);
  }
  return withLibsql(new Database(file));
}

export const openWithLibsql: Open = (file) => withLibsql(new (loadLibsql())(file));

export const openWithNode: Open = (file) => {
  const library = nodeSqlite();
  if (library === undefined) throw new Error('This Node has no SQLite of its own.');
  const db = new library.DatabaseSync(file);
  return {
    exec: (sql) => db.exec(sql),
    prepare: (sql) => {
      const statement = db.prepare(sql);
      return {
        run: (...values) => void statement.run(...values),
        get: (...values) => statement.get(...values),
        all: (...values) => statement.all(...values),
      };
    },
    pragma: (source) => db.prepare(`PRAGMA ${source}`).all(),
    transaction: inTransaction((sql) => db.exec(sql)),
    close: () => db.close(),
  };
};

function withLibsql(db: Libsql.Database): SqlDatabase {
  return {
    exec: (sql) => void db.exec(sql),
    prepare: (sql) => {
      const statement = db.prepare<[SqlValue[]]>(sql);
      // As one list: a value of null by itself would be taken for values by name.
      return {
        run: (...values) => void statement.run(values),
        get: (...values) => statement.get(values),
        all: (...values) => statement.all(values),
      };
    },
    pragma: (source) => db.prepare(`PRAGMA ${source}`).all(),
    transaction: inTransaction((sql) => void db.exec(sql)),
    close: () => void db.close(),
  };
}

function inTransaction(exec: (sql: string) => void): SqlDatabase['transaction'] {
  return (change) =>
    (...args) => {
      exec('BEGIN');
      try {
        change(...args);
        exec('COMMIT');
      } catch (error) {
        try {
          exec('ROLLBACK');
        } catch {
          // SQLite has rolled back by itself, as it does on a full disk. What counts is why.
        }
        throw error;
      }
    };
}

/** Not before it is asked for: where it has no library, loading it fails. */
const loadLibsql = () => createRequire(import.meta.url)('libsql') as typeof Libsql;

/** Undefined before Node 22.5, as in the oldest Electron, which knows nothing of `getBuiltinModule` either. */
const nodeSqlite = () => (process.getBuiltinModule as typeof process.getBuiltinModule | undefined)?.('node:sqlite');

/** https://www.sqlite.org/rescode.html: the primary codes are the low byte of each. */
const DAMAGE = new Set([
  10, // SQLITE_IOERR: a file that is shorter than its pages say reads as one
  11, // SQLITE_CORRUPT
  26, // SQLITE_NOTADB
]);

/** Whether the file is no (whole) database, rather than busy, locked, not to be opened or on a full disk. */
export function isDamage(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  // By its words as well: libsql gives no code for what it finds while it opens a file.
  return DAMAGE.has((resultCode(error) ?? 0) & 0xff) || /not a database|malformed|I\/O error/i.test(error.message);
}

/** SQLite's own number of an error, by the name that each library has for it; null where the error has none. */
function resultCode(error: Error): number | null {
  const code = 'errcode' in error ? error.errcode : 'rawCode' in error ? error.rawCode : undefined;
  return typeof code === 'number' ? code : null;
}
