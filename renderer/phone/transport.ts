/**
 * SIP over WebSocket (RFC 7118) for SIP.js, in place of its own transport: that one waits for dead sockets to close,
 * sends keep-alives nobody asked for and wedges itself when a listener throws. Ours has one live socket, forgets an
 * old one on the spot, and shows each message to the phone before SIP.js.
 */
import { EmitterImpl, TransportState, type Transport } from 'sip.js';

export type SocketHooks = {
  /** The WebSocket address to connect to. */
  server(): string;
  opened(): void;
  /** The socket closed, or could not be opened. Not called for a socket that was given up by us. */
  closed(detail: string): void;
  /** A message arrived; `deliver` hands a text on to SIP.js, or throws what SIP.js throws. */
  received(text: string, deliver: (text: string) => void): void;
  /** A message is about to be sent; returns it as it is to be sent. */
  sending(text: string): string;
};

export class WebSocketTransport implements Transport {
  readonly stateChange = new EmitterImpl<TransportState>();
  onConnect: (() => void) | undefined;
  onDisconnect: ((error?: Error) => void) | undefined;
  onMessage: ((message: string) => void) | undefined;
  readonly #hooks: SocketHooks;
  #socket: WebSocket | null = null;

  /** SIP.js calls this with its logger and the user agent's `transportOptions`. */
  constructor(_logger: unknown, hooks: SocketHooks) {
    this.#hooks = hooks;
  }

  /** What the Via says; RFC 7118 section 5.2.1. */
  get protocol(): string {
    return this.#hooks.server().toLowerCase().startsWith('wss:') ? 'WSS' : 'WS';
  }

  get state(): TransportState {
    switch (this.#socket?.readyState) {
      case WebSocket.OPEN:
        return TransportState.Connected;
      case WebSocket.CONNECTING:
        return TransportState.Connecting;
      default:
        return TransportState.Disconnected;
    }
  }

  isConnected(): boolean {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  /** Starts a new socket, giving up any other. Resolves at once: `opened` and `closed` tell the rest. */
  connect(): Promise<void> {
    this.#giveUp();
    let socket: WebSocket;
    try {
      socket = new WebSocket(this.#hooks.server(), 'sip');
    } catch (error) {
      queueMicrotask(() => this.#hooks.closed(error instanceof Error ? error.message : 'not a WebSocket address'));
      return Promise.resolve();
    }
    this.#socket = socket;
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => this.#hooks.opened();
    socket.onclose = ({ code, reason }) => {
      this.#socket = null;
      this.#hooks.closed(`the connection closed (${code}${reason === '' ? '' : `, ${reason.slice(0, 123)}`})`);
    };
    socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
      const text = typeof data === 'string' ? data : new TextDecoder().decode(data);
      this.#hooks.received(text, (message) => this.onMessage?.(message));
    };
    return Promise.resolve();
  }

  disconnect(): Promise<void> {
    this.#giveUp();
    return Promise.resolve();
  }

  dispose(): Promise<void> {
    return this.disconnect();
  }

  send(message: string): Promise<void> {
    if (this.#socket?.readyState !== WebSocket.OPEN) return Promise.reject(new Error('Not connected.'));
    this.#socket.send(this.#hooks.sending(message));
    return Promise.resolve();
  }

  #giveUp(): void {
    const socket = this.#socket;
    if (socket === null) return;
    this.#socket = null;
    socket.onopen = socket.onclose = socket.onmessage = null;
    socket.close(1000);
  }
}

/** Whether a SIP WebSocket can be opened there now; it is closed at once. */
export function canOpen(server: string, ms: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = new WebSocket(server, 'sip');
    const end = (reachable: boolean) => {
      clearTimeout(timer);
      socket.onopen = socket.onclose = null;
      socket.close();
      resolve(reachable);
    };
    const timer = setTimeout(() => end(false), ms);
    socket.onopen = () => end(true);
    socket.onclose = () => end(false);
  });
}

/**
 * Whether anything answers there. Cheaper than a WebSocket, and as often as wanted: Chromium holds new WebSockets back
 * for seconds after some failed ones.
 */
export async function answers(server: string, ms: number): Promise<boolean> {
  try {
    await fetch(server.replace(/^ws/i, 'http'), {
      mode: 'no-cors',
      cache: 'no-store',
      credentials: 'omit',
      signal: AbortSignal.timeout(ms),
    });
    return true;
  } catch {
    return false;
  }
}
