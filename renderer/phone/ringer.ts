/** Everything the phone sounds that is no voice: the ring, call waiting, the tones of a call that is being made. */
import type { PhoneCommand, PhoneEvent } from '../../app/calls/phone-event.ts';
import type { PhonePreferences } from '../../app/settings/preferences.ts';

/** Sounds that go on until they are stopped, and those that end by themselves. */
export type Lasting = 'ring' | 'waiting' | 'ringback';
export type Passing = 'busy' | 'failed';

type CallSound = {
  readonly phase: 'ringing' | 'answering' | 'dialling' | 'ringback' | 'early' | 'talking';
  readonly silenced: boolean;
};
/** What is known of each call, by its Call-ID; watched desk phones ring by themselves. */
export type Ringing = ReadonlyMap<string, CallSound>;

/** What is to be heard now. */
export function soundsOf(calls: Ringing): Lasting[] {
  const all = [...calls.values()];
  const isRinging = all.some(({ phase, silenced }) => phase === 'ringing' && !silenced);
  const isBusy = all.some(({ phase }) => phase !== 'ringing');
  return [
    ...(isRinging ? [isBusy ? ('waiting' as const) : ('ring' as const)] : []),
    ...(all.some(({ phase }) => phase === 'ringback') ? ['ringback' as const] : []),
  ];
}

/** Follows the calls by what the phone reports. `passing` is what is heard once, because of this very event. */
export function heardOf(calls: Ringing, event: PhoneEvent): { calls: Ringing; passing: Passing | null } {
  const same = { calls, passing: null };
  if (!('callId' in event) || ('source' in event && event.source === 'watched')) return same;
  const { callId } = event;
  const call = calls.get(callId);
  const to = (phase: CallSound['phase']) => ({
    calls: new Map(calls).set(callId, { silenced: false, ...call, phase }),
    passing: null,
  });
  switch (event.kind) {
    case 'ringing':
      return to('ringing');
    case 'dialling':
      return to('dialling');
    case 'progress':
      if (call?.phase !== 'dialling' && call?.phase !== 'ringback') return same;
      if (event.earlyMedia === true) return to('early');
      return event.status === 180 ? to('ringback') : same;
    case 'answered':
      return to('talking');
    case 'media':
      // No microphone: the call is not answered after all, and rings on.
      return call?.phase === 'answering' && event.state !== 'connected' ? to('ringing') : same;
    case 'ended': {
      const rest = new Map(calls);
      rest.delete(callId);
      const isUnexpected = call !== undefined && call.phase !== 'ringing' && event.cause.by !== 'local';
      return { calls: rest, passing: isUnexpected && rest.size === 0 ? toneOf(event.cause, call.phase) : null };
    }
    default:
      return same;
  }
}

/** The agent is about to answer or has declined: it is quiet from now on, not only when the far side knows. */
export function obeyed(calls: Ringing, command: PhoneCommand): Ringing {
  if (!('callId' in command)) return calls;
  const call = calls.get(command.callId);
  if (call === undefined) return calls;
  const becomes = (change: Partial<CallSound>) => new Map(calls).set(command.callId, { ...call, ...change });
  switch (command.kind) {
    case 'answer':
      return call.phase === 'ringing' ? becomes({ phase: 'answering' }) : calls;
    case 'silence':
    case 'decline':
      return becomes({ silenced: true });
    case 'hang-up':
      return call.phase === 'ringback' ? becomes({ phase: 'dialling' }) : becomes({ silenced: true });
    default:
      return calls;
  }
}

function toneOf(cause: (PhoneEvent & { kind: 'ended' })['cause'], phase: CallSound['phase']): Passing | null {
  if (phase === 'talking') return cause.by === 'network' ? 'failed' : null;
  return cause.status === 486 || cause.status === 600 ? 'busy' : 'failed';
}

/** A stretch of sound, to be repeated as it is: samples from -1 to 1. */
type Cadence = { readonly seconds: number; sample(at: number): number };

/** Several pure tones at once while `at` is within the first `on` seconds of each `period`. */
const tones = (hertz: readonly number[], on: number, period: number, seconds = period): Cadence => ({
  seconds,
  sample(at) {
    const within = at % period;
    if (within >= on) return 0;
    // 8 ms of rise and fall, so that nothing clicks.
    const edge = Math.min(1, within / 0.008, (on - within) / 0.008);
    return (edge * hertz.reduce((sum, each) => sum + Math.sin(2 * Math.PI * each * at), 0)) / hertz.length;
  },
});

/** Struck wood, rising and falling: seven notes of a pentatonic scale, hertz, each with when it is struck, seconds. */
const MELODY: readonly (readonly [hertz: number, at: number])[] = [
  [587.33, 0],
  [739.99, 0.16],
  [880, 0.32],
  [1174.66, 0.48],
  [880, 0.8],
  [1174.66, 0.96],
  [1479.98, 1.12],
];

const ring: Cadence = {
  seconds: 3,
  sample(at) {
    let sum = 0;
    for (const [hertz, struck] of MELODY) {
      const age = at - struck;
      if (age <= 0 || age > 1.2) continue;
      const decay = Math.exp(-5 * age) * Math.min(1, age / 0.004);
      // A marimba bar's second partial is near its fourth harmonic and dies sooner.
      sum +=
        decay *
        (Math.sin(2 * Math.PI * hertz * age) + 0.25 * Math.exp(-18 * age) * Math.sin(8 * Math.PI * hertz * age));
    }
    return Math.tanh(0.8 * sum);
  },
};

/** Tones of a call as North America has them (ITU-T E.180 supplement 2). */
const CADENCES: Readonly<Record<Lasting | Passing, Cadence>> = {
  ring,
  waiting: tones([440], 0.2, 5),
  ringback: tones([440, 480], 2, 6),
  busy: tones([480, 620], 0.5, 1, 2),
  failed: tones([480, 620], 0.25, 0.5, 1.5),
};

/** How loud they are: tones are in the agent's ear, between the words of a caller. */
const LOUDNESS: Readonly<Record<Lasting | Passing, number>> = {
  ring: 1,
  waiting: 0.08,
  ringback: 0.12,
  busy: 0.12,
  failed: 0.12,
};

/** One stretch of a sound at a sample rate in hertz. */
export function render(name: Lasting | Passing, rate: number): Float32Array<ArrayBuffer> {
  const { seconds, sample } = CADENCES[name];
  return Float32Array.from({ length: Math.round(seconds * rate) }, (_, index) => sample(index / rate));
}

/** What Chromium has since 110, and the types not yet. */
type SinkContext = AudioContext & { setSinkId(id: string): Promise<void> };

/** A device that sounds go to. It is opened for as long as something is heard, and no longer. */
class Output {
  #context: SinkContext | null = null;
  #sink = '';
  readonly #playing = new Map<string, { source: AudioBufferSourceNode; gain: GainNode }>();
  readonly #rendered = new Map<string, AudioBuffer>();

  /** A device that is gone leaves the sound on the system's own. */
  use(id: string): void {
    this.#sink = id;
    if (this.#context !== null) this.#route(this.#context);
  }

  /** Does what takes its time now, not when the sound is wanted. */
  prepare(name: Lasting): void {
    this.#buffer(this.#open(), name);
    this.#rest();
  }

  start(name: Lasting | Passing | 'sample', volume: number, loop: boolean): void {
    const already = this.#playing.get(name);
    if (already !== undefined) {
      already.gain.gain.value = volume;
      return;
    }
    const context = this.#open();
    const source = new AudioBufferSourceNode(context, {
      buffer: this.#buffer(context, name === 'sample' ? 'ring' : name),
      loop,
    });
    const gain = new GainNode(context, { gain: volume });
    source.connect(gain).connect(context.destination);
    source.onended = () => {
      if (this.#playing.get(name)?.source === source) this.#playing.delete(name);
      source.disconnect();
      gain.disconnect();
      this.#rest();
    };
    this.#playing.set(name, { source, gain });
    context.resume().catch(() => undefined);
    source.start();
  }

  stop(name: string): void {
    const playing = this.#playing.get(name);
    if (playing === undefined) return;
    this.#playing.delete(name);
    // Chromium keeps a source that has not ended for ever; one that is disconnected or suspended before never ends.
    playing.source.stop();
  }

  close(): void {
    this.#context?.close().catch(() => undefined);
  }

  #open(): SinkContext {
    if (this.#context !== null) return this.#context;
    const context = new AudioContext() as SinkContext;
    this.#context = context;
    this.#route(context);
    return context;
  }

  #route(context: SinkContext): void {
    context.setSinkId(this.#sink).catch(() => context.setSinkId('').catch(() => undefined));
  }

  /** An open device would keep the computer awake. */
  #rest(): void {
    if (this.#playing.size === 0) this.#context?.suspend().catch(() => undefined);
  }

  #buffer(context: AudioContext, name: Lasting | Passing): AudioBuffer {
    const known = this.#rendered.get(name);
    if (known !== undefined) return known;
    const samples = render(name, context.sampleRate);
    const buffer = new AudioBuffer({ length: samples.length, sampleRate: context.sampleRate });
    buffer.copyToChannel(samples, 0);
    this.#rendered.set(name, buffer);
    return buffer;
  }
}

/** The ring is made ready so long after the start: registering goes first. */
const PREPARE_MS = 1000;

/** Makes what is to be heard heard: the ring on the ringer's device, and tones on the speaker. */
export class Ringer {
  readonly #ringer = new Output();
  readonly #speaker = new Output();
  #calls: Ringing = new Map();
  #audio: PhonePreferences['audio'];
  /** The same device twice would ring twice as loud. */
  #isOneDevice = true;
  readonly #preparing: number;

  constructor(audio: PhonePreferences['audio']) {
    this.#audio = audio;
    this.#preparing = window.setTimeout(() => this.#ringer.prepare('ring'), PREPARE_MS);
  }

  /** Ids of `setSinkId`; empty for the system's choice. */
  use(ringer: string, speaker: string): void {
    this.#isOneDevice = ringer === speaker;
    this.#ringer.use(ringer);
    this.#speaker.use(speaker);
    this.#sound();
  }

  prefer(audio: PhonePreferences['audio']): void {
    this.#audio = audio;
    this.#sound();
  }

  hear(event: PhoneEvent): void {
    const { calls, passing } = heardOf(this.#calls, event);
    if (calls === this.#calls) return;
    this.#calls = calls;
    this.#sound();
    if (passing !== null) this.#speaker.start(passing, LOUDNESS[passing], false);
  }

  obey(command: PhoneCommand): void {
    const calls = obeyed(this.#calls, command);
    if (calls === this.#calls) return;
    this.#calls = calls;
    this.#sound();
  }

  /** Rings once, to be heard by the agent who chooses a device and a volume. */
  sample(): void {
    if (soundsOf(this.#calls).length > 0) return;
    this.#ringer.stop('sample');
    this.#ringer.start('sample', this.#audio.ringVolume, false);
  }

  close(): void {
    clearTimeout(this.#preparing);
    this.#ringer.close();
    this.#speaker.close();
  }

  #sound(): void {
    const wanted = soundsOf(this.#calls);
    const rings = wanted.includes('ring');
    const onSpeaker = rings && this.#audio.ringOnSpeaker && !this.#isOneDevice;
    const set = (output: Output, name: Lasting, is: boolean, volume: number) =>
      is ? output.start(name, volume, true) : output.stop(name);
    set(this.#ringer, 'ring', rings, this.#audio.ringVolume);
    set(this.#speaker, 'ring', onSpeaker, this.#audio.ringVolume);
    set(this.#speaker, 'waiting', wanted.includes('waiting'), LOUDNESS.waiting);
    set(this.#speaker, 'ringback', wanted.includes('ringback'), LOUDNESS.ringback);
    if (this.#calls.size === 0) return;
    // Somebody is being called or calls: the tone of the call before is over, and so is what was only to be tried.
    this.#ringer.stop('sample');
    this.#speaker.stop('busy');
    this.#speaker.stop('failed');
  }
}
