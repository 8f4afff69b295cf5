import { expect, test } from 'vitest';
import type { HistoryEntry, PanelBridge, PanelState } from '../../../../app/ipc/panel.ts';
import { createPanelStore } from '../../../../renderer/panel/store.ts';
import { atWork, pastCall } from './states.ts';

/** Main in miniature: `total` calls, one a second, newest first; answers wait in `held` while `hold` is on. */
function office(total: number) {
  const calls = Array.from({ length: total }, (_, index) => pastCall(`call-${index}`, (index + 1) * 1000));
  const stateListeners = new Set<(state: PanelState) => void>();
  const historyListeners = new Set<() => void>();
  const held: (() => void)[] = [];
  const mode = { hold: false, broken: false };
  const value = (request: string, parameters: readonly unknown[]): unknown => {
    if (request === 'state') return atWork;
    if (request !== 'history') return null;
    const [before, limit] = parameters as [number | null, number];
    return calls.filter(({ call }) => before === null || call.startedAt < before).slice(0, limit);
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
    store: createPanelStore(bridge, 'No answer.'),
    mode,
    held,
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

test('pages down without a gap or a repeat, and keeps no more than 200 entries', async () => {
  const { store } = office(430);
  store.start();
  await settled(store);
  const seen = [...ids(store)];
  while (store.snapshot().history.more) {
    await store.older();
    for (const id of ids(store)) if (!seen.includes(id)) seen.push(id);
    expect(ids(store).length).toBeLessThanOrEqual(200);
  }
  expect(seen).toEqual(Array.from({ length: 430 }, (_, index) => `call-${index}`));
  expect(ids(store).at(-1)).toBe('call-429');

  await store.newest();
  expect(ids(store)[0]).toBe('call-0');
  expect(store.snapshot().history.before).toBeNull();
});

test('a change reloads the window where it is: older calls stay in sight while a new one comes in above', async () => {
  const { store, add, pushHistory } = office(430);
  store.start();
  await settled(store);
  for (let page = 0; page < 5; page++) await store.older();
  const before = ids(store);
  add(pastCall('new', 0));
  pushHistory();
  await settled(store);
  expect(ids(store)).toEqual(before);
});

test('an answer that was overtaken by a later one changes nothing', async () => {
  const { store, mode, held, add } = office(10);
  store.start();
  await settled(store);
  mode.hold = true;
  const first = store.newest();
  add(pastCall('new', 0));
  const second = store.newest();
  held[1]?.();
  await second;
  held[0]?.();
  await first;
  expect(ids(store)[0]).toBe('new');
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
