/** All far ends speak and are recorded in 16-bit mono. */
export const SPEECH_RATE = 48_000;
export const RECORDING_RATE = 8_000;
/** One frame of WebRTC audio is 10 ms. */
export const FRAME_MS = 10;
export const FRAME_SAMPLES = (SPEECH_RATE * FRAME_MS) / 1000;

/** First, second and third formant of five vowels, in hertz (Peterson and Barney 1952, men). */
const VOWELS: readonly (readonly [number, number, number])[] = [
  [730, 1090, 2440],
  [530, 1840, 2480],
  [270, 2290, 3010],
  [570, 840, 2410],
  [300, 870, 2240],
];

/**
 * Speech-like audio: a glottal pulse train through three formant resonators, one vowel a syllable, four syllables a second,
 * with a pause after each sixth. Noise suppression takes steady tones away, but not this.
 * @param pitchHz fundamental of the voice, e.g. 120 for a man, 210 for a woman
 * @param seconds length; it may be looped
 * @returns samples at SPEECH_RATE
 */
export const synthesizeSpeech = (pitchHz: number, seconds: number): Int16Array => {
  const syllable = SPEECH_RATE / 4;
  const samples = new Float64Array(Math.round(SPEECH_RATE * seconds));
  const memory = [new Float64Array(2), new Float64Array(2), new Float64Array(2)];
  let phase = 0;
  let peak = 0;
  for (let i = 0; i < samples.length; i += 1) {
    const spoken = Math.floor(i / syllable);
    const within = (i % syllable) / syllable;
    const formants = VOWELS[(spoken * 3) % VOWELS.length] ?? [500, 1500, 2500];
    phase += (pitchHz * (1.1 - 0.2 * within)) / SPEECH_RATE;
    const isPulse = phase >= 1;
    phase %= 1;
    const envelope = spoken % 7 === 6 ? 0 : Math.sin(Math.PI * within) ** 0.7;
    let sample = 0;
    formants.forEach((hertz, index) => {
      const state = memory[index];
      if (state === undefined) return;
      const radius = Math.exp((-Math.PI * 90) / SPEECH_RATE);
      const angle = (2 * Math.PI * hertz) / SPEECH_RATE;
      const [last = 0, before = 0] = state;
      const resonance = (isPulse ? 1 : 0) + 2 * radius * Math.cos(angle) * last - radius * radius * before;
      state[1] = last;
      state[0] = resonance;
      sample += resonance / (index + 1);
    });
    samples[i] = sample * envelope;
    peak = Math.max(peak, Math.abs(samples[i] ?? 0));
  }
  return Int16Array.from(samples, (sample) => Math.round((sample / (peak || 1)) * 16_000));
};

/** The 10 ms frame of a looped voice. Its own buffer, because WebRTC reads the whole of it. */
export const frameAt = (voice: Int16Array, index: number): Int16Array => {
  const frames = Math.max(1, Math.floor(voice.length / FRAME_SAMPLES));
  const start = (index % frames) * FRAME_SAMPLES;
  return voice.slice(start, start + FRAME_SAMPLES);
};

/** Root mean square as a share of full scale, 0 to 1. */
export const rms = (samples: Int16Array): number => {
  if (samples.length === 0) return 0;
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return Math.sqrt(sum / samples.length) / 32_768;
};

/** Below this a frame counts as silence: -50 dBFS. */
export const SILENCE = 10 ** (-50 / 20);

/** To another rate by averaging: enough for telephone speech. */
export const downsample = (samples: Int16Array, from: number, to: number): Int16Array => {
  const step = from / to;
  if (step <= 1) return samples.slice();
  return Int16Array.from({ length: Math.floor(samples.length / step) }, (_, index) => {
    const start = Math.floor(index * step);
    const end = Math.floor((index + 1) * step);
    let sum = 0;
    for (let i = start; i < end; i += 1) sum += samples[i] ?? 0;
    return Math.round(sum / (end - start));
  });
};

/** Both sides of a call as one. */
export const mix = (a: Int16Array, b: Int16Array): Int16Array =>
  Int16Array.from({ length: Math.max(a.length, b.length) }, (_, index) =>
    Math.max(-32_768, Math.min(32_767, (a[index] ?? 0) + (b[index] ?? 0))),
  );

/** A mono 16-bit PCM WAV file. */
export const wav = (samples: Int16Array, rate: number): Buffer => {
  const data = Buffer.alloc(samples.length * 2);
  samples.forEach((sample, index) => data.writeInt16LE(sample, index * 2));
  const header = Buffer.alloc(44);
  header.write('RIFF', 0);
  header.writeUInt32LE(36 + data.length, 4);
  header.write('WAVEfmt ', 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(rate, 24);
  header.writeUInt32LE(rate * 2, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36);
  header.writeUInt32LE(data.length, 40);
  return Buffer.concat([header, data]);
};
