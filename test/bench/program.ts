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
import { attachDevTools, type DevTools } from './devtools.ts';

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
  stderr: 'pipe' | 'ignore' = 'ignore',
  { file, env } = electronCommand(),
): { child: ChildProcess; started: Started } {
  const spawnedAt = Date.now();
  const child = spawn(file, args, { env: { ...env, ...desktop.env }, stdio: ['ignore', stdout, stderr] });
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
  /** The first entry of this event from now on. */
  next(event: string, within?: number): Promise<TimelineEntry>;
  /** Into one of our pages, or into another one of which the address begins so; needs `--remote-debugging-port=0`. */
  page(name: 'phone' | 'panel' | `${string}:`): Promise<DevTools>;
  /** Into the browser process as a whole; needs `--remote-debugging-port=0`. */
  browser(): Promise<DevTools>;
  /** Into the main process; needs `--inspect=0`. */
  main(): Promise<DevTools>;
  /** Closes the panel as its cross does; needs `--remote-debugging-port=0`. */
  closePanel(): Promise<void>;
};

/** The office with more in the phone part of its provisioning. */
export function withPhone(office: Office, phone: Record<string, unknown>): Office {
  const { provisioning } = office;
  return { ...office, provisioning: { ...provisioning, phone: { ...(provisioning['phone'] as object), ...phone } } };
}

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
  const isInspected = switches.some((each) => each.startsWith('--inspect'));
  const { child, started } = run(
    [...switches, ...media, ...args, '--provision', provision, '--profile', profile],
    desktop,
    'ignore',
    isInspected ? 'pipe' : 'ignore',
    { ...electron, file },
  );
  const inspector = new Promise<string>((resolve) => {
    child.stderr?.on('data', (said: Buffer) => {
      const address = /Debugger listening on (ws:\S+)/.exec(said.toString())?.[1];
      if (address !== undefined) resolve(address);
    });
  });
  const debugging = () => {
    const [port = '', path = ''] = readFileSync(join(profile, 'DevToolsActivePort'), 'utf8').split('\n');
    return { port, path };
  };
  const target = async (name: string): Promise<{ id: string; port: string; address: string }> => {
    const { port } = debugging();
    const listed = await fetch(`http://127.0.0.1:${port}/json/list`);
    const pages = (await listed.json()) as { id: string; url: string; webSocketDebuggerUrl: string }[];
    const begins = name.endsWith(':') ? name : `app://${name}/`;
    const found = pages.find(({ url }) => url.startsWith(begins));
    if (found === undefined) throw new Error(`The ${name} page is not open`);
    return { id: found.id, port, address: found.webSocketDebuggerUrl };
  };
  const parse = (line: string) => JSON.parse(line) as TimelineEntry;
  const attached: DevTools[] = [];
  const attach = async (address: string): Promise<DevTools> => {
    const devtools = await attachDevTools(address);
    attached.push(devtools);
    return devtools;
  };
  const next: Ringside['next'] = async (event, within = 20_000) => {
    const past = timeline.lines().length;
    let index = 0;
    return parse(await timeline.waitFor((line) => index++ >= past && parse(line).event === event, within));
  };
  return {
    ...started,
    timeline,
    entries: () => timeline.lines().map(parse),
    waitFor: async (accepts, within = 20_000) => parse(await timeline.waitFor((line) => accepts(parse(line)), within)),
    next,
    page: async (name) => attach((await target(name)).address),
    browser: async () => {
      const { port, path } = debugging();
      return attach(`ws://127.0.0.1:${port}${path}`);
    },
    main: async () => attach(await inspector),
    closePanel: async () => {
      const { id, port } = await target('panel');
      const closed = next('panel.closed');
      await fetch(`http://127.0.0.1:${port}/json/close/${id}`);
      await closed;
    },
    stop: async () => {
      timeline.close();
      // A process that has ended waits for its debugger to go.
      for (const devtools of attached) devtools.close();
      await started.stop();
      if (keep === undefined) rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}
