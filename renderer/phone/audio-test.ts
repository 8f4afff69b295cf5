/** The audio test of the settings: the agent hears themselves on the chosen speaker, and sees how loud they are. */
import type { LevelEvent } from '../../app/calls/phone-event.ts';
import { release } from './devices.ts';

/** How long one waits for one's echo, seconds: long enough to finish a word. */
const DELAY_S = 0.6;
const LEVEL_MS = 100;
/** Nobody leaves a microphone open by forgetting the settings. */
const LONGEST_MS = 60_000;
/** What the meter shows as nothing: dB below full scale. */
const QUIETEST_DB = -60;

/**
 * How loud a stretch of samples is to the ear, 0 to 1: its root mean square on a scale of decibels that ends 60 dB
 * below full scale, so that speech at an arm's length moves the meter's middle.
 */
export function levelOf(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  if (sum === 0) return 0;
  const db = 10 * Math.log10(sum / samples.length);
  return Math.min(1, Math.max(0, 1 - db / QUIETEST_DB));
}

export type AudioTestPort = {
  openMicrophone(): Promise<MediaStream>;
  /** Id of `setSinkId`; empty for the system's choice. */
  speaker(): string;
  /** Ten times a second; null when the test is over, with the reason where it could not be made. */
  level(microphone: number | null, problem?: LevelEvent['problem']): void;
  problem(error: unknown): NonNullable<LevelEvent['problem']>;
};

export class AudioTest {
  readonly #port: AudioTestPort;
  /** What ends the test that is under way. */
  #running: (() => void) | null = null;

  constructor(port: AudioTestPort) {
    this.#port = port;
  }

  get isRunning(): boolean {
    return this.#running !== null;
  }

  /** Begins anew where one is under way. */
  async start(): Promise<void> {
    this.#running?.();
    const context = new AudioContext();
    const open: { microphone: MediaStream | null; meter: number | undefined } = { microphone: null, meter: undefined };
    const end = () => {
      if (this.#running !== end) return;
      this.#running = null;
      clearInterval(open.meter);
      if (open.microphone !== null) release(open.microphone);
      void context.close();
    };
    this.#running = end;
    let microphone: MediaStream;
    try {
      microphone = await this.#port.openMicrophone();
      open.microphone = microphone;
      await this.#useSpeaker(context);
    } catch (error) {
      if (this.#running !== end) return;
      end();
      this.#port.level(null, this.#port.problem(error));
      return;
    }
    if (this.#running !== end) {
      // Ended while the microphone was being opened.
      release(microphone);
      return;
    }
    const source = new MediaStreamAudioSourceNode(context, { mediaStream: microphone });
    const analyser = new AnalyserNode(context, { fftSize: 2048 });
    const delay = new DelayNode(context, { maxDelayTime: 1, delayTime: DELAY_S });
    source.connect(analyser).connect(delay).connect(context.destination);
    void context.resume();

    const samples = new Float32Array(analyser.fftSize);
    const since = performance.now();
    open.meter = window.setInterval(() => {
      if (performance.now() - since >= LONGEST_MS) {
        this.stop();
        return;
      }
      analyser.getFloatTimeDomainData(samples);
      this.#port.level(levelOf(samples));
    }, LEVEL_MS);
  }

  /** Ends the test, if there is one, and lets go of the microphone. */
  stop(): void {
    if (this.#running === null) return;
    this.#running();
    this.#port.level(null);
  }

  async #useSpeaker(context: AudioContext & { setSinkId?(id: string): Promise<void> }): Promise<void> {
    const id = this.#port.speaker();
    if (id !== '') await context.setSinkId?.(id).catch(() => undefined);
  }
}
