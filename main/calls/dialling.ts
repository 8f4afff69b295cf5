/** Whether the agent can dial now, wherever they ask for it: the panel, a link, the widget, the keys. */
import type { AnswerReason } from '../../app/bridge/protocol.ts';
import type { PhoneStatus } from '../../app/ipc/panel.ts';
import { say, type Sentence } from '../../app/texts/sentence.ts';

export type Undialled = { ok: false; message: Sentence; reason: AnswerReason & ('no-phone' | 'too-many-calls') };

export const phoneAway: Undialled = { ok: false, message: say('call.phone-restarts'), reason: 'no-phone' };

/** Why not, null where nothing is in the way. `taken` of `callsAtOnce` places are taken on the phone. */
export function whyNotDialled(
  phone: Pick<PhoneStatus, 'state' | 'reason'>,
  { taken, callsAtOnce }: { taken: number; callsAtOnce: number },
): Undialled | null {
  if (phone.state !== 'registered')
    return { ok: false, message: phone.reason ?? say('call.not-connected'), reason: 'no-phone' };
  if (taken < callsAtOnce) return null;
  return { ok: false, message: say('call.at-limit', { calls: taken }), reason: 'too-many-calls' };
}
