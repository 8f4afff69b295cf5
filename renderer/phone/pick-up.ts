/**
 * Answered calls of a phone page that is gone. The PBX still has their dialogs, and the far side waits: each is picked up
 * by a re-INVITE (RFC 3261 section 14) with a new description of our audio. To SIP.js, which does not know the dialog, it
 * is the INVITE that begins it.
 */
import { Inviter, UserAgent, type URI } from 'sip.js';
import type { EndCause, PhoneCommand } from '../../app/calls/phone-event.ts';
import { release } from './devices.ts';
import { later, quietly, type LostDialog } from './live-call.ts';
import { audioProblem, type AudioOptions } from './media.ts';
import type { OutgoingPort } from './outgoing.ts';
import { glareDelay, outcomeOf, RETRY_MS, type Rejection } from './reinvite.ts';

/** Numbers may be left out (RFC 3261 section 12.2.2); one that is asked for credentials takes more than one. */
const CSEQ_STEP = 10;

/** What the next request within a dialog is named by. */
function next(callId: string, dialog: LostDialog, cseq = (dialog.used += CSEQ_STEP)) {
  const { localTag: fromTag, remoteTag: toTag, routeSet } = dialog;
  return { callId, fromTag, toTag, routeSet, cseq };
}

/** Target, From and To of a request within a dialog. */
type Addresses = [target: URI, from: URI, to: URI];

/** Null where one of them is no address. */
function addressesOf({ remoteTarget, localUri, remoteUri }: LostDialog): Addresses | null {
  const [target, from, to] = [remoteTarget, localUri, remoteUri].map((uri) => UserAgent.makeURI(uri));
  return target === undefined || from === undefined || to === undefined ? null : [target, from, to];
}

/** A re-INVITE within a dialog that SIP.js does not know. */
export class PickUp extends Inviter {
  readonly #routeSet: readonly string[];

  constructor(userAgent: UserAgent, [target, fromUri, toUri]: Addresses, name: ReturnType<typeof next>) {
    super(userAgent, target, { params: { ...name, fromUri, toUri } });
    const { request } = this;
    const { callId, fromTag, routeSet } = name;
    this.#routeSet = routeSet;
    // SIP.js has made a tag of its own.
    Object.assign(request, { fromTag });
    request.from.setParam('tag', fromTag);
    request.setHeader('from', request.from.toString());
    // Where it looks for a call whose place another one is to take.
    delete userAgent._sessions[this._id];
    this._id = callId + fromTag;
    userAgent._sessions[this._id] = this;
  }

  /**
   * A response as SIP.js is to see it: it learns the way of a dialog from the 200, and proxies have recorded theirs in the
   * very first one alone (RFC 3261 section 16.6).
   */
  routed(response: string): string {
    const end = response.indexOf('\r\n\r\n') + 2;
    const head = response.slice(0, end).replace(/^Record-Route[ \t]*:.*\r\n(?:[ \t].*\r\n)*/gim, '');
    const recorded = this.#routeSet.map((route) => `Record-Route: ${route}\r\n`).toReversed();
    return head + recorded.join('') + response.slice(end);
  }
}

/** Goes on with a call where it stands. Whatever comes of it, there is an `answered` or an `ended`. */
export async function pickUp(
  port: OutgoingPort,
  userAgent: UserAgent,
  { callId, dialog, cseq, talk: { partOf, held, ...talk } }: Extract<PhoneCommand, { kind: 'pick-up' }>,
): Promise<void> {
  const lost = { ...dialog, used: cseq };
  const call = port.open({ ...talk, callId, partOf: partOf ?? null, held, toldHeld: held, lost });
  const fail = (cause: EndCause) => {
    if (!port.isLive(call)) return;
    takeLeave(userAgent, callId, lost);
    port.end(call, cause);
  };
  const addresses = addressesOf(lost);
  if (addresses === null) return fail({ by: 'network', how: 'failed' });
  const attempt = async (): Promise<void> => {
    const invite = new PickUp(userAgent, addresses, next(callId, lost));
    port.follow(call, invite);
    try {
      call.microphone = await port.openMicrophone();
    } catch (error) {
      port.audio(callId, audioProblem(error));
      return fail({ by: 'local', how: 'failed' });
    }
    if (!port.isLive(call)) return release(call.microphone);
    port.gate(call);
    confirm(userAgent, addresses, next(callId, lost, lost.cseq));
    const rejected = (response: Rejection) => {
      const outcome = outcomeOf(response);
      if (outcome === 'glare' || outcome === 'unheard') {
        later(
          call,
          outcome === 'glare' ? glareDelay(call.direction === 'outbound', Math.random) : RETRY_MS,
          () => void attempt(),
        );
      } else if (outcome === 'gone') port.end(call, { by: 'network', how: 'failed', status: 481 });
      else fail({ by: 'remote', how: 'failed' });
    };
    const sessionDescriptionHandlerOptions: AudioOptions = { microphone: call.microphone, hold: held };
    invite
      .invite({ sessionDescriptionHandlerOptions, requestDelegate: { onReject: rejected, onRedirect: rejected } })
      .catch(() => fail({ by: 'local', how: 'failed' }));
  };
  await attempt();
}

/**
 * The ACK that the lost page may not have come to: without it the far side takes no other INVITE, and ends the call
 * after half a minute (RFC 3261 section 13.3.1.4).
 */
function confirm({ userAgentCore, transport }: UserAgent, addresses: Addresses, name: ReturnType<typeof next>): void {
  const ack = userAgentCore.makeOutgoingRequestMessage('ACK', ...addresses, name);
  ack.setViaHeader(`z9hG4bK${crypto.randomUUID().slice(0, 8)}`, transport.protocol);
  if (name.cseq > 0) quietly(transport.send(ack.toString()));
}

/** A call is over whose dialog SIP.js does not know: the far side is told. */
export function takeLeave({ userAgentCore }: UserAgent, callId: string, dialog: LostDialog): void {
  const addresses = addressesOf(dialog);
  if (addresses !== null)
    userAgentCore.request(userAgentCore.makeOutgoingRequestMessage('BYE', ...addresses, next(callId, dialog)));
}
