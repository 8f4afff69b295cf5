/** The second way's end here: scripts that a widget loads every few seconds instead of a socket (app/bridge/polling.ts). */
import { webcrypto } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import * as v from 'valibot';
import {
  packPart,
  pollKeys,
  PollFramesSchema,
  PollQuerySchema,
  pollScript,
  unpackPart,
  type PollAnswer,
  type PollKeys,
} from '../../app/bridge/polling.ts';
import type { Channel, ChannelListener } from './channel.ts';

const { subtle } = webcrypto;

/** Milliseconds that a channel which is over waits to be asked once more, so that the widget hears why. */
const FAREWELL = 10_000;

type Polled = {
  origin: string;
  /** The number of the next request. */
  next: number;
  /** A request is being dealt with. */
  busy: boolean;
  out: string[];
  unsent: number;
  keys: PollKeys | null;
  closed: string | null;
  listener: ChannelListener | null;
  timer: NodeJS.Timeout | undefined;
};

export type Polls = {
  /** Answers a request that was admitted. */
  answer(
    request: Pick<IncomingMessage, 'url' | 'method' | 'headers'>,
    response: ServerResponse,
    origin: string,
  ): Promise<void>;
  stop(): void;
};

/**
 * @param ports.silence milliseconds without a poll after which the tab is taken to be gone. Browsers run the timers of a
 *   tab in the background once a minute.
 * @param ports.open takes over a new channel; false where there is no room for it
 */
export function createPolls(ports: {
  silence: number;
  open(channel: Channel, request: { headers: IncomingMessage['headers'] }, origin: string): boolean;
}): Polls {
  const channels = new Map<string, Polled>();

  function forget(id: string, polled: Polled): void {
    clearTimeout(polled.timer);
    if (!channels.delete(id)) return;
    polled.closed ??= 'silent';
    polled.listener?.closed();
  }

  function expect(id: string, polled: Polled, milliseconds: number): void {
    clearTimeout(polled.timer);
    polled.timer = setTimeout(() => forget(id, polled), milliseconds).unref();
  }

  function channelOf(id: string, polled: Polled): Channel {
    return {
      polled: true,
      listen(listener) {
        polled.listener = listener;
      },
      isOpen: () => polled.closed === null,
      unsent: () => polled.unsent,
      send(text) {
        polled.out.push(text);
        polled.unsent += text.length;
      },
      async seal(key, transcript) {
        polled.keys = await pollKeys(subtle, key, transcript);
      },
      close(_code, reason) {
        if (polled.closed !== null) return;
        polled.closed = reason ?? '';
        expect(id, polled, FAREWELL);
      },
      drop: () => forget(id, polled),
    };
  }

  function openChannel(id: string, request: { headers: IncomingMessage['headers'] }, origin: string): Polled | null {
    const polled: Polled = {
      origin,
      next: 0,
      busy: false,
      out: [],
      unsent: 0,
      keys: null,
      closed: null,
      listener: null,
      timer: undefined,
    };
    if (!ports.open(channelOf(id, polled), request, origin)) return null;
    channels.set(id, polled);
    return polled;
  }

  /** A script of this very page, as far as the browser says what it asks for. */
  function isScript({ headers }: Pick<IncomingMessage, 'headers'>, origin: string): boolean {
    const { referer, 'sec-fetch-dest': destination, 'sec-fetch-mode': mode } = headers;
    if (destination !== undefined && destination !== 'script') return false;
    if (mode !== undefined && mode !== 'cors') return false;
    return referer === undefined || referer === origin || referer.startsWith(`${origin}/`);
  }

  return {
    async answer(request, response, origin) {
      const refuse = (status: number): void => void response.writeHead(status).end();
      if (!isScript(request, origin)) return refuse(403);
      if (request.method !== 'GET') return refuse(405);
      const query = v.safeParse(
        PollQuerySchema,
        Object.fromEntries(new URL(request.url ?? '', 'http://127.0.0.1').searchParams),
      );
      if (!query.success) return refuse(400);
      const { c: id, n: number, d: data } = query.output;
      let polled = channels.get(id) ?? null;
      if (polled === null) {
        if (number !== 0) return refuse(404);
        polled = openChannel(id, request, origin);
        if (polled === null) return refuse(503);
      }
      if (polled.origin !== origin || polled.busy || number !== polled.next) return refuse(409);
      polled.busy = true;
      const frames = await unpackPart(subtle, polled.keys?.polls ?? null, number, data, PollFramesSchema);
      if (frames === null) {
        // Not the widget's: the number stays for the one who has the key.
        polled.busy = false;
        return refuse(403);
      }
      polled.next += 1;
      expect(id, polled, ports.silence);
      for (const frame of frames) await polled.listener?.frame(frame);
      const { keys } = polled;
      const answer: PollAnswer = { frames: polled.out, closed: polled.closed };
      polled.out = [];
      polled.unsent = 0;
      const packed = await packPart(subtle, keys?.answers ?? null, number, answer);
      polled.busy = false;
      if (polled.closed !== null && answer.closed !== null) forget(id, polled);
      response
        .writeHead(200, { 'Content-Type': 'text/javascript; charset=utf-8' })
        .end(pollScript(keys !== null, packed));
    },
    stop() {
      for (const [id, polled] of channels) forget(id, polled);
    },
  };
}
