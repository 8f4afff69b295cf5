/**
 * `fetch` over Chromium's network stack (the system's proxies and certificates), whose POSTs reach Kommo at most once.
 * Chromium sends a request of any method again by itself when a connection that was used before breaks without an
 * answer (`HttpNetworkTransaction::ShouldResendRequest`): `POST /api/v2/events` would ring people twice. It does not on
 * a connection of its own, so that is what every POST gets.
 *
 * When Chromium's network process dies it starts another one, but a session that was used before never reaches that
 * (Electron keeps the session's way to the dead one): from then on only new sessions will do.
 */
import { app, net, session, type Session } from 'electron';
import type { Fetch } from '../../app/kommo/client.ts';

const NETWORK_SERVICE = 'network.mojom.NetworkService';

export function createOnceFetch(): { fetch: Fetch; abortAll(): void } {
  /** Network contexts without a request at the moment. */
  let free: Session[] = [];
  let made = 0;
  const fresh = () => session.fromPartition(`once-${++made}`, { cache: false });
  /** For GETs, once the default session is of no use. */
  let reading: Session | null = null;
  app.on('child-process-gone', (_event, { type, serviceName }) => {
    if (type !== 'Utility' || serviceName !== NETWORK_SERVICE) return;
    free = [];
    reading = fresh();
  });
  /** Requests without an answer yet: a program that ends does not wait for them, nor does Chromium's own end. */
  const underWay = new Set<AbortController>();

  const send: Fetch = async (url, init) => {
    if (init.method === 'GET') return reading === null ? net.fetch(url, init) : reading.fetch(url, init);
    const pool = free;
    const own = pool.pop() ?? fresh();
    try {
      await own.closeAllConnections();
      const response = await own.fetch(url, init);
      const text = await response.text();
      return { status: response.status, headers: response.headers, text: () => Promise.resolve(text) };
    } finally {
      // Nothing is sent on it any more: left open it would be a socket for each session.
      void own.closeAllConnections();
      pool.push(own);
    }
  };
  return {
    fetch: async (url, init) => {
      const ends = new AbortController();
      const abort = () => ends.abort(init.signal.reason);
      init.signal.addEventListener('abort', abort, { once: true });
      underWay.add(ends);
      try {
        return await send(url, { ...init, signal: ends.signal });
      } finally {
        init.signal.removeEventListener('abort', abort);
        underWay.delete(ends);
      }
    },
    abortAll() {
      for (const ends of underWay) ends.abort();
    },
  };
}
