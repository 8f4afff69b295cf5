import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { cp, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build as bundle, createLogger, type Logger } from 'vite';
import { bundles } from './bundles.ts';

const root = join(import.meta.dirname, '..');
const out = join(root, 'out');

/** What must be there to build, and what must have come out of it. */
const INPUTS = [
  'main/main.ts',
  'main/updates/electron-updater.ts',
  'main/preload/panel.ts',
  'main/preload/phone.ts',
  'renderer/panel/index.html',
  'renderer/phone/index.html',
  'widget/script.ts',
  'widget/manifest.json',
  'widget/i18n',
  'widget/images',
];
const OUTPUTS = [
  'main/main.cjs',
  'main/compose.cjs',
  'main/updates.cjs',
  'preload/panel.cjs',
  'preload/phone.cjs',
  'renderer/panel/index.html',
  'renderer/phone/index.html',
  'widget/script.js',
  'widget/manifest.json',
];
const SOURCES = ['app', 'main', 'renderer', 'widget', 'scripts/build.ts', 'scripts/bundles.ts', 'package-lock.json'];

/** The hash of the sources that `out` was built from. */
const STAMP = '.sources';

/**
 * Builds main, the preloads, both pages and the widget into `out/`, unless that was built from these very sources.
 * `out` is replaced as a whole when everything is there; a build that fails leaves the one before as it was.
 *
 * @returns whether anything had to be built
 * @throws when an input is missing or does not compile; the message names it
 */
export async function build({ force = false }: { force?: boolean } = {}): Promise<boolean> {
  const missing = INPUTS.filter((input) => !existsSync(join(root, input)));
  if (missing.length > 0) throw new Error(`Nothing was built: ${missing.join(', ')} missing.`);

  const sources = fingerprint();
  if (!force && isBuilt(out, sources)) return false;

  const next = join(root, `out.${process.pid}`);
  // A test runner says NODE_ENV=test, which would bundle React's development build.
  const mode = process.env['NODE_ENV'];
  process.env['NODE_ENV'] = 'production';
  try {
    const warnings: string[] = [];
    await Promise.all(bundles(root, next, listener(warnings)).map((config) => bundle(config)));
    if (warnings.length > 0) throw new Error(`Nothing was built, for these warnings:\n${warnings.join('\n')}`);
    for (const part of ['manifest.json', 'i18n', 'images']) {
      await cp(join(root, 'widget', part), join(next, 'widget', part), { recursive: true });
    }
    await writeFile(join(next, STAMP), sources);
    if (!isBuilt(next, sources)) throw new Error(`The build did not bring all of ${OUTPUTS.join(', ')}.`);
    await swapIn(next);
  } finally {
    if (mode === undefined) delete process.env['NODE_ENV'];
    else process.env['NODE_ENV'] = mode;
    await rm(next, { recursive: true, force: true });
  }
  return true;
}

/** A missing stylesheet is only a warning to Vite; to us it is a build that failed. */
function listener(warnings: string[]): Logger {
  const warn = (message: string): void => {
    // How long plugins took says something about this computer's load, nothing about the build.
    if (!message.includes('PLUGIN_TIMINGS')) warnings.push(message.trim());
  };
  return { ...createLogger('silent'), warn, warnOnce: warn };
}

function isBuilt(folder: string, sources: string): boolean {
  if (!OUTPUTS.every((output) => existsSync(join(folder, output)))) return false;
  try {
    return readFileSync(join(folder, STAMP), 'utf8') === sources;
  } catch {
    return false;
  }
}

async function swapIn(next: string): Promise<void> {
  const before = `${next}.before`;
  if (existsSync(out)) await rename(out, before);
  await rename(next, out);
  await rm(before, { recursive: true, force: true });
}

function fingerprint(): string {
  const hash = createHash('sha256');
  for (const source of SOURCES) {
    for (const file of filesOf(source)) {
      hash
        .update(`${file}\0`)
        .update(readFileSync(join(root, file)))
        .update('\0');
    }
  }
  return hash.digest('hex');
}

function filesOf(path: string): string[] {
  if (statSync(join(root, path)).isFile()) return [path];
  return readdirSync(join(root, path), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .toSorted();
}

if (import.meta.main) {
  const since = performance.now();
  try {
    const built = await build({ force: process.argv.includes('--force') });
    console.log(built ? `Built in ${((performance.now() - since) / 1000).toFixed(1)} s.` : 'Already built.');
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
