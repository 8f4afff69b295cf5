/** The pairing code: how it is written, and the rules of its life as data. */

/** Crockford's base32: no I, L, O or U. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const CODE_LENGTH = 8;

/** A code is good for so many milliseconds… */
export const CODE_LIFE = 5 * 60_000;
/** …and for so many wrong tries. */
export const CODE_TRIES = 5;
const FIRST_LOCK_OUT = 60_000;
const LONGEST_LOCK_OUT = 60 * 60_000;

/** A code (`XXXX-XXXX`) from 8 random bytes. */
export function codeFrom(random: Uint8Array): string {
  const characters = Array.from(random.slice(0, CODE_LENGTH), (byte) => ALPHABET.charAt(byte & 31)).join('');
  return `${characters.slice(0, 4)}-${characters.slice(4)}`;
}

/** What was typed as `XXXX-XXXX`, look-alikes read as meant; null where it cannot be a code. */
export function readCode(typed: string): string | null {
  const plain = typed
    .toUpperCase()
    .replaceAll(/[\s\p{Pd}]/gu, '')
    .replaceAll('O', '0')
    .replaceAll(/[IL]/g, '1');
  if (plain.length !== CODE_LENGTH || ![...plain].every((character) => ALPHABET.includes(character))) return null;
  return `${plain.slice(0, 4)}-${plain.slice(4)}`;
}

/** Times in milliseconds of one clock that only goes forward. */
export type Pairing = {
  readonly code: { readonly text: string; readonly expiresAt: number; readonly triesLeft: number } | null;
  /** No code is made or tried before this time. */
  readonly lockedUntil: number;
  /** Lock-outs in a row, each twice as long as the one before. */
  readonly lockOuts: number;
};

export const NO_PAIRING: Pairing = { code: null, lockedUntil: 0, lockOuts: 0 };

/** Shows a new code in place of any other; during a lock-out nothing changes. */
export function offerCode(pairing: Pairing, text: string, now: number): Pairing {
  if (now < pairing.lockedUntil) return pairing;
  return { ...pairing, code: { text, expiresAt: now + CODE_LIFE, triesLeft: CODE_TRIES } };
}

/** The code that may be tried now. */
export function liveCode(pairing: Pairing, now: number): Pairing['code'] {
  return pairing.code !== null && now < pairing.code.expiresAt && pairing.code.triesLeft > 0 ? pairing.code : null;
}

/** Takes one try, before it is known whether it is right: guesses sent side by side all count. */
export function takeTry(pairing: Pairing, now: number): Pairing {
  const code = liveCode(pairing, now);
  return code === null ? pairing : { ...pairing, code: { ...code, triesLeft: code.triesLeft - 1 } };
}

/** The try was wrong. When it was the last one, the code is void and nobody pairs for a while. */
export function tryFailed(pairing: Pairing, now: number): Pairing {
  if (pairing.code === null || pairing.code.triesLeft > 0) return pairing;
  const length = Math.min(FIRST_LOCK_OUT * 2 ** pairing.lockOuts, LONGEST_LOCK_OUT);
  return { code: null, lockedUntil: now + length, lockOuts: pairing.lockOuts + 1 };
}

/** Whole seconds until a code may be made again; 0 when it may be made now. */
export function lockedSeconds(pairing: Pairing, now: number): number {
  return Math.max(0, Math.ceil((pairing.lockedUntil - now) / 1000));
}
