/** Which of the phone's events are about a call: by itself, so that the phone page need not carry the schemas. */
import type { CallEvent, PhoneEvent } from './phone-event.ts';

/** A phone event that belongs to a call. */
export function isCallEvent(event: PhoneEvent): event is CallEvent {
  switch (event.kind) {
    case 'registration':
    case 'media':
    case 'dialog':
    case 'refused-message':
    case 'devices':
    case 'audio-level':
    case 'watch':
    case 'desk-phone':
      return false;
    default:
      return true;
  }
}
