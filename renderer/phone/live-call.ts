/** What the phone keeps of a call while it lives. */
import type { Invitation, Inviter } from 'sip.js';
import type { CallEvent, Dialog, EndCause, Party, PartOf } from '../../app/calls/phone-event.ts';
import type { Keys } from './dtmf.ts';
import type { SessionTimer } from './session-timer.ts';
import type { Transfer } from './transfer.ts';

/** When something happened: on the page's monotonic clock and on the wall clock, milliseconds. */
export type Stamp = { monotonic: number; wall: number };

/** What is the same in every event of a call, and what is its own. */
type Common = 'callId' | 'source' | 'direction' | 'monotonic' | 'wall' | 'local' | 'remote' | 'headers' | 'partOf';
/** What is said of a call in one of its events. */
export type CallFact = CallEvent extends infer E ? (E extends CallEvent ? Omit<E, Common> : never) : never;

/** A dialog of a page that is gone; `used` is the last number (CSeq) that we may have used in it. */
export type LostDialog = Dialog & { used: number };

export type LiveCall = {
  readonly callId: string;
  readonly direction: 'inbound' | 'outbound';
  readonly local: Party;
  readonly remote: Party;
  partOf: PartOf | null;
  /** Every header that matters from every message of the dialog so far, newest value. */
  headers: Record<string, string>;
  session: Invitation | Inviter | null;
  microphone: MediaStream | null;
  /** Not to ring: the status it is to be answered with. `isTold` is false where it is no call to anybody. */
  readonly refusal: { readonly status: number; readonly isTold: boolean } | null;
  /** The call whose place it takes (RFC 3891): it answers itself. */
  readonly replaces: LiveCall | null;
  /** Asked to answer itself after so many milliseconds. */
  readonly answerAfterMs: number | null;
  /** Tags of the far side in provisional answers: the early dialogs (RFC 3261 section 12.1). */
  readonly earlyTags: Set<string>;
  earlyMedia: boolean;
  /** The agent has answered; the 200 may still be on its way. */
  answering: boolean;
  answered: boolean;
  /** Its socket was lost before it was answered: an end of it may have been said to nobody. */
  orphaned: boolean;
  /** The dialog that is being picked up, until the far side has said that it is there. */
  lost: LostDialog | null;
  /** What main was told last of its dialog. */
  toldDialog: string;
  /** When the 200 to the INVITE came, or was sent. */
  acceptedAt: Stamp | null;
  /** What the agent wants, and what the far side was told last. */
  held: boolean;
  toldHeld: boolean;
  remoteHeld: boolean;
  muted: boolean;
  /** The way for the audio is to be found anew. */
  restart: boolean;
  /** The session timer that was agreed on, what waits for its next refresh, and whether that is due. */
  sessionTimer: SessionTimer | null;
  refreshing: number | null;
  refresh: boolean;
  /** Re-INVITEs of ours: an offer is being made, then its text is on its way; neither while the next try waits. */
  reinvite: { offering: boolean; sent: string | null; readonly done: Promise<void> } | null;
  transfer: { readonly of: Transfer; readonly heldBefore: boolean } | null;
  /** A REFER of the far side is being followed. */
  following: boolean;
  referrals: number;
  keys: Keys | null;
  /** Why it ends, as soon as that is known, and when that was. */
  ending: { cause: EndCause; at: Stamp } | null;
  /** We hung up and wait for the last answer, which may carry headers. */
  lastAnswer: number | null;
  /** All that is to happen later, unless it ends before. */
  readonly timers: Set<number>;
};

/** What is known of a call as it begins. */
export type Start = Pick<LiveCall, 'callId' | 'direction' | 'local' | 'remote'> &
  Partial<
    Pick<
      LiveCall,
      'partOf' | 'refusal' | 'replaces' | 'answerAfterMs' | 'lost' | 'held' | 'toldHeld' | 'remoteHeld' | 'muted'
    >
  >;

export function liveCall(start: Start): LiveCall {
  return {
    partOf: null,
    refusal: null,
    replaces: null,
    answerAfterMs: null,
    headers: {},
    session: null,
    microphone: null,
    earlyTags: new Set(),
    earlyMedia: false,
    answering: false,
    answered: false,
    orphaned: false,
    lost: null,
    toldDialog: '',
    acceptedAt: null,
    held: false,
    toldHeld: false,
    remoteHeld: false,
    muted: false,
    restart: false,
    sessionTimer: null,
    refreshing: null,
    refresh: false,
    reinvite: null,
    transfer: null,
    following: false,
    referrals: 0,
    keys: null,
    ending: null,
    lastAnswer: null,
    timers: new Set(),
    ...start,
  };
}

/** Does something later, unless the call has ended by then, or that was forgotten. */
export function later(call: LiveCall, ms: number, act: () => void): number {
  const timer = window.setTimeout(() => {
    call.timers.delete(timer);
    act();
  }, ms);
  call.timers.add(timer);
  return timer;
}

/** What was to be done later is not done. */
export function forget(call: LiveCall, timer: number): void {
  clearTimeout(timer);
  call.timers.delete(timer);
}

/** What SIP.js rejects with is followed by a state change, and that is what is listened to. */
export function quietly(promise: Promise<unknown>): void {
  promise.catch(() => undefined);
}

export const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
