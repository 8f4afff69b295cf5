/** One attempt to reach the desktop on one port: the hand-shake of docs/bridge.md, then its messages. */
import * as v from 'valibot';
import {
  HEALTH_PATH,
  HealthSchema,
  isSpokenIn,
  negotiate,
  parseDesktopFrame,
  VERSIONS,
  type DesktopMessage,
  type Way,
  type WidgetMessage,
} from '../app/bridge/protocol.ts';
import {
  fromBase64Url,
  openToken,
  pairingKey,
  pairingShare,
  prove,
  proves,
  toBase64Url,
  type Bytes,
  type Transcript,
} from '../app/bridge/transcript.ts';
import { openPolls, openSocket, type Channel } from './channel.ts';
import type { Problem, Transport } from './connection.ts';

/** Messages after the hand-shake. */
export type CallMessage = Extract<
  DesktopMessage,
  { type: 'call' | 'call.completed' | 'call.recording' | 'role' | 'answer' | 'phone' | 'open.card' }
>;

export type Attempt = {
  port: number;
  transport: Transport;
  way: Way;
  /** The token, or the typed code. */
  secret: string;
  clientId: string;
  origin: string;
  userId: number;
  /** The browser may be asking the agent meanwhile. */
  patient: boolean;
  onOpened(): void;
  onPaired(token: string): void;
  onReady(): void;
  onMessage(message: CallMessage): void;
  /** It came to nothing before it was ready. Said once, and nothing after it. */
  onFailed(problem: Problem, milliseconds: number): void;
  onClosed(): void;
};
/** `send` drops what the version that both ends speak has no word for. */
export type Line = { send(message: WidgetMessage): void; hangUp(): void };

/** Loopback answers at once; a person who reads the browser's question does not. */
const PATIENCE = { normal: 4000, prompted: 120_000 };
/** The desktop pings every 25 s; a tab in the background runs its timers once a minute. */
const SILENCE = 150_000;

/** Dials. Everything that happens is told by the attempt's callbacks, never after `hangUp`. */
export function dial(attempt: Attempt): Line {
  const { subtle } = crypto;
  const given = new AbortController();
  let channel: Channel | null = null;
  let ready = false;
  let transcript: Transcript | null = null;
  let codeSecret: Bytes | null = null;
  let queue: Promise<void> = Promise.resolve();
  const began = performance.now();
  const widgetNonce = toBase64Url(crypto.getRandomValues(new Uint8Array(32)));
  const patience = attempt.patient ? PATIENCE.prompted : PATIENCE.normal;
  let watchdog = setTimeout(() => fail({ kind: 'not-running', hung: true }), patience);

  const send = (message: WidgetMessage): void => {
    if (isSpokenIn(transcript?.version ?? VERSIONS.min, message)) channel?.send(JSON.stringify(message));
  };

  function hangUp(): void {
    if (given.signal.aborted) return;
    given.abort();
    clearTimeout(watchdog);
    channel?.close();
  }

  function fail(problem: Problem): void {
    if (given.signal.aborted) return;
    hangUp();
    if (ready) attempt.onClosed();
    else attempt.onFailed(problem, performance.now() - began);
  }

  function listenFor(milliseconds: number): void {
    clearTimeout(watchdog);
    watchdog = setTimeout(() => fail({ kind: 'not-running' }), milliseconds);
  }

  /** Is it Ringside that listens there? Asked by `fetch`, which every browser asks its permission for. */
  async function knock(): Promise<void> {
    const response = await fetch(`http://127.0.0.1:${attempt.port}${HEALTH_PATH}`, {
      signal: given.signal,
      credentials: 'omit',
      cache: 'no-store',
      redirect: 'error',
    });
    const { ringside } = v.parse(HealthSchema, await response.json());
    if (given.signal.aborted) return;
    if (negotiate(VERSIONS, ringside) === null) {
      return fail({ kind: 'refused', code: 'version', seconds: null, tries: null });
    }
    open();
  }

  function open(): void {
    const connect = attempt.transport === 'socket' ? openSocket : openPolls;
    channel = connect(attempt.port, {
      opened() {
        listenFor(PATIENCE.normal);
        attempt.onOpened();
        const { clientId, way } = attempt;
        send({ type: 'hello', versions: VERSIONS, clientId, nonce: widgetNonce, way });
      },
      closed: () => fail({ kind: 'not-running' }),
      frame(text) {
        const parsed = text === null ? null : parseDesktopFrame(text);
        if (parsed?.ok !== true) {
          // A frame that is not of this protocol: a newer desktop's, or not ours to judge. Not fatal.
          console.warn('Ringside: a frame was refused', parsed?.code ?? 'binary');
          return Promise.resolve();
        }
        const { message } = parsed;
        queue = queue
          .then(() => (given.signal.aborted ? undefined : handle(message)))
          .catch(() => fail({ kind: 'impostor' }));
        return queue;
      },
    });
  }

  async function handle(message: DesktopMessage): Promise<void> {
    listenFor(ready ? SILENCE : PATIENCE.normal);
    switch (message.type) {
      case 'hello':
        return answer(message);
      case 'welcome':
        // Only after the desktop has proved itself, and only when a proof was asked for.
        if (transcript?.way === 'token') introduce();
        return;
      case 'paired':
        return acceptToken(message);
      case 'ready':
        if (transcript === null || ready) return;
        ready = true;
        listenFor(SILENCE);
        return attempt.onReady();
      case 'refused':
        if (!ready) {
          fail({ kind: 'refused', code: message.code, seconds: message.seconds, tries: message.tries });
        }
        return;
      case 'ping':
        return send({ type: 'pong' });
      case 'call':
      case 'call.completed':
      case 'call.recording':
      case 'role':
      case 'answer':
      case 'phone':
      case 'open.card':
        if (ready) attempt.onMessage(message);
        return;
      default: {
        const never: never = message;
        return never;
      }
    }
  }

  async function answer(hello: Extract<DesktopMessage, { type: 'hello' }>): Promise<void> {
    if (transcript !== null) return;
    const { way, secret, clientId, origin, port } = attempt;
    const heard: Transcript = {
      way,
      version: hello.version,
      widget: VERSIONS,
      desktop: hello.versions,
      clientId,
      widgetNonce,
      desktopNonce: hello.nonce,
      origin,
      port,
    };
    if (hello.version !== negotiate(VERSIONS, hello.versions)) return fail({ kind: 'impostor' });
    if (way === 'token') {
      const key = fromBase64Url(secret);
      if (hello.proof === null || !(await proves(subtle, key, 'desktop', heard, hello.proof))) {
        return fail({ kind: 'impostor' });
      }
      return claim(key, heard, null);
    }
    // Version 1 proves with a key that is made of the code alone, which whoever took the port could search for.
    if (hello.share === null) return fail({ kind: 'refused', code: 'version', seconds: null, tries: null });
    const scalar = crypto.getRandomValues(new Uint8Array(32));
    const share = await pairingShare(subtle, secret, heard, scalar);
    codeSecret = await pairingKey(subtle, heard, scalar, 'widget', { desktop: hello.share, widget: share });
    return claim(codeSecret, heard, share);
  }

  async function claim(key: Bytes, heard: Transcript, share: string | null): Promise<void> {
    const proof = await prove(subtle, key, 'widget', heard);
    await channel?.seal(key, heard);
    if (given.signal.aborted) return;
    transcript = heard;
    send({ type: 'prove', proof, share });
  }

  async function acceptToken(message: Extract<DesktopMessage, { type: 'paired' }>): Promise<void> {
    if (transcript === null || codeSecret === null) return;
    const right = await proves(subtle, codeSecret, 'desktop', transcript, message.proof);
    const token = right ? await openToken(subtle, codeSecret, transcript, message.sealed) : null;
    if (given.signal.aborted) return;
    if (token === null) return fail({ kind: 'impostor' });
    codeSecret = null;
    attempt.onPaired(token);
    introduce();
  }

  const introduce = (): void => send({ type: 'tab', origin: attempt.origin, userId: attempt.userId });

  // No `fetch` before a poll: what keeps sockets from being opened may keep that from being asked.
  if (attempt.transport === 'polling') open();
  else knock().catch(() => fail({ kind: 'not-running' }));
  return { send, hangUp };
}
