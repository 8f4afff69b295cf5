import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { strFromU8, strToU8, unzipSync } from 'fflate';
import { build, createLogger } from 'vite';
import { beforeAll, describe, expect, it, onTestFinished, test } from 'vitest';
import { bundles } from '../../../scripts/bundles.ts';
import { filesIn, zipFiles } from '../../../scripts/widget.ts';
import { problemsIn, type PackageFiles } from '../../../scripts/widget-package.ts';

const root = join(import.meta.dirname, '../../..');

it('zips the files of the widget with manifest.json at the root', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ringside-zip-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, 'i18n'));
  writeFileSync(join(folder, 'manifest.json'), '{"version":"1"}');
  writeFileSync(join(folder, 'i18n', 'en.json'), '{}');

  const files = unzipSync(zipFiles(filesIn(folder)));
  expect(Object.keys(files).toSorted()).toEqual(['i18n/en.json', 'manifest.json']);
  expect(strFromU8(files['manifest.json'] ?? new Uint8Array())).toBe('{"version":"1"}');
});

describe("the widget's package", () => {
  let files: PackageFiles;

  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ringside-package-'));
    try {
      const [config] = bundles(root, folder, createLogger('silent')).filter(
        ({ build: into }) => into?.outDir === join(folder, 'widget'),
      );
      await build({ ...config });
      files = { ...filesIn(join(folder, 'widget')), ...sources() };
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  /** What is taken into the package as it is. */
  function sources(): PackageFiles {
    const all = filesIn(join(root, 'widget'));
    return Object.fromEntries(
      Object.entries(all).filter(([path]) => path === 'manifest.json' || /^(?:i18n|images)\//.test(path)),
    );
  }

  test('is one that Kommo takes, script.js within 30 kB gzipped', () => {
    expect(problemsIn(files)).toEqual([]);
  });

  type Manifest = {
    widget: Record<string, unknown>;
    locations: string[];
    tour: Record<string, unknown> & { tour_images: Record<string, string[]> };
    settings: Record<string, Record<string, unknown>>;
  };
  const read = (path: string): unknown => JSON.parse(strFromU8(files[path] ?? new Uint8Array()));
  const json = (value: unknown): Uint8Array => strToU8(JSON.stringify(value));
  const manifest = (change: (manifest: Manifest) => void) => (): PackageFiles => {
    const changed = read('manifest.json') as Manifest;
    change(changed);
    return { ...files, 'manifest.json': json(changed) };
  };
  const text = (language: string, change: (texts: Record<string, Record<string, string>>) => void) => () => {
    const changed = read(`i18n/${language}.json`) as Record<string, Record<string, string>>;
    change(changed);
    return { ...files, [`i18n/${language}.json`]: json(changed) };
  };
  const without = (path: string) => (): PackageFiles =>
    Object.fromEntries(Object.entries(files).filter(([name]) => name !== path));
  const withFile = (path: string, content: string | Uint8Array) => (): PackageFiles => ({
    ...files,
    [path]: typeof content === 'string' ? strToU8(content) : content,
  });
  const script = (change: (script: string) => string) => (): PackageFiles => ({
    ...files,
    'script.js': strToU8(change(strFromU8(files['script.js'] ?? new Uint8Array()))),
  });
  const image = (path: string, change: (image: Uint8Array) => void) => (): PackageFiles => {
    const changed = Uint8Array.from(files[path] ?? []);
    change(changed);
    return { ...files, [path]: changed };
  };
  const drop = (object: Record<string, unknown>, key: string): void => void Reflect.deleteProperty(object, key);
  /** More than gzip can make small. */
  const noise = (bytes: number): string =>
    Array.from({ length: bytes }, (_, index) =>
      String.fromCharCode(33 + (((index * index * 7919 + index * 104729) >> 7) % 90)),
    )
      .join('')
      .replaceAll(/[`\\$]/g, '_');

  const violations: [what: string, planted: () => PackageFiles, told: RegExp][] = [
    [
      'a folder around the files',
      () => ({ 'widget/manifest.json': files['manifest.json'] ?? new Uint8Array() }),
      /widget\/manifest\.json does not belong[^]*manifest\.json is not at the root/,
    ],
    ['no manifest', without('manifest.json'), /manifest\.json is not at the root/],
    ['a manifest that is not JSON', withFile('manifest.json', '{'), /not JSON/],
    ['a byte order mark', withFile('manifest.json', '\uFEFF{}'), /not JSON in UTF-8/],
    ['a manifest in another encoding', withFile('manifest.json', Uint8Array.of(0x7b, 0xff, 0x7d)), /not JSON in UTF-8/],
    ['no name', manifest(({ widget }) => drop(widget, 'name')), /widget\.name is wrong/],
    ['no description', manifest(({ widget }) => drop(widget, 'description')), /widget\.description is wrong/],
    [
      'no short description',
      manifest(({ widget }) => drop(widget, 'short_description')),
      /widget\.short_description is wrong/,
    ],
    ['a version of two numbers', manifest(({ widget }) => (widget['version'] = '1.0')), /widget\.version is wrong/],
    [
      'another interface version',
      manifest(({ widget }) => (widget['interface_version'] = 1)),
      /widget\.interface_version/,
    ],
    [
      'a script that starts anew on every page',
      manifest(({ widget }) => (widget['init_once'] = false)),
      /widget\.init_once/,
    ],
    ['no languages', manifest(({ widget }) => (widget['locale'] = [])), /widget\.locale/],
    ['no word about the installation', manifest(({ widget }) => drop(widget, 'installation')), /widget\.installation/],
    [
      'an installation without settings',
      manifest((all) => (all.settings = {})),
      /"installation": true needs "settings"/,
    ],
    [
      'a support address that is none',
      manifest(({ widget }) => (widget['support'] = { link: 'x', email: 'a@b.example' })),
      /widget\.support\.link/,
    ],
    [
      'a support mail address that is none',
      manifest(({ widget }) => (widget['support'] = { email: 'nobody' })),
      /widget\.support\.email/,
    ],
    [
      'a setting of an unknown type',
      manifest(({ settings }) => (settings['x'] = { name: 'settings.extensions', type: 'checkbox', required: false })),
      /settings\.x\.type/,
    ],
    [
      'a setting that does not say whether it is required',
      manifest(({ settings }) => (settings['x'] = { name: 'settings.extensions', type: 'text' })),
      /settings\.x\.required/,
    ],
    [
      'an area that does not exist',
      manifest(({ locations }) => locations.push('dashboard')),
      /Kommo has no area dashboard/,
    ],
    ['an area named twice', manifest(({ locations }) => locations.push('ccard-0')), /ccard is named twice/],
    [
      'everywhere with a number',
      manifest((all) => (all.locations = all.locations.map((one) => (one === 'everywhere' ? 'everywhere-1' : one)))),
      /everywhere takes no -0 and no -1/,
    ],
    [
      'no everywhere',
      manifest((all) => (all.locations = all.locations.filter((one) => one !== 'everywhere'))),
      /lacks everywhere/,
    ],
    [
      'no settings page',
      manifest((all) => (all.locations = all.locations.filter((one) => one !== 'settings'))),
      /lacks settings/,
    ],
    [
      'a list without click-to-call',
      manifest((all) => (all.locations = all.locations.filter((one) => one !== 'clist-1'))),
      /lacks clist-1/,
    ],
    [
      'advanced settings without a title',
      manifest(({ locations }) => locations.push('advanced_settings')),
      /needs "advanced"/,
    ],
    [
      'a digital pipeline without settings',
      manifest(({ locations }) => locations.push('digital_pipeline')),
      /needs "dp"/,
    ],
    ['no tour', manifest((all) => drop(all, 'tour')), /tour is wrong/],
    ['a tour that is switched off', manifest(({ tour }) => (tour['is_tour'] = false)), /tour\.is_tour/],
    ['a tour without a description', manifest(({ tour }) => drop(tour, 'tour_description')), /tour\.tour_description/],
    [
      'a tour that lacks a language',
      manifest(({ tour }) => drop(tour.tour_images, 'ru')),
      /the tour has no images in ru/,
    ],
    [
      'a tour image that is not there',
      manifest(({ tour }) => tour.tour_images['en']?.push('/images/none.png')),
      /The tour's \/images\/none\.png is missing/,
    ],
    [
      'a tour image outside of images',
      manifest(({ tour }) => tour.tour_images['en']?.push('images/logo.png')),
      /The tour's images\/logo\.png is missing/,
    ],
    ['a language without its file', without('i18n/pt.json'), /i18n\/pt\.json is missing/],
    ['a file of a language that is not named', withFile('i18n/de.json', '{}'), /i18n\/de\.json is of a language/],
    [
      'a text that one language lacks',
      text('es', ({ card }) => drop(card ?? {}, 'connect')),
      /i18n\/es\.json has no text for card\.connect/,
    ],
    [
      'an empty text',
      text('ru', ({ notice = {} }) => (notice['rings'] = ' ')),
      /i18n\/ru\.json has no text for notice\.rings/,
    ],
    [
      'a text that English lacks',
      text('en', ({ widget }) => drop(widget ?? {}, 'tour_description')),
      /i18n\/en\.json has no text for widget\.tour_description/,
    ],
    [
      'no label for a click on a number',
      text('pt', ({ widget }) => drop(widget ?? {}, 'call_action')),
      /i18n\/pt\.json has no text for widget\.call_action/,
    ],
    [
      'a setting without a label',
      manifest(({ settings }) => (settings['x'] = { name: 'settings.x', type: 'text', required: false })),
      /i18n\/en\.json has no text for settings\.x/,
    ],
    [
      'a text that is no text',
      text('en', (texts) => Object.assign(texts, { card: 5 })),
      /i18n\/en\.json has no text for card/,
    ],
    ['a logo that is not there', without('images/logo_min.png'), /images\/logo_min\.png is missing/],
    ['a logo that is no PNG', image('images/logo.png', (png) => (png[1] = 0)), /images\/logo\.png is not a PNG/],
    [
      'a logo of another size',
      image('images/logo_main.png', (png) => (png[19] = 1)),
      /images\/logo_main\.png is \d+×272 pixels, not 400×272/,
    ],
    [
      'an image that is too large',
      withFile('images/tour_1_en.png', new Uint8Array(300 * 1024 + 1)),
      /images\/tour_1_en\.png is larger than 300 KB/,
    ],
    ['no script', without('script.js'), /script\.js is missing/],
    [
      'a script that is too large',
      script((code) => `${code}\nvoid \`${noise(60_000)}\`;`),
      /script\.js has \d+ bytes gzipped/,
    ],
    ['a script that does not parse', script((code) => `${code}}`), /does not stand by itself/],
    ['a script without define', withFile('script.js', 'var widget = 1;'), /does not call define\(\) once/],
    [
      'a script that defines two modules',
      script((code) => `${code}\ndefine([], function () {});`),
      /does not call define\(\) once/,
    ],
    [
      'a script that wants another module',
      script((code) => code.replace("['jquery']", "['jquery', 'lib/components/base/modal']")),
      /jquery and no other/,
    ],
    [
      'a script that wants something of the page at once',
      script((code) => `window.top;${code}`),
      /does not stand by itself/,
    ],
    [
      'a script with a missing callback',
      script((code) => code.replaceAll('bind_actions', 'bound_actions')),
      /the callback bind_actions is missing/,
    ],
    [
      'a script that loads over plain http',
      script((code) => `${code}\n"http://cdn.example/x.js";`),
      /names http:\/\/cdn\.example/,
    ],
    ['a file that does not belong there', withFile('script.js.map', '{}'), /script\.js\.map does not belong/],
    ["an editor's file", withFile('.DS_Store', ''), /\.DS_Store does not belong/],
  ];
  test.each(violations)('%s is refused', (_what, planted, told) => {
    expect(problemsIn(planted()).join('\n')).toMatch(told);
  });
});
