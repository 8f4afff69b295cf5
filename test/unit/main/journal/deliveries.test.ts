import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Caller, CompletedCall } from '../../../../app/calls/completed-call.ts';
import type { CardWay } from '../../../../app/kommo/call-on-card.ts';
import type { KommoClient } from '../../../../app/kommo/client.ts';
import { KommoRefusal, type RefusalKind } from '../../../../app/kommo/refusal.ts';
import type { CallSettings } from '../../../../app/settings/provisioning.ts';
import { createDeliveries } from '../../../../main/journal/deliveries.ts';
import { openJournal, type Account, type DeliveryTarget, type Journal } from '../../../../main/journal/journal.ts';
import { completedCall } from '../../app/calls/samples.ts';
import { english, saying } from '../../../english.ts';

const MINUTE = 60_000;
let folder: string;
let journal: Journal;
let deliveries: ReturnType<typeof createDeliveries>;
/** A request waits for this before it goes out. */
let turn: () => Promise<void>;
/** What Kommo was asked, in order. */
let asked: string[];
let kommo: Pick<KommoClient, 'putOnCard' | 'findOnCard' | 'updateOnCard'> | null;
let log: (call: CompletedCall, way: CardWay) => Promise<boolean>;
let has: (uniq: string, way: CardWay) => Promise<boolean>;
let update: (call: CompletedCall) => Promise<void>;
let audio: (url: string) => Promise<boolean>;
let held: number;
let settings: Pick<CallSettings, 'cardBy' | 'unknownInbound'>;
let agent: CompletedCall['agent'];
let widget: (call: CompletedCall) => Promise<'shown' | 'no-widget'>;
let bell: (call: CompletedCall) => Promise<'shown' | 'no-widget'>;
let account: Account | null;
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
  turn = () => Promise.resolve();
  log = () => Promise.resolve(true);
  has = () => Promise.resolve(false);
  widget = () => Promise.resolve('shown');
  bell = () => Promise.resolve('shown');
  account = null;
  update = () => Promise.resolve();
  audio = () => Promise.resolve(false);
  held = 0;
  settings = { cardBy: 'entity', unknownInbound: 'nothing' };
  agent = { userId: 7001001, name: 'Ana Silva' };
  const place = { entity: { type: 'lead', id: 6600201 }, incomingLead: false } as const;
  kommo = {
    putOnCard: async (way, call, leaving) => {
      await turn();
      leaving?.();
      asked.push(`log ${call.id}`);
      return (await log(call, way)) ? place : null;
    },
    findOnCard: async (way, call) => {
      asked.push(`has ${call.id}`);
      return (await has(call.id, way)) ? place : null;
    },
    updateOnCard: (_entity, call) => {
      asked.push(`update ${call.id}`);
      return update(call);
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

function start(of: Journal = journal, now = Date.now) {
  return createDeliveries({
    journal: of,
    kommo: () => kommo as KommoClient | null,
    settings: () => settings,
    agent: () => agent,
    heldUntil: () => held,
    hasAudio: (url) => audio(url),
    widget: (call) => widget(call),
    bell: (call) => bell(call),
    account: () => account,
    now,
    random: () => 1,
    after: (ms, run) => {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    },
    told: (call, target, state) => told.push(`${call.id} ${target} ${state}`),
    failed: (error) => failures.push(error),
  });
}
const record = (over: Partial<CompletedCall> = {}, targets: DeliveryTarget[] = ['card'], due = 0) =>
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
    ['unpaid', 'waiting', 1],
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
      error: saying(/not signed in/),
    });
    kommo = client;
    deliveries.wake('card');
    await settled();
    expect(stateOf()).toMatchObject({ state: 'done', tries: 1 });
  });

  test.each<RefusalKind>(['unreachable', 'timeout', 'too-many', 'blocked'])(
    'an hour of %s does not make Kommo hear of each of the calls again and again',
    async (kind) => {
      log = refuse(kind, { sent: false });
      for (let i = 0; i < 100; i++) record({ id: `r-${i}` });
      deliveries.run();
      await vi.advanceTimersByTimeAsync(60 * MINUTE);
      expect(asked.length).toBeLessThanOrEqual(25);
      // All of them are in trouble, not only those that were tried.
      expect(journal.undelivered()).toBe(100);
      log = () => Promise.resolve(true);
      await vi.advanceTimersByTimeAsync(5 * MINUTE);
      expect(journal.undelivered()).toBe(0);
    },
  );

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
      await vi.advanceTimersByTimeAsync(6000);
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
    await vi.advanceTimersByTimeAsync(5000);
    expect(asked).toEqual(['log r-1', 'has r-1']);
    expect(stateOf()).toMatchObject({ state: 'done' });
  });
});

describe('a request that waits for its turn', () => {
  test('is not in doubt when the program is killed: the next start sends it without a look', async () => {
    turn = () => new Promise(() => {});
    record();
    deliveries.run();
    await settled();
    expect(stateOf()).toMatchObject({ ambiguous: false });
    void deliveries.stop();
    turn = () => Promise.resolve();
    deliveries = start();
    deliveries.run();
    await settled();
    expect(asked).toEqual(['log r-1']);
  });

  test('is not in doubt either when a way before it led nowhere, or a look found nothing', async () => {
    let turns = 0;
    let go = () => {};
    turn = () => ((turns += 1) === 1 ? Promise.resolve() : new Promise((resolve) => (go = resolve)));
    log = () => Promise.resolve(false);
    record();
    deliveries.run();
    await settled();
    expect(asked).toEqual(['log r-1']);
    expect(stateOf()).toMatchObject({ ambiguous: false, attempt: null });

    await Promise.race([deliveries.stop(), settled()]);
    journal.sending('r-1', 'card', { way: 'calls' });
    await vi.advanceTimersByTimeAsync(6000);
    deliveries = start();
    deliveries.run();
    await settled();
    expect(asked).toEqual(['log r-1', 'has r-1']);
    expect(stateOf()).toMatchObject({ ambiguous: false });
    turn = () => Promise.resolve();
    go();
  });

  test('that cannot be noted does not go out', async () => {
    const { sending } = journal;
    journal.sending = () => {
      throw new Error('disk full');
    };
    record();
    deliveries.run();
    await settled();
    expect(asked).toEqual([]);
    expect(failures).toHaveLength(1);
    journal.sending = sending;
    await vi.advanceTimersByTimeAsync(6 * MINUTE);
    expect(asked).toEqual(['log r-1']);
  });
});

describe('another account', () => {
  const bayline = { id: 31_500_001, name: 'Bayline Services' };
  const harbour = { id: 31_500_002, name: 'Harbour Street' };
  const all: DeliveryTarget[] = ['card', 'widget'];

  test.each([harbour, null])('signed in to (%j) gets nothing of it, and the history says so', async (present) => {
    const shown: string[] = [];
    widget = (call) => {
      shown.push(call.id);
      return Promise.resolve('shown');
    };
    account = present;
    if (present === null) kommo = null;
    journal.record(completedCall(), all, 0, bayline);
    deliveries.run();
    await vi.advanceTimersByTimeAsync(20 * MINUTE);
    expect([...asked, ...shown]).toEqual([]);
    expect(stateOf()).toMatchObject({ state: 'waiting', tries: 0, account: bayline });
    expect(english(stateOf('r-1', 'widget')?.error)).toBe(
      'It is for the Kommo account Bayline Services and goes nowhere else. Sign in there.',
    );
  });

  test('a given-up one that is tried by hand waits for its own account, and goes there', async () => {
    account = harbour;
    journal.record(completedCall(), ['card'], 0, bayline);
    journal.giveUp('This call was for the Kommo account Bayline Services.', bayline.id);
    journal.retry('r-1');
    deliveries.run();
    await settled();
    expect(asked).toEqual([]);
    expect(english(stateOf()?.error)).toContain('Bayline Services');
    account = bayline;
    deliveries.wake('card');
    await settled();
    expect(asked).toEqual(['log r-1']);
    expect(stateOf()).toMatchObject({ state: 'done' });
  });

  test('what comes later follows the call: the update and the recording in the bell', async () => {
    account = bayline;
    journal.record(completedCall(), all, 0, bayline);
    deliveries.run();
    await settled();
    account = harbour;
    journal.amend('r-1', { recording: { state: 'ready', url: 'https://pbx.example/1.mp3' } }, Date.now());
    const rung: string[] = [];
    bell = (call) => {
      rung.push(call.id);
      return Promise.resolve('shown');
    };
    deliveries.run();
    await vi.advanceTimersByTimeAsync(20 * MINUTE);
    expect([asked, rung]).toEqual([['log r-1'], []]);
    account = bayline;
    deliveries.wake('card');
    deliveries.wake('widget');
    await settled();
    expect([asked, rung]).toEqual([['log r-1', 'update r-1'], ['r-1']]);
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
    test.each<[RefusalKind, Caller]>(
      (['timeout', 'unreachable', 'server', 'unreadable'] as const).flatMap((kind) =>
        unasked.map((caller): [RefusalKind, Caller] => [kind, caller]),
      ),
    )('%s (%j): is looked for in the same way', async (kind, caller) => {
      const looked: string[] = [];
      log = refuse(kind);
      has = (_uniq, { way }) => {
        looked.push(way);
        return Promise.resolve(true);
      };
      record({ caller });
      deliveries.run();
      await vi.advanceTimersByTimeAsync(10 * MINUTE);
      expect(asked).toEqual(['log r-1', 'has r-1']);
      expect(looked).toEqual(['calls']);
      expect(stateOf()).toMatchObject({ state: 'done' });
    });

    test('is looked for only when Kommo has had time to do it', async () => {
      log = refuse('timeout');
      record({ caller: failed });
      deliveries.run();
      await vi.advanceTimersByTimeAsync(4900);
      expect(asked).toEqual(['log r-1']);
    });

    test('to a stop of the program: the same', async () => {
      log = () => new Promise(() => {});
      record({ caller: failed });
      deliveries.run();
      await settled();
      void deliveries.stop();
      has = () => Promise.resolve(true);
      deliveries = start();
      deliveries.run();
      await vi.advanceTimersByTimeAsync(5000);
      expect(asked).toEqual(['log r-1', 'has r-1']);
      expect(stateOf()).toMatchObject({ state: 'done' });
    });

    test.each<RefusalKind>(['no-rights', 'not-found', 'rejected'])(
      'that may not be looked for (%s) waits in doubt and says so, and is looked for again, now and then and by hand',
      async (kind) => {
        log = refuse('timeout');
        has = refuse(kind);
        record({ caller: failed });
        deliveries.run();
        await vi.advanceTimersByTimeAsync(MINUTE);
        expect(stateOf()).toMatchObject({
          state: 'waiting',
          ambiguous: true,
          error: saying(/does not let you see whether the call is on its card/),
        });
        expect(journal.undelivered()).toBe(1);
        // A call whose doubt cannot be cleared up does not hold up the others.
        log = () => Promise.resolve(true);
        record({ id: 'r-2' });
        deliveries.run();
        await settled();
        expect(stateOf('r-2')).toMatchObject({ state: 'done' });
        journal.retry('r-1');
        deliveries.run();
        await settled();
        await vi.advanceTimersByTimeAsync(6 * MINUTE);
        expect(asked.filter((request) => request === 'log r-1')).toHaveLength(1);
        expect(asked.filter((request) => request === 'has r-1')).toHaveLength(3);
        has = () => Promise.resolve(false);
        deliveries.wake('card');
        await settled();
        expect(asked.filter((request) => request === 'log r-1')).toHaveLength(2);
        expect(stateOf()).toMatchObject({ state: 'done' });
      },
    );

    test('that may be looked for after a retry by hand is not sent again where it is found', async () => {
      log = refuse('timeout');
      has = refuse('no-rights');
      record({ caller: failed });
      deliveries.run();
      await vi.advanceTimersByTimeAsync(MINUTE);
      has = () => Promise.resolve(true);
      journal.retry('r-1');
      deliveries.run();
      await settled();
      expect(asked).toEqual(['log r-1', 'has r-1', 'has r-1']);
      expect(stateOf()).toMatchObject({ state: 'done' });
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

test('what becomes due between two looks at the clock is delivered then, not in five minutes', async () => {
  await deliveries.stop();
  let last = 0;
  // As with a timer that is a moment early: the time comes between the look and the next.
  const early = () => {
    const isFirst = Date.now() !== last;
    last = Date.now();
    return isFirst ? last - 1 : last;
  };
  deliveries = start(journal, early);
  record({}, ['card'], Date.now() + 2000);
  deliveries.run();
  await vi.advanceTimersByTimeAsync(2100);
  expect(stateOf()).toMatchObject({ state: 'done' });
});

describe('a clock that is set back a day while something waits', () => {
  const setBack = () => vi.setSystemTime(Date.now() - 24 * 60 * MINUTE);

  test('the card is tried again within minutes, and not as often as the processor allows', async () => {
    log = refuse('server', { sent: false });
    record();
    deliveries.run();
    await settled();
    expect(stateOf()).toMatchObject({ state: 'waiting', tries: 1 });
    setBack();
    await vi.advanceTimersByTimeAsync(5 * MINUTE);
    const tries = asked.length;
    expect(tries).toBeGreaterThan(1);
    expect(tries).toBeLessThan(20);
    log = () => Promise.resolve(true);
    await vi.advanceTimersByTimeAsync(5 * MINUTE);
    expect(stateOf()).toMatchObject({ state: 'done' });
  });

  test('a new start with it finds what waits', async () => {
    await deliveries.stop();
    record({}, ['card', 'widget'], Date.now() + 20_000);
    setBack();
    deliveries = start();
    deliveries.run();
    await settled();
    expect(told.toSorted()).toEqual(['r-1 card done', 'r-1 widget done']);
  });

  test('the bell does not wait for a recording until that day comes again', async () => {
    const pending = { state: 'pending', url: 'https://pbx.example/1.mp3', until: Date.now() + MINUTE } as const;
    record({ recording: pending, endedAt: Date.now() }, ['widget', 'recording']);
    deliveries.run();
    await settled();
    setBack();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(stateOf('r-1', 'widget')).toMatchObject({ state: 'done' });
  });
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
      has = (uniq) => Promise.resolve(asked.includes(`log ${uniq}`));
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
    // Five lanes at once, and every five minutes those in which something waits.
    expect(drains).toBeLessThanOrEqual(9);
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

describe('the way', () => {
  const trying = async (over: Partial<CompletedCall>, answers: Partial<Record<CardWay['way'], boolean>>) => {
    const ways: string[] = [];
    log = (_call, { way }) => {
      ways.push(way);
      return Promise.resolve(answers[way] ?? false);
    };
    record(over);
    deliveries.run();
    await settled();
    return ways;
  };

  test('a card that is gone: the number leads to another', async () => {
    expect(await trying({}, { calls: true })).toEqual(['note', 'calls']);
    expect(stateOf()).toMatchObject({ state: 'done', place: { incomingLead: false } });
  });

  test('somebody who could not be looked up and has no card is an incoming lead, where it is set so', async () => {
    settings = { cardBy: 'entity', unknownInbound: 'incoming-lead' };
    const caller = { kind: 'failed', reason: 'x' } as const;
    expect(await trying({ caller }, { 'incoming-lead': true })).toEqual(['calls', 'incoming-lead']);
    expect(stateOf()).toMatchObject({ state: 'done' });
  });

  test('a call of the time when nobody was signed in is of the one who signs in; nobody is not sent', async () => {
    agent = null;
    const agents: unknown[] = [];
    log = (call) => {
      agents.push(call.agent);
      return Promise.resolve(true);
    };
    record({ agent: null });
    deliveries.run();
    await settled();
    expect(agents).toEqual([]);
    expect(stateOf()).toMatchObject({ state: 'waiting', tries: 0 });
    agent = { userId: 5, name: 'Ben' };
    deliveries.wake('card');
    await settled();
    expect(agents).toEqual([{ userId: 5, name: 'Ben' }]);
  });
});

describe('what comes later', () => {
  const ready = { state: 'ready', url: 'https://pbx.example/1.mp3' } as const;
  const pending = { state: 'pending', url: 'https://pbx.example/1.mp3', until: Date.UTC(2026, 9, 1, 12, 3) } as const;

  test('before the card is written goes with it', async () => {
    const sent: CompletedCall[] = [];
    log = (call) => {
      sent.push(call);
      return Promise.resolve(true);
    };
    record();
    journal.amend('r-1', { recording: ready }, Date.now());
    deliveries.run();
    await settled();
    expect(sent).toMatchObject([{ recording: ready }]);
    expect(asked).toEqual(['log r-1']);
  });

  test('after it is a second delivery of the same call', async () => {
    record();
    deliveries.run();
    await settled();
    journal.amend('r-1', { recording: ready }, Date.now());
    deliveries.run();
    await settled();
    expect(asked).toEqual(['log r-1', 'update r-1']);
    expect(stateOf('r-1', 'update')).toMatchObject({ state: 'done' });
  });

  test('while it is being written is told after it', async () => {
    let answer: (logged: boolean) => void = () => {};
    log = () => new Promise((resolve) => (answer = resolve));
    record();
    deliveries.run();
    await settled();
    journal.amend('r-1', { note: 'After lunch' }, Date.now());
    answer(true);
    await settled();
    expect(asked).toEqual(['log r-1', 'update r-1']);
  });

  test('while the update is being written is told in another', async () => {
    let answer: () => void = () => {};
    update = () => new Promise((resolve) => (answer = resolve));
    record();
    deliveries.run();
    await settled();
    journal.amend('r-1', { note: 'After' }, Date.now());
    deliveries.run();
    await settled();
    journal.amend('r-1', { note: 'After lunch' }, Date.now());
    answer();
    await settled();
    answer();
    await settled();
    expect(asked).toEqual(['log r-1', 'update r-1', 'update r-1']);
    expect(stateOf('r-1', 'update')).toMatchObject({ state: 'done' });
  });

  test('an answer that was lost: found, and told again what is new', async () => {
    log = refuse('timeout');
    has = () => Promise.resolve(true);
    record();
    deliveries.run();
    await settled();
    journal.amend('r-1', { note: 'After lunch' }, Date.now());
    await vi.advanceTimersByTimeAsync(MINUTE);
    expect(asked).toEqual(['log r-1', 'has r-1', 'update r-1']);
  });

  test('an update that Kommo refuses for a while is tried again', async () => {
    let tries = 0;
    update = () => ((tries += 1) < 3 ? refuse('server')() : Promise.resolve());
    record();
    journal.settle('r-1', 'card', { state: 'done', error: null, nextTry: 0, counts: true, ambiguous: false });
    journal.amend('r-1', { note: 'x' }, Date.now());
    deliveries.run();
    await vi.advanceTimersByTimeAsync(5 * MINUTE);
    expect(stateOf('r-1', 'update')).toMatchObject({ state: 'done', tries: 3 });
  });

  test('a recording is looked for until it is there; the bell waits for it only a moment', async () => {
    const at: number[] = [];
    const began = Date.now();
    audio = () => {
      at.push((Date.now() - began) / 1000);
      return Promise.resolve(at.length > 4);
    };
    const bell: CompletedCall[] = [];
    widget = (call) => {
      bell.push(call);
      return Promise.resolve('shown');
    };
    record({ recording: pending, endedAt: Date.now() }, ['card', 'widget', 'recording']);
    deliveries.run();
    await vi.advanceTimersByTimeAsync(7000);
    expect(bell).toEqual([]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(at).toEqual([0, 1, 3, 7, 15]);
    expect(journal.call('r-1')?.recording).toEqual(ready);
    expect(bell).toMatchObject([{ recording: pending }]);
    expect(asked).toEqual(['log r-1', 'update r-1']);
  });

  test('one that comes at once is on the bell', async () => {
    audio = () => Promise.resolve(true);
    const bell: CompletedCall[] = [];
    widget = (call) => {
      bell.push(call);
      return Promise.resolve('shown');
    };
    record({ recording: pending, endedAt: Date.now() }, ['widget', 'recording']);
    deliveries.run();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(bell).toMatchObject([{ recording: ready }]);
  });

  describe('that is in the bell already', () => {
    const shown = () => ({ recording: pending, endedAt: Date.now() });
    let rung: CompletedCall[];
    beforeEach(() => {
      rung = [];
      bell = (call) => {
        rung.push(call);
        return Promise.resolve('shown');
      };
    });
    const comesAfter = (probes: number) => {
      let probed = 0;
      audio = () => Promise.resolve((probed += 1) > probes);
    };

    test('gets its recording once, when it comes', async () => {
      comesAfter(4);
      record(shown(), ['widget', 'recording']);
      deliveries.run();
      await vi.advanceTimersByTimeAsync(10 * MINUTE);
      expect(rung).toMatchObject([{ id: 'r-1', recording: ready }]);
      expect(stateOf('r-1', 'bell')).toMatchObject({ state: 'done' });
      deliveries.wake('widget');
      deliveries.run();
      await settled();
      expect(rung).toHaveLength(1);
    });

    test('not before the widget has shown the call: then the call itself has it', async () => {
      const first: CompletedCall[] = [];
      widget = () => Promise.resolve('no-widget');
      comesAfter(4);
      record(shown(), ['widget', 'recording']);
      deliveries.run();
      await vi.advanceTimersByTimeAsync(MINUTE);
      widget = (call) => {
        first.push(call);
        return Promise.resolve('shown');
      };
      deliveries.wake('widget');
      await vi.advanceTimersByTimeAsync(MINUTE);
      expect(first).toMatchObject([{ recording: ready }]);
      expect(rung).toEqual([]);
      expect(stateOf('r-1', 'bell')).toBeUndefined();
    });

    test('also where it came while the widget was being told', async () => {
      let answer: (outcome: 'shown') => void = () => {};
      widget = () => new Promise((resolve) => (answer = resolve));
      comesAfter(4);
      record(shown(), ['widget', 'recording']);
      deliveries.run();
      await vi.advanceTimersByTimeAsync(MINUTE);
      expect(journal.call('r-1')?.recording).toEqual(ready);
      expect(rung).toEqual([]);
      answer('shown');
      await settled();
      expect(rung).toMatchObject([{ recording: ready }]);
    });

    test('waits for a tab, over a restart too, and no longer than it is news', async () => {
      bell = () => Promise.resolve('no-widget');
      comesAfter(10);
      record(shown(), ['widget', 'recording']);
      const caller = { kind: 'entity', entity: { type: 'contact', id: 5 }, name: null } as const;
      record({ ...shown(), id: 'r-2', caller, endedAt: Date.now() - 11 * 60 * MINUTE }, ['widget', 'recording']);
      deliveries.run();
      await vi.advanceTimersByTimeAsync(2 * MINUTE);
      expect(stateOf('r-1', 'bell')).toMatchObject({ state: 'waiting', tries: 0 });
      await deliveries.stop();
      journal.close();
      journal = openJournal(folder, () => {
        throw new Error('damaged');
      });
      deliveries = start();
      await vi.advanceTimersByTimeAsync(61 * MINUTE);
      bell = (call) => {
        rung.push(call);
        return Promise.resolve('shown');
      };
      deliveries.wake('widget');
      await settled();
      expect(rung.map(({ id }) => id)).toEqual(['r-1']);
      expect(stateOf('r-2', 'bell')).toMatchObject({ state: 'expired' });
    });

    test('does not take the place of a later call of the same element', async () => {
      audio = () => Promise.resolve(false);
      record(shown(), ['widget', 'recording']);
      deliveries.run();
      await vi.advanceTimersByTimeAsync(10_000);
      const later = { startedAt: Date.now(), endedAt: Date.now() + 1 };
      // The element's id alone is the key of the entry, whatever its type.
      const caller = { kind: 'entity', entity: { type: 'contact', id: 6600201 }, name: null } as const;
      record({ ...later, id: 'r-2', caller }, ['widget']);
      audio = () => Promise.resolve(true);
      deliveries.run();
      await vi.advanceTimersByTimeAsync(MINUTE);
      expect(journal.call('r-1')?.recording).toEqual(ready);
      expect(rung).toEqual([]);
      expect(stateOf('r-1', 'bell')).toMatchObject({ state: 'done' });
    });

    test.each<[string, Caller]>([
      ['nobody', { kind: 'not-asked' }],
      ['another', { kind: 'entity', entity: { type: 'contact', id: 5 }, name: null }],
    ])('nor makes a second entry where it was %s when it was shown', async (_what, caller) => {
      const before = { ...shown(), endedAt: Date.now() - 2 * MINUTE };
      audio = () => Promise.resolve(false);
      record({ ...before, caller, recording: { ...pending, until: Date.now() + 5 * MINUTE } }, ['widget', 'recording']);
      deliveries.run();
      await settled();
      expect(stateOf('r-1', 'widget')).toMatchObject({ state: 'done' });
      journal.setCaller('r-1', { kind: 'entity', entity: { type: 'lead', id: 6600201 }, name: null }, Date.now());
      audio = () => Promise.resolve(true);
      await vi.advanceTimersByTimeAsync(2 * MINUTE);
      expect(journal.call('r-1')?.recording).toEqual(ready);
      expect(rung).toEqual([]);
    });

    test('an entry without an element could not be changed: the bell waits longer, and then goes without', async () => {
      const first: string[] = [];
      widget = (call) => {
        first.push(`${call.id} ${call.recording.state}`);
        return Promise.resolve('shown');
      };
      const nobody = { caller: { kind: 'nobody' } } as const;
      const long = { ...pending, until: Date.now() + 60 * MINUTE };
      comesAfter(5);
      record({ ...shown(), ...nobody }, ['widget', 'recording']);
      deliveries.run();
      await vi.advanceTimersByTimeAsync(MINUTE);
      expect(first).toEqual(['r-1 ready']);
      audio = () => Promise.resolve(false);
      record({ ...shown(), ...nobody, id: 'r-2', recording: long }, ['widget', 'recording']);
      deliveries.run();
      await vi.advanceTimersByTimeAsync(119_000);
      expect(first).toEqual(['r-1 ready']);
      await vi.advanceTimersByTimeAsync(3000);
      expect(first).toEqual(['r-1 ready', 'r-2 pending']);
      audio = () => Promise.resolve(true);
      await vi.advanceTimersByTimeAsync(5 * MINUTE);
      expect(rung).toEqual([]);
    });
  });

  test('one that never comes is given up in time, and the card keeps the call without it', async () => {
    record({ recording: pending }, ['card', 'recording']);
    deliveries.run();
    await vi.advanceTimersByTimeAsync(3 * MINUTE);
    expect(journal.call('r-1')?.recording).toEqual({ state: 'gave up' });
    expect(stateOf('r-1', 'recording')).toMatchObject({ state: 'expired', error: saying(/./) });
    expect(stateOf()).toMatchObject({ state: 'done' });
    expect(journal.undelivered()).toBe(0);
    expect(asked).toEqual(['log r-1']);
  });
});

test('the card waits for an agent who has begun to write, and no longer than their minute', async () => {
  held = Date.now() + 30_000;
  record();
  deliveries.run();
  await vi.advanceTimersByTimeAsync(29_000);
  expect(asked).toEqual([]);
  expect(stateOf()).toMatchObject({ state: 'waiting', tries: 0, error: null });
  await vi.advanceTimersByTimeAsync(1100);
  expect(asked).toEqual(['log r-1']);
});
