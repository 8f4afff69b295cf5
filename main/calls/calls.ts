/** The one writer of call state: folds what the phone reports, and sees that each part hears of it in its turn. */
import { isDeepStrictEqual } from 'node:util';
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
import { isCallEvent } from '../../app/calls/call-event.ts';
import type { CallEvent, EndCause, PartOf, PhoneCommand, PhoneEvent, Talk } from '../../app/calls/phone-event.ts';
import {
  attribute,
  bookCallId,
  nextDue,
  nothingKnown,
  overdue,
  phoneCallId,
  talksLeft,
  watchTold,
  type Attributed,
} from '../../app/calls/same-call.ts';
import { lineOf } from '../../app/calls/line.ts';
import { refusedCall, refusedUnseen, type Listed, type RefusedCalls } from '../../app/calls/refused-calls.ts';
import type { Answer, LiveCall } from '../../app/ipc/panel.ts';
import { readNumber, type NumberInfo, type NumberRules } from '../../app/numbers/number.ts';
import { shownNumber } from '../../app/numbers/withheld.ts';
import { say, type Sentence } from '../../app/texts/sentence.ts';
import type { Listener, Resolution } from '../caller/caller.ts';
import { popOf, type PopRule } from '../caller/pop.ts';
import { lastDigits, type Timeline } from '../diagnostics/timeline.ts';
import { commandFor, type CallRequest } from './commands.ts';
import { createPickUps } from './pick-ups.ts';
import type { Toasts } from '../toasts/toasts.ts';

/** What is known about a live call beside its SIP state. */
type Known = {
  readonly number: NumberInfo;
  readonly line: string | null;
  readonly caller: Caller;
  readonly resolving: boolean;
  readonly notice: Sentence | null;
  /** What is wrong with its audio, or was just changed about it. */
  readonly audio: Sentence | null;
  /** Its ringing was silenced. */
  readonly silenced: boolean;
  /** The SIP dialog of that party: a call that goes on with somebody else is asked about anew. */
  readonly callId: string;
  readonly matches: CallMatch[];
  readonly responsible: number | null;
  readonly company: string | null;
  /** The agent has said which of the matches it is: nothing that comes later changes it. */
  readonly chosen: boolean;
  /** Its card has opened by itself, or will not. */
  readonly popped: boolean;
};

type At = Pick<CallEvent, 'monotonic' | 'wall'>;

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
  /** Whether the agent wants no toast and no card for calls that come in. */
  doNotDisturb(): boolean;
  /** Opens the card of a live call in the browser. */
  pop(id: string, party: Party): void;
  toasts: Omit<Toasts, 'shows' | 'say'>;
  timeline: Timeline;
  /** A sentence in the agent's language, as it is now. */
  word(sentence: Sentence): string;
  command(command: PhoneCommand): boolean;
  /** The clock that never jumps, and milliseconds since 1970 UTC. */
  now(): At;
  /** A timer; returns its own undo. */
  after(ms: number, act: () => void): () => void;
  /** The completed call, to be on disk when this returns. `settled` is false while Kommo is still being asked. */
  record(call: CompletedCall, settled: boolean): void;
  /** A call was refused that is no entry of its own, and is counted with this one: that one as it stands now. */
  counted(entry: Listed): void;
  /** What Kommo said of a call that was recorded before: who it is, or who else has the number. */
  settled(id: string, later: { caller?: Caller; matches?: CallMatch[] }): void;
  /** Numbers of voicemail boxes. */
  voicemail(): readonly string[];
  /**
   * A call changed in a way that others show; its last change has the state `ended`. A private one is `hidden` from the
   * browser, and so is a consultation while it is part of another call.
   */
  changed(view: LiveCall, hidden: boolean): void;
  /** A consultation is over or became its call: it is no call of its own any more, and never one for the journal. */
  gone(id: string): void;
};

const PHONE_AWAY = say('call.phone-away');

/** The other party as far as it is known. */
type Party = { caller: Caller; number: NumberInfo };

export function createCalls(ports: CallPorts) {
  const { timeline, toasts } = ports;
  let book = emptyBook;
  let sameCall = nothingKnown;
  let refused: RefusedCalls = [];
  /** Calls that were told to end, until they have. */
  const leaving = new Set<string>();
  let stopWaiting = (): void => undefined;
  const known = new Map<string, Known>();
  /** Who waits for Kommo's answer about a call. */
  const awaited = new Map<string, ((facts: Known | null) => void)[]>();

  const hasParty = ({ caller, resolving }: Known) => !resolving || caller.kind === 'entity';
  const byId = (id: string): Call | undefined =>
    [...book.live.values(), ...book.suspended.values()].find((call) => call.id === id);
  const partsOf = (call: Call, role: PartOf['role']): Call[] =>
    [...book.live.values()].filter(({ partOf }) => partOf?.role === role && partOf.callId === call.callId);
  /** The call whose consultation or continuation this is, while there is one. */
  const wholeOf = ({ partOf }: Call): Call | undefined =>
    partOf === null ? undefined : (book.live.get(partOf.callId) ?? book.suspended.get(partOf.callId));
  /** How a call that ended while its continuation is dialled is shown: as the call that it may become. */
  const standIn = (whole: Call): Call => {
    const [next] = partsOf(whole, 'continuation');
    return next === undefined ? whole : { ...next, id: whole.id, partOf: null };
  };
  /** Kommo's name; of a colleague or a caller without a number, who Kommo is not asked about, the one the PBX sent. */
  const nameOf = ({ number, caller }: Known, { remote }: Pick<Call, 'remote'>): string | null => {
    if (caller.kind === 'entity') return caller.name;
    return (number.internal || number.withheld) && remote.displayName !== '' ? remote.displayName : null;
  };
  const subject = (call: Call, facts: Known) => ({
    call,
    number: shownNumber(facts.number),
    name: nameOf(facts, call),
    notice: facts.notice,
    company: facts.company,
    matches: facts.matches.length,
    line: facts.line,
    waiting: [...book.live.values()].some(
      ({ id, answeredAt, partOf }) => id !== call.id && answeredAt !== null && partOf === null,
    ),
  });

  /** What is known of a call's party; only what the call itself says where it is with somebody else by now. */
  const factsOf = (call: Call): Known => {
    const facts = known.get(call.id);
    return facts?.callId === call.callId ? facts : unknown(call);
  };

  function view(call: Call): LiveCall {
    const facts = factsOf(call);
    const { number, line, caller, company, resolving, notice, audio, matches } = facts;
    return {
      id: call.id,
      direction: call.direction,
      state: call.state,
      title: nameOf(facts, call) ?? ports.word(shownNumber(number)),
      number: ports.word(shownNumber(number)),
      caller,
      company,
      resolving,
      startedAt: call.startedAt,
      answeredAt: call.answeredAt,
      // Its first event was its answer: a desk phone that was in a call when the watch began.
      metAnswered: call.source === 'watched' && call.answeredAt === call.startedAt,
      notice: audio ?? notice,
      canOpenCard: caller.kind === 'entity' || (!number.internal && !number.withheld && !number.private),
      matches,
      line,
      source: call.source,
      deskPhone: call.source === 'watched' ? call.local.user : null,
      muted: call.muted,
      heldBy: [...call.heldBy],
      silenced: facts.silenced,
      consultationOf: call.partOf?.role === 'consultation' ? (wholeOf(call)?.id ?? null) : null,
      transfer: call.transfer === null ? null : { ...call.transfer, to: userOf(call.transfer.to) },
      earlyMedia: call.earlyMedia,
      quality: call.quality,
    };
  }

  const unknown = (call: Call): Known => ({
    number: readNumber(call.remote.user, ports.rules()),
    line: lineOf(call, ports.lineHeader(), ports.rules(), ports.extension()),
    caller: { kind: 'not-asked' },
    resolving: false,
    notice: null,
    audio: null,
    silenced: false,
    callId: call.callId,
    matches: [],
    responsible: null,
    company: null,
    chosen: false,
    popped: false,
  });

  const announce = (call: Call) => ports.changed(view(call), call.partOf !== null || factsOf(call).number.private);

  /** What is known of a party as it comes: who it was the last time, until Kommo says who it is now. */
  function firstKnown(call: Call): Known {
    const first = unknown(call);
    const remembered = ports.recall(first.number);
    return {
      ...first,
      ...(remembered?.caller.kind === 'entity'
        ? { caller: remembered.caller, matches: remembered.matches, company: remembered.company }
        : {}),
      resolving: true,
    };
  }

  function opened(call: Call): void {
    const { partOf } = call;
    const facts = firstKnown(call);
    const { number } = facts;
    const name = partOf?.role ?? (call.direction === 'inbound' ? 'invite' : 'dialling');
    timeline.add(
      name,
      call.id,
      {
        ...(number.private ? {} : { number: lastDigits(number.asReceived) }),
        source: call.source,
        ...(partOf === null ? {} : { of: wholeOf(call)?.id ?? null }),
      },
      call.startedMonotonic,
    );
    if (partOf?.role === 'continuation') return announceWhole(call);
    const quiet = call.direction === 'inbound' && ports.doNotDisturb();
    known.set(call.id, { ...facts, popped: quiet || partOf !== null });
    // The number first, before anything that could take time. A colleague who is asked is no news.
    if (!quiet && partOf === null) toasts.open(subject(call, facts));
    announce(call);
    resolve(call, number);
  }

  /** Whether a call is still with the party of this dialog. */
  const isOf = (id: string, callId: string) => known.get(id)?.callId === callId;

  function resolve(call: Call, number: NumberInfo): void {
    const { id, callId } = call;
    void ports
      .resolve(call, number, {
        found: (resolution) => isOf(id, callId) && learned(id, resolution, true),
        company: (name) => isOf(id, callId) && ofCompany(id, name),
        // Found after the end, they are still the choice of its record.
        matches: (matches) => (isOf(id, callId) || !known.has(id)) && others(id, matches),
        live: () => byId(id)?.callId === callId,
      })
      .then((resolution) => isOf(id, callId) && learned(id, resolution, false));
  }

  /** A desk phone rang, and who calls was told only now. */
  function named(call: Call): void {
    const now: Known = { ...firstKnown(call), popped: factsOf(call).popped };
    known.set(call.id, now);
    toasts.name(subject(call, now));
    resolve(call, now.number);
  }

  /** The call goes on in another dialog. With somebody else, it is asked anew who that is. */
  function continued(call: Call, before: Call): void {
    const other = call.remote.user !== before.remote.user;
    const now: Known = other ? firstKnown(call) : { ...factsOf(before), callId: call.callId, audio: null };
    const { number } = now;
    timeline.add(
      'continued',
      call.id,
      number.private ? {} : { number: lastDigits(number.asReceived) },
      call.answeredMonotonic ?? undefined,
    );
    if (before.answeredAt === null) timeline.add('answered', call.id);
    known.set(call.id, now);
    toasts.changed(subject(call, now));
    announce(call);
    if (other) resolve(call, number);
  }

  /** A consultation or continuation is no call of its own any more. */
  function goes(leg: Call): void {
    if (leg.partOf?.role === 'consultation') ports.gone(leg.id);
    known.delete(leg.id);
    leaving.delete(leg.id);
    settle(leg.id, null);
  }

  /** The part of a call changed: what is shown is the call. */
  function announceWhole(part: Call): void {
    const whole = wholeOf(part);
    if (whole !== undefined) announce(whole.state === 'ended' ? standIn(whole) : whole);
  }

  /** Something was found out about a call that may be over by now. */
  function learned(id: string, resolution: Resolution, resolving: boolean): void {
    const { caller: said, notice, matches, responsible, company } = resolution;
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
      ...(keeps ? {} : { matches, responsible, company }),
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
    !isDeepStrictEqual(now.notice, before.notice) ||
    now.matches.length !== before.matches.length;

  /** Which company the caller is of: no news for the toast, which has said who it is. */
  function ofCompany(id: string, company: string): void {
    const facts = known.get(id);
    const call = byId(id);
    // The agent may have said meanwhile that it is somebody else.
    if (call === undefined || facts === undefined || facts.chosen) return;
    known.set(id, { ...facts, company });
    announce(call);
  }

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

  function settle(id: string, facts: Known | null): void {
    for (const tell of awaited.get(id) ?? []) tell(facts);
    awaited.delete(id);
  }

  /** The phone refused a call before anybody could see it. */
  function turnedAway(call: Call): void {
    const { number, caller: who } = firstKnown(call);
    const { calls: now, entry } = refusedCall(refused, {
      id: call.id,
      caller: number.e164 ?? number.asReceived,
      at: call.endedMonotonic ?? call.startedMonotonic,
      known: who.kind === 'entity',
    });
    refused = now;
    if (entry.id !== call.id) return ports.counted(entry);
    timeline.add('invite', call.id, {}, call.startedMonotonic);
    completed(call);
  }

  function recordOf(call: Call, facts: Known): CompletedCall {
    const to = call.transferredTo === null ? null : readNumber(userOf(call.transferredTo), ports.rules());
    return completedCall(call, {
      number: facts.number,
      caller: facts.caller,
      matches: facts.matches,
      chosen: facts.chosen,
      voicemail: ports.voicemail(),
      agent: ports.agent(call),
      extension: ports.extension(),
      line: facts.line,
      recording: ports.recordingRule(),
      transferredTo: to === null || to.private ? null : to.display,
    });
  }

  function completed(call: Call): void {
    leaving.delete(call.id);
    const facts = known.has(call.id) ? factsOf(call) : { ...firstKnown(call), resolving: false };
    const record = recordOf(call, facts);
    timeline.add(
      'ended',
      call.id,
      { disposition: record.disposition, talkSeconds: record.talkSeconds },
      call.endedMonotonic ?? undefined,
    );
    ports.record(record, !facts.resolving);
    timeline.add('journal.written', call.id);
    if (record.recording.state === 'ready') timeline.add('recording', call.id, { state: 'ready' });
    toasts.ended(record, nameOf(facts, call) ?? shownNumber(facts.number));
    announce(call);
    if (!facts.resolving) known.delete(call.id);
  }

  function changed(call: Call, before: Call): void {
    if (call.partOf?.role === 'continuation') return announceWhole(call);
    if (call.remote.user !== before.remote.user) named(call);
    if (call.answeredAt !== null && before.answeredAt === null) {
      timeline.add('answered', call.id, {}, call.answeredMonotonic ?? undefined);
      toasts.changed(subject(call, factsOf(call)));
    }
    if (call.heldBy.length !== before.heldBy.length)
      timeline.add(call.heldBy.length > before.heldBy.length ? 'held' : 'resumed', call.id);
    if (call.transfer !== null && call.transfer !== before.transfer)
      timeline.add(`transfer.${call.transfer.state}`, call.id, { to: lastDigits(userOf(call.transfer.to)) });
    announce(call);
    popIfDue(call);
  }

  /** The phone and the watches tell of the same calls: what is left of it for the book. */
  function told({ state, events }: Attributed, now: number): void {
    sameCall = state;
    events.forEach(acceptCallEvent);
    stopWaiting();
    const due = nextDue(sameCall);
    if (due !== null) stopWaiting = ports.after(Math.max(0, due - now), () => told(overdue(sameCall, due), due));
  }

  function acceptCallEvent(event: CallEvent): void {
    const before = book;
    const folded = fold(book, event, ports.newId);
    book = folded.book;
    const { change } = folded;
    switch (change.kind) {
      case 'opened':
        opened(change.call);
        if (change.call.answeredAt !== null) timeline.add('answered', change.call.id);
        return;
      case 'changed':
        changed(change.call, change.before);
        return;
      case 'completed':
        // Its first event was its last: there is nothing to ring, but it happened and is kept.
        if (change.opened && refusedUnseen(change.call)) return turnedAway(change.call);
        if (change.opened) timeline.add('invite', change.call.id, {}, change.call.startedMonotonic);
        change.gone.forEach(goes);
        completed(change.call);
        for (const call of change.freed) {
          timeline.add('freed', call.id);
          announce(call);
        }
        return;
      case 'leg-ended':
        for (const leg of change.gone) {
          timeline.add(
            'leg.ended',
            change.call.id,
            { role: leg.partOf?.role ?? null },
            leg.endedMonotonic ?? undefined,
          );
          goes(leg);
        }
        announce(change.call.state === 'ended' ? standIn(change.call) : change.call);
        return;
      case 'continued':
        change.gone.forEach(goes);
        continued(change.call, change.before);
        return;
      case 'none': {
        // The call ended while its continuation is dialled: that is what is shown now.
        const whole = book.suspended.get(event.callId);
        if (whole !== undefined && before.live.has(event.callId)) announce(standIn(whole));
        return;
      }
      default: {
        const never: never = change;
        return never;
      }
    }
  }

  const pickUps = createPickUps({
    command: ports.command,
    after: ports.after,
    talk: (callId) => talkOf(book.live.get(bookCallId(sameCall, callId))),
    inVain: (callId) => {
      pickUps.leave(callId);
      ends(callId, { by: 'network', how: 'failed' });
    },
  });

  /** What the phone has to know of an answered call to go on with it. */
  function talkOf(call: Call | undefined): Talk | null {
    if (call === undefined) return null;
    const { direction, local, remote, partOf, heldBy, muted } = call;
    return {
      ...{ direction, local, remote, muted },
      held: heldBy.includes('local'),
      remoteHeld: heldBy.includes('remote'),
      ...(partOf === null || wholeOf(call) === undefined
        ? {}
        : { partOf: { ...partOf, callId: phoneCallId(sameCall, partOf.callId) } }),
    };
  }

  /** A call of the phone is over although no page says so. */
  function ends(callId: string, cause: EndCause): void {
    const call = book.live.get(bookCallId(sameCall, callId));
    if (call === undefined) return;
    const at = ports.now();
    told(attribute(sameCall, { ...endOf(call, cause, at), callId }, ports.rules()), at.monotonic);
  }

  /** The page of an answered call is gone, and the next one will pick it up. */
  function waits(call: Call, at: At): void {
    timeline.add('phone.lost', call.id);
    // Who is asked about it, and what comes of it, is not heard of any more.
    if (call.transfer !== null && call.transfer.state !== 'failed')
      acceptCallEvent({ ...said(call, at), kind: 'transferring', to: call.transfer.to, state: 'failed' });
    known.set(call.id, { ...factsOf(call), audio: say('audio.interrupted') });
    announce(book.live.get(call.callId) ?? call);
  }

  const order = (command: PhoneCommand): boolean =>
    ports.command('callId' in command ? { ...command, callId: phoneCallId(sameCall, command.callId) } : command);

  /** Passes the agent's wish on to the phone, or says why it cannot be. */
  function ask(id: string, request: CallRequest): Answer {
    const whole = byId(id);
    const call = whole?.state === 'ended' ? standIn(whole) : whole;
    const ordered = commandFor(request, call, call === undefined ? undefined : partsOf(call, 'consultation')[0]);
    if (!ordered.ok) return ordered;
    const callId = 'callId' in ordered.command ? phoneCallId(sameCall, ordered.command.callId) : '';
    if (pickUps.isAway(callId)) {
      if (request.kind !== 'hang-up') return { ok: false, message: PHONE_AWAY };
      timeline.add('command.hang-up', id);
      pickUps.leave(callId);
      ends(callId, { by: 'local', how: 'bye' });
      return { ok: true, value: null };
    }
    timeline.add(`command.${request.kind}`, id);
    if (!order(ordered.command)) return { ok: false, message: PHONE_AWAY };
    if (ordered.command.kind === 'hang-up' || ordered.command.kind === 'decline') leaving.add(id);
    const caller = call?.partOf?.role === 'consultation' ? wholeOf(call) : undefined;
    // Whoever stops asking goes back to the one who waits.
    if (request.kind === 'hang-up' && caller?.heldBy.includes('local') === true)
      order({ kind: 'resume', callId: caller.callId });
    const facts = known.get(id);
    if (request.kind === 'silence' && facts !== undefined && call !== undefined) {
      known.set(id, { ...facts, silenced: true });
      announce(call);
    }
    return { ok: true, value: null };
  }

  return {
    /** A parsed event from the phone, its times already rebased to this process's clock. */
    accept(event: PhoneEvent): void {
      if (isCallEvent(event)) {
        if (event.source === 'phone' && event.kind === 'ended') pickUps.forget(event.callId);
        told(attribute(sameCall, event, ports.rules()), event.monotonic);
        if (event.source === 'phone' && event.kind === 'answered' && pickUps.answered(event.callId))
          timeline.add('picked-up', book.live.get(bookCallId(sameCall, event.callId))?.id ?? null, {}, event.monotonic);
        return;
      }
      if (event.kind === 'dialog') pickUps.learn(event.callId, event.dialog);
      if (event.kind === 'registration' && event.state === 'registered') pickUps.registered();
      if (event.kind === 'watch') sameCall = watchTold(sameCall, event);
      if (event.kind !== 'media') return;
      const call = book.live.get(bookCallId(sameCall, event.callId));
      const facts = call === undefined ? undefined : known.get(call.id);
      if (call === undefined || facts === undefined) return;
      timeline.add(`media.${event.state}`, call.id, {}, event.monotonic);
      const audio = audioNotice(event.state, event.detail);
      if (isDeepStrictEqual(audio, facts.audio)) return;
      known.set(call.id, { ...facts, audio });
      announce(call);
    },

    /**
     * The phone page is gone, and the media of every live call with it. Those that were answered are picked up by the next
     * page; the others are over.
     */
    phoneLost(monotonic: number, wall: number): void {
      // What waited for the word of a watch waits no longer.
      told(overdue(sameCall, Infinity), monotonic);
      stopWaiting();
      const talks = [...book.live.values()].filter(
        ({ source, answeredAt }) => source === 'phone' && answeredAt !== null,
      );
      const kept = pickUps.lost(talks.map(({ callId }) => phoneCallId(sameCall, callId)));
      sameCall = talksLeft(sameCall, kept);
      const goesOn = new Set(sameCall.calls.map(({ callId }) => callId));
      // What is part of a call first: it must not become a call of its own on the way.
      const live = [...book.live.values()].filter(({ callId }) => !goesOn.has(callId));
      for (const call of [
        ...live.filter(({ partOf }) => partOf !== null),
        ...live.filter(({ partOf }) => partOf === null),
      ]) {
        acceptCallEvent(endOf(call, { by: 'network', how: 'failed' }, { monotonic, wall }));
      }
      for (const call of book.live.values()) waits(call, { monotonic, wall });
    },

    /**
     * What is to be kept of the phone's calls should this program be gone in the next moment, and they with it. What goes
     * on at a desk phone is seen again by the next start.
     */
    unfinished(monotonic: number, wall: number): CompletedCall[] {
      const lost = { state: 'ended', cause: { by: 'network', how: 'failed' } } as const;
      const whole = [...book.live.values(), ...book.suspended.values()].filter(
        (call) => call.source === 'phone' && wholeOf(call) === undefined,
      );
      return whole.map((call) => {
        const legs = partsOf(call, 'consultation').map(({ callId, remote, startedAt, answeredAt }) => ({
          ...{ callId, role: 'consultation' as const, remote, startedAt, answeredAt },
          endedAt: wall,
        }));
        const end = call.state === 'ended' ? {} : { ...lost, endedAt: wall, endedMonotonic: monotonic };
        return recordOf({ ...call, ...end, legs: [...call.legs, ...legs] }, factsOf(call));
      });
    },

    ask,
    /** How many calls take a place on the phone here: those that were told to end take none any more. */
    taken: (): number =>
      [...book.live.values()].filter(({ id, source }) => source === 'phone' && !leaving.has(id)).length,
    /** False where there is no phone to take it. */
    dial: (target: string): boolean => ports.command({ kind: 'dial', target }),
    dialOnDeskPhone: (extension: string, target: string): boolean =>
      ports.command({ kind: 'dial-on-desk-phone', extension, target }),
    /** The agent says which of the matches it is: it stays with the call and its record. False where there is no such choice, or the call is over. */
    chooseMatch(id: string, entity: EntityRef): boolean {
      const call = byId(id);
      const facts = known.get(id);
      const match = facts?.matches.find((one) => sameEntity(one.entity, entity));
      if (call === undefined || facts === undefined || match === undefined) return false;
      const same = facts.caller.kind === 'entity' && sameEntity(facts.caller.entity, entity);
      const company = same ? facts.company : null;
      const next: Known = { ...facts, caller: { kind: 'entity', ...match }, company, chosen: true };
      known.set(id, next);
      timeline.add('match.chosen', id, { type: entity.type });
      toasts.changed(subject(call, next));
      announce(call);
      return true;
    },
    /** The live calls, each consultation after the others; a continuation is not shown beside the call that it will be. */
    views: (): LiveCall[] => {
      const live = [...book.live.values()];
      const whole = live.filter((call) => call.partOf === null || wholeOf(call) === undefined);
      const asked = live.filter((call) => call.partOf?.role === 'consultation' && wholeOf(call) !== undefined);
      return [...whole, ...[...book.suspended.values()].map(standIn), ...asked].map(view);
    },
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

/** What an event of a call has that nobody else tells. */
const said = ({ callId, source, direction, local, remote }: Call, at: At) => ({
  ...{ callId, source, direction, local, remote },
  headers: {},
  ...at,
});
const endOf = (call: Call, cause: EndCause, at: At): CallEvent => ({ ...said(call, at), kind: 'ended', cause });

/** `102` of `sip:102@pbx.example`, and of `<sip:102@pbx.example>;early`. */
function userOf(target: string): string {
  return /^\s*<?sips?:([^@;>]+)@/i.exec(target)?.[1] ?? target;
}

/** What the agent must know of a call's audio, and what to do; null where all is well. */
function audioNotice(
  state: Extract<PhoneEvent, { kind: 'media' }>['state'],
  detail: string | undefined,
): Sentence | null {
  switch (state) {
    case 'connected':
    case 'heard-again':
      return null;
    case 'device-changed':
      return detail === undefined || detail === ''
        ? say('audio.device-changed')
        : say('audio.device-changed-to', { device: detail });
    case 'interrupted':
    case 'nothing-heard':
    case 'no-microphone':
    case 'microphone-denied':
    case 'failed':
      return say(`audio.${state}`);
    default: {
      const never: never = state;
      return never;
    }
  }
}
