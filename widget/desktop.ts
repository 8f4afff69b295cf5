/** One attempt to reach the desktop on one port: the hand-shake of docs/bridge.md, then its messages. */
import * as v from 'valibot';
import {
  BRIDGE_PATH,
  HEALTH_PATH,
  HealthSchema,
  negotiate,
  parseDesktopFrame,
  VERSIONS,
  type DesktopMessage,
  type Way,
  type WidgetMessage,
} from '../app/bridge/protocol.ts';
import {
  codeKey,
  fromBase64Url,
  openToken,
  prove,
  proves,
  toBase64Url,
  type Transcript,
} from '../app/bridge/transcript.ts';
import type { Problem } from './connection.ts';

/** Messages after the hand-shake. */
export type CallMessage = Extract<DesktopMessage, { type: 'call' | 'call.completed' | 'call.recording' | 'role' }>;

export type Attempt = {
  port: number;
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
  onFailed(problem: Problem): void;
  onClosed(): void;
};
export type Line = { send(message: WidgetMessage): void; hangUp(): void };

/** Loopback answers at once; a person who reads the browser's question does not. */
const PATIENCE = { normal: 4000, prompted: 120_000 };
/** The desktop pings every 25 s; a tab in the background runs its timers once a minute. */
const SILENCE = 150_000;

/** Dials. Everything that happens is told by the attempt's callbacks, never after `hangUp`. */
export function dial(attempt: Attempt): Line {
  const { subtle } = crypto;
  const given = new AbortController();
  let socket: WebSocket | null = null;
  let ready = false;
  let transcript: Transcript | null = null;
  let codeSecret: Uint8Array<ArrayBuffer> | null = null;
  let queue: Promise<void> = Promise.resolve();
  const widgetNonce = toBase64Url(crypto.getRandomValues(new Uint8Array(32)));
  const patience = attempt.patient ? PATIENCE.prompted : PATIENCE.normal;
  let watchdog = setTimeout(() => fail({ kind: 'not-running' }), patience);

  const send = (message: WidgetMessage): void => {
    if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
  };

  function hangUp(): void {
    if (given.signal.aborted) return;
    given.abort();
    clearTimeout(watchdog);
    socket?.close();
  }

  function fail(problem: Problem): void {
    if (given.signal.aborted) return;
    hangUp();
    if (ready) attempt.onClosed();
    else attempt.onFailed(problem);
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
    const opened = new WebSocket(`ws://127.0.0.1:${attempt.port}${BRIDGE_PATH}`);
    socket = opened;
    const { signal } = given;
    opened.addEventListener(
      'open',
      () => {
        listenFor(PATIENCE.normal);
        attempt.onOpened();
        const { clientId, way } = attempt;
        send({ type: 'hello', versions: VERSIONS, clientId, nonce: widgetNonce, way });
      },
      { signal },
    );
    opened.addEventListener('close', () => fail({ kind: 'not-running' }), { signal });
    opened.addEventListener(
      'message',
      ({ data }: MessageEvent<unknown>) => {
        const parsed = typeof data === 'string' ? parseDesktopFrame(data) : null;
        // A frame that is not of this protocol: a newer desktop's, or not ours to judge. Not fatal.
        if (parsed?.ok !== true) return console.warn('Ringside: a frame was refused', parsed?.code ?? 'binary');
        const { message } = parsed;
        queue = queue
          .then(() => (signal.aborted ? undefined : handle(message)))
          .catch(() => fail({ kind: 'impostor' }));
      },
      { signal },
    );
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
    const key = way === 'token' ? fromBase64Url(secret) : await codeKey(subtle, secret, heard);
    if (way === 'token' && (hello.proof === null || !(await proves(subtle, key, 'desktop', heard, hello.proof)))) {
      return fail({ kind: 'impostor' });
    }
    if (way === 'code') codeSecret = key;
    transcript = heard;
    send({ type: 'prove', proof: await prove(subtle, key, 'widget', heard) });
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

  knock().catch(() => fail({ kind: 'not-running' }));
  return { send, hangUp };
}
