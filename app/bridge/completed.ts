/** From the kept call to what the widget is told of it. */
import type { CompletedCall, EntityRef } from '../calls/completed-call.ts';
import type { BridgeCall, BridgeCompleted } from './protocol.ts';

/** Longest recording address that is passed on; a longer one could not be shown either. */
const MAX_URL = 2048;

/** Cut to the protocol's length, never through a surrogate pair. */
const clip = (text: string, max: number): string => {
  if (text.length <= max) return text;
  const last = text.charCodeAt(max - 2);
  return `${text.slice(0, last >= 0xd800 && last <= 0xdbff ? max - 2 : max - 1)}…`;
};

/**
 * The `element` of a call in `add_call`, which knows contacts, leads and companies only; null where there is none. Its
 * id is the key of the entry in Kommo's bell (spec/call-notification.txt): without it an entry cannot be changed.
 */
export function bellElement({ caller }: Pick<CompletedCall, 'caller'>): EntityRef | null {
  return caller.kind === 'entity' && caller.entity.type !== 'customer' ? caller.entity : null;
}

/** What `add_call` needs of a completed call. The name is Kommo's where it has one, else the one the PBX sent. */
export function bridgeCompleted(call: CompletedCall): BridgeCompleted {
  const { caller, number, direction, recording } = call;
  const entity = caller.kind === 'entity' ? caller : null;
  const shown = number.display === '' ? number.asReceived : number.display;
  const name = entity?.name ?? (shown === '' ? call.displayName : shown);
  const agent = call.agent?.name ?? call.localExtension;
  const url = recording.state === 'ready' && recording.url.length <= MAX_URL ? recording.url : null;
  const form = number.e164 ?? number.asReceived;
  const unknown = entity === null && !number.internal && /^\+?\d{4,}$/.test(form);
  return {
    id: call.id,
    direction,
    disposition: call.disposition,
    number: clip(shown, 128),
    from: clip(direction === 'inbound' ? name : agent, 256),
    to: clip(direction === 'inbound' ? agent : name, 256),
    durationSeconds: call.talkSeconds,
    dateSeconds: Math.floor(call.endedAt / 1000),
    recordingUrl: url,
    entity: entity === null ? null : { ...entity.entity, name: entity.name === null ? null : clip(entity.name, 256) },
    newContactNumber: unknown ? clip(form, 128) : null,
  };
}

/** A call as it may go over the socket: no text longer than the protocol allows. */
export function bridgeCall(call: BridgeCall): BridgeCall {
  return { ...call, number: clip(call.number, 128), title: clip(call.title, 256) };
}
