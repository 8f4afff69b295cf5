// The one entry of every npm script: brings what the command needs, then hands over to scripts/<command>.ts.
// Plain JavaScript without a dependency: it must run on the host's own Node (20 or newer) before anything is there.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { provideElectron } from './setup/electron.mjs';
import { provideNodeModules } from './setup/node-modules.mjs';
import { createProgress, SetupError } from './setup/progress.mjs';
import { provideSystemPackages } from './setup/system-packages.mjs';
import { provideToolNode, withNodeFirst } from './setup/tool-node.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** What runs Electron, and so needs it. */
const NEEDS_ELECTRON = new Set(['start', 'app', 'test', 'bench', 'package']);

/** What makes packages, and so needs the packaging tools, which are 90 MB that nobody else should wait for. */
const PACKAGES = new Set(['package', 'test', 'bench']);

/**
 * @param {string} command
 * @returns {Promise<{ node: string, env: NodeJS.ProcessEnv }>}
 */
async function setUp(command) {
  const progress = createProgress();
  // All of them wait for the network most of the time, so they go side by side; each is let finish what it began.
  const parts = [
    provideToolNode(progress),
    provideNodeModules(root, progress),
    ...(PACKAGES.has(command) ? [provideNodeModules(join(root, 'packaging'), progress)] : []),
    provideSystemPackages(command, progress),
  ];
  await Promise.allSettled(parts);
  await Promise.all(parts);

  const node = await provideToolNode(progress);
  const env = withNodeFirst(node);
  if (NEEDS_ELECTRON.has(command)) await provideElectron(root, env, progress);
  return { node, env };
}

/** @param {string} node @param {string[]} args @param {NodeJS.ProcessEnv} env */
function handOver(node, args, env) {
  const child = spawn(node, args, { cwd: root, env, stdio: 'inherit' });
  for (const signal of /** @type {const} */ (['SIGTERM', 'SIGINT', 'SIGHUP'])) {
    process.on(signal, () => child.kill(signal));
  }
  // npm passes a signal on to the shell that it starts us with, and most shells end of it without passing it on.
  const parent = process.ppid;
  const watch = setInterval(() => process.ppid !== parent && child.kill('SIGTERM'), 200);
  child.on('exit', (code, signal) => {
    clearInterval(watch);
    process.exitCode = code ?? 128 + constants.signals[signal ?? 'SIGTERM'];
  });
}

const [command = '', ...args] = process.argv.slice(2);
const script = join(root, 'scripts', `${command}.ts`);
if (!/^[a-z]+$/.test(command) || !existsSync(script)) {
  process.stderr.write(`There is no command "${command}". package.json lists them.\n`);
  process.exitCode = 1;
} else {
  try {
    const { node, env } = await setUp(command);
    handOver(node, [script, ...args], env);
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    process.stderr.write(`\n${error.message}\n`);
    process.exitCode = 1;
  }
}
