/** coturn, the STUN and TURN server of the field, on 127.0.0.1. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { askIceServer } from '../../../main/diagnostics/stun.ts';
import { findProgram, startDaemon } from '../../../sandbox/desktop/daemon.ts';
import { eventually } from '../../e2e/support/eventually.ts';
import type { Certificates } from './certificates.ts';
import { freePort } from './kamailio.ts';

export type Coturn = {
  /** As `phone.iceServers` wants them, and a relay is given to this user by this password only. */
  readonly stunUrl: string;
  readonly turnUrl: string;
  readonly turnsUrl: string;
  readonly username: string;
  readonly credential: string;
  /** How many relays it has given out so far. */
  relays(): Promise<number>;
  /** It is there, and says nothing any more: as behind a firewall that drops. */
  freeze(): void;
  stop(): Promise<void>;
};

/** Why there is no TURN server here, or null. */
export function missingTurnServer(): string | null {
  return findProgram('turnserver') === null ? 'not installed: coturn' : null;
}

/** Starts it, with every address it gives out on 127.0.0.1, and waits until it answers. */
export async function startCoturn(folder: string, { key, certificate }: Certificates): Promise<Coturn> {
  const run = await mkdtemp(join(folder, 'coturn-'));
  const log = join(run, 'log');
  const [port, tlsPort] = [await freePort(), await freePort()];
  const [username, credential] = ['ringside', randomBytes(9).toString('hex')];
  const daemon = await startDaemon('turnserver', [
    ...['-n', '--listening-ip=127.0.0.1', '--relay-ip=127.0.0.1', '--allow-loopback-peers', '--no-cli', '--no-dtls'],
    ...[`--listening-port=${port}`, `--tls-listening-port=${tlsPort}`, `--cert=${certificate}`, `--pkey=${key}`],
    ...['--lt-cred-mech', '--realm=pbx.test', `--user=${username}:${credential}`],
    ...[`--userdb=${join(run, 'users')}`, `--pidfile=${join(run, 'pid')}`],
    ...[`--log-file=${log}`, '--simple-log', '--verbose', '--relay-threads=1'],
  ]);
  const stunUrl = `stun:127.0.0.1:${port}`;
  const answers = eventually('coturn answers', async () => {
    const { kind } = await askIceServer({ url: stunUrl }, 1_000);
    return kind === 'answered';
  });
  const ended = daemon.exited.then((code) => {
    throw new Error(`coturn ended (${code}) before it was ready:\n${daemon.output()}`);
  });
  await Promise.race([answers, ended]).catch(async (error: unknown) => {
    await daemon.stop();
    throw error;
  });
  return {
    stunUrl,
    turnUrl: `turn:127.0.0.1:${port}?transport=udp`,
    turnsUrl: `turns:127.0.0.1:${tlsPort}?transport=tcp`,
    username,
    credential,
    relays: async () => (await readFile(log, 'utf8')).match(/ALLOCATE processed, success/g)?.length ?? 0,
    freeze: () => void process.kill(daemon.pid, 'SIGSTOP'),
    stop: async () => {
      process.kill(daemon.pid, 'SIGCONT');
      await daemon.stop();
    },
  };
}
