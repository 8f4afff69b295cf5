/** The phone: SIP.js behind our own port. Reports `PhoneEvent`s, obeys `PhoneCommand`s, stays registered. */
import { Core, UserAgent, type URI } from 'sip.js';
import type { PhoneCommand, PhoneEvent } from '../../app/calls/phone-event.ts';
import type { PhoneConfig } from '../../app/ipc/phone.ts';
import { audioFactory } from './media.ts';
import { readMessage, repair } from './raw-message.ts';
import { grantedExpires, step, unregistered, type Effect, type Input } from './registration.ts';
import { Sessions, type Stamp } from './sessions.ts';
import { WebSocketTransport, type SocketHooks } from './transport.ts';

export type Phone = {
  command(command: PhoneCommand): void;
  /** Unregisters as well as the time left allows. */
  stop(): void;
};

const ALWAYS = [
  'reason',
  'p-asserted-identity',
  'remote-party-id',
  'history-info',
  'diversion',
  'call-info',
  'alert-info',
];
/** Longer than any PBX lets a call ring (Timer C, RFC 3261 section 16.6): ending it is the PBX's business. */
const RING_SECONDS = 300;

/** Starts the phone: the WebSocket is opened before this returns. Throws a `TypeError` for a config that cannot be used. */
export function startPhone(
  config: PhoneConfig,
  port: { report(event: PhoneEvent): void; refuse(detail: string): void },
): Phone {
  const uri = UserAgent.makeURI(config.uri);
  if (uri?.user === undefined) throw new TypeError('phone.uri is not a SIP address with an extension');
  const extension = uri.user;
  // The same contact after a restart, so that the new registration takes the place of the old one also on PBXs that
  // know nothing of +sip.instance.
  const contactName = config.instanceId.replaceAll('-', '').slice(0, 16).toLowerCase();
  const displayName = config.displayName.replace(/[\\"\r\n]/g, '');

  const sessions = new Sessions({
    domain: hostOf(uri),
    local: { user: extension, displayName, uri: uri.toString() },
    headers: [...ALWAYS, ...config.headers],
    report: port.report,
    refuse: port.refuse,
    send: (text) => void userAgent.transport.send(text).catch(() => undefined),
    now,
  });

  const hooks: SocketHooks = {
    server: config.server,
    opened: () => feed({ kind: 'socket-open' }),
    closed: (detail) => feed({ kind: 'socket-closed', detail }),
    received(text, deliver) {
      const at = now();
      // RFC 5626 section 3.5.1: an answer to a keep-alive, or one.
      if (/^[\r\n]*$/.test(text.slice(0, 8))) return;
      const repaired = repair(text, hostOf(uri));
      const message = readMessage(repaired);
      if (message === null) {
        port.refuse(`${text.length} characters that are not a SIP message`);
        feed({ kind: 'garbled' });
        return;
      }
      sessions.heard(message, at);
      try {
        deliver(repaired);
      } catch (error) {
        port.refuse(
          `a ${message.method} that cannot be handled: ${error instanceof Error ? error.message : 'unknown'}`,
        );
      }
      sessions.delivered(message);
    },
  };

  const userAgent = new UserAgent({
    uri,
    displayName,
    contactName,
    viaHost: `${contactName}.invalid`,
    instanceId: config.instanceId,
    authorizationUsername: config.authorizationUser,
    authorizationPassword: config.password,
    userAgentString: config.userAgent,
    noAnswerTimeout: RING_SECONDS,
    transportConstructor: WebSocketTransport,
    transportOptions: hooks,
    sessionDescriptionHandlerFactory: audioFactory(config.iceServers, (callId, state) => sessions.audio(callId, state)),
    delegate: { onInvite: (invitation) => sessions.invitation(invitation) },
    logBuiltinEnabled: false,
    logConfiguration: false,
    logLevel: 'warn',
    logConnector(_level, category) {
      // What the parser says quotes the message: only that it said something is passed on.
      if (category !== 'sip.Parser') return;
      port.refuse('a SIP message that cannot be parsed');
      feed({ kind: 'garbled' });
    },
  });

  const sendRegister = registerSender(userAgent, uri, config.instanceId, feed);
  let registration = unregistered;
  let timer: number | undefined;

  function feed(input: Input): void {
    const { state, effects } = step(registration, input, { now: performance.now(), random: Math.random });
    registration = state;
    for (const effect of effects) apply(effect);
  }

  function apply(effect: Effect): void {
    switch (effect.kind) {
      case 'connect':
        void (userAgent.state === 'Stopped' ? userAgent.start() : userAgent.transport.connect());
        return;
      case 'disconnect':
        void userAgent.transport.disconnect();
        return;
      case 'register':
        sendRegister(effect.expires, effect.attempt);
        return;
      case 'unregister':
        sendRegister(0, -1);
        return;
      case 'wait':
        clearTimeout(timer);
        timer = window.setTimeout(() => feed({ kind: 'timer' }), effect.ms);
        return;
      case 'rest':
        clearTimeout(timer);
        return;
      case 'report':
        port.report({
          kind: 'registration',
          state: effect.state,
          ...(effect.reason === undefined ? {} : { reason: effect.reason }),
          ...now(),
        });
        return;
      default: {
        const never: never = effect;
        return never;
      }
    }
  }

  feed({ kind: 'start' });
  warmUp(config.server, userAgent);
  return {
    command(command) {
      switch (command.kind) {
        case 'reconnect':
          feed({ kind: 'reconnect' });
          return;
        case 'unregister':
          feed({ kind: 'stop' });
          return;
        case 'dial':
          void sessions.dial(userAgent, command.target);
          return;
        default:
          sessions.command(command);
      }
    },
    stop: () => feed({ kind: 'stop' }),
  };
}

/**
 * Sends REGISTERs of one registration: the same Call-ID, a growing CSeq (RFC 3261 section 10.2), a contact with its
 * instance (RFC 5626 section 4.2). SIP.js's own `Registerer` is not used: it refuses to send while an older REGISTER
 * waits out its 32 s on a dead socket, believes itself registered there, and cannot be stopped without unregistering.
 */
function registerSender(userAgent: UserAgent, aor: URI, instanceId: string, feed: (input: Input) => void) {
  const core = userAgent.userAgentCore;
  const registrar = aor.clone();
  registrar.user = undefined;
  const { uri: contact } = userAgent.contact;
  const fromTag = crypto.randomUUID().slice(0, 8);
  const callId = crypto.randomUUID();
  let last = { cseq: 0 };

  return (expires: number, attempt: number): void => {
    const request = core.makeOutgoingRequestMessage(
      'REGISTER',
      registrar,
      aor,
      aor,
      { callId, fromTag, cseq: last.cseq + 1 },
      [
        `Contact: <${contact.toString()}>;reg-id=1;+sip.instance="<urn:uuid:${instanceId}>";expires=${expires}`,
        `Expires: ${expires}`,
        'Allow: ACK,CANCEL,INVITE,MESSAGE,BYE,OPTIONS,INFO,NOTIFY,REFER',
      ],
    );
    // SIP.js counts on when it answers a challenge.
    last = request;
    const refused = ({
      message,
    }: {
      message: {
        statusCode?: number | undefined;
        reasonPhrase?: string | undefined;
        hasHeader(name: string): boolean;
        getHeader(name: string): string | undefined;
      };
    }) => {
      const seconds = (name: string) => {
        const value = /^\d{1,9}/.exec(message.getHeader(name) ?? '')?.[0];
        return value === undefined ? null : Number(value);
      };
      feed({
        kind: 'rejected',
        attempt,
        status: message.statusCode ?? 500,
        phrase: (message.reasonPhrase ?? '').slice(0, 200),
        challenged: request.hasHeader('authorization') || request.hasHeader('proxy-authorization'),
        minExpires: seconds('min-expires'),
        retryAfter: seconds('retry-after'),
      });
    };
    core.register(request, {
      onAccept: ({ message }) => {
        const granted = grantedExpires(
          message.getHeaders('contact'),
          message.getHeader('expires'),
          contact.user ?? '',
          expires,
        );
        feed({ kind: 'accepted', attempt, expires: granted });
      },
      onReject: refused,
      onRedirect: refused,
    });
  };
}

/**
 * SIP.js's grammar is compiled as it is first used, some 20 ms in all. That is done while the socket is being opened,
 * with an answer like the one that will come, rather than when it is there and the agent waits.
 */
function warmUp(server: string, userAgent: UserAgent): void {
  const challenge = [
    'SIP/2.0 401 Unauthorized',
    `Via: SIP/2.0/${server.startsWith('wss') ? 'WSS' : 'WS'} warm.invalid;branch=z9hG4bK0;received=127.0.0.1`,
    'From: "A" <sip:1@warm.invalid>;tag=0',
    'To: <sip:1@warm.invalid>;tag=0',
    'Call-ID: 0',
    'CSeq: 1 REGISTER',
    'Contact: <sip:1@warm.invalid;transport=ws>;expires=600',
    'WWW-Authenticate: Digest realm="warm", nonce="0", algorithm=MD5, qop="auth"',
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n');
  Core.Parser.parseMessage(challenge, userAgent.getLogger('warm-up'));
}

function now(): Stamp {
  return { monotonic: performance.now(), wall: Date.now() };
}

function hostOf(uri: URI): string {
  return uri.port === undefined ? uri.host : `${uri.host}:${uri.port}`;
}
