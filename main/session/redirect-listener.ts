/** Waits on the registered loopback address for Kommo's answer to a sign-in. Open only while one is under way. */
import http from 'node:http';
import { Refusal } from '../../app/texts/refusal.ts';
import type { Language } from '../../app/texts/language.ts';
import { say, type Sentence } from '../../app/texts/sentence.ts';
import { worded } from '../../app/texts/worded.ts';

export type RedirectListener = { query: Promise<URLSearchParams>; close(): void };

/** What the browser shows for an answer; a `foreign` one does not end the wait, or any web page could end a sign-in. */
export type AnswerPage = { ok: boolean; message: Sentence; foreign: boolean };

/**
 * Listens at `redirectUri` (`http://127.0.0.1:17653/oauth/callback`). `page` reads an answer, `language` says in which
 * language the browser shows it. Rejects with a `Refusal` where the port is taken.
 */
export async function listenForRedirect(
  redirectUri: string,
  page: (query: URLSearchParams) => AnswerPage,
  language: () => Language,
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
    const answer = page(url.searchParams);
    response
      .writeHead(answer.ok ? 200 : 400, {
        'content-type': 'text/html; charset=utf-8',
        'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
        'cache-control': 'no-store',
        connection: 'close',
      })
      .end(htmlOf(answer, language()), () => {
        if (!answer.foreign) resolve(url.searchParams);
      });
  });

  const host = expected.hostname.replace(/^\[(.*)\]$/, '$1');
  await new Promise<void>((done, fail) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      fail(
        new Refusal(
          error.code === 'EADDRINUSE'
            ? say('sign-in.port-taken', { port: expected.port })
            : say('sign-in.not-listening', { host: expected.host, why: error.code ?? error.message }),
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

function htmlOf({ ok, message }: AnswerPage, language: Language): string {
  const title = worded(say(ok ? 'sign-in.page-good' : 'sign-in.page-bad'), language);
  const escaped = worded(message, language).replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
  return `<!doctype html><html lang="${language}"><meta charset="utf-8"><title>Ringside</title>
<style>body{font:16px/1.5 system-ui,sans-serif;margin:20vh auto;max-width:28rem;padding:0 1rem;color:#1c2430;background:#fff}
@media(prefers-color-scheme:dark){body{color:#e8ecf2;background:#14181f}}h1{font-size:1.25rem}</style>
<h1>${title}</h1><p>${escaped}</p></html>`;
}
