/** What this desktop is set up to do: from a provisioning file, or from the agent's own sign-in; kept in the profile. */
import fs from 'node:fs';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import * as v from 'valibot';
import {
  parsePreferred,
  parseProvisioning,
  type CallSettings,
  type KommoAuth,
  type PhoneSettings,
  type Provisioning,
  type ProvisioningError,
  type UpdatePolicy,
} from '../../app/settings/provisioning.ts';
import { parseOrigin, type KommoOrigin } from '../../app/kommo/address.ts';
import type { NumberRules } from '../../app/numbers/number.ts';
import { keysIn, layered, settingOf, type Document } from '../../app/settings/layers.ts';
import { readProvisioningText } from './provisioning-text.ts';
import { readIfThere } from './atomic-file.ts';
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
  /** What the office says: policy, and the provisioning beneath it. */
  office(): { policy: Document; provisioning: Document };
  /**
   * Takes over what the system's policy says now. Where that and the provisioning together make no sense, nothing
   * changes, and the errors name the fields.
   */
  applyPolicy(next: Document): ProvisioningError[];
  /**
   * Takes over a parsed provisioning file and keeps it for the next start. `follows`: nobody asked for it now, so the
   * agent's own sign-in stays where the file says of Kommo what it said before.
   */
  provision(value: Provisioning, follows?: boolean): void;
  /** The phone has registered with these settings: they are the right ones. */
  proved(): void;
  /** Whether the phone ever registered with the settings that there are. */
  isProved(): boolean;
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
  { policy: policyAtStart = {}, chosen = () => ({}) }: { policy?: Document; chosen?(): Document } = {},
): Settings {
  const file = path.join(profile, 'settings.json');
  const instanceId = readInstanceId(file) ?? keepInstanceId(file, newUuid());
  let provisioned = provisioning ?? keptProvisioning(vault);
  // One that makes no sense is told of by whoever applies it again, once there is somebody to tell.
  let policy: Document = policyErrors(provisioned, policyAtStart).length === 0 ? policyAtStart : {};
  let current = underPolicy(provisioned, policy) ?? provisioned;
  // A token that the agent gave later replaces the sign-in of the kept file, which may have run out.
  let kommo: KommoSettings | null = (provisioning === null ? keptToken(vault) : null) ?? kommoOf(current);

  let moved = vault.get('moved', MovedSchema);
  let isProved = vault.get('proved', v.literal(true)) === true;

  const office = () => ({ policy, provisioning: { ...provisioned } as Document });
  /** A section with what the agent may say of it and did. */
  function withChoices<T extends object>(section: 'phone' | 'calls', settings: T): T {
    const layers = { ...office(), agent: chosen() };
    const made = keysIn(layers.agent).filter((key) => key.startsWith(`${section}.`));
    const choices = made.flatMap((key) => {
      const { source, value } = settingOf(key, layers);
      return source === 'agent' ? [[key.slice(section.length + 1), value]] : [];
    });
    return choices.length === 0 ? settings : { ...settings, ...(Object.fromEntries(choices) as Partial<T>) };
  }

  return {
    instanceId,
    kommo: () => (kommo === null ? null : whereItIs(kommo, moved)),
    phone: () => (current === null ? null : withChoices('phone', current.phone)),
    desktops: () => current?.kommo.desktops,
    calls: () => withChoices('calls', current?.calls ?? DEFAULT_CALLS),
    office,
    applyPolicy(next) {
      const errors = policyErrors(provisioned, next);
      if (errors.length > 0) return errors;
      policy = next;
      const before = kommoOf(current);
      current = underPolicy(provisioned, policy) ?? provisioned;
      if (!isDeepStrictEqual(before, kommoOf(current))) kommo = kommoOf(current);
      return [];
    },
    numberRules: () => {
      const { country, internalDigits, private: hidden } = current?.calls ?? DEFAULT_CALLS;
      return { country, internalDigits, private: hidden };
    },
    updates: () => current?.updates ?? 'auto',
    provision(value, follows = false) {
      const before = kommoOf(current);
      if (isProved && !isDeepStrictEqual(provisioned?.phone, value.phone)) {
        isProved = false;
        vault.delete('proved');
      }
      provisioned = value;
      current = underPolicy(value, policy) ?? value;
      vault.set('provisioning', value);
      if (follows && isDeepStrictEqual(before, kommoOf(current))) return;
      kommo = kommoOf(current);
      vault.delete('kommo');
      vault.delete('signed-out');
    },
    proved() {
      if (isProved) return;
      isProved = true;
      vault.set('proved', true);
    },
    isProved: () => current !== null && isProved,
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

/** The provisioning with what policy says in its place; null where that makes no whole. */
function underPolicy(provisioned: Provisioning | null, policy: Document): Provisioning | null {
  if (Object.keys(policy).length === 0) return provisioned;
  const parsed = readProvisioningText(JSON.stringify(layered({ ...provisioned }, policy)));
  return parsed.ok ? parsed.value : null;
}

/** What is wrong with a policy; without a provisioning beneath it, it need not say everything. */
function policyErrors(provisioned: Provisioning | null, policy: Document): ProvisioningError[] {
  if (Object.keys(policy).length === 0) return [];
  const whole = provisioned !== null || ('kommo' in policy && 'phone' in policy);
  const parsed = whole
    ? readProvisioningText(JSON.stringify(layered({ ...provisioned }, policy)))
    : parsePreferred(policy);
  return parsed.ok ? [] : parsed.errors;
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

/** Not flushed to the disk, which takes as long as all else at a first start: one that a power cut takes is made anew. */
function keepInstanceId(file: string, instanceId: string): string {
  fs.writeFileSync(file, JSON.stringify({ version: 1, instanceId }), { mode: 0o600 });
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
