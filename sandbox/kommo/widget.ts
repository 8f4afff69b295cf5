import { readFile } from 'node:fs/promises';
import { join, normalize, sep } from 'node:path';
import * as v from 'valibot';

const SETTING = v.object({
  name: v.string(),
  type: v.picklist(['text', 'pass', 'users', 'users_lp', 'custom']),
  required: v.optional(v.boolean(), false),
});

const MANIFEST = v.object({
  widget: v.object({
    name: v.string(),
    description: v.string(),
    short_description: v.string(),
    version: v.string(),
    interface_version: v.literal(2),
    init_once: v.optional(v.boolean(), false),
    locale: v.optional(v.array(v.string()), ['en']),
    installation: v.boolean(),
    support: v.optional(v.object({ link: v.optional(v.string()), email: v.optional(v.string()) })),
  }),
  locations: v.pipe(v.array(v.string()), v.minLength(1)),
  settings: v.optional(v.record(v.string(), SETTING), {}),
});

export type Manifest = v.InferOutput<typeof MANIFEST>;

/** Settings of a widget: the same for every user of the account (kommo.md 7.2). */
export type WidgetSettings = Readonly<Record<string, unknown>>;

/** A widget that was uploaded to the account: its files, and its account-wide settings on the server. */
export type HostedWidget = {
  /** The code under which Kommo serves it. */
  readonly code: string;
  /** The manifest as it is on disk now: a rebuilt widget is picked up at the next page. */
  manifest(): Promise<Manifest>;
  /** Texts of one language, an empty object when that language is not in the package. */
  texts(language: string): Promise<Record<string, unknown>>;
  /** A file of the package; null when there is none. */
  file(path: string): Promise<Buffer<ArrayBuffer> | null>;
  settings: WidgetSettings;
  active: boolean;
};

/**
 * Takes a widget folder (`manifest.json`, `script.js`, `i18n/`, `images/`) as Kommo takes an upload.
 * @throws Error that names what Kommo would refuse the package for.
 */
export async function hostWidget(folder: string, code: string, settings: WidgetSettings): Promise<HostedWidget> {
  const file = async (path: string): Promise<Buffer<ArrayBuffer> | null> => {
    const inside = normalize(path);
    if (inside.startsWith(sep) || inside.startsWith('..')) return null;
    return readFile(join(folder, inside)).catch(() => null);
  };
  const manifest = async (): Promise<Manifest> => {
    const raw = await file('manifest.json');
    if (raw === null) throw new Error('The widget folder has no manifest.json; build the widget first.');
    const parsed = v.safeParse(MANIFEST, JSON.parse(raw.toString()));
    if (!parsed.success) {
      const [issue] = parsed.issues;
      throw new Error(`manifest.json of the widget: ${v.getDotPath(issue) ?? 'it'} is wrong (${issue.message}).`);
    }
    if (parsed.output.widget.installation && Object.keys(parsed.output.settings).length === 0) {
      throw new Error('manifest.json of the widget: "installation": true requires "settings".');
    }
    return parsed.output;
  };
  await manifest();
  if ((await file('script.js')) === null)
    throw new Error('The widget folder has no script.js; build the widget first.');
  return {
    code,
    manifest,
    file,
    texts: async (language) => {
      const raw = await file(join('i18n', `${language.replaceAll(/[^a-z-]/gi, '')}.json`));
      return raw === null ? {} : v.parse(v.record(v.string(), v.unknown()), JSON.parse(raw.toString()));
    },
    settings,
    active: true,
  };
}

/** The text behind a key such as `settings.bridge_port`; the key itself when it is missing, as Kommo shows it. */
export function textOf(texts: Readonly<Record<string, unknown>>, key: string): string {
  const found = key
    .split('.')
    .reduce<unknown>((at, part) => (typeof at === 'object' && at !== null ? Reflect.get(at, part) : undefined), texts);
  return typeof found === 'string' ? found : key;
}
