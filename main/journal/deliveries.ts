/**
 * Brings recorded calls to where they belong: the card in Kommo, the widget's bell. At least once, with a stable id,
 * so that the far end can drop a repeat; after a lost answer it looks before it sends again; what waits says so, and
 * why.
 */
import { KommoRefusal, type RefusalKind } from '../../app/kommo/refusal.ts';
import { callParams, lateNews, waysToCard } from '../../app/kommo/call-on-card.ts';
import type { KommoClient } from '../../app/kommo/client.ts';
import type { CompletedCall } from '../../app/calls/completed-call.ts';
import type { CallSettings } from '../../app/settings/provisioning.ts';
import type { Delivery, DeliveryTarget, Journal, Settlement } from './journal.ts';

/** After this a completed call is no news any more in a browser; the card still gets it. */
const WIDGET_NEWS_MS = 12 * 60 * 60 * 1000;
const FIRST_WAIT_MS = 2000;
const LONGEST_WAIT_MS = 5 * 60 * 1000;
/** What waits for a person (a sign-in, a browser) is woken by it; this is only the safety net. */
const IDLE_WAIT_MS = 5 * 60 * 1000;
/** A request whose answer was lost may still take effect; Kommo has done what it will do after so long. */
const LOOK_AFTER_MS = 5000;
/** The bell rings once for a call; for so long it waits for the recording, which cannot be added later. */
const BELL_PATIENCE_MS = 8000;
/** What waits for something on this machine is looked at again after so long. */
const SHORT_WAIT_MS = 2000;
const LONGEST_PROBE_WAIT_MS = 30_000;

export type DeliveryPorts = {
  journal: Journal;
  /** Null while nobody is signed in. */
  kommo(): KommoClient | null;
  settings(): Pick<CallSettings, 'cardBy' | 'unknownInbound'>;
  /** Who is signed in: the author of calls that ended while nobody was. */
  agent(): CompletedCall['agent'];
  /** Until when (milliseconds since 1970) the agent may still write about the call and has begun to; 0 where not. */
  heldUntil(id: string): number;
  /** Whether there is audio at this address. Never rejects. */
  hasAudio(url: string): Promise<boolean>;
  widget(call: CompletedCall): Promise<'shown' | 'no-widget'>;
  now(): number;
  random(): number;
  after(ms: number, run: () => void): () => void;
  told(call: CompletedCall, target: DeliveryTarget, state: string, error: string | null): void;
  /** The journal itself failed (a full disk): what waits stays where it is and is tried again. */
  failed(error: unknown): void;
};

export function createDeliveries(ports: DeliveryPorts) {
  const { journal, now } = ports;
  // A lane each: a Kommo that hangs must not keep the bell waiting.
  const lanes: Record<DeliveryTarget, Lane> = {
    card: createLane('card', toCard, ports, () => lanes.update.run()),
    update: createLane('update', toUpdate, ports),
    recording: createLane('recording', toRecording, ports, () => lanes.update.run()),
    widget: createLane('widget', toWidget, ports),
  };
  const all = Object.values(lanes);
  return {
    /** Something may be due: a call was recorded, or Kommo's answer for it came. */
    run(): void {
      for (const lane of all) lane.run();
    },
    /** What waited for Kommo is due now (somebody signed in), or what waited for a browser (one connected). */
    wake(of: 'card' | 'widget'): void {
      for (const target of of === 'card' ? (['card', 'update'] as const) : (['widget'] as const)) {
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
  error: string,
  ambiguous: boolean,
  atLeastMs: number,
): Settlement {
  const wait = Math.max(atLeastMs, Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(tries, 12)));
  return { state: 'waiting', error, nextTry: Math.round(now() + wait * (0.5 + random() / 2)), counts: true, ambiguous };
}

/** Waits for a person; no try is counted. */
function idle({ now }: DeliveryPorts, error: string, ambiguous: boolean): Settlement {
  return { state: 'waiting', error, nextTry: now() + IDLE_WAIT_MS, counts: false, ambiguous };
}

/** Waits for something on this machine, and nothing is wrong. */
function soon({ now }: DeliveryPorts, { error, ambiguous }: Delivery, until: number): Settlement {
  const nextTry = Math.min(until, now() + SHORT_WAIT_MS);
  return { state: 'waiting', error, nextTry, counts: false, ambiguous };
}

/** A settlement, and whether it says something of Kommo itself: then nothing else is tried before its time. */
type Outcome = Settlement & { halts?: boolean };

/** What becomes of a delivery that Kommo refused; `inDoubt` where an earlier request is not cleared up yet. */
function refused(error: unknown, tries: number, ports: DeliveryPorts, inDoubt: boolean): Outcome {
  if (!(error instanceof KommoRefusal)) throw error;
  const lost = inDoubt || (error.sent && LOSES_ANSWERS.has(error.kind));
  if (error.kind === 'signed-out' || error.kind === 'unauthorized') return idle(ports, error.message, lost);
  // An unpaid account is paid again; by then nobody thinks of these calls.
  if (error.kind === 'unpaid') return { ...later(ports, tries, error.message, lost, LONGEST_WAIT_MS), halts: true };
  if (error.passes) {
    const atLeastMs = (error.retryAfter ?? 0) * 1000;
    return { ...later(ports, tries, error.message, lost, atLeastMs), halts: OF_KOMMO_ITSELF.has(error.kind) };
  }
  return { ...done, state: 'failed', error: error.message, ambiguous: inDoubt };
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
  const { call, ambiguous, doubtSince, attempt } = delivery;
  const { journal, now } = ports;
  const ways = waysToCard(call, ports.settings());
  if (ways.length === 0 && !ambiguous) return { ...done, state: 'no-card', counts: false };
  const held = ports.heldUntil(call.id);
  if (held > now()) return soon(ports, delivery, held);
  const client = ports.kommo();
  if (client === null) return idle(ports, new KommoRefusal('signed-out').message, ambiguous);
  const agent = call.agent ?? ports.agent();
  // A call of nobody would be a robot's in Kommo.
  if (agent === null) return idle(ports, UNKNOWN_AGENT, ambiguous);
  const sent = { ...call, agent };
  const young = now() - doubtSince;
  if (ambiguous && young >= 0 && young < LOOK_AFTER_MS) return soon(ports, delivery, doubtSince + LOOK_AFTER_MS);
  let inDoubt = ambiguous;
  try {
    if (ambiguous) {
      for (const way of attempt === null ? ways : [attempt]) {
        const place = await client.findOnCard(way, sent);
        // Which version of the call it was nobody knows: what came later is said again.
        if (place !== null) return { ...done, place, update: place.incomingLead || lateNews(call) !== '' };
      }
      inDoubt = false;
    }
    for (const way of ways) {
      journal.sending(call.id, 'card', way);
      const place = await client.putOnCard(way, sent);
      // An incoming lead is taken without what came of the call: its note is told.
      if (place !== null) return { ...done, place, update: place.incomingLead || changedSince(call, journal) };
    }
    return { ...done, state: 'no-card' };
  } catch (error) {
    return refused(error, Math.max(delivery.tries, strikes), ports, inDoubt);
  }
}

const UNKNOWN_AGENT = 'Ringside does not know yet who is signed in to Kommo. The call is saved as soon as it does.';

/** Whether the journal has another version of the call by now than the one that was sent. */
function changedSince(sent: CompletedCall, journal: Journal): boolean {
  const current = journal.call(sent.id);
  return current !== null && JSON.stringify(callParams(current)) !== JSON.stringify(callParams(sent));
}

/** Says on the card what came after the call was written there. Twice is once, so nothing is ever in doubt. */
async function toUpdate(delivery: Delivery, ports: DeliveryPorts, strikes: number): Promise<Outcome> {
  const { call } = delivery;
  const { journal, now } = ports;
  const held = ports.heldUntil(call.id);
  if (held > now()) return soon(ports, delivery, held);
  const client = ports.kommo();
  if (client === null) return idle(ports, new KommoRefusal('signed-out').message, false);
  try {
    const kept = journal.delivery(call.id, 'card')?.place ?? null;
    const place = kept?.entity === null ? await client.findOnCard({ way: 'calls' }, call) : kept;
    const entity = place?.entity ?? (call.caller.kind === 'entity' ? call.caller.entity : null);
    if (entity === null) return { ...done, state: 'no-card' };
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
    return { ...done, state: 'expired', error: GAVE_UP };
  }
  const wait = Math.min(LONGEST_PROBE_WAIT_MS, 1000 * 2 ** Math.min(tries, 12));
  return { state: 'waiting', error: null, nextTry: Math.min(until, now() + wait), counts: true, ambiguous: false };
}

const GAVE_UP = 'The PBX did not have it in time. The call itself is kept.';

async function toWidget(delivery: Delivery, ports: DeliveryPorts): Promise<Settlement> {
  const { call } = delivery;
  const { now } = ports;
  if (now() - call.endedAt > WIDGET_NEWS_MS) return { ...done, state: 'expired', counts: false };
  const patience = call.endedAt + BELL_PATIENCE_MS;
  if (call.recording.state === 'pending' && now() < patience) return soon(ports, delivery, patience);
  if ((await ports.widget(call)) === 'shown') return done;
  return idle(ports, 'No Kommo tab with Ringside is open. The call is shown there when one is.', false);
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

  /** Delivers what is due, as long as nothing is in the way, and returns how many that were. */
  async function drain(): Promise<number> {
    let count = 0;
    do {
      again = false;
      for (const delivery of journal.due(target, now())) {
        if (stopped) return count;
        const { halts = false, ...outcome } = await deliver(delivery, ports, strikes);
        if (stopped) return count;
        journal.settle(delivery.call.id, target, outcome);
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
    const due = journal.nextDue(target);
    if (due === null) return;
    const wait = Math.max(due, haltedUntil) - now();
    wakeIn(wait > 0 || count > 0 ? Math.min(Math.max(wait, 0), IDLE_WAIT_MS) : IDLE_WAIT_MS);
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
