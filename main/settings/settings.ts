/** What this desktop is set up to do: from a provisioning file, or from the agent's own sign-in; kept in the profile. */
import path from 'node:path';
import * as v from 'valibot';
import {
  parseProvisioning,
  type CallSettings,
  type KommoAuth,
  type PhoneSettings,
  type Provisioning,
  type UpdatePolicy,
} from '../../app/settings/provisioning.ts';
import { parseOrigin, type KommoOrigin } from '../../app/kommo/address.ts';
import type { NumberRules } from '../../app/numbers/number.ts';
import { readIfThere, writeAtomically } from './atomic-file.ts';
import type { Vault } from './vault.ts';

const FileSchema = v.object({ version: v.literal(1), instanceId: v.pipe(v.string(), v.uuid()) });
const KommoSchema = v.object({ baseUrl: v.string(), accessToken: v.string() });
/** An integration is of one account: its ID tells a renamed account from another one that took the old name. */
const MovedSchema = v.object({ clientId: v.string(), from: v.string(), to: v.string() });

/** Which Kommo, and how to sign in there. */
export type KommoSettings = { origin: KommoOrigin; auth: KommoAuth };

export type Settings = {
  /** Persistent `+sip.instance` of this installation (RFC 5626 section 4.1). */
  readonly instanceId: string;
  kommo(): KommoSettings | null;
  phone(): PhoneSettings | null;
  /** How many desktops share Kommo's limit, or their extensions; undefined where nobody said. */
  desktops(): Provisioning['kommo']['desktops'];
  calls(): CallSettings;
  numberRules(): NumberRules;
  updates(): UpdatePolicy;
  /** Takes over a parsed provisioning file and keeps it for the next start. */
  provision(value: Provisioning): void;
  /** The agent signed in with a long-lived token of their own. */
  useToken(origin: KommoOrigin, accessToken: string): void;
  /** The account was renamed: its new address counts wherever this integration's old one is named. */
  moveTo(origin: KommoOrigin): void;
  /** The agent signed out: the token of the settings is not used until there is a new one. */
  signOut(): void;
  signedOut(): boolean;
};

const DEFAULT_CALLS: CallSettings = {
  country: 'US',
  internalDigits: 6,
  logToCard: true,
  cardBy: 'entity',
  pop: 'click',
  popOnlyResponsible: false,
  private: [],
  users: {},
  voicemail: [],
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

  let moved = vault.get('moved', MovedSchema);

  return {
    instanceId,
    kommo: () => (kommo === null ? null : whereItIs(kommo, moved)),
    phone: () => current?.phone ?? null,
    desktops: () => current?.kommo.desktops,
    calls: () => current?.calls ?? DEFAULT_CALLS,
    numberRules: () => {
      const { country, internalDigits, private: hidden } = current?.calls ?? DEFAULT_CALLS;
      return { country, internalDigits, private: hidden };
    },
    updates: () => current?.updates ?? 'auto',
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
    moveTo(origin) {
      if (kommo?.auth.kind !== 'oauth') return;
      moved = { clientId: kommo.auth.clientId, from: kommo.origin, to: origin };
      vault.set('moved', moved);
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

function whereItIs(kommo: KommoSettings, moved: v.InferOutput<typeof MovedSchema> | null): KommoSettings {
  if (moved === null || kommo.auth.kind !== 'oauth') return kommo;
  if (moved.clientId !== kommo.auth.clientId || moved.from !== kommo.origin) return kommo;
  return { ...kommo, origin: parseOrigin(moved.to) ?? kommo.origin };
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
