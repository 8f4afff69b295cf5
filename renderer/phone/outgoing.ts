/** Calls that go out: from a number to the INVITE, and what comes back before the answer. */
import { Inviter, SessionState, UserAgent } from 'sip.js';
import type { EndCause, Party } from '../../app/calls/phone-event.ts';
import { release } from './devices.ts';
import { parseParty } from './identity.ts';
import { quietly, type CallFact, type LiveCall, type Start } from './live-call.ts';
import { audioProblem, type AudioOptions, type AudioState } from './media.ts';
import type { Placed } from './transfers.ts';

/** What dialling needs of the calls. */
export type OutgoingPort = {
  local: Party;
  refuse(detail: string): void;
  openMicrophone(): Promise<MediaStream>;
  open(start: Start): LiveCall;
  follow(call: LiveCall, session: Inviter): void;
  isLive(call: LiveCall): boolean;
  tell(call: LiveCall, fact: CallFact): void;
  audio(callId: string, state: AudioState): void;
  holdOthers(call: LiveCall): void;
  gate(call: LiveCall): void;
  /** Notes why it ends. */
  ends(call: LiveCall, cause: EndCause): void;
  /** The same, and it is over. */
  end(call: LiveCall, cause: EndCause): void;
};

/** An answer to our INVITE; one that SIP.js made up itself has no Call-ID. */
type Response = {
  message: {
    callId?: string;
    statusCode?: number | undefined;
    reasonPhrase?: string | undefined;
    getHeader(name: string): string | undefined;
  };
};

/**
 * Dials. Whatever comes of it, there is a `dialling` and in the end an `ended`.
 * @param target as it was typed
 * @param written the SIP address that it stands for, null where it stands for none
 */
export async function place(
  port: OutgoingPort,
  userAgent: UserAgent,
  target: string,
  written: string | null,
  more: Placed = {},
): Promise<void> {
  const uri = written === null ? undefined : UserAgent.makeURI(written);
  const inviter = uri === undefined ? null : new Inviter(userAgent, uri, { extraHeaders: more.headers ?? [] });
  const call = port.open({
    callId: inviter?.request.callId ?? crypto.randomUUID(),
    direction: 'outbound',
    local: port.local,
    remote:
      written === null ? { user: target.trim().slice(0, 256), displayName: '', uri: '' } : parseParty(`<${written}>`),
    partOf: more.partOf ?? null,
  });
  port.tell(call, { kind: 'dialling' });
  if (inviter === null) {
    port.refuse('a number that cannot be dialled');
    port.end(call, { by: 'local', how: 'failed', status: 484 });
    more.heard?.(484, 'Address Incomplete');
    return;
  }
  port.follow(call, inviter);
  if (!userAgent.isConnected()) {
    port.ends(call, { by: 'network', how: 'failed', status: 503 });
    quietly(inviter.cancel());
    more.heard?.(503, 'Service Unavailable');
    return;
  }
  // Sent elsewhere by the far side: that call has nobody to wait, and goes on if this comes to nothing.
  if (call.partOf?.role !== 'continuation') port.holdOthers(call);
  try {
    call.microphone = await port.openMicrophone();
  } catch (error) {
    more.heard?.(500, 'Server Internal Error');
    if (!port.isLive(call)) return;
    port.audio(call.callId, audioProblem(error));
    port.ends(call, { by: 'local', how: 'failed' });
    quietly(inviter.cancel());
    return;
  }
  if (!port.isLive(call) || inviter.state !== SessionState.Initial) {
    release(call.microphone);
    return;
  }
  port.gate(call);
  const sessionDescriptionHandlerOptions: AudioOptions = { microphone: call.microphone };
  const heard = ({ message }: Response) => more.heard?.(message.statusCode ?? 500, message.reasonPhrase ?? '');
  const rejected = (response: Response) => {
    port.ends(call, rejection(response));
    heard(response);
  };
  quietly(
    inviter.invite({
      sessionDescriptionHandlerOptions,
      requestDelegate: { onProgress: heard, onAccept: heard, onReject: rejected, onRedirect: rejected },
    }),
  );
}

/** Why a call that was refused ends. */
function rejection({ message }: Response): EndCause {
  const status = message.statusCode ?? 500;
  // SIP.js makes its own 408 and 503 where nothing came.
  const by = message.callId === undefined ? 'network' : 'remote';
  const how = by === 'remote' ? 'rejected' : status === 408 ? 'timeout' : 'failed';
  const reason = by === 'remote' ? message.getHeader('reason') : undefined;
  return { by, how, status, ...(reason === undefined ? {} : { reason: reason.slice(0, 1024) }) };
}
