/** What there is to speak into and to hear with, which of it is used, and what to do when it is unplugged. */
import type { AudioDevice } from '../../app/calls/phone-event.ts';
import type { PhonePreferences } from '../../app/settings/preferences.ts';

type AudioPreferences = PhonePreferences['audio'];

export type DeviceList = {
  microphones: AudioDevice[];
  speakers: AudioDevice[];
  /** What the system itself would take, by its label; empty where it does not say. */
  system: { microphone: string; speaker: string };
};

/** A device in use: `id` is empty for the system's own choice, as `setSinkId` has it. */
export type Chosen = { readonly id: string; readonly label: string };
export type Choice = { readonly microphone: Chosen; readonly speaker: Chosen; readonly ringer: Chosen };

/** Chromium lists the system's choices once more under these names. */
const SYSTEM = ['default', 'communications'];
const MOST = 100;

/**
 * Sorts what `enumerateDevices` gives into microphones and speakers. Chromium's own names for the system's choice
 * ("Default - Headset") become the label of what they stand for.
 */
export function readDevices(
  infos: readonly Pick<MediaDeviceInfo, 'kind' | 'deviceId' | 'label' | 'groupId'>[],
): DeviceList {
  const of = (kind: MediaDeviceKind) => infos.filter((info) => info.kind === kind && info.deviceId !== '');
  const plain = (kind: MediaDeviceKind) =>
    of(kind)
      .filter(({ deviceId }) => !SYSTEM.includes(deviceId))
      .map(({ deviceId, label }) => ({ id: deviceId.slice(0, 256), label: label.slice(0, 256).toWellFormed() }))
      .slice(0, MOST);
  const systemLabel = (kind: MediaDeviceKind) => {
    const all = of(kind);
    const system = all.find(({ deviceId }) => deviceId === 'default');
    const same = all.find(({ deviceId, groupId }) => !SYSTEM.includes(deviceId) && groupId === system?.groupId);
    return (same ?? system ?? all[0])?.label.slice(0, 256).toWellFormed() ?? '';
  };
  return {
    microphones: plain('audioinput'),
    speakers: plain('audiooutput'),
    system: { microphone: systemLabel('audioinput'), speaker: systemLabel('audiooutput') },
  };
}

/** What is used: the agent's choice where it is plugged in, else the system's. */
export function choose(audio: AudioPreferences, list: DeviceList): Choice {
  const pick = (preferred: string | null, devices: AudioDevice[], system: string): Chosen =>
    devices.find(({ id }) => id === preferred) ?? { id: '', label: system };
  return {
    microphone: pick(audio.microphone, list.microphones, list.system.microphone),
    speaker: pick(audio.speaker, list.speakers, list.system.speaker),
    ringer: pick(audio.ringer, list.speakers, list.system.speaker),
  };
}

/** What of it is another device now: also the system's own choice when it fell on another one. */
export function differences(before: Choice, after: Choice): (keyof Choice)[] {
  return (['microphone', 'speaker', 'ringer'] as const).filter(
    (part) => before[part].id !== after[part].id || before[part].label !== after[part].label,
  );
}

export type DevicesPort = {
  /** The list, at start and whenever it changed. */
  listed(list: DeviceList): void;
  /** What is used has changed: because of what was plugged in or out, or because the agent chose so. */
  chosen(choice: Choice, changed: readonly (keyof Choice)[], because: 'devices' | 'preferences'): void;
};

/** The one owner of the device list and of what follows from it and the agent's preferences. */
export class Devices {
  readonly #port: DevicesPort;
  #audio: AudioPreferences;
  #list: DeviceList = { microphones: [], speakers: [], system: { microphone: '', speaker: '' } };
  /** What was told last, so that the same is not told twice. */
  #told = '';
  #looks = 0;
  readonly #onChange = () => void this.look();

  constructor(audio: AudioPreferences, port: DevicesPort) {
    this.#audio = audio;
    this.#port = port;
  }

  get choice(): Choice {
    return choose(this.#audio, this.#list);
  }

  /** Lists the devices now and from now on. Where they have no names yet, asks for the microphone once, and lets go of it. */
  async start(): Promise<void> {
    navigator.mediaDevices.addEventListener('devicechange', this.#onChange);
    await this.look();
    const isNameless = this.#list.microphones.every(({ label }) => label === '');
    if (!isNameless) return;
    try {
      release(await navigator.mediaDevices.getUserMedia({ audio: true }));
      await this.look();
    } catch {
      // Whoever answers without a microphone is told then.
    }
  }

  stop(): void {
    navigator.mediaDevices.removeEventListener('devicechange', this.#onChange);
  }

  /** The agent chose otherwise. */
  prefer(audio: AudioPreferences): void {
    const before = this.choice;
    this.#audio = audio;
    this.#tell(before, 'preferences');
  }

  /** Reads the list anew; of several that overlap the last one counts. */
  async look(): Promise<void> {
    const look = ++this.#looks;
    const infos = await navigator.mediaDevices.enumerateDevices().catch(() => null);
    if (infos === null || look !== this.#looks) return;
    const before = this.choice;
    this.#list = readDevices(infos);
    const { microphones, speakers } = this.#list;
    const told = JSON.stringify({ microphones, speakers });
    if (told !== this.#told) this.#port.listed(this.#list);
    this.#told = told;
    this.#tell(before, 'devices');
  }

  /**
   * Opens the microphone of the agent's choice, or the system's where that one is gone: the list need not be there for
   * it. Rejects with what `getUserMedia` throws.
   */
  async openMicrophone(): Promise<MediaStream> {
    const { microphone } = this.#audio;
    const system = () => navigator.mediaDevices.getUserMedia({ audio: true });
    if (microphone === null) return system();
    try {
      return await navigator.mediaDevices.getUserMedia({ audio: { deviceId: { exact: microphone } } });
    } catch (error) {
      if (error instanceof Error && error.name === 'NotAllowedError') throw error;
      return system();
    }
  }

  #tell(before: Choice, because: 'devices' | 'preferences'): void {
    const { choice } = this;
    this.#port.chosen(choice, differences(before, choice), because);
  }
}

/** Lets go of a microphone. */
export function release(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}
