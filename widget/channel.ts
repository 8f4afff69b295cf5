/** What a hand-shake is spoken over: a socket, or a script that is loaded every few seconds where none can be opened. */
import {
  packPart,
  POLL_DATA,
  POLL_EVERY,
  PollAnswerSchema,
  pollKeys,
  unpackPart,
  type PollKeys,
} from '../app/bridge/polling.ts';
import { BRIDGE_PATH, POLL_PATH } from '../app/bridge/protocol.ts';
import { toBase64Url, type Bytes, type Transcript } from '../app/bridge/transcript.ts';

export type ChannelEvents = {
  opened(): void;
  /** Null for what is no text. */
  frame(text: string | null): Promise<void>;
  /** It came to nothing, or has ended: said once, and not after `close`. */
  closed(): void;
};

export type Channel = {
  send(text: string): void;
  /** The key of the proofs is known: what can be read along is sealed from here on. */
  seal(key: Bytes, transcript: Transcript): Promise<void>;
  close(): void;
};

export function openSocket(port: number, events: ChannelEvents): Channel {
  const given = new AbortController();
  const { signal } = given;
  const socket = new WebSocket(`ws://127.0.0.1:${port}${BRIDGE_PATH}`);
  socket.addEventListener('open', events.opened, { signal });
  socket.addEventListener('close', events.closed, { signal });
  socket.addEventListener(
    'message',
    ({ data }: MessageEvent<unknown>) => void events.frame(typeof data === 'string' ? data : null),
    { signal },
  );
  return {
    send: (text) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(text);
    },
    seal: () => Promise.resolve(),
    close() {
      given.abort();
      socket.close();
    },
  };
}

export function openPolls(port: number, events: ChannelEvents): Channel {
  const { subtle } = crypto;
  const id = toBase64Url(crypto.getRandomValues(new Uint8Array(16)));
  let number = 0;
  let out: string[] = [];
  let keys: PollKeys | null = null;
  /** The desktop has answered under these keys: nothing clear is said or believed any more. */
  let sealed = false;
  let polling = false;
  let closed = false;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function end(): void {
    if (closed) return;
    close();
    events.closed();
  }

  function close(): void {
    closed = true;
    clearTimeout(timer);
  }

  /** One request, and when the next one is to follow. */
  async function exchange(): Promise<'at once' | 'later' | 'never'> {
    const frames = out;
    out = [];
    const data = await packPart(subtle, sealed ? (keys?.polls ?? null) : null, number, frames);
    const packed = await loadScript(`http://127.0.0.1:${port}${POLL_PATH}?c=${id}&n=${number}&d=${data}`);
    const isSealed = packed?.startsWith('s') === true;
    if (closed || packed === undefined || (sealed && !isSealed) || (isSealed && keys === null)) return 'never';
    const key = isSealed ? (keys?.answers ?? null) : null;
    const answer = await unpackPart(subtle, key, number, packed.slice(1), PollAnswerSchema);
    if (answer === null) return 'never';
    sealed ||= isSealed;
    number += 1;
    for (const frame of answer.frames) if (!closed) await events.frame(frame);
    if (answer.closed !== null) return 'never';
    return answer.frames.length > 0 ? 'at once' : 'later';
  }

  function poll(): void {
    if (closed || polling) return;
    clearTimeout(timer);
    polling = true;
    void exchange()
      .catch(() => 'never' as const)
      .then((next) => {
        polling = false;
        if (next === 'never') end();
        else if (next === 'at once' || out.length > 0) poll();
        else if (!closed) timer = setTimeout(poll, POLL_EVERY);
      });
  }

  queueMicrotask(() => {
    if (closed) return;
    events.opened();
    poll();
  });
  return {
    send(text) {
      out.push(text);
      poll();
    },
    async seal(key, transcript) {
      keys = await pollKeys(subtle, key, transcript);
    },
    close,
  };
}

/**
 * What a script of the desktop left on the element that loaded it; undefined where it could not be loaded. Asked for
 * with CORS, so that the browser says which page asks, and with no word of where in Kommo the agent is.
 */
function loadScript(src: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const script = document.createElement('script');
    const done = (): void => {
      script.remove();
      resolve(script.dataset[POLL_DATA]);
    };
    script.async = true;
    script.crossOrigin = 'anonymous';
    script.referrerPolicy = 'no-referrer';
    script.onload = done;
    script.onerror = done;
    script.src = src;
    document.head.append(script);
  });
}
