/** What the phone page is told: the settings with their defaults filled in. */
import type { PhonePreferences, Preferences } from '../../app/settings/preferences.ts';
import type { PhoneConfig } from '../../app/ipc/phone.ts';
import type { Settings } from './settings.ts';

export function phoneConfigOf(settings: Settings, preferences: Preferences, userAgent: string): PhoneConfig | null {
  const phone = settings.phone();
  if (phone === null) return null;
  const { recording, lineHeader } = settings.calls();
  // `To` and `Diversion` are reported anyway.
  const line = lineHeader !== undefined && /^x-/i.test(lineHeader) ? lineHeader : undefined;
  const headers = [recording?.header, line].flatMap((header) => (header === undefined ? [] : [header.toLowerCase()]));
  return {
    servers: phone.server,
    uri: phone.uri,
    authorizationUser: phone.authorizationUser ?? extensionOf(phone.uri),
    password: phone.password,
    displayName: phone.displayName,
    iceServers: phone.iceServers,
    instanceId: settings.instanceId,
    userAgent,
    headers,
    dtmf: phone.dtmf,
    autoAnswer: phone.autoAnswer,
    callsAtOnce: phone.callsAtOnce,
    gatheringMs: phone.gatheringMs,
    watch: phone.watch,
    deskPhone: phone.deskPhone,
    preferences: phonePreferencesOf(preferences),
  };
}

/** The agent's choices, as far as they are the phone's. */
export function phonePreferencesOf({ audio, doNotDisturb, callWaiting }: Preferences): PhonePreferences {
  return { audio, doNotDisturb, callWaiting };
}

/** `101` of `sip:101@pbx.acme.example`. */
export function extensionOf(uri: string): string {
  return /^sips?:([^@;]+)[^@]*@/i.exec(uri)?.[1] ?? uri;
}
