/** What a call can be found by, as the journal keeps it beside the record. */
import type { CompletedCall } from '../../app/calls/completed-call.ts';

/** Without capitals and accents, so that "jose" finds "José"; letters that carry no accent stay as they are. */
function folded(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase();
}

const digitsOf = (text: string | null | undefined): string => (text ?? '').replace(/\D/g, '');

/** Names, numbers (as digits), notes and lines of a call. */
export function wordsOf(call: CompletedCall): string {
  const { number, caller, matches = [], legs = [] } = call;
  const names = [caller, ...matches].flatMap((one) => ('name' in one && one.name !== null ? [one.name] : []));
  const said = [...new Set(names), call.displayName, number.asReceived, call.line, call.transferredTo, call.note];
  const numbers = [number.e164, number.asReceived, number.display, ...legs.map((leg) => leg.number)].map(digitsOf);
  return [folded(said.filter((text) => text !== undefined && text !== '').join(' ')), ...new Set(numbers)].join(' ');
}

/** Whom calls with the same party have in common: the number, or where it has none what came in its place. */
export const partyOf = ({ number }: CompletedCall): string => number.e164 ?? number.asReceived;

/** The card that the caller is, as one text; null where it is none. */
export const entityOf = ({ caller }: CompletedCall): string | null =>
  caller.kind === 'entity' ? `${caller.entity.type} ${caller.entity.id}` : null;

/** The agent did not speak with somebody who called: missed, gone to the voicemail box, or refused for other calls. */
export const isMissed = ({ direction, disposition }: CompletedCall): boolean =>
  disposition === 'missed' || (direction === 'inbound' && (disposition === 'voicemail' || disposition === 'busy'));

/** What has to be in the words of a call for each part of what was typed; a number is one part however it is written. */
export function termsOf(text: string): string[] {
  const typed = text.trim();
  if (/^[+\d\s().\-/]+$/.test(typed)) return digitsOf(typed) === '' ? [] : [digitsOf(typed).replace(/^00/, '')];
  return folded(typed)
    .split(/\s+/)
    .filter((term) => term !== '');
}
