/** Waits on the registered loopback address for Kommo's answer to a sign-in. Open only while one is under way. */
import http from 'node:http';

export type RedirectListener = { query: Promise<URLSearchParams>; close(): void };

/**
 * Listens at `redirectUri` (`http://127.0.0.1:17653/oauth/callback`). `page` makes the sentence that the browser shows
 * for an answer, and says whether it is foreign: then the wait goes on, or any web page could end a sign-in. Rejects
 * with a plain sentence where the port is taken.
 */
export async function listenForRedirect(
  redirectUri: string,
  page: (query: URLSearchParams) => { ok: boolean; message: string; foreign: boolean },
): Promise<RedirectListener> {
  const expected = new URL(redirectUri);
  let resolve: (query: URLSearchParams) => void = () => {};
  const query = new Promise<URLSearchParams>((done) => (resolve = done));

  const server = http.createServer((request, response) => {
    const url = readUrl(request.url, expected.origin);
    // Any web page can make the browser ask this address: only our own path counts, and only as a page that was opened.
    if (request.method !== 'GET' || url?.pathname !== expected.pathname || request.headers.host !== expected.host) {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('Not found');
      return;
    }
    const { ok, message, foreign } = page(url.searchParams);
    response
      .writeHead(ok ? 200 : 400, {
        'content-type': 'text/html; charset=utf-8',
        'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
        'cache-control': 'no-store',
        connection: 'close',
      })
      .end(answerPage(ok, message), () => {
        if (!foreign) resolve(url.searchParams);
      });
  });

  const host = expected.hostname.replace(/^\[(.*)\]$/, '$1');
  await new Promise<void>((done, fail) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      fail(
        new Error(
          error.code === 'EADDRINUSE'
            ? `Another program uses port ${expected.port}, where Kommo's answer must arrive.`
            : `Ringside cannot listen on ${expected.host} for Kommo's answer (${error.code ?? error.message}).`,
        ),
      ),
    );
    server.listen(Number(expected.port), host, done);
  });

  return {
    query,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** The address that was asked for, null where it is none: `//` is a request that Node lets through. */
function readUrl(text: string | undefined, base: string): URL | null {
  try {
    return new URL(text ?? '/', base);
  } catch {
    return null;
  }
}

function answerPage(ok: boolean, message: string): string {
  const escaped = message.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Ringside</title>
<style>body{font:16px/1.5 system-ui,sans-serif;margin:20vh auto;max-width:28rem;padding:0 1rem;color:#1c2430;background:#fff}
@media(prefers-color-scheme:dark){body{color:#e8ecf2;background:#14181f}}h1{font-size:1.25rem}</style>
<h1>${ok ? 'Signed in' : 'Not signed in'}</h1><p>${escaped}</p></html>`;
}
