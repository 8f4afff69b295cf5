/** The phone: SIP.js behind our own port. Reports `PhoneEvent`s, obeys `PhoneCommand`s, stays registered. */
import { Core, SIPExtension, UserAgent, type URI } from 'sip.js';
import type { PhoneCommand, PhoneEvent } from '../../app/calls/phone-event.ts';
import type { PhoneConfig } from '../../app/ipc/phone.ts';
import { PhoneAudio } from './audio.ts';
import { Connection } from './connection.ts';
import { createDeskPhones } from './desk-phone.ts';
import { authenticateBy, Credentials, hideChallenges } from './digest.ts';
import { badRequest, readMessage, repair } from './raw-message.ts';
import { screen, withTrueAllow } from './screening.ts';
import { Sessions, type Stamp } from './sessions.ts';
import { WebSocketTransport, type SocketHooks } from './transport.ts';
import { createWatch } from './watch.ts';

export type Phone = {
  command(command: PhoneCommand): void;
  /** Unregisters as well as the time left allows. */
  stop(): void;
};

/** Longer than any PBX lets a call ring (Timer C, RFC 3261 section 16.6): ending it is the PBX's business. */
const RING_SECONDS = 300;
/** The devices are listed once it is known how the registration stands, or after this. */
const DEVICES_MS = 500;

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

  const audio = new PhoneAudio({
    config,
    report: port.report,
    changed: (callId, state) => sessions.audio(callId, state),
    astray: (callId) => sessions.renew(callId),
    now,
  });
  const send = (text: string) => void userAgent.transport.send(text).catch(() => undefined);
  /** SIP.js's parser has given up on the message that it was handed last. */
  let unreadable = false;
  const report = (event: PhoneEvent) => {
    audio.follow(event);
    connection.follow(event);
    port.report(event);
  };
  const sessions = new Sessions({
    domain: hostOf(uri),
    local: { user: extension, displayName, uri: uri.toString() },
    headers: config.headers,
    dtmf: config.dtmf,
    autoAnswer: config.autoAnswer,
    callsAtOnce: config.callsAtOnce,
    preferences: config.preferences,
    report,
    refuse: port.refuse,
    openMicrophone: () => audio.openMicrophone(),
    send,
    now,
  });

  const connection = new Connection({
    servers: config.servers,
    aor: uri,
    instanceId: config.instanceId,
    report: (event) => {
      port.report(event);
      if (event.kind !== 'registration') return;
      if (event.state !== 'connecting') audio.start();
      if (event.state === 'registered') watch.registered();
      else watch.lost();
    },
    lost: () => sessions.socketLost(),
    recover: () => sessions.recover(),
  });
  const hooks: SocketHooks = {
    server: () => connection.server,
    opened: () => connection.opened(),
    closed: (detail) => connection.closed(detail),
    sending: (text) => withTrueAllow(sessions.sending(text)),
    received(text, deliver) {
      const at = now();
      if (connection.heard(text)) return;
      const repaired = repair(hideChallenges(text), hostOf(uri));
      const message = readMessage(repaired);
      if (message === null) {
        port.refuse(`${text.length} characters that are not a SIP message`);
        connection.garbled();
        return;
      }
      const refusal = screen(message, crypto.randomUUID().slice(0, 8));
      if (refusal !== null) {
        port.refuse(refusal.why);
        if (refusal.response !== null) send(refusal.response);
        return;
      }
      audio.heard(message, repaired);
      if (sessions.heard(message, at)) return;
      unreadable = false;
      try {
        deliver(sessions.received(message, repaired));
      } catch (error) {
        port.refuse(
          `a ${message.method} that cannot be handled: ${error instanceof Error ? error.message : 'unknown'}`,
        );
      }
      // Those that begin a call are answered where the call is ended.
      const isStart = message.method === 'INVITE' && !message.toTag;
      if (unreadable && message.status === null && message.method !== 'ACK' && !isStart)
        send(badRequest(message, crypto.randomUUID().slice(0, 8)));
      sessions.delivered(message);
      watch.delivered(message);
    },
  };

  const userAgent = new UserAgent({
    uri,
    displayName,
    contactName,
    viaHost: `${contactName}.invalid`,
    instanceId: config.instanceId,
    userAgentString: config.userAgent,
    sipExtension100rel: SIPExtension.Supported,
    // Both are dealt with by our own sessions, not by SIP.js.
    sipExtensionExtraSupported: ['replaces', 'timer'],
    noAnswerTimeout: RING_SECONDS,
    transportConstructor: WebSocketTransport,
    transportOptions: hooks,
    sessionDescriptionHandlerFactory: audio.factory,
    delegate: { onInvite: (invitation) => sessions.invitation(invitation) },
    logBuiltinEnabled: false,
    logConfiguration: false,
    logLevel: 'warn',
    logConnector(_level, category) {
      // What the parser says quotes the message: only that it said something is passed on.
      if (category !== 'sip.Parser') return;
      unreadable = true;
      port.refuse('a SIP message that cannot be parsed');
      connection.garbled();
    },
  });

  const { authorizationUser: username, password } = config;
  authenticateBy(
    userAgent.userAgentCore,
    new Credentials({ username, password }, () => crypto.randomUUID().slice(0, 8)),
  );
  const desk = { userAgent, aor: uri, domain: hostOf(uri), report: port.report, now };
  const deskPhones = createDeskPhones({ ...desk, how: config.deskPhone });
  const watch = createWatch({ ...desk, extensions: config.watch, refuse: port.refuse, sees: deskPhones.sees });
  connection.start(userAgent);
  setTimeout(() => audio.start(), DEVICES_MS);
  warmUp(config.servers[0] ?? '', userAgent);
  return {
    command(command) {
      audio.obey(command);
      switch (command.kind) {
        case 'reconnect':
          connection.reconnect(command.why ?? 'agent');
          return;
        case 'certificate-refused':
          connection.certificateRefused(command.host, command.detail);
          return;
        case 'unregister':
          watch.stop();
          connection.stop();
          return;
        case 'dial':
          void sessions.dial(userAgent, command.target);
          return;
        case 'pick-up':
        case 'take-leave':
          sessions.resume(userAgent, command);
          return;
        case 'preferences':
          sessions.prefer(command.preferences);
          return;
        case 'test-audio':
        case 'silence':
          return;
        case 'dial-on-desk-phone':
          deskPhones.dial(command.extension, command.target);
          return;
        case 'hang-up': {
          const watched = sessions.has(command.callId) ? null : watch.call(command.callId);
          if (watched === null) sessions.command(command);
          else deskPhones.hangUp(watched);
          return;
        }
        default:
          sessions.command(command);
      }
    },
    stop() {
      audio.stop();
      watch.stop();
      connection.stop();
    },
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
