/** Makes changed settings count: a file that was changed, a policy, the agent's own choice. Never at the cost of a call. */
import fs from 'node:fs';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { PhoneConfig } from '../../app/ipc/phone.ts';
import type { PhonePreferences } from '../../app/settings/preferences.ts';
import { layered } from '../../app/settings/layers.ts';
import { provisioningSentence, type Provisioning } from '../../app/settings/provisioning.ts';
import { say } from '../../app/texts/sentence.ts';
import { inEnglish } from '../../app/texts/worded.ts';
import type { Log } from '../diagnostics/log.ts';
import type { Notices } from '../windows/notices.ts';
import type { PolicyRead } from './policy/policy.ts';
import { readProvisioningText } from './provisioning-text.ts';
import type { Settings } from './settings.ts';

export type RenewalPorts = {
  settings: Settings;
  /** What the phone's page would be told now. */
  phoneConfig(): PhoneConfig | null;
  /** A call goes on that the phone's page holds. */
  inCall(): boolean;
  restartPhone(): void;
  tellPhone(preferences: PhonePreferences): void;
  /** Kommo's address or the way to sign in there changed. */
  signInAgain(): void;
  notices: Pick<Notices, 'add' | 'dismiss'>;
  /** Something may count now that did not before. */
  changed(): void;
  log: Log;
};

const FILE_EVERY_MS = 2_000;

export function createRenewal(ports: RenewalPorts) {
  const { settings, notices, log } = ports;
  let phone = ports.phoneConfig();
  let kommo: unknown = officeKommo(settings);
  let waits = false;
  let version = 1;

  /** Compares with what counted before, and tells whom it concerns. */
  function renew(): void {
    version += 1;
    const [phoneNow, kommoNow] = [ports.phoneConfig(), officeKommo(settings)];
    if (!isDeepStrictEqual(kommo, kommoNow)) {
      kommo = kommoNow;
      ports.signInAgain();
    }
    if (!isDeepStrictEqual(withoutPreferences(phone), withoutPreferences(phoneNow))) waits = true;
    else if (phoneNow !== null && !isDeepStrictEqual(phone?.preferences, phoneNow.preferences))
      ports.tellPhone(phoneNow.preferences);
    phone = phoneNow;
    settle();
    if (waits) notices.add('settings-wait', say('settings.wait'));
    ports.changed();
  }

  /** The phone starts again with its new settings, once no call would be lost by it. */
  function settle(): void {
    if (!waits || ports.inCall()) return;
    waits = false;
    notices.dismiss('settings-wait');
    ports.restartPhone();
  }

  function provision(value: Provisioning, follows: boolean): void {
    settings.provision(value, follows);
    // The agent chose this file: they want it tried again, whatever it says.
    if (!follows) kommo = null;
    renew();
  }

  return {
    renew,
    settle,
    /** Counts up with whatever changes a setting, its default or its lock. */
    version: () => version,
    /** The agent gave a provisioning file. */
    provision: (value: Provisioning): void => provision(value, false),

    /** Takes over what the system's policy says now, and says what of it cannot be. */
    applyPolicy({ policy, problem }: PolicyRead): void {
      const errors = settings.applyPolicy(policy);
      const text = problem ?? (errors.length === 0 ? null : provisioningSentence(say('provisioning.policy'), errors));
      if (text === null) notices.dismiss('policy');
      else notices.add('policy', text);
      if (text !== null) log('policy.refused', { detail: inEnglish(text) });
      renew();
    },

    /** Follows the provisioning file that this start named. Returns its own end. */
    follow(file: string): () => void {
      const look = (now: fs.Stats): void => {
        // Gone, or being replaced: what was read from it goes on.
        if (now.mtimeMs === 0) return;
        const parsed = readProvisioningText(readText(file));
        if (parsed.ok) {
          notices.dismiss('provisioning');
          log('provisioning.changed');
          return provision(parsed.value, true);
        }
        const text = provisioningSentence(path.basename(file), parsed.errors);
        log('provisioning.refused', { detail: inEnglish(text) });
        notices.add('provisioning', say('provisioning.until-then', { what: text }));
      };
      fs.watchFile(file, { interval: FILE_EVERY_MS, persistent: false }, look);
      return () => fs.unwatchFile(file, look);
    },
  };
}

export type Renewal = ReturnType<typeof createRenewal>;

/** What the office says of Kommo; what the agent signed in with is the session's. */
function officeKommo(settings: Settings): unknown {
  const { policy, provisioning } = settings.office();
  return layered(provisioning, policy)['kommo'];
}

function withoutPreferences(config: PhoneConfig | null): Omit<PhoneConfig, 'preferences'> | null {
  if (config === null) return null;
  const { preferences: _preferences, ...rest } = config;
  return rest;
}

function readText(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
