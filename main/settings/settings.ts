/** What this desktop is set up to do: from a provisioning file, or from the agent's own sign-in; kept in the profile. */
import path from 'node:path';
import * as v from 'valibot';
import {
  parseProvisioning,
  type CallSettings,
  type KommoAuth,
  type PhoneSettings,
  type Provisioning,
} from '../../app/settings/provisioning.ts';
import { parseOrigin, type KommoOrigin } from '../../app/kommo/address.ts';
import type { NumberRules } from '../../app/numbers/number.ts';
import { readIfThere, writeAtomically } from './atomic-file.ts';
import type { Vault } from './vault.ts';

const FileSchema = v.object({ version: v.literal(1), instanceId: v.pipe(v.string(), v.uuid()) });
const KommoSchema = v.object({ baseUrl: v.string(), accessToken: v.string() });

/** Which Kommo, and how to sign in there. */
export type KommoSettings = { origin: KommoOrigin; auth: KommoAuth };

export type Settings = {
  /** Persistent `+sip.instance` of this installation (RFC 5626 section 4.1). */
  readonly instanceId: string;
  kommo(): KommoSettings | null;
  phone(): PhoneSettings | null;
  calls(): CallSettings;
  numberRules(): NumberRules;
  /** Takes over a parsed provisioning file and keeps it for the next start. */
  provision(value: Provisioning): void;
  /** The agent signed in with a long-lived token of their own. */
  useToken(origin: KommoOrigin, accessToken: string): void;
  /** The agent signed out: the token of the settings is not used until there is a new one. */
  signOut(): void;
  signedOut(): boolean;
};

const DEFAULT_CALLS: CallSettings = {
  country: 'US',
  internalDigits: 6,
  logToCard: true,
  unknownInbound: 'incoming-lead',
};

/** `provisioning`: the parsed file of this start, null when none was named; then the kept one counts. */
export function openSettings(
  profile: string,
  vault: Vault,
  provisioning: Provisioning | null,
  newUuid: () => string,
): Settings {
  const file = path.join(profile, 'settings.json');
  const instanceId = readInstanceId(file) ?? keepInstanceId(file, newUuid());
  let current = provisioning ?? keptProvisioning(vault);
  // A token that the agent gave later replaces the sign-in of the kept file, which may have run out.
  let kommo: KommoSettings | null = (provisioning === null ? keptToken(vault) : null) ?? kommoOf(current);

  return {
    instanceId,
    kommo: () => kommo,
    phone: () => current?.phone ?? null,
    calls: () => current?.calls ?? DEFAULT_CALLS,
    numberRules: () => {
      const { country, internalDigits } = current?.calls ?? DEFAULT_CALLS;
      return { country, internalDigits };
    },
    provision(value) {
      current = value;
      kommo = kommoOf(value);
      vault.set('provisioning', value);
      vault.delete('kommo');
      vault.delete('signed-out');
    },
    useToken(origin, accessToken) {
      kommo = { origin, auth: { kind: 'token', accessToken } };
      vault.set('kommo', { baseUrl: origin, accessToken });
      vault.delete('signed-out');
    },
    signOut() {
      // As after a restart: the agent's own token gives way to the provisioned way to sign in.
      kommo = kommoOf(current) ?? kommo;
      vault.delete('kommo');
      vault.set('signed-out', true);
    },
    signedOut: () => provisioning === null && vault.get('signed-out', v.literal(true)) === true,
  };
}

function kommoOf(provisioning: Provisioning | null): KommoSettings | null {
  return provisioning === null ? null : { origin: provisioning.kommo.baseUrl, auth: provisioning.kommo.auth };
}

function readInstanceId(file: string): string | null {
  const text = readIfThere(file);
  if (text === null) return null;
  try {
    return v.parse(FileSchema, JSON.parse(text)).instanceId;
  } catch {
    return null;
  }
}

function keepInstanceId(file: string, instanceId: string): string {
  writeAtomically(file, JSON.stringify({ version: 1, instanceId }));
  return instanceId;
}

function keptProvisioning(vault: Vault): Provisioning | null {
  const kept = vault.get('provisioning', v.unknown());
  if (kept === null) return null;
  const parsed = parseProvisioning(JSON.stringify(kept));
  return parsed.ok ? parsed.value : null;
}

function keptToken(vault: Vault): KommoSettings | null {
  const kept = vault.get('kommo', KommoSchema);
  const origin = kept === null ? null : parseOrigin(kept.baseUrl);
  return kept === null || origin === null ? null : { origin, auth: { kind: 'token', accessToken: kept.accessToken } };
}
