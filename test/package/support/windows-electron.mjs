// As much of an Electron for Windows as is needed to see what electron-builder makes of it where there is none to be had:
// a program with nothing in it but its version and its fuses.
import { mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/** By this Electron's fuses are found in a program. */
const SENTINEL = 'dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX';
const ENGLISH = { lang: 1033, codepage: 1200 };

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
  program.setExtraData(Buffer.concat([Buffer.from(SENTINEL), Buffer.from([1, fuses]), Buffer.alloc(fuses, '1')]));
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
