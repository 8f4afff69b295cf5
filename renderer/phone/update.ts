/** UPDATE (RFC 3311), which SIP.js does not know: a session timer's refresh, or a change of the audio. */
import { SessionState } from 'sip.js';
import type { LiveCall } from './live-call.ts';
import { NegotiatingHandler } from './negotiation.ts';
import { responseTo, tagOf, type RawMessage } from './raw-message.ts';

/** Answers one. `agreed` is told of one that belongs to the dialog, before its answer goes out. */
export async function answerUpdate(
  call: LiveCall,
  message: RawMessage,
  { send, agreed }: { send(text: string): void; agreed(): void },
): Promise<void> {
  const { session } = call;
  const { dialog, sessionDescriptionHandler: handler } = session ?? {};
  const contact = `Contact: ${session?.userAgent.contact.toString() ?? ''}`;
  const isOurs =
    dialog !== undefined &&
    dialog.localTag === tagOf(message.headers.get('to')?.[0] ?? '') &&
    dialog.remoteTag === tagOf(message.headers.get('from')?.[0] ?? '');
  if (!isOurs) {
    send(responseTo(message, 481, 'Call/Transaction Does Not Exist'));
    return;
  }
  agreed();
  const headers = [contact];
  if (message.body === '') {
    send(responseTo(message, 200, 'OK', { headers }));
    return;
  }
  if (session?.state !== SessionState.Established || !(handler instanceof NegotiatingHandler)) {
    send(responseTo(message, 500, 'Server Internal Error', { headers: ['Retry-After: 2'] }));
    return;
  }
  if (!handler.isStable || call.reinvite?.offering === true || typeof call.reinvite?.sent === 'string') {
    send(responseTo(message, 491, 'Request Pending'));
    return;
  }
  try {
    await handler.setDescription(message.body);
    const { body } = await handler.getDescription({ hold: call.held });
    send(responseTo(message, 200, 'OK', { headers, sdp: body }));
  } catch {
    await handler.rollbackDescription().catch(() => undefined);
    send(responseTo(message, 488, 'Not Acceptable Here'));
  }
}
