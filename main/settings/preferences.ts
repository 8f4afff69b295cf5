/**
 * What the agent chose for themselves, and nothing else: `preferences.json` in the profile. Preferences lie at its top,
 * choices about calls and the phone beneath names of their own.
 */
import path from 'node:path';
import * as v from 'valibot';
import { PreferencesSchema, type Preferences } from '../../app/settings/preferences.ts';
import {
  keysIn,
  SETTINGS,
  settingOf,
  valueAt,
  withValue,
  type Document,
  type Layers,
} from '../../app/settings/layers.ts';
import { say, type Said } from '../../app/texts/sentence.ts';
import type { Log } from '../diagnostics/log.ts';
import { putAside, readIfThere, writeAtomically } from './atomic-file.ts';

export type KeptPreferences = {
  /** What counts: the agent's choice where it may be made, else the office's, else the default. */
  current(): Preferences;
  /** What is different from what counts becomes the agent's choice, from now on and for the next start. */
  set(next: Preferences): void;
  /** One setting by its key; undefined forgets the agent's choice. False where the agent may not, or not this value. */
  choose(key: string, value: unknown): boolean;
  /** What the agent chose, by the keys of settings. */
  chosen(): Document;
  /** What of the kept file does not count, and what to do; null where all of it does. */
  readonly problem: Said | null;
};

/** What the office says. */
export type OfficeLayers = Omit<Layers, 'agent'>;
const NOBODY: OfficeLayers = { policy: {}, provisioning: {} };
const PREFERENCES = Object.keys(SETTINGS).filter((key) => key.startsWith('preferences.'));

/** A file that cannot be read is put aside as `preferences.json.damaged`, and the defaults count. */
export function openPreferences(profile: string, log: Log, office: () => OfficeLayers = () => NOBODY): KeptPreferences {
  const file = path.join(profile, 'preferences.json');
  const kept = read(file, log);
  let agent = kept.document;

  const layers = (): Layers => ({ ...office(), agent });
  const keep = (next: Document): void => {
    agent = next;
    const { preferences, ...others } = next;
    try {
      writeAtomically(file, JSON.stringify({ ...others, ...Object(preferences) }, null, 2));
    } catch (error) {
      log('preferences.not-kept', { error: String(error) });
    }
  };
  function current(): Preferences {
    let document: Document = {};
    for (const key of PREFERENCES) document = withValue(document, key, settingOf(key, layers()).value);
    return v.parse(PreferencesSchema, document['preferences'] ?? {});
  }

  return {
    current,
    problem: kept.problem,
    chosen: () => agent,
    set(next) {
      const before = { preferences: current() };
      let chosen = agent;
      for (const key of PREFERENCES) {
        const value = valueAt({ preferences: next }, key);
        if (value === valueAt(before, key) || settingOf(key, layers()).locked) continue;
        chosen = withValue(chosen, key, value);
      }
      keep(chosen);
    },
    choose(key, value) {
      if (!Object.hasOwn(SETTINGS, key) || SETTINGS[key]?.agent !== true || settingOf(key, layers()).locked)
        return false;
      const next = withValue(agent, key, value);
      if (!isAcceptable(next)) return false;
      keep(next);
      return true;
    },
  };
}

/** What the agent can choose about calls and the phone. */
const ChoicesSchema = v.object({
  preferences: v.optional(PreferencesSchema),
  calls: v.optional(
    v.object({
      pop: v.optional(v.picklist(['ring', 'answer', 'click', 'never'])),
      popOnlyResponsible: v.optional(v.boolean()),
    }),
  ),
  phone: v.optional(v.object({ autoAnswer: v.optional(v.boolean()) })),
});
const isAcceptable = (document: Document): boolean => v.is(ChoicesSchema, document);

/** A language that nobody here speaks costs no other choice, and is told of. */
function withKnownLanguage({ language, ...others }: Record<string, unknown>) {
  if (language === undefined || v.is(PreferencesSchema.entries.language, language))
    return { preferences: language === undefined ? others : { ...others, language }, problem: null };
  const named = typeof language === 'string' ? language.slice(0, 40) : JSON.stringify(language).slice(0, 40);
  return { preferences: others, problem: say('settings.unknown-language', { language: named }) };
}

const FileSchema = v.pipe(v.string(), v.parseJson(), v.record(v.string(), v.unknown()));

function read(file: string, log: Log): { document: Document; problem: Said | null } {
  try {
    const text = readIfThere(file);
    if (text === null) return { document: {}, problem: null };
    const { calls, phone, ...all } = v.parse(FileSchema, text);
    const { preferences, problem } = withKnownLanguage(all);
    if (problem !== null) log('preferences.unknown-language', { language: all['language'] });
    const document = { preferences, calls: calls ?? {}, phone: phone ?? {} };
    v.parse(ChoicesSchema, document);
    // Only what is known, so that a choice of a later version does not come back from nowhere.
    const known = keysIn(document).reduce<Document>((some, key) => withValue(some, key, valueAt(document, key)), {});
    return { document: known, problem };
  } catch (error) {
    log('preferences.damaged', { error: String(error) });
    putAside(file, (why) => log('preferences.not-put-aside', { error: String(why) }));
    return { document: {}, problem: null };
  }
}
