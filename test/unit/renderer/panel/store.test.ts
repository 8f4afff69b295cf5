import { expect, test } from 'vitest';
import type { HistoryEntry, HistorySearch, PanelBridge, PanelState } from '../../../../app/ipc/panel.ts';
import { createPanelStore, type PanelSnapshot } from '../../../../renderer/panel/store.ts';
import { atWork, pastCall } from './states.ts';

/** Main in miniature: `total` calls, one a second, newest first; answers wait in `held` while `hold` is on. */
function office(total: number) {
  const calls = Array.from({ length: total }, (_, index) => pastCall(`call-${index}`, (index + 1) * 1000));
  const stateListeners = new Set<(state: PanelState) => void>();
  const historyListeners = new Set<() => void>();
  const held: (() => void)[] = [];
  const asked: string[] = [];
  const mode = { hold: false, broken: false };
  const value = (request: string, parameters: readonly unknown[]): unknown => {
    if (request === 'state') return atWork;
    if (request !== 'history' && request !== 'searchHistory') return null;
    const [search, before, limit] = (request === 'history' ? [null, ...parameters] : parameters) as [
      HistorySearch | null,
      number | null,
      number,
    ];
    asked.push(request);
    return calls
      .filter(({ call }) => before === null || call.startedAt < before)
      .filter(({ call }) => search === null || call.id.includes(search.text))
      .slice(0, limit);
  };
  const bridge = {
    request: async (request: string, ...parameters: unknown[]) => {
      if (mode.broken) throw new Error('Error invoking remote method');
      const answer = { ok: true, value: value(request, parameters) };
      if (mode.hold) await new Promise<void>((resolve) => held.push(resolve));
      return answer;
    },
    onState(listener: (state: PanelState) => void) {
      stateListeners.add(listener);
      return () => stateListeners.delete(listener);
    },
    onHistory(listener: () => void) {
      historyListeners.add(listener);
      return () => historyListeners.delete(listener);
    },
  } as unknown as PanelBridge;
  return {
    store: createPanelStore(bridge, () => 'No answer.'),
    mode,
    held,
    asked,
    calls,
    add: (entry: HistoryEntry) => calls.unshift(entry),
    pushState: (state: PanelState) => stateListeners.forEach((listener) => listener(state)),
    pushHistory: () => historyListeners.forEach((listener) => listener()),
    listeners: () => stateListeners.size + historyListeners.size,
  };
}

/** Resolves when the store has nothing under way. */
async function settled(store: ReturnType<typeof office>['store']) {
  await new Promise<void>((resolve) => {
    const look = () => {
      const { state, error, history } = store.snapshot();
      if (!history.loading && (state !== null || error !== null)) resolve();
    };
    store.subscribe(look);
    look();
  });
}

const ids = (store: ReturnType<typeof office>['store']) => store.snapshot().history.entries.map(({ call }) => call.id);

/** Resolves when the store shows what is waited for. */
async function until(store: ReturnType<typeof office>['store'], shows: (snapshot: PanelSnapshot) => boolean) {
  await new Promise<void>((resolve) => {
    const look = () => {
      if (shows(store.snapshot())) resolve();
    };
    store.subscribe(look);
    look();
  });
}

test('reads on without a gap or a repeat, to the very first call', async () => {
  const { store } = office(430);
  store.start();
  await settled(store);
  while (store.snapshot().history.more) await store.older();
  expect(ids(store)).toEqual(Array.from({ length: 430 }, (_, index) => `call-${index}`));
});

test('two calls for older entries at once read them once', async () => {
  const { store } = office(430);
  store.start();
  await settled(store);
  await Promise.all([store.older(), store.older()]);
  expect(ids(store)).toEqual(Array.from({ length: 100 }, (_, index) => `call-${index}`));
});

test('a change far down is seen where the agent looks, a new call comes in above, and nothing is lost', async () => {
  const { store, calls, add, pushHistory } = office(430);
  store.start();
  await settled(store);
  while (store.snapshot().history.more) await store.older();
  store.look(300);
  const changed = calls[310];
  if (changed === undefined) throw new Error('There is no such call.');
  calls[310] = { ...changed, savedTo: 'contact' };
  add(pastCall('new', 0));
  pushHistory();
  await until(store, ({ recent, history }) => recent[0]?.call.id === 'new' && history.entries.length === 431);
  expect(ids(store)).toEqual(['new', ...Array.from({ length: 430 }, (_, index) => `call-${index}`)]);
  expect(store.snapshot().history.entries[311]?.savedTo).toBe('contact');
});

test('a search has its own answer; the newest calls are known beside it, and come with a new one', async () => {
  const { store, asked, add, pushHistory } = office(430);
  store.start();
  await settled(store);
  await store.search({ text: 'call-42' });
  expect(ids(store)).toEqual(['call-42', ...Array.from({ length: 10 }, (_, index) => `call-${420 + index}`)]);
  expect(asked.at(-1)).toBe('searchHistory');
  add(pastCall('new', 0));
  pushHistory();
  await until(store, ({ recent }) => recent[0]?.call.id === 'new');
  expect(ids(store)).not.toContain('new');
  await store.search({ text: '' });
  expect(ids(store)[0]).toBe('new');
  expect(asked.at(-1)).toBe('history');
});

test('an answer that was overtaken by a later one changes nothing', async () => {
  const { store, mode, held } = office(10);
  store.start();
  await settled(store);
  mode.hold = true;
  const first = store.search({ text: 'call-1' });
  const second = store.search({ text: 'call-2' });
  held[1]?.();
  await second;
  held[0]?.();
  await first;
  expect(ids(store)).toEqual(['call-2']);
});

test('what main pushed wins over the answer to the first question', async () => {
  const { store, mode, held, pushState } = office(0);
  mode.hold = true;
  store.start();
  pushState({ ...atWork, undelivered: 3 });
  mode.hold = false;
  for (const release of held) release();
  await settled(store);
  expect(store.snapshot().state?.undelivered).toBe(3);
});

test('a request that main does not answer is a refusal in plain words', async () => {
  const { store, mode } = office(0);
  mode.broken = true;
  expect(await store.request('signOut', 'keep')).toEqual({ ok: false, message: 'No answer.' });
  store.start();
  await settled(store);
  expect(store.snapshot()).toMatchObject({ state: null, error: 'No answer.', history: { error: 'No answer.' } });
  mode.broken = false;
  await store.askState();
  expect(store.snapshot()).toMatchObject({ state: atWork, error: null });
});

test('stopping lets go of the bridge', () => {
  const { store, listeners } = office(0);
  const stop = store.start();
  expect(listeners()).toBe(2);
  stop();
  expect(listeners()).toBe(0);
});

test('an entry that a search finds again is the same object, and another one where it says something new', async () => {
  const { store, calls } = office(20);
  store.start();
  await settled(store);
  const before = store.snapshot().history.entries;
  // As over the bridge: equal, and never the same.
  calls.splice(0, calls.length, ...structuredClone(calls));
  const changed = calls[1];
  if (changed === undefined) throw new Error('no call');
  calls[1] = { ...changed, savedTo: 'lead' };
  await store.search({ text: 'call-1' });
  const found = store.snapshot().history.entries;
  expect(found.map(({ call }) => call.id)).toEqual(['call-1', ...Array.from({ length: 10 }, (_, n) => `call-1${n}`)]);
  expect(found.map((entry) => before.includes(entry))).toEqual([false, ...Array.from({ length: 10 }, () => true)]);
  expect(found[0]?.savedTo).toBe('lead');
});
