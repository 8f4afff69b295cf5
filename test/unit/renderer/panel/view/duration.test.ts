import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatDuration } from '../../../../../renderer/panel/view/duration.ts';

test.each([
  [0, '0:00'],
  [7, '0:07'],
  [65.9, '1:05'],
  [3599, '59:59'],
  [3600, '1:00:00'],
  [3725, '1:02:05'],
  [-4, '0:00'],
  [Number.NaN, '0:00'],
])('%d seconds are %s', (seconds, text) => {
  expect(formatDuration(seconds)).toBe(text);
});

test('what is shown, read back, is the whole seconds that were given', () => {
  fc.assert(
    fc.property(fc.nat(400_000), (seconds) => {
      const read = formatDuration(seconds)
        .split(':')
        .reduce((sum, part) => sum * 60 + Number(part), 0);
      expect(read).toBe(seconds);
    }),
  );
});
