/**
 * `fetch` over Chromium's network stack (the system's proxies and certificates), whose POSTs reach Kommo at most once.
 * Chromium sends a request of any method again by itself when a connection that was used before breaks without an
 * answer (`HttpNetworkTransaction::ShouldResendRequest`): `POST /api/v2/events` would ring people twice. It does not on
 * a connection of its own, so that is what every POST gets.
 */
import { net, session, type Session } from 'electron';
import type { Fetch } from '../../app/kommo/client.ts';

export function createOnceFetch(): Fetch {
  /** Network contexts without a request at the moment. */
  const free: Session[] = [];
  let made = 0;

  return async (url, init) => {
    if (init.method === 'GET') return net.fetch(url, init);
    const own = free.pop() ?? session.fromPartition(`once-${++made}`, { cache: false });
    try {
      await own.closeAllConnections();
      const response = await own.fetch(url, init);
      const text = await response.text();
      return { status: response.status, headers: response.headers, text: () => Promise.resolve(text) };
    } finally {
      free.push(own);
    }
  };
}
