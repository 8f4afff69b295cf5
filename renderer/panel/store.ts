/** What the panel knows: the snapshot that main pushes, and the part of the history that is on screen. */
import type { HistoryEntry, PanelBridge, PanelState } from '../../app/ipc/panel.ts';

/** Entries fetched at a time, and the most kept on the page: the bridge gives at most 200 in one answer. */
const PAGE = 50;
const KEPT = 200;

export type HistoryWindow = {
  /** Newest first. */
  entries: HistoryEntry[];
  /** The window starts below this time (milliseconds since 1970); null: at the newest call. */
  before: number | null;
  /** There are older entries than these. */
  more: boolean;
  loading: boolean;
  error: string | null;
};

export type PanelSnapshot = {
  /** Null until main has answered for the first time. */
  state: PanelState | null;
  /** Why there is no state. */
  error: string | null;
  history: HistoryWindow;
};

type Request = PanelBridge['request'];

export type PanelStore = {
  subscribe(listener: () => void): () => void;
  snapshot(): PanelSnapshot;
  /** Asks main; never rejects: an answer that did not come is a refusal with a plain sentence. */
  request: Request;
  /** Starts listening and loads; returns the undo. */
  start(): () => void;
  /** Asks for the state again, where the first answer was a refusal. */
  askState(): Promise<void>;
  older(): Promise<void>;
  newest(): Promise<void>;
};

/** `noAnswer` is the sentence for a request that main did not answer. */
export function createPanelStore(bridge: PanelBridge, noAnswer: string): PanelStore {
  let snapshot: PanelSnapshot = {
    state: null,
    error: null,
    history: { entries: [], before: null, more: false, loading: true, error: null },
  };
  const listeners = new Set<() => void>();
  /** Only the newest load of the history may change it: answers can overtake each other. */
  let load = 0;

  const set = (change: Partial<PanelSnapshot>) => {
    snapshot = { ...snapshot, ...change };
    for (const listener of listeners) listener();
  };
  const setHistory = (change: Partial<HistoryWindow>) => set({ history: { ...snapshot.history, ...change } });

  const request: Request = (name, ...parameters) =>
    bridge.request(name, ...parameters).catch(() => ({ ok: false, message: noAnswer }));

  /** Loads `count` entries below `before` and puts them in the place of the window, or at its end. */
  async function loadHistory(before: number | null, count: number, place: 'replace' | 'append'): Promise<void> {
    const mine = ++load;
    setHistory({ loading: true, error: null });
    const answer = await request('history', before, count);
    if (mine !== load) return;
    if (!answer.ok) return setHistory({ loading: false, error: answer.message });
    const more = answer.value.length >= count;
    if (place === 'replace') return setHistory({ entries: answer.value, before, more, loading: false });

    const { entries, before: from } = snapshot.history;
    const all = [...entries, ...answer.value];
    const kept = all.slice(-KEPT);
    const first = kept[0];
    // The window moved down: it now starts with its first entry, which a reload must find again.
    const moved = kept.length < all.length && first !== undefined ? first.call.startedAt + 1 : from;
    setHistory({ entries: kept, before: moved, more, loading: false });
  }

  async function askState(): Promise<void> {
    const answer = await request('state');
    // What main pushed meanwhile is newer than the answer.
    if (snapshot.state !== null) return;
    set(answer.ok ? { state: answer.value, error: null } : { error: answer.message });
  }

  const reload = () => loadHistory(snapshot.history.before, Math.max(PAGE, snapshot.history.entries.length), 'replace');

  return {
    subscribe(listener) {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    snapshot: () => snapshot,
    request,
    start() {
      const undo = [bridge.onState((state) => set({ state, error: null })), bridge.onHistory(() => void reload())];
      void reload();
      void askState();
      return () => {
        for (const stop of undo) stop();
      };
    },
    askState,
    async older() {
      const { entries, more, loading } = snapshot.history;
      const last = entries.at(-1);
      if (last !== undefined && more && !loading) await loadHistory(last.call.startedAt, PAGE, 'append');
    },
    newest: () => loadHistory(null, PAGE, 'replace'),
  };
}
