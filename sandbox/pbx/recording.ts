import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { downsample, mix, RECORDING_RATE, wav } from './audio.ts';
import { listen } from './listen.ts';

/** The longest part of a call that is kept: ten minutes. */
const MAX_SAMPLES = RECORDING_RATE * 600;

type Side = 'caller' | 'callee';

/** Both directions of one call, written as they are spoken and heard, each at its place in time. */
export class Recorder {
  readonly #sides: Readonly<Record<Side, { chunks: Int16Array[]; length: number }>> = {
    caller: { chunks: [], length: 0 },
    callee: { chunks: [], length: 0 },
  };
  readonly #now: () => number;
  readonly #startedAt: number;

  /** @param now monotonic milliseconds */
  constructor(now: () => number) {
    this.#now = now;
    this.#startedAt = now();
  }

  /** Adds what one side just said. A side that begins late is preceded by silence. */
  write(side: Side, samples: Int16Array, rate: number): void {
    const track = this.#sides[side];
    const chunk = downsample(samples, rate, RECORDING_RATE);
    const due = Math.floor(((this.#now() - this.#startedAt) * RECORDING_RATE) / 1000) - chunk.length;
    const gap = due - track.length;
    // Timers jitter by some frames; only a real pause of the stream is filled.
    const silence = gap > RECORDING_RATE / 10 ? new Int16Array(gap) : new Int16Array(0);
    if (track.length + silence.length + chunk.length > MAX_SAMPLES) return;
    track.chunks.push(silence, chunk);
    track.length += silence.length + chunk.length;
  }

  /** The call so far as a WAV file. */
  wav(): Buffer {
    return wav(mix(this.#samples('caller'), this.#samples('callee')), RECORDING_RATE);
  }

  #samples(side: Side): Int16Array {
    const { chunks, length } = this.#sides[side];
    const samples = new Int16Array(length);
    let at = 0;
    for (const chunk of chunks) {
      samples.set(chunk, at);
      at += chunk.length;
    }
    return samples;
  }
}

export type RecordingServer = {
  /** Where a recording is, or will be once it is put there: until then it answers 404. */
  address(id: string): string;
  put(id: string, file: Buffer): void;
  close(): Promise<void>;
};

/** Serves recordings on 127.0.0.1 as `GET /rec/<id>.wav`, with ranges as an audio player asks for them (RFC 9110 section 14). */
export const startRecordingServer = async (): Promise<RecordingServer> => {
  const files = new Map<string, Buffer>();
  const server = createServer((request, response) => answer(files, request, response));
  const port = await listen(server, 0, '127.0.0.1');
  return {
    address: (id) => `http://127.0.0.1:${port}/rec/${id}.wav`,
    put: (id, file) => {
      files.set(id, file);
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

const answer = (files: ReadonlyMap<string, Buffer>, request: IncomingMessage, response: ServerResponse): void => {
  const id = /^\/rec\/([\w-]+)\.wav$/.exec(request.url ?? '')?.[1];
  const file = id === undefined ? undefined : files.get(id);
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.writeHead(405, { Allow: 'GET, HEAD' }).end();
    return;
  }
  if (file === undefined) {
    response.writeHead(404).end();
    return;
  }
  const range = parseRange(request.headers.range, file.length);
  if (range === 'unsatisfiable') {
    response.writeHead(416, { 'Content-Range': `bytes */${file.length}` }).end();
    return;
  }
  const { start, end } = range ?? { start: 0, end: file.length - 1 };
  response.writeHead(range === undefined ? 200 : 206, {
    'Accept-Ranges': 'bytes',
    'Content-Type': 'audio/wav',
    'Content-Length': end - start + 1,
    ...(range === undefined ? {} : { 'Content-Range': `bytes ${start}-${end}/${file.length}` }),
  });
  response.end(request.method === 'HEAD' ? undefined : file.subarray(start, end + 1));
};

/** One byte range, both ends included; undefined for none or one that we may ignore (several ranges, another unit). */
export const parseRange = (
  header: string | undefined,
  size: number,
): { start: number; end: number } | 'unsatisfiable' | undefined => {
  const found = /^bytes=(\d*)-(\d*)$/.exec(header ?? '');
  if (found === null || (found[1] === '' && found[2] === '')) return undefined;
  const first = found[1] === '' ? Math.max(0, size - Number(found[2])) : Number(found[1]);
  const last = found[1] === '' || found[2] === '' ? size - 1 : Math.min(Number(found[2]), size - 1);
  return first > last ? 'unsatisfiable' : { start: first, end: last };
};
