import { createContext, use, useCallback, useEffect, useState, useSyncExternalStore } from 'react';
import type { Answer } from '../../app/ipc/panel.ts';
import type { Sentence } from '../../app/texts/sentence.ts';
import type { PanelSnapshot, PanelStore } from './store.ts';

export const StoreContext = createContext<PanelStore | null>(null);

/** The store of this page. */
export function useStore(): PanelStore {
  const store = use(StoreContext);
  if (store === null) throw new Error('The panel was rendered without its store.');
  return store;
}

/** A part of what the panel knows; only a change of that part renders again. */
export function usePanel<K extends keyof PanelSnapshot>(part: K): PanelSnapshot[K] {
  const store = useStore();
  return useSyncExternalStore(store.subscribe, () => store.snapshot()[part]);
}

export type Asking = {
  busy: boolean;
  /** The sentence of the last refusal; gone with the next attempt. */
  error: Sentence | null;
  /** Runs one request at a time; true when it was granted. */
  run(ask: () => Promise<Answer<unknown>>): Promise<boolean>;
  /** Says something that was found wrong before asking, or clears what was said. */
  say(error: Sentence | null): void;
};

/** The state of asking main for something: under way, or refused and why. */
export function useAsking(): Asking {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<Sentence | null>(null);
  const run = useCallback(async (ask: () => Promise<Answer<unknown>>) => {
    setBusy(true);
    setError(null);
    const answer = await ask();
    setBusy(false);
    if (!answer.ok) setError(answer.message);
    return answer.ok;
  }, []);
  return { busy, error, run, say: setError };
}

/**
 * Whole seconds since a time (milliseconds since 1970), ticking with the second's turn, and only while the page can
 * be seen: a panel in the tray must cost nothing.
 */
export function useSecondsSince(since: number | null): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (since === null) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const tick = () => {
      clearTimeout(timer);
      if (document.visibilityState !== 'visible') return;
      const current = Date.now();
      setNow(current);
      const past = (((current - since) % 1000) + 1000) % 1000;
      timer = setTimeout(tick, 1000 - past + 5);
    };
    tick();
    document.addEventListener('visibilitychange', tick);
    return () => {
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', tick);
    };
  }, [since]);
  return since === null ? 0 : Math.max(0, Math.floor((now - since) / 1000));
}

/** Whether a time (milliseconds since 1970) is still to come; false when it is there. */
export function useBefore(until: number): boolean {
  const [now, setNow] = useState(() => Date.now());
  const before = now < until;
  useEffect(() => {
    if (!before) return;
    const timer = setTimeout(() => setNow(Date.now()), Math.max(0, until - Date.now()) + 5);
    return () => clearTimeout(timer);
  }, [before, until]);
  return before;
}

/** A time of today (milliseconds since 1970) that changes when the day does. */
export function useToday(): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const midnight = new Date(now);
    midnight.setHours(24, 0, 1, 0);
    const timer = setTimeout(() => setNow(Date.now()), midnight.getTime() - now);
    return () => clearTimeout(timer);
  }, [now]);
  return now;
}
