/**
 * `npm run package`: the installers for this system, in `out.package/dist`. `-- --dir` leaves the program unpacked there.
 *
 * Where the pinned Electron cannot be downloaded, the stand-in is packaged, as a `.deb` for development and tests only.
 */
import { chmod, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from './build.ts';
import { billOfMaterials } from './package/bill-of-materials.ts';
import { shippedModules } from './package/licences.ts';
import { stage, type Target } from './package/stage.ts';
import { runQuietly } from './setup/command.mjs';
import { findElectron } from './setup/electron.mjs';

const root = join(import.meta.dirname, '..');
const work = join(root, 'out.package');

export type PackageOptions = {
  /** The unpacked program, no installer. */
  dir?: boolean;
  /** Another version than package.json's, for a test of an upgrade. */
  version?: string;
  /** Where the packages look for new versions; RINGSIDE_UPDATES_URL unless named, and nowhere without either. */
  updatesUrl?: string | undefined;
};

/** @returns the folder with what was made @throws with what electron-builder said, where it failed */
export async function makePackage({
  dir = false,
  version,
  updatesUrl = process.env['RINGSIDE_UPDATES_URL'],
}: PackageOptions = {}): Promise<string> {
  const electron = findElectron(root);
  if (electron === undefined) throw new Error('There is no Electron to package yet: "npm run package" brings one.');
  await build();
  await stage(root, work, process.platform as Target, version);
  const output = join(work, 'dist');
  await rm(output, { recursive: true, force: true });

  const fpm = join(root, 'scripts', 'package', 'fpm-deb.mjs');
  await chmod(fpm, 0o755);
  const config = [
    `electronVersion=${electron.version}`,
    ...(electron.standIn ? [`electronDist=${join(electron.file, '..')}`] : []),
    ...(updatesUrl === undefined ? [] : ['publish.provider=generic', `publish.url=${updatesUrl}`]),
  ];
  // The stand-in is nothing to release: only what proves the packaging here, made with dpkg's own tool.
  const targets = dir ? ['dir'] : electron.standIn ? ['deb'] : [];
  const system = { linux: '--linux', darwin: '--mac', win32: '--win' }[process.platform as Target];
  const { code, output: said } = await runQuietly(
    process.execPath,
    [
      join(root, 'packaging', 'node_modules', 'electron-builder', 'cli.js'),
      system,
      ...targets,
      '--publish',
      'never',
      ...config.map((entry) => `-c.${entry}`),
    ],
    { cwd: root, env: { ...process.env, ...(electron.standIn ? { CUSTOM_FPM_PATH: fpm } : {}) } },
  );
  if (code !== 0) throw new Error(`electron-builder ended with code ${code}:\n${said}`);
  const of = version ?? (JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string }).version;
  const bill = billOfMaterials(of, electron.version, await shippedModules(root));
  await writeFile(join(output, `Ringside-${of}-${process.platform}.cdx.json`), JSON.stringify(bill, null, 2));
  return output;
}

if (import.meta.main) {
  const since = performance.now();
  const args = process.argv.slice(2);
  const unknown = args.find((arg) => arg !== '--dir');
  try {
    if (unknown !== undefined) throw new Error(`${unknown} is not known: -- --dir leaves the program unpacked.`);
    const output = await makePackage({ dir: args.includes('--dir') });
    console.log(`Packaged in ${((performance.now() - since) / 1000).toFixed(1)} s: ${output}`);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
