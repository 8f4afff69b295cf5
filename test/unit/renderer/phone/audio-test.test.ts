import { expect, test } from 'vitest';
import { levelOf } from '../../../../renderer/phone/audio-test.ts';

const sine = (amplitude: number) => Float32Array.from({ length: 2048 }, (_, i) => amplitude * Math.sin(i / 7));

test('the level is on a scale of decibels: full scale near 1, 60 dB below it nothing', () => {
  expect(levelOf(new Float32Array(2048))).toBe(0);
  expect(levelOf(new Float32Array(2048).fill(1))).toBe(1);
  // A sine's root mean square is 3 dB below its peak.
  expect(levelOf(sine(1))).toBeCloseTo(1 - 3 / 60, 2);
  expect(levelOf(sine(0.1))).toBeCloseTo(1 - 23 / 60, 2);
  expect(levelOf(sine(0.0005))).toBe(0);
});
