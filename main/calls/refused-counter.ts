/** How many calls the phone refused that have no entry of their own: written with the entry, told to the agent, logged. */
import { MINUTE_MS, type Listed } from '../../app/calls/refused-calls.ts';
import type { CompletedCall } from '../../app/calls/completed-call.ts';
import type { Log } from '../diagnostics/log.ts';

/** A thousand calls in ten seconds are ten writes, not a thousand. */
const WRITE_MS = 1_000;

export type RefusedCounterPorts = {
  /** Writes to the history what an entry stands for by now. */
  note(id: string, unlisted: NonNullable<CompletedCall['unlisted']>): void;
  /** Tells the agent of a flood: how many calls are on no list. Again whenever there are more. */
  tell(calls: number): void;
  log: Log;
  /** A timer; returns its own undo. */
  after(ms: number, run: () => void): () => void;
};

export function createRefusedCounter({ note, tell, log, after }: RefusedCounterPorts) {
  const unwritten = new Map<string, Listed>();
  /** Of the flood that goes on, the calls that are on no list, by the entry that they are counted with. */
  const flood = new Map<string, number>();
  let told = 0;
  let cancelWrite: (() => void) | null = null;
  let cancelEnd: (() => void) | null = null;
  const beyond = () => [...flood.values()].reduce((sum, calls) => sum + calls, 0);

  function write(): void {
    cancelWrite?.();
    cancelWrite = null;
    for (const { id, again, others } of unwritten.values()) note(id, { again, others });
    unwritten.clear();
    if (beyond() === told) return;
    told = beyond();
    tell(told);
  }

  function ends(): void {
    cancelEnd?.();
    cancelEnd = null;
    write();
    if (flood.size > 0) log('calls.flood-over', { unlisted: told });
    flood.clear();
    told = 0;
  }

  return {
    /** One more was counted with this entry, which stands so now. */
    counted(entry: Listed): void {
      unwritten.set(entry.id, entry);
      cancelWrite ??= after(WRITE_MS, write);
      if (entry.others === (flood.get(entry.id) ?? 0)) return;
      if (flood.size === 0) log('calls.flood', {});
      flood.set(entry.id, entry.others);
      cancelEnd?.();
      cancelEnd = after(MINUTE_MS, ends);
    },
    /** The program ends. */
    stop: ends,
  };
}
