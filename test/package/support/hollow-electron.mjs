// As much of an Electron for Windows and for macOS as is needed to see what electron-builder makes of it where there is none
// to be had: a program with nothing in it but its names and its fuses.
import { mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/** By this Electron's fuses are found in a program. */
const SENTINEL = 'dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX';
const ENGLISH = { lang: 1033, codepage: 1200 };

/** @param {number} count of fuses, all of them on */
const fuseWire = (count) => Buffer.concat([Buffer.from(SENTINEL), Buffer.from([1, count]), Buffer.alloc(count, '1')]);

/**
 * @param {string} root the repository
 * @param {string} folder is made
 * @param {number} fuses how many it has, all of them on
 */
export async function makeWindowsElectron(root, folder, fuses) {
  const { NtExecutable, NtExecutableResource, Resource } = createRequire(join(root, 'packaging', 'package.json'))(
    'resedit',
  );
  const program = NtExecutable.createEmpty(false, false);
  const version = Resource.VersionInfo.create(ENGLISH.lang, {}, [{ ...ENGLISH, values: { ProductName: 'Electron' } }]);
  const resources = NtExecutableResource.from(program);
  version.outputToResourceEntries(resources.entries);
  resources.outputResource(program);
  program.setExtraData(fuseWire(fuses));
  await mkdir(join(folder, 'resources'), { recursive: true });
  await writeFile(join(folder, 'electron.exe'), Buffer.from(program.generate()));
  for (const name of ['LICENSE', 'LICENSES.chromium.html']) await writeFile(join(folder, name), '');
}

/**
 * The hash that Electron for Windows compares its archive with before it reads it.
 *
 * @param {string} root the repository
 * @param {Buffer} program
 * @returns {unknown}
 */
export function integrityOf(root, program) {
  const { NtExecutable, NtExecutableResource } = createRequire(join(root, 'packaging', 'package.json'))('resedit');
  const { entries } = NtExecutableResource.from(NtExecutable.from(program));
  const found = entries.find((/** @type {{ type: unknown }} */ { type }) => type === 'INTEGRITY');
  return found === undefined ? null : JSON.parse(Buffer.from(found.bin).toString());
}

/**
 * @param {string} folder is made
 * @param {number} fuses how many it has, all of them on
 */
export async function makeMacElectron(folder, fuses) {
  await makeBundle(folder, 'Electron', 'com.github.Electron');
  const frameworks = join(folder, 'Electron.app', 'Contents', 'Frameworks');
  for (const kind of ['', ' (Renderer)', ' (Plugin)', ' (GPU)'])
    await makeBundle(frameworks, `Electron Helper${kind}`, 'com.github.Electron.helper');
  const framework = join(frameworks, 'Electron Framework.framework');
  await mkdir(join(framework, 'Resources'), { recursive: true });
  await writeFile(join(framework, 'Electron Framework'), fuseWire(fuses));
  for (const name of ['LICENSE', 'LICENSES.chromium.html']) await writeFile(join(folder, name), '');
}

/** @param {string} folder @param {string} name @param {string} id */
async function makeBundle(folder, name, id) {
  const contents = join(folder, `${name}.app`, 'Contents');
  for (const part of ['MacOS', 'Resources']) await mkdir(join(contents, part), { recursive: true });
  const values = { CFBundleIdentifier: id, CFBundleName: name, CFBundleExecutable: name };
  const dict = Object.entries(values).map(([key, value]) => `<key>${key}</key><string>${value}</string>`);
  await writeFile(
    join(contents, 'Info.plist'),
    `<?xml version="1.0" encoding="UTF-8"?><plist version="1.0"><dict>${dict.join('')}</dict></plist>`,
  );
  await writeFile(join(contents, 'MacOS', name), '');
}

/** An icon file with one picture of 512 pixels, where the tool that makes one cannot be downloaded. @param {Buffer} png */
export function icnsOf(png) {
  const head = Buffer.alloc(16);
  head.write('icns', 0);
  head.writeUInt32BE(head.length + png.length, 4);
  head.write('ic09', 8);
  head.writeUInt32BE(8 + png.length, 12);
  return Buffer.concat([head, png]);
}
