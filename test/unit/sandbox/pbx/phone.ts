import {
  EmitterImpl,
  Inviter,
  Registerer,
  SessionState,
  TransportState,
  UserAgent,
  UserAgentState,
  type Invitation,
  type Session,
  type SessionDelegate,
  type Transport,
} from 'sip.js';
import { WebSocket } from 'ws';
import { synthesizeSpeech } from '../../../../sandbox/pbx/audio.ts';
import { Media } from '../../../../sandbox/pbx/media.ts';
import type { Pbx } from '../../../../sandbox/pbx/index.ts';

/** SIP.js over a real WebSocket (ws), without touching globals. */
class SocketTransport implements Transport {
  readonly protocol = 'WS';
  readonly stateChange = new EmitterImpl<TransportState>();
  state = TransportState.Disconnected;
  onConnect: (() => void) | undefined;
  onDisconnect: ((error?: Error) => void) | undefined;
  onMessage: ((message: string) => void) | undefined;
  readonly #options: { readonly url: string; readonly ca?: string };
  #socket: WebSocket | undefined;

  constructor(_logger: unknown, options: { readonly url: string; readonly ca?: string }) {
    this.#options = options;
  }

  connect(): Promise<void> {
    this.#become(TransportState.Connecting);
    const socket = new WebSocket(this.#options.url, 'sip', { ca: this.#options.ca });
    this.#socket = socket;
    socket.on('message', (data: Buffer) => this.onMessage?.(data.toString()));
    socket.on('close', () => {
      if (this.state === TransportState.Disconnected) return;
      this.#become(TransportState.Disconnected);
      this.onDisconnect?.(new Error('closed'));
    });
    return new Promise((resolve, reject) => {
      socket.on('error', reject);
      socket.on('open', () => {
        this.#become(TransportState.Connected);
        this.onConnect?.();
        resolve();
      });
    });
  }

  disconnect(): Promise<void> {
    this.#become(TransportState.Disconnected);
    this.#socket?.terminate();
    return Promise.resolve();
  }

  dispose(): Promise<void> {
    return this.disconnect();
  }

  isConnected(): boolean {
    return this.state === TransportState.Connected;
  }

  send(message: string): Promise<void> {
    this.#socket?.send(message);
    return Promise.resolve();
  }

  #become(state: TransportState): void {
    this.state = state;
    this.stateChange.emit(state);
  }
}

/** A second phone, as an agent has one: SIP.js over a real WebSocket, with real audio. */
export class Phone {
  readonly agent: UserAgent;
  readonly registerer: Registerer;
  /** Invitations in the order they came. */
  readonly #rung: Invitation[] = [];
  readonly #waiting: ((invitation: Invitation) => void)[] = [];
  media: Media | undefined;

  constructor(pbx: Pbx, user: string, password: string, options: { instanceId?: string; ca?: string } = {}) {
    const uri = UserAgent.makeURI(`sip:${user}@${pbx.domain}`);
    if (uri === undefined) throw new Error('no URI');
    this.agent = new UserAgent({
      uri,
      authorizationUsername: user,
      authorizationPassword: password,
      transportConstructor: SocketTransport,
      transportOptions: { url: pbx.url, ca: options.ca },
      sessionDescriptionHandlerFactory: () => {
        this.media = new Media(synthesizeSpeech(160, 2), 'callee');
        return this.media;
      },
      gracefulShutdown: false,
      logBuiltinEnabled: false,
      delegate: {
        onInvite: (invitation) => {
          const waiter = this.#waiting.shift();
          if (waiter === undefined) this.#rung.push(invitation);
          else waiter(invitation);
        },
      },
    });
    // SIP.js sends +sip.instance only when it is given both of these.
    this.registerer = new Registerer(this.agent, {
      expires: 300,
      ...(options.instanceId === undefined ? {} : { instanceId: options.instanceId, regId: 1 }),
    });
  }

  /** Connects and registers; resolves with the final status of REGISTER. */
  async register(): Promise<number> {
    if (!this.agent.isConnected())
      await (this.agent.state === UserAgentState.Started ? this.agent.reconnect() : this.agent.start());
    return new Promise((resolve, reject) => {
      this.registerer
        .register({
          requestDelegate: {
            onAccept: (response) => resolve(response.message.statusCode ?? 0),
            onReject: (response) => resolve(response.message.statusCode ?? 0),
          },
        })
        .catch(reject);
    });
  }

  /** The next INVITE that rings here. */
  rung(): Promise<Invitation> {
    const first = this.#rung.shift();
    if (first !== undefined) return Promise.resolve(first);
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  /** Answers and talks. */
  async answer(invitation: Invitation, delegate: SessionDelegate = {}): Promise<void> {
    invitation.delegate = delegate;
    await invitation.accept();
    await reached(invitation, SessionState.Established);
    this.media?.talk(undefined);
  }

  /** Dials; the promise holds the final status of the INVITE. */
  dial(pbx: Pbx, number: string, delegate: SessionDelegate = {}): { session: Inviter; status: Promise<number> } {
    const uri = UserAgent.makeURI(`sip:${number}@${pbx.domain}`);
    if (uri === undefined) throw new Error('no URI');
    const session = new Inviter(this.agent, uri, { delegate });
    const status = new Promise<number>((resolve, reject) => {
      session
        .invite({
          requestDelegate: {
            onAccept: (response) => resolve(response.message.statusCode ?? 0),
            onReject: (response) => resolve(response.message.statusCode ?? 0),
          },
        })
        .catch(reject);
    });
    session.stateChange.addListener((state) => {
      if (state === SessionState.Established) this.media?.talk(undefined);
    });
    return { session, status };
  }

  async stop(): Promise<void> {
    for (const invitation of this.#rung) invitation.dispose().catch(() => undefined);
    // Not awaited: a PBX that is gone never answers the unregistering.
    this.registerer.dispose().catch(() => undefined);
    this.media?.close();
    await this.agent.stop();
  }
}

/** Resolves when the session is in that state. */
export const reached = (session: Session, state: SessionState): Promise<void> =>
  new Promise((resolve) => {
    if (session.state === state) return resolve();
    session.stateChange.addListener((now) => {
      if (now === state) resolve();
    });
  });
