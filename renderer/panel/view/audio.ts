import type { AudioDevice } from '../../../app/calls/phone-event.ts';
import type { Texts } from '../texts/en.ts';

export type DeviceOption = { value: string; label: string };

/**
 * What can be chosen, the system's own choice (an empty value) first. A chosen device that is not plugged in stays in the
 * list: it is used again when it comes back.
 */
export function deviceOptions(
  devices: readonly AudioDevice[],
  chosen: string | null,
  { audio }: Texts,
): DeviceOption[] {
  const options = devices.map(({ id, label }, index) => ({ value: id, label: label || audio.unnamed(index + 1) }));
  const missing = chosen !== null && !devices.some(({ id }) => id === chosen);
  return [
    { value: '', label: audio.systemChoice },
    ...options,
    ...(missing ? [{ value: chosen, label: audio.unplugged }] : []),
  ];
}
