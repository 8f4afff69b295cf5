/** The one writer of call state: folds what the phone reports, and sees that each part hears of it in its turn. */
import type { Call } from '../../app/calls/call.ts';
import { emptyBook, fold } from '../../app/calls/call-book.ts';
import {
  completedCall,
  sameEntity,
  type Caller,
  type CallMatch,
  type CompletedCall,
  type EntityRef,
  type RecordingRule,
} from '../../app/calls/completed-call.ts';
import { isCallEvent, type CallEvent, type PhoneCommand, type PhoneEvent } from '../../app/calls/phone-event.ts';
import { lineOf } from '../../app/calls/line.ts';
import type { CallView } from '../../app/ipc/panel.ts';
import { readNumber, type NumberInfo, type NumberRules } from '../../app/numbers/number.ts';
import type { Listener, Resolution } from '../caller/caller.ts';
import { popOf, type PopRule } from '../caller/pop.ts';
import { lastDigits, type Timeline } from '../diagnostics/timeline.ts';
import type { Toasts } from '../toasts/toasts.ts';

/** What is known about a live call beside its SIP state. */
type Known = {
  readonly number: NumberInfo;
  readonly line: string | null;
  readonly caller: Caller;
  readonly resolving: boolean;
  readonly notice: string | null;
  readonly matches: CallMatch[];
  readonly responsible: number | null;
  /** The agent has said which of the matches it is: nothing that comes later changes it. */
  readonly chosen: boolean;
  /** Its card has opened by itself, or will not. */
  readonly popped: boolean;
};

export type CallPorts = {
  newId(): string;
  rules(): NumberRules;
  recordingRule(): RecordingRule | undefined;
  /** The agent's own extension: what a trunk or a ring group dialled may be another number. */
  extension(): string;
  /** Which header shows the line that was called. */
  lineHeader(): string | undefined;
  /** The Kommo user whose call it is. */
  agent(call: Call): CompletedCall['agent'];
  /** What was last known of a number, for the first toast. */
  recall(number: NumberInfo): Resolution | null;
  resolve(call: Call, number: NumberInfo, listener: Listener): Promise<Resolution>;
  popRule(): PopRule;
  /** Opens the card of a live call in the browser. */
  pop(id: string, party: Party): void;
  toasts: Omit<Toasts, 'shows'>;
  timeline: Timeline;
  command(command: PhoneCommand): boolean;
  /** The completed call, to be on disk when this returns. `settled` is false while Kommo is still being asked. */
  record(call: CompletedCall, settled: boolean): void;
  /** What Kommo said of a call that was recorded before: who it is, or who else has the number. */
  settled(id: string, later: { caller?: Caller; matches?: CallMatch[] }): void;
  /** Numbers of voicemail boxes. */
  voicemail(): readonly string[];
  /** A call changed in a way that others show; its last change has the state `ended`. A private one is not for the browser. */
  changed(view: CallView, isPrivate: boolean): void;
};

/** The other party as far as it is known. */
type Party = { caller: Caller; number: NumberInfo };

export function createCalls(ports: CallPorts) {
  const { timeline, toasts } = ports;
  let book = emptyBook;
  const known = new Map<string, Known>();
  /** Who waits for Kommo's answer about a call. */
  const awaited = new Map<string, ((facts: Known) => void)[]>();

  const hasParty = ({ caller, resolving }: Known) => !resolving || caller.kind === 'entity';
  const byId = (id: string): Call | undefined => [...book.live.values()].find((call) => call.id === id);
  /** Kommo's name; of a colleague or a caller without a number, who Kommo is not asked about, the one the PBX sent. */
  const nameOf = ({ number, caller }: Known, { remote }: Pick<Call, 'remote'>): string | null => {
    if (caller.kind === 'entity') return caller.name;
    return (number.internal || number.withheld) && remote.displayName !== '' ? remote.displayName : null;
  };
  const subject = (call: Call, facts: Known) => ({
    call,
    number: facts.number.display,
    name: nameOf(facts, call),
    notice: facts.notice,
    matches: facts.matches.length,
    line: facts.line,
  });

  function view(call: Call): CallView {
    const facts = known.get(call.id) ?? unknown(call);
    const { number, line, caller, resolving, notice, matches } = facts;
    return {
      id: call.id,
      direction: call.direction,
      state: call.state,
      title: nameOf(facts, call) ?? number.display,
      number: number.display,
      caller,
      resolving,
      startedAt: call.startedAt,
      answeredAt: call.answeredAt,
      notice,
      canOpenCard: caller.kind === 'entity' || (!number.internal && !number.withheld && !number.private),
      matches,
      line,
    };
  }

  const unknown = (call: Call): Known => ({
    number: readNumber(call.remote.user, ports.rules()),
    line: lineOf(call, ports.lineHeader(), ports.rules(), ports.extension()),
    caller: { kind: 'not-asked' },
    resolving: false,
    notice: null,
    matches: [],
    responsible: null,
    chosen: false,
    popped: false,
  });

  const announce = (call: Call) =>
    ports.changed(view(call), (known.get(call.id)?.number ?? readNumber(call.remote.user, ports.rules())).private);

  function opened(call: Call): void {
    const first = unknown(call);
    const { number } = first;
    const remembered = ports.recall(number);
    const facts: Known = {
      ...first,
      // Who it was the last time, until Kommo says who it is now.
      ...(remembered?.caller.kind === 'entity' ? { caller: remembered.caller, matches: remembered.matches } : {}),
      resolving: true,
    };
    known.set(call.id, facts);
    timeline.add(
      call.direction === 'inbound' ? 'invite' : 'dialling',
      call.id,
      { ...(number.private ? {} : { number: lastDigits(number.asReceived) }), source: call.source },
      call.startedMonotonic,
    );
    // The number first, before anything that could take time.
    toasts.open(subject(call, facts));
    announce(call);
    void ports
      .resolve(call, number, {
        found: (resolution) => learned(call.id, resolution, true),
        matches: (matches) => others(call.id, matches),
        live: () => byId(call.id) !== undefined,
      })
      .then((resolution) => learned(call.id, resolution, false));
  }

  /** Something was found out about a call that may be over by now. */
  function learned(id: string, { caller: said, notice, matches, responsible }: Resolution, resolving: boolean): void {
    const facts = known.get(id);
    if (facts === undefined) return;
    // A Kommo that could not be asked knows no better than our memory; the agent knows best.
    const keeps = facts.chosen || (said.kind === 'failed' && facts.caller.kind === 'entity');
    const caller = keeps ? facts.caller : said;
    const next: Known = {
      ...facts,
      caller,
      notice: notice ?? facts.notice,
      resolving,
      ...(keeps ? {} : { matches, responsible }),
    };
    known.set(id, next);
    if (hasParty(next)) settle(id, next);
    const call = byId(id);
    if (call === undefined) {
      if (!resolving) {
        known.delete(id);
        ports.settled(id, { caller });
      }
      return;
    }
    // A card without its name yet would only take the number away from the eye, or the name that it was known by.
    const shows = !resolving || nameOf(next, call) !== null;
    if (shows && differs(call, next, facts)) toasts.name(subject(call, next));
    announce(call);
    popIfDue(call);
  }

  const differs = (call: Call, now: Known, before: Known) =>
    nameOf(now, call) !== nameOf(before, call) ||
    now.notice !== before.notice ||
    now.matches.length !== before.matches.length;

  /** Others have the number as well: the agent may choose. */
  function others(id: string, matches: CallMatch[]): void {
    const facts = known.get(id);
    const call = byId(id);
    if (call === undefined) return matches.length > 1 ? ports.settled(id, { matches }) : undefined;
    if (facts === undefined || facts.chosen) return;
    const next = { ...facts, matches };
    known.set(id, next);
    if (differs(call, next, facts)) toasts.name(subject(call, next));
    announce(call);
  }

  function popIfDue(call: Call): void {
    const facts = known.get(call.id);
    if (facts === undefined || facts.popped) return;
    const due = popOf(call, facts, ports.popRule(), ports.agent(call)?.userId ?? null);
    if (due === 'later') return;
    known.set(call.id, { ...facts, popped: true });
    if (due === 'now') ports.pop(call.id, facts);
  }

  function settle(id: string, facts: Known): void {
    for (const tell of awaited.get(id) ?? []) tell(facts);
    awaited.delete(id);
  }

  function completed(call: Call): void {
    const facts = known.get(call.id) ?? unknown(call);
    const record = completedCall(call, {
      number: facts.number,
      caller: facts.caller,
      matches: facts.matches,
      chosen: facts.chosen,
      voicemail: ports.voicemail(),
      agent: ports.agent(call),
      extension: ports.extension(),
      line: facts.line,
      recording: ports.recordingRule(),
    });
    timeline.add(
      'ended',
      call.id,
      { disposition: record.disposition, talkSeconds: record.talkSeconds },
      call.endedMonotonic ?? performance.now(),
    );
    ports.record(record, !facts.resolving);
    timeline.add('journal.written', call.id);
    if (record.recording.state === 'ready') timeline.add('recording', call.id, { state: 'ready' });
    toasts.ended(record, nameOf(facts, call) ?? facts.number.display);
    announce(call);
    if (!facts.resolving) known.delete(call.id);
  }

  function acceptCallEvent(event: CallEvent): void {
    const folded = fold(book, event, ports.newId);
    book = folded.book;
    const { change } = folded;
    switch (change.kind) {
      case 'opened':
        opened(change.call);
        if (change.call.answeredAt !== null) timeline.add('answered', change.call.id);
        return;
      case 'changed':
        if (change.call.answeredAt !== null && change.before.answeredAt === null) {
          timeline.add('answered', change.call.id, {}, change.call.answeredMonotonic ?? performance.now());
          toasts.changed(subject(change.call, known.get(change.call.id) ?? unknown(change.call)));
        }
        announce(change.call);
        popIfDue(change.call);
        return;
      case 'completed':
        // Its first event was its last: there is nothing to ring, but it happened and is kept.
        if (change.opened) timeline.add('invite', change.call.id, {}, change.call.startedMonotonic);
        completed(change.call);
        return;
      case 'none':
        return;
      default: {
        const never: never = change;
        return never;
      }
    }
  }

  function command(id: string, kind: 'answer' | 'decline' | 'hang-up'): boolean {
    const call = byId(id);
    if (call === undefined) return false;
    timeline.add(`command.${kind}`, id);
    return ports.command({ kind, callId: call.callId });
  }

  return {
    /** A parsed event from the phone, its times already rebased to this process's clock. */
    accept(event: PhoneEvent): void {
      if (isCallEvent(event)) return acceptCallEvent(event);
      if (event.kind !== 'media') return;
      const call = book.live.get(event.callId);
      const facts = call === undefined ? undefined : known.get(call.id);
      if (call === undefined || facts === undefined) return;
      timeline.add(`media.${event.state}`, call.id, {}, event.monotonic);
      const notice = mediaNotice(event.state);
      if (notice === null) return;
      known.set(call.id, { ...facts, notice });
      announce(call);
    },

    /** The phone page is gone, and the media of every live call with it. */
    phoneLost(monotonic: number, wall: number): void {
      for (const call of book.live.values()) {
        acceptCallEvent({
          kind: 'ended',
          callId: call.callId,
          source: call.source,
          direction: call.direction,
          local: call.local,
          remote: call.remote,
          headers: {},
          monotonic,
          wall,
          cause: { by: 'network', how: 'failed' },
        });
      }
    },

    answer: (id: string) => command(id, 'answer'),
    decline: (id: string) => command(id, 'decline'),
    hangUp: (id: string) => command(id, 'hang-up'),
    dial: (target: string) => ports.command({ kind: 'dial', target }),
    /** The agent says which of the matches it is: it stays with the call and its record. False where there is no such choice, or the call is over. */
    chooseMatch(id: string, entity: EntityRef): boolean {
      const call = byId(id);
      const facts = known.get(id);
      const match = facts?.matches.find((one) => sameEntity(one.entity, entity));
      if (call === undefined || facts === undefined || match === undefined) return false;
      const next: Known = { ...facts, caller: { kind: 'entity', ...match }, chosen: true };
      known.set(id, next);
      timeline.add('match.chosen', id, { type: entity.type });
      toasts.changed(subject(call, next));
      announce(call);
      return true;
    },
    views: (): CallView[] => [...book.live.values()].map(view),
    /** What is shown of a live call beside its state has changed. */
    tellAgain(id: string): void {
      const call = byId(id);
      if (call !== undefined) announce(call);
    },
    /**
     * Who the other party is, once Kommo has answered: a click that comes before the answer must not open the form for
     * a new contact of somebody who is known. The name is not waited for. Null where nothing is known of the call any
     * more.
     */
    party(id: string): Promise<Party | null> {
      const facts = known.get(id);
      if (facts === undefined || hasParty(facts)) return Promise.resolve(facts ?? null);
      return new Promise((resolve) => awaited.set(id, [...(awaited.get(id) ?? []), resolve]));
    },
  };
}

export type Calls = ReturnType<typeof createCalls>;

function mediaNotice(state: 'connected' | 'no-microphone' | 'microphone-denied' | 'failed'): string | null {
  switch (state) {
    case 'connected':
      return null;
    case 'no-microphone':
      return 'No microphone was found. Plug one in and answer again, or take the call on your desk phone.';
    case 'microphone-denied':
      return 'The system does not let Ringside use the microphone. Allow it in the privacy settings and answer again.';
    case 'failed':
      return 'The audio of this call could not be set up. Your administrator can check the ICE servers in the settings.';
    default: {
      const never: never = state;
      return never;
    }
  }
}
