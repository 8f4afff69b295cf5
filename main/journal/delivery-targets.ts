/** Where a completed call is to go. */
import type { CompletedCall } from '../../app/calls/completed-call.ts';
import type { CallSettings } from '../../app/settings/provisioning.ts';
import type { DeliveryTarget } from './journal.ts';

/**
 * A call that a colleague took is theirs to log (a ring group would log it once for each member), and an internal
 * call is on nobody's card.
 */
export function deliveryTargets(call: CompletedCall, settings: Pick<CallSettings, 'logToCard'>): DeliveryTarget[] {
  if (call.number.private === true || call.disposition === 'answered elsewhere') return [];
  const card = settings.logToCard && !call.number.internal;
  const recording = call.recording.state === 'pending' ? (['recording'] as const) : [];
  return [...(card ? (['card'] as const) : []), 'widget', ...recording];
}
