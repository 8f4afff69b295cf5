/**
 * Answered calls outlive the phone page that had them: the PBX keeps their dialogs, and the next page picks them up. The
 * one writer of what is known of those dialogs. Calls are named by the Call-ID that the phone has for them.
 */
import type { Dialog, PhoneCommand, Talk } from '../../app/calls/phone-event.ts';

/** So long a call is waited for, from the death of its page: milliseconds. Nobody stays on a silent line for longer. */
export const PICK_UP_MS = 20_000;
/** A page may send so many requests after an INVITE before it is gone: their numbers are left out (RFC 3261 12.2.2). */
const CSEQ_GAP = 1_000;

export type PickUpPorts = {
  command(command: PhoneCommand): boolean;
  /** A timer; returns its own undo. */
  after(ms: number, act: () => void): () => void;
  /** An answered call as it stands; null where it is over. */
  talk(callId: string): Talk | null;
  /** It was waited for in vain. */
  inVain(callId: string): void;
};

export function createPickUps({ command, after, talk, inVain }: PickUpPorts) {
  const dialogs = new Map<string, { readonly dialog: Dialog; readonly cseq: number }>();
  /** Calls without a page, and whether the new one was asked already. */
  const away = new Map<string, { asked: boolean; readonly giveUp: () => void }>();
  /** Dialogs of calls that are over here, and of which the far side is still to hear. */
  const unsaid: { callId: string; dialog: Dialog; cseq: number }[] = [];

  function forget(callId: string): void {
    away.get(callId)?.giveUp();
    away.delete(callId);
    dialogs.delete(callId);
  }

  /** The call ends here and now; the far side hears of it from whatever page there is, or will be. */
  function leave(callId: string): void {
    const known = dialogs.get(callId);
    const asked = away.get(callId)?.asked === true;
    forget(callId);
    if (asked) command({ kind: 'hang-up', callId });
    else if (known !== undefined) unsaid.push({ callId, ...known });
  }

  return {
    /** What the page tells of a call's dialog. */
    learn: (callId: string, dialog: Dialog): void => void dialogs.set(callId, { dialog, cseq: dialog.cseq }),
    /** The call has ended. */
    forget,
    leave,
    /** Whether the call waits to be picked up. */
    isAway: (callId: string): boolean => away.has(callId),
    /** The page says that both are in the call. Returns whether that is because it was picked up. */
    answered(callId: string): boolean {
      away.get(callId)?.giveUp();
      return away.delete(callId);
    },
    /** The page is gone. Returns which of these answered calls the next one can pick up; nothing is kept of others. */
    lost(callIds: readonly string[]): ReadonlySet<string> {
      const kept = new Set(callIds.filter((callId) => dialogs.has(callId)));
      for (const callId of dialogs.keys()) if (!kept.has(callId)) forget(callId);
      for (const callId of kept) {
        const known = dialogs.get(callId);
        if (known !== undefined) dialogs.set(callId, { ...known, cseq: known.cseq + CSEQ_GAP });
        // Where the new page has died too, it has been waited for since the first one did.
        const before = away.get(callId);
        const giveUp = before?.giveUp ?? after(PICK_UP_MS, () => inVain(callId));
        away.set(callId, { asked: false, giveUp });
      }
      return kept;
    },
    /** The new page can speak to the PBX. */
    registered(): void {
      for (const known of unsaid.splice(0)) command({ kind: 'take-leave', ...known });
      for (const [callId, wait] of away) {
        const known = dialogs.get(callId);
        const now = talk(callId);
        if (wait.asked || known === undefined || now === null) continue;
        wait.asked = command({ kind: 'pick-up', callId, ...known, talk: now });
      }
    },
  };
}
