/** A call that rang for a whole ring group: on its card once, though every desktop of the group has it. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { CompletedCall } from '../../../../app/calls/completed-call.ts';
import { parseOrigin } from '../../../../app/kommo/address.ts';
import type { Budget } from '../../../../app/kommo/budget.ts';
import { createKommoClient } from '../../../../app/kommo/client.ts';
import type { Office } from '../../../../app/kommo/office.ts';
import { createDeliveries } from '../../../../main/journal/deliveries.ts';
import { openJournal, type Journal } from '../../../../main/journal/journal.ts';
import { cardTurn } from '../../../../main/journal/ring-group.ts';
import { agents, openKommo, people, type Kommo } from '../../../../sandbox/kommo/index.ts';
import { completedCall } from '../../app/calls/samples.ts';

const MINUTE = 60_000;
const ana = { userId: agents.anaSilva.id, name: agents.anaSilva.name };
const missed = { answeredAt: null, talkSeconds: 0, disposition: 'missed' } as const;
const stranger = {
  ...missed,
  caller: { kind: 'nobody' },
  number: { asReceived: people.unknown.phone, e164: people.unknown.phone, display: '', internal: false },
} as const satisfies Partial<CompletedCall>;

describe('whose turn it is', () => {
  const call = completedCall(missed);
  const { endedAt } = call;
  const group = (seat: number | null, desktops = 6): Office => ({ desktops, seat });

  test('everybody writes at once what nobody else has', () => {
    for (const of of [null, group(0, 1), group(null, 1)]) expect(cardTurn(call, of, 0, endedAt)).toBeNull();
    expect(cardTurn(completedCall(), group(3), 0, endedAt)).toBeNull();
    expect(cardTurn(completedCall({ ...missed, direction: 'outbound' }), group(3), 0, endedAt)).toBeNull();
  });

  test('the first at once, the others one after the other; without a seat by the call, another on each desktop', () => {
    const turns = [0, 1, 2, 3].map((seat) => cardTurn(call, group(seat), 0, endedAt)?.at);
    expect(turns).toEqual([0, 20_000, 35_000, 50_000].map((after) => endedAt + after));
    const drawn = Array.from({ length: 40 }, (_, n) => {
      const mine = completedCall({ ...missed, id: `r-${n}` });
      expect(cardTurn(mine, group(null, 40), 0, endedAt)).toEqual(cardTurn(mine, group(null, 40), 0, endedAt));
      return cardTurn(mine, group(null, 40), 0, endedAt)?.at;
    });
    expect(Math.min(...drawn.map(Number))).toBeGreaterThan(endedAt);
    expect(new Set(drawn).size).toBeGreaterThan(10);
  });

  test('only the first, at its first try and in time, need not look', () => {
    expect(cardTurn(call, group(0), 0, endedAt + 5000)).toEqual({ at: endedAt + 5000, look: false });
    expect(cardTurn(call, group(0), 1, endedAt + 5000)).toMatchObject({ look: true });
    expect(cardTurn(call, group(0), 0, endedAt + 10 * MINUTE)).toMatchObject({ look: true });
    expect(cardTurn(call, group(1), 0, endedAt + 20_000)).toEqual({ at: endedAt + 20_000, look: true });
  });

  test('a clock that was set back lets nobody wait until that hour comes again', () => {
    const now = endedAt - 60 * MINUTE;
    for (const seat of [0, 1, 5]) expect(cardTurn(call, group(seat), 0, now)).toEqual({ at: now, look: true });
  });

  test('whenever the network is back, no two of them have their turn at once', () => {
    for (let back = 0; back < 20 * MINUTE; back += 1000) {
      const now = endedAt + back;
      const acting = [0, 1, 2, 3, 4, 5].filter((seat) => cardTurn(call, group(seat), 0, now)?.at === now);
      expect(acting.length).toBeLessThanOrEqual(1);
      const next = [0, 1, 2, 3, 4, 5]
        .map((seat) => cardTurn(call, group(seat), 0, now)?.at ?? 0)
        .toSorted((a, b) => a - b);
      for (const [n, at] of next.entries()) if (n > 0) expect(at - (next[n - 1] ?? 0)).toBeGreaterThanOrEqual(7500);
    }
  });
});

describe('six desktops of one group', () => {
  let kommo: Kommo;
  let folder: string;
  let now: number;
  let timers: { at: number; run: () => void }[];
  let inFlight: number;
  let mayLook: boolean;
  let desktops: { journal: Journal; deliveries: ReturnType<typeof createDeliveries> }[];

  beforeEach(async () => {
    kommo = await openKommo({ rateLimit: 'off' });
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ringside-group-'));
    now = Date.UTC(2026, 9, 1, 12, 1, 10);
    timers = [];
    inFlight = 0;
    mayLook = true;
    desktops = Array.from({ length: 6 }, (_, seat) => openDesktop({ desktops: 6, seat }));
  });
  afterEach(async () => {
    await Promise.all(desktops.map(({ deliveries }) => deliveries.stop()));
    for (const { journal } of desktops) journal.close();
    await kommo.close();
    fs.rmSync(folder, { recursive: true });
  });

  function openDesktop(office: Office) {
    const origin = parseOrigin(kommo.origin);
    if (origin === null) throw new Error('no origin');
    const token = kommo.longLivedToken(ana.userId);
    const budget: Budget = {
      take: () => Promise.resolve(true),
      turn: () => {
        throw new Error('no live call here');
      },
      pause: () => {},
    };
    const client = createKommoClient({
      origin,
      fetch: async (url, init) => {
        const problem = { status: 403, headers: { 'content-type': 'application/problem+json' } };
        if (!mayLook && init.method === 'GET') return new Response('{"title":"Forbidden","status":403}', problem);
        inFlight += 1;
        try {
          // With its body, so that a request is over when it is over.
          const answer = await fetch(url, init);
          const body = await answer.arrayBuffer();
          return new Response(body.byteLength === 0 ? null : body, answer);
        } finally {
          inFlight -= 1;
        }
      },
      tokens: { current: () => Promise.resolve(token), refused: () => Promise.resolve(null), ended: () => {} },
      budget,
      userAgent: 'Ringside/test',
    });
    const profile = fs.mkdtempSync(path.join(folder, 'desktop-'));
    const journal = openJournal(profile, () => {}, { now: () => now });
    const deliveries = createDeliveries({
      journal,
      kommo: () => client,
      account: () => null,
      office: () => office,
      settings: () => ({ cardBy: 'entity', unknownInbound: 'incoming-lead' }),
      agent: () => ana,
      heldUntil: () => 0,
      hasAudio: () => Promise.resolve(true),
      widget: () => Promise.resolve('shown'),
      bell: () => Promise.resolve('shown'),
      now: () => now,
      random: () => 0,
      after: (ms, run) => {
        const timer = { at: now + ms, run };
        timers.push(timer);
        return () => void (timers = timers.filter((other) => other !== timer));
      },
      told: () => {},
      failed: (error) => {
        throw error;
      },
    });
    return { journal, deliveries };
  }

  /** The call ends on these desktops, at the same moment and with an id of its own on each. */
  function rangOn(seats: number[], over: Partial<CompletedCall>, id = 'call'): void {
    for (const [seat, { journal, deliveries }] of desktops.entries()) {
      if (!seats.includes(seat)) continue;
      // Their clocks do not agree to the second.
      const startedAt = now - 10_000 + seat * 300;
      journal.record(completedCall({ id: `${id}-${seat}`, startedAt, endedAt: now, ...over }), ['card'], 0);
      deliveries.run();
    }
  }
  const waiting = () => desktops.reduce((sum, { journal }) => sum + journal.notInKommo(), 0);
  /** Time passes, as fast as Kommo answers, until no call waits for its card any more. */
  async function allSettled(): Promise<void> {
    let quiet = 0;
    for (let turns = 0; waiting() > 0; turns++) {
      if (turns > 1_000_000) throw new Error(`${waiting()} calls still wait`);
      await new Promise((resolve) => setImmediate(resolve));
      quiet = inFlight === 0 ? quiet + 1 : 0;
      // A request follows another in the turns after it.
      if (quiet < 5) continue;
      timers.sort((a, b) => a.at - b.at);
      const next = timers.shift();
      if (next === undefined) throw new Error('nobody does anything any more');
      now = Math.max(now, next.at);
      next.run();
      quiet = 0;
    }
  }
  const ofPhone = (phone: string) => kommo.data.notes.filter(({ params }) => params['phone'] === phone);
  const { phone } = people.annaPetrova;

  test.each([
    ['all of them', [0, 1, 2, 3, 4, 5]],
    ['the first two are away', [2, 3, 4, 5]],
    ['one alone, and not the first', [4]],
  ])(
    '%s: a missed call is on its card once, and every desktop knows where',
    async (_who, seats) => {
      rangOn(seats, missed);
      await allSettled();
      expect(ofPhone(phone).map(({ params }) => params['uniq'])).toEqual([`call-${seats[0]}`]);
      for (const seat of seats)
        expect(desktops[seat]?.journal.delivery(`call-${seat}`, 'card')).toMatchObject({
          state: 'done',
          place: { entity: { type: 'lead', id: people.annaPetrova.lead.id } },
        });
    },
    30_000,
  );

  test('a stranger is one incoming lead, also where some could not ask who it is', async () => {
    rangOn([0, 2, 4], stranger);
    rangOn([1, 3, 5], { ...stranger, caller: { kind: 'failed', reason: 'x' } });
    await allSettled();
    expect(kommo.data.unsorted).toHaveLength(1);
    expect(ofPhone(people.unknown.phone)).toHaveLength(1);
  }, 30_000);

  test('who rings twice is there twice, also where the first writing was refused at first', async () => {
    kommo.fail({
      match: ({ method, path: to }) => method === 'POST' && to.endsWith('/notes'),
      answer: '429',
      times: 1,
    });
    rangOn([0, 1, 2], missed, 'first');
    await allSettled();
    now += MINUTE;
    rangOn([0, 1, 2], missed, 'second');
    await allSettled();
    expect(ofPhone(phone)).toHaveLength(2);
  }, 30_000);

  test('an office that was without network for an hour, and comes back on all desktops at once', async () => {
    const undo = kommo.fail({ match: ({ path: to }) => to.startsWith('/api/v4/'), answer: 'network' });
    rangOn([0, 1, 2, 3, 4, 5], missed);
    // The one whose turn it is has tried in vain.
    await vi.waitFor(() => expect(desktops[0]?.journal.delivery('call-0', 'card')?.tries).toBeGreaterThan(0));
    now += 60 * MINUTE;
    undo();
    for (const { deliveries } of desktops) deliveries.wake('card');
    await allSettled();
    expect(ofPhone(phone)).toHaveLength(1);
  }, 30_000);

  test('a desktop that may not look writes: better there twice than not at all', async () => {
    mayLook = false;
    rangOn([3], missed);
    await allSettled();
    expect(ofPhone(phone)).toHaveLength(1);
  }, 30_000);
});
