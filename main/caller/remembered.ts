/**
 * Callers of the last hours, in memory only: whoever rings again has a name at once. What is remembered is shown until
 * Kommo's answer is there and never in its place. Bounded; the longest unused goes first.
 */
import type { Resolution } from './caller.ts';

/** A name that is so old is looked up before it is shown. */
const KNOWN_MS = 12 * 60 * 60 * 1000;
/** Somebody may have made a contact meanwhile. */
const NOBODY_MS = 10 * 60 * 1000;
const MOST = 500;

export type Remembered = ReturnType<typeof createRemembered>;

/** `now` in milliseconds of a clock that never jumps back. */
export function createRemembered(now: () => number) {
  const callers = new Map<string, { resolution: Resolution; at: number }>();
  const companies = new Map<string, { name: string; at: number }>();
  /** Rights differ: what one user may read another may not. */
  const keyOf = (account: string, number: string) => `${account} ${number}`;
  const bound = (map: Map<string, unknown>) => {
    for (const oldest of map.keys()) {
      if (map.size <= MOST) break;
      map.delete(oldest);
    }
  };

  return {
    /** What Kommo said of this number in this account, while it is fresh enough. */
    recall(account: string, number: string): Resolution | null {
      const key = keyOf(account, number);
      const entry = callers.get(key);
      if (entry === undefined) return null;
      callers.delete(key);
      const age = now() - entry.at;
      if (age >= (entry.resolution.caller.kind === 'entity' ? KNOWN_MS : NOBODY_MS)) return null;
      callers.set(key, entry);
      return entry.resolution;
    },
    /** Keeps what Kommo said: somebody with a name, or nobody. Anything else is no knowledge. */
    keep(account: string, number: string, resolution: Resolution): void {
      const { caller } = resolution;
      const key = keyOf(account, number);
      callers.delete(key);
      if (caller.kind !== 'nobody' && (caller.kind !== 'entity' || caller.name === null)) return;
      callers.set(key, { resolution: { ...resolution, notice: null }, at: now() });
      bound(callers);
    },
    /** The name of a company that somebody of it called from before. */
    recallCompany(account: string, id: number): string | null {
      const entry = companies.get(`${account} ${id}`);
      return entry === undefined || now() - entry.at >= KNOWN_MS ? null : entry.name;
    },
    keepCompany(account: string, id: number, name: string): void {
      companies.delete(`${account} ${id}`);
      companies.set(`${account} ${id}`, { name, at: now() });
      bound(companies);
    },
  };
}
