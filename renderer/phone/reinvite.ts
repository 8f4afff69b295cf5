/** Re-INVITEs (RFC 3261 section 14): hold, resume, and the audio found anew after the network was lost. */
import { SessionState, type Session, type Web } from 'sip.js';
import { NegotiatingHandler } from './negotiation.ts';

export type Outcome =
  | 'accepted'
  /** Both sides asked at the same time: to be tried again after `glareDelay`. */
  | 'glare'
  /** Nobody answered, or the socket was lost. */
  | 'unheard'
  /** The far side knows nothing of this call any more. */
  | 'gone'
  | 'refused';

export type Rejection = { message: { statusCode?: number | undefined; hasHeader(name: string): boolean } };

/** Between two tries where the first one was not heard, milliseconds. */
export const RETRY_MS = 2_000;
/** Somewhat longer than a transaction can take. */
const LONGEST_MS = 34_000;

/**
 * Sends a re-INVITE and waits for what comes of it. An offer that was refused is taken back.
 * @param sent is told the message once it is on its way
 */
export async function reinvite(
  session: Session,
  { hold, iceRestart }: { hold: boolean; iceRestart: boolean },
  sent: (text: string) => void,
): Promise<Outcome> {
  const handler = session.sessionDescriptionHandler;
  if (session.state !== SessionState.Established || !(handler instanceof NegotiatingHandler)) return 'gone';
  if (!handler.isStable) return 'glare';
  const options: Web.SessionDescriptionHandlerOptions = { hold };
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve('unheard'), LONGEST_MS);
    const settle = (outcome: Outcome) => {
      clearTimeout(timer);
      resolve(outcome);
    };
    session
      .invite({
        sessionDescriptionHandlerOptions: iceRestart ? { ...options, offerOptions: { iceRestart } } : options,
        requestDelegate: {
          onAccept: () => settle('accepted'),
          onReject: (response) => settle(outcomeOf(response)),
        },
      })
      .then(
        (request) => {
          // Kept for what the far side may ask later: no restart then.
          session.sessionDescriptionHandlerOptionsReInvite = options;
          sent(request.message.toString());
        },
        () => {
          // SIP.js finds an INVITE of the far side in progress only after it has made the offer.
          handler
            .rollbackDescription()
            .catch(() => undefined)
            .finally(() => settle(session.state === SessionState.Established ? 'glare' : 'gone'));
        },
      );
  });
}

/** What a final response that is no 2xx comes to. */
export function outcomeOf({ message }: Rejection): Exclude<Outcome, 'accepted'> {
  const status = message.statusCode ?? 500;
  switch (status) {
    case 491:
      return 'glare';
    case 481:
      return 'gone';
    case 408:
    case 503:
    case 504:
      return 'unheard';
    default:
      return status === 500 && message.hasHeader('retry-after') ? 'glare' : 'refused';
  }
}

/** How long to wait after a 491, milliseconds (RFC 3261 section 14.1): the one who made the Call-ID waits longer. */
export function glareDelay(ownsCallId: boolean, random: () => number): number {
  return Math.round((ownsCallId ? 2_100 + random() * 1_900 : random() * 2_000) / 10) * 10;
}
