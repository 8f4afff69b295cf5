import { beforeEach, describe, expect, test } from 'vitest';
import type { Caller, CallMatch, CompletedCall } from '../../../../app/calls/completed-call.ts';
import type { PhoneCommand } from '../../../../app/calls/phone-event.ts';
import type { CallView } from '../../../../app/ipc/panel.ts';
import type { CallSettings } from '../../../../app/settings/provisioning.ts';
import type { Listener, Resolution } from '../../../../main/caller/caller.ts';
import { createCalls, type Calls } from '../../../../main/calls/calls.ts';
import { bridgeCallOf } from '../../../../main/calls/bridge-call.ts';
import { callEvent } from '../../app/calls/samples.ts';

const anna = { kind: 'entity', entity: { type: 'lead', id: 5 }, name: 'Anna Petrova' } as const satisfies Caller;
let steps: string[];
let recorded: { call: CompletedCall; settled: boolean }[];
let settledWith: [string, { caller?: Caller; matches?: CallMatch[] }][];
let views: CallView[];
let commands: PhoneCommand[];
let calls: Calls;
/** Kommo's answer to the last call that was asked about. */
let listener: Listener;
let found: (resolution: Learned) => void;
let answer: (resolution: Learned) => void;
type Learned = Pick<Resolution, 'caller' | 'notice'> & Partial<Resolution>;
/** What the memory has of the next caller. */
let remembered: Learned | null;
let popped: [string, Caller][];
let shared: boolean[];
/** The details of everything in the timeline. */
let noted: string[];
let settings: Pick<CallSettings, 'pop' | 'popOnlyResponsible' | 'private' | 'lineHeader'>;
const whole = (learned: Learned): Resolution => ({ matches: [], responsible: null, ...learned });

beforeEach(() => {
  steps = [];
  recorded = [];
  settledWith = [];
  views = [];
  commands = [];
  remembered = null;
  popped = [];
  shared = [];
  noted = [];
  settings = { pop: 'click', popOnlyResponsible: false, private: [] };
  let ids = 0;
  calls = createCalls({
    newId: () => `r-${(ids += 1)}`,
    rules: () => ({ country: 'US', internalDigits: 6, private: settings.private }),
    lineHeader: () => settings.lineHeader,
    recordingRule: () => undefined,
    extension: () => '101',
    agent: () => ({ userId: 7001001, name: 'Ana Silva' }),
    recall: () => (remembered === null ? null : whole(remembered)),
    resolve: (call, number, heard) => {
      steps.push(`resolve ${call.id} ${number.e164 ?? ''}`);
      listener = heard;
      found = (learned) => heard.found(whole(learned));
      return new Promise((resolve) => (answer = (learned) => resolve(whole(learned))));
    },
    popRule: () => settings,
    pop: (id, { caller }) => popped.push([id, caller]),
    toasts: {
      open: ({ call, number }) => steps.push(`toast ${call.id} ${number}`),
      name: ({ name, notice, matches }) =>
        steps.push(`name ${name ?? '-'}${notice === null ? '' : ` (${notice})`}${matches === 0 ? '' : ` ${matches}`}`),
      changed: ({ call, name }) => steps.push(call.answeredAt === null ? `toast ${name ?? '-'}` : 'toast answered'),
      ended: (call) => steps.push(`toast ended ${call.disposition}`),
      closeAll: () => {},
    },
    timeline: {
      add: (event, _id, details) => {
        steps.push(`@${event}`);
        noted.push(JSON.stringify(details ?? {}));
      },
    },
    command: (command) => {
      commands.push(command);
      return true;
    },
    record: (call, settled) => {
      steps.push('record');
      recorded.push({ call, settled });
    },
    settled: (id, later) => settledWith.push([id, later]),
    voicemail: () => ['*97'],
    changed: (view, isPrivate) => {
      shared.push(!isPrivate);
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
  expect(settledWith).toEqual([['r-1', { caller: anna }]]);
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

  test.each<[string, Learned]>([
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
    expect(settledWith).toEqual([['r-1', { caller: anna }]]);
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

describe('a caller who is remembered', () => {
  const ben = { kind: 'entity', entity: { type: 'contact', id: 9 }, name: 'Ben Ortiz' } as const satisfies Caller;
  beforeEach(() => {
    remembered = { caller: anna, notice: null };
    calls.accept(ringing);
    steps.length = 0;
  });

  test('has a name at once; Kommo is asked all the same', () => {
    expect(views[0]).toMatchObject({ title: 'Anna Petrova', resolving: true });
    expect(listener.live()).toBe(true);
  });

  test('the same name again changes no toast; a new one does', async () => {
    found({ caller: anna, notice: null });
    answer({ caller: { ...anna, name: 'Anna Ruiz' }, notice: null });
    await turn();
    expect(told().filter((step) => step.startsWith('name'))).toEqual(['name Anna Ruiz']);
  });

  test('another card: the old name stays on the toast until there is a new one', async () => {
    found({ caller: { ...ben, name: null }, notice: null });
    expect(told()).toEqual(['show ringing +1 415 555 0142']);
    answer({ caller: ben, notice: null });
    await turn();
    expect(told().slice(1)).toEqual(['name Ben Ortiz', 'show ringing Ben Ortiz']);
  });

  test('a card that is gone: the number again', async () => {
    answer({ caller: { kind: 'nobody' }, notice: null });
    await turn();
    expect(told()).toEqual(['name -', 'show ringing +1 415 555 0142']);
  });

  test('a Kommo that cannot be asked takes no name away', async () => {
    answer({ caller: { kind: 'failed', reason: 'No.' }, notice: 'No.' });
    await turn();
    expect(told()).toEqual(['name Anna Petrova (No.)', 'show ringing Anna Petrova']);
    calls.accept(cancelled);
    expect(recorded[0]?.call.caller).toEqual(anna);
  });
});

describe('several people with the number', () => {
  const ben = { entity: { type: 'contact', id: 9 }, name: 'Ben Ortiz' } as const;
  const matches = [{ entity: anna.entity, name: anna.name }, ben];
  const chosen = { kind: 'entity', ...ben };
  beforeEach(async () => {
    calls.accept(ringing);
    answer({ caller: anna, notice: null });
    await turn();
    steps.length = 0;
  });

  test("Kommo's choice first, and how many there are", () => {
    listener.matches(matches);
    expect(told()).toEqual(['name Anna Petrova 2', 'show ringing Anna Petrova']);
    expect(views.at(-1)).toMatchObject({ caller: anna, matches });
  });

  test('the choice stays with the call: its toast, its card, the widget and its record', async () => {
    listener.matches(matches);
    steps.length = 0;
    expect(calls.chooseMatch('r-1', ben.entity)).toBe(true);
    expect(told()).toEqual(['toast Ben Ortiz', 'show ringing Ben Ortiz']);
    expect(await calls.party('r-1')).toMatchObject({ caller: chosen });
    const [view] = calls.views();
    if (view === undefined) throw new Error('no call');
    expect(bridgeCallOf(view, false).entity).toEqual(ben.entity);
    listener.matches([]);
    calls.accept(ended);
    expect(recorded[0]?.call).toMatchObject({ caller: chosen, matches, chosen: true });
  });

  test('a choice that was not made is in the record too, and one that is found after the end is told', () => {
    listener.matches(matches);
    calls.accept(ended);
    expect(recorded[0]?.call).toMatchObject({ caller: anna, matches });
    expect(recorded[0]?.call).not.toHaveProperty('chosen');
    listener.matches([]);
    expect(settledWith).toEqual([]);
    listener.matches(matches);
    expect(settledWith).toEqual([['r-1', { matches }]]);
  });

  test('an answer that comes after the choice does not take it back', async () => {
    calls.accept({ ...ringing, callId: 'b@pbx' });
    found({ caller: { ...anna, name: null }, notice: null, matches });
    expect(calls.chooseMatch('r-2', ben.entity)).toBe(true);
    answer({ caller: anna, notice: null });
    await turn();
    expect(views.at(-1)).toMatchObject({ id: 'r-2', caller: chosen, matches, resolving: false });
    calls.accept({ ...cancelled, callId: 'b@pbx' });
    expect(recorded[0]?.call.caller).toEqual(chosen);
  });

  test('only what was offered, and only while the call goes on', () => {
    listener.matches(matches);
    expect(calls.chooseMatch('r-1', { type: 'contact', id: 77 })).toBe(false);
    expect(calls.chooseMatch('r-1', { type: 'lead', id: 9 })).toBe(false);
    calls.accept(ended);
    expect(calls.chooseMatch('r-1', ben.entity)).toBe(false);
    expect(listener.live()).toBe(false);
    const before = views.length;
    listener.matches(matches);
    expect(views).toHaveLength(before);
  });
});

describe('the card opens by itself', () => {
  const mine = { caller: anna, notice: null, responsible: 7001001 };
  const theirs = { caller: anna, notice: null, responsible: 7001002 };
  const nobody = { caller: { kind: 'nobody' }, notice: null } as const;
  const failed = { caller: { kind: 'failed', reason: 'No.' }, notice: 'No.' } as const;
  const outbound = callEvent('dialling', { direction: 'outbound' });

  /** Rings, hears of the card, hears the rest, is answered; what popped up after each. */
  async function story(learned: Learned, first = ringing): Promise<number[]> {
    const after: number[] = [];
    calls.accept(first);
    if (learned.caller.kind === 'entity') found({ caller: { ...learned.caller, name: null }, notice: null });
    after.push(popped.length);
    answer(learned);
    await turn();
    after.push(popped.length);
    calls.accept(answered);
    after.push(popped.length);
    listener.matches([]);
    calls.accept(ended);
    return [...after, popped.length];
  }

  test.each<[CallSettings['pop'], boolean, string, Learned, number[]]>([
    ['ring', false, 'a card', theirs, [1, 1, 1, 1]],
    ['ring', false, 'nobody', nobody, [0, 1, 1, 1]],
    ['ring', false, 'a failure', failed, [0, 0, 0, 0]],
    ['ring', true, 'my card', mine, [0, 1, 1, 1]],
    ['ring', true, "another's card", theirs, [0, 0, 0, 0]],
    ['ring', true, 'nobody', nobody, [0, 1, 1, 1]],
    ['answer', false, 'a card', theirs, [0, 0, 1, 1]],
    ['answer', false, 'nobody', nobody, [0, 0, 1, 1]],
    ['answer', true, 'my card', mine, [0, 0, 1, 1]],
    ['answer', true, "another's card", theirs, [0, 0, 0, 0]],
    ['click', false, 'a card', mine, [0, 0, 0, 0]],
    ['never', false, 'nobody', nobody, [0, 0, 0, 0]],
  ])('on %s, only mine: %j; %s', async (pop, popOnlyResponsible, _what, learned, after) => {
    settings = { ...settings, pop, popOnlyResponsible };
    expect(await story(learned)).toEqual(after);
    if (popped.length > 0) expect(popped[0]?.[0]).toBe('r-1');
  });

  test('answered before Kommo has: with its answer', async () => {
    settings = { ...settings, pop: 'answer' };
    calls.accept(ringing);
    calls.accept(answered);
    expect(popped).toEqual([]);
    answer(mine);
    await turn();
    expect(popped).toEqual([['r-1', anna]]);
  });

  test('not of a call that we made, nor of one that is over', async () => {
    settings = { ...settings, pop: 'ring' };
    expect(await story(mine, { ...outbound, callId: ringing.callId })).toEqual([0, 0, 0, 0]);
    calls.accept({ ...ringing, callId: 'b@pbx' });
    calls.accept({ ...cancelled, callId: 'b@pbx' });
    answer(mine);
    await turn();
    expect(popped).toEqual([]);
  });
});

test('a private number: shown to the agent, not for the browser, no digit of it in the timeline', () => {
  settings = { ...settings, private: ['+1415*'] };
  calls.accept(ringing);
  expect(shared).toEqual([false]);
  expect(views[0]).toMatchObject({ title: '+1 415 555 0142', canOpenCard: false });
  calls.accept(ended);
  expect(recorded[0]?.call.number).toMatchObject({ private: true });
  expect(noted.join()).not.toContain('0142');
});

test('a call that a voicemail box answered is recorded as such', () => {
  const out = { direction: 'outbound', headers: { 'p-asserted-identity': '<sip:*97@pbx.example>' } } as const;
  calls.accept(callEvent('dialling', { ...out, headers: {} }));
  calls.accept(callEvent('answered', out));
  calls.accept(callEvent('ended', { ...out, monotonic: 9000, cause: { by: 'local', how: 'bye' } }));
  expect(recorded[0]?.call).toMatchObject({ disposition: 'voicemail', talkSeconds: 0 });
  expect(noted).toContain(JSON.stringify({ disposition: 'voicemail', talkSeconds: 0 }));
});

test('the line that was called is shown and kept', () => {
  settings = { ...settings, lineHeader: 'X-Line' };
  calls.accept({ ...ringing, headers: { 'x-line': 'Sales' } });
  expect(views[0]?.line).toBe('Sales');
  calls.accept(ended);
  expect(recorded[0]?.call.line).toBe('Sales');
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
  expect(bridgeCallOf(view, false)).toMatchObject({
    id: 'r-1',
    startedAt: 1001,
    entity: anna.entity,
    title: 'Anna Petrova',
    popped: false,
    newContactNumber: null,
  });
});

test('the widget offers what can be asked of a call as it stands, and the number for a new contact', async () => {
  calls.accept(ringing);
  answer({ caller: { kind: 'nobody' }, notice: null });
  await turn();
  const told = (): ReturnType<typeof bridgeCallOf> => {
    const view = views.at(-1);
    if (view === undefined) throw new Error('nothing shown');
    return bridgeCallOf(view, true);
  };
  expect(told()).toMatchObject({ can: ['answer', 'decline'], popped: true, newContactNumber: '+14155550142' });
  calls.accept({ ...ringing, kind: 'answered' });
  expect(told().can).toEqual(['hang-up']);
  calls.accept(ended);
  expect(told().can).toEqual([]);
});
