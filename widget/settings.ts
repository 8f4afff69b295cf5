/** The account's settings of the widget, as Kommo gives them (kommo.md 7.2): not ours, and parsed each time. Pure. */
import * as v from 'valibot';
import { MOST_EXTENSIONS } from '../app/bridge/protocol.ts';

/**
 * Whether a call that rings pops up in Kommo: `auto` where the desktop shows no pop-up of its own, so that there is
 * exactly one.
 */
export type RingPopup = 'auto' | 'always' | 'never';

export type WidgetSettings = {
  ringPopup: RingPopup;
  /** Kommo user ids by extension; null where Kommo does not give the settings at all. */
  extensions: Record<string, number> | null;
};

/** What is wrong with settings that are about to be saved. */
export type SettingsProblem =
  | { kind: 'ring_popup' }
  | { kind: 'extension'; extension: string }
  | { kind: 'extension_twice'; extension: string };

const POPUPS: Readonly<Record<string, RingPopup>> = {
  '': 'auto',
  auto: 'auto',
  always: 'always',
  yes: 'always',
  never: 'never',
  no: 'never',
};
const EXTENSION = /^[^\s@]{1,32}$/;

const text = v.pipe(v.union([v.string(), v.number()]), v.transform(String));
/** Type `users`: an object by user id, or (in some builds) its JSON. */
const UsersSchema = v.pipe(
  v.union([
    v.pipe(
      v.string(),
      v.transform((json): unknown => {
        try {
          return JSON.parse(json === '' ? '{}' : json);
        } catch {
          return null;
        }
      }),
    ),
    v.record(v.string(), v.unknown()),
  ]),
  v.record(v.string(), v.unknown()),
);

function field(settings: unknown, name: string): unknown {
  return typeof settings === 'object' && settings !== null ? Reflect.get(settings, name) : undefined;
}

/** The pairs of user and extension that were filled in. */
function pairsOf(settings: unknown): [userId: number, extension: string][] {
  const users = v.safeParse(UsersSchema, field(settings, 'extensions'));
  if (!users.success) return [];
  return Object.entries(users.output).flatMap(([user, value]) => {
    const extension = v.safeParse(text, value);
    const id = Number(user);
    const written = extension.success ? extension.output.trim() : '';
    return Number.isSafeInteger(id) && id > 0 && written !== '' ? [[id, written] as [number, string]] : [];
  });
}

function popupOf(settings: unknown): RingPopup | undefined {
  const written = v.safeParse(text, field(settings, 'ring_popup'));
  const word = written.success ? written.output.trim().toLowerCase() : '';
  return Object.hasOwn(POPUPS, word) ? POPUPS[word] : undefined;
}

/** What holds; what makes no sense is left out. An extension that two users have is nobody's. */
export function readSettings(settings: unknown): WidgetSettings {
  const pairs = pairsOf(settings).filter(([, extension]) => EXTENSION.test(extension));
  const single = pairs.filter(([, extension]) => pairs.filter(([, other]) => other === extension).length === 1);
  return {
    ringPopup: popupOf(settings) ?? 'auto',
    extensions:
      typeof settings === 'object' && settings !== null
        ? Object.fromEntries(single.slice(0, MOST_EXTENSIONS).map(([id, extension]) => [extension, id]))
        : null,
  };
}

/** The first thing that is wrong, null where the settings may be saved. */
export function problemIn(settings: unknown): SettingsProblem | null {
  if (popupOf(settings) === undefined) return { kind: 'ring_popup' };
  const seen = new Set<string>();
  for (const [, extension] of pairsOf(settings)) {
    if (!EXTENSION.test(extension)) return { kind: 'extension', extension };
    if (seen.has(extension)) return { kind: 'extension_twice', extension };
    seen.add(extension);
  }
  return null;
}
