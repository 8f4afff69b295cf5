/** What the timeline of the profile says of one call. */
import fs from 'node:fs/promises';
import path from 'node:path';
import * as v from 'valibot';
import type { TimelineStep } from '../../app/ipc/panel.ts';

const scalar = v.union([v.string(), v.number(), v.boolean(), v.null()]);
const EntrySchema = v.objectWithRest(
  { t: v.number(), at: v.pipe(v.string(), v.isoTimestamp()), call: v.nullable(v.string()), event: v.string() },
  scalar,
);

/** Oldest first; of the file before this one as well. Empty where nothing is kept of it any more. */
export async function readCallTimeline(profile: string, call: string): Promise<TimelineStep[]> {
  const file = path.join(profile, 'timeline.jsonl');
  const texts = await Promise.all([`${file}.1`, file].map((part) => fs.readFile(part, 'utf8').catch(() => '')));
  const quoted = JSON.stringify(call);
  return texts
    .flatMap((text) => text.split('\n'))
    .filter((line) => line.includes(quoted))
    .flatMap((line) => stepOf(line, call));
}

function stepOf(line: string, wanted: string): TimelineStep[] {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), EntrySchema), line);
  if (!parsed.success || parsed.output.call !== wanted) return [];
  const { t: _t, at, call: _call, event, ...details } = parsed.output;
  return [{ at: Date.parse(at), event, details }];
}
