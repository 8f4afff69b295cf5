import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cacheFolder } from './cache.mjs';
import { SetupError } from './progress.mjs';
import { fetchFromRegistry } from './registry.mjs';

const VERSION = '24.21.0';

/** The hashes published for the packages that hold this Node. @type {Record<string, string>} */
const INTEGRITY = {
  'linux-x64': 'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
  'linux-arm64': 'sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==',
  'win32-x64': 'sha512-0ddSuAi9KnmYzfjJwKfFUO5YfljMVfa9smiGRQXmp5QGhm8KXk7xbqkFNeaPXVaL6sfZ5oGfCD7q8wWY/TnypA==',
};

/**
 * Can this Node run TypeScript as it is (type stripping without a flag) and every tool (vitest 5)?
 *
 * @param {string} version as in process.versions.node
 */
export function runsTheTools(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major >= 24 || (major === 22 && minor >= 18);
}

/**
 * The Node that runs our scripts and tools: the host's own where it is new enough, else a pinned one in the cache.
 *
 * @param {import('./progress.mjs').Progress} progress
 * @returns {Promise<string>} the path of its executable
 */
export async function provideToolNode(progress) {
  if (runsTheTools(process.versions.node)) return process.execPath;

  const folder = join(cacheFolder(), `node-${VERSION}`);
  const file = join(folder, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if (existsSync(file)) return file;

  const platform = `${process.platform}-${process.arch}`;
  const integrity = INTEGRITY[platform];
  if (integrity === undefined) {
    throw new SetupError(
      `Ringside's tools need Node 22.18 or newer; this is ${process.versions.node}, and there is no Node to fetch for ` +
        `${platform}. Install Node 24 from your system's packages or from nodejs.org, then run the command again.`,
    );
  }
  const name = `node-${platform.replace('win32', 'win')}`;
  await progress.step(`Node ${VERSION} for the tools (this host has ${process.versions.node})`, () =>
    fetchFromRegistry(name, VERSION, integrity, { into: folder }),
  );
  return file;
}

/**
 * @param {string} node the path of a Node executable
 * @returns {NodeJS.ProcessEnv} this process's environment, with that Node first on PATH
 */
export function withNodeFirst(node) {
  const separator = process.platform === 'win32' ? ';' : ':';
  return { ...process.env, PATH: `${dirname(node)}${separator}${process.env['PATH'] ?? ''}` };
}
