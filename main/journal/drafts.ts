/**
 * What is known of the calls that go on, on disk in case the program is killed: the next start makes their entries in
 * the journal. Only a kill is provided for, not a power cut, so nothing waits for the disk.
 */
import fs from 'node:fs';
import path from 'node:path';
import * as v from 'valibot';
import { CompletedCallSchema, type CompletedCall } from '../../app/calls/completed-call.ts';
import type { Log } from '../diagnostics/log.ts';
import { putAside, readIfThere } from '../settings/atomic-file.ts';
import type { Account } from './journal.ts';

/** A call as it would be kept if it ended now, and the only account that it may go to. */
export type Draft = { readonly call: CompletedCall; readonly account: Account | null };

const DraftSchema = v.object({
  call: CompletedCallSchema,
  account: v.nullable(v.object({ id: v.number(), name: v.string() })),
});

/** So often a call that only goes on is written anew: by so much its talk time may be short after a kill. */
const ANEW_MS = 5_000;

export type DraftPorts = {
  profile: string;
  /** The calls of this moment. */
  drafts(): readonly Draft[];
  after(ms: number, run: () => void): () => void;
  log: Log;
};

/** Takes `live-calls.json` of the run before out of the profile, and keeps one for this run. */
export function openDrafts({ profile, drafts, after, log }: DraftPorts) {
  const file = path.join(profile, 'live-calls.json');
  const left = read();
  let due = false;
  let stop = (): void => undefined;

  /** Every call that can be read. A file of which a part cannot is kept aside: it may be all that is known of a call. */
  function read(): readonly Draft[] {
    const readable: Draft[] = [];
    try {
      const text = readIfThere(file);
      const all = text === null ? [] : v.parse(v.array(v.unknown()), JSON.parse(text));
      for (const one of all) {
        const parsed = v.safeParse(DraftSchema, one);
        if (parsed.success) readable.push(parsed.output);
      }
      if (readable.length < all.length) throw new Error(`${all.length - readable.length} of ${all.length} calls`);
    } catch (error) {
      log('drafts.unreadable', { error: String(error) });
      putAside(file, (why) => log('drafts.not-put-aside', { error: String(why) }));
    }
    return readable;
  }

  function write(): void {
    stop();
    const now = drafts();
    try {
      if (now.length === 0) fs.rmSync(file, { force: true });
      else {
        fs.writeFileSync(`${file}.next`, JSON.stringify(now), { mode: 0o600 });
        fs.renameSync(`${file}.next`, file);
      }
    } catch (error) {
      log('drafts.not-written', { error: String(error) });
    }
    stop = now.length === 0 ? () => undefined : after(ANEW_MS, write);
  }

  return {
    /** The calls in which the run before was killed. They are to be recorded before `changed` is called first. */
    left,
    /** Something about the calls changed: they are written once for all that changes in this turn. */
    changed(): void {
      if (due) return;
      due = true;
      setImmediate(() => {
        due = false;
        write();
      });
    },
  };
}
