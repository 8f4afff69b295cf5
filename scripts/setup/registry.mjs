import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { lastLines, npm, runQuietly } from './command.mjs';
import { SetupError } from './progress.mjs';

/**
 * Fetches one package from whatever registry npm is set to, refuses it unless its tarball has the pinned hash, and
 * puts its content in `into`. The folder appears whole or not at all, also when two commands do this at once.
 *
 * @param {string} name
 * @param {string} version exact
 * @param {string} integrity `sha512-…`, as published
 * @param {{ into: string, shape?: (folder: string) => Promise<string> }} place `shape` may rework the unpacked package
 *   and returns the folder to keep (inside the one it was given)
 * @returns {Promise<string>} `into`
 * @throws {SetupError} when it cannot be fetched, is not the pinned one, or cannot be unpacked
 */
export async function fetchFromRegistry(name, version, integrity, { into, shape = async (folder) => folder }) {
  if (existsSync(into)) return into;
  await mkdir(dirname(into), { recursive: true });
  await dropLeftovers(into);
  const work = await mkdtemp(`${into}.part-`);
  try {
    const packed = await npm(['pack', `${name}@${version}`, '--ignore-scripts', '--silent'], { cwd: work });
    const tarball = (await readdir(work)).find((file) => file.endsWith('.tgz'));
    if (packed.code !== 0 || tarball === undefined) {
      throw new SetupError(`${name}@${version} could not be fetched with npm pack:\n${lastLines(packed.output)}`);
    }
    await verifyIntegrity(join(work, tarball), integrity, `${name}@${version}`);
    await unpack(join(work, tarball), work);
    await rm(join(work, tarball));
    const ready = await shape(join(work, 'package'));
    await rename(ready, into).catch((error) => {
      // Another command was faster: what it put there passed the same check.
      if (!existsSync(into)) throw error;
    });
    return into;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Parts that a killed set-up left behind. A younger one may still be at work. @param {string} into */
async function dropLeftovers(into) {
  const hour = 3_600_000;
  for (const name of await readdir(dirname(into))) {
    const path = join(dirname(into), name);
    if (!name.startsWith(`${basename(into)}.part-`) || Date.now() - (await stat(path)).mtimeMs < hour) continue;
    await rm(path, { recursive: true, force: true });
  }
}

/**
 * @param {string} file
 * @param {string} integrity `sha512-…` in base64 (Subresource Integrity)
 * @param {string} title how to call it in the refusal
 */
export async function verifyIntegrity(file, integrity, title) {
  const hash = createHash('sha512');
  for await (const chunk of createReadStream(file)) hash.update(chunk);
  const found = `sha512-${hash.digest('base64')}`;
  if (found !== integrity) {
    throw new SetupError(
      `${title} was refused and deleted: its content is not the one that was pinned.\n` +
        `  expected ${integrity}\n  found    ${found}\nTry again; if it stays so, do not trust this registry.`,
    );
  }
}

/**
 * @param {string} archive a `.tar.gz`
 * @param {string} folder an existing folder
 */
export async function unpack(archive, folder) {
  // Archives made on a Mac carry keywords that make GNU tar warn once for each file.
  const quiet = process.platform === 'linux' ? ['--warning=no-unknown-keyword'] : [];
  const { code, output } = await runQuietly('tar', ['-xzf', archive, '-C', folder, '--no-same-owner', ...quiet]);
  if (code !== 0) throw new SetupError(`${archive} could not be unpacked:\n${lastLines(output)}`);
}
