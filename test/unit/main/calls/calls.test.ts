import { beforeEach, describe, expect, test } from 'vitest';
import type { Caller, CallMatch, CompletedCall } from '../../../../app/calls/completed-call.ts';
import { LISTED_A_MINUTE, type Listed } from '../../../../app/calls/refused-calls.ts';
import type { PhoneCommand, PhoneEvent } from '../../../../app/calls/phone-event.ts';
import type { LiveCall } from '../../../../app/ipc/panel.ts';
import { callParams } from '../../../../app/kommo/call-on-card.ts';
import type { CallSettings } from '../../../../app/settings/provisioning.ts';
import type { Listener, Resolution } from '../../../../main/caller/caller.ts';
import { createCalls, type Calls } from '../../../../main/calls/calls.ts';
import { bridgeCallOf } from '../../../../main/calls/bridge-call.ts';
import { callEvent, completedCall as completed } from '../../app/calls/samples.ts';
import { english } from '../../../english.ts';

const anna = { kind: 'entity', entity: { type: 'lead', id: 5 }, name: 'Anna Petrova' } as const satisfies Caller;
let steps: string[];
let recorded: { call: CompletedCall; settled: boolean }[];
let settledWith: [string, { caller?: Caller; matches?: CallMatch[] }][];
let views: LiveCall[];
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
let quiet: boolean;
let gone: string[];
let counted: Listed[];
/** What waits for its time. */
let due: (() => void)[];
/** The details of everything in the timeline. */
let noted: string[];
let settings: Pick<CallSettings, 'pop' | 'popOnlyResponsible' | 'private' | 'lineHeader'>;
const whole = (learned: Learned): Resolution => ({ matches: [], responsible: null, company: null, ...learned });

beforeEach(() => {
  steps = [];
  recorded = [];
  settledWith = [];
  views = [];
  commands = [];
  remembered = null;
  popped = [];
  shared = [];
  quiet = false;
  gone = [];
  counted = [];
  due = [];
  noted = [];
  settings = { pop: 'click', popOnlyResponsible: false, private: [] };
  let ids = 0;
  calls = createCalls({
    newId: () => `r-${(ids += 1)}`,
    word: english,
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
    doNotDisturb: () => quiet,
    gone: (id) => void gone.push(id),
    counted: (entry) => void counted.push(entry),
    pop: (id, { caller }) => popped.push([id, caller]),
    toasts: {
      open: ({ call, number }) => steps.push(`toast ${call.id} ${english(number)}`),
      name: ({ name, notice, matches }) =>
        steps.push(
          `name ${name ?? '-'}${notice === null ? '' : ` (${english(notice)})`}${matches === 0 ? '' : ` ${matches}`}`,
        ),
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
    now: () => ({ monotonic: 60_000, wall: 60_000 }),
    after: (_ms, act) => {
      due.push(act);
      return () => void due.splice(due.indexOf(act), 1);
    },
    record: (call, settled) => {
      steps.push('record');
      recorded.push({ call, settled });
    },
    settled: (id, later) => settledWith.push([id, later]),
    voicemail: () => ['*97'],
    changed: (view, hidden) => {
      shared.push(!hidden);
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

  test('the company is shown, moves no toast, and is not that of another choice', () => {
    listener.company('Northwind');
    expect(told()).toEqual(['show ringing Anna Petrova']);
    expect(views.at(-1)).toMatchObject({ caller: anna, company: 'Northwind' });
    listener.matches(matches);
    calls.chooseMatch('r-1', anna.entity);
    expect(views.at(-1)?.company).toBe('Northwind');
    calls.chooseMatch('r-1', ben.entity);
    listener.company('Northwind');
    expect(views.at(-1)).toMatchObject({ caller: chosen, company: null });
    calls.accept(ended);
    steps.length = 0;
    listener.company('Northwind');
    expect(told()).toEqual([]);
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

describe('calls that the phone refuses by itself', () => {
  const refused = (callId: string, user: string) =>
    callEvent('ended', {
      callId,
      remote: { user, displayName: '', uri: `sip:${user}@pbx.example` },
      cause: { by: 'local', how: 'rejected', status: 486 },
    });

  test('a thousand of them: the first ones are kept, the others are counted, and Kommo is not asked', () => {
    for (let i = 0; i < 1_000; i += 1) calls.accept(refused(`flood-${i}`, `+1830${5550000 + i}`));
    expect(recorded).toHaveLength(LISTED_A_MINUTE);
    expect(recorded.every(({ call }) => call.disposition === 'busy')).toBe(true);
    expect(counted).toHaveLength(1_000 - LISTED_A_MINUTE);
    expect(counted.at(-1)).toMatchObject({ id: recorded.at(-1)?.call.id, others: 1_000 - LISTED_A_MINUTE });
    expect(steps.filter((step) => /^(?:toast r|resolve)/.test(step))).toEqual([]);
    expect(calls.views()).toEqual([]);
    // One that rings among them is a call like any other.
    calls.accept(ringing);
    calls.accept(cancelled);
    expect(recorded.at(-1)?.call.disposition).toBe('missed');
  });

  test('somebody whom Kommo knows is kept in the midst of them, once a minute', () => {
    for (let i = 0; i < 100; i += 1) calls.accept(refused(`flood-${i}`, `+1830${5550000 + i}`));
    remembered = { caller: anna, notice: null };
    calls.accept(refused('anna-1', '+14155550142'));
    calls.accept(refused('anna-2', '4155550142'));
    expect(recorded.at(-1)?.call).toMatchObject({ callId: 'anna-1', caller: anna });
    expect(counted.at(-1)).toMatchObject({ id: recorded.at(-1)?.call.id, again: 1 });
  });
});

test('a call takes its place on the phone until it is told to end', () => {
  const other = { callId: 'other@pbx.example' };
  calls.accept(ringing);
  calls.accept(callEvent('dialling', { ...other, direction: 'outbound' }));
  const onDesk = { user: '102', displayName: '', uri: 'sip:102@pbx.example' };
  calls.accept(callEvent('answered', { callId: 'desk@pbx.example', source: 'watched', remote: onDesk }));
  expect(calls.taken()).toBe(2);
  expect(calls.ask('r-2', { kind: 'hang-up' })).toMatchObject({ ok: true });
  expect(calls.taken(), 'it is on its way out').toBe(1);
  calls.accept(callEvent('ended', { ...other, direction: 'outbound', cause: { by: 'local', how: 'cancel' } }));
  expect(calls.taken()).toBe(1);
  calls.ask('r-1', { kind: 'decline' });
  expect(calls.taken()).toBe(0);
});

test('a call that was refused at once has the name of the last time', () => {
  remembered = { caller: anna, notice: null };
  calls.accept(cancelled);
  expect(recorded).toMatchObject([{ settled: true, call: { caller: anna } }]);
});

describe('the phone page dies in a talk', () => {
  const dialog: Extract<PhoneEvent, { kind: 'dialog' }> = {
    kind: 'dialog',
    callId: ringing.callId,
    dialog: {
      localTag: 'ours',
      remoteTag: 'far',
      localUri: 'sip:101@pbx.example',
      remoteUri: 'sip:+14155550142@pbx.example',
      remoteTarget: 'sip:gate@192.0.2.1',
      routeSet: [],
      cseq: 1,
    },
    monotonic: 5001,
    wall: 5001,
  };
  const registered = { kind: 'registration', state: 'registered', monotonic: 9500, wall: 9500 } as const;
  const media = { kind: 'media', callId: ringing.callId, state: 'connected', monotonic: 9700, wall: 9700 } as const;
  const asked = () => commands.filter(({ kind }) => kind !== 'preferences');
  beforeEach(() => {
    calls.accept(ringing);
    calls.accept(answered);
    calls.accept(dialog);
  });

  test('it goes on: the next page is told how it stands, and it ends once, with its whole time', () => {
    calls.accept(callEvent('held', { by: 'local', monotonic: 6000 }));
    calls.phoneLost(9000, 9000);
    expect(recorded).toEqual([]);
    expect(views.at(-1)).toMatchObject({ id: 'r-1', state: 'held' });
    expect(english(views.at(-1)?.notice ?? '')).toMatch(/^The connection of this call was lost/);
    calls.accept(registered);
    expect(asked()).toMatchObject([
      { kind: 'pick-up', cseq: 1001, talk: { held: true, remoteHeld: false, muted: false } },
    ]);
    calls.accept(callEvent('answered', { monotonic: 9600 }));
    calls.accept(media);
    expect(views.at(-1)).toMatchObject({ id: 'r-1', state: 'held', notice: null, answeredAt: answered.wall });
    expect(steps).toContain('@picked-up');
    calls.accept(ended);
    expect(recorded).toMatchObject([{ call: { id: 'r-1', disposition: 'answered', talkSeconds: 60 } }]);
    expect(due).toEqual([]);
  });

  test('the agent can hang up, and nothing else, until it is picked up', () => {
    calls.phoneLost(9000, 9000);
    expect(calls.ask('r-1', { kind: 'mute', muted: true })).toMatchObject({ ok: false });
    expect(calls.ask('r-1', { kind: 'hang-up' })).toMatchObject({ ok: true });
    expect(recorded).toMatchObject([{ call: { disposition: 'answered', talkSeconds: 55 } }]);
    calls.accept(registered);
    expect(asked()).toMatchObject([{ kind: 'take-leave', callId: ringing.callId }]);
  });

  test('nobody picks it up in time: it is over, once, whatever is said of it later', () => {
    calls.phoneLost(9000, 9000);
    calls.accept(registered);
    due[0]?.();
    expect(asked().map(({ kind }) => kind)).toEqual(['pick-up', 'hang-up']);
    calls.accept(ended);
    expect(recorded).toMatchObject([{ call: { disposition: 'answered', talkSeconds: 55 } }]);
    expect(calls.views()).toEqual([]);
  });

  test('a transfer that was under way is not heard of any more: the agent may ask again', () => {
    calls.accept(callEvent('transferring', { to: 'sip:102@pbx.example', state: 'asked', monotonic: 6000 }));
    calls.phoneLost(9000, 9000);
    expect(views.at(-1)?.transfer).toMatchObject({ to: '102', state: 'failed' });
  });

  test('with a consultation: both go on, and belong together; one that was not answered is over', () => {
    const asks = { direction: 'outbound', partOf: { callId: ringing.callId, role: 'consultation' } } as const;
    const remote = { user: '102', displayName: '', uri: 'sip:102@pbx.example' };
    calls.accept(callEvent('dialling', { ...asks, remote, callId: 'asked', monotonic: 6000 }));
    calls.accept(callEvent('answered', { ...asks, remote, callId: 'asked', monotonic: 7000 }));
    calls.accept({ ...dialog, callId: 'asked' });
    calls.phoneLost(9000, 9000);
    calls.accept(registered);
    expect(asked()).toMatchObject([{ callId: ringing.callId }, { callId: 'asked', talk: { partOf: asks.partOf } }]);
    expect(calls.views().map(({ consultationOf }) => consultationOf)).toEqual([null, 'r-1']);
    calls.accept(callEvent('answered', { monotonic: 9600 }));
    calls.phoneLost(10_000, 10_000);
    expect(calls.views()).toHaveLength(2);
    expect(recorded).toEqual([]);
  });
});

test('a phone page that dies ends every call it had and that cannot be picked up, once', () => {
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
    for (const kind of ['answer', 'decline', 'hang-up'] as const)
      expect(calls.ask('r-1', { kind })).toEqual({ ok: true, value: null });
    expect(commands).toEqual(
      (['answer', 'decline', 'hang-up'] as const).map((kind) => ({ kind, callId: ringing.callId })),
    );
    calls.accept(ended);
    for (const id of ['r-1', 'r-9'])
      expect(calls.ask(id, { kind: 'hang-up' })).toEqual({ ok: false, message: 'This call is over already.' });
    expect(commands).toHaveLength(3);
  });

  test('dialling goes to the phone as it was typed', () => {
    calls.dial('415 555 0142');
    expect(commands).toEqual([{ kind: 'dial', target: '415 555 0142' }]);
  });
});

describe('audio', () => {
  type State = Extract<PhoneEvent, { kind: 'media' }>['state'];
  const media = (state: State, callId = ringing.callId, detail?: string) =>
    ({
      kind: 'media',
      callId,
      state,
      ...(detail === undefined ? {} : { detail }),
      monotonic: 6000,
      wall: 6000,
    }) as const;

  test.each<[State, RegExp]>([
    ['no-microphone', /Plug one in/],
    ['microphone-denied', /privacy settings/],
    ['failed', /administrator/],
    ['interrupted', /setting it up again/],
    ['nothing-heard', /five seconds.*hang up and call again/],
    ['device-changed', /unplugged.*another one/],
  ])('%s is said on the call, with what to do', (state, sentence) => {
    calls.accept(ringing);
    calls.accept(media(state));
    expect(english(views.at(-1)?.notice)).toMatch(sentence);
  });

  test('a device that is gone: what is used instead', () => {
    calls.accept(ringing);
    calls.accept(media('device-changed', ringing.callId, 'Built-in Audio'));
    expect(english(views.at(-1)?.notice)).toMatch(/goes on with Built-in Audio/);
  });

  test('what passed is taken back, and what Kommo said comes out again', async () => {
    calls.accept(ringing);
    answer({ caller: { kind: 'failed', reason: 'No.' }, notice: 'No.' });
    await turn();
    calls.accept(media('nothing-heard'));
    expect(english(views.at(-1)?.notice)).toMatch(/five seconds/);
    calls.accept(media('heard-again'));
    expect(views.at(-1)?.notice).toBe('No.');
  });

  test('connected says nothing, and of an unknown call nothing is said', () => {
    calls.accept(ringing);
    const before = views.length;
    calls.accept(media('connected'));
    calls.accept(media('failed', 'other@pbx'));
    expect(views).toHaveLength(before);
  });
});

describe('hold, keys, silence', () => {
  test('each is a command for the SIP call, once it makes sense', () => {
    calls.accept(ringing);
    expect(calls.ask('r-1', { kind: 'hold' })).toMatchObject({ ok: false, message: /not answered/ });
    expect(calls.ask('r-1', { kind: 'silence' })).toEqual({ ok: true, value: null });
    expect(views.at(-1)).toMatchObject({ silenced: true });
    calls.accept(answered);
    for (const request of [
      { kind: 'hold' },
      { kind: 'resume' },
      { kind: 'mute', muted: true },
      { kind: 'dtmf', tones: '1#' },
    ] as const)
      expect(calls.ask('r-1', request)).toEqual({ ok: true, value: null });
    expect(commands.map(({ kind }) => kind)).toEqual(['silence', 'hold', 'resume', 'mute', 'dtmf']);
    expect(commands.at(-1)).toEqual({ kind: 'dtmf', callId: ringing.callId, tones: '1#' });
  });

  test('what the phone reports is in the view and in the timeline', () => {
    calls.accept(ringing);
    calls.accept(answered);
    calls.accept(callEvent('held', { by: 'local' }));
    calls.accept(callEvent('muted', { muted: true }));
    expect(views.at(-1)).toMatchObject({ state: 'held', heldBy: ['local'], muted: true });
    calls.accept(callEvent('resumed', { by: 'local' }));
    expect(steps.filter((step) => /held|resumed/.test(step) && step.startsWith('@'))).toEqual(['@held', '@resumed']);
  });

  test('how it sounded is kept with the call', () => {
    const quality = { codec: 'opus', loss: 0.01, jitterMs: 4, roundTripMs: 30, mos: 4.2 };
    for (const event of [ringing, answered, callEvent('quality', { quality }), ended]) calls.accept(event);
    expect(recorded[0]?.call.quality).toEqual(quality);
  });
});

describe('asking a colleague', () => {
  const colleague = { user: '102', displayName: 'Ben', uri: 'sip:102@pbx.example' };
  const asking = {
    callId: 'c@pbx',
    direction: 'outbound',
    remote: colleague,
    partOf: { callId: ringing.callId, role: 'consultation' },
  } as const;
  const dialled = callEvent('dialling', { ...asking, monotonic: 10_000 });
  const agreed = callEvent('answered', { ...asking, monotonic: 12_000 });
  const left = callEvent('ended', { ...asking, monotonic: 20_000, cause: { by: 'local', how: 'bye' } });
  const transferred = callEvent('transferred', { to: 'sip:102@pbx.example', monotonic: 30_000 });
  beforeEach(() => {
    calls.accept(ringing);
    calls.accept(answered);
    steps.length = 0;
    shared.length = 0;
  });

  test('is part of the call: no toast, not for the browser, after the others in the panel', () => {
    calls.accept(dialled);
    calls.accept(agreed);
    expect(told().filter((step) => step.startsWith('toast r'))).toEqual([]);
    expect(shared).toEqual([false, false]);
    expect(calls.views().map(({ id, title, consultationOf }) => [id, title, consultationOf])).toEqual([
      ['r-1', '+1 415 555 0142', null],
      ['r-2', 'Ben', 'r-1'],
    ]);
    expect(steps).toContain('@consultation');
  });

  test('the transfer: one call, with its leg and where it went; the consultation is in no journal', async () => {
    expect(calls.ask('r-1', { kind: 'complete-transfer' })).toMatchObject({
      ok: false,
      message: /Nobody is being asked/,
    });
    expect(calls.ask('r-1', { kind: 'consult', target: '102' }).ok).toBe(true);
    calls.accept(dialled);
    expect(calls.ask('r-1', { kind: 'complete-transfer' })).toMatchObject({ ok: false, message: /not answered yet/ });
    calls.accept(agreed);
    expect(calls.ask('r-1', { kind: 'complete-transfer' }).ok).toBe(true);
    expect(commands.at(-1)).toEqual({ kind: 'complete-transfer', callId: ringing.callId });
    calls.accept(callEvent('transferring', { to: 'sip:102@10.0.0.1', state: 'asked', monotonic: 29_000 }));
    expect(views.at(-1)?.transfer).toEqual({ to: '102', state: 'asked' });
    calls.accept(transferred);
    calls.accept(ended);
    expect(recorded).toHaveLength(1);
    expect(recorded[0]?.call).toMatchObject({
      id: 'r-1',
      transferredTo: '102',
      talkSeconds: 60,
      legs: [{ role: 'consultation', number: '102' }],
    });
    expect(calls.views()).toEqual([]);
    expect(gone).toEqual(['r-2']);
    answer({ caller: { kind: 'not-asked' }, notice: null });
    await turn();
    expect(settledWith).toEqual([]);
    expect(callParams(recorded[0]?.call ?? completed())['call_result']).toBe('answered. transferred to 102');
  });

  test('going back: the call goes on, and the leg stays with it', () => {
    calls.accept(callEvent('held', { by: 'local' }));
    calls.accept(dialled);
    calls.accept(agreed);
    expect(calls.ask('r-2', { kind: 'hang-up' }).ok).toBe(true);
    expect(commands).toEqual([
      { kind: 'hang-up', callId: 'c@pbx' },
      { kind: 'resume', callId: ringing.callId },
    ]);
    calls.accept(left);
    expect(calls.views().map(({ id }) => id)).toEqual(['r-1']);
    expect(recorded).toEqual([]);
    calls.accept(ended);
    expect(recorded[0]?.call.legs).toMatchObject([{ role: 'consultation', number: '102' }]);
    expect(recorded[0]?.call.transferredTo).toBeUndefined();
  });

  test('the caller hangs up meanwhile: the colleague is a call of its own from then on', () => {
    calls.accept(dialled);
    calls.accept(agreed);
    calls.accept(callEvent('ended', { monotonic: 15_000, cause: { by: 'remote', how: 'bye' } }));
    expect(calls.views()).toMatchObject([{ id: 'r-2', consultationOf: null }]);
    expect(shared.at(-1)).toBe(true);
    calls.accept(left);
    expect(recorded.map(({ call }) => call.id)).toEqual(['r-1', 'r-2']);
  });

  test('a phone page that dies ends both: one call, and the colleague is a leg of it', () => {
    calls.accept(dialled);
    calls.accept(agreed);
    calls.phoneLost(15_000, Date.now());
    expect(recorded).toMatchObject([{ call: { id: 'r-1', legs: [{ number: '102' }] } }]);
    expect(calls.views()).toEqual([]);
  });

  test('a target on the private list is not named on the card', () => {
    settings = { ...settings, private: ['102'] };
    calls.accept(transferred);
    calls.accept(ended);
    expect(recorded[0]?.call.transferredTo).toBeUndefined();
  });
});

describe('the call goes on with somebody else', () => {
  const ben = { kind: 'entity', entity: { type: 'contact', id: 9 }, name: 'Ben Ortiz' } as const satisfies Caller;
  const next = {
    callId: 'd@pbx',
    remote: { user: '+14155550199', displayName: '', uri: 'sip:+14155550199@pbx.example' },
    partOf: { callId: ringing.callId, role: 'continuation' },
  } as const;
  const follows = callEvent('dialling', { ...next, direction: 'outbound', monotonic: 10_000 });
  const takes = callEvent('answered', { ...next, direction: 'outbound', monotonic: 12_000 });
  const leaves = callEvent('ended', { monotonic: 11_000, cause: { by: 'remote', how: 'bye' } });
  beforeEach(async () => {
    calls.accept(ringing);
    answer({ caller: anna, notice: null });
    await turn();
    calls.accept(answered);
    steps.length = 0;
  });

  test('who that is is asked anew; toast, panel and widget have the new party; it stays one call', async () => {
    calls.accept(follows);
    expect(calls.views()).toHaveLength(1);
    calls.accept(takes);
    expect(told()).toEqual([
      'show active Anna Petrova',
      'toast answered',
      'show active +1 415 555 0199',
      'resolve r-1 +14155550199',
    ]);
    expect(steps).toContain('@continued');
    answer({ caller: ben, notice: null });
    await turn();
    expect(calls.views()).toMatchObject([{ id: 'r-1', title: 'Ben Ortiz', number: '+1 415 555 0199' }]);
    calls.accept(leaves);
    calls.accept(
      callEvent('ended', { ...next, direction: 'outbound', monotonic: 65_000, cause: { by: 'remote', how: 'bye' } }),
    );
    expect(recorded).toMatchObject([
      { call: { id: 'r-1', caller: ben, talkSeconds: 60, legs: [{ role: 'earlier', number: '+14155550142' }] } },
    ]);
  });

  test("Kommo's answer about the party before is too late", async () => {
    calls.accept({ ...ringing, callId: 'b@pbx' });
    const about = found;
    calls.accept({ ...takes, callId: 'e@pbx', partOf: { callId: 'b@pbx', role: 'continuation' } });
    about({ caller: anna, notice: null });
    await turn();
    expect(calls.views().at(-1)).toMatchObject({ id: 'r-2', title: '+1 415 555 0199' });
  });

  test('while the new one is dialled and the old one is gone, the call is still there and can be hung up', () => {
    calls.accept(follows);
    calls.accept(leaves);
    expect(recorded).toEqual([]);
    expect(calls.views()).toMatchObject([{ id: 'r-1', state: 'dialling', number: '+1 415 555 0199' }]);
    expect(calls.ask('r-1', { kind: 'hang-up' }).ok).toBe(true);
    expect(commands.at(-1)).toEqual({ kind: 'hang-up', callId: 'd@pbx' });
    calls.accept(
      callEvent('ended', { ...next, direction: 'outbound', monotonic: 13_000, cause: { by: 'local', how: 'cancel' } }),
    );
    expect(recorded).toMatchObject([{ call: { id: 'r-1', caller: anna, talkSeconds: 6 } }]);
    expect(calls.views()).toEqual([]);
  });

  test('the same party in another dialog is not asked about again', () => {
    const same = { ...takes, remote: ringing.remote };
    calls.accept(same);
    expect(told().filter((step) => step.startsWith('resolve'))).toEqual([]);
    expect(calls.views()).toMatchObject([{ title: 'Anna Petrova' }]);
  });
});

describe('do not disturb', () => {
  test('no toast and no card; the call is in the panel and in the history', async () => {
    quiet = true;
    settings = { ...settings, pop: 'ring' };
    calls.accept(ringing);
    answer({ caller: anna, notice: null });
    await turn();
    expect(told().filter((step) => step.startsWith('toast'))).toEqual([]);
    expect(popped).toEqual([]);
    expect(calls.views()).toHaveLength(1);
    calls.accept(cancelled);
    expect(recorded).toMatchObject([{ call: { disposition: 'missed', caller: anna } }]);
  });

  test('a call that the agent makes has its toast', () => {
    quiet = true;
    calls.accept(callEvent('dialling', { direction: 'outbound' }));
    expect(told()[0]).toBe('toast r-1 +1 415 555 0142');
  });
});

test('what is not about a call changes none', () => {
  calls.accept({ kind: 'registration', state: 'registered', monotonic: 1, wall: 1 });
  calls.accept({ kind: 'refused-message', detail: 'x', monotonic: 1, wall: 1 });
  expect(steps).toEqual([]);
});

test('a call on a desk phone that was met in its middle is known to be longer than it seems', () => {
  const desk = { source: 'watched', local: { user: '201', displayName: '', uri: '' } } as const;
  calls.accept({ ...answered, ...desk });
  expect(views.at(-1)).toMatchObject({ state: 'active', metAnswered: true });
  calls.accept({ ...ringing, ...desk, callId: 'from its beginning' });
  expect(views.at(-1)).toMatchObject({ metAnswered: false });
});

test('a call of a desk phone says whose', () => {
  calls.accept({ ...ringing, source: 'watched', local: { user: '201', displayName: '', uri: 'sip:201@pbx.example' } });
  expect(views.at(-1)).toMatchObject({ source: 'watched', deskPhone: '201' });
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
  expect(told().can).toEqual(['hang-up', 'hold', 'mute']);
  calls.accept({ ...ringing, kind: 'held', by: 'local' });
  calls.accept({ ...ringing, kind: 'muted', muted: true });
  expect(told()).toMatchObject({ can: ['hang-up', 'resume', 'unmute'], muted: true, heldBy: ['local'] });
  calls.accept(ended);
  expect(told().can).toEqual([]);
});

test('the widget offers of a call on the desk phone its end alone', () => {
  const desk = (kind: 'ringing' | 'answered') => callEvent(kind, { source: 'watched', callId: 'desk' });
  const can = () => views.slice(-1).map((view) => bridgeCallOf(view, true).can);
  calls.accept(desk('ringing'));
  expect(can()).toEqual([[]]);
  calls.accept(desk('answered'));
  expect(can()).toEqual([['hang-up']]);
});

describe('a desk phone that is watched beside the phone here', () => {
  const watching = { kind: 'watch', extension: '101', state: 'watching', monotonic: 0, wall: 0 } as const;
  const desk = { source: 'watched', callId: 'desk' } as const;
  const nationally = { user: '4155550142', displayName: '', uri: '' };
  const toasts = () => told().filter((step) => step.startsWith('toast'));

  test('answers: one toast, one record, with the talk time of the desk phone', () => {
    calls.accept(watching);
    calls.accept(ringing);
    calls.accept(callEvent('ringing', { ...desk, remote: nationally, monotonic: 1100 }));
    calls.accept(cancelled);
    expect(recorded).toEqual([]);
    calls.accept(callEvent('answered', { ...desk, remote: nationally, monotonic: 5000 }));
    calls.accept(callEvent('ended', { ...desk, monotonic: 65_000, cause: { by: 'remote', how: 'bye' } }));
    expect(toasts()).toEqual(['toast r-1 +1 415 555 0142', 'toast answered', 'toast ended answered']);
    expect(recorded.map(({ call }) => [call.id, call.source, call.disposition, call.talkSeconds])).toEqual([
      ['r-1', 'watched', 'answered', 60],
    ]);
    expect(due).toEqual([]);
  });

  test('says nothing: after a moment the call is missed, as the phone here said', () => {
    calls.accept(watching);
    calls.accept(ringing);
    calls.accept(cancelled);
    expect(recorded).toEqual([]);
    expect(due).toHaveLength(1);
    due[0]?.();
    expect(recorded.map(({ call }) => [call.disposition, call.ringSeconds])).toEqual([['missed', 3]]);
  });

  test('rang first: the command goes to the phone here by its own Call-ID', () => {
    calls.accept(callEvent('ringing', { ...desk, remote: nationally }));
    calls.accept(ringing);
    calls.ask('r-1', { kind: 'answer' });
    expect(commands).toEqual([{ kind: 'answer', callId: ringing.callId }]);
  });

  test('names the caller only later: the toast has the number then, and Kommo is asked', () => {
    calls.accept(callEvent('ringing', { ...desk, remote: { user: '', displayName: '', uri: '' } }));
    calls.accept(callEvent('ringing', { ...desk, remote: nationally, monotonic: 1200 }));
    expect(told().filter((step) => step.startsWith('toast') || step.startsWith('resolve'))).toEqual([
      'toast r-1 Withheld number',
      'resolve r-1 ',
      'resolve r-1 +14155550142',
    ]);
    expect(views.at(-1)?.number).toBe('+1 415 555 0142');
    expect(told()).toContain('name -');
  });

  test('is lost with the phone page: what waited is missed, what rang has failed', () => {
    calls.accept(watching);
    calls.accept(ringing);
    calls.accept(cancelled);
    calls.phoneLost(9000, 9000);
    expect(recorded.map(({ call }) => call.disposition)).toEqual(['missed']);
    expect(due).toEqual([]);
  });
});

describe('what is left should the program be gone in the next moment', () => {
  test('a ringing call would be a missed one, a talk an answered one of so many seconds; afterwards there is nothing', () => {
    calls.accept(ringing);
    const { wall } = ringing;
    expect(calls.unfinished(3000, wall + 2000)).toMatchObject([
      { id: 'r-1', disposition: 'missed', ringSeconds: 2, talkSeconds: 0, endedAt: wall + 2000 },
    ]);
    calls.accept(answered);
    expect(calls.unfinished(35_000, wall + 34_000)).toMatchObject([
      { id: 'r-1', disposition: 'answered', ringSeconds: 4, talkSeconds: 30 },
    ]);
    expect(recorded).toEqual([]);
    calls.accept(ended);
    expect(calls.unfinished(70_000, wall + 69_000)).toEqual([]);
    expect(recorded).toHaveLength(1);
  });

  test('a consultation is part of its call, and a desk phone goes on without us', () => {
    calls.accept(ringing);
    calls.accept(answered);
    calls.accept(
      callEvent('dialling', {
        callId: 'consultation',
        direction: 'outbound',
        monotonic: 9000,
        partOf: { callId: ringing.callId, role: 'consultation' },
        remote: { user: '102', displayName: '', uri: 'sip:102@pbx.example' },
      }),
    );
    calls.accept(callEvent('ringing', { callId: 'desk', source: 'watched', monotonic: 9500 }));
    expect(calls.unfinished(12_000, ringing.wall + 11_000)).toMatchObject([
      { callId: ringing.callId, legs: [{ role: 'consultation', number: '102', answeredAt: null }] },
    ]);
  });
});
