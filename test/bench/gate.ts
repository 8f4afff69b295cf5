/** A way to a server that can be cut: what runs over it breaks, and nobody gets through until it is opened again. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export type Gate = {
  port: number;
  /** Breaks every connection without a farewell and refuses new ones. */
  cut(): Promise<void>;
  /** Resolves when connections are taken again. */
  open(): Promise<void>;
};

/** Opens a gate on 127.0.0.1 before a port of the same address. */
export async function openGate(behind: number): Promise<Gate> {
  const sockets = new Set<Socket>();
  const server = createServer((outside) => {
    const inside = connect(behind, '127.0.0.1');
    for (const [socket, other] of [
      [outside, inside],
      [inside, outside],
    ] as const) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    async cut() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.resetAndDestroy();
      await closed;
    },
    async open() {
      server.listen(port, '127.0.0.1');
      await once(server, 'listening');
    },
  };
}
