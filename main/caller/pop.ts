/** Whether the card opens in the browser by itself, and when. */
import type { Call } from '../../app/calls/call.ts';
import type { Caller } from '../../app/calls/completed-call.ts';
import type { CallSettings } from '../../app/settings/provisioning.ts';

export type PopRule = Pick<CallSettings, 'pop' | 'popOnlyResponsible'>;

/**
 * `later` while something is still to come (the answer of the agent, of Kommo), then once `now` or `no`. Only what
 * rings here pops; a number that Kommo could not be asked about does not, or somebody known would be made anew.
 */
export function popOf(
  call: Pick<Call, 'direction' | 'state' | 'answeredAt'>,
  { caller, resolving, responsible }: { caller: Caller; resolving: boolean; responsible: number | null },
  { pop, popOnlyResponsible }: PopRule,
  me: number | null,
): 'now' | 'later' | 'no' {
  if (call.direction === 'outbound' || call.state === 'ended' || pop === 'click' || pop === 'never') return 'no';
  if (pop === 'answer' && call.answeredAt === null) return 'later';
  if (caller.kind !== 'entity') {
    if (resolving) return 'later';
    return caller.kind === 'nobody' ? 'now' : 'no';
  }
  if (!popOnlyResponsible) return 'now';
  if (responsible === null && resolving) return 'later';
  return me !== null && responsible === me ? 'now' : 'no';
}
