/** Ringside, or the empty window, as the bench starts it: no test tool attached that would cost time or memory. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { electronCommand } from '../../scripts/electron.ts';
import { followLines, type AppendedLines } from '../../sandbox/desktop/appended-lines.ts';
import type { Desktop } from '../../sandbox/desktop/desktop.ts';
import type { Office } from '../../sandbox/story/office.ts';

export type TimelineEntry = { t: number; at: string; call: string | null; event: string } & Record<string, unknown>;

export type Started = {
  pid: number;
  /** Wall clock, milliseconds, just before the process was made. */
  spawnedAt: number;
  stop(): Promise<void>;
};

function run(
  args: string[],
  desktop: Desktop,
  stdout: 'pipe' | 'ignore',
  { file, env } = electronCommand(),
): { child: ChildProcess; started: Started } {
  const spawnedAt = Date.now();
  const child = spawn(file, args, { env: { ...env, ...desktop.env }, stdio: ['ignore', stdout, 'ignore'] });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${file} could not be started`);
  return {
    child,
    started: {
      pid,
      spawnedAt,
      stop: async () => {
        if (child.exitCode !== null || child.signalCode !== null) return;
        child.kill();
        await once(child, 'exit');
      },
    },
  };
}

/** Starts an empty window. `paintedMs`: from the start of the process to its first paint. */
export async function startEmptyWindow(
  desktop: Desktop,
  switches: string[] = [],
): Promise<Started & { paintedMs: number }> {
  const { args } = electronCommand(join(import.meta.dirname, 'empty-window'));
  const profile = mkdtempSync(join(tmpdir(), 'ringside-empty-'));
  const { child, started } = run([...switches, `--user-data-dir=${profile}`, ...args], desktop, 'pipe');
  const [line] = (await once(child.stdout ?? child, 'data')) as [Buffer];
  const paintedAt = Number(/painted (\d+)/.exec(line.toString())?.[1]);
  return {
    ...started,
    paintedMs: paintedAt - started.spawnedAt,
    stop: async () => {
      await started.stop();
      rmSync(profile, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

export type Ringside = Started & {
  timeline: AppendedLines;
  entries(): TimelineEntry[];
  waitFor(accepts: (entry: TimelineEntry) => boolean, within?: number): Promise<TimelineEntry>;
  /** Closes the panel as its cross does; needs `--remote-debugging-port=0`. */
  closePanel(): Promise<void>;
};

/**
 * Starts Ringside in the office, with a profile of its own or a kept one.
 *
 * @param packaged the program of a package, instead of what is in `out/` on the Electron of development
 */
export function startRingside(
  desktop: Desktop,
  office: Office,
  switches: string[] = [],
  keep?: string,
  packaged?: string,
): Ringside {
  const electron = electronCommand();
  const { file, args } =
    packaged === undefined ? electron : { file: packaged, args: electron.args.filter((arg) => arg.startsWith('--')) };
  const folder = keep ?? mkdtempSync(join(tmpdir(), 'ringside-bench-'));
  const profile = join(folder, 'profile');
  mkdirSync(profile, { recursive: true });
  const provision = join(folder, 'provisioning.json');
  writeFileSync(provision, JSON.stringify(office.provisioning), { mode: 0o600 });
  const timeline = followLines(join(profile, 'timeline.jsonl'));
  const media = ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'];
  const { started } = run(
    [...switches, ...media, ...args, '--provision', provision, '--profile', profile],
    desktop,
    'ignore',
    { ...electron, file },
  );
  const parse = (line: string) => JSON.parse(line) as TimelineEntry;
  return {
    ...started,
    timeline,
    entries: () => timeline.lines().map(parse),
    waitFor: async (accepts, within = 20_000) => parse(await timeline.waitFor((line) => accepts(parse(line)), within)),
    closePanel: async () => {
      const [port] = readFileSync(join(profile, 'DevToolsActivePort'), 'utf8').split('\n');
      const pages = (await (await fetch(`http://127.0.0.1:${port}/json/list`)).json()) as { id: string; url: string }[];
      const panel = pages.find(({ url }) => url.startsWith('app://panel/'));
      if (panel === undefined) throw new Error('The panel is not open');
      await fetch(`http://127.0.0.1:${port}/json/close/${panel.id}`);
      await timeline.waitFor((line) => parse(line).event === 'panel.closed');
    },
    stop: async () => {
      timeline.close();
      await started.stop();
      if (keep === undefined) rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}
