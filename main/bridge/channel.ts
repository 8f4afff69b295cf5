/** What a session speaks over: a socket, or the polls of a widget that can open none. */
import type { RawData, WebSocket } from 'ws';
import type { Bytes, Transcript } from '../../app/bridge/transcript.ts';

export type ChannelListener = {
  /** A text frame, or null for a binary one. Resolves when it has been dealt with. */
  frame(text: string | null): Promise<void>;
  closed(): void;
};

export type Channel = {
  /** It is asked from time to time, and cannot be reached in between. */
  readonly polled: boolean;
  listen(listener: ChannelListener): void;
  isOpen(): boolean;
  /** Bytes that wait for the other end. */
  unsent(): number;
  send(text: string): void;
  /** The other end has proved itself: what is said from now on is sealed with keys of this handshake, if need be. */
  seal(key: Bytes, transcript: Transcript): Promise<void>;
  close(code: number, reason?: string): void;
  /** Without a word. */
  drop(): void;
};

/** Milliseconds that a peer may take to answer the close frame. */
const GRACE = 1000;

/** The frames of a socket need no sealing: they do not leave the computer, and no script can read along. */
export function socketChannel(
  socket: WebSocket,
  log: (event: string, details: Record<string, unknown>) => void,
): Channel {
  // A frame beyond the socket's own limit, or one that is no WebSocket frame at all.
  socket.on('error', (error) => log('bridge.socket-error', { code: Reflect.get(error, 'code') }));
  return {
    polled: false,
    listen({ frame, closed }) {
      socket.on('message', (data: RawData, binary: boolean) => {
        void frame(!binary && Buffer.isBuffer(data) ? data.toString() : null);
      });
      socket.on('close', closed);
    },
    isOpen: () => socket.readyState === socket.OPEN,
    unsent: () => socket.bufferedAmount,
    send: (text) => socket.send(text),
    seal: () => Promise.resolve(),
    close(code, reason) {
      socket.close(code, reason);
      const grace = setTimeout(() => socket.terminate(), GRACE);
      socket.once('close', () => clearTimeout(grace));
    },
    drop: () => socket.terminate(),
  };
}
