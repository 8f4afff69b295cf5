import { beforeEach, describe, expect, test } from 'vitest';
import type { Caller, CompletedCall } from '../../../../app/calls/completed-call.ts';
import type { PhoneCommand } from '../../../../app/calls/phone-event.ts';
import type { CallView } from '../../../../app/ipc/panel.ts';
import type { Resolution } from '../../../../main/caller/caller.ts';
import { createCalls, type Calls } from '../../../../main/calls/calls.ts';
import { bridgeCallOf } from '../../../../main/calls/bridge-call.ts';
import { callEvent } from '../../app/calls/samples.ts';

const anna = { kind: 'entity', entity: { type: 'lead', id: 5 }, name: 'Anna Petrova' } as const satisfies Caller;
let steps: string[];
let recorded: { call: CompletedCall; settled: boolean }[];
let settledWith: [string, Caller][];
let views: CallView[];
let commands: PhoneCommand[];
let calls: Calls;
/** Kommo's answer to the last call that was asked about. */
let found: (resolution: Resolution) => void;
let answer: (resolution: Resolution) => void;

beforeEach(() => {
  steps = [];
  recorded = [];
  settledWith = [];
  views = [];
  commands = [];
  let ids = 0;
  calls = createCalls({
    newId: () => `r-${(ids += 1)}`,
    rules: () => ({ country: 'US', internalDigits: 6 }),
    recordingRule: () => undefined,
    extension: () => '101',
    agent: () => ({ userId: 7001001, name: 'Ana Silva' }),
    resolve: (call, number, early) => {
      steps.push(`resolve ${call.id} ${number.e164 ?? ''}`);
      found = early;
      return new Promise((resolve) => (answer = resolve));
    },
    toasts: {
      open: ({ call, number }) => steps.push(`toast ${call.id} ${number}`),
      name: ({ name, notice }) => steps.push(`name ${name ?? '-'}${notice === null ? '' : ` (${notice})`}`),
      answered: () => steps.push('toast answered'),
      ended: (call) => steps.push(`toast ended ${call.disposition}`),
      closeAll: () => {},
    },
    timeline: { add: (event) => steps.push(`@${event}`) },
    command: (command) => {
      commands.push(command);
      return true;
    },
    record: (call, settled) => {
      steps.push('record');
      recorded.push({ call, settled });
    },
    settled: (id, caller) => settledWith.push([id, caller]),
    changed: (view) => {
      steps.push(`show ${view.state} ${view.title}`);
      views.push(view);
    },
  });
});

const ringing = callEvent('ringing', { monotonic: 1000 });
const answered = callEvent('answered', { monotonic: 5000 });
const ended = callEvent('ended', { monotonic: 65_000, cause: { by: 'remote', how: 'bye' } });
const cancelled = callEvent('ended', { monotonic: 4000, cause: { by: 'remote', how: 'cancel' } });
const turn = async () => {
  for (let i = 0; i < 5; i++) await Promise.resolve();
};
const told = () => steps.filter((step) => !step.startsWith('@'));

test('a ringing call: the toast is asked for before Kommo is', () => {
  calls.accept(ringing);
  expect(told()).toEqual(['toast r-1 +1 415 555 0142', 'show ringing +1 415 555 0142', 'resolve r-1 +14155550142']);
  expect(steps[0]).toBe('@invite');
  expect(views[0]).toMatchObject({ resolving: true, caller: { kind: 'not-asked' }, canOpenCard: true });
});

test('the entity, then the name: shown once each, in the same toast', async () => {
  calls.accept(ringing);
  steps.length = 0;
  found({ caller: { ...anna, name: null }, notice: null });
  answer({ caller: anna, notice: null });
  await turn();
  expect(told()).toEqual(['show ringing +1 415 555 0142', 'name Anna Petrova', 'show ringing Anna Petrova']);
  expect(views.at(-1)).toMatchObject({ resolving: false, caller: anna });
  expect(await calls.party('r-1')).toMatchObject({ caller: anna });
});

test('what is in the way of the name is said', async () => {
  calls.accept(ringing);
  answer({ caller: { kind: 'failed', reason: 'Kommo cannot be reached.' }, notice: 'Kommo cannot be reached.' });
  await turn();
  expect(told().slice(-2)).toEqual(['name - (Kommo cannot be reached.)', 'show ringing +1 415 555 0142']);
  expect(views.at(-1)?.notice).toBe('Kommo cannot be reached.');
});

test('the end: in the journal before anybody hears of it', async () => {
  calls.accept(ringing);
  answer({ caller: anna, notice: null });
  await turn();
  calls.accept(answered);
  steps.length = 0;
  calls.accept(ended);
  expect(steps).toEqual(['@ended', 'record', '@journal.written', 'toast ended answered', 'show ended Anna Petrova']);
  expect(recorded).toMatchObject([
    {
      settled: true,
      call: {
        id: 'r-1',
        disposition: 'answered',
        talkSeconds: 60,
        caller: anna,
        agent: { userId: 7001001 },
        localExtension: '101',
      },
    },
  ]);
  expect(settledWith).toEqual([]);
  expect(calls.views()).toEqual([]);
  expect(await calls.party('r-1')).toBeNull();
});

test('a name that comes after the end settles the recorded call, and no toast pops up again', async () => {
  calls.accept(ringing);
  calls.accept(cancelled);
  expect(recorded).toMatchObject([{ settled: false, call: { disposition: 'missed', caller: { kind: 'not-asked' } } }]);
  steps.length = 0;
  found({ caller: { ...anna, name: null }, notice: null });
  expect(settledWith).toEqual([]);
  answer({ caller: anna, notice: null });
  await turn();
  expect(settledWith).toEqual([['r-1', anna]]);
  expect(told()).toEqual([]);
});

test('the entity known at the end is in the record already', () => {
  calls.accept(ringing);
  found({ caller: { ...anna, name: null }, notice: null });
  calls.accept(cancelled);
  expect(recorded).toMatchObject([{ settled: false, call: { caller: { ...anna, name: null } } }]);
});

describe('a click that comes before the answer of Kommo', () => {
  /** Who asked in which order, with what they were told. */
  const clicks: unknown[] = [];
  const click = () => void calls.party('r-1').then((party) => clicks.push(party?.caller));
  beforeEach(() => void (clicks.length = 0));

  test.each<[string, Resolution]>([
    ['nobody', { caller: { kind: 'nobody' }, notice: null }],
    ['a failure', { caller: { kind: 'failed', reason: 'Kommo cannot be reached.' }, notice: 'x' }],
    ['a named card', { caller: anna, notice: null }],
  ])('waits for it: %s', async (_what, resolution) => {
    calls.accept(ringing);
    click();
    click();
    await turn();
    expect(clicks).toEqual([]);
    answer(resolution);
    await turn();
    expect(clicks).toEqual([resolution.caller, resolution.caller]);
    click();
    await turn();
    expect(clicks).toHaveLength(3);
  });

  test('waits for it also when the call ends meanwhile, and comes after it is in the journal', async () => {
    calls.accept(ringing);
    click();
    calls.accept(cancelled);
    click();
    await turn();
    expect(clicks).toEqual([]);
    answer({ caller: anna, notice: null });
    await turn();
    expect(clicks).toEqual([anna, anna]);
    expect(settledWith).toEqual([['r-1', anna]]);
    expect(await calls.party('r-1')).toBeNull();
  });

  test.each([false, true])('does not wait for the name (call over: %j)', async (over) => {
    calls.accept(ringing);
    click();
    if (over) calls.accept(cancelled);
    const unnamed = { ...anna, name: null };
    found({ caller: unnamed, notice: null });
    await turn();
    expect(clicks).toEqual([unnamed]);
    click();
    await turn();
    expect(clicks).toEqual([unnamed, unnamed]);
    answer({ caller: anna, notice: null });
    await turn();
    expect(clicks).toHaveLength(2);
  });

  test('of a call that nobody knows waits for nothing', async () => {
    expect(await calls.party('r-9')).toBeNull();
  });
});

test('repeats and late events: one toast, one question to Kommo, one record', () => {
  for (const event of [ringing, ringing, answered, answered, ended, ended, ringing, answered]) calls.accept(event);
  expect(told().filter((step) => /^(toast r|resolve|record|toast answered)/.test(step))).toEqual([
    'toast r-1 +1 415 555 0142',
    'resolve r-1 +14155550142',
    'toast answered',
    'record',
  ]);
});

test('a call whose first event is its last is kept, and nothing rings', () => {
  calls.accept(cancelled);
  expect(told()).toEqual(['record', 'toast ended missed', 'show ended +1 415 555 0142']);
  expect(recorded).toMatchObject([{ settled: true }]);
});

test('a phone page that dies ends every call it had, once', () => {
  calls.accept({ ...ringing, callId: 'a@pbx' });
  calls.accept({ ...ringing, callId: 'b@pbx' });
  calls.accept({ ...answered, callId: 'b@pbx' });
  calls.phoneLost(9000, Date.now());
  calls.phoneLost(9001, Date.now());
  expect(recorded.map(({ call }) => [call.callId, call.disposition, call.talkSeconds])).toEqual([
    ['a@pbx', 'missed', 0],
    ['b@pbx', 'answered', 4],
  ]);
  expect(calls.views()).toEqual([]);
});

describe('commands', () => {
  test('name the SIP call of a live call; of any other they are refused', () => {
    calls.accept(ringing);
    expect([calls.answer('r-1'), calls.decline('r-1'), calls.hangUp('r-1')]).toEqual([true, true, true]);
    expect(commands).toEqual(
      (['answer', 'decline', 'hang-up'] as const).map((kind) => ({ kind, callId: ringing.callId })),
    );
    calls.accept(ended);
    expect([calls.answer('r-1'), calls.hangUp('r-9')]).toEqual([false, false]);
    expect(commands).toHaveLength(3);
  });

  test('dialling goes to the phone as it was typed', () => {
    calls.dial('415 555 0142');
    expect(commands).toEqual([{ kind: 'dial', target: '415 555 0142' }]);
  });
});

describe('audio', () => {
  const media = (state: 'connected' | 'no-microphone' | 'microphone-denied' | 'failed', callId = ringing.callId) =>
    ({ kind: 'media', callId, state, monotonic: 6000, wall: 6000 }) as const;

  test.each([
    ['no-microphone', /Plug one in/],
    ['microphone-denied', /privacy settings/],
    ['failed', /administrator/],
  ] as const)('%s is said on the call, with what to do', (state, sentence) => {
    calls.accept(ringing);
    calls.accept(media(state));
    expect(views.at(-1)?.notice).toMatch(sentence);
  });

  test('connected says nothing, and of an unknown call nothing is said', () => {
    calls.accept(ringing);
    const before = views.length;
    calls.accept(media('connected'));
    calls.accept(media('failed', 'other@pbx'));
    expect(views).toHaveLength(before);
  });
});

test('what is not about a call changes none', () => {
  calls.accept({ kind: 'registration', state: 'registered', monotonic: 1, wall: 1 });
  calls.accept({ kind: 'refused-message', detail: 'x', monotonic: 1, wall: 1 });
  expect(steps).toEqual([]);
});

test('a withheld number is called by its display name, and has no card', () => {
  calls.accept({
    ...ringing,
    remote: { user: 'anonymous', displayName: 'Front desk', uri: 'sip:anonymous@anonymous.invalid' },
  });
  expect(views[0]).toMatchObject({ title: 'Front desk', number: 'Withheld number', canOpenCard: false });
});

test('the widget hears of whole milliseconds and of the entity', async () => {
  calls.accept({ ...ringing, wall: 1000.75 });
  answer({ caller: anna, notice: null });
  await turn();
  const view = views.at(-1);
  if (view === undefined) throw new Error('nothing shown');
  expect(bridgeCallOf(view)).toMatchObject({ id: 'r-1', startedAt: 1001, entity: anna.entity, title: 'Anna Petrova' });
});
