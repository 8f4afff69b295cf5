/** A working day as data: which calls come, what goes wrong between and during them, and when. Pure; one seed, one day. */

/** What becomes of a call, and what befalls the agent's computer while it goes on. */
export type CallKind =
  | 'answered'
  | 'hung up here'
  | 'missed'
  | 'declined'
  | 'taken by a colleague'
  | 'voicemail'
  | 'held'
  | 'transferred'
  | 'recorded late'
  | 'two at once'
  | 'slept through'
  | 'clock set'
  | 'socket lost'
  | 'dialled, answered'
  | 'dialled, hung up here'
  | 'dialled, busy'
  | 'dialled, declined'
  | 'dialled, given up'
  | 'dialled, no answer';

/** What is over as soon as it has happened. */
export const MOMENTS = [
  'sleep',
  'another network',
  'sockets dropped',
  'PBX talks nonsense',
  'PBX refuses to register',
  'tab reloaded',
  'tab elsewhere',
  'panel opened and closed',
] as const;
export type Moment = (typeof MOMENTS)[number];

/** What goes on while calls come. */
export const WHILES = [
  'Kommo says 429',
  'Kommo says 500',
  'Kommo is away',
  'Kommo’s answers are lost',
  'no tab',
  'clock a day ahead',
  'clock a day behind',
] as const;
export type While = (typeof WHILES)[number];

export type Step =
  | { does: 'call'; kind: CallKind; from: number; talkMs: number }
  | { does: 'moment'; what: Moment }
  | { does: 'begin' | 'end'; what: While }
  /** An hour has passed; the computer slept through it. */
  | { does: 'hour' }
  /** `kill -9`, and started again. */
  | { does: 'kill' };

export type DayPlan = { seed: number; calls: number; hours: readonly (readonly Step[])[] };

/** Of forty calls; `two at once` is two of them. */
const MIX: readonly (readonly [CallKind, number])[] = [
  ['answered', 7],
  ['hung up here', 3],
  ['missed', 5],
  ['declined', 2],
  ['taken by a colleague', 2],
  ['voicemail', 1],
  ['held', 2],
  ['transferred', 1],
  ['recorded late', 2],
  ['two at once', 1],
  ['slept through', 1],
  ['clock set', 1],
  ['socket lost', 1],
  ['dialled, answered', 4],
  ['dialled, hung up here', 2],
  ['dialled, busy', 1],
  ['dialled, declined', 1],
  ['dialled, given up', 1],
  ['dialled, no answer', 1],
];
/** So many calls come while something lasts. */
const LASTS = 2;

export const callsOf = (kind: CallKind): number => (kind === 'two at once' ? 2 : 1);

/**
 * @param calls in all, about: a pair of calls is not torn apart
 * @param everyHour each hour has all that can go wrong, so that one hour is like another; otherwise the day has it once
 */
export function planDay(options: { seed: number; calls: number; hours: number; everyHour: boolean }): DayPlan {
  const random = mulberry32(options.seed);
  const shuffled = <T>(list: readonly T[]): T[] =>
    list
      .map((item) => ({ item, key: random() }))
      .toSorted((a, b) => a.key - b.key)
      .map(({ item }) => item);

  const kinds: CallKind[] = [];
  for (let sum = 0; sum < options.calls;) {
    for (const kind of shuffled(MIX.flatMap(([one, times]) => Array.from({ length: times }, () => one)))) {
      if (sum >= options.calls) break;
      kinds.push(kind);
      sum += callsOf(kind);
    }
  }
  const troubles = [
    ...MOMENTS.map((what): Step => ({ does: 'moment', what })),
    ...WHILES.map((what): Step => ({ does: 'begin', what })),
  ];
  const each = options.everyHour
    ? Array.from({ length: options.hours }, () => shuffled(troubles))
    : cut(shuffled(troubles), options.hours);
  const hours = cut(kinds, options.hours).map((own, index) => {
    const steps: Step[] = [];
    const wrong = each[index] ?? [];
    // Each trouble has calls of its own, so that what it does to them is seen.
    const slots = cut(own, wrong.length);
    wrong.forEach((trouble, slot) => {
      const calls = (slots[slot] ?? []).map((kind): Step => {
        const talkMs = Math.round(200 + (random() < 0.15 ? 2500 : 600) * random());
        return { does: 'call', kind, from: Math.floor(random() * 1000), talkMs };
      });
      const untouched = Math.max(0, calls.length - LASTS);
      steps.push(...calls.slice(0, untouched), trouble, ...calls.slice(untouched));
      if (trouble.does === 'begin') steps.push({ does: 'end', what: trouble.what });
    });
    if (index > 0) steps.unshift({ does: 'hour' });
    if (index === Math.floor(options.hours / 2)) steps.unshift({ does: 'kill' });
    return steps;
  });
  return { seed: options.seed, calls: kinds.reduce((sum, kind) => sum + callsOf(kind), 0), hours };
}

/** In so many parts, one after the other, of about the same length. */
function cut<T>(list: readonly T[], parts: number): T[][] {
  const at = (part: number) => Math.round((part * list.length) / parts);
  return Array.from({ length: parts }, (_, part) => list.slice(at(part), at(part + 1)));
}

/** A small generator of numbers from 0 to 1 that one seed determines (Tommy Ettinger's mulberry32). */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
