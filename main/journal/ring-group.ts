/**
 * A call that rang for a whole ring group and that nobody took ends on every desktop of it, and is on its card once
 * (peers.md C25). There is no server between the desktops; what they share is the card. So the first of them writes,
 * and the others, each in its turn, look first whether a colleague's desktop has written it.
 */
import type { CompletedCall } from '../../app/calls/completed-call.ts';
import type { Office } from '../../app/kommo/office.ts';

/** The first has this long: by then it has written, however busy the office is. */
const FIRST_MS = 20_000;
/** Each of the others: for a look and a write, with the gap between two deliveries in a large office. */
const TURN_MS = 15_000;
/** Of those behind this one two may look at once: that all before it are away does not happen. */
const LAST_SEAT = 20;

/** When this desktop may see to the card, milliseconds since 1970, and whether a colleague's may have done it by then. */
export type CardTurn = { at: number; look: boolean };

/**
 * This desktop's next turn for a call; null where nobody else has the call. Who misses a turn, because there was no
 * network perhaps, and for all of them, waits for the next one, or all would look at the same moment and then write.
 */
export function cardTurn(call: CompletedCall, office: Office | null, tries: number, now: number): CardTurn | null {
  if (office === null || office.desktops < 2 || call.direction !== 'inbound' || call.answeredAt !== null) return null;
  // Where nobody knows their seat, each call is given one by its id, which is random and another one on each desktop.
  const seat = Math.min(office.seat ?? 1 + (hash(call.id) % office.desktops), LAST_SEAT);
  const begins = call.endedAt + (seat === 0 ? 0 : FIRST_MS + (seat - 1) * TURN_MS);
  const late = now - begins;
  // The clock was set back: that turn would come too late by as long.
  if (now < call.endedAt - FIRST_MS) return { at: now, look: true };
  if (late < 0) return { at: begins, look: true };
  const round = FIRST_MS + Math.min(office.desktops, LAST_SEAT) * TURN_MS;
  const into = late % round;
  const at = into < (seat === 0 ? FIRST_MS : TURN_MS) / 2 ? now : now + round - into;
  return { at, look: seat > 0 || tries > 0 || late >= round };
}

/** FNV-1a. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193) >>> 0;
  return value;
}
