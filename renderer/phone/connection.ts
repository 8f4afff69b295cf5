/** Runs the registration machine: its socket, its REGISTERs and probes, its timer, and what the browser tells of networks. */
import { UserAgent, type URI } from 'sip.js';
import { isCallEvent } from '../../app/calls/call-event.ts';
import type { PhoneEvent } from '../../app/calls/phone-event.ts';
import { splitList } from './identity.ts';
import {
  grantedExpires,
  redirectTarget,
  step,
  unregistered,
  type Effect,
  type Input,
  type Registration,
} from './registration.ts';
import { ALLOW } from './screening.ts';
import { answers, canOpen } from './transport.ts';

export type ConnectionPort = {
  /** WebSocket addresses, the preferred one first. */
  servers: readonly string[];
  /** The address of record. */
  aor: URI;
  instanceId: string;
  report(event: PhoneEvent): void;
  /** A socket that was open is gone, or given up. */
  lost(): void;
  /** Registered on another socket than before: calls that are up have to be mended. */
  recover(): void;
};

const SCOUT_MS = 5_000;
const BRIEFLY_MS = 600;
/** The wall clock ran on by so much more than ours: the computer slept, and nobody told. */
const SLEPT_MS = 5_000;

type Register = Extract<Effect, { kind: 'register' }>;

export class Connection {
  readonly #port: ConnectionPort;
  readonly #listening = new AbortController();
  #userAgent: UserAgent | null = null;
  #sendRegister: (effect: Register) => void = () => {};
  #registration: Registration;
  #timer: number | undefined;
  #clocks = { monotonic: performance.now(), wall: Date.now() };
  /** What main said of certificates, by place in the list. */
  readonly #untrusted = new Map<number, string>();
  readonly #calls = new Set<string>();
  /** What the PBX can do about keep-alives (RFC 5626 section 4.4.1): `pong` has been seen on this socket. */
  #keepAlive: 'unknown' | 'offered' | 'pong' = 'unknown';

  constructor(port: ConnectionPort) {
    this.#port = port;
    this.#registration = unregistered(port.servers.length);
  }

  /** The WebSocket address in use. */
  get server(): string {
    return this.#port.servers[this.#registration.server] ?? '';
  }

  /** Opens the socket before it returns. */
  start(userAgent: UserAgent): void {
    this.#userAgent = userAgent;
    this.#sendRegister = registerSender(userAgent, this.#port, (input) => this.#feed(input), {
      server: () => this.#registration.server,
      offersKeepAlive: () => {
        if (this.#keepAlive === 'unknown') this.#keepAlive = 'offered';
      },
    });
    const { signal } = this.#listening;
    addEventListener('online', () => this.reconnect('network'), { signal });
    addEventListener('offline', () => this.#feed({ kind: 'check' }), { signal });
    if ('connection' in navigator && navigator.connection instanceof EventTarget) {
      // It changes with every estimate of the bandwidth, too: reason to look, no more.
      navigator.connection.addEventListener('change', () => this.#feed({ kind: 'check' }), { signal });
    }
    this.#feed({ kind: 'start' });
  }

  /** Unregisters as well as the time left allows; nothing is tried any more. */
  stop(): void {
    this.#listening.abort();
    this.#feed({ kind: 'stop' });
  }

  /** A new socket and REGISTER at once. */
  reconnect(why: 'agent' | 'resume' | 'network'): void {
    this.#feed({ kind: 'reconnect', why });
  }

  opened(): void {
    this.#untrusted.delete(this.#registration.server);
    this.#keepAlive = 'unknown';
    this.#feed({ kind: 'socket-open' });
  }

  closed(detail: string): void {
    this.#port.lost();
    const untrusted = this.#untrusted.get(this.#registration.server);
    this.#feed({ kind: 'socket-closed', detail: untrusted ?? detail, untrusted: untrusted !== undefined });
  }

  /** Text arrived, whatever it is. Returns whether it was only a keep-alive (RFC 5626 section 3.5.1). */
  heard(text: string): boolean {
    const isKeepAlive = /^[\r\n]*$/.test(text.slice(0, 8));
    if (isKeepAlive) this.#keepAlive = 'pong';
    this.#feed({
      kind: 'heard',
      probe: isKeepAlive || /^SIP\/2\.0 [^]{0,4096}?^CSeq[ \t]*:[ \t]*\d+[ \t]+OPTIONS/im.test(text),
    });
    return isKeepAlive;
  }

  /** Something came that is not SIP. */
  garbled(): void {
    this.#feed({ kind: 'garbled' });
  }

  /** Main refused the certificate of a server. */
  certificateRefused(host: string, detail: string): void {
    this.#port.servers.forEach((address, server) => {
      const url = new URL(address);
      if (url.protocol !== 'wss:' || url.hostname.replace(/^\[|\]$/g, '') !== host.toLowerCase()) return;
      this.#untrusted.set(server, detail);
      this.#feed({ kind: 'untrusted', server, detail });
    });
  }

  /** Hears of the calls: a phone in a call goes first and is not disturbed. */
  follow(event: PhoneEvent): void {
    if (!isCallEvent(event) || event.source !== 'phone') return;
    if (event.kind === 'ended') this.#calls.delete(event.callId);
    // A call of another page begins here with its answer, when it is picked up.
    if (event.kind === 'ringing' || event.kind === 'dialling' || event.kind === 'answered')
      this.#calls.add(event.callId);
    const busy = this.#calls.size > 0;
    if (busy !== this.#registration.busy) this.#feed({ kind: 'busy', busy });
  }

  #feed(input: Input): void {
    const { state, effects } = step(this.#registration, input, { now: performance.now(), random: Math.random });
    this.#registration = state;
    for (const effect of effects) this.#apply(effect);
  }

  #apply(effect: Effect): void {
    const userAgent = this.#userAgent;
    if (userAgent === null) return;
    switch (effect.kind) {
      case 'connect':
        if (userAgent.transport.isConnected()) this.#port.lost();
        void (userAgent.state === 'Stopped' ? userAgent.start() : userAgent.transport.connect());
        return;
      case 'disconnect':
        if (userAgent.transport.isConnected()) this.#port.lost();
        void userAgent.transport.disconnect();
        return;
      case 'register':
        this.#sendRegister(effect);
        return;
      case 'unregister':
        this.#sendRegister({ kind: 'register', attempt: -1, expires: 0, registrar: null, outbound: true });
        return;
      case 'probe':
        if (this.#keepAlive !== 'unknown') void userAgent.transport.send('\r\n\r\n').catch(() => undefined);
        if (this.#keepAlive !== 'pong') sendOptions(userAgent, this.#port.aor);
        return;
      case 'scout': {
        const { server, briefly } = effect;
        const address = this.#port.servers[server] ?? '';
        void (briefly ? answers(address, BRIEFLY_MS) : canOpen(address, SCOUT_MS)).then((reachable) =>
          this.#feed({ kind: 'scouted', server, reachable }),
        );
        return;
      }
      case 'recover':
        this.#port.recover();
        return;
      case 'wait':
        clearTimeout(this.#timer);
        this.#timer = window.setTimeout(() => this.#tick(), effect.ms);
        return;
      case 'rest':
        clearTimeout(this.#timer);
        return;
      case 'report':
        this.#port.report({
          kind: 'registration',
          state: effect.state,
          ...(effect.reason === undefined ? {} : { reason: effect.reason }),
          server: this.#port.servers[effect.server] ?? '',
          monotonic: performance.now(),
          wall: Date.now(),
        });
        return;
      default: {
        const never: never = effect;
        return never;
      }
    }
  }

  #tick(): void {
    const before = this.#clocks;
    const now = { monotonic: performance.now(), wall: Date.now() };
    this.#clocks = now;
    this.#feed({ kind: 'timer' });
    if (now.wall - before.wall - (now.monotonic - before.monotonic) > SLEPT_MS) this.reconnect('resume');
  }
}

/** RFC 3261 section 11: what every SIP server answers, be it by a refusal. */
function sendOptions(userAgent: UserAgent, aor: URI): void {
  const core = userAgent.userAgentCore;
  core.request(core.makeOutgoingRequestMessage('OPTIONS', registrarOf(aor), aor, aor, { routeSet: [] }));
}

function registrarOf(aor: URI): URI {
  const registrar = aor.clone();
  registrar.user = undefined;
  return registrar;
}

type Answer = {
  statusCode?: number | undefined;
  reasonPhrase?: string | undefined;
  hasHeader(name: string): boolean;
  getHeader(name: string): string | undefined;
  getHeaders(name: string): string[];
};

/**
 * Sends REGISTERs of one registration: the same Call-ID, a growing CSeq (RFC 3261 section 10.2), a contact with its
 * instance (RFC 5626 section 4.2). SIP.js's own `Registerer` is not used: it refuses to send while an older REGISTER
 * waits out its 32 s on a dead socket, believes itself registered there, and cannot be stopped without unregistering.
 */
function registerSender(
  userAgent: UserAgent,
  { aor, instanceId, servers }: ConnectionPort,
  feed: (input: Input) => void,
  connection: { server(): number; offersKeepAlive(): void },
): (effect: Register) => void {
  const core = userAgent.userAgentCore;
  const { uri: contact } = userAgent.contact;
  const fromTag = crypto.randomUUID().slice(0, 8);
  const callId = crypto.randomUUID();
  let last = { cseq: 0 };

  return ({ expires, attempt, registrar, outbound }) => {
    const target = registrar === null ? undefined : UserAgent.makeURI(registrar);
    const request = core.makeOutgoingRequestMessage(
      'REGISTER',
      registrarOf(target ?? aor),
      aor,
      aor,
      // A Service-Route is not for REGISTER (RFC 3608 section 5).
      { callId, fromTag, cseq: last.cseq + 1, routeSet: [] },
      [
        `Contact: <${contact.toString()}>;${outbound ? 'reg-id=1;' : ''}+sip.instance="<urn:uuid:${instanceId}>";expires=${expires}`,
        `Expires: ${expires}`,
        ALLOW,
      ],
    );
    // SIP.js counts on when it answers a challenge.
    last = request;
    const refused = (message: Answer) => {
      const seconds = (name: string) => {
        const value = /^\d{1,9}/.exec(message.getHeader(name) ?? '')?.[0];
        return value === undefined ? null : Number(value);
      };
      const status = message.statusCode ?? 500;
      feed({
        kind: 'rejected',
        attempt,
        status,
        phrase: (message.reasonPhrase ?? '').slice(0, 200),
        challenged: request.hasHeader(status === 407 ? 'proxy-authorization' : 'authorization'),
        minExpires: seconds('min-expires'),
        retryAfter: seconds('retry-after'),
      });
    };
    core.register(request, {
      onAccept: ({ message }) => {
        core.configuration.routeSet = message.getHeaders('service-route').flatMap(splitList);
        const offers = [...message.getHeaders('supported'), ...message.getHeaders('require')].flatMap(splitList);
        if (message.hasHeader('flow-timer') || offers.includes('outbound')) connection.offersKeepAlive();
        const granted = grantedExpires(
          message.getHeaders('contact'),
          message.getHeader('expires'),
          contact.user ?? '',
          expires,
        );
        feed({ kind: 'accepted', attempt, expires: granted });
      },
      onReject: ({ message }) => refused(message),
      onRedirect: ({ message }) => {
        const to = redirectTarget(
          message.getHeaders('contact'),
          message.statusCode ?? 300,
          servers,
          connection.server(),
        );
        if (to === null) refused(message);
        else feed({ kind: 'redirected', attempt, to });
      },
    });
  };
}
