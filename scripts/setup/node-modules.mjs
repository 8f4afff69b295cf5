import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { lastLines, npm } from './command.mjs';
import { SetupError } from './progress.mjs';

/** @typedef {{ version?: string, integrity?: string, optional?: boolean }} LockedPackage */

/**
 * Installs exactly what package-lock.json names, without install scripts, unless it is all there already.
 *
 * @param {string} root the repository
 * @param {import('./progress.mjs').Progress} progress
 */
export async function provideNodeModules(root, progress) {
  if (await isInstalled(root)) return;
  await progress.step('node modules (npm ci)', async () => {
    const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
    const { code, output } = await npm(args, { cwd: root });
    if (code !== 0) throw new SetupError(`npm ci failed:\n${lastLines(output, 30)}`);
  });
}

/**
 * Is every locked package there, in its locked version? npm writes its own record (`.package-lock.json`) as the last
 * thing of an installation; the folders themselves are looked at as well, since one may have been deleted since.
 *
 * @param {string} root
 */
export async function isInstalled(root) {
  const locked = await packagesOf(join(root, 'package-lock.json'));
  if (locked === undefined) throw new SetupError('package-lock.json is missing: restore it with git.');
  const installed = await packagesOf(join(root, 'node_modules', '.package-lock.json'));
  if (installed === undefined) return false;
  return Object.entries(locked).every(([folder, wanted]) => {
    if (folder === '') return true;
    const found = installed[folder];
    // An optional package for another system is locked, but rightly not installed.
    if (found === undefined) return wanted.optional === true;
    return (
      found.version === wanted.version &&
      found.integrity === wanted.integrity &&
      existsSync(join(root, folder, 'package.json'))
    );
  });
}

/**
 * @param {string} lockFile
 * @returns {Promise<Record<string, LockedPackage> | undefined>}
 */
async function packagesOf(lockFile) {
  try {
    return JSON.parse(await readFile(lockFile, 'utf8')).packages;
  } catch {
    return undefined;
  }
}
