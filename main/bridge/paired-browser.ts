/** A browser that was paired: the token it was given. Kept by main's settings, encrypted where the system can. */
import * as v from 'valibot';
import { writtenSentence } from '../../app/texts/kept-sentence.ts';
import { say, type Sentence } from '../../app/texts/sentence.ts';
import { Bytes32Schema, ClientIdSchema } from '../../app/bridge/protocol.ts';

const time = v.pipe(v.number(), v.integer(), v.minValue(0));

export const PairedBrowserSchema = v.object({
  clientId: ClientIdSchema,
  /** A sentence as it is kept (`kept-sentence.ts`); what was paired by an older Ringside has a text, or none. */
  name: v.optional(v.pipe(v.string(), v.maxLength(200)), writtenSentence(say('browser.some'))),
  /** The account whose pages it was paired for. */
  origin: v.pipe(v.string(), v.maxLength(256)),
  /** 32 random bytes, base64url. Secret: the proofs are made with it. */
  token: Bytes32Schema,
  /** Milliseconds since 1970 UTC. */
  pairedAt: time,
  lastSeenAt: time,
});
/** The list as it is kept. */
export const PairedBrowsersSchema = v.array(PairedBrowserSchema);
export type PairedBrowser = v.InferOutput<typeof PairedBrowserSchema>;

/** A paired browser as the panel lists it. */
export type BrowserView = {
  id: string;
  name: Sentence;
  /** Milliseconds since 1970 UTC. */
  pairedAt: number;
  lastSeenAt: number;
  /** Tabs of it that are connected now. */
  tabs: number;
};

/** More browsers than a person uses: the one not seen for longest gives way. */
const MOST_BROWSERS = 16;

/** The list with one browser added, or replaced where it was paired before. */
export function withBrowser(list: readonly PairedBrowser[], browser: PairedBrowser): PairedBrowser[] {
  const others = list.filter(({ clientId, origin }) => clientId !== browser.clientId || origin !== browser.origin);
  const recent = [...others].sort((a, b) => b.lastSeenAt - a.lastSeenAt).slice(0, MOST_BROWSERS - 1);
  return [...recent, browser];
}
