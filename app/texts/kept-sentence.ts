/** Sentences from elsewhere: another process, a file, the message of a schema. */
import * as v from 'valibot';
import type { Said, Sentence, SentenceKey } from './sentence.ts';

const text = v.pipe(v.string(), v.maxLength(4096));

/** A key that this version does not have is worded as such (`worded.ts`). */
const SaidSchema: v.GenericSchema<unknown, Said> = v.object({
  say: v.pipe(
    text,
    v.transform((key) => key as SentenceKey),
  ),
  with: v.exactOptional(
    v.record(text, v.union([v.number(), v.lazy(() => SentenceSchema), v.array(v.lazy(() => SentenceSchema))])),
  ),
});
export const SentenceSchema: v.GenericSchema<unknown, Sentence> = v.union([text, SaidSchema]);

/** As a text to be kept, whatever language is spoken when it is read again. */
export const writtenSentence = (sentence: Sentence): string =>
  typeof sentence === 'string' ? sentence : JSON.stringify(sentence);

/** The sentence of such a text; one of a version that kept finished sentences is taken as it is. */
export function readSentence(written: string): Sentence {
  if (!written.startsWith('{"say":')) return written;
  try {
    return v.parse(SentenceSchema, JSON.parse(written));
  } catch {
    return written;
  }
}
