import { describe, expect, test } from 'vitest';
import { choose, differences, readDevices } from '../../../../renderer/phone/devices.ts';

const info = (kind: MediaDeviceKind, deviceId: string, label: string, groupId = deviceId) => ({
  kind,
  deviceId,
  label,
  groupId,
});
const everything = [
  info('audioinput', 'default', 'Default - Headset', 'h'),
  info('audioinput', 'communications', 'Communications - Headset', 'h'),
  info('audioinput', 'm1', 'Laptop', 'l'),
  info('audioinput', 'm2', 'Headset', 'h'),
  info('videoinput', 'v1', 'Camera'),
  info('audiooutput', 'default', 'Default - Laptop', 'l'),
  info('audiooutput', 's1', 'Laptop', 'l'),
  info('audiooutput', 's2', 'Headset', 'h'),
];
const nothing = { microphone: null, speaker: null, ringer: null, ringVolume: 0.8, ringOnSpeaker: false };

describe('the device list', () => {
  test('has each device once, and knows what the system takes', () => {
    expect(readDevices(everything)).toEqual({
      microphones: [
        { id: 'm1', label: 'Laptop' },
        { id: 'm2', label: 'Headset' },
      ],
      speakers: [
        { id: 's1', label: 'Laptop' },
        { id: 's2', label: 'Headset' },
      ],
      system: { microphone: 'Headset', speaker: 'Laptop' },
    });
  });

  test('without permission is empty: ids and names are withheld', () => {
    expect(readDevices([info('audioinput', '', ''), info('audiooutput', '', '')])).toEqual({
      microphones: [],
      speakers: [],
      system: { microphone: '', speaker: '' },
    });
  });
});

describe('the choice', () => {
  test("is the agent's where it is plugged in, else the system's", () => {
    const audio = { ...nothing, microphone: 'm1', speaker: 'gone', ringer: 's2' };
    expect(choose(audio, readDevices(everything))).toEqual({
      microphone: { id: 'm1', label: 'Laptop' },
      speaker: { id: '', label: 'Laptop' },
      ringer: { id: 's2', label: 'Headset' },
    });
  });

  test('is another one when its device is unplugged, and when the system means another', () => {
    const audio = { ...nothing, speaker: 's2' };
    const before = choose(audio, readDevices(everything));
    const after = choose(audio, readDevices(everything.filter(({ groupId }) => groupId !== 'h')));
    expect(after.microphone).toEqual({ id: '', label: 'Laptop' });
    expect(differences(before, after)).toEqual(['microphone', 'speaker']);
    expect(differences(before, before)).toEqual([]);
  });
});
