/** Forty desktops with no server between them, each with its own budget, against the sandbox's limit. */
import { describe, expect, test } from 'vitest';
import { officeOf, type Office } from '../../../../app/kommo/office.ts';
import { simulateOffice, type Ringing } from './simulated-office.ts';

const DESKTOPS = 40;
const SEEDS = Array.from({ length: 25 }, (_, index) => index + 1);
const seated = (desktop: number): Office => ({ desktops: DESKTOPS, seat: desktop });
const counted = (): Office => ({ desktops: DESKTOPS, seat: null });
const lastName = (ring: Ringing[]) => Math.max(...ring.map(({ namedAt }) => namedAt ?? Infinity));

describe('every desktop knows its seat', () => {
  test.each(SEEDS)('all have the name, none is refused, as fast as the limit allows (%i)', async (seed) => {
    const office = simulateOffice({ desktops: DESKTOPS, provisioned: seated, seed });
    const ringsAt = office.clock.now();
    const ring = office.ring();
    await office.clock.advance(20_000);
    expect(office.counts).toEqual({ sent: 2 * DESKTOPS, tooMany: 0, banned: 0 });
    expect(lastName(ring) - ringsAt).toBeLessThan(((2 * DESKTOPS) / 7) * 1000 * 1.2);
  });

  test.each(SEEDS)('the one who answers has it first, the others do not ask any more (%i)', async (seed) => {
    const office = simulateOffice({ desktops: DESKTOPS, provisioned: seated, seed });
    const ring = office.ring();
    const answering = ring[DESKTOPS - 1 - (seed % 7)];
    await office.clock.advance(200 + seed * 90);
    const answeredAt = office.clock.now();
    answering?.turn.answered();
    await office.clock.advance(30);
    for (const other of ring) if (other !== answering) other.turn.ended(true);
    await office.clock.advance(20_000);
    expect((answering?.namedAt ?? Infinity) - answeredAt).toBeLessThan(1500);
    expect(office.counts.tooMany).toBeLessThanOrEqual(2);
    expect(office.counts.sent).toBeLessThan(30);
    expect(ring.every(({ done }) => done)).toBe(true);
  });

  test.each(SEEDS)('two calls within a second, and everybody is told of both (%i)', async (seed) => {
    const office = simulateOffice({ desktops: 20, provisioned: (seat) => ({ desktops: 20, seat }), seed });
    const first = office.ring();
    await office.clock.advance(400 + seed * 20);
    const second = office.ring();
    await office.clock.advance(60_000);
    const named = [...first, ...second].filter(({ namedAt }) => namedAt !== null).length;
    expect(office.limit.bans).toEqual([]);
    expect(named).toBeGreaterThanOrEqual(36);
  });

  test.each([1, 2, 3])('deliveries come through between calls that ring one after the other (%i)', async (seed) => {
    const office = simulateOffice({ desktops: DESKTOPS, provisioned: seated, seed });
    let delivered = 0;
    for (let desktop = 0; desktop < DESKTOPS; desktop++) void office.deliver(desktop).then(() => (delivered += 1));
    for (let call = 0; call < 40; call++) {
      const ring = office.ring();
      await office.clock.advance(5000);
      for (const { turn } of ring) turn.ended(true);
      await office.clock.advance(5000);
    }
    expect(delivered).toBe(DESKTOPS);
    expect(office.counts.tooMany).toBeLessThanOrEqual(5);
    expect(office.limit.bans).toEqual([]);
  });

  test.each(SEEDS)('a missed call is written down by all, and nobody is refused for it (%i)', async (seed) => {
    const office = simulateOffice({ desktops: DESKTOPS, provisioned: seated, seed });
    const ring = office.ring();
    await office.clock.advance(3000 + seed * 100);
    for (const { turn } of ring) turn.ended(false);
    let delivered = 0;
    for (const desktop of ring.keys()) void office.deliver(desktop).then(() => (delivered += 1));
    await office.clock.advance(60_000);
    expect(delivered).toBe(DESKTOPS);
    expect(office.counts.tooMany).toBeLessThanOrEqual(3);
    expect(office.limit.bans).toEqual([]);
  });
});

describe('only their number is known', () => {
  test.each(SEEDS)(
    'nobody is banned, all have the name, and refusals stop when each has found a seat (%i)',
    async (seed) => {
      const office = simulateOffice({ desktops: DESKTOPS, provisioned: counted, seed });
      for (let call = 0; call < 8; call++) {
        const ring = office.ring();
        await office.clock.advance(120_000);
        expect(ring.filter(({ namedAt }) => namedAt === null)).toEqual([]);
        for (const { turn } of ring) turn.ended(false);
      }
      const before = office.counts.tooMany;
      const ringsAt = office.clock.now();
      const ring = office.ring();
      await office.clock.advance(120_000);
      expect(office.limit.bans).toEqual([]);
      expect(office.counts.tooMany - before).toBeLessThanOrEqual(1);
      expect(lastName(ring) - ringsAt).toBeLessThan(30_000);
    },
  );
});

describe('nothing is known', () => {
  test.each([10, 20, 40])(
    'of %i desktops each learns that there are others, and stays below the limit',
    async (desktops) => {
      const office = simulateOffice({ desktops, provisioned: () => null, seed: desktops });
      const refusals: number[] = [];
      for (let call = 0; call < 15; call++) {
        const before = office.counts.tooMany + office.counts.banned;
        const ring = office.ring();
        await office.clock.advance(180_000);
        refusals.push(office.counts.tooMany + office.counts.banned - before);
        for (const { turn } of ring) turn.ended(false);
      }
      expect(office.limit.bans.length).toBeLessThanOrEqual(1);
      const later = refusals.slice(3);
      expect(later.reduce((sum, count) => sum + count, 0) / later.length).toBeLessThanOrEqual(2);
      expect(Math.max(...later)).toBeLessThan(10);
    },
  );

  test.each(
    [4, 6, 8, 20, 40].flatMap((desktops) => [
      { desktops, taken: true },
      { desktops, taken: false },
    ]),
  )('%o: calls twice a minute block it at most on the first, eight not even then', async ({ desktops, taken }) => {
    const office = simulateOffice({ desktops, provisioned: () => null, seed: desktops });
    for (let call = 0; call < 30; call++) {
      const ring = office.ring();
      await office.clock.advance(6000);
      const answering = taken ? ring[(call * 7) % desktops] : undefined;
      answering?.turn.answered();
      for (const one of ring) if (one !== answering) one.turn.ended(taken);
      await office.clock.advance(24_000);
      answering?.turn.ended(false);
      if (call > 3) expect(answering?.namedAt ?? 0).not.toBeNull();
    }
    expect(office.limit.bans.filter(({ at }) => at > 30_000)).toEqual([]);
    expect(office.limit.bans.length).toBeLessThanOrEqual(desktops > 10 ? 1 : 0);
  });

  test('three desktops fit: none waits, none is refused', async () => {
    const office = simulateOffice({ desktops: 3, provisioned: () => null, seed: 7 });
    const ringsAt = office.clock.now();
    const ring = office.ring();
    await office.clock.advance(5000);
    expect(office.counts.tooMany).toBe(0);
    expect(lastName(ring) - ringsAt).toBeLessThan(2 * (80 + 40) + 10);
  });
});

describe('what is provisioned', () => {
  test.each<[number | string | undefined, string, Office | null]>([
    [undefined, '101', null],
    [40, '101', { desktops: 40, seat: null }],
    ['101-140', '101', { desktops: 40, seat: 0 }],
    ['101-140', '140', { desktops: 40, seat: 39 }],
    ['101-140, 205, 301 - 303', '205', { desktops: 44, seat: 40 }],
    ['101-140, 205, 301 - 303', '303', { desktops: 44, seat: 43 }],
    // One more than they know of.
    ['101-140', '150', { desktops: 41, seat: null }],
    ['101-140', 'ana', { desktops: 41, seat: null }],
  ])('%j for extension %s', (desktops, extension, expected) => {
    expect(officeOf(desktops, extension)).toEqual(expected);
  });
});
