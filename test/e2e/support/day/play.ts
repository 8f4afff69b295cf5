/** Plays a planned day on the real program: Electron, sandbox PBX, sandbox Kommo, a browser tab with the widget. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pass } from 'node:timers/promises';
import type { Answer, DeliveryView, HistoryEntry, PanelAnswers, PanelRequest } from '../../../../app/ipc/panel.ts';
import { inEnglish } from '../../../../app/texts/worded.ts';
import type { FaultRule } from '../../../../sandbox/kommo/index.ts';
import { people } from '../../../../sandbox/kommo/index.ts';
import { CALLS_RULE, EVENTS_RULE, findByPhone } from '../../../../sandbox/kommo/search.ts';
import type { CallerIdentity, CallerScript, CallFacts, PlacedCall } from '../../../../sandbox/pbx/index.ts';
import { AGENT } from '../../../../sandbox/story/office.ts';
import { eventually } from '../eventually.ts';
import type { KommoTab } from '../kommo-tab.ts';
import { ask as askPanel, openPairedTab, openTestOffice, WAYS_TO_CARD, type TestOffice } from '../office.ts';
import { launchRingside, type Ringside, type TimelineEntry } from '../ringside.ts';
import { auditDay, type Audit, type ExpectedCall } from './audit.ts';
import { buildMachine, type Machine } from './machine.ts';
import type { CallKind, DayPlan, Moment, Step, While } from './schedule.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const A_DAY = 24 * HOUR;
/** A quarter of an hour before the clocks of New York are put back from 2 to 1, on 1 November 2026. */
const CLOCKS_CHANGE = Date.parse('2026-11-01T06:00:00Z');
const TZ = 'America/New_York';
/** Nobody lets it ring for longer: the PBX says 408. */
const RING_TIMEOUT_MS = 5000;
const PATIENCE_MS = 60_000;
/** What takes longer is said. */
const SLOW_MS = 10_000;
const DELIVERY_TARGETS = ['card', 'update', 'recording', 'widget', 'bell'] as const;
/** Longer than any wait between two tries of a delivery. */
const OVERNIGHT_MS = 6 * MINUTE;

/** Nobody in Kommo has these. */
const STRANGERS = [people.unknown.phone, '+19175550164'];
const KNOWN = [
  people.annaPetrova,
  people.marcusWebb,
  people.davidChen,
  people.northwindTraders,
  people.elenaFischer,
  people.priyaRaman,
  people.blueHarbor,
].map(({ phone }) => phone);
const CALLERS: readonly CallerIdentity[] = [
  ...[...KNOWN, ...STRANGERS].map((user) => ({ user })),
  { user: people.internal.phone, displayName: people.internal.name },
  { user: 'anonymous', displayName: 'Anonymous' },
];
const CALLED = [...KNOWN, ...STRANGERS];
/** Talks until the agent hangs up. */
const PATIENT = people.leoGrant.phone;
const BUSY = people.omarHaddad.phone;
const DECLINES = people.noahKim.phone;
const NEVER_ANSWERS = people.hannahCole.phone;
const COLLEAGUE = people.internal.phone;

export type HourEnd = {
  hour: number;
  ringside: Ringside;
  /** Everything is where it belongs, and the panel is closed. */
  rest(): Promise<void>;
};

export type DayResult = {
  audit: Audit;
  calls: number;
  /** How often each thing went wrong. */
  troubles: number;
};

/**
 * Plays the day and holds what the PBX placed against the journal, Kommo's cards and Kommo's bell.
 *
 * @throws where the office itself does not do what the plan says: a call that cannot be placed, a phone that stays away
 */
export async function playDay(
  plan: DayPlan,
  say: (line: string) => void,
  hourEnds: (end: HourEnd) => Promise<void> = () => Promise.resolve(),
): Promise<DayResult> {
  const undo: (() => Promise<void> | void)[] = [];
  try {
    // The clocks are changed in the middle of the day.
    const startsAt = CLOCKS_CHANGE - (Math.floor(plan.hours.length / 2) + 0.25) * HOUR;
    let hours = startsAt - Date.now();
    const office = await openTestOffice({
      kommo: { now: () => Date.now() + hours },
      pbx: { ringTimeoutMs: RING_TIMEOUT_MS },
    });
    undo.push(() => office.close());
    const machine = await buildMachine(hours);
    undo.push(() => machine.close());
    const late = await openLateRecordings();
    undo.push(() => late.close());
    const profile = await mkdtemp(join(tmpdir(), 'ringside-day-'));
    undo.push(() => rm(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 }));
    const day = createDay({ office, machine, late, profile, move: (by) => (hours += by), ahead: () => hours, say });
    undo.push(() => day.close());
    await day.open();
    let troubles = 0;
    for (const [hour, steps] of plan.hours.entries()) {
      for (const step of steps) {
        if (step.does !== 'call' && step.does !== 'end') troubles += 1;
        const began = performance.now();
        await day.take(step).catch((error: unknown) => {
          const where = `In hour ${hour + 1} of the day with seed ${plan.seed}, at ${JSON.stringify(step)}`;
          throw new Error(`${where}: ${String(error)}`, { cause: error });
        });
        const took = performance.now() - began;
        if (took > SLOW_MS) say(`    ${(took / SECOND).toFixed(1)} s: ${JSON.stringify(step)}`);
      }
      say(`  hour ${hour + 1} of ${plan.hours.length}: ${day.expected.length} calls`);
      await hourEnds({ hour, ringside: day.ringside(), rest: day.rest });
    }
    await day.settle();
    const audit = auditDay({
      expected: day.expected,
      history: await day.wholeHistory(),
      kommo: office.kommo,
      log: readFileSync(join(profile, 'ringside.log'), 'utf8'),
    });
    return { audit, calls: day.expected.length, troubles };
  } finally {
    for (const step of undo.toReversed()) await step();
  }
}

type DayParts = {
  office: TestOffice;
  machine: Machine;
  late: LateRecordings;
  profile: string;
  /** Lets time pass for everybody. */
  move(by: number): void;
  ahead(): number;
  say(line: string): void;
};

function createDay({ office, machine, late, profile, move, ahead, say }: DayParts) {
  const { pbx, kommo, toasts } = office;
  const expected: ExpectedCall[] = [];
  const dialledFacts: CallFacts[] = [];
  const goingOn = new Map<While, () => Promise<void> | void>();
  let ringside: Ringside;
  let tab: KommoTab | null = null;
  /** What the computer's clock is wrong by. */
  let wrongBy = 0;
  /** How often the phone has registered anew. */
  let registrations = 0;
  const stopListening = [
    pbx.on('registration', ({ user, change }) => {
      if (user === AGENT.extension && change === 'added') registrations += 1;
    }),
    pbx.on('call', (facts) => {
      if (facts.role === 'callee' && facts.from === AGENT.extension) dialledFacts.push(facts);
    }),
  ];
  pbx.callee(/^\+?\d{7,}$/, { kind: 'answer', ringMs: 150, talkMs: 500 });
  pbx.callee(PATIENT, { kind: 'answer', ringMs: 150 });
  pbx.callee(BUSY, { kind: 'busy', ringMs: 100 });
  pbx.callee(DECLINES, { kind: 'decline', ringMs: 100 });
  pbx.callee(NEVER_ANSWERS, { kind: 'ring for ever' });
  pbx.callee(COLLEAGUE, { kind: 'answer', ringMs: 50, talkMs: 300 });

  // --- the program and its surroundings

  async function start(provisioned: boolean): Promise<void> {
    const own = { desktop: office.desktop, profile, application: machine.application, env: { TZ } };
    const provision = { ...office.provisioning, calls: { ...(office.provisioning['calls'] as object), ...late.rule } };
    ringside = await launchRingside({ ...own, ...(provisioned ? { provision } : {}) });
    await ringside.waitForTimeline('ready', PATIENCE_MS);
    await ringside.page('phone');
    await setClock();
    await registered();
  }

  const setClock = () => machine.setClock(ahead() + wrongBy, ringside.electron, tab?.context.pages() ?? []);

  async function letPass(ms: number): Promise<void> {
    // A recording is looked for so and so long after the call, and then no more.
    await late.found();
    move(ms);
    await setClock();
  }

  const lastOfPhone = () => ringside.timeline().findLast(({ event }) => /^phone\.(?!page)/.test(event))?.event;
  const registered = () =>
    eventually(
      'the phone is registered',
      () => pbx.registered(AGENT.extension) && lastOfPhone() === 'phone.registered',
      PATIENCE_MS,
    );

  /** The phone is there again on a socket of its own. */
  async function registersAnew(because: () => Promise<void> | void): Promise<void> {
    await registered();
    const before = registrations;
    await because();
    await eventually('the phone registers anew', () => registrations > before, PATIENCE_MS);
    await registered();
  }

  /** The computer sleeps, and wakes with sockets that look open and are dead. */
  const sleeps = (ms: number) =>
    registersAnew(() =>
      machine.sleep(ringside.electron, async () => {
        pbx.deadenSockets();
        await letPass(ms);
      }),
    );

  const panelIsOpen = () => ringside.electron.windows().some((page) => page.url().startsWith('app://panel/'));
  async function openPanel(): Promise<void> {
    if (panelIsOpen()) return;
    await ringside.electron.evaluate(({ app }) => void app.emit('activate'));
    await ringside.page('panel');
    await setClock();
  }
  async function closePanel(): Promise<void> {
    if (!panelIsOpen()) return;
    await ringside.electron.evaluate(({ BrowserWindow }) => {
      for (const window of BrowserWindow.getAllWindows())
        if (window.webContents.getURL().startsWith('app://panel/')) window.close();
    });
    await eventually('the panel is closed', () => !panelIsOpen());
  }
  async function ask<R extends PanelRequest>(request: R, ...parameters: unknown[]): Promise<Answer<PanelAnswers[R]>> {
    await openPanel();
    return askPanel(ringside, request, ...parameters);
  }
  async function does(request: PanelRequest, ...parameters: unknown[]): Promise<void> {
    const answer = await ask(request, ...parameters);
    if (!answer.ok) throw new Error(`${request} was refused: ${inEnglish(answer.message)}`);
  }

  /**
   * A page that is left in the very moment in which it hands a call to Kommo breaks that off, and nobody can tell whether
   * Kommo has it; the widget takes it for done. That is in a test of its own, and here no call may depend on luck.
   */
  const quiet = () => nothingWaits(['widget', 'bell', 'recording'], 3 * MINUTE);
  const connected = () => tab?.page.locator('#ringside-widget .card[data-phase="connected"]').waitFor();
  async function browse(how: (page: KommoTab['page']) => Promise<unknown>): Promise<void> {
    if (tab === null || goingOn.has('no tab')) return;
    await quiet();
    await how(tab.page);
    await setClock();
    await connected();
  }

  // --- calls

  const news = (after: number, what: string, accepts: (entry: TimelineEntry) => boolean, within = 20_000) =>
    eventually(what, () => ringside.timeline().slice(after).find(accepts), within);
  const of = (id: string, event: string) =>
    news(0, `${event} of ${id}`, (one) => one.call === id && one.event === event);

  type Ringing = { placed: PlacedCall; id: string; from: CallerIdentity };

  async function rings(from: CallerIdentity, script: CallerScript): Promise<Ringing> {
    await registered();
    const before = ringside.timeline().length;
    const placed = pbx.call({ from, to: AGENT.extension, script });
    const { call } = await news(before, 'a call rings', ({ event }) => event === 'invite');
    return { placed, id: call ?? '', from };
  }

  /** On its toast. */
  async function press({ id }: Ringing, action: 'answer' | 'decline'): Promise<void> {
    await of(id, 'toast.shown');
    const toast = toasts.shown().findLast(({ actions }) => action in actions);
    if (toast === undefined) throw new Error(`no toast can be pressed to ${action}`);
    toasts.invoke(toast.id, action);
  }

  async function talks(from: CallerIdentity, script: CallerScript): Promise<Ringing> {
    const call = await rings(from, script);
    await press(call, 'answer');
    if (!(await call.placed.answered)) throw new Error('the call was not answered');
    await of(call.id, 'answered');
    return call;
  }

  type Came = Pick<ExpectedCall, 'disposition'> & { talk?: number | null; cards?: boolean };

  /** The call is over for both sides; from here on the program owes it to Kommo. */
  async function over(call: Ringing, came: Came): Promise<CallFacts> {
    const facts = await call.placed.ended;
    await of(call.id, 'journal.written');
    expected.push({ ...owed(call.from.user, came, 'inbound'), callId: call.placed.callId });
    return facts;
  }

  function owed(number: string, came: Came, direction: ExpectedCall['direction']): Omit<ExpectedCall, 'callId'> {
    const theirs = came.disposition === 'answered elsewhere';
    const withheld = !number.startsWith('+');
    const cards = withheld ? [] : [EVENTS_RULE, CALLS_RULE].map((rule) => findByPhone(kommo.data, number, rule));
    const known = cards.filter((card) => card !== null);
    const card =
      theirs || withheld ? 'none' : known.length > 0 ? known : direction === 'inbound' ? 'incoming lead' : 'none';
    return {
      direction,
      number,
      disposition: came.disposition,
      talkSeconds: came.talk === undefined || came.talk === null ? null : came.talk / SECOND,
      card,
      bell: !theirs,
    };
  }

  /** The agent's own call; `then` is what the agent does about it. */
  async function dials(
    number: string,
    came: Came,
    then: (id: string) => Promise<void> = async () => {},
  ): Promise<void> {
    await registered();
    const before = ringside.timeline().length;
    const seen = dialledFacts.length;
    await does('dial', number);
    const { call } = await news(before, 'a call is dialled', ({ event }) => event === 'dialling');
    const id = call ?? '';
    await then(id);
    await of(id, 'journal.written');
    const facts = await eventually('the far end is through', () => dialledFacts[seen], 20_000);
    const talk = came.disposition === 'answered' ? facts.talkMs : 0;
    expected.push({ ...owed(number, { ...came, talk }, 'outbound'), callId: facts.callId });
  }

  async function makeCall(kind: CallKind, which: number, talkMs: number): Promise<void> {
    const from = CALLERS[which % CALLERS.length] ?? { user: 'anonymous' };
    const number = CALLED[which % CALLED.length] ?? people.marcusWebb.phone;
    switch (kind) {
      case 'answered': {
        const call = await talks(from, { kind: 'talk', talkMs });
        const { talkMs: talk } = await call.placed.ended;
        await over(call, { disposition: 'answered', talk });
        return;
      }
      case 'hung up here': {
        const call = await talks(from, { kind: 'talk' });
        await pass(talkMs);
        await does('hangUp', call.id);
        const { talkMs: talk } = await call.placed.ended;
        await over(call, { disposition: 'answered', talk });
        return;
      }
      case 'missed':
        await over(await rings(from, { kind: 'give up', ringMs: talkMs }), { disposition: 'missed', talk: 0 });
        return;
      case 'declined': {
        const call = await rings(from, { kind: 'talk' });
        await press(call, 'decline');
        await over(call, { disposition: 'declined', talk: 0 });
        return;
      }
      case 'taken by a colleague': {
        const reason = which % 2 === 0 ? 'sip' : 'q850';
        const call = await rings(from, { kind: 'answered elsewhere', afterMs: 250, reason });
        await of(call.id, 'journal.written');
        call.placed.hangUp();
        await over(call, { disposition: 'answered elsewhere', talk: 0 });
        return;
      }
      case 'voicemail': {
        const script: CallerScript = { kind: 'give up', ringMs: 300, reason: 'SIP;cause=480;text="Voicemail"' };
        await over(await rings(from, script), { disposition: 'voicemail', talk: 0 });
        return;
      }
      case 'held': {
        const call = await talks(from, { kind: 'talk' });
        await does('hold', call.id);
        await of(call.id, 'held');
        await pass(talkMs);
        await does('resume', call.id);
        await of(call.id, 'resumed');
        call.placed.hangUp();
        const { talkMs: talk } = await call.placed.ended;
        await over(call, { disposition: 'answered', talk });
        return;
      }
      case 'transferred': {
        const call = await talks(from, { kind: 'talk' });
        await does('transfer', call.id, COLLEAGUE);
        await over(call, { disposition: 'answered' });
        // The transfer may end the call before the PBX has named its recording.
        late.comes(call.placed.callId);
        return;
      }
      case 'recorded late': {
        const call = await talks(from, { kind: 'talk', talkMs, recording: false });
        const { talkMs: talk } = await call.placed.ended;
        await over(call, { disposition: 'answered', talk });
        late.comes(call.placed.callId);
        return;
      }
      case 'two at once': {
        const first = await talks(from, { kind: 'talk' });
        const other = CALLERS[(which + 1) % CALLERS.length] ?? from;
        await over(await rings(other, { kind: 'give up', ringMs: 300 }), { disposition: 'missed', talk: 0 });
        first.placed.hangUp();
        const { talkMs: talk } = await first.placed.ended;
        await over(first, { disposition: 'answered', talk });
        return;
      }
      case 'slept through': {
        const call = await talks(from, { kind: 'talk' });
        const slept = 40 * SECOND;
        await sleeps(slept);
        call.placed.hangUp();
        const { talkMs: talk } = await call.placed.ended;
        await over(call, { disposition: 'answered', talk: talk + slept });
        return;
      }
      case 'clock set': {
        const call = await talks(from, { kind: 'talk' });
        await turnClock(A_DAY);
        await pass(talkMs);
        await turnClock(-A_DAY);
        await registered();
        call.placed.hangUp();
        const { talkMs: talk } = await call.placed.ended;
        await over(call, { disposition: 'answered', talk });
        return;
      }
      case 'socket lost': {
        const call = await talks(from, { kind: 'talk' });
        await registersAnew(() => pbx.dropSockets());
        await pass(talkMs);
        call.placed.hangUp();
        const { talkMs: talk } = await call.placed.ended;
        await over(call, { disposition: 'answered', talk });
        return;
      }
      case 'dialled, answered':
        return dials(number, { disposition: 'answered' });
      case 'dialled, hung up here':
        return dials(PATIENT, { disposition: 'answered' }, async (id) => {
          await of(id, 'answered');
          await does('hangUp', id);
        });
      case 'dialled, busy':
        return dials(BUSY, { disposition: 'busy' });
      case 'dialled, declined':
        return dials(DECLINES, { disposition: 'declined' });
      case 'dialled, given up':
        return dials(NEVER_ANSWERS, { disposition: 'cancelled' }, async (id) => {
          await pass(talkMs);
          await does('hangUp', id);
        });
      case 'dialled, no answer':
        return dials(NEVER_ANSWERS, { disposition: 'no answer' });
      default: {
        const never: never = kind;
        return never;
      }
    }
  }

  // --- what goes wrong

  async function turnClock(by: number): Promise<void> {
    await late.found();
    wrongBy += by;
    await setClock();
  }

  async function befall(what: Moment): Promise<void> {
    switch (what) {
      case 'sleep':
        return sleeps(10 * MINUTE);
      case 'another network':
        return registersAnew(async () => {
          pbx.deadenSockets();
          await machine.moveNetwork(ringside.electron);
        });
      case 'sockets dropped':
        return registersAnew(() => pbx.dropSockets());
      case 'PBX talks nonsense':
        return registersAnew(async () => {
          let heard = 0;
          const stop = pbx.on('socket', () => (heard += 1));
          pbx.answerNonsense(true);
          pbx.dropSockets();
          await eventually('the phone has tried a PBX that talks nonsense', () => heard >= 2, PATIENCE_MS);
          await pass(SECOND);
          stop();
          pbx.answerNonsense(false);
          pbx.dropSockets();
        });
      case 'PBX refuses to register':
        return registersAnew(async () => {
          let refused = 0;
          pbx.answerRegister(() => {
            refused += 1;
            return { status: 503, headers: { 'Retry-After': '1' } };
          });
          pbx.dropSockets();
          await eventually('the PBX has refused', () => refused > 0, PATIENCE_MS);
          pbx.answerRegister(null);
        });
      case 'tab reloaded':
        return browse((page) => page.reload());
      case 'tab elsewhere':
        return browse((page) => page.goto(`${kommo.origin}/contacts/detail/${people.marcusWebb.id}`));
      case 'panel opened and closed':
        await openPanel();
        return closePanel();
      default: {
        const never: never = what;
        return never;
      }
    }
  }

  const api = ({ path }: { path: string }) => path.startsWith('/api/');
  const toCard = ({ method, path }: { method: string; path: string }) => method === 'POST' && WAYS_TO_CARD.test(path);
  const fails = (...rules: FaultRule[]) => {
    const undo = rules.map((rule) => kommo.fail(rule));
    return () => undo.forEach((step) => step());
  };

  /** Returns its end. */
  async function begin(what: While): Promise<() => Promise<void> | void> {
    switch (what) {
      case 'Kommo says 429':
        return fails({ match: api, answer: '429', times: 6 });
      case 'Kommo says 500':
        return fails({ match: toCard, answer: '500', times: 3 }, { match: api, answer: '500-html', times: 2 });
      case 'Kommo is away':
        return fails({ match: api, answer: 'network' });
      case 'Kommo’s answers are lost':
        return fails(
          { match: toCard, answer: 'network', times: 2, afterEffect: true },
          { match: toCard, answer: 'garbage', times: 1, afterEffect: true },
        );
      case 'no tab':
        await quiet();
        await tab?.page.goto('about:blank');
        return async () => {
          await tab?.page.goto(kommo.origin);
          await setClock();
          await connected();
        };
      case 'clock a day ahead':
      case 'clock a day behind': {
        const by = what === 'clock a day ahead' ? A_DAY : -A_DAY;
        // What is not in the bell for half a day is no news: a clock that is put on says so of what waits.
        if (by > 0) await quiet();
        await turnClock(by);
        // What waits is to be tried at a time that the computer does not have again soon.
        const kommoBack = fails({ match: toCard, answer: '500' });
        return async () => {
          if (by < 0) await quiet();
          await turnClock(-by);
          kommoBack();
        };
      }
      default: {
        const never: never = what;
        return never;
      }
    }
  }

  /** Waits until no delivery waits any more. @throws after `within` milliseconds, with those that do */
  async function nothingWaits(targets: readonly DeliveryView['target'][], within: number): Promise<void> {
    let waiting: string[] = [];
    const look = async () => {
      waiting = (await wholeHistory()).flatMap(({ call, deliveries }) =>
        deliveries
          .filter(({ target, state }) => targets.includes(target) && state === 'waiting')
          .map(
            (one) =>
              `${one.target} of ${call.id}, tried ${one.tries} times: ${inEnglish(one.error ?? 'nothing is wrong')}`,
          ),
      );
      return waiting.length === 0;
    };
    await eventually('everything is delivered', look, within).catch((error: unknown) => {
      throw new Error(`Still waiting:\n${waiting.join('\n')}`, { cause: error });
    });
  }

  async function wholeHistory(): Promise<HistoryEntry[]> {
    const entries: HistoryEntry[] = [];
    for (;;) {
      const answer = await ask('history', entries.at(-1)?.call.startedAt ?? null, 200);
      if (!answer.ok) throw new Error(inEnglish(answer.message));
      entries.push(...answer.value);
      if (answer.value.length < 200) return entries;
    }
  }

  async function restart(): Promise<void> {
    // A call whose note Kommo has written and nobody has said so.
    const back = fails({ match: toCard, answer: 'hang', afterEffect: true });
    const written = kommo.requests.length;
    await makeCall('missed', 0, 200);
    await eventually('a note is on its way', () => kommo.requests.slice(written).some(toCard), 20_000);
    await ringside.kill();
    back();
    await start(false);
    await connected();
  }

  /** Waits until nothing is owed any more; the computer sleeps and wakes, as it does over night. */
  async function settle(): Promise<void> {
    for (let nights = 0; nights < 5; nights += 1) {
      const isSettled = await nothingWaits(DELIVERY_TARGETS, 15_000).then(
        () => true,
        () => false,
      );
      if (isSettled) return;
      await sleeps(OVERNIGHT_MS);
    }
    await nothingWaits(DELIVERY_TARGETS, PATIENCE_MS).catch((error: unknown) => say(String(error)));
  }

  return {
    expected,
    ringside: () => ringside,
    async open(): Promise<void> {
      await start(true);
      tab = await openPairedTab(office, ringside);
      await setClock();
    },
    async take(step: Step): Promise<void> {
      switch (step.does) {
        case 'call':
          return makeCall(step.kind, step.from, step.talkMs);
        case 'moment':
          return befall(step.what);
        case 'begin':
          goingOn.set(step.what, await begin(step.what));
          return;
        case 'end':
          await goingOn.get(step.what)?.();
          goingOn.delete(step.what);
          return;
        case 'hour':
          return sleeps(HOUR);
        case 'kill':
          return restart();
        default: {
          const never: never = step;
          return never;
        }
      }
    },
    settle,
    wholeHistory,
    async rest(): Promise<void> {
      await settle();
      await closePanel();
    },
    async close(): Promise<void> {
      for (const stop of stopListening) stop();
      await tab?.close();
      await ringside?.close();
    },
  };
}

type LateRecordings = {
  /** For the provisioning's `calls`. */
  rule: Record<string, unknown>;
  /** The recording of this call is there in a moment. */
  comes(callId: string): void;
  /** All that came and were looked for have been found. */
  found(): Promise<void>;
  close(): Promise<void>;
};

/** A PBX's archive, which has a recording some time after its call. */
async function openLateRecordings(): Promise<LateRecordings> {
  const comesAt = new Map<string, number>();
  const asked = new Set<string>();
  const found = new Set<string>();
  const server = createServer((request, response) => {
    const id = decodeURIComponent(/^\/late\/(.+)\.wav$/.exec(request.url ?? '')?.[1] ?? '');
    asked.add(id);
    if ((comesAt.get(id) ?? Infinity) > performance.now()) return void response.writeHead(404).end();
    found.add(id);
    response.writeHead(200, { 'Content-Type': 'audio/wav', 'Content-Length': 44 });
    response.end(request.method === 'HEAD' ? undefined : Buffer.alloc(44));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    rule: {
      recording: {
        header: 'X-Recording-URL',
        urlTemplate: `http://127.0.0.1:${port}/late/{callId}.wav`,
        waitSeconds: 120,
      },
    },
    comes: (callId) => void comesAt.set(callId, performance.now() + 1500),
    found: async () => {
      const isFound = (id: string) => !asked.has(id) || found.has(id);
      await eventually('late recordings are found', () => [...comesAt.keys()].every(isFound), PATIENCE_MS);
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
