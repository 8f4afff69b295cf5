/**
 * How the desktops of an office share Kommo's seven requests a second (kommo.md section 2) with no server between
 * them. A ring group rings on all of them at the same moment, and that moment is the one thing they all know: from it
 * each counts its own slot, as in time-division multiple access. A round has two slots for each desktop, for the
 * `POST /api/v2/events` and for the card's name.
 *
 * How many share a round is provisioned (`kommo.desktops`): as the ring group's extensions, so that each desktop knows
 * its own seat and no two collide, or as a number. Then each draws a seat and keeps it for as long as it is not refused
 * in it, so that after two or three rings every desktop has one that fits; the round is longer, because draws bunch.
 *
 * Where nothing is provisioned a desktop takes itself for alone and asks at once: whoever is alone must not wait for
 * colleagues that do not exist. It learns of them from Kommo's refusals (429, or the block of the address). A first
 * 429 is doubtful, other programs draw them too: it is heeded for a minute, which keeps an office from being blocked,
 * and then forgotten. With a second one, a block, or a call that a colleague took it is believed: each refusal
 * multiplies the estimate, each quiet ring takes a little off, so that an office settles where refusals are rare.
 *
 * What it cannot know is the very first ring: there more than ten desktops are refused more often than Kommo bears. No
 * jitter that a lone desktop would put up with helps: so many requests are too many in any few seconds.
 */

/** So many desktops fit into one second with both their requests: they need no slots. */
const FIT_AT_ONCE = 3;
/**
 * Milliseconds from slot to slot: six a second where each seat is taken once, which leaves room for the one who
 * answers; four a second where seats are drawn.
 */
const SEATED_MS = 167;
const DRAWN_MS = 250;
/** Where seats are drawn the name comes a second after the entity: pairs would bunch twice as much. */
const DRAWN_NAME_MS = 1000;
/** A 429 with nothing provisioned means more than fit at once; a block means many more. */
const AFTER_REFUSAL = 8;
const AFTER_BLOCK = 48;
const MORE = 1.5;
const MOST = 200;
/** A quiet ring takes so much off: a small estimate is soon gone, a large one was dearly paid for. */
const SMALL = 12;
const less = (estimate: number): number => (estimate <= SMALL ? estimate - 1 : estimate * 0.96);
/** Kommo blocks who is refused again and again (kommo.md section 2): so long nothing is tried that was refused. */
const CAREFUL_MS = 60_000;
/** After so many rings without a refusal the next one is the first again. */
const QUIET_RINGS = 20;

/** What is provisioned: how many desktops, and which of them this is; null where that is not known. */
export type Office = { readonly desktops: number; readonly seat: number | null };

export type OfficePorts = {
  provisioned(): Office | null;
  /** From 0 to 1. */
  random(): number;
  /** The estimate of an earlier run, 1 where there is none. */
  recall(): number;
  keep(estimate: number): void;
};

/** One desktop's slots in the round of a call. Milliseconds from the start of the round. */
export type Slots = {
  /** For the entity, and for its name. */
  readonly entity: number;
  readonly name: number;
  /** Until every desktop has had its slots. */
  readonly round: number;
};

/** @param now milliseconds of a clock that only goes forward */
export function createOfficeShare({ provisioned, random, recall, keep }: OfficePorts, now: () => number) {
  let learned = recall();
  let refusedAt = -Infinity;
  /** Rings since the last refusal. */
  let quietRings = QUIET_RINGS;
  /** Whether refusals are put down to colleagues. */
  let believed = learned > FIT_AT_ONCE;
  let colleagueSeen = false;
  /** The drawn seat as a share of the round. Kept while it does well, drawn anew after a refusal. */
  let drawn = random();

  const learn = (estimate: number) => {
    const next = Math.min(MOST, Math.max(1, estimate));
    if (next === learned) return;
    learned = next;
    keep(next);
  };
  const careful = () => now() - refusedAt <= CAREFUL_MS;
  const size = () => {
    if (!believed && !careful()) learn(1);
    return Math.max(provisioned()?.desktops ?? 1, learned);
  };
  /** Milliseconds from slot to slot. After a block everybody was blocked, and everybody goes slower by as much. */
  const pace = (office: Office | null) =>
    office === null || office.seat === null ? DRAWN_MS : SEATED_MS * (size() / office.desktops);

  return {
    /** The slots for a call that begins to ring; null where the office is so small that it may ask at once. */
    slots(): Slots | null {
      quietRings += 1;
      if (quietRings === 1) drawn = random();
      else if (believed && !careful()) learn(less(learned));
      if (quietRings >= QUIET_RINGS && learned <= FIT_AT_ONCE) believed = false;
      if (size() <= FIT_AT_ONCE) return null;
      const office = provisioned();
      const slot = pace(office);
      const seats = office !== null && office.seat !== null ? office.desktops : size();
      const seated = office?.seat ?? null;
      const seat = seated ?? drawn * seats;
      const entity = 2 * seat * slot;
      return { entity, name: entity + (seated === null ? DRAWN_NAME_MS : slot), round: 2 * seats * slot };
    },

    /** A desktop that thought itself alone was refused: so long it waits before it asks again. */
    spread: (): number => 1000 + random() * 2 * DRAWN_MS * size(),

    /**
     * Deliveries of this desktop: the gap between two, and how long the first waits, because a call that rang for all
     * ends for all. Milliseconds.
     */
    deliveries(alone: number): { gap: number; first(): number } {
      const desktops = size();
      if (desktops === 1) return { gap: alone, first: () => 0 };
      const office = provisioned();
      const slot = Math.max(alone, pace(office));
      return { gap: desktops * slot, first: () => (office?.seat ?? random() * desktops) * slot };
    },

    /** Kommo refused a request: there are more of us than thought. `blocked`: it refuses everything. */
    refused(blocked: boolean): void {
      const more = MORE * size();
      believed ||= blocked || colleagueSeen || quietRings < QUIET_RINGS;
      refusedAt = now();
      if (provisioned() === null) learn(Math.max(blocked ? AFTER_BLOCK : AFTER_REFUSAL, more));
      else if (blocked) learn(more);
      quietRings = 0;
    },

    /** A colleague took a call that rang here: who was or is refused, is because of colleagues. */
    colleague(): void {
      colleagueSeen = true;
      believed ||= quietRings < QUIET_RINGS;
    },

    /** Draws from 0 to 1, for whoever must not come at the same moment as the colleagues. */
    random,
  };
}

/**
 * What the settings say of the office for the desktop of this extension. `desktops` is a number of desktops, or the
 * extensions of the ring group such as `101-140, 205`; a desktop whose extension is not among them has no seat.
 */
export function officeOf(desktops: number | string | undefined, extension: string): Office | null {
  if (desktops === undefined) return null;
  if (typeof desktops === 'number') return { desktops, seat: null };
  const ranges = rangesOf(desktops);
  const own = /^\d{1,9}$/.test(extension) ? Number(extension) : Number.NaN;
  let before = 0;
  for (const [from, to] of ranges) {
    if (own >= from && own <= to) return { desktops: sizeOf(ranges), seat: before + own - from };
    before += to - from + 1;
  }
  return { desktops: sizeOf(ranges) + 1, seat: null };
}

/** The ranges of a list of extensions such as `101-140, 205`; none where it is no such list. */
export function rangesOf(extensions: string): [number, number][] {
  const ranges: [number, number][] = [];
  for (const part of extensions.split(',')) {
    const [, from, to = from] = /^\s*(\d{1,9})\s*(?:-\s*(\d{1,9})\s*)?$/.exec(part) ?? [];
    if (from === undefined || Number(to) < Number(from)) return [];
    ranges.push([Number(from), Number(to)]);
  }
  return ranges;
}

/** How many extensions these ranges have. */
export const sizeOf = (ranges: readonly [number, number][]): number =>
  ranges.reduce((sum, [from, to]) => sum + to - from + 1, 0);
