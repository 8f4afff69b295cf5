/** What the agent chose for themselves: `preferences.json` in the profile. */
import fs from 'node:fs';
import path from 'node:path';
import * as v from 'valibot';
import { defaultPreferences, PreferencesSchema, type Preferences } from '../../app/settings/preferences.ts';
import type { Log } from '../diagnostics/log.ts';
import { readIfThere, writeAtomically } from './atomic-file.ts';

export type KeptPreferences = {
  current(): Preferences;
  /** Counts from now on; kept for the next start as far as the disk allows. */
  set(next: Preferences): void;
};

/** A file that cannot be read is put aside as `preferences.json.damaged`, and the defaults count. */
export function openPreferences(profile: string, log: Log): KeptPreferences {
  const file = path.join(profile, 'preferences.json');
  let current = read(file, log);
  return {
    current: () => current,
    set(next) {
      current = next;
      try {
        writeAtomically(file, JSON.stringify(next, null, 2));
      } catch (error) {
        log('preferences.not-kept', { error: String(error) });
      }
    },
  };
}

function read(file: string, log: Log): Preferences {
  try {
    const text = readIfThere(file);
    return text === null ? defaultPreferences : v.parse(PreferencesSchema, JSON.parse(text));
  } catch (error) {
    log('preferences.damaged', { error: String(error) });
    try {
      fs.renameSync(file, `${file}.damaged`);
    } catch (renaming) {
      log('preferences.not-put-aside', { error: String(renaming) });
    }
    return defaultPreferences;
  }
}
