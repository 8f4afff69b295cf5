/** The calls of the phone: follows each SIP session from its first message to its one `ended`, and obeys commands. */
import { Core, Invitation, Inviter, SessionState, type Session, type UserAgent } from 'sip.js';
import type { Dialog, EndCause, Party, PhoneCommand, PhoneEvent } from '../../app/calls/phone-event.ts';
import type { PhoneConfig } from '../../app/ipc/phone.ts';
import { autoAnswerDelay } from './auto-answer.ts';
import { release } from './devices.ts';
import { keysOf } from './dtmf.ts';
import { callerOf, dialUri, parseParty } from './identity.ts';
import { admit, ringReliably } from './incoming.ts';
import {
  forget,
  later,
  liveCall,
  pause,
  quietly,
  type CallFact,
  type LiveCall,
  type Stamp,
  type Start,
} from './live-call.ts';
import { audioProblem, type AudioOptions, type AudioState } from './media.ts';
import { NegotiatingHandler } from './negotiation.ts';
import { place, type OutgoingPort } from './outgoing.ts';
import { PickUp, pickUp, takeLeave } from './pick-up.ts';
import { badRequest, headersOf, responseTo, tagOf, type RawMessage } from './raw-message.ts';
import { parseReferTo } from './refer.ts';
import { glareDelay, reinvite, RETRY_MS } from './reinvite.ts';
import { refreshAfterMs, sessionTimerOf, withSessionTimer } from './session-timer.ts';
import { Transfers } from './transfers.ts';
import { answerUpdate } from './update.ts';

export type { Stamp } from './live-call.ts';

type ForgottenCall = Extract<PhoneCommand, { dialog: Dialog }>;
type CallCommand = Exclude<Extract<PhoneCommand, { callId: string }>, ForgottenCall>;

export type SessionsPort = Pick<PhoneConfig, 'dtmf' | 'autoAnswer' | 'callsAtOnce' | 'preferences'> & {
  /** The domain that numbers are dialled in. */
  domain: string;
  local: Party;
  /** Lower-case names of the headers to report beside those that always are. */
  headers: readonly string[];
  report(event: PhoneEvent): void;
  refuse(detail: string): void;
  openMicrophone(): Promise<MediaStream>;
  /** Sends a message of our own making. */
  send(text: string): void;
  now(): Stamp;
};

/** Who called and whom, why it ended, and how it came here: told with every event of a call. */
const HEADERS = [
  'reason',
  'p-asserted-identity',
  'remote-party-id',
  'diversion',
  'history-info',
  'referred-by',
  'call-info',
  'alert-info',
];
/** How long a local hang-up waits for the far end's answer, milliseconds: recording addresses travel in it. */
const LAST_ANSWER_MS = 400;
/** How long a call that is not answered yet is believed in after its socket was lost: its CANCEL cannot reach us. */
const ORPHAN_MS = 30_000;
/** How long a caller whose way to us may be lost has for the ACK, before they are asked. */
const ACK_MS = 500;
/** How long the one who referred us may leave the old call standing after the new one is answered (RFC 5589). */
const LEFT_STANDING_MS = 5_000;
const INTERRUPTED_MS = 3_000;
/** Re-INVITEs in a row for one wish. */
const TRIES = 5;
const REMEMBERED = 200;

export class Sessions {
  readonly #live = new Map<string, LiveCall>();
  readonly #ended = new Set<string>();
  /** Hung up while there was no socket: the far side is still to be told. */
  readonly #unsaid = new Set<Session>();
  readonly #port: SessionsPort;
  readonly #transfers: Transfers;
  readonly #outgoing: OutgoingPort;
  readonly #headers: readonly string[];
  #preferences: SessionsPort['preferences'];

  constructor(port: SessionsPort) {
    this.#port = port;
    this.#transfers = new Transfers({
      ...port,
      tell: (call, fact) => this.#tell(call, fact),
      call: (callId) => this.#live.get(callId),
      isLive: (call) => this.#isLive(call),
      isOpen: (call) => this.#isOpen(call),
      consultationOf: (call) => this.#consultationOf(call),
      hold: (call, held) => this.#hold(call, held),
      resume: (call) => this.#resume(call),
      hangUp: (call) => this.#hangUp(call),
      place: (userAgent, target, uri, more) => void place(this.#outgoing, userAgent, target, uri, more),
    });
    this.#outgoing = {
      local: port.local,
      refuse: port.refuse,
      openMicrophone: port.openMicrophone,
      open: (start) => this.#open(start),
      follow: (call, session) => this.#follow(call, session),
      isLive: (call) => this.#isLive(call),
      tell: (call, fact) => this.#tell(call, fact),
      audio: (callId, state) => this.audio(callId, state),
      holdOthers: (call) => this.#holdOthers(call),
      gate: (call) => this.#gate(call),
      ends: (call, cause) => this.#ends(call, cause),
      end: (call, cause) => this.#end(call, cause),
    };
    this.#preferences = port.preferences;
    this.#headers = [...new Set([...HEADERS, ...port.headers])];
  }

  /**
   * A SIP message has arrived and SIP.js has not seen it yet: what is known from it is known, and told, now. True where
   * it is dealt with by that, and not for SIP.js.
   */
  heard(message: RawMessage, at: Stamp): boolean {
    const call = this.#live.get(message.callId);
    const { method, status } = message;
    if (call === undefined) {
      if (status === null && method === 'INVITE' && !message.toTag && !this.#ended.has(message.callId))
        this.#invited(message, at);
      return false;
    }
    Object.assign(call.headers, headersOf(message, this.#headers));
    if (method === 'INVITE') this.#timed(call, message);
    if (call.lost !== null) return this.#heardMeanwhile(call, call.lost, message, at);
    if (status === null) {
      if (method === 'ACK' || method === 'BYE') this.#reached(call);
      if (method === 'BYE') this.#ends(call, because('remote', 'bye', message), at);
      if (method === 'CANCEL' && !call.answered) this.#ends(call, because('remote', 'cancel', message), at);
      if (method === 'UPDATE') {
        void answerUpdate(call, message, { send: this.#port.send, agreed: () => this.#timed(call, message) });
        return true;
      }
      // SIP.js drops, unanswered, what refers to something else than a telephone.
      if (method === 'REFER' && parseReferTo(message.headers.get('refer-to')?.[0] ?? '') === null) {
        this.#port.refuse('a REFER that is not followed');
        this.#port.send(responseTo(message, 603, 'Decline'));
        return true;
      }
      // Our own offer is being made: SIP.js would take theirs for its answer.
      if (method === 'INVITE' && message.toTag && call.reinvite?.offering === true) {
        this.#port.send(responseTo(message, 491, 'Request Pending'));
        return true;
      }
    } else if (call.direction === 'outbound' && method === 'INVITE' && call.acceptedAt === null) {
      if (status > 100 && status < 200) this.#progress(call, message, status, at);
      if (status >= 200 && status < 300) call.acceptedAt = at;
    }
    return false;
  }

  /** What comes within a dialog while it is picked up: SIP.js does not know it yet. */
  #heardMeanwhile(call: LiveCall, { localTag, remoteTag }: Dialog, message: RawMessage, at: Stamp): boolean {
    const { method, status, headers } = message;
    const isOurs =
      localTag === tagOf(headers.get('to')?.[0] ?? '') && remoteTag === tagOf(headers.get('from')?.[0] ?? '');
    const isAnswer = headers.get('cseq')?.[0] === call.session?.request.getHeader('cseq');
    if (isAnswer && status !== null && status >= 200 && status < 300) {
      call.lost = null;
      call.acceptedAt = at;
    }
    if (status !== null || method === 'ACK' || !isOurs) return false;
    if (method === 'BYE') {
      this.#port.send(responseTo(message, 200, 'OK'));
      this.#ends(call, because('remote', 'bye', message), at);
      this.#finish(call);
    } else this.#port.send(responseTo(message, 491, 'Request Pending'));
    return true;
  }

  /** A message as SIP.js is to see it. */
  received({ callId, status }: RawMessage, text: string): string {
    const session = this.#live.get(callId)?.session;
    return status !== null && session instanceof PickUp ? session.routed(text) : text;
  }

  /** A message of ours on its way out, as it is to be sent. */
  sending(text: string): string {
    // The first INVITE asks for no timer: it is agreed on where the far side or a proxy wants one.
    const isAccepted = text.startsWith('SIP/2.0 2') && /^CSeq:[ \t]*\d+[ \t]+(?:INVITE|UPDATE)\r$/im.test(text);
    if (!isAccepted && !(text.startsWith('INVITE ') && /^To:.*;tag=/im.test(text))) return text;
    const call = this.#live.get(/^Call-ID:[ \t]*(.+)\r$/im.exec(text)?.[1] ?? '');
    if (call === undefined) return text;
    if (!isAccepted) queueMicrotask(() => this.#tellDialog(call));
    if (isAccepted && call.orphaned && !call.answered) this.#ask(call);
    return call.sessionTimer === null ? text : withSessionTimer(text, call.sessionTimer);
  }

  /**
   * A 200 goes out by another socket than its INVITE came by: the way back may be lost, or the caller. Where no ACK comes
   * they are asked by a re-INVITE, which also shows them, and every proxy, the new way.
   */
  #ask(call: LiveCall): void {
    call.acceptedAt ??= this.#port.now();
    later(call, ACK_MS, () => {
      if (call.answered) return;
      const handler = call.session?.sessionDescriptionHandler;
      if (handler instanceof NegotiatingHandler) handler.namesRole = true;
      this.#restart(call);
    });
  }

  /** SIP.js has seen the message. What it dropped although it concerns a call is put right here. */
  delivered(message: RawMessage): void {
    const call = this.#live.get(message.callId);
    if (call === undefined) return;
    if (message.method === 'INVITE' || message.method === 'ACK') this.#tellDialog(call);
    if (message.status !== null) return;
    if (message.method === 'BYE' || message.method === 'CANCEL') this.#settle(call, message.method);
    if (message.method === 'INVITE' && call.session === null) {
      // SIP.js hands the invitation over in a later microtask, or never.
      setTimeout(() => {
        if (call.session !== null || !this.#isLive(call)) return;
        this.#port.refuse('an INVITE that cannot be handled');
        this.#port.send(badRequest(message, crypto.randomUUID().slice(0, 8)));
        this.#end(call, { by: 'local', how: 'failed' });
      }, 0);
    }
  }

  /** After a BYE or CANCEL that did not end the session. */
  #settle(call: LiveCall, method: 'BYE' | 'CANCEL'): void {
    const { session } = call;
    if (session === null || call.ending?.cause.by !== 'remote') return;
    const early = session.state === SessionState.Initial || session.state === SessionState.Establishing;
    if (early && method === 'BYE') {
      // SIP.js confirms a BYE on an early dialog (RFC 3261 section 15) and lets the call ring on, and one that
      // overtakes our handling of the 200 it drops: that one is dealt with when the session is established.
      if (session instanceof Invitation) reject(session, 487);
    } else if (early || session.state === SessionState.Established) {
      // Not of this dialog, by its tags or branch: SIP.js has refused it, so nothing ends.
      call.ending = null;
    } else if (method === 'BYE') call.transfer?.of.left();
  }

  /** SIP.js made a session of an INVITE, and has answered it with 180. */
  invitation(invitation: Invitation): void {
    const call = this.#live.get(invitation.request.callId);
    if (call === undefined || call.session !== null) {
      this.#port.refuse('an INVITE for a call that is over');
      reject(invitation, 480);
      return;
    }
    this.#follow(call, invitation);
    if (call.refusal !== null) {
      const { status } = call.refusal;
      this.#ends(call, { by: 'local', how: 'rejected', status });
      reject(invitation, status);
      return;
    }
    if (invitation.autoSendAnInitialProvisionalResponse === false) ringReliably(call, invitation);
    if (call.replaces !== null) void this.#answer(call);
    else if (call.answerAfterMs !== null && this.#port.autoAnswer && this.#others(call).length === 0) {
      later(call, call.answerAfterMs, () => {
        if (this.#others(call).length === 0) void this.#answer(call);
      });
    }
  }

  /** News of a call's audio. */
  audio(callId: string, state: AudioState): void {
    this.#port.report({ kind: 'media', callId, ...state, ...this.#port.now() });
    const call = this.#live.get(callId);
    if (call === undefined) return;
    if (state.state === 'failed' && call.session?.state !== SessionState.Established) {
      this.#ends(call, { by: 'local', how: 'failed', status: 488 });
      return;
    }
    if (state.state === 'failed') this.#restart(call);
    if (state.state === 'interrupted') {
      later(call, INTERRUPTED_MS, () => {
        const handler = call.session?.sessionDescriptionHandler;
        const isStill =
          handler instanceof NegotiatingHandler && handler.peerConnection?.connectionState === 'disconnected';
        if (isStill) this.#restart(call);
      });
    }
  }

  /** The audio of an answered call needs another way. */
  renew(callId: string): void {
    const call = this.#live.get(callId);
    if (call !== undefined) this.#restart(call);
  }

  /** What the agent has chosen counts for the next call at once. */
  prefer(preferences: SessionsPort['preferences']): void {
    this.#preferences = preferences;
  }

  /** Whether a live call of the phone itself has this Call-ID: a watched one may have the same. */
  has(callId: string): boolean {
    return this.#live.has(callId);
  }

  /** Whether there is a call that would be missed: such a phone is connected again before others. */
  busy(): boolean {
    return this.#counting().length > 0;
  }

  /** The socket is gone. Calls that were answered live on; those that were not are believed in for a while. */
  socketLost(): void {
    for (const call of this.#live.values()) {
      if (call.answered) continue;
      call.orphaned = true;
      later(call, ORPHAN_MS, () => {
        if (call.answered || call.answering || call.ending !== null || call.session === null) return;
        if (call.session instanceof Invitation) {
          this.#ends(call, { by: 'network', how: 'timeout' });
          reject(call.session, 480);
          return;
        }
        this.#ends(call, { by: 'network', how: 'failed' });
        this.#awaitLastAnswer(call);
        if (call.acceptedAt === null) quietly(call.session.cancel());
      });
    }
  }

  /**
   * There is a registration again, on a new socket: every answered call tells the far side where it is now and looks
   * for a new way for its audio (re-INVITE with ICE restart), and what could not be said is said.
   */
  recover(): void {
    for (const session of this.#unsaid) {
      this.#unsaid.delete(session);
      if (session.state === SessionState.Established) quietly(attempt(() => session.bye()));
    }
    for (const call of this.#live.values()) {
      if (call.lost !== null && call.session instanceof Inviter && call.session.state === SessionState.Establishing)
        this.#port.send(call.session.request.toString());
      if (!call.answered || call.ending !== null) continue;
      // A request that was under way is sent again as it was: to the PBX it is a retransmission, or new.
      if (typeof call.reinvite?.sent === 'string') this.#port.send(call.reinvite.sent);
      this.#restart(call);
    }
  }

  /** Does what the agent asked, as far as the call is in a state for it. Never throws. */
  command(command: CallCommand): void {
    const call = this.#live.get(command.callId);
    if (call?.session === undefined || call.session === null) {
      this.#port.refuse(`${command.kind} for a call that is not there`);
      return;
    }
    switch (command.kind) {
      case 'answer':
        void this.#answer(call);
        return;
      case 'decline':
      case 'hang-up':
        this.#hangUp(call);
        return;
      case 'hold':
        this.#hold(call, true);
        return;
      case 'resume':
        this.#resume(call);
        return;
      case 'mute':
        this.#mute(call, command.muted);
        return;
      case 'dtmf':
        this.#press(call, command.tones.toUpperCase());
        return;
      case 'transfer':
        void this.#transfers.transfer(call, command.target);
        return;
      case 'consult':
        this.#transfers.consult(call, command.target);
        return;
      case 'complete-transfer':
        void this.#transfers.completeTransfer(call);
        return;
      case 'silence':
        // The ringer hears of it by itself; the call rings on at the caller's side.
        return;
      default: {
        const never: never = command;
        return never;
      }
    }
  }

  /** Dials. Whatever comes of it, there is a `dialling` and in the end an `ended`. */
  dial(userAgent: UserAgent, target: string): Promise<void> {
    return place(this.#outgoing, userAgent, target, dialUri(target, this.#port.domain));
  }

  /** An answered call of a page that is gone: goes on with it, or tells the far side that it is over. */
  resume(userAgent: UserAgent, command: ForgottenCall): void {
    if (command.kind === 'pick-up') void pickUp(this.#outgoing, userAgent, command);
    else takeLeave(userAgent, command.callId, { ...command.dialog, used: command.cseq });
  }

  // Calls that come in

  #invited(message: RawMessage, at: Stamp): void {
    const { refusal, replaces } = admit(message, {
      callsAtOnce: this.#port.callsAtOnce,
      preferences: this.#preferences,
      taken: this.#counting().length,
      call: (callId) => this.#live.get(callId),
    });
    const call = this.#open({
      callId: message.callId,
      direction: 'inbound',
      local: parseParty(message.headers.get('to')?.[0] ?? ''),
      remote: callerOf(message),
      refusal,
      replaces,
      partOf: replaces === null ? null : { callId: replaces.callId, role: 'continuation' },
      answerAfterMs: autoAnswerDelay((name) => message.headers.get(name)),
    });
    call.headers = headersOf(message, this.#headers);
    this.#timed(call, message);
    // What takes the place of a call does not ring: the agent is in that call already.
    if (refusal !== null) return;
    this.#tell(call, replaces === null ? { kind: 'ringing' } : { kind: 'progress', status: 100 }, at);
  }

  // Calls that go out

  #progress(call: LiveCall, message: RawMessage, status: number, at: Stamp): void {
    const tag = tagOf(message.headers.get('to')?.[0] ?? '');
    if (tag !== null) call.earlyTags.add(tag);
    const isSdp = /^application\/sdp\b/i.test(message.headers.get('content-type')?.[0] ?? '');
    call.earlyMedia ||= isSdp && message.body !== '';
    this.#tell(call, { kind: 'progress', status, ...(call.earlyMedia ? { earlyMedia: true } : {}) }, at);
  }

  // The life of a call

  #open(start: Start): LiveCall {
    const call = liveCall(start);
    this.#live.set(call.callId, call);
    return call;
  }

  #follow(call: LiveCall, session: Invitation | Inviter): void {
    call.session = session;
    session.delegate = {
      onRefer: (referral) => this.#transfers.referred(call, referral),
      onNotify: (notification) => this.#transfers.notified(call, notification),
      onSessionDescriptionHandler: (handler) => {
        if (handler instanceof NegotiatingHandler) handler.onRemoteHold = (holds) => this.#remoteHold(call, holds);
      },
    };
    session.stateChange.addListener((state) => {
      if (state === SessionState.Established) this.#established(call, session);
      // One that did not pick its call up may be followed by another.
      if (state === SessionState.Terminated && call.lost === null) this.#terminated(call);
    });
  }

  #established(call: LiveCall, session: Session): void {
    // The caller may have given up unheard: it counts when they are heard.
    if (call.orphaned && session instanceof Invitation && call.ending === null) return;
    this.#joined(call, session);
  }

  /** The far side is in the call. */
  #reached(call: LiveCall): void {
    const { session, answered, orphaned } = call;
    if (orphaned && !answered && session?.state === SessionState.Established) this.#joined(call, session);
  }

  /** Both are in the call, since the 200. */
  #joined(call: LiveCall, session: Session): void {
    call.answered = call.ending?.cause.by !== 'local';
    if (call.answered) {
      this.#tell(call, { kind: 'answered' }, call.acceptedAt ?? this.#port.now());
      if (call.held) this.#tell(call, { kind: 'held', by: 'local' });
      // What main believes since the page before.
      if (call.remoteHeld || session instanceof PickUp)
        this.#tell(call, { kind: call.remoteHeld ? 'held' : 'resumed', by: 'remote' });
      this.#tellDialog(call);
    }
    // Hung up, here or there, while the 200 was being dealt with.
    if (call.ending !== null) {
      this.#bye(call, session);
      return;
    }
    this.#gate(call);
    this.#awaitRefresh(call);
    if (call.partOf?.role === 'continuation') this.#continues(call, this.#live.get(call.partOf.callId));
  }

  /** The call goes on here: what the agent had chosen for it counts on, and the old dialog is over. */
  #continues(call: LiveCall, old: LiveCall | undefined): void {
    if (old === undefined || old.ending !== null) return;
    if (old.muted) this.#mute(call, true);
    if (old.held && this.#others(call).some((other) => other !== old && other.answered && !other.held))
      this.#hold(call, true);
    old.muted = old.held = old.toldHeld = true;
    this.#gate(old);
    const asked = this.#consultationOf(old);
    if (asked !== undefined) asked.partOf = { callId: call.callId, role: 'consultation' };
    if (call.replaces === old) {
      this.#ends(old, { by: 'remote', how: 'bye' });
      this.#leave(old);
      return;
    }
    later(old, LEFT_STANDING_MS, () => {
      this.#ends(old, { by: 'remote', how: 'bye' });
      this.#leave(old);
    });
  }

  #terminated(call: LiveCall): void {
    if (call.lastAnswer !== null && call.answered) return;
    const at = this.#port.now();
    // The reason of an outbound call that was refused arrives right after this.
    queueMicrotask(() => {
      const never: EndCause =
        call.answering && !call.orphaned
          ? { by: 'local', how: 'failed', status: 480 }
          : { by: 'network', how: 'timeout' };
      this.#ends(call, call.direction === 'inbound' && !call.answered ? never : { by: 'network', how: 'failed' }, at);
      this.#finish(call);
    });
  }

  async #answer(call: LiveCall): Promise<void> {
    const { session } = call;
    if (!(session instanceof Invitation) || session.state !== SessionState.Initial || call.answering) return;
    call.answering = true;
    let microphone: MediaStream;
    try {
      microphone = await this.#port.openMicrophone();
    } catch (error) {
      // The call rings on: the agent may plug one in, or decline.
      call.answering = false;
      if (this.#isLive(call))
        this.#port.report({ kind: 'media', callId: call.callId, ...audioProblem(error), ...this.#port.now() });
      return;
    }
    if (!this.#isLive(call) || session.state !== SessionState.Initial) {
      release(microphone);
      return;
    }
    if (call.replaces === null) this.#holdOthers(call);
    call.microphone = microphone;
    this.#gate(call);
    const sessionDescriptionHandlerOptions: AudioOptions = { microphone };
    quietly(session.accept({ sessionDescriptionHandlerOptions }));
  }

  /** Declines, cancels or hangs up, by what the call is at. Twice is once. */
  #hangUp(call: LiveCall): void {
    const { session } = call;
    if (session === null || call.ending !== null) return;
    if (call.lost !== null) {
      takeLeave(session.userAgent, call.callId, call.lost);
      this.#end(call, { by: 'local', how: 'bye' });
      return;
    }
    switch (session.state) {
      case SessionState.Initial:
      case SessionState.Establishing:
        if (session instanceof Invitation) {
          this.#ends(call, { by: 'local', how: 'rejected', status: 603 });
          reject(session, 603);
          return;
        }
        this.#ends(call, { by: 'local', how: 'cancel' });
        this.#leave(call);
        return;
      case SessionState.Established:
        this.#ends(call, { by: 'local', how: 'bye' });
        this.#leave(call);
        return;
      default:
        return;
    }
  }

  /** Tells the far side of an end that is noted already. */
  #leave(call: LiveCall): void {
    const { session } = call;
    if (session === null || call.lastAnswer !== null) return;
    call.transfer?.of.stop();
    this.#awaitLastAnswer(call);
    if (session.state === SessionState.Established) this.#bye(call, session);
    // A 200 that came already is let through to its ACK, then the call is hung up.
    else if (session instanceof Inviter && call.acceptedAt === null) quietly(session.cancel());
  }

  #bye(call: LiveCall, session: Session): void {
    if (!session.userAgent.isConnected()) {
      this.#unsaid.add(session);
      session.sessionDescriptionHandler?.close();
      this.#finish(call);
      return;
    }
    const finish = () => this.#finish(call);
    const requestDelegate = { onAccept: finish, onReject: finish, onRedirect: finish };
    attempt(() => session.bye({ requestDelegate })).catch(finish);
  }

  #awaitLastAnswer(call: LiveCall): void {
    call.lastAnswer = window.setTimeout(() => this.#finish(call), LAST_ANSWER_MS);
  }

  // Hold, mute, keys

  /** Calls that take a place: neither ending nor refused. */
  #counting(): LiveCall[] {
    return [...this.#live.values()].filter(({ ending, refusal }) => ending === null && refusal === null);
  }

  #consultationOf(call: LiveCall): LiveCall | undefined {
    return this.#counting().find(({ partOf }) => partOf?.role === 'consultation' && partOf.callId === call.callId);
  }

  /** The others, without the one whose place this one takes. */
  #others(call: LiveCall): LiveCall[] {
    return this.#counting().filter((other) => other !== call && other !== call.replaces);
  }

  /** One call is active at a time. */
  #holdOthers(call: LiveCall): void {
    for (const other of this.#others(call)) if (other.answered && !other.held) this.#hold(other, true);
  }

  #resume(call: LiveCall): void {
    this.#holdOthers(call);
    this.#hold(call, false);
  }

  /** The audio is cut, or let through, at once; the far side is told. */
  #hold(call: LiveCall, held: boolean): void {
    if (!call.answered || call.ending !== null || call.held === held) return;
    call.held = held;
    this.#gate(call);
    this.#tell(call, { kind: held ? 'held' : 'resumed', by: 'local' });
    this.#negotiate(call);
  }

  /** The session timer runs anew with each INVITE and UPDATE that is agreed on, in either direction. */
  #timed(call: LiveCall, message: RawMessage): void {
    const { status } = message;
    if (status !== null && (status < 200 || status >= 300)) return;
    call.sessionTimer = sessionTimerOf(message, call.sessionTimer);
    if (call.answered) this.#awaitRefresh(call);
  }

  /** Also where the far side owes the refresh: one that has forgotten the call says so, and it does not stay for ever. */
  #awaitRefresh(call: LiveCall): void {
    const { sessionTimer } = call;
    if (call.refreshing !== null) forget(call, call.refreshing);
    const refresh = () => {
      call.refresh = true;
      this.#negotiate(call);
    };
    call.refreshing = sessionTimer === null ? null : later(call, refreshAfterMs(sessionTimer), refresh);
  }

  #restart(call: LiveCall): void {
    call.restart = true;
    this.#negotiate(call);
  }

  #remoteHold(call: LiveCall, holds: boolean): void {
    if (call.remoteHeld === holds) return;
    call.remoteHeld = holds;
    if (call.answered && call.ending === null) this.#tell(call, { kind: holds ? 'held' : 'resumed', by: 'remote' });
  }

  #mute(call: LiveCall, muted: boolean): void {
    if (call.muted === muted || call.ending !== null) return;
    call.muted = muted;
    this.#gate(call);
    this.#tell(call, { kind: 'muted', muted });
  }

  /** Lets the voices through as the state of the call has it. */
  #gate(call: LiveCall): void {
    for (const track of call.microphone?.getAudioTracks() ?? []) track.enabled = !call.held && !call.muted;
    const handler = call.session?.sessionDescriptionHandler;
    if (handler instanceof NegotiatingHandler && handler.peerConnection !== undefined)
      handler.enableReceiverTracks(!call.held);
  }

  #press(call: LiveCall, tones: string): void {
    const { session } = call;
    if (session === null || !call.answered || !/^[0-9A-D*#]{1,64}$/.test(tones)) {
      this.#port.refuse('keys that cannot be sent');
      return;
    }
    call.keys ??= keysOf(
      session,
      () => {
        const handler = session.sessionDescriptionHandler;
        return handler instanceof NegotiatingHandler ? (handler.peerConnection?.getSenders() ?? []) : [];
      },
      this.#port.dtmf,
    );
    call.keys.send(tones);
  }

  /** Brings what the far side was told to what the agent wants, one re-INVITE after the other. */
  #negotiate(call: LiveCall): void {
    if (call.reinvite !== null || !this.#isOpen(call)) return;
    call.reinvite = {
      offering: false,
      sent: null,
      done: this.#negotiated(call).finally(() => {
        call.reinvite = null;
        // Wanted after the last look.
        if (wants(call)) this.#negotiate(call);
      }),
    };
  }

  async #negotiated(call: LiveCall): Promise<void> {
    // Begins after `call.reinvite` is set.
    await Promise.resolve();
    for (let tries = 1; wants(call) && this.#isOpen(call); tries += 1) {
      const { session, held, restart, refresh } = call;
      if (session === null) return;
      const note = (offering: boolean, sent: string | null) => {
        if (call.reinvite !== null) Object.assign(call.reinvite, { offering, sent });
      };
      note(true, null);
      const outcome = await reinvite(session, { hold: held, iceRestart: restart }, (text) => note(false, text));
      note(false, null);
      if (!this.#isOpen(call)) return;
      switch (outcome) {
        case 'accepted':
          if (!call.answered && session instanceof Invitation) acknowledge(session);
          this.#reached(call);
          call.toldHeld = held;
          if (restart) call.restart = false;
          if (refresh) call.refresh = false;
          tries = 0;
          continue;
        case 'gone':
          this.#ends(call, { by: 'network', how: 'failed', status: 481 });
          this.#leave(call);
          return;
        case 'glare':
        case 'unheard':
          if (tries < TRIES) {
            await pause(outcome === 'glare' ? glareDelay(call.direction === 'outbound', Math.random) : RETRY_MS);
            continue;
          }
          break;
        case 'refused':
          break;
        default: {
          const never: never = outcome;
          return never;
        }
      }
      // Not to be had: it stays as the far side knows it.
      call.restart = call.refresh = false;
      if (held === call.toldHeld) continue;
      this.#port.refuse(`the far side does not take a ${held ? 'hold' : 'resume'}`);
      if (held) call.toldHeld = held;
      else {
        call.held = true;
        this.#gate(call);
        this.#tell(call, { kind: 'held', by: 'local' });
      }
    }
  }

  // Ends

  #isLive(call: LiveCall): boolean {
    return this.#live.get(call.callId) === call;
  }

  #isOpen(call: LiveCall): boolean {
    return this.#isLive(call) && call.ending === null;
  }

  /** Notes why the call ends; the first reason counts. */
  #ends(call: LiveCall, cause: EndCause, at: Stamp = this.#port.now()): void {
    call.ending ??= { cause, at };
  }

  #end(call: LiveCall, cause: EndCause): void {
    this.#ends(call, cause);
    this.#finish(call);
  }

  /** The one place where a call ends. */
  #finish(call: LiveCall): void {
    if (!this.#isLive(call) || call.ending === null) return;
    this.#live.delete(call.callId);
    if (call.lastAnswer !== null) clearTimeout(call.lastAnswer);
    for (const timer of call.timers) clearTimeout(timer);
    call.keys?.stop();
    call.transfer?.of.stop();
    if (call.microphone !== null) release(call.microphone);
    call.microphone = null;
    if (call.lost !== null && call.session instanceof Inviter) quietly(call.session.cancel());
    this.#ended.add(call.callId);
    for (const oldest of this.#ended) {
      if (this.#ended.size <= REMEMBERED) break;
      this.#ended.delete(oldest);
    }
    if (call.refusal?.isTold === false) return;
    const { cause, at } = call.ending;
    this.#tell(call, { kind: 'ended', cause }, at);
  }

  /** What another page needs to pick the call up, where that has changed. */
  #tellDialog(call: LiveCall): void {
    const { dialog } = call.session ?? {};
    if (!(dialog instanceof Core.SessionDialog) || !call.answered || !this.#isOpen(call)) return;
    const { localTag, remoteTag, localURI, remoteURI, remoteTarget, routeSet, localSequenceNumber: cseq = 0 } = dialog;
    const told = {
      ...{ localTag, remoteTag, routeSet, cseq },
      localUri: localURI.toString(),
      remoteUri: remoteURI.toString(),
      remoteTarget: remoteTarget.toString(),
    };
    const text = JSON.stringify(told);
    if (text === call.toldDialog) return;
    call.toldDialog = text;
    this.#port.report({ kind: 'dialog', callId: call.callId, dialog: told, ...this.#port.now() });
  }

  #tell(call: LiveCall, fact: CallFact, at: Stamp = this.#port.now()): void {
    const { callId, direction, local, remote, partOf } = call;
    const common = { callId, source: 'phone' as const, direction, local, remote, headers: { ...call.headers }, ...at };
    this.#port.report({ ...common, ...(partOf === null ? {} : { partOf }), ...fact });
  }
}

/** Whether the far side does not know yet what it is to know. */
function wants({ restart, refresh, held, toldHeld }: LiveCall): boolean {
  return restart || refresh || held !== toldHeld;
}

function because(by: EndCause['by'], how: EndCause['how'], message: RawMessage): EndCause {
  const reason = message.headers.get('reason')?.join(', ').slice(0, 1024).toWellFormed();
  return { by, how, ...(reason === undefined ? {} : { reason }) };
}

function reject(invitation: Invitation, statusCode: number): void {
  if (invitation.state !== SessionState.Initial && invitation.state !== SessionState.Establishing) return;
  quietly(invitation.reject({ statusCode }));
}

/**
 * The ACK that went to where we were: without it SIP.js sends no BYE, and ends the call itself after 32 seconds. The far
 * side has answered a request within the dialog, and so does have our 200.
 */
function acknowledge({ request, dialog, userAgent }: Invitation): void {
  const ack = [
    `ACK ${request.ruri?.toString() ?? ''} SIP/2.0`,
    `Via: SIP/2.0/WS reached.invalid;branch=z9hG4bK${crypto.randomUUID().slice(0, 8)}`,
    `From: ${request.getHeader('from') ?? ''}`,
    `To: ${request.getHeader('to') ?? ''};tag=${dialog?.localTag ?? ''}`,
    `Call-ID: ${request.callId}`,
    `CSeq: ${request.cseq} ACK`,
    'Content-Length: 0',
    '\r\n',
  ];
  userAgent.transport.onMessage?.(ack.join('\r\n'));
}

/** What SIP.js throws is a rejection, like what it rejects with. */
async function attempt(act: () => Promise<unknown>): Promise<unknown> {
  return act();
}
