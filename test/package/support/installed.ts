/** Ringside as it is installed on this system: put there, started as the desktop would, taken away. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { followLines } from '../../../sandbox/desktop/appended-lines.ts';
import { findProgram } from '../../../sandbox/desktop/daemon.ts';
import { lastLines, runQuietly } from '../../../scripts/setup/command.mjs';
import type { TimelineEntry } from '../../e2e/support/ringside.ts';

export const PROGRAM = '/opt/Ringside/ringside';
export const DESKTOP_ENTRY = '/usr/share/applications/ringside.desktop';

/** Why a package cannot be installed here, or null. */
export function cannotInstall(): string | null {
  if (findProgram('apt-get') === null) return 'there is no apt here';
  if (process.getuid?.() !== 0) return 'only root may install a package';
  return null;
}

/** @throws with what apt said, where it fails */
export async function apt(...args: string[]): Promise<void> {
  const { code, output } = await runQuietly(
    'apt-get',
    ['-y', '-q', '-o', 'DPkg::Lock::Timeout=60', '--no-install-recommends', ...args],
    { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } },
  );
  if (code !== 0) throw new Error(`apt-get ${args.join(' ')} ended with code ${code}:\n${lastLines(output, 30)}`);
}

/** The one value of a key in the `[Desktop Entry]` group. */
export function desktopEntry(key: string): string {
  const line = readFileSync(DESKTOP_ENTRY, 'utf8')
    .split('\n')
    .find((one) => one.startsWith(`${key}=`));
  if (line === undefined) throw new Error(`${DESKTOP_ENTRY} has no ${key}.`);
  return line.slice(key.length + 1);
}

export type Installed = {
  readonly pid: number;
  waitForTimeline(accepts: (entry: TimelineEntry) => boolean, within?: number): Promise<TimelineEntry>;
  /** What it printed. */
  output(): string;
  /** Asks it to quit, as a session that ends does. @returns its exit code */
  quit(): Promise<number | null>;
};

/**
 * Starts what the desktop entry names, on that desktop.
 *
 * @param options.links takes the place of `%U` in the entry
 * @param options.as another user of this system; root's Chromium has no sandbox, a user's has
 */
export async function startInstalled(
  env: NodeJS.ProcessEnv,
  profile: string,
  options: { provision?: object; links?: string[]; as?: string; args?: string[] } = {},
): Promise<Installed> {
  await mkdir(profile, { recursive: true });
  const args = ['--profile', profile];
  if (options.provision !== undefined) {
    const file = join(profile, '..', 'provision.json');
    await writeFile(file, JSON.stringify(options.provision));
    args.push('--provision', file);
  }
  const command = desktopEntry('Exec')
    .split(' ')
    .flatMap((word) => (word === '%U' ? (options.links ?? []) : [word]));
  const switches = [
    ...(options.as === undefined ? ['--no-sandbox'] : []),
    // Nobody can allow a microphone here, and there is none.
    '--use-fake-device-for-media-stream',
    '--use-fake-ui-for-media-stream',
  ];
  const user = options.as === undefined ? [] : ['runuser', '-u', options.as, '--'];
  const [file = '', ...rest] = [...user, ...command, ...switches, ...(options.args ?? []), ...args];
  const timeline = followLines(join(profile, 'timeline.jsonl'));
  const past = timeline.lines().length;
  const child = spawn(file, rest, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const exit = once(child, 'exit') as Promise<[number | null]>;
  return {
    pid: child.pid ?? -1,
    output: () => output,
    waitForTimeline: async (accepts, within = 20_000) => {
      let index = 0;
      const line = await timeline
        .waitFor((text) => index++ >= past && accepts(JSON.parse(text) as TimelineEntry), within)
        .catch((error: unknown) => {
          throw new Error(`${error instanceof Error ? error.message : String(error)}\nIt printed:\n${output}`);
        });
      return JSON.parse(line) as TimelineEntry;
    },
    quit: async () => {
      child.kill('SIGTERM');
      // It may install an update on its way out: what dpkg has begun must not be cut off.
      const stubborn = setTimeout(() => child.kill('SIGKILL'), 50_000);
      const [code] = await exit;
      clearTimeout(stubborn);
      timeline.close();
      return code;
    },
  };
}
