/** A widget's end of the bridge, in Node: says what a test wants it to say, and keeps what it hears. */
import { once } from 'node:events';
import { webcrypto } from 'node:crypto';
import { WebSocket } from 'ws';
import {
  parseDesktopFrame,
  VERSIONS,
  type DesktopMessage,
  type Versions,
  type WidgetMessage,
} from '../../../../app/bridge/protocol.ts';
import {
  codeKey,
  fromBase64Url,
  openToken,
  pairingKey,
  pairingShare,
  prove,
  proves,
  toBase64Url,
  type Transcript,
} from '../../../../app/bridge/transcript.ts';

const { subtle } = webcrypto;
export const nonce = (): string => toBase64Url(webcrypto.getRandomValues(new Uint8Array(32)));

export type Secret = { way: 'token' | 'code'; secret: string };
export type Peer = Awaited<ReturnType<typeof openPeer>>;
type Of<T extends DesktopMessage['type']> = Extract<DesktopMessage, { type: T }>;

/** Opens a socket; rejects with the status of the answer where the upgrade is refused. */
export async function openPeer(port: number, origin: string | undefined, headers: Record<string, string> = {}) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/bridge`, {
    headers: { ...(origin === undefined ? {} : { Origin: origin }), ...headers },
  });
  const heard: DesktopMessage[] = [];
  const news = new EventTarget();
  const answers = new Map<string, (message: DesktopMessage) => WidgetMessage>();
  let closed: { code: number; reason: string } | null = null;
  let deaf = false;
  socket.on('message', (data: Buffer) => {
    const parsed = parseDesktopFrame(data.toString());
    if (!parsed.ok) throw new Error(`The desktop sent a frame that is ${parsed.code}.`);
    if (parsed.message.type === 'ping' && !deaf) send({ type: 'pong' });
    const answer = answers.get(parsed.message.type)?.(parsed.message);
    if (answer !== undefined) return send(answer);
    heard.push(parsed.message);
    news.dispatchEvent(new Event('news'));
  });
  socket.on('close', (code, reason) => {
    closed = { code, reason: reason.toString() };
    news.dispatchEvent(new Event('news'));
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
    socket.once('unexpected-response', (_, response) => reject(new Error(String(response.statusCode))));
  });
  // After the upgrade an error is followed by `close`.
  socket.on('error', () => undefined);

  const send = (message: WidgetMessage): void => socket.send(JSON.stringify(message));

  /** Resolves as soon as `get` gives something. */
  async function until<T>(get: () => T | undefined | null): Promise<T> {
    for (;;) {
      const found = get();
      if (found !== undefined && found !== null) return found;
      await once(news, 'news');
    }
  }

  /** The next message of a type, which is taken off what was heard; fails where the socket closes before. */
  function next<T extends DesktopMessage['type']>(type: T): Promise<Of<T>> {
    return until(() => {
      const at = heard.findIndex((message) => message.type === type);
      const [found] = at < 0 ? [] : heard.splice(at, 1);
      if (found?.type === type) return found as Of<T>;
      if (closed !== null) throw new Error(`closed (${closed.code} ${closed.reason}) before ${type}`);
      return undefined;
    });
  }

  /** Up to the `welcome` or the new token; a refusal rejects with its code. */
  async function authenticate(
    clientId: string,
    { way, secret }: Secret,
    spoil: Partial<Transcript> = {},
    versions: Versions = VERSIONS,
  ): Promise<string> {
    const widgetNonce = nonce();
    send({ type: 'hello', versions, clientId, nonce: widgetNonce, way });
    const hello = await next('hello');
    const transcript: Transcript = {
      way,
      version: hello.version,
      widget: versions,
      desktop: hello.versions,
      clientId,
      widgetNonce,
      desktopNonce: hello.nonce,
      origin: origin ?? '',
      port,
      ...spoil,
    };
    let share: string | null = null;
    let key = way === 'token' ? fromBase64Url(secret) : null;
    if (key === null && hello.share === null) key = await codeKey(subtle, secret, transcript);
    if (key === null && hello.share !== null) {
      const scalar = webcrypto.getRandomValues(new Uint8Array(32));
      share = await pairingShare(subtle, secret, transcript, scalar);
      key = await pairingKey(subtle, transcript, scalar, 'widget', { desktop: hello.share, widget: share });
    }
    if (key === null) throw new Error('no key');
    if (way === 'token' && spoil.port === undefined && hello.proof !== null) {
      if (!(await proves(subtle, key, 'desktop', transcript, hello.proof))) throw new Error('not the desktop');
    }
    send({ type: 'prove', proof: await prove(subtle, key, 'widget', transcript), share });
    if (way === 'token') {
      await next('welcome');
      return secret;
    }
    const paired = await next('paired');
    if (!(await proves(subtle, key, 'desktop', transcript, paired.proof))) throw new Error('not the desktop');
    return (await openToken(subtle, key, transcript, paired.sealed)) ?? 'unreadable';
  }

  return {
    heard,
    send,
    sendRaw: (data: string | Buffer) => socket.send(data),
    next,
    /** From now on messages of a type are answered by themselves, and not kept. */
    answer<T extends DesktopMessage['type']>(type: T, by: (message: Of<T>) => WidgetMessage): void {
      answers.set(type, (message) => by(message as Of<T>));
    },
    authenticate,
    /** Resolves when the socket is closed, with its close code and reason. */
    closed: () => until(() => closed),
    close: () => socket.close(),
    /** Reads nothing more, as a page that hangs. */
    pause: () => socket.pause(),
    stopAnswering: () => {
      deaf = true;
    },
  };
}

/** A tab that is ready, and holds its browser's lock unless told otherwise. */
export async function openTab(
  port: number,
  origin: string,
  clientId: string,
  token: string,
  { userId = 42, leader = true, locks = true }: { userId?: number; leader?: boolean; locks?: boolean } = {},
): Promise<Peer> {
  const peer = await openPeer(port, origin);
  await peer.authenticate(clientId, { way: 'token', secret: token });
  peer.send({ type: 'tab', origin, userId });
  await peer.next('ready');
  peer.send({ type: 'role', leader, locks });
  return peer;
}
