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

/** `changed` is called whenever what is shown may have changed, expiry and the end of a lock-out included. */
export function createPairingDesk(ports: { now(): number; changed(): void }) {
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

  const closed = (): NoCode | null => {
    const seconds = lockedSeconds(pairing, ports.now());
    if (seconds > 0) return { code: 'locked-out', seconds };
    return liveCode(pairing, ports.now()) === null ? { code: 'no-code' } : null;
  };

  return {
    /** The code to show. */
    shown(): { code: string; expiresAt: number } | null {
      const code = liveCode(pairing, ports.now());
      return code === null ? null : { code: code.text, expiresAt: code.expiresAt };
    },
    lockedSeconds: () => lockedSeconds(pairing, ports.now()),
    offer: () => set(offerCode(pairing, codeFrom(randomBytes(8)), ports.now())),
    closed,
    take(): { ok: true; code: string } | { ok: false; why: NoCode } {
      const code = liveCode(pairing, ports.now());
      if (code === null) return { ok: false, why: closed() ?? { code: 'no-code' } };
      set(takeTry(pairing, ports.now()));
      return { ok: true, code: code.text };
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
