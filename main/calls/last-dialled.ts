/** What was dialled last, from the history: for the redial button after a start. */
import type { CompletedCall } from '../../app/calls/completed-call.ts';

/** `calls`: newest first. Null where none of them was dialled here. */
export function lastDialledOf(calls: readonly CompletedCall[]): string | null {
  const last = calls.find(({ direction, source }) => direction === 'outbound' && source === 'phone');
  if (last === undefined) return null;
  const { e164, asReceived } = last.number;
  return e164 ?? (asReceived === '' ? null : asReceived);
}
