/** Every completed call on the card exactly once and none lost, whatever happens between. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Caller, CompletedCall } from '../../../../app/calls/completed-call.ts';
import type { Change } from '../../../../main/journal/journal.ts';
import { people } from '../../../../sandbox/kommo/data.ts';
import { completedCall } from '../../app/calls/samples.ts';
import { Desk, FAULTS } from './far-side.ts';

const HOUR = 3_600_000;
const RUNS = 1000;

const unasked: Caller = { kind: 'failed', reason: 'Kommo did not answer in time.' };
const numbered = (phone: string) => ({
  number: { asReceived: phone, e164: phone, display: phone, internal: false },
});
/** Each kind of call, and whether Kommo has a place for it. */
const KINDS = {
  lead: { caller: { kind: 'entity', entity: { type: 'lead', id: people.annaPetrova.lead.id }, name: null } },
  contact: {
    caller: { kind: 'entity', entity: { type: 'contact', id: people.marcusWebb.id }, name: null },
    ...numbered(people.marcusWebb.phone),
    direction: 'outbound',
  },
  'gone card': { caller: { kind: 'entity', entity: { type: 'contact', id: 999_999 }, name: null } },
  unasked: { caller: unasked },
  'unasked stranger': { caller: unasked, ...numbered(people.unknown.phone) },
  stranger: { caller: { kind: 'nobody' }, ...numbered(people.unknown.phone), disposition: 'missed', talkSeconds: 0 },
  'called stranger': { caller: { kind: 'nobody' }, ...numbered(people.unknown.phone), direction: 'outbound' },
} as const satisfies Record<string, Partial<CompletedCall>>;
type Kind = keyof typeof KINDS;

const isStranger = (kind: Kind) => kind === 'stranger' || kind === 'unasked stranger';

const change = fc.constantFrom<Change | null>(
  null,
  null,
  { note: 'After lunch' },
  { agentDisposition: 'call back later' },
  { recording: { state: 'ready', url: 'https://pbx.example/1.mp3' } },
);
const schedule = fc.record({
  cardBy: fc.constantFrom('entity', 'calls'),
  unknownInbound: fc.constantFrom('incoming-lead', 'nothing'),
  calls: fc.array(
    fc.record({
      kind: fc.constantFrom(...(Object.keys(KINDS) as Kind[])),
      gapMs: fc.constantFrom(0, 300, 3000, 60_000),
      change,
      changeAfterMs: fc.constantFrom(0, 1000, 30_000),
      records: fc.boolean(),
    }),
    { minLength: 1, maxLength: 5 },
  ),
  faults: fc.array(fc.constantFrom(...FAULTS), { maxLength: 24 }),
});
type Schedule = typeof schedule extends fc.Arbitrary<infer T> ? T : never;

async function play({ cardBy, unknownInbound, calls, faults }: Schedule): Promise<void> {
  const desk = new Desk({ cardBy, unknownInbound }, faults);
  try {
    const expected: { id: string; kind: Kind; change: Change; records: boolean }[] = [];
    for (const [index, { kind, gapMs, change: said, changeAfterMs, records }] of calls.entries()) {
      const id = `r-${index}`;
      const pending = { state: 'pending', url: 'https://pbx.example/2.mp3', until: Date.UTC(2027, 0) } as const;
      desk.record(
        completedCall({ id, ...KINDS[kind], ...(records ? { recording: pending } : {}) }),
        records ? ['card', 'recording'] : ['card'],
      );
      await desk.pass(changeAfterMs);
      if (said !== null && !(records && said.recording !== undefined)) desk.amend(id, said);
      await desk.pass(gapMs);
      expected.push({ id, kind, change: said ?? {}, records });
    }
    await desk.pass(3 * HOUR);

    const entries = desk.journal.page(null, 100);
    expect(entries.map(({ call }) => call.id).sort()).toEqual(expected.map(({ id }) => id));
    for (const { id, kind, change: said, records } of expected) {
      const card = desk.journal.delivery(id, 'card');
      const notes = desk.account.notes.filter(({ params }) => params['uniq'] === id);
      const leads = desk.account.unsorted.filter(({ sourceUid }) => sourceUid === id);
      const wanted = kind !== 'called stranger' && (!isStranger(kind) || unknownInbound === 'incoming-lead');
      expect([id, card?.state, notes.length]).toEqual([id, wanted ? 'done' : 'no-card', wanted ? 1 : 0]);
      expect(leads.length).toBe(wanted && isStranger(kind) ? 1 : 0);
      if (!wanted) continue;
      const params = notes[0]?.params ?? {};
      if (said.agentDisposition === undefined) expect(params['call_status']).toBe(kind === 'stranger' ? 6 : 4);
      if (said.note !== undefined) expect(params['call_result']).toContain(said.note);
      if (said.agentDisposition !== undefined) expect(params['call_status']).toBe(2);
      if (records) expect(params['link']).toBe('https://pbx.example/2.mp3');
      else if (said.recording?.state === 'ready') expect(params['link']).toBe(said.recording.url);
    }
    expect(desk.account.notes.filter(({ noteType }) => noteType === 'common')).toEqual([]);
    expect(desk.journal.notInKommo()).toBe(0);
  } finally {
    await desk.close();
  }
}

test(`${RUNS} schedules of crashes, lost answers, refusals and sign-outs`, async () => {
  await fc.assert(fc.asyncProperty(schedule, play), { numRuns: RUNS });
}, 120_000);

test('a change that takes effect late does not take back the one after it', async () => {
  const schedule = {
    cardBy: 'entity',
    unknownInbound: 'incoming-lead',
    calls: [
      { kind: 'lead', gapMs: 0, change: { note: 'After lunch' }, changeAfterMs: 0, records: true },
      { kind: 'lead', gapMs: 0, change: null, changeAfterMs: 0, records: false },
    ],
    faults: ['none', 'none', 'late'],
  } as const;
  await expect(
    play({ ...schedule, calls: [...schedule.calls], faults: [...schedule.faults] }),
  ).resolves.toBeUndefined();
});

test('this test finds a desktop that sends again without looking', async () => {
  const blind = { cardBy: 'entity', unknownInbound: 'nothing', faults: ['lost after'] } as const;
  const desk = new Desk(blind, blind.faults);
  try {
    desk.record(completedCall(), ['card']);
    await desk.pass(0);
    expect(desk.journal.delivery('r-1', 'card')).toMatchObject({ state: 'waiting', ambiguous: true });
    // As a desktop that forgot its doubt would.
    desk.journal.settle('r-1', 'card', { state: 'waiting', error: null, nextTry: 0, counts: true, ambiguous: false });
    await desk.pass(HOUR);
    expect(desk.account.notes).toHaveLength(2);
  } finally {
    await desk.close();
  }
});
