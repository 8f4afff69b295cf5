import { expect, test } from 'vitest';
import { en } from '../../../../../renderer/panel/texts/en.ts';
import { deviceOptions } from '../../../../../renderer/panel/view/audio.ts';

const headset = { id: 'h', label: 'Headset' };

test('the system’s choice first; what has no name is numbered', () => {
  expect(deviceOptions([headset, { id: 'x', label: '' }], 'h', en)).toEqual([
    { value: '', label: 'The system’s choice' },
    { value: 'h', label: 'Headset' },
    { value: 'x', label: 'Device 2' },
  ]);
});

test('a chosen device that is unplugged stays chosen', () => {
  expect(deviceOptions([headset], 'gone', en).at(-1)).toEqual({ value: 'gone', label: 'Not plugged in' });
  expect(deviceOptions([], null, en)).toHaveLength(1);
});
