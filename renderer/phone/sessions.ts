/** The calls of the phone: follows each SIP session from its first message to its one `ended`, and obeys commands. */
import { Invitation, Inviter, SessionState, UserAgent, type Session } from 'sip.js';
import type { CallEvent, EndCause, Party, PhoneCommand, PhoneEvent } from '../../app/calls/phone-event.ts';
import { callerOf, dialUri, parseParty } from './identity.ts';
import { release } from './devices.ts';
import { audioProblem, type AudioOptions, type AudioState } from './media.ts';
import { badRequest, headersOf, type RawMessage } from './raw-message.ts';

/** When something happened: on the page's monotonic clock and on the wall clock, milliseconds. */
export type Stamp = { monotonic: number; wall: number };

type Kind = 'ringing' | 'dialling' | 'answered';
type CallCommand = Extract<PhoneCommand, { callId: string }>;

type LiveCall = {
  readonly callId: string;
  readonly direction: 'inbound' | 'outbound';
  readonly local: Party;
  readonly remote: Party;
  /** Every header that matters from every message of the dialog so far, newest value. */
  headers: Record<string, string>;
  session: Invitation | Inviter | null;
  microphone: MediaStream | null;
  /** One too many: to be answered with 486. */
  readonly surplus: boolean;
  /** The agent has answered; the 200 may still be on its way. */
  answering: boolean;
  answered: boolean;
  /** When the 200 to our INVITE came. */
  acceptedAt: Stamp | null;
  /** Why it ends, as soon as that is known, and when that was. */
  ending: { cause: EndCause; at: Stamp } | null;
  /** We hung up and wait for the last answer, which may carry headers. */
  lastAnswer: number | null;
};

export type SessionsPort = {
  /** The domain that numbers are dialled in. */
  domain: string;
  local: Party;
  /** Lower-case names of the headers to report. */
  headers: readonly string[];
  report(event: PhoneEvent): void;
  refuse(detail: string): void;
  openMicrophone(): Promise<MediaStream>;
  /** Sends a message of our own making. */
  send(text: string): void;
  now(): Stamp;
};

const AT_ONCE = 4;
/** How long a local hang-up waits for the far end's answer, milliseconds: recording addresses travel in it. */
const LAST_ANSWER_MS = 400;
const REMEMBERED = 200;

export class Sessions {
  readonly #live = new Map<string, LiveCall>();
  readonly #ended = new Set<string>();
  readonly #port: SessionsPort;

  constructor(port: SessionsPort) {
    this.#port = port;
  }

  /** A SIP message has arrived and SIP.js has not seen it yet: what is known from it is known, and told, now. */
  heard(message: RawMessage, at: Stamp): void {
    const call = this.#live.get(message.callId);
    if (call === undefined) {
      if (
        message.status === null &&
        message.method === 'INVITE' &&
        !message.toTag &&
        !this.#ended.has(message.callId)
      ) {
        this.#invited(message, at);
      }
      return;
    }
    Object.assign(call.headers, headersOf(message, this.#port.headers));
    if (message.status === null) {
      if (message.method === 'BYE') this.#ends(call, because('remote', 'bye', message), at);
      if (message.method === 'CANCEL' && !call.answered) this.#ends(call, because('remote', 'cancel', message), at);
    } else if (call.direction === 'outbound' && message.method === 'INVITE' && call.acceptedAt === null) {
      if (message.status > 100 && message.status < 200) {
        this.#port.report({ ...this.#event(call, at), kind: 'progress', status: message.status });
      }
      if (message.status >= 200 && message.status < 300) call.acceptedAt = at;
    }
  }

  /** SIP.js has seen the message. What it dropped although it concerns a call is put right here. */
  delivered(message: RawMessage): void {
    const call = this.#live.get(message.callId);
    if (call === undefined || message.status !== null) return;
    if (message.method === 'BYE' || message.method === 'CANCEL') this.#settle(call, message.method);
    if (message.method === 'INVITE' && call.session === null) {
      // SIP.js hands the invitation over in a later microtask, or never.
      setTimeout(() => {
        if (call.session !== null || this.#live.get(call.callId) !== call) return;
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
    }
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
    if (!call.surplus) return;
    this.#ends(call, { by: 'local', how: 'rejected', status: 486 });
    reject(invitation, 486);
  }

  /** News of a call's audio. */
  audio(callId: string, state: AudioState): void {
    this.#port.report({ kind: 'media', callId, ...state, ...this.#port.now() });
    const call = this.#live.get(callId);
    if (state.state === 'failed' && call?.answered === false) {
      this.#ends(call, { by: 'local', how: 'failed', status: 488 });
    }
  }

  /** Whether a live call of the phone itself has this Call-ID: a watched one may have the same. */
  has(callId: string): boolean {
    return this.#live.has(callId);
  }

  /** Does what the agent asked, as far as the call is in a state for it. Never throws. */
  command(command: CallCommand): void {
    const call = this.#live.get(command.callId);
    if (call?.session === undefined || call.session === null) {
      this.#port.refuse(`${command.kind} for a call that is not there`);
      return;
    }
    if (command.kind === 'answer') void this.#answer(call);
    else this.#hangUp(call);
  }

  /** Dials. Whatever comes of it, there is a `dialling` and in the end an `ended`. */
  async dial(userAgent: UserAgent, target: string): Promise<void> {
    const written = dialUri(target, this.#port.domain);
    const uri = written === null ? undefined : UserAgent.makeURI(written);
    const inviter = uri === undefined ? null : new Inviter(userAgent, uri);
    const call = this.#open({
      callId: inviter?.request.callId ?? crypto.randomUUID(),
      direction: 'outbound',
      local: this.#port.local,
      remote:
        written === null ? { user: target.trim().slice(0, 256), displayName: '', uri: '' } : parseParty(`<${written}>`),
    });
    this.#tell(call, 'dialling', this.#port.now());
    if (inviter === null) {
      this.#port.refuse('a number that cannot be dialled');
      this.#end(call, { by: 'local', how: 'failed', status: 484 });
      return;
    }
    this.#follow(call, inviter);
    if (!userAgent.isConnected()) {
      this.#ends(call, { by: 'network', how: 'failed', status: 503 });
      quietly(inviter.cancel());
      return;
    }
    try {
      call.microphone = await this.#port.openMicrophone();
    } catch (error) {
      if (!this.#isLive(call)) return;
      this.audio(call.callId, audioProblem(error));
      this.#ends(call, { by: 'local', how: 'failed' });
      quietly(inviter.cancel());
      return;
    }
    if (!this.#isLive(call) || inviter.state !== SessionState.Initial) {
      release(call.microphone);
      return;
    }
    const sessionDescriptionHandlerOptions: AudioOptions = { microphone: call.microphone };
    const rejected = ({
      message,
    }: {
      message: { callId?: string; statusCode?: number | undefined; getHeader(name: string): string | undefined };
    }) => {
      const status = message.statusCode ?? 500;
      // SIP.js makes its own 408 and 503 where nothing came; those have no Call-ID.
      const by = message.callId === undefined ? 'network' : 'remote';
      const how = by === 'remote' ? 'rejected' : status === 408 ? 'timeout' : 'failed';
      const reason = by === 'remote' ? message.getHeader('reason') : undefined;
      this.#ends(call, { by, how, status, ...(reason === undefined ? {} : { reason: reason.slice(0, 1024) }) });
    };
    quietly(
      inviter.invite({
        sessionDescriptionHandlerOptions,
        requestDelegate: { onReject: rejected, onRedirect: rejected },
      }),
    );
  }

  #invited(message: RawMessage, at: Stamp): void {
    const call = this.#open({
      callId: message.callId,
      direction: 'inbound',
      local: parseParty(message.headers.get('to')?.[0] ?? ''),
      remote: callerOf(message),
      surplus: this.#live.size >= AT_ONCE,
    });
    call.headers = headersOf(message, this.#port.headers);
    if (!call.surplus) this.#tell(call, 'ringing', at);
  }

  #open(start: Pick<LiveCall, 'callId' | 'direction' | 'local' | 'remote'> & { surplus?: boolean }): LiveCall {
    const call: LiveCall = {
      surplus: false,
      ...start,
      headers: {},
      session: null,
      microphone: null,
      answering: false,
      answered: false,
      acceptedAt: null,
      ending: null,
      lastAnswer: null,
    };
    this.#live.set(call.callId, call);
    return call;
  }

  #follow(call: LiveCall, session: Invitation | Inviter): void {
    call.session = session;
    // By default SIP.js dials whatever a REFER names.
    session.delegate = { onRefer: (referral) => quietly(referral.reject()) };
    session.stateChange.addListener((state) => {
      if (state === SessionState.Established) this.#established(call, session);
      if (state === SessionState.Terminated) this.#terminated(call);
    });
  }

  #established(call: LiveCall, session: Session): void {
    call.answered = call.ending?.cause.by !== 'local';
    if (call.answered) this.#tell(call, 'answered', call.acceptedAt ?? this.#port.now());
    // Hung up, here or there, while the 200 was being dealt with.
    if (call.ending !== null) this.#bye(call, session);
  }

  #terminated(call: LiveCall): void {
    if (call.lastAnswer !== null && call.answered) return;
    const at = this.#port.now();
    // The reason of an outbound call that was refused arrives right after this.
    queueMicrotask(() => {
      const never: EndCause = call.answering
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
    call.microphone = microphone;
    const sessionDescriptionHandlerOptions: AudioOptions = { microphone };
    quietly(session.accept({ sessionDescriptionHandlerOptions }));
  }

  /** Declines, cancels or hangs up, by what the call is at. Twice is once. */
  #hangUp(call: LiveCall): void {
    const { session } = call;
    if (session === null || call.ending !== null) return;
    switch (session.state) {
      case SessionState.Initial:
      case SessionState.Establishing:
        if (session instanceof Invitation) {
          this.#ends(call, { by: 'local', how: 'rejected', status: 603 });
          reject(session, 603);
          return;
        }
        this.#ends(call, { by: 'local', how: 'cancel' });
        this.#awaitLastAnswer(call);
        // A 200 that came already is let through to its ACK, then the call is hung up.
        if (call.acceptedAt === null) quietly(session.cancel());
        return;
      case SessionState.Established:
        this.#ends(call, { by: 'local', how: 'bye' });
        this.#awaitLastAnswer(call);
        this.#bye(call, session);
        return;
      default:
        return;
    }
  }

  #bye(call: LiveCall, session: Session): void {
    const done = () => this.#finish(call);
    try {
      quietly(session.bye({ requestDelegate: { onAccept: done, onReject: done, onRedirect: done } }));
    } catch {
      done();
    }
  }

  #awaitLastAnswer(call: LiveCall): void {
    call.lastAnswer = window.setTimeout(() => this.#finish(call), LAST_ANSWER_MS);
  }

  #isLive(call: LiveCall): boolean {
    return this.#live.get(call.callId) === call;
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
    if (call.microphone !== null) release(call.microphone);
    this.#ended.add(call.callId);
    for (const oldest of this.#ended) {
      if (this.#ended.size <= REMEMBERED) break;
      this.#ended.delete(oldest);
    }
    this.#port.report({ ...this.#event(call, call.ending.at), kind: 'ended', cause: call.ending.cause });
  }

  #tell(call: LiveCall, kind: Kind, at: Stamp): void {
    this.#port.report({ ...this.#event(call, at), kind });
  }

  #event(call: LiveCall, at: Stamp): Omit<CallEvent & { kind: Kind }, 'kind'> {
    const { callId, direction, local, remote } = call;
    return { callId, source: 'phone', direction, local, remote, headers: { ...call.headers }, ...at };
  }
}

function because(by: EndCause['by'], how: EndCause['how'], message: RawMessage): EndCause {
  const reason = message.headers.get('reason')?.join(', ').slice(0, 1024).toWellFormed();
  return { by, how, ...(reason === undefined ? {} : { reason }) };
}

function reject(invitation: Invitation, statusCode: number): void {
  if (invitation.state !== SessionState.Initial && invitation.state !== SessionState.Establishing) return;
  quietly(invitation.reject({ statusCode }));
}

/** What SIP.js rejects with is followed by a state change, and that is what is listened to. */
function quietly(promise: Promise<unknown>): void {
  promise.catch(() => undefined);
}
