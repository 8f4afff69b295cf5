/**
 * A process that records calls until it is killed, and says each id once it was recorded. Run by journal.test.ts with a
 * profile and the library for SQLite.
 */
import fs from 'node:fs';
import { completedCall } from '../../app/calls/samples.ts';
import { openJournal } from '../../../../main/journal/journal.ts';
import { openWithLibsql, openWithNode } from '../../../../main/journal/sqlite.ts';

const [, , profile = '', library] = process.argv;
const open = library === 'node:sqlite' ? openWithNode : openWithLibsql;
const journal = openJournal(profile, () => {}, { open });
for (let n = 0; ; n++) {
  const id = `r-${n}`;
  journal.record(completedCall({ id, startedAt: n }), ['card', 'widget'], 0);
  // To the pipe at once: what was said must be true whatever happens next.
  fs.writeSync(1, `${id}\n`);
}
