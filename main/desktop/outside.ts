/** The one door through which addresses leave for the system's browser. */
import { Refusal } from '../../app/texts/refusal.ts';
import { say } from '../../app/texts/sentence.ts';

/** No agent opens as many; a script in the panel that opened more would bury the desktop under tabs. */
export const OPENED_AT_MOST = 10;
export const WITHIN_MS = 10_000;

export type OutsidePorts = {
  /** As Electron's `shell.openExternal`. */
  open(url: string): Promise<void>;
  /** Milliseconds that pass whatever the clock is set to. */
  now(): number;
};

/**
 * Opens an address, whoever asks and whatever it is: at most `OPENED_AT_MOST` in any `WITHIN_MS`. What did not open
 * counts too. The one that comes after them is rejected with a Refusal and is not counted.
 */
export function createOutside({ open, now }: OutsidePorts) {
  let openedAt: number[] = [];
  return async (url: string): Promise<void> => {
    const at = now();
    openedAt = openedAt.filter((earlier) => at - earlier < WITHIN_MS);
    if (openedAt.length >= OPENED_AT_MOST) throw new Refusal(say('browser.too-many-opened'));
    openedAt.push(at);
    await open(url);
  };
}
