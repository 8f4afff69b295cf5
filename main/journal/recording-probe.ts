/** Whether a recording is there: PBXes answer 404, an error page or an empty file until they have written it. */
import type { Fetch } from '../../app/kommo/client.ts';

const PROBE_MS = 10_000;

type Answer = Awaited<ReturnType<Fetch>>;

/** Asks for the head, and where the server has none to give, for the first bytes. Never rejects. */
export function createRecordingProbe(fetch: Fetch): (url: string) => Promise<boolean> {
  const ask = (url: string, method: 'HEAD' | 'GET'): Promise<Answer | null> =>
    fetch(url, {
      method,
      headers: method === 'GET' ? { range: 'bytes=0-15' } : {},
      signal: AbortSignal.timeout(PROBE_MS),
    }).catch(() => null);

  return async (url) => {
    const head = await ask(url, 'HEAD');
    if (head !== null && isAudio(head) && Number(head.headers.get('content-length')) > 0) return true;
    if (head === null || head.status === 404 || head.status >= 500) return false;
    const start = await ask(url, 'GET');
    if (start === null || !isAudio(start)) return false;
    return (await start.text().catch(() => '')) !== '';
  };
}

/** Some servers do not know the type; none says `text/html` of audio. */
function isAudio({ status, headers }: Answer): boolean {
  const type = headers.get('content-type') ?? '';
  return (
    (status === 200 || status === 206) &&
    (type === '' || /^(audio\/|video\/|application\/(octet-stream|ogg))/i.test(type))
  );
}
