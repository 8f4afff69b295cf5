/** A widget that polls, in Node: says what a test wants it to say, and sees every answer as it came over the line. */
import { webcrypto } from 'node:crypto';
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { packPart, PollAnswerSchema, pollKeys, unpackPart, type PollKeys } from '../../../../app/bridge/polling.ts';
import {
  parseDesktopFrame,
  VERSIONS,
  type DesktopMessage,
  type WidgetMessage,
} from '../../../../app/bridge/protocol.ts';
import {
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
const random = (length: number) => webcrypto.getRandomValues(new Uint8Array(length));

export type Answer = { status: number; headers: IncomingMessage['headers']; body: string };

/** A GET with the headers exactly as given. */
export async function get(port: number, path: string, headers: Record<string, string>): Promise<Answer> {
  const asked = request({ host: '127.0.0.1', port, method: 'GET', path, headers }).end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  let body = '';
  for await (const part of response) body += String(part);
  return { status: response.statusCode ?? 0, headers: response.headers, body };
}

export type PollPeer = ReturnType<typeof openPollPeer>;

export function openPollPeer(port: number, origin: string) {
  const id = toBase64Url(random(16));
  const headers = { Host: `127.0.0.1:${port}`, Origin: origin };
  const heard: DesktopMessage[] = [];
  const lines: { path: string; body: string }[] = [];
  let number = 0;
  let keys: PollKeys | null = null;
  let sealed = false;
  let closed: string | null = null;

  const path = async (messages: readonly WidgetMessage[], at = number): Promise<string> => {
    const frames = messages.map((message) => JSON.stringify(message));
    return `/poll.js?c=${id}&n=${at}&d=${await packPart(subtle, sealed ? (keys?.polls ?? null) : null, at, frames)}`;
  };

  /** One poll; what was heard is added to `heard`. Throws with the status where it is refused. */
  async function poll(...messages: WidgetMessage[]): Promise<void> {
    const asked = await path(messages);
    const answer = await get(port, asked, headers);
    if (answer.status !== 200) throw new Error(String(answer.status));
    lines.push({ path: asked, body: answer.body });
    const [, mark, packed] = /^document\.currentScript\.dataset\.ringside="([cs])([\w-]*)"$/.exec(answer.body) ?? [];
    const read = await unpackPart(
      subtle,
      mark === 's' ? (keys?.answers ?? null) : null,
      number,
      packed ?? '',
      PollAnswerSchema,
    );
    if (read === null) throw new Error('unreadable');
    sealed ||= mark === 's';
    number += 1;
    closed ??= read.closed;
    for (const frame of read.frames) {
      const parsed = parseDesktopFrame(frame);
      if (!parsed.ok) throw new Error(`The desktop sent a frame that is ${parsed.code}.`);
      heard.push(parsed.message);
    }
  }

  function take<T extends DesktopMessage['type']>(type: T): Extract<DesktopMessage, { type: T }> {
    const at = heard.findIndex((message) => message.type === type);
    const [found] = at < 0 ? [] : heard.splice(at, 1);
    if (found?.type !== type) throw new Error(`no ${type}, closed ${closed}`);
    return found as Extract<DesktopMessage, { type: T }>;
  }

  /** Up to the `welcome` or the new token; throws where it is refused. */
  async function authenticate(clientId: string, way: 'token' | 'code', secret: string): Promise<string> {
    const widgetNonce = toBase64Url(random(32));
    await poll({ type: 'hello', versions: VERSIONS, clientId, nonce: widgetNonce, way });
    if (closed !== null) throw new Error(closed);
    const hello = take('hello');
    const transcript: Transcript = {
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
    const scalar = random(32);
    const share = way === 'code' ? await pairingShare(subtle, secret, transcript, scalar) : null;
    const key =
      share === null
        ? fromBase64Url(secret)
        : await pairingKey(subtle, transcript, scalar, 'widget', { desktop: hello.share ?? '', widget: share });
    keys = await pollKeys(subtle, key, transcript);
    await poll({ type: 'prove', proof: await prove(subtle, key, 'widget', transcript), share });
    if (closed !== null) throw new Error(closed);
    if (way === 'token') {
      take('welcome');
      return secret;
    }
    const paired = take('paired');
    if (!(await proves(subtle, key, 'desktop', transcript, paired.proof))) throw new Error('not the desktop');
    return (await openToken(subtle, key, transcript, paired.sealed)) ?? 'unreadable';
  }

  return {
    id,
    heard,
    /** Everything that crossed the line. */
    lines,
    headers,
    path,
    poll,
    take,
    authenticate,
    number: () => number,
    closed: () => closed,
    /** Ready, and the one of its browser. */
    async ready(clientId: string, token: string, userId = 42): Promise<void> {
      await authenticate(clientId, 'token', token);
      await poll({ type: 'tab', origin, userId });
      take('ready');
      await poll({ type: 'role', leader: true, locks: true });
    },
  };
}
