/** A process that records calls until it is killed, and says each id once it was recorded. Run by journal.test.ts. */
import fs from 'node:fs';
import { completedCall } from '../../app/calls/samples.ts';
import { openJournal } from '../../../../main/journal/journal.ts';

const journal = openJournal(process.argv[2] ?? '', () => {});
for (let n = 0; ; n++) {
  const id = `r-${n}`;
  journal.record(completedCall({ id, startedAt: n }), ['card', 'widget'], 0);
  // To the pipe at once: what was said must be true whatever happens next.
  fs.writeSync(1, `${id}\n`);
}
