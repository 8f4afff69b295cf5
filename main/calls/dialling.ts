/** Whether the agent can dial now, wherever they ask for it: the panel, a link, the widget, the keys. */
import type { AnswerReason } from '../../app/bridge/protocol.ts';
import type { PhoneStatus } from '../../app/ipc/panel.ts';

export type Undialled = { ok: false; message: string; reason: AnswerReason & ('no-phone' | 'too-many-calls') };

export const phoneAway: Undialled = {
  ok: false,
  message: 'The phone is starting again. Wait a moment and dial again.',
  reason: 'no-phone',
};

/** Why not, null where nothing is in the way. `taken` of `callsAtOnce` places are taken on the phone. */
export function whyNotDialled(
  phone: Pick<PhoneStatus, 'state' | 'reason'>,
  { taken, callsAtOnce }: { taken: number; callsAtOnce: number },
): Undialled | null {
  if (phone.state !== 'registered')
    return {
      ok: false,
      message: phone.reason ?? 'The phone is not connected yet. Wait a moment and dial again.',
      reason: 'no-phone',
    };
  if (taken < callsAtOnce) return null;
  const message =
    callsAtOnce === 1
      ? 'There is a call already, and this phone takes one at a time. End that call, then dial again.'
      : `There are ${taken} calls already, as many as this phone takes at once. End one of them, then dial again.`;
  return { ok: false, message, reason: 'too-many-calls' };
}
