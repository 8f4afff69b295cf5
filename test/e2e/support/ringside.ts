/** Ringside itself, as it is built in `out/`, on the Electron that set-up brought and on a desktop of its own. */
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { _electron } from 'playwright-core';
import type { ElectronApplication, Page } from 'playwright-core';
import { followLines } from '../../../sandbox/desktop/appended-lines.ts';
import { runProgram } from '../../../sandbox/desktop/daemon.ts';
import type { Desktop } from '../../../sandbox/desktop/desktop.ts';
import { electronCommand } from '../../../scripts/electron.ts';
import { eventually } from './eventually.ts';

export type TimelineEntry = {
  /** Milliseconds since the program started. */
  readonly t: number;
  readonly at: string;
  /** Our id of the call, or null where the entry is not about one. */
  readonly call: string | null;
  readonly event: string;
  readonly [detail: string]: unknown;
};

export type RingsideOptions = {
  desktop: Desktop;
  /** The provisioning: an object, or the very text of the file; none for a start without one. */
  provision?: object | string;
  /** A data folder that outlives this run, to start again with it; otherwise a fresh one that goes with the run. */
  profile?: string;
  /** More switches of Chromium or arguments of Ringside. */
  args?: readonly string[];
  /** Pages ask Ringside for the microphone, as they do everywhere else; in other tests Chromium gives it unasked. */
  asksForMicrophone?: boolean;
  /** Another application folder, which runs Ringside in its turn. */
  application?: string;
  /** More variables of the environment. */
  env?: Readonly<Record<string, string>>;
};

export type Ringside = {
  readonly profile: string;
  readonly pid: number;
  readonly electron: ElectronApplication;
  /** One of our two pages, at once or when it opens. */
  page(name: 'phone' | 'panel', within?: number): Promise<Page>;
  /** What the timeline of this profile says so far. */
  timeline(): TimelineEntry[];
  /** The first entry, past or to come, that `accepts`, or of that event. @throws after `within` milliseconds */
  waitForTimeline(accepts: string | ((entry: TimelineEntry) => boolean), within?: number): Promise<TimelineEntry>;
  /** What the program printed. */
  output(): string;
  /** SIGKILL for the whole tree of processes, as a power cut would; the profile stays until `close`. */
  kill(): Promise<void>;
  /** Lets it quit; a profile of its own goes with it. @throws where it does not quit within five seconds */
  close(): Promise<void>;
};

/** No microphone is needed and nobody has to be asked for one. */
const UNASKED = '--use-fake-ui-for-media-stream';
const FAKE_MEDIA = ['--use-fake-device-for-media-stream', UNASKED, '--autoplay-policy=no-user-gesture-required'];

/** How to start Ringside on that desktop, for a test that starts it without Playwright. */
export async function ringsideCommand(options: RingsideOptions): Promise<{
  file: string;
  args: string[];
  env: Record<string, string>;
  profile: string;
  /** Takes away what was made for this run. */
  clean(): Promise<void>;
}> {
  const electron = electronCommand(options.application);
  const main = join(electronCommand().args.at(-1) ?? '', 'out', 'main', 'main.cjs');
  if (!existsSync(main)) throw new Error('Ringside is not built: "npm run build" does that, and "npm test" too.');

  const folder = await mkdtemp(join(tmpdir(), 'ringside-run-'));
  const profile = options.profile ?? join(folder, 'profile');
  await mkdir(profile, { recursive: true });
  const own = ['--profile', profile];
  if (options.provision !== undefined) {
    const file = join(folder, 'provision.json');
    await writeFile(
      file,
      typeof options.provision === 'string' ? options.provision : JSON.stringify(options.provision),
    );
    own.push('--provision', file);
  }
  const env = { ...electron.env };
  for (const [name, value] of Object.entries({ ...options.desktop.env, ...options.env }))
    if (value !== undefined) env[name] = value;
  return {
    file: electron.file,
    args: [
      ...electron.args,
      ...FAKE_MEDIA.filter((one) => one !== UNASKED || options.asksForMicrophone !== true),
      ...(options.args ?? []),
      ...own,
    ],
    env,
    profile,
    clean: () => rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 }),
  };
}

/** Starts Ringside and resolves when its process runs; its pages and its registration are waited for by the test. */
export async function launchRingside(options: RingsideOptions): Promise<Ringside> {
  const { file, args, env, profile, clean } = await ringsideCommand(options);
  const entries: TimelineEntry[] = [];
  const follower = followLines(join(profile, 'timeline.jsonl'), (line) =>
    entries.push(JSON.parse(line) as TimelineEntry),
  );
  let past = 0;
  const launch = (timeout: number) => {
    past = follower.lines().length;
    return _electron.launch({ executablePath: file, args, env, timeout });
  };

  let electron: ElectronApplication;
  try {
    // Once in a hundred starts the program runs and Playwright's own hand-shake with it never ends.
    electron = await launch(10_000).catch(() => launch(30_000));
  } catch (error) {
    follower.close();
    await clean();
    throw error;
  }
  const child = electron.process();
  const pid = child.pid ?? -1;
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const gone = new Promise<void>((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve();
    else child.once('exit', () => resolve());
  });

  const kill = async () => {
    for (const one of [...descendants(pid), pid]) {
      try {
        process.kill(one, 'SIGKILL');
      } catch {
        // It went by itself in this moment.
      }
    }
    await gone;
    follower.close();
  };
  return {
    profile,
    pid,
    electron,
    page: (name, within) =>
      eventually(
        `the ${name} page; the program printed:\n${output}`,
        () => electron.windows().find((page) => page.url().startsWith(`app://${name}/`)),
        within,
      ),
    timeline: () => {
      follower.lines();
      return [...entries];
    },
    waitForTimeline: async (accepts, within) => {
      const wanted = typeof accepts === 'string' ? (entry: TimelineEntry) => entry.event === accepts : accepts;
      // Of a profile used before, only what this run adds is news.
      let index = 0;
      const line = await follower
        .waitFor((text) => index++ >= past && wanted(JSON.parse(text) as TimelineEntry), within)
        .catch((error: unknown) => {
          throw new Error(`${error instanceof Error ? error.message : String(error)}\nThe program printed:\n${output}`);
        });
      return JSON.parse(line) as TimelineEntry;
    },
    output: () => output,
    kill,
    close: async () => {
      let hung = false;
      const stubborn = setTimeout(() => {
        hung = true;
        void kill();
      }, 5_000);
      await electron.close().catch(() => {}); // It may have quit or been killed before.
      await gone;
      clearTimeout(stubborn);
      // Node's inspector may keep a process that has ended in all but name: Playwright was attached to it.
      const ended = follower
        .lines()
        .slice(past)
        .some((line) => (JSON.parse(line) as TimelineEntry).event === 'end');
      follower.close();
      await clean();
      if (hung && !ended) throw new Error(`Ringside did not quit within five seconds. It printed:\n${output}`);
    },
  };
}

/** All processes below one, children before theirs. */
export function descendants(pid: number): number[] {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
    if (children === '') return [];
    return children
      .split(' ')
      .map(Number)
      .flatMap((child) => [child, ...descendants(child)]);
  } catch {
    return [];
  }
}

/** Makes programs of Chromium's family on that desktop trust a certificate authority, as an administrator would. */
export async function trustAuthority(desktop: Desktop, caFile: string): Promise<void> {
  const folder = join(desktop.env['HOME'] ?? '', '.pki', 'nssdb');
  await mkdir(folder, { recursive: true });
  await runProgram('certutil', ['-d', `sql:${folder}`, '-N', '--empty-password']);
  await runProgram('certutil', ['-d', `sql:${folder}`, '-A', '-t', 'C,,', '-n', 'ringside-test', '-i', caFile]);
}
