/** A program of the system that runs beside us: started, waited for until it is ready, and gone when we are. */
import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';

export type Daemon = {
  readonly pid: number;
  /** The match of the line by which the program said that it is ready; empty where no such line was asked for. */
  readonly ready: readonly string[];
  /** What it printed so far on stdout and stderr. */
  output(): string;
  /** Settles when it has ended, with its exit code, or null where a signal ended it. */
  readonly exited: Promise<number | null>;
  /** Ends it: SIGTERM, and SIGKILL where that is not heard within two seconds. */
  stop(): Promise<void>;
};

export type DaemonOptions = {
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  /** Written to its stdin, which is then closed. */
  stdin?: string;
  /** The line that says it is ready, on stdout or stderr, or on a file descriptor of its own (3). */
  ready?: { on: 'output' | 'fd3'; line: RegExp };
  /** How long it may take to get ready, in milliseconds. */
  readyWithin?: number;
};

/** The full path of a program on PATH or in a folder of system programs, or null. */
export function findProgram(name: string, path = process.env['PATH'] ?? ''): string | null {
  if (isAbsolute(name)) return name;
  for (const folder of [...path.split(delimiter), '/usr/sbin', '/sbin', '/usr/local/sbin']) {
    if (folder === '') continue;
    try {
      accessSync(join(folder, name), constants.X_OK);
      return join(folder, name);
    } catch {
      // Not in this folder: the next one may have it.
    }
  }
  return null;
}

/**
 * Starts a program and waits until it is ready. The kernel ends it when this process goes away, however that happens.
 *
 * @throws where the program is not installed, ends before it is ready, or is not ready in time; with what it printed
 */
export async function startDaemon(
  command: string,
  args: readonly string[],
  options: DaemonOptions = {},
): Promise<Daemon> {
  const program = findProgram(command);
  if (program === null) throw new Error(`${command} is not installed`);
  const setpriv = findProgram('setpriv');
  const [file, ...argv] =
    setpriv === null ? [program, ...args] : [setpriv, '--pdeathsig', 'TERM', '--', program, ...args];

  const child = spawn(file ?? program, argv, {
    cwd: options.cwd,
    env: options.env ?? process.env,
    stdio: ['pipe', 'pipe', 'pipe', options.ready?.on === 'fd3' ? 'pipe' : 'ignore'],
  });
  const exited = new Promise<number | null>((resolve) => {
    child.once('exit', (code) => resolve(code));
    child.once('error', () => resolve(null));
  });

  const lines: string[] = [];
  const output = () => lines.join('\n');
  let matched: (match: readonly string[]) => void = () => {};
  const ready = new Promise<readonly string[]>((resolve) => (matched = resolve));
  const look = (line: string) => {
    const match = options.ready?.line.exec(line);
    if (match) matched([...match]);
  };
  // Pipes, as asked for above; the types cannot tell for a list of four.
  const { stdin, stdout, stderr } = child as ChildProcessWithoutNullStreams;
  const fd3 = child.stdio[3];
  for (const stream of [stdout, stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line);
      if (options.ready?.on === 'output') look(line);
    });
  }
  if (fd3 instanceof Readable) createInterface({ input: fd3 }).on('line', look);
  // A program that does not read its input, or is gone already, is told apart by its exit, not by EPIPE.
  stdin.on('error', () => {});
  stdin.end(options.stdin ?? '');

  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
    child.kill('SIGTERM');
    const stubborn = setTimeout(() => child.kill('SIGKILL'), 2_000);
    await exited;
    clearTimeout(stubborn);
  };

  const within = options.readyWithin ?? 10_000;
  let timer: NodeJS.Timeout | undefined;
  try {
    const match = await Promise.race([
      options.ready === undefined ? Promise.resolve([]) : ready,
      exited.then((code) => {
        throw new Error(`${command} ended (${code ?? child.signalCode}) before it was ready:\n${output()}`);
      }),
      new Promise<never>((_, reject) => {
        timer = setTimeout(
          () => reject(new Error(`${command} was not ready within ${within} ms:\n${output()}`)),
          within,
        );
      }),
    ]);
    return { pid: child.pid ?? -1, ready: match, output, exited, stop };
  } catch (error) {
    await stop();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** Runs a program to its end. @throws with what it printed where it fails */
export async function runProgram(
  command: string,
  args: readonly string[],
  options: DaemonOptions = {},
): Promise<string> {
  const daemon = await startDaemon(command, args, options);
  const code = await daemon.exited;
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} failed (${code}):\n${daemon.output()}`);
  return daemon.output();
}
