/**
 * What Kommo's documentation asks of a widget's archive, checked one by one: developers.kommo.com/docs/manifest-json,
 * /structure-widget, /widget-locations, /images, /click-to-call, /add-notifications; spec/call-notification.txt.
 */
import { gzipSync } from 'node:zlib';
import { runInNewContext } from 'node:vm';
import * as v from 'valibot';

/** The files of the archive by their path in it. */
export type PackageFiles = Readonly<Record<string, Uint8Array>>;

/** Kommo's logos, width by height in pixels. */
export const LOGOS: Readonly<Record<string, readonly [width: number, height: number]>> = {
  logo: [130, 100],
  logo_min: [84, 84],
  logo_main: [400, 272],
  logo_small: [108, 108],
  logo_medium: [240, 84],
  logo_dp: [174, 109],
};
const MAX_IMAGE = 300 * 1024;
/** Ours: every page of Kommo loads it. */
const MAX_SCRIPT_GZIPPED = 30_000;

/** Areas that take `-0` or `-1`: in their right-hand panel or not. */
const PANEL_AREAS = ['lcard', 'ccard', 'comcard', 'cucard', 'llist', 'clist', 'culist', 'tlist'];
const PLAIN_AREAS = [
  'everywhere',
  'settings',
  'advanced_settings',
  'card_sdk',
  'catalogs',
  'digital_pipeline',
  'lead_sources',
  'widget_page',
  'sms',
  'whatsapp_modal',
  'mobile_card',
  'salesbot_designer',
  'website_chat_button',
];
/** Where numbers can be clicked (docs/click-to-call), and where a call must be told of (the specification). */
const NEEDED_AREAS = ['everywhere', 'settings', 'ccard-1', 'clist-1', 'lcard-1', 'llist-1', 'comcard-1'];
const CALLBACKS = ['render', 'init', 'bind_actions', 'settings', 'onSave', 'destroy'];
const ALLOWED =
  /^(?:manifest\.json|script\.js|style\.css|i18n\/[a-z]{2}\.json|images\/[\w-]+\.(?:png|jpg)|templates\/[\w-]+\.twig)$/;

const SettingSchema = v.object({
  name: v.string(),
  type: v.picklist(['text', 'pass', 'users', 'users_lp', 'custom']),
  required: v.boolean(),
});
const ManifestSchema = v.object({
  widget: v.object({
    name: v.string(),
    description: v.string(),
    short_description: v.string(),
    version: v.pipe(v.string(), v.regex(/^\d+\.\d+\.\d+$/, 'not three numbers such as 1.0.1')),
    interface_version: v.literal(2),
    init_once: v.literal(true, 'not true: the socket has to survive a change of page'),
    locale: v.pipe(v.array(v.pipe(v.string(), v.regex(/^[a-z]{2}$/))), v.minLength(1)),
    installation: v.boolean(),
    support: v.optional(
      v.object({ link: v.optional(v.pipe(v.string(), v.url())), email: v.optional(v.pipe(v.string(), v.email())) }),
    ),
  }),
  locations: v.array(v.string()),
  tour: v.object({
    is_tour: v.literal(true),
    tour_images: v.record(v.string(), v.pipe(v.array(v.string()), v.minLength(1))),
    tour_description: v.string(),
  }),
  settings: v.optional(v.record(v.string(), SettingSchema), {}),
  advanced: v.optional(v.object({ title: v.string() })),
  dp: v.optional(v.object({ settings: v.record(v.string(), v.unknown()) })),
});
type Manifest = v.InferOutput<typeof ManifestSchema>;

/** Everything that is wrong with a package, a sentence each; empty where Kommo may have it. */
export function problemsIn(files: PackageFiles): string[] {
  const problems = Object.keys(files).flatMap((path) =>
    ALLOWED.test(path) ? [] : [`${path} does not belong in the archive, or not there.`],
  );
  const parsed = readManifest(files);
  if (typeof parsed === 'string') return [...problems, parsed];
  return [
    ...problems,
    ...locationProblems(parsed),
    ...textProblems(parsed, files),
    ...imageProblems(parsed, files),
    ...scriptProblems(files),
  ];
}

function readManifest(files: PackageFiles): Manifest | string {
  const json = readJson(files['manifest.json']);
  if (json === undefined) return 'manifest.json is not at the root of the archive, or not JSON in UTF-8.';
  const parsed = v.safeParse(ManifestSchema, json);
  if (!parsed.success) {
    const [issue] = parsed.issues;
    return `manifest.json: ${v.getDotPath(issue) ?? 'it'} is wrong (${issue.message}).`;
  }
  const { widget, settings } = parsed.output;
  if (widget.installation && Object.keys(settings).length === 0)
    return 'manifest.json: "installation": true needs "settings".';
  return parsed.output;
}

function readJson(file: Uint8Array | undefined): unknown {
  try {
    return file === undefined
      ? undefined
      : JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(file));
  } catch {
    return undefined;
  }
}

function locationProblems({ locations, advanced, dp }: Manifest): string[] {
  const areas = locations.map((location) => location.replace(/-[01]$/, ''));
  const problems = locations.flatMap((location, index) => {
    const area = areas[index] ?? '';
    if (areas.indexOf(area) !== index) return [`manifest.json: the area ${area} is named twice.`];
    const panel = PANEL_AREAS.includes(area);
    if (!panel && !PLAIN_AREAS.includes(area)) return [`manifest.json: Kommo has no area ${location}.`];
    // A panel area without its number counts as 1.
    return !panel && location !== area ? [`manifest.json: the area ${area} takes no -0 and no -1.`] : [];
  });
  const missing = NEEDED_AREAS.filter((area) => !locations.includes(area));
  if (missing.length > 0) problems.push(`manifest.json: "locations" lacks ${missing.join(', ')}.`);
  if (areas.includes('advanced_settings') && advanced === undefined)
    problems.push('manifest.json: the area advanced_settings needs "advanced".');
  if (areas.includes('digital_pipeline') && dp === undefined)
    problems.push('manifest.json: the area digital_pipeline needs "dp".');
  return problems;
}

/** Every text of a language by its dotted key. */
function flat(texts: unknown, path = ''): [key: string, text: string][] {
  if (typeof texts !== 'object' || texts === null) return [[path.slice(0, -1), typeof texts === 'string' ? texts : '']];
  return Object.entries(texts).flatMap(([key, value]) => flat(value, `${path}${key}.`));
}

function textProblems({ widget, tour, settings, advanced }: Manifest, files: PackageFiles): string[] {
  const problems: string[] = [];
  const languages = Object.keys(files).flatMap((path) => /^i18n\/(\w+)\.json$/.exec(path)?.[1] ?? []);
  for (const language of languages.filter((name) => !widget.locale.includes(name)))
    problems.push(`i18n/${language}.json is of a language that the manifest does not name.`);
  const all = new Map(widget.locale.map((name) => [name, new Map(flat(readJson(files[`i18n/${name}.json`]) ?? {}))]));
  const keys = new Set([...all.values()].flatMap((texts) => [...texts.keys()]));
  const { name, description, short_description: short } = widget;
  const asked = [name, description, short, tour.tour_description, ...Object.values(settings).map((one) => one.name)];
  if (advanced !== undefined) asked.push(advanced.title);
  // The label of the action that a click on a number offers.
  asked.push('widget.call_action');
  for (const key of asked) keys.add(key);
  for (const [language, texts] of all) {
    if (!(`i18n/${language}.json` in files)) problems.push(`i18n/${language}.json is missing.`);
    else
      for (const key of keys)
        if ((texts.get(key) ?? '').trim() === '') problems.push(`i18n/${language}.json has no text for ${key}.`);
  }
  return problems;
}

/** Width and height of a PNG (its IHDR chunk), null where it is none. */
function sizeOf(png: Uint8Array): [width: number, height: number] | null {
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  if (png.length < 24 || view.getUint32(0) !== 0x89504e47 || view.getUint32(12) !== 0x49484452) return null;
  return [view.getUint32(16), view.getUint32(20)];
}

function imageProblems({ widget, tour }: Manifest, files: PackageFiles): string[] {
  const problems: string[] = [];
  for (const [name, [width, height]] of Object.entries(LOGOS)) {
    const image = files[`images/${name}.png`];
    const size = image === undefined ? null : sizeOf(image);
    if (image === undefined) problems.push(`images/${name}.png is missing.`);
    else if (size === null) problems.push(`images/${name}.png is not a PNG.`);
    else if (size[0] !== width || size[1] !== height)
      problems.push(`images/${name}.png is ${size.join('×')} pixels, not ${width}×${height}.`);
  }
  for (const [path, image] of Object.entries(files))
    if (path.startsWith('images/') && image.length > MAX_IMAGE) problems.push(`${path} is larger than 300 KB.`);
  for (const language of widget.locale)
    if (!(language in tour.tour_images)) problems.push(`manifest.json: the tour has no images in ${language}.`);
  for (const path of Object.values(tour.tour_images).flat())
    if (!path.startsWith('/images/') || !(path.slice(1) in files)) problems.push(`The tour's ${path} is missing.`);
  return problems;
}

function scriptProblems(files: PackageFiles): string[] {
  const file = files['script.js'];
  if (file === undefined) return ['script.js is missing.'];
  const problems: string[] = [];
  const script = new TextDecoder().decode(file);
  const gzipped = gzipSync(file, { level: 9 }).length;
  if (gzipped > MAX_SCRIPT_GZIPPED) problems.push(`script.js has ${gzipped} bytes gzipped, more than 30 kB.`);
  // Kommo's page is https: of plain addresses only this computer's can be reached (kommo.md 8.1).
  for (const [address] of script.matchAll(/\b(?:http|ws):\/\/[\w.-]+/g))
    if (!/^(?:http|ws):\/\/(?:127\.0\.0\.1|www\.w3\.org)?$/.test(address))
      problems.push(`script.js names ${address}, which a page of Kommo may not load.`);
  const callbacks = callbacksOf(script);
  if (typeof callbacks === 'string') return [...problems, callbacks];
  const missing = CALLBACKS.filter((name) => typeof Reflect.get(callbacks, name) !== 'function');
  if (missing.length > 0) problems.push(`script.js: the callback ${missing.join(', ')} is missing.`);
  return problems;
}

/** What the widget gives Kommo: the module is run in a world of its own that offers nothing but `define`. */
function callbacksOf(script: string): object | string {
  const defined: unknown[][] = [];
  try {
    runInNewContext(script, { define: (...parts: unknown[]) => defined.push(parts) }, { timeout: 2000 });
    const [first, ...more] = defined;
    const factory = first?.at(-1);
    if (typeof factory !== 'function' || more.length > 0) return 'script.js does not call define() once.';
    const needs = first?.find((part) => typeof part === 'object');
    if (JSON.stringify(needs ?? []) !== '["jquery"]') return 'script.js may ask for the module jquery and no other.';
    const Widget: unknown = Reflect.apply(factory, undefined, [() => undefined]);
    if (typeof Widget !== 'function') return 'script.js does not define a constructor.';
    const callbacks: unknown = Reflect.get(Reflect.construct(Widget, []) as object, 'callbacks');
    return typeof callbacks === 'object' && callbacks !== null ? callbacks : 'script.js gives no callbacks.';
  } catch (error) {
    return `script.js does not stand by itself (${error instanceof Error ? error.message : String(error)}).`;
  }
}
