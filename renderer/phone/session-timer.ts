/**
 * Session timers (RFC 4028), which SIP.js does not know: where the far side, or a proxy on the way, wants a sign of
 * life now and then, it gets one, and is asked for one where it owes it.
 */
import { splitList } from './identity.ts';
import type { RawMessage } from './raw-message.ts';

export type SessionTimer = {
  /** The interval agreed on, seconds: without a refresh within it the call counts as dead. */
  readonly seconds: number;
  /** It is us who refresh. */
  readonly ours: boolean;
  /** The far side knows session timers itself: not only a proxy of its. */
  readonly known: boolean;
};

/** Section 4: shorter intervals must not be asked for, and would be a flood of re-INVITEs. */
const SHORTEST = 90;
const LONGEST = 86_400;
/** Section 10: so long before the end, or a third of the interval, one who hears no refresh does something about it. */
const MARGIN = 32;

/**
 * What an INVITE, an UPDATE or a 2xx to one of ours says of the session timer; null where it asks for none. A request
 * that names none leaves the one that was agreed on.
 */
export function sessionTimerOf(message: RawMessage, before: SessionTimer | null = null): SessionTimer | null {
  const header = message.headers.get('session-expires')?.[0];
  const found = header === undefined ? null : /^(\d{1,9})\s*(?:;|$)/.exec(header);
  if (header === undefined || found === null) return message.status === null ? before : null;
  const seconds = Math.min(LONGEST, Math.max(SHORTEST, Number(found[1])));
  const refresher = /;\s*refresher\s*=\s*(uac|uas)\b/i.exec(header)?.[1]?.toLowerCase();
  if (message.status !== null) return { seconds, ours: refresher !== 'uas', known: true };
  const known = ['supported', 'require'].some((name) =>
    (message.headers.get(name) ?? []).flatMap(splitList).some((tag) => tag.trim().toLowerCase() === 'timer'),
  );
  // Table 2: one who asks and does not know timers cannot refresh.
  return { seconds, ours: refresher === undefined ? !known : refresher === 'uas', known };
}

/** When something is to be done, milliseconds after a refresh: ours halfway, theirs asked after shortly before the end. */
export function refreshAfterMs({ seconds, ours }: SessionTimer): number {
  return 1000 * (ours ? seconds / 2 : seconds - Math.min(MARGIN, seconds / 3));
}

/** A re-INVITE of ours, or a 2xx to a request of theirs, with what it is to say of the session timer. */
export function withSessionTimer(text: string, { seconds, ours, known }: SessionTimer): string {
  const end = text.indexOf('\r\n\r\n');
  if (end === -1) return text;
  const isResponse = text.startsWith('SIP/2.0 ');
  const lines = [
    `Session-Expires: ${seconds};refresher=${ours === isResponse ? 'uas' : 'uac'}`,
    ...(isResponse && known ? ['Require: timer'] : []),
  ];
  return `${text.slice(0, end)}\r\n${lines.join('\r\n')}${text.slice(end)}`;
}
