import {
  Inviter,
  SessionState,
  SIPExtension,
  UserAgent,
  type Bye,
  type Invitation,
  type Referral,
  type Session,
  type URI,
} from 'sip.js';
import { Media, NO_AUDIO, type AudioFacts, type MediaOptions } from './media.ts';
import { Recorder } from './recording.ts';
import { TrunkTransport, type TrunkLink, type TrunkTransportOptions } from './trunk.ts';
import type { Flow } from './flow.ts';

/** What a scripted outside caller does. Times in milliseconds. */
export type CallerScript =
  /** Rings until answered and talks. With `talkMs` the caller hangs up after that long, else the callee or `hangUp()` does. */
  | ({ readonly kind: 'talk'; readonly talkMs?: number; readonly recording?: boolean } & Transferable)
  /** Gives up after so much ringing: a missed call. `reason` is the Reason header of the CANCEL; none is sent by default. */
  | { readonly kind: 'give up'; readonly ringMs: number; readonly reason?: string }
  /**
   * A colleague answers after so much ringing, so the phone that was called gets CANCEL. `reason` says how this PBX tells
   * it: by SIP cause 200 (default), by Q.850 cause 26, or not at all.
   */
  | { readonly kind: 'answered elsewhere'; readonly afterMs: number; readonly reason?: ElsewhereReason };

export type ElsewhereReason = 'sip' | 'q850' | 'none';

/**
 * What an answered far end does with a REFER: goes where it is sent and tells of it (the default), refuses, hangs up
 * right after its 202 as many PBXs do, or accepts and never says a word.
 */
export type Transferable = { readonly onRefer?: 'follow' | 'refuse' | 'hang up' | 'silent' };

/** What a dialled number does. */
export type CalleeScript =
  /**
   * Answers after so much ringing and talks until hung up, or hangs up itself after `talkMs`. With `early` it speaks
   * before it answers (183 with SDP), `reliable` wants a PRACK for that (RFC 3262).
   */
  | ({
      readonly kind: 'answer';
      readonly ringMs?: number;
      readonly talkMs?: number;
      readonly recording?: boolean;
      readonly early?: 'unreliable' | 'reliable';
    } & Transferable)
  | { readonly kind: 'ring for ever' }
  | { readonly kind: 'busy'; readonly ringMs?: number }
  | { readonly kind: 'decline'; readonly ringMs?: number }
  | { readonly kind: 'not found' };

export type CallerIdentity = {
  /** A SIP user or number, or a whole `tel:+…` URI as carriers send it. */
  readonly user: string;
  readonly displayName?: string;
};

/** How a call went, as the scripted far end saw it. */
export type CallFacts = {
  readonly role: 'caller' | 'callee';
  readonly callId: string;
  readonly from: string;
  readonly to: string;
  /** Final status of the INVITE: 200 answered, 487 cancelled, 486 busy… */
  readonly status: number;
  readonly hungUpBy: 'caller' | 'callee' | undefined;
  readonly ringMs: number;
  readonly talkMs: number;
  readonly audio: AudioFacts;
  readonly recordingUrl: string | undefined;
};

export type PlacedCall = {
  readonly callId: string;
  /** True when the far side rang (180 or 183); false when the call ended without that. */
  readonly ringing: Promise<boolean>;
  /** True when the call was answered; false when it ended without that. */
  readonly answered: Promise<boolean>;
  /** Fulfilled when all is over: signalling, audio figures, recording in its place. */
  readonly ended: Promise<CallFacts>;
  /** The caller gives up while it rings. Nothing happens when it does not. */
  cancel(): void;
  /** The caller hangs up an answered call. Nothing happens when there is none. */
  hangUp(): void;
};

/** What a test can make a far end do in an answered call, and what it has seen. */
export type FarEndControls = {
  /** Puts the other side on hold by a re-INVITE, or takes it back; the final status of it. */
  hold(held: boolean): Promise<number>;
  /** Sends the other side elsewhere, to a user of the domain or a whole URI; the status of the REFER. */
  refer(to: string): Promise<number>;
  hangUp(): void;
  /** Its audio stops on the way, or comes again. */
  mute(isMute: boolean): void;
  /** Audio that has come so far: frames, silent ones too, and milliseconds above silence. */
  readonly heard: { readonly frames: number; readonly ms: number };
  /** What the NOTIFYs of a REFER said, in order. */
  readonly notified: readonly string[];
  /** Keys that came as SIP INFO. */
  readonly keys: string;
};

/** What far ends need of the PBX they live in. */
export type FarEndEnvironment = {
  readonly domain: string;
  readonly connect: (deliver: (text: string) => void) => TrunkLink & { readonly flow: Flow };
  readonly voice: (role: CallFacts['role']) => Int16Array;
  readonly recordingHeader: string;
  readonly recordingUrl: (id: string) => string;
  readonly putRecording: (id: string, file: Buffer) => void;
  readonly newId: () => string;
  readonly onEnded: (facts: CallFacts) => void;
};

/** How long a far end waits for the answer to its BYE before it goes. */
const GOODBYE_MS = 2_000;

/** A scripted far end: one SIP.js user agent for one call. */
export class FarEnd {
  readonly #env: FarEndEnvironment;
  readonly #role: CallFacts['role'];
  readonly #agent: UserAgent;
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #startedAt = performance.now();
  readonly #ringing = Promise.withResolvers<boolean>();
  readonly #answered = Promise.withResolvers<boolean>();
  readonly #ended = Promise.withResolvers<CallFacts>();
  #link: (TrunkLink & { readonly flow: Flow }) | undefined;
  #session: Session | undefined;
  readonly #medias = new Map<Session, Media>();
  #recorder: Recorder | undefined;
  #recordingId: string | undefined;
  #identities = { callId: '', from: '', to: '' };
  #answeredAt: number | undefined;
  #overAt: number | undefined;
  #status: number | undefined;
  #hungUpBy: CallFacts['hungUpBy'];
  #goodbye: Promise<unknown> = Promise.resolve();
  #isOver = false;
  readonly #notified: string[] = [];
  #keys = '';
  /** While an offer is being made: SIP.js would take an offer that comes then for the answer. */
  #late: (() => void)[] | undefined;
  #onRefer: NonNullable<Transferable['onRefer']> = 'follow';

  private constructor(
    env: FarEndEnvironment,
    role: CallFacts['role'],
    identity: CallerIdentity,
    onInvite?: (invitation: Invitation) => void,
  ) {
    this.#env = env;
    this.#role = role;
    const inside = identity.user.startsWith('tel:') ? `sip:${identity.user.slice(4)}@tel.invalid` : undefined;
    const transportOptions: TrunkTransportOptions = {
      connect: (deliver) => {
        this.#link = env.connect((text) => {
          if (this.#late === undefined) deliver(text);
          else this.#late.push(() => deliver(text));
        });
        return this.#link;
      },
      onTheWire: inside === undefined ? [] : [[inside, identity.user]],
    };
    this.#agent = new UserAgent({
      uri: makeUri(inside ?? `sip:${encodeURIComponent(identity.user).replaceAll('%2B', '+')}@${env.domain}`),
      displayName: identity.displayName ?? '',
      transportConstructor: TrunkTransport,
      transportOptions,
      sessionDescriptionHandlerFactory: (session) => {
        const media = new Media(env.voice(role), role);
        this.#medias.set(session, media);
        return media;
      },
      delegate: {
        onInvite: (invitation) => {
          if (invitation.replacee === undefined) onInvite?.(invitation);
          else if (invitation.replacee === this.#session) this.#goOn(invitation);
        },
      },
      userAgentString: 'Ringside sandbox far end',
      gracefulShutdown: false,
      sipExtensionReplaces: SIPExtension.Supported,
      sipExtension100rel: SIPExtension.Supported,
      logBuiltinEnabled: false,
      noAnswerTimeout: 3_600,
    });
  }

  /** A caller rings a user of the PBX. */
  static call(
    env: FarEndEnvironment,
    options: { from: CallerIdentity; to: string; headers: Readonly<Record<string, string>>; script: CallerScript },
  ): { farEnd: FarEnd; placed: PlacedCall } {
    const farEnd = new FarEnd(env, 'caller', options.from);
    return { farEnd, placed: farEnd.#place(options) };
  }

  /** A callee waits for the one INVITE that the proxy will send to `target`. */
  static answer(
    env: FarEndEnvironment,
    user: string,
    script: CalleeScript,
  ): { farEnd: FarEnd; target: { uri: string; flow: Flow } } {
    const farEnd: FarEnd = new FarEnd(env, 'callee', { user }, (invitation) => {
      if (farEnd.#session === undefined) farEnd.#takeCall(invitation, script);
    });
    // The trunk is up before start() returns: it is no network.
    farEnd.#agent.start().catch(() => farEnd.abort());
    const { target } = farEnd;
    if (target === undefined) throw new Error('The far end has no trunk.');
    return { farEnd, target };
  }

  /** Where an INVITE that replaces this call has to go. */
  get target(): { uri: string; flow: Flow } | undefined {
    if (this.#link === undefined) return undefined;
    return { uri: this.#agent.contact.uri.toString(), flow: this.#link.flow };
  }

  get #media(): Media | undefined {
    return this.#session === undefined ? undefined : this.#medias.get(this.#session);
  }

  get callId(): string {
    return this.#identities.callId;
  }

  get controls(): FarEndControls {
    const heard = (): FarEndControls['heard'] => this.#media?.heard ?? { frames: 0, ms: 0 };
    const keys = (): string => this.#keys;
    return {
      hold: (held) => this.#hold(held),
      refer: (to) => this.#refer(to),
      hangUp: () => this.#hangUp(),
      mute: (isMute) => this.#media?.mute(isMute),
      get heard() {
        return heard();
      },
      notified: this.#notified,
      get keys() {
        return keys();
      },
    };
  }

  get ended(): Promise<CallFacts> {
    return this.#ended.promise;
  }

  /** Ends it at once, whatever it is doing. */
  async abort(): Promise<void> {
    if (this.#session === undefined) return this.#finish();
    this.#session.dispose().catch(() => undefined);
    this.#media?.close();
    await this.#finish();
  }

  #place(options: {
    from: CallerIdentity;
    to: string;
    headers: Readonly<Record<string, string>>;
    script: CallerScript;
  }): PlacedCall {
    const { script } = options;
    this.#onRefer = (script.kind === 'talk' ? script.onRefer : undefined) ?? 'follow';
    const inviter = new Inviter(this.#agent, makeUri(`sip:${options.to}@${this.#env.domain}`), {
      extraHeaders: Object.entries(options.headers).map(([name, value]) => `${name}: ${value}`),
    });
    this.#identities = { callId: inviter.request.callId, from: options.from.user, to: options.to };
    this.#follow(
      inviter,
      script.kind === 'talk' ? script.talkMs : undefined,
      script.kind !== 'talk' || script.recording,
    );
    const cancel = (): void => {
      if (inviter.state !== SessionState.Establishing && inviter.state !== SessionState.Initial) return;
      this.#status ??= 487;
      const reason = script.kind === 'give up' ? script.reason : undefined;
      inviter.cancel(reason === undefined ? {} : { extraHeaders: [`Reason: ${reason}`] }).catch(() => undefined);
    };
    const start = async (): Promise<void> => {
      await this.#agent.start();
      await inviter.invite({
        requestDelegate: {
          onProgress: () => {
            this.#ringing.resolve(true);
            if (script.kind === 'give up') this.#after(script.ringMs, cancel);
          },
          onReject: (response) => {
            this.#status = response.message.statusCode;
          },
        },
      });
    };
    start().catch(() => this.abort());
    return {
      callId: inviter.request.callId,
      ringing: this.#ringing.promise,
      answered: this.#answered.promise,
      ended: this.#ended.promise,
      cancel,
      hangUp: () => this.#hangUp(),
    };
  }

  #takeCall(invitation: Invitation, script: CalleeScript): void {
    const { request } = invitation;
    this.#identities = {
      callId: request.callId,
      from: invitation.remoteIdentity.uri.user ?? '',
      to: this.#agent.configuration.uri.user ?? '',
    };
    const isAnswering = script.kind === 'answer';
    this.#follow(invitation, isAnswering ? script.talkMs : undefined, !isAnswering || script.recording);
    const refuse = (statusCode: number): void => {
      this.#status = statusCode;
      invitation.reject({ statusCode }).catch(() => undefined);
    };
    if (script.kind === 'not found') return refuse(404);
    if (script.kind === 'busy' && script.ringMs === undefined) return refuse(486);
    this.#ringing.resolve(true);
    if (script.kind === 'answer') this.#onRefer = script.onRefer ?? 'follow';
    if (script.kind === 'answer' && script.early !== undefined) {
      invitation
        .progress({ statusCode: 183, rel100: script.early === 'reliable' })
        .then(() => this.#media?.talk(undefined))
        .catch(() => this.abort());
    } else invitation.progress({ statusCode: 180 }).catch(() => undefined);
    if (script.kind === 'busy') this.#after(script.ringMs ?? 0, () => refuse(486));
    if (script.kind === 'decline') this.#after(script.ringMs ?? 0, () => refuse(603));
    if (script.kind === 'answer') {
      // An offer that WebRTC cannot take makes accept() reject after it has answered 488 or 500 itself.
      this.#after(script.ringMs ?? 0, () => {
        invitation.accept().catch(() => this.abort());
      });
    }
  }

  #follow(session: Session, talkMs: number | undefined, isRecorded: boolean | undefined): void {
    this.#session = session;
    session.delegate = {
      onBye: (bye) => this.#onBye(bye),
      onRefer: (referral) => this.#onReferred(referral),
      onInfo: (info) => {
        this.#keys += /^Signal=(.)/m.exec(info.request.body)?.[1] ?? '';
        info.accept().catch(() => undefined);
      },
      onNotify: (notification) => {
        this.#notified.push(notification.request.body.trim());
        notification.accept().catch(() => undefined);
      },
    };
    session.stateChange.addListener((state) => {
      // It went on in another dialog.
      if (session !== this.#session) return;
      if (state === SessionState.Established && this.#answeredAt === undefined) {
        this.#answeredAt = performance.now();
        this.#status = 200;
        if (isRecorded !== false) {
          this.#recordingId = this.#env.newId();
          this.#recorder = new Recorder(() => performance.now());
        }
        this.#media?.talk(this.#recorder);
        this.#answered.resolve(true);
        if (talkMs !== undefined) this.#after(talkMs, () => this.#hangUp());
      }
      if (state === SessionState.Terminated) {
        this.#overAt ??= performance.now();
        // After the callbacks of the same message: the final status comes with them.
        setImmediate(() => void this.#finish());
      }
    });
  }

  #hangUp(): void {
    const session = this.#session;
    if (session?.state !== SessionState.Established) return;
    this.#hungUpBy = this.#role;
    const farewell = Promise.withResolvers<void>();
    this.#goodbye = Promise.race([farewell.promise, new Promise<void>((resolve) => this.#after(GOODBYE_MS, resolve))]);
    const extraHeaders = [...this.#recordingHeaders(), 'Reason: Q.850;cause=16;text="Normal call clearing"'];
    const answered = { onAccept: () => farewell.resolve(), onReject: () => farewell.resolve() };
    session.bye({ requestDelegate: answered, requestOptions: { extraHeaders } }).catch(() => farewell.resolve());
  }

  #hold(held: boolean): Promise<number> {
    const options: MediaOptions = { direction: held ? 'sendonly' : 'sendrecv' };
    // Who holds says so in what they answer, too.
    if (this.#session !== undefined) this.#session.sessionDescriptionHandlerOptionsReInvite = options;
    return new Promise((resolve) => {
      const answered = ({ message }: { message: { statusCode?: number | undefined } }): void =>
        resolve(message.statusCode ?? 0);
      const requestDelegate = { onAccept: answered, onReject: answered };
      const sent = (): void => {
        const late = this.#late ?? [];
        this.#late = undefined;
        for (const deliver of late) deliver();
      };
      this.#late ??= [];
      this.#session?.invite({ sessionDescriptionHandlerOptions: options, requestDelegate }).then(sent, () => {
        sent();
        resolve(0);
      });
    });
  }

  #refer(to: string): Promise<number> {
    const uri = /^\w+:/.test(to) ? to : `sip:${to}@${this.#env.domain}`;
    return new Promise((resolve) => {
      const answered = ({ message }: { message: { statusCode?: number | undefined } }): void =>
        resolve(message.statusCode ?? 0);
      const extraHeaders = [`Refer-To: <${uri}>`, `Contact: ${this.#agent.contact.toString()}`];
      this.#session?.dialog?.refer({ onAccept: answered, onReject: answered }, { extraHeaders });
    });
  }

  #onReferred(referral: Referral): void {
    if (this.#onRefer === 'refuse') {
      referral.reject({ statusCode: 603 }).catch(() => undefined);
      return;
    }
    referral.accept().catch(() => undefined);
    if (this.#onRefer === 'hang up') this.#after(20, () => this.#hangUp());
    if (this.#onRefer !== 'follow') return;
    const inviter = referral.makeInviter({});
    inviter.stateChange.addListener((state) => {
      if (state === SessionState.Established) this.#goOn(inviter);
    });
    inviter.invite().catch(() => undefined);
  }

  /** The call goes on in another dialog: the old one may end, this far end stays. */
  #goOn(session: Invitation | Inviter): void {
    this.#follow(session, undefined, false);
    if (session.state === SessionState.Established) this.#media?.talk(this.#recorder);
    else {
      session.stateChange.addListener((state) => {
        if (state === SessionState.Established) this.#media?.talk(this.#recorder);
      });
      (session as Invitation).accept().catch(() => this.abort());
    }
  }

  #onBye(bye: Bye): void {
    this.#hungUpBy = this.#role === 'caller' ? 'callee' : 'caller';
    void bye.accept({ statusCode: 200, extraHeaders: this.#recordingHeaders() });
  }

  #recordingHeaders(): string[] {
    const id = this.#recordingId;
    return id === undefined ? [] : [`${this.#env.recordingHeader}: ${this.#env.recordingUrl(id)}`];
  }

  async #finish(): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    await this.#goodbye;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    const overAt = this.#overAt ?? performance.now();
    this.#media?.close();
    const audio = (await this.#media?.facts) ?? NO_AUDIO;
    if (this.#recorder !== undefined && this.#recordingId !== undefined) {
      this.#env.putRecording(this.#recordingId, this.#recorder.wav());
    }
    await this.#agent.stop();
    this.#ringing.resolve(false);
    this.#answered.resolve(false);
    const facts: CallFacts = {
      role: this.#role,
      ...this.#identities,
      status: this.#status ?? 487,
      hungUpBy: this.#hungUpBy,
      ringMs: Math.round((this.#answeredAt ?? overAt) - this.#startedAt),
      talkMs: this.#answeredAt === undefined ? 0 : Math.round(overAt - this.#answeredAt),
      audio,
      recordingUrl: this.#recordingId === undefined ? undefined : this.#env.recordingUrl(this.#recordingId),
    };
    // A callee that nobody rang has nothing to tell.
    if (this.#session !== undefined) this.#env.onEnded(facts);
    this.#ended.resolve(facts);
  }

  #after(ms: number, act: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      act();
    }, ms);
    this.#timers.add(timer);
  }
}

const makeUri = (text: string): URI => {
  const uri = UserAgent.makeURI(text);
  if (uri === undefined) throw new Error(`"${text}" is no SIP address.`);
  return uri;
};
