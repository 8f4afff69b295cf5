/** The one keeper of the pairing code: makes it, counts the tries, voids it. */
import { randomBytes } from 'node:crypto';
import {
  codeFrom,
  liveCode,
  lockedSeconds,
  NO_PAIRING,
  offerCode,
  takeTry,
  tryFailed,
  type Pairing,
} from '../../app/bridge/pairing.ts';
import type { NoCode } from './session.ts';

/**
 * `changed` is called whenever what is shown may have changed, expiry and the end of a lock-out included.
 *
 * @param ports.now milliseconds of a clock that nobody sets: a code does not live longer because the date was put back
 * @param ports.wallClock milliseconds since 1970 UTC, for what is shown
 */
export function createPairingDesk(ports: { now(): number; wallClock(): number; changed(): void }) {
  let pairing: Pairing = NO_PAIRING;
  let timer: NodeJS.Timeout | undefined;

  function set(next: Pairing): void {
    pairing = next;
    clearTimeout(timer);
    const now = ports.now();
    const until = liveCode(next, now)?.expiresAt ?? next.lockedUntil;
    // Not kept alive for: when it fires late, liveCode() has said no already.
    if (until > now) timer = setTimeout(() => set(pairing), until - now + 1).unref();
    ports.changed();
  }

  function peek(): { ok: true; code: string } | { ok: false; why: NoCode } {
    const seconds = lockedSeconds(pairing, ports.now());
    if (seconds > 0) return { ok: false, why: { code: 'locked-out', seconds } };
    const code = liveCode(pairing, ports.now());
    return code === null ? { ok: false, why: { code: 'no-code' } } : { ok: true, code: code.text };
  }

  return {
    /** The code to show. */
    shown(): { code: string; expiresAt: number } | null {
      const code = liveCode(pairing, ports.now());
      if (code === null) return null;
      return { code: code.text, expiresAt: Math.round(ports.wallClock() + code.expiresAt - ports.now()) };
    },
    lockedSeconds: () => lockedSeconds(pairing, ports.now()),
    offer: () => set(offerCode(pairing, codeFrom(randomBytes(8)), ports.now())),
    peek,
    /** As `peek`, and takes a try. */
    take(): ReturnType<typeof peek> {
      const code = peek();
      if (code.ok) set(takeTry(pairing, ports.now()));
      return code;
    },
    failed(): { code: 'wrong-code'; tries: number } | { code: 'locked-out'; seconds: number } {
      set(tryFailed(pairing, ports.now()));
      const seconds = lockedSeconds(pairing, ports.now());
      if (seconds > 0) return { code: 'locked-out', seconds };
      return { code: 'wrong-code', tries: pairing.code?.triesLeft ?? 0 };
    },
    /** Uses the code up; false where it is void by now. */
    redeem(code: string): boolean {
      const { code: current } = pairing;
      if (current?.text !== code || ports.now() >= current.expiresAt) return false;
      set(NO_PAIRING);
      return true;
    },
    stop: () => clearTimeout(timer),
  };
}
