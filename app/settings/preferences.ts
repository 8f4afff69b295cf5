/** What the agent chooses for themselves, kept in the profile; what the administrator decides is in provisioning.ts. */
import * as v from 'valibot';

const device = v.nullable(v.pipe(v.string(), v.maxLength(256)));

const AudioSchema = v.object({
  /** Ids of `AudioDevice`; null is the system's own choice. */
  microphone: v.optional(device, null),
  speaker: v.optional(device, null),
  ringer: v.optional(device, null),
  /** 0 to 1. */
  ringVolume: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1)), 0.8),
  /** Ring on the speaker (the headset) as well. */
  ringOnSpeaker: v.optional(v.boolean(), false),
});

/** What a global shortcut can do. */
export const SHORTCUTS = ['answer', 'hangUp', 'mute', 'dialCopied'] as const;
export type Shortcut = (typeof SHORTCUTS)[number];

export const ACCELERATOR =
  /^(?:(?:CommandOrControl|Command|Control|Ctrl|Cmd|Alt|Option|AltGr|Shift|Super|Meta)\+){0,4}[^\s+]{1,20}$/;
/** Electron's accelerator, such as `CommandOrControl+Alt+A`; null is off. */
const shortcut = v.optional(v.nullable(v.pipe(v.string(), v.maxLength(64), v.regex(ACCELERATOR))), null);
const ShortcutsSchema = v.object({ answer: shortcut, hangUp: shortcut, mute: shortcut, dialCopied: shortcut });

export const LANGUAGES = ['en', 'es', 'pt', 'ru'] as const;

export const PreferencesSchema = v.object({
  audio: v.optional(AudioSchema, {}),
  doNotDisturb: v.optional(v.boolean(), false),
  /** A second call rings while one is active; without, it is answered with 486. */
  callWaiting: v.optional(v.boolean(), true),
  /** What a `tel:`, `sip:` or `callto:` link does. */
  links: v.optional(v.picklist(['ask', 'dial']), 'ask'),
  language: v.optional(v.picklist(['system', ...LANGUAGES]), 'system'),
  theme: v.optional(v.picklist(['system', 'light', 'dark', 'contrast']), 'system'),
  /** They work while other programs have the keyboard. */
  shortcuts: v.optional(ShortcutsSchema, {}),
  startWithSystem: v.optional(v.boolean(), false),
});
export type Preferences = v.InferOutput<typeof PreferencesSchema>;

/** What the phone page must know of them. */
export type PhonePreferences = Pick<Preferences, 'audio' | 'doNotDisturb' | 'callWaiting'>;

export const defaultPreferences: Preferences = v.parse(PreferencesSchema, {});
