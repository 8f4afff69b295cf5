/**
 * The life of calls against a simple model: any number of calls, consultations, transfers and continuations, with
 * CANCEL, 200, BYE, lost sockets and late repeats in any order.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { dispositionOf, durationsOf, type Call, type Disposition } from '../../../../app/calls/call.ts';
import { emptyBook, fold } from '../../../../app/calls/call-book.ts';
import type { CallEvent, EndCause } from '../../../../app/calls/phone-event.ts';
import { callEvent } from './samples.ts';
import { randomSeed } from '../../../../scripts/random-seed.ts';

const RUNS = 10_000;

/** How a call can end, and what an unanswered one is called then. */
const ENDS: readonly { cause: EndCause; inbound: Disposition; outbound: Disposition }[] = [
  { cause: { by: 'remote', how: 'bye' }, inbound: 'missed', outbound: 'failed' },
  { cause: { by: 'remote', how: 'cancel' }, inbound: 'missed', outbound: 'failed' },
  {
    cause: { by: 'remote', how: 'cancel', reason: 'SIP;cause=200;text="Call completed elsewhere"' },
    inbound: 'answered elsewhere',
    outbound: 'failed',
  },
  {
    cause: { by: 'remote', how: 'cancel', reason: 'Q.850;cause=26' },
    inbound: 'answered elsewhere',
    outbound: 'failed',
  },
  { cause: { by: 'local', how: 'rejected', status: 603 }, inbound: 'declined', outbound: 'declined' },
  { cause: { by: 'local', how: 'rejected', status: 486 }, inbound: 'busy', outbound: 'busy' },
  { cause: { by: 'local', how: 'cancel' }, inbound: 'missed', outbound: 'cancelled' },
  { cause: { by: 'remote', how: 'rejected', status: 404 }, inbound: 'missed', outbound: 'failed' },
  { cause: { by: 'network', how: 'timeout' }, inbound: 'missed', outbound: 'no answer' },
  { cause: { by: 'network', how: 'failed' }, inbound: 'missed', outbound: 'failed' },
];
type End = (typeof ENDS)[number];

/** One call as the agent sees it; what it is called once it is over. */
type Whole = {
  direction: 'inbound' | 'outbound';
  started: number;
  answered: number | null;
  ended: { at: number; end: End } | null;
  transferred: boolean;
  legs: number;
  /** Dialogs that wait for an answer to go on with. */
  readonly waiting: Set<Dialog>;
  readonly consultations: Set<Dialog>;
};
type Dialog = {
  readonly callId: string;
  readonly direction: 'inbound' | 'outbound';
  readonly started: number;
  readonly partOf: CallEvent['partOf'];
  answered: number | null;
  over: boolean;
  whole: Whole;
  role: 'own' | 'consultation' | 'continuation';
  holders: Set<string>;
};
type Over = { disposition: Disposition; ringSeconds: number; talkSeconds: number; legs: number; transferred: boolean };

class Model {
  seconds = 0;
  readonly dialogs: Dialog[] = [];
  readonly over: Over[] = [];
  readonly sent: CallEvent[] = [];

  open(direction: 'inbound' | 'outbound', role: Dialog['role'], parent?: Dialog): Dialog {
    const whole: Whole = parent?.whole ?? {
      direction,
      started: this.seconds,
      answered: null,
      ended: null,
      transferred: false,
      legs: 0,
      waiting: new Set(),
      consultations: new Set(),
    };
    const partOf = parent === undefined || role === 'own' ? undefined : { callId: parent.callId, role };
    const callId = `call-${this.dialogs.length}@pbx`;
    const dialog: Dialog = {
      ...{ callId, direction, started: this.seconds, partOf, answered: null, over: false, whole, role },
      holders: new Set(),
    };
    this.dialogs.push(dialog);
    if (role === 'consultation') whole.consultations.add(dialog);
    if (role === 'continuation') whole.waiting.add(dialog);
    return dialog;
  }

  answer(dialog: Dialog): void {
    const { whole } = dialog;
    if (dialog.over || dialog.answered !== null) return;
    dialog.answered = this.seconds;
    if (dialog.role === 'consultation') return;
    if (dialog.role === 'continuation') {
      for (const old of this.dialogs) if (old.whole === whole && old.role === 'own') old.over = true;
      whole.waiting.delete(dialog);
      whole.ended = null;
      whole.legs += 1;
      dialog.role = 'own';
    }
    whole.answered ??= this.seconds;
  }

  end(dialog: Dialog, end: End): void {
    if (dialog.over) return;
    dialog.over = true;
    const { whole, role } = dialog;
    if (role === 'own') whole.ended = { at: this.seconds, end };
    if (role === 'consultation' && whole.consultations.delete(dialog)) whole.legs += 1;
    whole.waiting.delete(dialog);
    if (whole.ended !== null && whole.waiting.size === 0) this.#complete(whole, whole.ended);
  }

  #complete(whole: Whole, { at, end }: { at: number; end: End }): void {
    for (const asked of whole.consultations) {
      if (whole.transferred) {
        asked.over = true;
        whole.legs += 1;
        continue;
      }
      asked.role = 'own';
      asked.whole = {
        ...{ direction: asked.direction, started: asked.started, answered: asked.answered, ended: null, legs: 0 },
        transferred: false,
        waiting: new Set(),
        consultations: new Set(),
      };
    }
    whole.consultations.clear();
    const { started, answered, legs, transferred, direction } = whole;
    this.over.push({
      disposition: answered === null ? end[direction] : 'answered',
      ringSeconds: (answered ?? at) - started,
      talkSeconds: answered === null ? 0 : at - answered,
      legs,
      transferred,
    });
  }

  /** Calls that are not over, by what a panel shows of them. */
  get live(): string[] {
    return this.dialogs
      .filter(({ over, role }) => !over && role === 'own')
      .map(({ callId, holders, whole }) =>
        whole.answered === null ? `${callId} waits` : `${callId} ${holders.size > 0 ? 'held' : 'active'}`,
      )
      .toSorted();
  }
}

class Real {
  book = emptyBook;
  ids = 0;
  readonly completed: Call[] = [];
  readonly opened: string[] = [];

  fold(event: CallEvent): void {
    const { book, change } = fold(this.book, event, () => `id-${(this.ids += 1)}`);
    this.book = book;
    if (change.kind === 'opened' || (change.kind === 'completed' && change.opened)) this.opened.push(change.call.id);
    if (change.kind === 'completed') this.completed.push(change.call);
  }

  get live(): string[] {
    return [...this.book.live.values()]
      .filter(({ partOf }) => partOf === null)
      .map(({ callId, state }) => `${callId} ${state === 'held' || state === 'active' ? state : 'waits'}`)
      .toSorted();
  }
}

function expectSame(model: Model, real: Real): void {
  expect(real.live).toEqual(model.live);
  expect(real.completed.length).toBe(model.over.length);
}

type Step = (model: Model, real: Real) => void;

/** Something that happens, a little later than what happened before; the wall clock goes as it likes. */
class Happens implements fc.Command<Model, Real> {
  readonly #step: Step;
  readonly #after: number;
  readonly #name: string;

  constructor(name: string, after: number, step: Step) {
    this.#name = name;
    this.#after = after;
    this.#step = step;
  }

  check(): boolean {
    return true;
  }

  run(model: Model, real: Real): void {
    model.seconds += this.#after;
    this.#step(model, real);
    expectSame(model, real);
  }

  toString(): string {
    return `${this.#name} (+${this.#after} s)`;
  }
}

function send(model: Model, real: Real, dialog: Dialog, kind: CallEvent['kind'], more: object = {}): void {
  const { callId, direction, partOf } = dialog;
  const common = { callId, direction, monotonic: model.seconds * 1000, ...(partOf === undefined ? {} : { partOf }) };
  const event = callEvent(kind, { ...common, ...more } as never);
  model.sent.push(event);
  real.fold(event);
}

const pick = <T>(all: readonly T[], nth: number): T | undefined => all[nth % Math.max(1, all.length)];

const happens = (name: string, step: (nth: number, model: Model, real: Real) => void) =>
  fc
    .tuple(fc.nat(30), fc.nat(1000))
    .map(([after, nth]) => new Happens(`${name} #${nth}`, after, (model, real) => step(nth, model, real)));

const onAny = (name: string, act: (dialog: Dialog, nth: number, model: Model, real: Real) => void) =>
  happens(name, (nth, model, real) => {
    const dialog = pick(model.dialogs, nth);
    if (dialog !== undefined) act(dialog, nth, model, real);
  });

const onTalk = (name: string, act: (dialog: Dialog, nth: number, model: Model, real: Real) => void) =>
  happens(name, (nth, model, real) => {
    const talks = model.dialogs.filter(({ over, role, answered }) => !over && role === 'own' && answered !== null);
    const dialog = pick(talks, nth);
    if (dialog !== undefined) act(dialog, nth, model, real);
  });

const commands = [
  happens('a call comes in', (_nth, model, real) => send(model, real, model.open('inbound', 'own'), 'ringing')),
  happens('a call is dialled', (_nth, model, real) => send(model, real, model.open('outbound', 'own'), 'dialling')),
  onAny('answered', (dialog, _nth, model, real) => {
    model.answer(dialog);
    send(model, real, dialog, 'answered');
  }),
  onAny('held or resumed', (dialog, nth, model, real) => {
    const by = nth % 2 === 0 ? 'local' : 'remote';
    const held = !dialog.holders.has(by);
    if (held) dialog.holders.add(by);
    else dialog.holders.delete(by);
    send(model, real, dialog, held ? 'held' : 'resumed', { by });
  }),
  onTalk('the agent asks a colleague', (dialog, _nth, model, real) =>
    send(model, real, model.open('outbound', 'consultation', dialog), 'dialling'),
  ),
  onTalk('the far side sends the agent elsewhere', (dialog, _nth, model, real) =>
    send(model, real, model.open('outbound', 'continuation', dialog), 'dialling'),
  ),
  onTalk('transferred', (dialog, _nth, model, real) => {
    dialog.whole.transferred = true;
    send(model, real, dialog, 'transferred', { to: '102' });
  }),
  onAny('ended', (dialog, nth, model, real) => {
    const end = pick(ENDS, nth) ?? { cause: { by: 'remote', how: 'bye' }, inbound: 'missed', outbound: 'failed' };
    model.end(dialog, end);
    send(model, real, dialog, 'ended', { cause: end.cause });
  }),
  happens('a message of before comes again, late', (nth, model, real) => {
    const ended = model.sent.filter(({ callId, kind }) => {
      const dialog = model.dialogs.find((each) => each.callId === callId);
      // A hold that is repeated out of its order is a hold.
      return kind !== 'held' && kind !== 'resumed' ? kind !== 'answered' || dialog?.answered !== null : dialog?.over;
    });
    const event = pick(ended, nth);
    if (event !== undefined) real.fold({ ...event, monotonic: model.seconds * 1000 });
  }),
];

function expectRight(seed: number): void {
  fc.assert(
    fc.property(fc.commands(commands, { maxCommands: 40, size: '+1' }), (steps) => {
      const model = new Model();
      const real = new Real();
      fc.modelRun(() => ({ model, real }), steps);
      // The day is over.
      for (const dialog of model.dialogs) {
        const end: End = { cause: { by: 'network', how: 'failed' }, inbound: 'missed', outbound: 'failed' };
        model.end(dialog, end);
        send(model, real, dialog, 'ended', { cause: end.cause });
      }
      expect([real.book.live.size, real.book.suspended.size]).toEqual([0, 0]);
      expect(
        real.completed.map((call): Over => ({
          disposition: dispositionOf(call),
          ...durationsOf(call),
          legs: call.legs.length,
          transferred: call.transferredTo !== null,
        })),
      ).toEqual(model.over);
      expect(new Set(real.completed.map(({ id }) => id)).size).toBe(model.over.length);
      for (const call of real.completed) {
        const dialogs = [call.callId, ...call.legs.map(({ callId }) => callId)];
        // Nobody's leg is somebody else's call.
        expect(real.completed.filter(({ callId }) => dialogs.includes(callId))).toEqual([call]);
      }
    }),
    { numRuns: RUNS, seed },
  );
}

test('every call ends once and right, with a fixed seed', () => expectRight(20_261_123), 120_000);

test('every call ends once and right, with a random seed', () => {
  const seed = randomSeed();
  expectRight(seed);
}, 120_000);
