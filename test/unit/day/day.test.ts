/** The simulated day: that its plan is the same for a seed, and that its audit finds what is lost, doubled and wrong. */
import { beforeEach, describe, expect, test } from 'vitest';
import { bridgeCompleted } from '../../../app/bridge/completed.ts';
import type { CompletedCall } from '../../../app/calls/completed-call.ts';
import type { HistoryEntry } from '../../../app/ipc/panel.ts';
import type { AccountData, RecordedRequest } from '../../../sandbox/kommo/index.ts';
import { auditDay, type ExpectedCall } from '../../e2e/support/day/audit.ts';
import { callsOf, MOMENTS, planDay, WHILES } from '../../e2e/support/day/schedule.ts';
import { completedCall } from '../app/calls/samples.ts';

type Note = AccountData['notes'][number];
let expected: ExpectedCall[];
let history: HistoryEntry[];
let notes: Note[];
let requests: RecordedRequest[];
let log: string[];

const call = completedCall();
const CARD = { kind: 'lead', id: 6600201 } as const;
const entryOf = (of: CompletedCall): HistoryEntry => ({
  call: of,
  disposition: of.disposition,
  deliveries: [],
  canOpenCard: true,
  savedTo: null,
  recordingWarning: null,
  annotateUntil: 0,
  chooseUntil: 0,
});
const noteOf = (over: Record<string, unknown> = {}, entity: Note['entity'] = CARD): Note => ({
  id: 1,
  entity,
  noteType: 'call_in',
  params: { uniq: call.id, call_status: 4, duration: call.talkSeconds, ...over },
  createdBy: 1,
  responsibleUserId: 1,
  createdAt: 0,
  updatedAt: 0,
});
const { dateSeconds, durationSeconds, number } = bridgeCompleted(call);
const bell = (over: Record<string, unknown> = {}): RecordedRequest => ({
  method: 'POST',
  path: '/ajax/v1/inbox/add/',
  query: {},
  headers: {},
  body: { text: `Incoming call: ${number}, answered`, date: dateSeconds, duration: durationSeconds, ...over },
  user: 1,
  at: 0,
  answeredAt: 0,
  status: 200,
});

beforeEach(() => {
  const { callId, direction, disposition, talkSeconds } = call;
  const talked = { callId, direction, number: call.number.asReceived, disposition, talkSeconds };
  expected = [{ ...talked, card: [CARD], bell: true }];
  history = [entryOf(call)];
  notes = [noteOf()];
  requests = [bell()];
  log = ['{"event":"bridge.listening"}'];
});
const audit = () => {
  const found = auditDay({
    expected,
    history,
    kommo: { data: { notes, unsorted: [] }, requests },
    log: log.join('\n'),
  });
  return Object.fromEntries(Object.entries(found).map(([name, lines]) => [name, lines.length]));
};
const clean = { lost: 0, doubled: 0, wrong: 0, untold: 0 };

describe('the audit', () => {
  test('finds nothing where all is well, the recording that came later included', () => {
    expect(audit()).toEqual(clean);
    requests.push(bell({ link: 'https://pbx.example/1.mp3' }));
    expect(audit()).toEqual(clean);
  });

  test('finds a call that is lost: to the journal, the card, the bell', () => {
    notes = [];
    requests = [bell({ date: dateSeconds + 1 })];
    // The entry of another second is of no call.
    expect(audit()).toEqual({ ...clean, lost: 2, doubled: 1 });
    history = [];
    expect(audit()).toMatchObject({ lost: 1 });
  });

  test('tells an extension from a number that ends like it', () => {
    const inside = {
      ...call,
      id: 'r-inside',
      callId: 'inside',
      number: { ...call.number, display: '', asReceived: '' },
    };
    const extension = number.replaceAll(/\D/g, '').slice(-3);
    inside.number = { ...inside.number, asReceived: extension, e164: null, internal: true };
    history.unshift(entryOf(inside));
    expected.push(...expected.map((one) => ({ ...one, callId: 'inside', card: 'none' as const })));
    requests.push(bell({ text: `Incoming call: ${extension}, answered` }));
    expect(audit()).toEqual(clean);
  });

  test('finds a call that is doubled: in the journal, on the card, in the bell, and one that nobody made', () => {
    notes.push(noteOf());
    requests.push(bell());
    expect(audit()).toEqual({ ...clean, doubled: 2 });
    // Ended in the same second they could not be told apart in the bell.
    const later = call.endedAt + 5000;
    history.push(entryOf({ ...call, id: 'r-twin', endedAt: later }));
    expect(audit()).toMatchObject({ doubled: 3 });
    history = [entryOf(call), entryOf({ ...call, id: 'r-ghost', callId: 'ghost', endedAt: later })];
    expect(audit()).toMatchObject({ doubled: 3 });
    expected = expected.map((one) => ({ ...one, card: 'none', bell: false }));
    notes = [noteOf()];
    requests = [bell()];
    history = [entryOf(call)];
    expect(audit()).toMatchObject({ doubled: 2 });
  });

  test('finds a call that is told wrongly: the card, the status, the seconds, what became of it', () => {
    notes = [noteOf({ call_status: 6, duration: call.talkSeconds + 60 }, { kind: 'contact', id: 5 })];
    expect(audit()).toEqual({ ...clean, wrong: 3 });
    history = [entryOf({ ...call, disposition: 'missed', talkSeconds: call.talkSeconds + 86_400 })];
    expect(audit()).toMatchObject({ wrong: 5 });
  });

  test('finds a line of the log that the agent was not told of', () => {
    log.push('{"event":"main.uncaught","error":"TypeError"}', '{"event":"ipc.foreign-sender","url":"app://panel/"}');
    expect(audit()).toEqual({ ...clean, untold: 2 });
  });
});

describe('the plan', () => {
  const short = planDay({ seed: 5, calls: 40, hours: 2, everyHour: false });
  const whole = planDay({ seed: 5, calls: 400, hours: 8, everyHour: true });
  const calls = (steps: (typeof whole.hours)[number]) =>
    steps.reduce((sum, step) => sum + (step.does === 'call' ? callsOf(step.kind) : 0), 0);

  test('is the same for a seed, and another for another', () => {
    expect(planDay({ seed: 5, calls: 40, hours: 2, everyHour: false })).toEqual(short);
    expect(planDay({ seed: 6, calls: 40, hours: 2, everyHour: false })).not.toEqual(short);
  });

  test('has all its calls, and each thing that goes wrong once a day or once an hour', () => {
    expect(short.hours.map(calls).reduce((a, b) => a + b)).toBe(short.calls);
    expect([short.calls, whole.calls].map((count) => count >= 40)).toEqual([true, true]);
    expect(whole.calls).toBeGreaterThanOrEqual(400);
    const wrong = (steps: (typeof whole.hours)[number]) =>
      steps.flatMap((step) => (step.does === 'moment' || step.does === 'begin' ? [step.what] : [])).toSorted();
    expect(wrong(short.hours.flat())).toEqual([...MOMENTS, ...WHILES].toSorted());
    for (const hour of whole.hours) expect(wrong(hour)).toEqual([...MOMENTS, ...WHILES].toSorted());
    for (const { hours } of [short, whole])
      expect(hours.flat().filter(({ does }) => does === 'kill')).toEqual([{ does: 'kill' }]);
  });

  test('ends what it begins, with calls in between', () => {
    for (const hour of whole.hours) {
      for (const [index, step] of hour.entries()) {
        if (step.does !== 'begin') continue;
        const end = hour.findIndex((other) => other.does === 'end' && other.what === step.what);
        expect(hour.slice(index + 1, end).map(({ does }) => does)).toEqual(['call', 'call']);
      }
    }
  });
});
