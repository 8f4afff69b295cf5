/** What the panel knows: the snapshot that main pushes, and the part of the history that was read so far. */
import type { HistoryEntry, HistorySearch, PanelBridge, PanelState } from '../../app/ipc/panel.ts';
import type { Sentence } from '../../app/texts/sentence.ts';

/** Entries read at a time as the agent scrolls, and the most that the bridge gives in one answer. */
const PAGE = 50;
const MOST = 200;

const EVERYTHING: HistorySearch = { text: '', filter: 'all', partyOf: null };
const isEverything = ({ text, filter, partyOf }: HistorySearch) =>
  text.trim() === '' && filter === 'all' && partyOf === null;

export type HistoryList = {
  /** What is searched for. The entries are still those of the search before while `loading` is true. */
  search: HistorySearch;
  /** Newest first, from the newest on without a gap. */
  entries: HistoryEntry[];
  /** There are older entries than these. */
  more: boolean;
  loading: boolean;
  error: Sentence | null;
};

export type PanelSnapshot = {
  /** Null until main has answered for the first time. */
  state: PanelState | null;
  /** Why there is no state. */
  error: Sentence | null;
  history: HistoryList;
  /** The newest calls, whatever is searched for. */
  recent: HistoryEntry[];
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
  search(change: Partial<HistorySearch>): Promise<void>;
  /** Reads on below the last entry. */
  older(): Promise<void>;
  /** The agent looks at the entries from this one on: they are kept fresh. */
  look(index: number): void;
};

/** `noAnswer` gives the sentence for a request that main did not answer. */
export function createPanelStore(bridge: PanelBridge, noAnswer: () => string): PanelStore {
  let snapshot: PanelSnapshot = {
    state: null,
    error: null,
    history: { search: EVERYTHING, entries: [], more: false, loading: true, error: null },
    recent: [],
  };
  const listeners = new Set<() => void>();
  /** Only the newest load of the history may change it: answers can overtake each other. */
  let load = 0;
  let looksAt = 0;

  const set = (change: Partial<PanelSnapshot>) => {
    snapshot = { ...snapshot, ...change };
    for (const listener of listeners) listener();
  };
  const setHistory = (change: Partial<HistoryList>) => set({ history: { ...snapshot.history, ...change } });

  const request: Request = (name, ...parameters) =>
    bridge.request(name, ...parameters).catch(() => ({ ok: false, message: noAnswer() }));

  const ask = (search: HistorySearch, before: number | null, count: number) =>
    isEverything(search) ? request('history', before, count) : request('searchHistory', search, before, count);

  /** From the newest entry on, in the place of all that was read. */
  async function first(search: HistorySearch): Promise<void> {
    const mine = ++load;
    looksAt = 0;
    setHistory({ search, loading: true, error: null });
    const answer = await ask(search, null, PAGE);
    if (mine !== load) return;
    if (!answer.ok) return setHistory({ loading: false, error: answer.message });
    const entries = unchanged(snapshot.history.entries, answer.value);
    setHistory({ entries, more: entries.length >= PAGE, loading: false });
    if (isEverything(search)) set({ recent: entries });
  }

  /** Something changed: the newest entries are read again, and those that the agent looks at. */
  async function refresh(): Promise<void> {
    const { search, entries } = snapshot.history;
    if (entries.length <= PAGE) {
      await first(search);
    } else {
      const mine = ++load;
      // A load of older entries that this one overtakes is asked for again by the list that needs it.
      setHistory({ loading: false });
      const seen = entries[looksAt];
      const from = looksAt < MOST || seen === undefined ? [null] : [null, seen.call.startedAt + 1];
      for (const before of from) {
        const answer = await ask(search, before, MOST);
        if (mine !== load) return;
        if (!answer.ok) return setHistory({ error: answer.message });
        setHistory({
          entries: renewed(snapshot.history.entries, before, unchanged(snapshot.history.entries, answer.value)),
          error: null,
        });
      }
    }
    if (isEverything(search)) return set({ recent: snapshot.history.entries.slice(0, PAGE) });
    const answer = await request('history', null, PAGE);
    if (answer.ok) set({ recent: answer.value });
  }

  async function askState(): Promise<void> {
    const answer = await request('state');
    // What main pushed meanwhile is newer than the answer.
    if (snapshot.state !== null) return;
    set(answer.ok ? { state: answer.value, error: null } : { error: answer.message });
  }

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
      const undo = [bridge.onState((state) => set({ state, error: null })), bridge.onHistory(() => void refresh())];
      void first(EVERYTHING);
      void askState();
      return () => {
        for (const stop of undo) stop();
      };
    },
    askState,
    search: (change) => first({ ...snapshot.history.search, ...change }),
    async older() {
      const { entries, more, loading, search } = snapshot.history;
      const last = entries.at(-1);
      if (last === undefined || !more || loading) return;
      const mine = ++load;
      setHistory({ loading: true, error: null });
      const answer = await ask(search, last.call.startedAt, PAGE);
      if (mine !== load) return;
      if (!answer.ok) return setHistory({ loading: false, error: answer.message });
      const { value } = answer;
      setHistory({ entries: [...snapshot.history.entries, ...value], more: value.length >= PAGE, loading: false });
    },
    look(index) {
      looksAt = index;
    },
  };
}

/** What was read, in the objects of before where it says the same: what shows them has nothing to do then. */
function unchanged(before: readonly HistoryEntry[], read: HistoryEntry[]): HistoryEntry[] {
  const known = new Map(before.map((entry) => [entry.call.id, entry]));
  return read.map((entry) => {
    const old = known.get(entry.call.id);
    return old !== undefined && JSON.stringify(old) === JSON.stringify(entry) ? old : entry;
  });
}

/** Puts what was read again (`MOST` entries below `before`, or fewer where there are no more) in its place. */
function renewed(entries: HistoryEntry[], before: number | null, read: HistoryEntry[]): HistoryEntry[] {
  const last = read.at(-1);
  const ids = new Set(read.map(({ call }) => call.id));
  const above = before === null ? [] : entries.filter(({ call }) => call.startedAt >= before);
  const below =
    last === undefined || read.length < MOST
      ? []
      : entries.filter(({ call }) => call.startedAt <= last.call.startedAt && !ids.has(call.id));
  return [...above, ...read, ...below];
}
