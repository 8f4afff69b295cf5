/** Calls that come in: whether one may ring, and what it is answered with where it may not. */
import { Inviter, SessionState, type Core, type Invitation } from 'sip.js';
import type { PhoneConfig } from '../../app/ipc/phone.ts';
import { later, type LiveCall } from './live-call.ts';
import type { RawMessage } from './raw-message.ts';
import { parseReplaces } from './refer.ts';

/** How things stand when an INVITE comes. */
export type Lines = Pick<PhoneConfig, 'callsAtOnce' | 'preferences'> & {
  /** Calls that take a place. */
  taken: number;
  /** A live call by its Call-ID. */
  call(callId: string): LiveCall | undefined;
};

/** Whether an INVITE may ring, or what it is to be answered with. */
export function admit(message: RawMessage, lines: Lines): Pick<LiveCall, 'refusal' | 'replaces'> {
  const header = message.headers.get('replaces')?.[0];
  if (header !== undefined) {
    const replaced = replacedBy(header, lines);
    return typeof replaced === 'number'
      ? { refusal: { status: replaced, isTold: false }, replaces: null }
      : { refusal: null, replaces: replaced };
  }
  const refuse = (status: number) => ({ refusal: { status, isTold: true }, replaces: null });
  if (lines.preferences.doNotDisturb) return refuse(480);
  if (lines.taken > 0 && !lines.preferences.callWaiting) return refuse(486);
  if (lines.taken >= lines.callsAtOnce) return refuse(486);
  return { refusal: null, replaces: null };
}

/** The call that a Replaces header names, or the status to refuse it with (RFC 3891 section 3). */
function replacedBy(header: string, lines: Lines): LiveCall | number {
  const names = parseReplaces(header);
  if (names === null) return 400;
  const call = lines.call(names.callId);
  if (call === undefined || call.session === null) return 481;
  const { dialog } = call.session;
  if (dialog !== undefined && call.session.state === SessionState.Established) {
    if (dialog.localTag !== names.toTag || dialog.remoteTag !== names.fromTag) return 481;
    if (call.ending !== null) return 603;
    return names.earlyOnly ? 486 : call;
  }
  // An early dialog can only be taken over from the one who began it.
  if (!(call.session instanceof Inviter) || call.ending !== null) return 481;
  return call.session.request.fromTag === names.toTag && call.earlyTags.has(names.fromTag) ? call : 481;
}

/**
 * A caller who requires reliable provisional responses (RFC 3262) hears of no 180 from SIP.js. It is repeated until
 * its PRACK has come, which SIP.js answers by itself.
 */
export function ringReliably(call: LiveCall, invitation: Invitation): void {
  // Not to be had otherwise: SIP.js would want a microphone for it.
  const request: unknown = invitation['incomingInviteRequest'];
  if (!canProgress(request)) return;
  const ring = () => {
    if (invitation.state !== SessionState.Initial) return;
    request.progress({ statusCode: 180, extraHeaders: ['Require: 100rel', 'RSeq: 1'] });
  };
  ring();
  for (const ms of [500, 1_500, 3_500]) later(call, ms, ring);
}

function canProgress(request: unknown): request is Pick<Core.IncomingInviteRequest, 'progress'> {
  return typeof request === 'object' && request !== null && 'progress' in request;
}
