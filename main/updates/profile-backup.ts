/** Before a new version changes the profile's files, they are copied aside: what it does can be undone. */
import fs from 'node:fs';
import path from 'node:path';
import type { Log } from '../diagnostics/log.ts';

/** What the program migrates, and what it cannot do without. SQLite's `-wal` is part of the journal. */
const FILES = ['journal.db', 'journal.db-wal', 'settings.json', 'vault.json', 'preferences.json'];
const FOLDER = 'backups';
const KEPT = 2;
const VERSION = /^\d+\.\d+\.\d+[\w.-]*$/;

/**
 * To be called before anything opens the profile. Copies it to `backups/{the version before}/` if another version had it
 * last; the newest two are kept. A copy that fails is said in the log and stops nothing.
 */
export function backUpProfile(profile: string, version: string, log: Log): void {
  const note = path.join(profile, 'version');
  try {
    const before = fs.existsSync(note) ? fs.readFileSync(note, 'utf8').trim() : null;
    if (before === version) return;
    const there = FILES.filter((file) => fs.existsSync(path.join(profile, file)));
    if (there.length > 0) {
      const name = before !== null && VERSION.test(before) ? before : 'unknown';
      const into = path.join(profile, FOLDER, name);
      const part = `${into}.part`;
      fs.rmSync(part, { recursive: true, force: true });
      fs.mkdirSync(part, { recursive: true, mode: 0o700 });
      for (const file of there) fs.copyFileSync(path.join(profile, file), path.join(part, file));
      fs.rmSync(into, { recursive: true, force: true });
      fs.renameSync(part, into);
      dropOld(path.join(profile, FOLDER));
    }
    fs.writeFileSync(note, `${version}\n`, { mode: 0o600 });
  } catch (error) {
    log('profile.not-backed-up', { error: String(error) });
  }
}

function dropOld(folder: string): void {
  const byAge = fs
    .readdirSync(folder)
    .map((name) => ({ name, at: fs.statSync(path.join(folder, name)).mtimeMs }))
    .sort((a, b) => b.at - a.at);
  for (const { name } of byAge.slice(KEPT)) fs.rmSync(path.join(folder, name), { recursive: true, force: true });
}
