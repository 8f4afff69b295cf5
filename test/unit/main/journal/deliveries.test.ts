import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Caller, CompletedCall, EntityRef } from '../../../../app/calls/completed-call.ts';
import type { KommoClient } from '../../../../app/kommo/client.ts';
import { KommoRefusal, type RefusalKind } from '../../../../app/kommo/refusal.ts';
import { createDeliveries } from '../../../../main/journal/deliveries.ts';
import { openJournal, type Journal } from '../../../../main/journal/journal.ts';
import { completedCall } from '../../app/calls/samples.ts';

const MINUTE = 60_000;
let folder: string;
let journal: Journal;
let deliveries: ReturnType<typeof createDeliveries>;
/** What Kommo was asked, in order. */
let asked: string[];
let kommo: Pick<KommoClient, 'logCall' | 'hasCall'> | null;
let log: (call: CompletedCall) => Promise<boolean>;
let has: (entity: EntityRef, uniq: string) => Promise<boolean>;
let widget: (call: CompletedCall) => Promise<'shown' | 'no-widget'>;
let told: string[];
let failures: unknown[];

beforeEach(() => {
  vi.useFakeTimers({ now: Date.UTC(2026, 9, 1, 12, 1, 10) });
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ringside-deliveries-'));
  journal = openJournal(folder, () => {
    throw new Error('damaged');
  });
  asked = [];
  told = [];
  failures = [];
  log = () => Promise.resolve(true);
  has = () => Promise.resolve(false);
  widget = () => Promise.resolve('shown');
  kommo = {
    logCall: (call) => {
      asked.push(`log ${call.id}`);
      return log(call);
    },
    hasCall: (entity, uniq) => {
      asked.push(`has ${uniq}`);
      return has(entity, uniq);
    },
  };
  deliveries = start();
});
afterEach(async () => {
  await deliveries.stop();
  journal.close();
  fs.rmSync(folder, { recursive: true });
  vi.useRealTimers();
});

function start(of: Journal = journal) {
  return createDeliveries({
    journal: of,
    kommo: () => kommo as KommoClient | null,
    widget: (call) => widget(call),
    now: Date.now,
    random: () => 1,
    after: (ms, run) => {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    },
    told: (call, target, state) => told.push(`${call.id} ${target} ${state}`),
    failed: (error) => failures.push(error),
  });
}
const record = (over: Partial<CompletedCall> = {}, targets: ('card' | 'widget')[] = ['card'], due = 0) =>
  journal.record(completedCall(over), targets, due);
const stateOf = (id = 'r-1', target = 'card') =>
  journal
    .page(null, 100)
    .find(({ call }) => call.id === id)
    ?.deliveries.find((delivery) => delivery.target === target);
/** Lets everything that is due now happen. */
const settled = () => vi.advanceTimersByTimeAsync(0);
const refuse =
  (kind: RefusalKind, facts: ConstructorParameters<typeof KommoRefusal>[1] = {}) =>
  () =>
    Promise.reject(new KommoRefusal(kind, facts));

test('a recorded call goes to the card and the widget, once each', async () => {
  record({}, ['card', 'widget']);
  deliveries.run();
  await settled();
  expect(told.toSorted()).toEqual(['r-1 card done', 'r-1 widget done']);
  deliveries.run();
  deliveries.wake('card');
  deliveries.wake('widget');
  await vi.advanceTimersByTimeAsync(60 * MINUTE);
  expect(asked).toEqual(['log r-1']);
});

test('asked to run many times at once, it sends once', async () => {
  record();
  record({ id: 'r-2' });
  for (let i = 0; i < 20; i++) deliveries.run();
  await settled();
  expect(asked).toEqual(['log r-1', 'log r-2']);
});

test('more than one page of what waits is delivered, each once', async () => {
  for (let i = 0; i < 120; i++) record({ id: `r-${i}` });
  deliveries.run();
  await vi.advanceTimersByTimeAsync(1000);
  expect(asked).toHaveLength(120);
  expect(new Set(asked).size).toBe(120);
});

describe('the card', () => {
  test.each<[RefusalKind, state: string, tries: number]>([
    ['unreachable', 'waiting', 1],
    ['timeout', 'waiting', 1],
    ['too-many', 'waiting', 1],
    ['blocked', 'waiting', 1],
    ['server', 'waiting', 1],
    ['unreadable', 'waiting', 1],
    ['unauthorized', 'waiting', 0],
    ['signed-out', 'waiting', 0],
    ['rejected', 'failed', 1],
    ['no-rights', 'failed', 1],
    ['not-found', 'failed', 1],
    ['unpaid', 'failed', 1],
  ])('%s leaves it %s, with the sentence', async (kind, state, tries) => {
    log = refuse(kind);
    record();
    deliveries.run();
    await settled();
    expect(stateOf()).toMatchObject({ state, tries, error: new KommoRefusal(kind).message });
  });

  test('a number that Kommo has no card for is no failure', async () => {
    log = () => Promise.resolve(false);
    record();
    deliveries.run();
    await settled();
    expect(stateOf()).toMatchObject({ state: 'no-card', error: null });
    expect(journal.undelivered()).toBe(0);
  });

  test('waits longer each time, up to five minutes, and gets there in the end', async () => {
    const at: number[] = [];
    log = () => {
      at.push(Date.now());
      return at.length < 12 ? refuse('unreachable', { sent: false })() : Promise.resolve(true);
    };
    record();
    deliveries.run();
    await vi.advanceTimersByTimeAsync(60 * MINUTE);
    const waits = at.slice(1).map((time, index) => (time - (at[index] ?? 0)) / 1000);
    expect(waits).toEqual([2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]);
    expect(stateOf()).toMatchObject({ state: 'done', tries: 12 });
  });

  test('waits as long as Kommo says', async () => {
    log = refuse('too-many', { retryAfter: 100 });
    record();
    deliveries.run();
    await vi.advanceTimersByTimeAsync(99_000);
    expect(asked).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(2000);
    expect(asked).toHaveLength(2);
  });

  test('waits for a sign-in without counting, and goes when there is one', async () => {
    const client = kommo;
    kommo = null;
    record();
    deliveries.run();
    await vi.advanceTimersByTimeAsync(30 * MINUTE);
    expect(stateOf()).toMatchObject({
      state: 'waiting',
      tries: 0,
      error: expect.stringMatching(/not signed in/) as unknown,
    });
    kommo = client;
    deliveries.wake('card');
    await settled();
    expect(stateOf()).toMatchObject({ state: 'done', tries: 1 });
  });

  describe('an answer that was lost', () => {
    test.each<RefusalKind>(['timeout', 'unreachable', 'server', 'unreadable'])(
      '%s: looks before it sends again',
      async (kind) => {
        log = refuse(kind);
        has = () => Promise.resolve(true);
        record();
        deliveries.run();
        await vi.advanceTimersByTimeAsync(10_000);
        expect(asked).toEqual(['log r-1', 'has r-1']);
        expect(stateOf()).toMatchObject({ state: 'done' });
      },
    );

    test('is sent again when the card does not have it', async () => {
      let first = true;
      log = () => {
        if (!first) return Promise.resolve(true);
        first = false;
        return refuse('timeout')();
      };
      record();
      deliveries.run();
      await vi.advanceTimersByTimeAsync(10_000);
      expect(asked).toEqual(['log r-1', 'has r-1', 'log r-1']);
    });

    test('stays in doubt while looking fails, even through a sign-out', async () => {
      log = refuse('timeout');
      has = refuse('unauthorized');
      record();
      deliveries.run();
      await vi.advanceTimersByTimeAsync(3000);
      expect(stateOf()).toMatchObject({ ambiguous: true });
      const client = kommo;
      kommo = null;
      deliveries.wake('card');
      await settled();
      expect(stateOf()).toMatchObject({ ambiguous: true });
      kommo = client;
      has = () => Promise.resolve(true);
      deliveries.wake('card');
      await settled();
      expect(asked.filter((request) => request === 'log r-1')).toHaveLength(1);
      expect(stateOf()).toMatchObject({ state: 'done' });
    });

    test('because it never left is no doubt', async () => {
      log = refuse('unreachable', { sent: false });
      record();
      deliveries.run();
      await vi.advanceTimersByTimeAsync(3000);
      expect(asked).toEqual(['log r-1', 'log r-1']);
    });
  });

  test('stopped while a request is on its way: the next start looks first', async () => {
    let answer: (logged: boolean) => void = () => {};
    log = () => new Promise((resolve) => (answer = resolve));
    record();
    deliveries.run();
    await settled();
    const stopping = deliveries.stop();
    answer(true);
    await stopping;
    has = () => Promise.resolve(true);
    deliveries = start();
    deliveries.run();
    await settled();
    expect(asked).toEqual(['log r-1', 'has r-1']);
    expect(stateOf()).toMatchObject({ state: 'done' });
  });
});

describe('a lane for each target', () => {
  test('a card that hangs does not delay the bell, nor what comes to it later', async () => {
    let answer: (logged: boolean) => void = () => {};
    log = () => new Promise((resolve) => (answer = resolve));
    record({}, ['card', 'widget']);
    deliveries.run();
    await settled();
    expect(told).toEqual(['r-1 widget done']);
    record({ id: 'r-2' }, ['card', 'widget']);
    deliveries.run();
    await settled();
    expect(told).toEqual(['r-1 widget done', 'r-2 widget done']);
    expect(asked).toEqual(['log r-1']);
    log = () => Promise.resolve(true);
    answer(true);
    await settled();
    expect(told.slice(2)).toEqual(['r-1 card done', 'r-2 card done']);
    expect(asked).toEqual(['log r-1', 'log r-2']);
  });

  test('a bell that hangs does not delay the card', async () => {
    let answer: (shown: 'shown') => void = () => {};
    widget = () => new Promise((resolve) => (answer = resolve));
    record({}, ['card', 'widget']);
    deliveries.run();
    await settled();
    expect(told).toEqual(['r-1 card done']);
    answer('shown');
    await settled();
    expect(told).toEqual(['r-1 card done', 'r-1 widget done']);
  });
});

describe('a call whose card nobody named', () => {
  const failed = { kind: 'failed', reason: 'Kommo did not answer in time.' } as const;
  const unasked = [{ kind: 'not-asked' }, failed] satisfies Caller[];
  const numbered = (asReceived: string, e164: string | null = null) => ({
    number: { asReceived, e164, display: asReceived, internal: false },
  });

  test.each(unasked)('because Kommo could not be asked ($kind): its number finds the card', async (caller) => {
    const sent: CompletedCall[] = [];
    log = (call) => {
      sent.push(call);
      return Promise.resolve(true);
    };
    record({ caller });
    deliveries.run();
    await settled();
    expect(sent).toMatchObject([{ id: 'r-1', number: { e164: '+14155550142' }, caller }]);
    expect(stateOf()).toMatchObject({ state: 'done', tries: 1 });
  });

  test.each(unasked)('and whose number has none ($kind) is no failure', async (caller) => {
    log = () => Promise.resolve(false);
    record({ caller });
    deliveries.run();
    await settled();
    expect(stateOf()).toMatchObject({ state: 'no-card', error: null });
  });

  test.each([
    ['anonymous', numbered('anonymous')],
    ['no digits', numbered('')],
    ['too short to be a customer', numbered('555-01')],
  ])('with no number that could find one (%s) is not sent', async (_what, over) => {
    record({ caller: failed, ...over });
    deliveries.run();
    await vi.advanceTimersByTimeAsync(60 * MINUTE);
    expect(asked).toEqual([]);
    expect(stateOf()).toMatchObject({ state: 'no-card', tries: 0 });
  });

  test('a national number with dashes is one', async () => {
    record({ caller: failed, ...numbered('415-555-0142') });
    deliveries.run();
    await settled();
    expect(asked).toEqual(['log r-1']);
  });

  test('because there is nobody: never sent, not even by hand', async () => {
    record({ caller: { kind: 'nobody' } });
    deliveries.run();
    await vi.advanceTimersByTimeAsync(60 * MINUTE);
    journal.retry('r-1');
    deliveries.run();
    await settled();
    expect(asked).toEqual([]);
    expect(stateOf()).toMatchObject({ state: 'no-card', error: null, tries: 0 });
    expect(journal.undelivered()).toBe(0);
  });

  test('when Kommo says it after all: the card that it named', async () => {
    record({ caller: { kind: 'not-asked' }, ...numbered('anonymous') });
    deliveries.run();
    await settled();
    expect(stateOf()).toMatchObject({ state: 'no-card' });
    journal.setCaller('r-1', { kind: 'entity', entity: { type: 'lead', id: 5 }, name: null }, Date.now());
    deliveries.run();
    await settled();
    expect(asked).toEqual(['log r-1']);
    expect(stateOf()).toMatchObject({ state: 'done' });
  });

  describe('an answer that was lost', () => {
    const lost = /may be on the card or not\. Look at the card before you try again\./;

    test.each<[RefusalKind, Caller]>(
      (['timeout', 'unreachable', 'server', 'unreadable'] as const).flatMap((kind) =>
        unasked.map((caller): [RefusalKind, Caller] => [kind, caller]),
      ),
    )('%s (%j): nobody can look, so it is never sent twice', async (kind, caller) => {
      log = refuse(kind);
      record({ caller });
      deliveries.run();
      await vi.advanceTimersByTimeAsync(60 * MINUTE);
      deliveries.wake('card');
      await vi.advanceTimersByTimeAsync(60 * MINUTE);
      expect(asked).toEqual(['log r-1']);
      expect(stateOf()).toMatchObject({ state: 'failed', error: expect.stringMatching(lost) as unknown });
      expect(journal.undelivered()).toBe(1);
    });

    test('to a stop of the program: the same', async () => {
      log = () => new Promise(() => {});
      record({ caller: failed });
      deliveries.run();
      await settled();
      void deliveries.stop();
      deliveries = start();
      deliveries.run();
      await vi.advanceTimersByTimeAsync(60 * MINUTE);
      expect(asked).toEqual(['log r-1']);
      expect(stateOf()).toMatchObject({ state: 'failed', error: expect.stringMatching(lost) as unknown });
    });

    test('stays in doubt while nobody is signed in', async () => {
      log = refuse('timeout');
      record({ caller: failed });
      deliveries.run();
      await settled();
      const client = kommo;
      kommo = null;
      deliveries.wake('card');
      await settled();
      expect(stateOf()).toMatchObject({ state: 'waiting', ambiguous: true });
      kommo = client;
      deliveries.wake('card');
      await settled();
      expect(asked).toEqual(['log r-1']);
      expect(stateOf()).toMatchObject({ state: 'failed', error: expect.stringMatching(lost) as unknown });
    });

    test('whoever has looked may try again, once', async () => {
      log = refuse('timeout');
      record({ caller: failed });
      deliveries.run();
      await vi.advanceTimersByTimeAsync(10 * MINUTE);
      log = () => Promise.resolve(true);
      journal.retry('r-1');
      deliveries.run();
      await vi.advanceTimersByTimeAsync(10 * MINUTE);
      expect(asked).toEqual(['log r-1', 'log r-1']);
      expect(stateOf()).toMatchObject({ state: 'done', error: null });
    });

    test('because it never left is no doubt', async () => {
      log = refuse('unreachable', { sent: false });
      record({ caller: failed });
      deliveries.run();
      await settled();
      log = () => Promise.resolve(true);
      await vi.advanceTimersByTimeAsync(MINUTE);
      expect(asked).toEqual(['log r-1', 'log r-1']);
      expect(stateOf()).toMatchObject({ state: 'done' });
    });
  });
});

describe('the widget', () => {
  test('waits for a tab, is shown when one comes', async () => {
    widget = () => Promise.resolve('no-widget');
    record({}, ['widget']);
    deliveries.run();
    await settled();
    expect(stateOf('r-1', 'widget')).toMatchObject({ state: 'waiting', tries: 0 });
    expect(journal.undelivered()).toBe(0);
    widget = () => Promise.resolve('shown');
    deliveries.wake('widget');
    await settled();
    expect(stateOf('r-1', 'widget')).toMatchObject({ state: 'done' });
  });

  test('after half a day it is no news any more; the card still gets it', async () => {
    record({ endedAt: Date.now() - 12 * 60 * MINUTE - 1 }, ['card', 'widget']);
    deliveries.run();
    await settled();
    expect(told.toSorted()).toEqual(['r-1 card done', 'r-1 widget expired']);
  });
});

test('what is due later is delivered then, without being asked', async () => {
  record({}, ['card'], Date.now() + 20_000);
  deliveries.run();
  await vi.advanceTimersByTimeAsync(19_999);
  expect(asked).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(asked).toEqual(['log r-1']);
});

describe('a journal that fails', () => {
  test.each(['due', 'settle', 'nextDue'] as const)(
    'in %s: said, tried again much later, and never in a loop',
    async (method) => {
      await deliveries.stop();
      let calls = 0;
      const broken: Journal = {
        ...journal,
        // For the card alone: the bell must not suffer from it.
        [method]: (...parameters: unknown[]) => {
          if (!parameters.includes('card')) return (journal[method] as (...all: unknown[]) => unknown)(...parameters);
          calls += 1;
          throw new Error('disk full');
        },
      };
      // The card keeps what it was sent.
      has = (_entity, uniq) => Promise.resolve(asked.includes(`log ${uniq}`));
      record({}, ['card', 'widget']);
      deliveries = start(broken);
      deliveries.run();
      await settled();
      expect(failures).toHaveLength(1);
      expect(calls).toBe(1);
      expect(told).toContain('r-1 widget done');
      await vi.advanceTimersByTimeAsync(20 * MINUTE);
      expect(calls).toBeLessThanOrEqual(6);
      expect(asked.filter((request) => request === 'log r-1').length).toBeLessThanOrEqual(1);
    },
  );

  test('a row that cannot be read does not keep the processor busy', async () => {
    await deliveries.stop();
    let drains = 0;
    const unreadable: Journal = {
      ...journal,
      due: () => {
        drains += 1;
        return [];
      },
    };
    record({}, ['card', 'widget']);
    deliveries = start(unreadable);
    deliveries.run();
    await vi.advanceTimersByTimeAsync(10 * MINUTE);
    // Two lanes, each at once and every five minutes.
    expect(drains).toBeLessThanOrEqual(6);
  });
});

test('stopped is stopped', async () => {
  await deliveries.stop();
  record();
  deliveries.run();
  deliveries.wake('card');
  await vi.advanceTimersByTimeAsync(10 * MINUTE);
  expect(asked).toEqual([]);
});
