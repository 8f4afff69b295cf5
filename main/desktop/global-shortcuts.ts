/** Keys that work while other programs have the keyboard: each off until the agent chooses its keys. */
import { SHORTCUTS, type Preferences, type Shortcut } from '../../app/settings/preferences.ts';
import type { LiveCall, PanelState } from '../../app/ipc/panel.ts';

export type ShortcutPorts = {
  /** False, or a throw, where the keys cannot be had: another program has them, or there are no such keys. */
  register(keys: string, pressed: () => void): boolean;
  unregister(keys: string): void;
  pressed(shortcut: Shortcut): void;
};

type Standing = PanelState['shortcuts'];

export function createGlobalShortcuts({ register, unregister, pressed }: ShortcutPorts) {
  const held = new Map<Shortcut, string>();
  const standing: Standing = { answer: 'off', hangUp: 'off', mute: 'off', dialCopied: 'off' };

  function take(shortcut: Shortcut, keys: string): boolean {
    try {
      return register(keys, () => pressed(shortcut));
    } catch {
      return false;
    }
  }

  function release(shortcut: Shortcut): void {
    const keys = held.get(shortcut);
    if (keys !== undefined) unregister(keys);
    held.delete(shortcut);
  }

  return {
    /** Lets go what is not wanted any more, then takes what is new; keys that were taken are tried again each time. */
    apply(wanted: Preferences['shortcuts']): void {
      for (const shortcut of SHORTCUTS) if (held.get(shortcut) !== wanted[shortcut]) release(shortcut);
      for (const shortcut of SHORTCUTS) {
        const keys = wanted[shortcut];
        if (keys === null) standing[shortcut] = 'off';
        else if (held.get(shortcut) === keys) standing[shortcut] = 'on';
        else if ([...held.values()].includes(keys) || !take(shortcut, keys)) standing[shortcut] = 'taken';
        else {
          held.set(shortcut, keys);
          standing[shortcut] = 'on';
        }
      }
    },
    standing: (): Standing => ({ ...standing }),
    releaseAll(): void {
      for (const shortcut of SHORTCUTS) release(shortcut);
    },
  };
}

/** The call that a shortcut is about; null where there is none. Whoever rang first is answered first. */
export function callFor(shortcut: Exclude<Shortcut, 'dialCopied'>, calls: readonly LiveCall[]): LiveCall | null {
  const here = calls.filter(({ source }) => source === 'phone').toSorted((a, b) => a.startedAt - b.startedAt);
  const ringing = here.filter(({ state, direction }) => state === 'ringing' && direction === 'inbound');
  const active = here.filter(({ state }) => state === 'active');
  if (shortcut === 'answer') return ringing[0] ?? null;
  if (shortcut === 'mute') return active[0] ?? null;
  return active[0] ?? here.find((call) => !ringing.includes(call) && call.state !== 'ended') ?? ringing[0] ?? null;
}

/** What of a copied text can be called; null where it is something else. */
export function copiedNumber(text: string): string | null {
  const line = text.trim().replace(/^(?:tel|sips?|callto):(?:\/\/)?/i, '');
  if (/^[+(]?[\d\s().\-/*#]{2,40}$/.test(line) && /\d{2}/.test(line)) return line;
  return /^[\w.+-]{1,64}@[\w.-]{1,128}$/.test(line) && /^sips?:/i.test(text.trim()) ? line : null;
}
