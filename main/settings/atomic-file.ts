/** Files that are either whole or as they were before, whatever happens in between. */
import fs from 'node:fs';
import path from 'node:path';

/** Writes beside the file, flushes to disk, then renames over it. Readable by this user only. */
export function writeAtomically(file: string, content: string): void {
  const next = `${file}.${process.pid}.next`;
  const handle = fs.openSync(next, 'w', 0o600);
  try {
    // Not `writeSync`, which may write a part of it only.
    fs.writeFileSync(handle, content);
    fs.fsyncSync(handle);
  } finally {
    fs.closeSync(handle);
  }
  fs.renameSync(next, file);
  if (process.platform === 'win32') return;
  const folder = fs.openSync(path.dirname(file), 'r');
  try {
    fs.fsyncSync(folder);
  } finally {
    fs.closeSync(folder);
  }
}

/** The file's text, or null where there is none. */
export function readIfThere(file: string): string | null {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

/**
 * Puts a file that cannot be read aside as `FILE.damaged`, so that what is in it is not written over.
 *
 * @param notPutAside hears why, where that cannot be done either
 */
export function putAside(file: string, notPutAside: (error: unknown) => void): void {
  try {
    fs.renameSync(file, `${file}.damaged`);
  } catch (error) {
    notPutAside(error);
  }
}
