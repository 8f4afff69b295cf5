import { createServer as createHttpServer, type IncomingMessage } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { WebSocketServer, type RawData, type WebSocket } from 'ws';
import type { Flow } from './flow.ts';
import { listen } from './listen.ts';

/** The largest SIP message taken: more is closed with 1009. */
const MAX_BYTES = 65_536;

export type SocketServer = {
  readonly url: string;
  /** host:port as it stands in a Via. */
  readonly sentBy: string;
  /** Ends every WebSocket without a closing handshake, as a lost network does. */
  drop(): void;
  /** Lets every WebSocket that is open now stay open, and dead. */
  deaden(): void;
  close(): Promise<void>;
};

/** SIP over WebSocket (RFC 7118): each socket with subprotocol `sip` is a flow; keep-alives (RFC 5626 section 4.4.1) are answered here. */
export const startSocketServer = async (options: {
  host: string;
  port: number;
  tls: { key: string; cert: string } | undefined;
  newId: () => string;
  onOpen: (flow: Flow) => void;
  onText: (flow: Flow, text: string) => void;
  onClose: (flow: Flow) => void;
}): Promise<SocketServer> => {
  const server = options.tls === undefined ? createHttpServer() : createHttpsServer(options.tls);
  server.on('request', (_request, response) => response.writeHead(426, { Upgrade: 'websocket' }).end());
  const sockets = new WebSocketServer({
    server,
    maxPayload: MAX_BYTES,
    handleProtocols: () => 'sip',
    verifyClient: ({ req }, decide) => (speaksSip(req) ? decide(true) : decide(false, 400, 'Subprotocol sip wanted')),
  });
  // The HTTP server's errors come out of listen(); ws repeats them here.
  sockets.on('error', () => undefined);
  const transport = options.tls === undefined ? 'WS' : 'WSS';
  const dead = new WeakSet<WebSocket>();
  sockets.on('connection', (socket) => {
    const flow = socketFlow(socket, options.newId(), transport, () => dead.has(socket));
    options.onOpen(flow);
    socket.on('message', (data) => {
      if (dead.has(socket)) return;
      const text = textOf(data);
      if (text.trim() !== '') options.onText(flow, text);
      else if (text === '\r\n\r\n') flow.send('\r\n');
    });
    socket.on('error', () => socket.terminate());
    socket.on('close', () => options.onClose(flow));
  });
  const port = await listen(server, options.port, options.host);
  const deaden = (): void => {
    for (const socket of sockets.clients) dead.add(socket);
  };
  const drop = (): void => {
    for (const socket of sockets.clients) socket.terminate();
  };
  return {
    url: `${transport.toLowerCase()}://${options.host}:${port}`,
    sentBy: `${options.host}:${port}`,
    drop,
    deaden,
    close: async () => {
      drop();
      await new Promise<void>((resolve) => sockets.close(() => resolve()));
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
};

const speaksSip = (request: IncomingMessage): boolean =>
  (request.headers['sec-websocket-protocol'] ?? '').split(',').some((name) => name.trim().toLowerCase() === 'sip');

const socketFlow = (socket: WebSocket, id: string, transport: 'WS' | 'WSS', isDead: () => boolean): Flow => ({
  id,
  trunk: false,
  transport,
  get open() {
    return socket.readyState === socket.OPEN;
  },
  send: (text) => {
    if (socket.readyState === socket.OPEN && !isDead()) socket.send(text);
  },
});

const textOf = (data: RawData): string =>
  Array.isArray(data) ? Buffer.concat(data).toString() : Buffer.from(data as Uint8Array).toString();
