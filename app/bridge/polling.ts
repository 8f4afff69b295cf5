/**
 * The second way (spec/call-notification.txt, "Web sockets"): where no socket can be opened, the widget loads a script
 * from the desktop every few seconds. It carries the same frames as the socket, with the same handshake; what comes
 * after that is sealed with keys of this handshake, each part under the number of its request. So nobody who loads the
 * script, or reads its address, learns or says anything, and a repeated request is not answered.
 *
 * An address: `/poll.js?c=CHANNEL&n=NUMBER&d=DATA`. The channel is 16 random bytes that the widget makes up, requests
 * are numbered from 0, DATA is a JSON array of frames. The script puts its answer where only the element that loaded it
 * is looked at: in that element's own data.
 */
import * as v from 'valibot';
import {
  fromBase64Url,
  sealingKey,
  toBase64Url,
  type Bytes,
  type Key,
  type Subtle,
  type Transcript,
} from './transcript.ts';

/** Milliseconds from one poll to the next while nothing happens. */
export const POLL_EVERY = 2000;
/** A script element's `data-ringside`. */
export const POLL_DATA = 'ringside';

const encode = (text: string): Bytes => new TextEncoder().encode(text);
const decode = (bytes: Bytes | ArrayBuffer): string => new TextDecoder('utf-8', { fatal: true }).decode(bytes);

export const PollQuerySchema = v.object({
  c: v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{22}$/)),
  n: v.pipe(v.string(), v.regex(/^\d{1,9}$/), v.transform(Number)),
  d: v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]*$/)),
});

/** Frames of one request. */
export const PollFramesSchema = v.pipe(v.array(v.string()), v.maxLength(200));
/** What an answer carries; `closed` is the reason where there will be no further one. */
export const PollAnswerSchema = v.object({ frames: v.array(v.string()), closed: v.nullable(v.string()) });
export type PollAnswer = v.InferOutput<typeof PollAnswerSchema>;

/** One key for what the widget asks, one for what it is answered. */
export type PollKeys = { polls: Key; answers: Key };

export async function pollKeys(subtle: Subtle, key: Bytes, transcript: Transcript): Promise<PollKeys> {
  const [polls, answers] = await Promise.all([
    sealingKey(subtle, key, transcript, 'polls'),
    sealingKey(subtle, key, transcript, 'answers'),
  ]);
  return { polls, answers };
}

/** The number of the request as the initialisation vector: each key seals each number once. */
function vector(number: number): Bytes {
  const iv = new Uint8Array(12);
  new DataView(iv.buffer).setUint32(8, number);
  return iv;
}

/** JSON in base64url, sealed where there is a key. */
export async function packPart(subtle: Subtle, key: Key | null, number: number, value: unknown): Promise<string> {
  const clear = encode(JSON.stringify(value));
  if (key === null) return toBase64Url(clear);
  const sealed = await subtle.encrypt({ name: 'AES-GCM', iv: vector(number) }, key, clear);
  return toBase64Url(new Uint8Array(sealed));
}

/** What was packed; null where it is not what the other end made for this number. Never throws. */
export async function unpackPart<T>(
  subtle: Subtle,
  key: Key | null,
  number: number,
  packed: string,
  schema: v.GenericSchema<unknown, T>,
): Promise<T | null> {
  try {
    const bytes = fromBase64Url(packed);
    const clear = key === null ? bytes : await subtle.decrypt({ name: 'AES-GCM', iv: vector(number) }, key, bytes);
    return v.parse(schema, JSON.parse(decode(clear)));
  } catch {
    return null;
  }
}

/** The script of an answer: `s` before what is sealed, `c` before what is clear. */
export const pollScript = (sealed: boolean, packed: string): string =>
  `document.currentScript.dataset.${POLL_DATA}="${sealed ? 's' : 'c'}${packed}"`;
