/** The audio side of the phone: devices, ring and tones, the media of calls and what they sound like. */
import type { SessionDescriptionHandlerFactory } from 'sip.js';
import { isCallEvent } from '../../app/calls/call-event.ts';
import type { CallEvent, PhoneCommand, PhoneEvent } from '../../app/calls/phone-event.ts';
import type { PhoneConfig } from '../../app/ipc/phone.ts';
import { AudioTest } from './audio-test.ts';
import { Devices, type Choice } from './devices.ts';
import { audioProblem, openMedia, type AudioState, type CallAudio } from './media.ts';
import {
  listen,
  nothingSampled,
  packetsHeard,
  qualityOf,
  readStats,
  sampled,
  type Hearing,
  type Sampled,
} from './quality.ts';
import type { RawMessage } from './raw-message.ts';
import { Ringer } from './ringer.ts';
import { sdpOf } from './session-description.ts';

const LOOK_MS = 500;
const QUALITY_MS = 5000;

/** What every event of a call has, as the last one had it. */
type About = Pick<CallEvent, 'callId' | 'source' | 'direction' | 'local' | 'remote' | 'headers' | 'partOf'>;

/** An answered call, and what has been heard in it. */
type Talk = {
  about: About;
  readonly holders: Set<'local' | 'remote'>;
  seen: Sampled;
  hearing: Hearing;
  toldAt: number;
  readonly timer: number;
};

export type AudioPort = {
  config: Pick<PhoneConfig, 'iceServers' | 'gatheringMs' | 'preferences'>;
  report(event: PhoneEvent): void;
  /** News of a call's audio. */
  changed(callId: string, state: AudioState): void;
  /** The audio of an answered call needs another way: a re-INVITE with an ICE restart. */
  astray(callId: string): void;
  now(): { monotonic: number; wall: number };
};

export class PhoneAudio {
  /** Makes the media of each session. */
  readonly factory: SessionDescriptionHandlerFactory;
  readonly #port: AudioPort;
  readonly #devices: Devices;
  readonly #ringer: Ringer;
  readonly #test: AudioTest;
  readonly #live: ReadonlyMap<string, CallAudio>;
  readonly #talks = new Map<string, Talk>();
  /** Changes of devices are carried out one after the other. */
  #moved: Promise<unknown> = Promise.resolve();

  #started = false;

  constructor(port: AudioPort) {
    const { iceServers, gatheringMs, preferences } = port.config;
    this.#port = port;
    this.#devices = new Devices(preferences.audio, {
      listed: ({ microphones, speakers }) => port.report({ kind: 'devices', microphones, speakers, ...port.now() }),
      chosen: (choice, changed, because) => this.#move(choice, changed, because),
    });
    this.#ringer = new Ringer(preferences.audio);
    this.#test = new AudioTest({
      openMicrophone: () => this.openMicrophone(),
      speaker: () => this.#devices.choice.speaker.id,
      level: (microphone, problem) =>
        port.report({
          kind: 'audio-level',
          microphone,
          ...(problem === undefined ? {} : { problem }),
          ...port.now(),
        }),
      problem: (error) => audioProblem(error).state,
    });
    const { factory, live } = openMedia({
      iceServers,
      gatheringMs,
      openMicrophone: () => this.openMicrophone(),
      speaker: () => this.#devices.choice.speaker.id,
      changed: (callId, state) => port.changed(callId, state),
      astray: (callId) => port.astray(callId),
      microphoneLost: () => void this.#devices.look(),
    });
    this.factory = factory;
    this.#live = live;
  }

  /** Lists the devices, from now on and once; nothing is held open. Chromium is busy with it for as long as it takes to register. */
  start(): void {
    if (this.#started) return;
    this.#started = true;
    void this.#devices.start();
  }

  /** The microphone of the agent's choice. Rejects with what `audioProblem` explains. */
  openMicrophone(): Promise<MediaStream> {
    return this.#devices.openMicrophone();
  }

  /** A SIP message has arrived: a provisional answer with a session description is early media (RFC 3960). */
  heard(message: RawMessage, text: string): void {
    if (message.method !== 'INVITE' || message.status === null) return;
    if (message.status <= 100 || message.status >= 200) return;
    const sdp = sdpOf(message.headers.get('content-type')?.[0], text);
    if (sdp !== '') void this.#live.get(message.callId)?.early(sdp);
  }

  /**
   * Hears of everything that the phone reports, before it is reported: rings, and counts what arrives. A call's quality
   * is reported from in here, the last time just before its `ended`.
   */
  follow(event: PhoneEvent): void {
    this.#ringer.hear(event);
    if (!isCallEvent(event) || event.source !== 'phone') return;
    if (event.kind === 'ringing' || event.kind === 'dialling') this.#test.stop();
    if (event.kind === 'answered') this.#begin(event);
    const talk = this.#talks.get(event.callId);
    if (talk === undefined) return;
    talk.about = event;
    if (event.kind === 'held') talk.holders.add(event.by);
    if (event.kind === 'resumed') talk.holders.delete(event.by);
    if (event.kind !== 'ended') return;
    clearInterval(talk.timer);
    this.#talks.delete(event.callId);
    this.#tellQuality(talk, { monotonic: event.monotonic, wall: event.wall });
  }

  /** Hears of every command before it is carried out. */
  obey(command: PhoneCommand): void {
    this.#ringer.obey(command);
    if (command.kind === 'preferences') {
      this.#ringer.prefer(command.preferences.audio);
      this.#devices.prefer(command.preferences.audio);
    }
    if (command.kind !== 'test-audio') return;
    if (command.what !== 'echo') this.#test.stop();
    if (command.what === 'echo') void this.#test.start();
    if (command.what === 'ringer') this.#ringer.sample();
  }

  stop(): void {
    this.#devices.stop();
    this.#test.stop();
    this.#ringer.close();
    for (const { timer } of this.#talks.values()) clearInterval(timer);
    this.#talks.clear();
  }

  #begin(event: CallEvent & { kind: 'answered' }): void {
    if (this.#talks.has(event.callId)) return;
    const { callId, monotonic } = event;
    this.#talks.set(callId, {
      about: event,
      holders: new Set(),
      seen: nothingSampled,
      hearing: { packets: 0, since: monotonic, isSilent: false },
      toldAt: monotonic,
      timer: window.setInterval(() => void this.#look(callId), LOOK_MS),
    });
  }

  async #look(callId: string): Promise<void> {
    const audio = this.#live.get(callId);
    if (audio === undefined) return;
    const sample = readStats(await audio.stats());
    const talk = this.#talks.get(callId);
    if (talk === undefined) return;
    const at = this.#port.now().monotonic;
    talk.seen = sampled(talk.seen, sample);
    const { hearing, news } = listen(talk.hearing, {
      packets: packetsHeard(talk.seen),
      at,
      paused: talk.holders.size > 0 || audio.isInterrupted,
    });
    talk.hearing = hearing;
    if (news !== null) this.#port.changed(callId, { state: news });
    if (at - talk.toldAt >= QUALITY_MS) this.#tellQuality(talk, this.#port.now());
  }

  #tellQuality(talk: Talk, at: { monotonic: number; wall: number }): void {
    const quality = qualityOf(talk.seen);
    if (quality === null) return;
    talk.toldAt = at.monotonic;
    const { callId, source, direction, local, remote, headers, partOf } = talk.about;
    this.#port.report({
      kind: 'quality',
      quality,
      ...{ callId, source, direction, local, remote, headers },
      ...(partOf === undefined ? {} : { partOf }),
      ...at,
    });
  }

  /** Takes everything over to the devices that are used from now on; every call lives on. */
  #move(choice: Choice, changed: readonly (keyof Choice)[], because: 'devices' | 'preferences'): void {
    if (changed.includes('ringer') || changed.includes('speaker'))
      this.#ringer.use(choice.ringer.id, choice.speaker.id);
    if (this.#test.isRunning && (changed.includes('microphone') || changed.includes('speaker')))
      void this.#test.start();
    this.#moved = this.#moved.then(() =>
      Promise.all([...this.#live].map(([callId, audio]) => this.#moveCall(callId, audio, choice, changed, because))),
    );
  }

  async #moveCall(
    callId: string,
    audio: CallAudio,
    { microphone, speaker }: Choice,
    changed: readonly (keyof Choice)[],
    because: 'devices' | 'preferences',
  ): Promise<void> {
    const used: string[] = [];
    if (changed.includes('speaker')) {
      await audio.useSpeaker(speaker.id);
      used.push(speaker.label);
    }
    if (changed.includes('microphone') || !audio.hasMicrophone) {
      try {
        await audio.useMicrophone(await this.openMicrophone());
        used.push(microphone.label);
      } catch (error) {
        // The call goes on without: what is plugged in next is taken.
        if (!audio.hasMicrophone) this.#port.changed(callId, audioProblem(error));
      }
    }
    if (because === 'preferences' || used.length === 0 || !this.#live.has(callId)) return;
    const detail = [...new Set(used)].filter((label) => label !== '').join(', ');
    this.#port.changed(callId, { state: 'device-changed', ...(detail === '' ? {} : { detail: detail.slice(0, 512) }) });
  }
}
