import { expect, test } from 'vitest';
import {
  downsample,
  FRAME_SAMPLES,
  frameAt,
  mix,
  rms,
  SILENCE,
  SPEECH_RATE,
  synthesizeSpeech,
  wav,
} from '../../../../sandbox/pbx/audio.ts';
import { parseRange, Recorder } from '../../../../sandbox/pbx/recording.ts';

test('the synthesized voice is as long as asked, loud, never clipped, and has pauses as speech has', () => {
  const voice = synthesizeSpeech(120, 4);
  expect(voice).toHaveLength(4 * SPEECH_RATE);
  expect(rms(voice)).toBeGreaterThan(10 * SILENCE);
  expect(voice.reduce((peak, sample) => Math.max(peak, Math.abs(sample)), 0)).toBe(16_000);
  const frames = Array.from({ length: 400 }, (_, index) => rms(frameAt(voice, index)));
  expect(frames.filter((level) => level < SILENCE).length).toBeGreaterThan(40);
  expect(frameAt(voice, 400)).toEqual(voice.slice(0, FRAME_SAMPLES));
});

test('a recording holds both sides at their places in time', () => {
  let now = 0;
  const recorder = new Recorder(() => now);
  const tone = new Int16Array(480).fill(1_000);
  for (now = 10; now <= 1_000; now += 10) recorder.write('caller', tone, 48_000);
  now = 1_000;
  recorder.write('callee', tone, 48_000);
  const file = recorder.wav();
  const samples = new Int16Array(file.buffer.slice(file.byteOffset + 44, file.byteOffset + file.length));
  expect(samples).toHaveLength(8_000);
  expect(samples[0]).toBe(1_000);
  expect(samples[7_900]).toBe(1_000);
  expect(samples[7_999]).toBe(2_000);
});

test('mixing clips, downsampling averages', () => {
  expect([...mix(Int16Array.of(30_000, 1), Int16Array.of(30_000))]).toEqual([32_767, 1]);
  expect([...downsample(Int16Array.of(0, 2, 4, 6, 8, 10, 1, 1, 1, 1, 1, 1), 48_000, 8_000)]).toEqual([5, 1]);
});

test('a WAV header says rate and length', () => {
  const file = wav(Int16Array.of(1, -1), 8_000);
  expect(file.readUInt32LE(24)).toBe(8_000);
  expect(file.readUInt32LE(40)).toBe(4);
  expect(file.readInt16LE(46)).toBe(-1);
});

test.each([
  [undefined, undefined],
  ['bytes=0-9', { start: 0, end: 9 }],
  ['bytes=90-', { start: 90, end: 99 }],
  ['bytes=90-500', { start: 90, end: 99 }],
  ['bytes=-10', { start: 90, end: 99 }],
  ['bytes=-500', { start: 0, end: 99 }],
  ['bytes=100-', 'unsatisfiable'],
  ['bytes=-0', 'unsatisfiable'],
  ['bytes=-', undefined],
  ['bytes=0-1,5-6', undefined],
  ['lines=1-2', undefined],
])('range %s of 100 bytes', (header, expected) => {
  expect(parseRange(header, 100)).toEqual(expected);
});
