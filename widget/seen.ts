/** What this browser has put into the bell, calls and recordings, so that a replay is never shown twice. */
import * as v from 'valibot';

const KEY = 'ringside.seen';
const MOST = 200;
const SeenSchema = v.array(v.pipe(v.string(), v.maxLength(80)));

export type Seen = { has(key: string): boolean; add(key: string): void; remove(key: string): void };

export function createSeen(storage: Pick<Storage, 'getItem' | 'setItem'>): Seen {
  let memory: string[] = [];
  // Read each time: the other tabs of this browser write it too.
  const load = (): string[] => {
    try {
      const raw = storage.getItem(KEY);
      if (raw !== null) memory = v.parse(SeenSchema, JSON.parse(raw));
    } catch {
      // Damaged or forbidden: what this page knows itself has to do.
    }
    return memory;
  };
  const save = (ids: string[]): void => {
    memory = ids.slice(-MOST);
    try {
      storage.setItem(KEY, JSON.stringify(memory));
    } catch {
      // As above.
    }
  };
  return {
    has: (key) => load().includes(key),
    add: (key) => save([...load().filter((other) => other !== key), key]),
    remove: (key) => save(load().filter((other) => other !== key)),
  };
}
