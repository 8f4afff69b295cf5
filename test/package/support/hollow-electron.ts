/**
 * As much of an Electron for Windows and for macOS as is needed to see what electron-builder makes of it where there is none
 * to be had: a program with nothing in it but its names and its fuses.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/** By this Electron's fuses are found in a program. */
const SENTINEL = 'dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX';
const fuseWire = (count: number): Buffer =>
  Buffer.concat([Buffer.from(SENTINEL), Buffer.from([1, count]), Buffer.alloc(count, '1')]);

/** As much of `resedit`, one of the packaging tools, as is used. */
type Program = { generate(): ArrayBuffer; setExtraData(data: Buffer): void };
type Resource = { type: unknown; bin: ArrayBuffer };
type Resedit = {
  NtExecutable: { createEmpty(is32Bit: boolean, isLibrary: boolean): Program; from(bytes: Buffer): Program };
  NtExecutableResource: { from(program: Program): { entries: Resource[]; outputResource(program: Program): void } };
  Resource: {
    VersionInfo: {
      create(lang: number, fixed: object, strings: object[]): { outputToResourceEntries(entries: Resource[]): void };
    };
  };
};
const resedit = (root: string) => createRequire(join(root, 'packaging', 'package.json'))('resedit') as Resedit;

const ENGLISH = { lang: 1033, codepage: 1200 };

/**
 * @param root the repository
 * @param folder is made
 * @param fuses how many it has, all of them on
 */
export async function makeWindowsElectron(root: string, folder: string, fuses: number): Promise<void> {
  const { NtExecutable, NtExecutableResource, Resource } = resedit(root);
  const program = NtExecutable.createEmpty(false, false);
  const version = Resource.VersionInfo.create(ENGLISH.lang, {}, [{ ...ENGLISH, values: { ProductName: 'Electron' } }]);
  const resources = NtExecutableResource.from(program);
  version.outputToResourceEntries(resources.entries);
  resources.outputResource(program);
  program.setExtraData(fuseWire(fuses));
  await mkdir(join(folder, 'resources'), { recursive: true });
  await writeFile(join(folder, 'electron.exe'), Buffer.from(program.generate()));
  await writeLicences(folder);
}

/** The hash that Electron for Windows compares its archive with before it reads it; null where the program has none. */
export function integrityOf(root: string, program: Buffer): unknown {
  const { NtExecutable, NtExecutableResource } = resedit(root);
  const { entries } = NtExecutableResource.from(NtExecutable.from(program));
  const found = entries.find(({ type }) => type === 'INTEGRITY');
  return found === undefined ? null : JSON.parse(Buffer.from(found.bin).toString());
}

/**
 * @param folder is made
 * @param fuses how many it has, all of them on
 */
export async function makeMacElectron(folder: string, fuses: number): Promise<void> {
  await makeBundle(folder, 'Electron', 'com.github.Electron');
  const frameworks = join(folder, 'Electron.app', 'Contents', 'Frameworks');
  for (const kind of ['', ' (Renderer)', ' (Plugin)', ' (GPU)'])
    await makeBundle(frameworks, `Electron Helper${kind}`, 'com.github.Electron.helper');
  const framework = join(frameworks, 'Electron Framework.framework');
  await mkdir(join(framework, 'Resources'), { recursive: true });
  await writeFile(join(framework, 'Electron Framework'), fuseWire(fuses));
  await writeLicences(folder);
}

async function makeBundle(folder: string, name: string, id: string): Promise<void> {
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

async function writeLicences(folder: string): Promise<void> {
  for (const name of ['LICENSE', 'LICENSES.chromium.html']) await writeFile(join(folder, name), '');
}

/** An icon file with one picture of 512 pixels, where the tool that makes one cannot be downloaded. */
export function icnsOf(png: Buffer): Buffer {
  const head = Buffer.alloc(16);
  head.write('icns', 0);
  head.writeUInt32BE(head.length + png.length, 4);
  head.write('ic09', 8);
  head.writeUInt32BE(8 + png.length, 12);
  return Buffer.concat([head, png]);
}
