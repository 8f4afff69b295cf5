/** rtpengine, the media proxy of the field: DTLS-SRTP and ICE on the browser's side, plain RTP on the desk phones'. */
import { createSocket } from 'node:dgram';
import { startDaemon } from '../../../sandbox/desktop/daemon.ts';
import { freePort } from './kamailio.ts';

export type RtpEngine = {
  /** Where Kamailio tells it what to do (the ng protocol, UDP on 127.0.0.1). */
  readonly controlPort: number;
  log(): string;
  stop(): Promise<void>;
};

/** Ports for the audio of a handful of calls. */
const PORTS = 200;

/** Starts it, with every address it gives out on 127.0.0.1, and waits until it answers. */
export async function startRtpEngine(): Promise<RtpEngine> {
  const controlPort = await freePort();
  const first = 30_000 + Math.floor(Math.random() * 100) * PORTS;
  const daemon = await startDaemon('rtpengine', [
    ...['--foreground', '--log-stderr', '--config-file=none', '--table=-1', '--num-threads=2', '--tos=0'],
    ...['--interface=127.0.0.1', `--listen-ng=127.0.0.1:${controlPort}`],
    ...[`--port-min=${first}`, `--port-max=${first + PORTS - 1}`, '--log-level=5', '--timeout=60'],
  ]);
  if (!(await Promise.race([answersPing(controlPort), daemon.exited.then(() => false)]))) {
    await daemon.stop();
    throw new Error(`rtpengine did not start:\n${daemon.output()}`);
  }
  return { controlPort, log: daemon.output, stop: daemon.stop };
}

async function answersPing(port: number): Promise<boolean> {
  const socket = createSocket('udp4');
  const answered = Promise.withResolvers<boolean>();
  socket.on('message', (message) => answered.resolve(message.includes('pong')));
  socket.on('error', () => {}); // Refused as long as nobody listens there.
  const ask = setInterval(() => socket.send('ready d7:command4:pinge', port, '127.0.0.1'), 20);
  const tooLong = setTimeout(() => answered.resolve(false), 10_000);
  try {
    return await answered.promise;
  } finally {
    clearInterval(ask);
    clearTimeout(tooLong);
    socket.close();
  }
}
