import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { constants, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { startDisplay } from '../sandbox/desktop/display.ts';
import { startSessionBus } from '../sandbox/desktop/session-bus.ts';
import { build } from './build.ts';
import { electronCommand } from './electron.ts';

/** Options whose value is a path: npm runs us in the repository, the person meant the folder they typed it in. */
const PATH_OPTIONS = ['--provision', '--profile'];

/**
 * @param args as typed after `npm run app --`
 * @param from the folder in which they were typed
 * @returns the same arguments with absolute paths
 */
export function withAbsolutePaths(args: readonly string[], from: string): string[] {
  return args.map((arg, index) => {
    const [option, ...value] = arg.split('=');
    if (option !== undefined && PATH_OPTIONS.includes(option) && value.length > 0) {
      return `${option}=${resolve(from, value.join('='))}`;
    }
    const before = args[index - 1];
    return before !== undefined && PATH_OPTIONS.includes(before) && !arg.startsWith('-') ? resolve(from, arg) : arg;
  });
}

/** Runs the program until it ends. @returns its exit code */
async function runApp(args: string[]): Promise<number> {
  await build();
  const undo: (() => Promise<void>)[] = [];
  try {
    const env = await desktopEnvironment(undo);
    const electron = electronCommand();
    const child = spawn(electron.file, [...electron.args, ...args], {
      env: { ...electron.env, ...env },
      stdio: 'inherit',
    });
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
    return await new Promise((done, fail) => {
      child.on('error', fail);
      child.on('exit', (code, signal) => done(code ?? 128 + constants.signals[signal ?? 'SIGTERM']));
    });
  } finally {
    for (const end of undo.toReversed()) await end();
  }
}

/** Starts a virtual display and a session bus where this machine has none, and says so. */
async function desktopEnvironment(undo: (() => Promise<void>)[]): Promise<Record<string, string>> {
  if (process.platform !== 'linux') return {};
  const env: Record<string, string> = {};
  if (!(process.env['DISPLAY'] || process.env['WAYLAND_DISPLAY'])) {
    const display = await startDisplay('1280x800');
    undo.push(display.stop);
    env['DISPLAY'] = display.name;
    console.log(`There is no display here: Ringside runs on a virtual one (${display.name}).`);
  }
  if (!process.env['DBUS_SESSION_BUS_ADDRESS']) {
    const folder = await mkdtemp(join(tmpdir(), 'ringside-bus-'));
    undo.push(() => rm(folder, { recursive: true, force: true }));
    const bus = await startSessionBus(folder);
    undo.push(bus.stop);
    env['DBUS_SESSION_BUS_ADDRESS'] = bus.address;
    console.log('There is no session bus here: Ringside runs on one of its own.');
  }
  return env;
}

if (import.meta.main) {
  try {
    process.exitCode = await runApp(withAbsolutePaths(process.argv.slice(2), process.env['INIT_CWD'] ?? process.cwd()));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
