/** The contract between main and the phone page. */
import type { PhoneCommand, PhoneEvent } from '../calls/phone-event.ts';
import type { PhonePreferences } from '../settings/preferences.ts';

/** What the phone page needs to register: the only renderer that learns the SIP password. */
export type PhoneConfig = {
  /** WebSocket addresses, the preferred one first. */
  servers: string[];
  uri: string;
  authorizationUser: string;
  password: string;
  displayName: string;
  iceServers: { urls: string | string[]; username?: string | undefined; credential?: string | undefined }[];
  /** Persistent `+sip.instance` (RFC 5626 section 4.1): a UUID, so that a restart replaces its old contact. */
  instanceId: string;
  userAgent: string;
  /** How keys are sent: in the audio (RFC 4733) or as SIP INFO (RFC 6086, `application/dtmf-relay`). */
  dtmf: 'rfc4733' | 'info';
  /** Answer by itself where the PBX asks for it by `Alert-Info` or `Call-Info`. */
  autoAnswer: boolean;
  /** How many calls there can be at once; the next one is answered with 486. */
  callsAtOnce: number;
  /** Longest wait for ICE candidates before an offer or answer goes out, milliseconds. */
  gatheringMs: number;
  /** Extensions whose desk phones are watched (RFC 4235). */
  watch: string[];
  /** How a desk phone is made to dial: by a REFER to it, or by calling it first and referring it then. */
  deskPhone: 'refer' | 'ring-first';
  preferences: PhonePreferences;
  /** Lower-case names of the headers to report beside those that always are. */
  headers: string[];
};

/** Channels, by the one who sends. Every payload from a page is parsed in main. */
export const PHONE_CHANNELS = {
  /** page → main, answered with the `PhoneConfig`, or null when no phone is set up. */
  config: 'phone.config',
  /** page → main: `PhoneEvent` and the page's own `performance.now()` at sending. */
  event: 'phone.event',
  /** main → page: `PhoneCommand`. */
  command: 'phone.command',
} as const;

/** What the preload gives the phone page as `window.ringside`. */
export type PhoneBridge = {
  config(): Promise<PhoneConfig | null>;
  report(event: PhoneEvent, sentAt: number): void;
  /** Returns its own undo. */
  onCommand(listener: (command: PhoneCommand) => void): () => void;
};
