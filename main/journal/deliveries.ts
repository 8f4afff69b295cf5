/**
 * Brings recorded calls to where they belong: the card in Kommo, the widget's bell. At least once, with a stable id,
 * so that the far end can drop a repeat; after a lost answer it looks before it sends again; what waits says so, and
 * why.
 */
import { KommoRefusal, type RefusalKind } from '../../app/kommo/refusal.ts';
import { say, type Sentence } from '../../app/texts/sentence.ts';
import { bridgeCompleted, bellElement } from '../../app/bridge/completed.ts';
import { callParams, lateNews, waysToCard, type CardPlace, type CardWay } from '../../app/kommo/call-on-card.ts';
import type { KommoClient } from '../../app/kommo/client.ts';
import type { CompletedCall } from '../../app/calls/completed-call.ts';
import type { CallSettings } from '../../app/settings/provisioning.ts';
import type { Office } from '../../app/kommo/office.ts';
import { cardTurn } from './ring-group.ts';
import { FARTHEST_MS } from './store.ts';
import type { Account, Delivery, DeliveryTarget, Journal, Settlement } from './journal.ts';

/** After this a completed call is no news any more in a browser; the card still gets it. */
const WIDGET_NEWS_MS = 12 * 60 * 60 * 1000;
const FIRST_WAIT_MS = 2000;
const LONGEST_WAIT_MS = 5 * 60 * 1000;
/** What waits for a person (a sign-in, a browser) is woken by it; this is only the safety net. */
const IDLE_WAIT_MS = 5 * 60 * 1000;
/** A request whose answer was lost may still take effect; Kommo has done what it will do after so long. */
const LOOK_AFTER_MS = 5000;
/**
 * So long the bell waits for the recording. Where Kommo can find the entry again, by its element, the recording is
 * added later; where it cannot, the bell is patient, as what is not in the entry then never is.
 */
const BELL_PATIENCE_MS = 8000;
const LAST_CHANCE_PATIENCE_MS = 120_000;
/** What waits for something on this machine is looked at again after so long. */
const SHORT_WAIT_MS = 2000;
const LONGEST_PROBE_WAIT_MS = 30_000;

export type DeliveryPorts = {
  journal: Journal;
  /** Null while nobody is signed in, or it is not known yet in which account. */
  kommo(): KommoClient | null;
  /** The account that this desktop is signed in to; null while that is not known. */
  account(): Account | null;
  /** Who else may have the same call; null, and left out, where this desktop is alone. */
  office?(): Office | null;
  settings(): Pick<CallSettings, 'cardBy' | 'unknownInbound'>;
  /** Who is signed in: the author of calls that ended while nobody was. */
  agent(): CompletedCall['agent'];
  /** Until when (milliseconds since 1970) the agent may still write about the call and has begun to; 0 where not. */
  heldUntil(id: string): number;
  /** Whether there is audio at this address. Never rejects. */
  hasAudio(url: string): Promise<boolean>;
  widget(call: CompletedCall): Promise<'shown' | 'no-widget'>;
  /** Adds the recording to a call that the bell has already. */
  bell(call: CompletedCall): Promise<'shown' | 'no-widget'>;
  now(): number;
  random(): number;
  after(ms: number, run: () => void): () => void;
  told(call: CompletedCall, target: DeliveryTarget, state: string, error: Sentence | null): void;
  /** The journal itself failed (a full disk): what waits stays where it is and is tried again. */
  failed(error: unknown): void;
};

export function createDeliveries(ports: DeliveryPorts) {
  const { journal, now } = ports;
  // A lane each: a Kommo that hangs must not keep the bell waiting.
  const lanes: Record<DeliveryTarget, Lane> = {
    card: createLane('card', toCard, ports, () => lanes.update.run()),
    update: createLane('update', toUpdate, ports),
    recording: createLane('recording', toRecording, ports, () => {
      lanes.update.run();
      lanes.bell.run();
    }),
    widget: createLane('widget', toWidget, ports, () => lanes.bell.run()),
    bell: createLane('bell', toBell, ports),
  };
  const all = Object.values(lanes);
  return {
    /** Something may be due: a call was recorded, or Kommo's answer for it came. */
    run(): void {
      for (const lane of all) lane.run();
    },
    /** What waited for Kommo is due now (somebody signed in), or what waited for a browser (one connected). */
    wake(of: 'card' | 'widget'): void {
      for (const target of of === 'card' ? (['card', 'update'] as const) : (['widget', 'bell'] as const)) {
        journal.wake(target, now());
        lanes[target].run();
      }
    },
    async stop(): Promise<void> {
      await Promise.all(all.map((lane) => lane.stop()));
    },
  };
}

const done: Settlement = { state: 'done', error: null, nextTry: 0, counts: true, ambiguous: false };

/** Tried again after a wait that doubles, with jitter, so that an office does not come back all at once. */
function later(
  { now, random }: DeliveryPorts,
  tries: number,
  error: Sentence,
  ambiguous: boolean,
  atLeastMs: number,
): Settlement {
  const wait = Math.max(atLeastMs, Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(tries, 12)));
  return { state: 'waiting', error, nextTry: Math.round(now() + wait * (0.5 + random() / 2)), counts: true, ambiguous };
}

/** Waits for a person; no try is counted. */
function idle({ now }: DeliveryPorts, error: Sentence, ambiguous: boolean): Settlement {
  return { state: 'waiting', error, nextTry: now() + IDLE_WAIT_MS, counts: false, ambiguous };
}

/** Waits for something on this machine, and nothing is wrong. */
function soon({ now }: DeliveryPorts, { error, ambiguous }: Delivery, until: number): Settlement {
  const nextTry = Math.min(until, now() + SHORT_WAIT_MS);
  return { state: 'waiting', error, nextTry, counts: false, ambiguous };
}

/**
 * A settlement, and whether it says something of Kommo itself: then nothing else is tried before its time. `stale` is
 * asked in the moment of settling, so that no change of the call slips in between.
 */
type Outcome = Settlement & { halts?: boolean; stale?: () => boolean };

/** An entity's id is another entity in another account: what is for one waits until somebody signs in to it. */
function forOther(delivery: Delivery, ports: DeliveryPorts): Settlement | null {
  const { account, ambiguous } = delivery;
  if (account === null || account.id === ports.account()?.id) return null;
  return idle(ports, say('delivery.is-for', { account: account.name }), ambiguous);
}

/** While a request whose answer was lost may still take effect, nothing is looked up or sent after it. */
function notYet(delivery: Delivery, ports: DeliveryPorts): Settlement | null {
  const { ambiguous, doubtSince } = delivery;
  const young = ports.now() - doubtSince;
  // A clock that was set back must not make it wait for long.
  return ambiguous && young >= 0 && young < LOOK_AFTER_MS ? soon(ports, delivery, doubtSince + LOOK_AFTER_MS) : null;
}

/** What becomes of a delivery that Kommo refused; `inDoubt` where an earlier request is not cleared up yet. */
function refused(error: unknown, tries: number, ports: DeliveryPorts, inDoubt: boolean): Outcome {
  if (!(error instanceof KommoRefusal)) throw error;
  const lost = inDoubt || (error.sent && LOSES_ANSWERS.has(error.kind));
  if (error.kind === 'signed-out' || error.kind === 'unauthorized') return idle(ports, error.sentence, lost);
  // An unpaid account is paid again; by then nobody thinks of these calls.
  if (error.kind === 'unpaid') return { ...later(ports, tries, error.sentence, lost, LONGEST_WAIT_MS), halts: true };
  if (error.passes) {
    const atLeastMs = (error.retryAfter ?? 0) * 1000;
    return { ...later(ports, tries, error.sentence, lost, atLeastMs), halts: OF_KOMMO_ITSELF.has(error.kind) };
  }
  return { ...done, state: 'failed', error: error.sentence, ambiguous: inDoubt };
}

/** After these nobody knows whether Kommo did it. */
const LOSES_ANSWERS: ReadonlySet<RefusalKind> = new Set(['timeout', 'unreachable', 'server', 'unreadable']);

/**
 * These would be said to every request. What waits since yesterday must not ask hundreds of times: a blocked office
 * would stay blocked.
 */
const OF_KOMMO_ITSELF: ReadonlySet<RefusalKind> = new Set(['unreachable', 'timeout', 'too-many', 'blocked']);

/** Puts the call on its card, in the first way that leads to one. */
async function toCard(delivery: Delivery, ports: DeliveryPorts, strikes: number): Promise<Outcome> {
  const { ambiguous, attempt } = delivery;
  const { journal, now } = ports;
  // While others were delivered the agent may have said who it was.
  const call = journal.call(delivery.call.id) ?? delivery.call;
  const ways = waysToCard(call, ports.settings());
  if (ways.length === 0 && !ambiguous) return { ...done, state: 'no-card', counts: false };
  const held = ports.heldUntil(call.id);
  if (held > now()) return soon(ports, delivery, held);
  const client = ports.kommo();
  if (client === null) return idle(ports, say('kommo.signed-out'), ambiguous);
  const elsewhere = forOther(delivery, ports);
  if (elsewhere !== null) return elsewhere;
  const agent = call.agent ?? ports.agent();
  // A call of nobody would be a robot's in Kommo.
  if (agent === null) return idle(ports, say('delivery.unknown-agent'), ambiguous);
  const sent = { ...call, agent };
  const turn = cardTurn(call, ports.office?.() ?? null, delivery.tries, now());
  if (turn !== null && turn.at > now())
    return { state: 'waiting', error: delivery.error, nextTry: turn.at, counts: false, ambiguous };
  const unsettled = notYet(delivery, ports);
  if (unsettled !== null) return unsettled;
  let inDoubt = ambiguous;
  try {
    if (ambiguous) {
      for (const way of attempt === null ? ways : [attempt]) {
        const place = await client.findOnCard(way, sent);
        // Which version of the call it was nobody knows: what came later is said again.
        if (place !== null) return { ...done, place, update: place.incomingLead || lateNews(call) !== '' };
      }
      inDoubt = false;
      journal.certain(call.id, 'card');
    }
    if (turn?.look === true) {
      const place = await sameCall(client, ways, sent, journal);
      if (place !== null) return { ...done, place, stale: () => lateNews(call) !== '' };
    }
    for (const way of ways) {
      const place = await client.putOnCard(way, sent, () => journal.sending(call.id, 'card', way));
      // An incoming lead is taken without what came of the call: its note is told.
      if (place !== null) return { ...done, place, stale: () => place.incomingLead || changedSince(call, journal) };
      journal.certain(call.id, 'card');
    }
    return { ...done, state: 'no-card' };
  } catch (error) {
    if (inDoubt && mayNotLook(error))
      return later(ports, delivery.tries, say('delivery.not-looked-up'), true, LONGEST_WAIT_MS);
    return refused(error, Math.max(delivery.tries, strikes), ports, inDoubt);
  }
}

/** Where a colleague's desktop has put the call; null where it has not, or where that may not be looked up. */
async function sameCall(
  client: KommoClient,
  ways: readonly CardWay[],
  call: CompletedCall,
  journal: Journal,
): Promise<CardPlace | null> {
  try {
    for (const way of ways) {
      const place = await client.findSameCall(way, call, (uniq) => journal.call(uniq) !== null);
      if (place !== null) return place;
    }
  } catch (error) {
    // Better twice by two people than not at all.
    if (!mayNotLook(error)) throw error;
  }
  return null;
}

/** Kommo would not say whether the call is there, and will not until somebody does something about it. */
function mayNotLook(error: unknown): boolean {
  return error instanceof KommoRefusal && LOOKS_REFUSED.has(error.kind);
}
const LOOKS_REFUSED: ReadonlySet<RefusalKind> = new Set(['no-rights', 'not-found', 'rejected']);
/** Whether the journal has another version of the call by now than the one that was sent. */
function changedSince(sent: CompletedCall, journal: Journal): boolean {
  const current = journal.call(sent.id);
  return current !== null && JSON.stringify(callParams(current)) !== JSON.stringify(callParams(sent));
}

/**
 * Says on the card what came after the call was written there. Twice is once; but a request whose answer was lost may
 * take effect late, and take back what the next one said: that one is not sent before.
 */
async function toUpdate(delivery: Delivery, ports: DeliveryPorts, strikes: number): Promise<Outcome> {
  const { call, ambiguous } = delivery;
  const { journal, now } = ports;
  const held = ports.heldUntil(call.id);
  if (held > now()) return soon(ports, delivery, held);
  const client = ports.kommo();
  if (client === null) return idle(ports, say('kommo.signed-out'), ambiguous);
  const elsewhere = forOther(delivery, ports);
  if (elsewhere !== null) return elsewhere;
  const unsettled = notYet(delivery, ports);
  if (unsettled !== null) return unsettled;
  try {
    const kept = journal.delivery(call.id, 'card')?.place ?? null;
    const place = kept?.entity === null ? await client.findOnCard({ way: 'calls' }, call) : kept;
    const entity = place?.entity ?? (call.caller.kind === 'entity' ? call.caller.entity : null);
    if (entity === null) return { ...done, state: 'no-card' };
    journal.sending(call.id, 'update', null);
    await client.updateOnCard(entity, { ...call, agent: call.agent ?? ports.agent() });
    return changedSince(call, journal) ? { ...done, state: 'waiting', nextTry: now() } : done;
  } catch (error) {
    return refused(error, Math.max(delivery.tries, strikes), ports, false);
  }
}

/** Looks for the recording until it is there or its time is over. */
async function toRecording({ call, tries }: Delivery, ports: DeliveryPorts): Promise<Settlement> {
  const { journal, now } = ports;
  const { recording } = call;
  if (recording.state !== 'pending') return done;
  const { url, until } = recording;
  if (await ports.hasAudio(url)) {
    journal.amend(call.id, { recording: { state: 'ready', url } }, now());
    return done;
  }
  if (now() >= until) {
    journal.amend(call.id, { recording: { state: 'gave up' } }, now());
    return { ...done, state: 'expired', error: say('recording.gave-up') };
  }
  const wait = Math.min(LONGEST_PROBE_WAIT_MS, 1000 * 2 ** Math.min(tries, 12));
  return { state: 'waiting', error: null, nextTry: Math.min(until, now() + wait), counts: true, ambiguous: false };
}

async function toWidget(delivery: Delivery, ports: DeliveryPorts): Promise<Outcome> {
  const { call } = delivery;
  const { journal, now } = ports;
  if (now() - call.endedAt > WIDGET_NEWS_MS) return { ...done, state: 'expired', counts: false };
  const elsewhere = forOther(delivery, ports);
  if (elsewhere !== null) return elsewhere;
  const patience = bellElement(call) === null ? LAST_CHANCE_PATIENCE_MS : BELL_PATIENCE_MS;
  const waited = now() - call.endedAt;
  // By a clock that was set back it has not ended yet, and would not for as long.
  if (call.recording.state === 'pending' && waited >= 0 && waited < patience)
    return soon(ports, delivery, call.endedAt + patience);
  if ((await ports.widget(call)) !== 'shown') return idle(ports, NO_TAB, false);
  const recordedSince = () => call.recording.state !== 'ready' && journal.call(call.id)?.recording.state === 'ready';
  return { ...done, place: { entity: bellElement(call), incomingLead: false }, stale: recordedSince };
}

const NO_TAB = say('delivery.no-tab');

/** Adds to Kommo's bell the recording that came after the call was put there; a repeat is dropped over there. */
async function toBell(delivery: Delivery, ports: DeliveryPorts): Promise<Settlement> {
  const { call } = delivery;
  const { journal, now } = ports;
  const nothing = { ...done, counts: false };
  const element = bellElement(call);
  const shown = journal.delivery(call.id, 'widget')?.place?.entity ?? null;
  // Found out or chosen since: with another element it would be another entry.
  if (element === null || shown?.id !== element.id || shown.type !== element.type) return nothing;
  if (bridgeCompleted(call).recordingUrl === null) return nothing;
  if (now() - call.endedAt > WIDGET_NEWS_MS) return { ...nothing, state: 'expired' };
  const elsewhere = forOther(delivery, ports);
  if (elsewhere !== null) return elsewhere;
  // The entry is gone: to put it there again would take the place of the later call.
  if (journal.overtaken(call)) return nothing;
  return (await ports.bell(call)) === 'shown' ? done : idle(ports, NO_TAB, false);
}

type Lane = { run(): void; stop(): Promise<void> };
type Deliver = (delivery: Delivery, ports: DeliveryPorts, strikes: number) => Promise<Outcome>;

/** Delivers what is due for one target, one after the other, and wakes by itself when the next is due. */
function createLane(
  target: DeliveryTarget,
  deliver: Deliver,
  ports: DeliveryPorts,
  served: () => void = () => {},
): Lane {
  const { journal, now, after, told, failed } = ports;
  let running: Promise<void> | null = null;
  let again = false;
  let stopped = false;
  let cancelTimer: (() => void) | null = null;
  /** How often in a row Kommo itself was in the way, and until when nothing is tried because of it. */
  let strikes = 0;
  let haltedUntil = 0;
  /** When it was looked last what is due. */
  let lookedAt = 0;

  /** Delivers what is due, as long as nothing is in the way, and returns how many that were. */
  async function drain(): Promise<number> {
    let count = 0;
    do {
      again = false;
      lookedAt = now();
      for (const delivery of journal.due(target, lookedAt)) {
        if (stopped) return count;
        const { halts = false, stale, ...wanted } = await deliver(delivery, ports, strikes);
        if (stopped) return count;
        // Further off it would be taken for what a clock that was set back has left behind.
        const outcome = { ...wanted, nextTry: Math.min(wanted.nextTry, now() + FARTHEST_MS) };
        journal.settle(delivery.call.id, target, stale?.() === true ? { ...outcome, update: true } : outcome);
        if (outcome.state !== delivery.state || outcome.error !== delivery.error)
          told(delivery.call, target, outcome.state, outcome.error);
        served();
        count += 1;
        strikes = halts ? strikes + 1 : 0;
        haltedUntil = halts ? outcome.nextTry : 0;
        if (halts) {
          again = false;
          return count;
        }
      }
    } while (again);
    return count;
  }

  /** Waits for what is due next. What is due and yet cannot be served (an unreadable row) is not asked for in a loop. */
  function schedule(count: number): void {
    const due = journal.nextDue(target, now());
    if (due === null) return;
    const wait = Math.max(due, haltedUntil) - now();
    // What has become due since the look is no row that cannot be served: a timer may be a moment early.
    const unserved = count === 0 && Math.max(due, haltedUntil) <= lookedAt;
    wakeIn(unserved ? IDLE_WAIT_MS : Math.min(Math.max(wait, 0), IDLE_WAIT_MS));
  }

  function wakeIn(ms: number): void {
    cancelTimer?.();
    cancelTimer = stopped ? null : after(ms, run);
  }

  function run(): void {
    if (stopped) return;
    again = true;
    running ??= drain()
      .then((count) => {
        if (!stopped) schedule(count);
      })
      .catch((error: unknown) => {
        failed(error);
        wakeIn(LONGEST_WAIT_MS);
      })
      .finally(() => {
        running = null;
        if (again) run();
      });
  }

  return {
    run,
    async stop() {
      stopped = true;
      cancelTimer?.();
      await running;
    },
  };
}
