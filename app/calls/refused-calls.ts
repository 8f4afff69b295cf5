/**
 * Calls that the phone refused by itself, before they rang: too many at once, call waiting off, do not disturb. Each is
 * somebody's call and has its entry in the history, up to a rate that a switchboard can mean; what comes beyond it is a
 * flood, and counted.
 */
import type { Call } from './call.ts';

/** So many refused calls a minute have an entry each, and are told to Kommo. */
export const LISTED_A_MINUTE = 10;
export const MINUTE_MS = 60_000;

/** A refused call with an entry, and how many were refused within the minute after it that have none. */
export type Listed = {
  readonly id: string;
  /** Who called; all who withhold their number are one. */
  readonly caller: string;
  /** Monotonic, milliseconds. */
  readonly at: number;
  /** Calls of the same caller. */
  readonly again: number;
  /** Calls of others, beyond the rate. */
  readonly others: number;
};

/** Those of the last minute, oldest first. */
export type RefusedCalls = readonly Listed[];

/** Whether the phone refused it by itself: nothing rang, and nobody has seen it. */
export function refusedUnseen({ direction, source, answeredAt, cause }: Call): boolean {
  return (
    direction === 'inbound' &&
    source === 'phone' &&
    answeredAt === null &&
    cause?.by === 'local' &&
    cause.how === 'rejected' &&
    (cause.status === 480 || cause.status === 486)
  );
}

/**
 * One more was refused. `entry` is its own where `entry.id` is its id; otherwise the one that it is counted with.
 * Somebody `known` has an entry however many others there are, but like everybody one a minute.
 */
export function refusedCall(
  before: RefusedCalls,
  { id, caller, at, known }: Pick<Listed, 'id' | 'caller' | 'at'> & { known: boolean },
): { calls: RefusedCalls; entry: Listed } {
  const recent = before.filter((listed) => at - listed.at < MINUTE_MS);
  const same = recent.find((listed) => listed.caller === caller);
  const last = recent.at(-1);
  const counted =
    same !== undefined
      ? { ...same, again: same.again + 1 }
      : last !== undefined && !known && recent.length >= LISTED_A_MINUTE
        ? { ...last, others: last.others + 1 }
        : null;
  if (counted !== null)
    return { calls: recent.map((listed) => (listed.id === counted.id ? counted : listed)), entry: counted };
  const entry: Listed = { id, caller, at, again: 0, others: 0 };
  return { calls: [...recent, entry], entry };
}
