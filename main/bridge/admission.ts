/** Who may speak to the bridge at all: decided from the request line and headers, before any upgrade. */
import type { IncomingMessage } from 'node:http';

export type Admission = { ok: true; origin: string } | { ok: false; why: 'host' | 'origin' };

/**
 * A page of the account, and nobody else. `Host` must be the loopback name that we listen on (a rebinding DNS name is
 * not), `Origin` exactly the account's: missing, `null`, repeated or any other is refused.
 */
export function admit(request: Pick<IncomingMessage, 'rawHeaders'>, account: string | null, port: number): Admission {
  const [host, ...otherHosts] = valuesOf(request, 'host');
  if (otherHosts.length > 0 || (host !== `127.0.0.1:${port}` && host !== `localhost:${port}`)) {
    return { ok: false, why: 'host' };
  }
  const [origin, ...otherOrigins] = valuesOf(request, 'origin');
  if (account === null || otherOrigins.length > 0 || origin !== account) return { ok: false, why: 'origin' };
  return { ok: true, origin };
}

/** From the raw headers: Node joins or drops repeated ones. */
function valuesOf({ rawHeaders }: Pick<IncomingMessage, 'rawHeaders'>, name: string): string[] {
  const values: string[] = [];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    if (rawHeaders[at]?.toLowerCase() === name) values.push(rawHeaders[at + 1] ?? '');
  }
  return values;
}
