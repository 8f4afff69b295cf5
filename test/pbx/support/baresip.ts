/** baresip, a desk phone: registered over UDP, told what to do over its control port (netstrings of JSON). */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { constants } from 'node:os';
import { join } from 'node:path';
import { startDaemon } from '../../../sandbox/desktop/daemon.ts';
import { rms, SILENCE, SPEECH_RATE, synthesizeSpeech, wav } from '../../../sandbox/pbx/audio.ts';
import { eventually } from '../../e2e/support/eventually.ts';
import { freePort } from './kamailio.ts';

/** As baresip names them: `CALL_INCOMING`, `CALL_ESTABLISHED`, `CALL_CLOSED`… */
export type DeskPhoneEvent = { type: string; peeruri?: string; param?: string; id?: string };

export type DeskPhone = {
  readonly user: string;
  /** Runs a command and gives its answer. @throws where baresip refuses it */
  command(
    command: 'dial' | 'accept' | 'hangup' | 'hold' | 'resume' | 'transfer' | 'callfind',
    params?: string,
  ): Promise<string>;
  events(): readonly DeskPhoneEvent[];
  /**
   * What it has heard so far in all its calls: seconds of audio, and how many of them were not silence. baresip 1.0 stops
   * recording a call for good when its direction changes (hold).
   */
  heard(): Promise<{ seconds: number; loudSeconds: number }>;
  /** The first event of that type, past or to come. */
  waitFor(type: string, within?: number): Promise<DeskPhoneEvent>;
  /** What it printed, for a failure. */
  log(): string;
  stop(): Promise<void>;
};

/** Starts a desk phone and waits until it is registered. @param answer whether it takes a call by itself, rings, or lets the caller hear it before it is answered (early media) */
export async function startDeskPhone(options: DeskPhoneOptions): Promise<DeskPhone> {
  // A port that was free may be taken by the time baresip binds it, or the one after it: then once more with others.
  for (let attempt = 1; ; attempt++) {
    try {
      return await startOnce(options);
    } catch (error) {
      if (attempt === 3 || !String(error).includes(`ended (${constants.errno.EADDRINUSE})`)) throw error;
    }
  }
}

type DeskPhoneOptions = {
  folder: string;
  user: string;
  password: string;
  domain: string;
  proxyPort: number;
  answer: 'auto' | 'manual' | 'early';
};

async function startOnce(options: DeskPhoneOptions): Promise<DeskPhone> {
  const { user, password, domain, proxyPort } = options;
  const [sipPort, controlPort] = [await freePort(), await freePort()];
  const home = join(options.folder, `baresip-${user}-${sipPort}`);
  const heardFolder = join(home, 'heard');
  await mkdir(heardFolder, { recursive: true });
  await writeFile(join(home, 'voice.wav'), wav(synthesizeSpeech(120, 20), SPEECH_RATE));
  await writeFile(
    join(home, 'accounts'),
    `<sip:${user}@${domain};transport=udp>;auth_user=${user};auth_pass=${password};` +
      `outbound="sip:127.0.0.1:${proxyPort};transport=udp";regint=600;answermode=${options.answer};audio_codecs=pcmu/8000/1,pcma/8000/1\n`,
  );
  await writeFile(
    join(home, 'config'),
    `poll_method epoll
sip_listen 127.0.0.1:${sipPort}
call_local_timeout 120
call_max_calls 8
audio_player aubridge,sink
audio_source aufile,${join(home, 'voice.wav')}
audio_alert aubridge,alert
ausrc_srate 48000
auplay_srate 48000
ausrc_channels 1
auplay_channels 1
net_interface 127.0.0.1
dns_server 127.0.0.1:53
module_path /usr/lib/baresip/modules
module_tmp uuid.so
module_tmp account.so
module g711.so
module aufile.so
module aubridge.so
module sndfile.so
snd_path ${heardFolder}
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen 127.0.0.1:${controlPort}
`,
  );
  const baresip = await startDaemon('baresip', ['-f', home], {
    cwd: home,
    ready: { on: 'output', line: /200 OK.*\[\d+ bindings?\]/ },
  });

  const events: DeskPhoneEvent[] = [];
  const answers = new Map<string, (answer: { ok: boolean; data: string }) => void>();
  const control = connect(controlPort, '127.0.0.1');
  let buffer = Buffer.alloc(0);
  control.on('error', () => {}); // It goes down with the phone.
  control.on('data', (chunk) => {
    buffer = Buffer.concat([buffer, chunk]);
    for (;;) {
      const colon = buffer.indexOf(':');
      const length = Number(buffer.subarray(0, Math.max(0, colon)).toString());
      const end = colon + 1 + length;
      if (colon === -1 || buffer.length <= end) return;
      const said = JSON.parse(buffer.subarray(colon + 1, end).toString()) as DeskPhoneEvent & {
        event?: boolean;
        token?: string;
        ok?: boolean;
        data?: string;
      };
      buffer = buffer.subarray(end + 1);
      if (said.event === true) events.push(said);
      else answers.get(said.token ?? '')?.({ ok: said.ok === true, data: said.data ?? '' });
    }
  });
  await new Promise<void>((resolve, reject) => {
    control.once('connect', resolve);
    control.once('error', reject);
  });

  let commands = 0;
  return {
    user,
    log: baresip.output,
    command: async (command, params) => {
      const token = String(++commands);
      const answered = new Promise<{ ok: boolean; data: string }>((resolve) => answers.set(token, resolve));
      const text = JSON.stringify({ command, params, token });
      control.write(`${Buffer.byteLength(text)}:${text},`);
      const { ok, data } = await Promise.race([
        answered,
        baresip.exited.then(() => ({ ok: false, data: `baresip has ended:\n${baresip.output()}` })),
      ]);
      if (!ok) throw new Error(`baresip, ${command}: ${data}`);
      return data;
    },
    events: () => [...events],
    heard: async () => {
      const files = (await readdir(heardFolder)).filter((name) => name.endsWith('-dec.wav'));
      const sounds = await Promise.all(files.map(async (name) => loudness(await readFile(join(heardFolder, name)))));
      return {
        seconds: sounds.reduce((sum, { seconds }) => sum + seconds, 0),
        loudSeconds: sounds.reduce((sum, { loudSeconds }) => sum + loudSeconds, 0),
      };
    },
    waitFor: (type, within) =>
      eventually(`${type} at desk phone ${user}`, () => events.find((event) => event.type === type), within),
    stop: async () => {
      control.destroy();
      await baresip.stop();
    },
  };
}

/** How much of a recording (16-bit PCM or float, as baresip's sndfile writes them) is louder than silence, in steps of 20 ms. */
function loudness(file: Buffer): { seconds: number; loudSeconds: number } {
  const format = file.readUInt16LE(20);
  const channels = file.readUInt16LE(22);
  const rate = file.readUInt32LE(24);
  const bytes = file.readUInt16LE(34) / 8;
  const data = file.indexOf('data', 36) + 8;
  const count = Math.floor((file.length - data) / bytes);
  const samples = Int16Array.from({ length: count }, (_, index) =>
    format === 3 ? Math.round(file.readFloatLE(data + index * bytes) * 32_767) : file.readInt16LE(data + index * bytes),
  );
  const step = Math.round((rate * channels) / 50);
  let loud = 0;
  for (let at = 0; at + step <= samples.length; at += step)
    if (rms(samples.subarray(at, at + step)) > SILENCE) loud += 1;
  return { seconds: count / (rate * channels), loudSeconds: loud / 50 };
}
