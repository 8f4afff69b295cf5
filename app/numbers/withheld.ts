import { say, type Sentence } from '../texts/sentence.ts';

/** User parts that PBXs send for a withheld number (RFC 3323 section 4.1 `anonymous`, and its usual variants). */
const WITHHELD = new Set(['', 'anonymous', 'private', 'restricted', 'unavailable', 'unknown', 'withheld', 'asserted']);

/** Whether a received user part says that the caller withheld the number. */
export const isWithheld = (asReceived: string): boolean => WITHHELD.has(asReceived.trim().toLowerCase());

/** What the agent reads for a number. */
export const shownNumber = ({ asReceived, display }: { asReceived: string; display: string }): Sentence =>
  isWithheld(asReceived) ? say('number.withheld') : display;
