/** sipp, a SIP peer that does as its scenario says and checks that the other side does. */
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startDaemon } from '../../../sandbox/desktop/daemon.ts';
import type { Daemon } from '../../../sandbox/desktop/daemon.ts';
import { eventually } from '../../e2e/support/eventually.ts';
import { toXml } from './scenario.ts';
import type { Step } from './scenario.ts';

export type SippMessage = { direction: 'sent' | 'received'; text: string };

export type SippResult = {
  /** 0 where all went as the scenario says. */
  exitCode: number | null;
  /** Every SIP message, in order. */
  messages: SippMessage[];
  /** What sipp says went wrong; empty where nothing did. */
  errors: string;
};

export type SippRun = {
  /** Settles when the scenario has ended, well or not; never rejects. */
  readonly done: Promise<SippResult>;
  /** Every SIP message so far. */
  messages(): Promise<SippMessage[]>;
  /** Ends it before its time. */
  stop(): Promise<void>;
};

/**
 * Plays a scenario once over UDP.
 *
 * @param port its own, on 127.0.0.1
 * @param call for the calling side: where to send, whom to call (the user part), and the Call-ID to use
 */
export async function runSipp(options: {
  folder: string;
  steps: readonly Step[];
  port: number;
  call?: { proxyPort: number; to: string; callId: string };
  /** It fails when it has not ended by then. */
  withinMs?: number;
}): Promise<SippRun> {
  const run = await mkdtemp(join(options.folder, 'sipp-'));
  const [scenario, messageLog, errorLog] = [join(run, 'scenario.xml'), join(run, 'messages'), join(run, 'errors')];
  await writeFile(scenario, toXml(options.steps));
  const { call } = options;
  const target = call ? [`127.0.0.1:${call.proxyPort}`, '-s', call.to, '-cid_str', call.callId] : [];
  // What it hears it says back, where its scenario has audio at all. It finds ports for that by itself.
  const echo = ['-mi', '127.0.0.1', '-rtp_echo'];
  const limit = `${Math.ceil((options.withinMs ?? 30_000) / 1_000)}s`;
  const sipp = await startDaemon(
    'sipp',
    [
      ...target,
      ...echo,
      ...['-sf', scenario, '-m', '1', '-i', '127.0.0.1', '-p', String(options.port), '-nostdin'],
      ...[
        '-timeout',
        limit,
        '-timeout_error',
        '-trace_msg',
        '-message_file',
        messageLog,
        '-trace_err',
        '-error_file',
        errorLog,
      ],
    ],
    { cwd: run, env: { ...process.env, TERM: 'dumb' } },
  );
  if (!call) await boundTo(options.port, sipp);
  const messages = async () => parseMessages(await readFile(messageLog, 'utf8').catch(() => ''));
  const done = sipp.exited.then(async (exitCode) => ({
    exitCode,
    messages: await messages(),
    errors: await readFile(errorLog, 'utf8').catch(() => (exitCode === 0 ? '' : sipp.output())),
  }));
  return { done, messages, stop: sipp.stop };
}

/** A far end is ready when its socket is there: sipp says nothing, and must not be asked by a SIP message. */
async function boundTo(port: number, sipp: Daemon): Promise<void> {
  const local = ` 0100007F:${port.toString(16).toUpperCase().padStart(4, '0')} `;
  const isBound = async () => (await readFile('/proc/net/udp', 'utf8')).includes(local);
  const ended = sipp.exited.then((code) => {
    throw new Error(`sipp ended (${code}) before it was ready:\n${sipp.output()}`);
  });
  await Promise.race([eventually(`sipp listens at UDP port ${port}`, isBound), ended]);
}

/** The message log: a line of dashes with the time, a line that says which way, an empty line, the message. */
function parseMessages(log: string): SippMessage[] {
  return log.split(/^-{20,}.*$/m).flatMap((part) => {
    const match = /^\s*UDP message (sent|received) .*?\n\r?\n(.*)$/s.exec(part);
    return match
      ? [{ direction: match[1] === 'sent' ? ('sent' as const) : ('received' as const), text: (match[2] ?? '').trim() }]
      : [];
  });
}
