import wrtcModule from '@roamhq/wrtc';
import type { BodyAndContentType, SessionDescriptionHandler, SessionDescriptionHandlerOptions } from 'sip.js';
import { FRAME_MS, frameAt, rms, SILENCE, SPEECH_RATE } from './audio.ts';
import type { Recorder } from './recording.ts';

/** What of @roamhq/wrtc is used here; its own types are those of a browser page, which this is not. */
type Track = { stop(): void };
type Description = { readonly type: 'offer' | 'answer' | 'rollback'; readonly sdp: string };
/** What an offer says of its audio; `sendonly` and `inactive` put the other side on hold (RFC 3264 section 8.4). */
export type MediaOptions = SessionDescriptionHandlerOptions & {
  readonly direction?: 'sendrecv' | 'sendonly' | 'inactive';
};
type PeerConnection = {
  readonly signalingState: string;
  readonly iceGatheringState: string;
  readonly localDescription: Description | null;
  ontrack: ((event: { readonly track: Track }) => void) | null;
  onicegatheringstatechange: (() => void) | null;
  addTrack(track: Track): unknown;
  createOffer(): Promise<Description>;
  createAnswer(): Promise<Description>;
  setLocalDescription(description: Description): Promise<void>;
  setRemoteDescription(description: Description): Promise<void>;
  getStats(): Promise<
    ReadonlyMap<string, { readonly type: string; readonly packetsReceived?: number; readonly packetsSent?: number }>
  >;
  close(): void;
};
type HeardFrame = { readonly samples: Int16Array; readonly sampleRate: number };
type Wrtc = {
  readonly RTCPeerConnection: new (configuration: { iceServers: [] }) => PeerConnection;
  readonly nonstandard: {
    readonly RTCAudioSource: new () => {
      createTrack(): Track;
      onData(frame: { samples: Int16Array; sampleRate: number }): void;
    };
    readonly RTCAudioSink: new (track: Track) => { ondata: ((frame: HeardFrame) => void) | null; stop(): void };
  };
};
const wrtc = wrtcModule as unknown as Wrtc;

/** What went over the wire. Levels are root mean squares of the frames that were not silent, 0 to 1. */
export type AudioFacts = {
  readonly packetsReceived: number;
  readonly packetsSent: number;
  /** Milliseconds of audio above silence that were heard. */
  readonly heardMs: number;
  readonly heardLevel: number;
  /** Milliseconds of audio that were spoken. */
  readonly spokenMs: number;
};

export const NO_AUDIO: AudioFacts = { packetsReceived: 0, packetsSent: 0, heardMs: 0, heardLevel: 0, spokenMs: 0 };

/** Host candidates of loopback are there in some milliseconds; a machine with many interfaces must not hold the call up. */
const GATHERING_MS = 300;

/** The media of one far end: a real WebRTC peer that speaks a looped voice and listens. A SIP.js session description handler. */
export class Media implements SessionDescriptionHandler {
  /** Fulfilled once the peer is closed. */
  readonly facts: Promise<AudioFacts>;
  readonly #peer = new wrtc.RTCPeerConnection({ iceServers: [] });
  readonly #source = new wrtc.nonstandard.RTCAudioSource();
  readonly #track = this.#source.createTrack();
  readonly #voice: Int16Array;
  readonly #side: 'caller' | 'callee';
  #sink: InstanceType<Wrtc['nonstandard']['RTCAudioSink']> | undefined;
  #pump: NodeJS.Timeout | undefined;
  #recorder: Recorder | undefined;
  #position = 0;
  #spokenFrames = 0;
  #isMute = false;
  #heardMs = 0;
  #heardSum = 0;
  #heardFrames = 0;
  #frames = 0;
  #isClosed = false;
  #resolveFacts: (facts: AudioFacts) => void = () => undefined;

  /** @param side who this far end is in the call, so that the recording knows whose voice is whose */
  constructor(voice: Int16Array, side: 'caller' | 'callee') {
    this.#voice = voice;
    this.#side = side;
    this.facts = new Promise((resolve) => {
      this.#resolveFacts = resolve;
    });
    this.#peer.addTrack(this.#track);
    this.#peer.ontrack = ({ track }) => {
      this.#sink?.stop();
      this.#sink = new wrtc.nonstandard.RTCAudioSink(track);
      this.#sink.ondata = (frame) => this.#hear(frame);
    };
  }

  /** The call is answered: speak, listen and, when asked to, record. */
  talk(recorder: Recorder | undefined): void {
    if (this.#isClosed || this.#pump !== undefined) return;
    this.#recorder = recorder;
    const startedAt = performance.now();
    // Frames follow the clock, not the timer: a late tick sends what is due, so the voice keeps its pace.
    this.#pump = setInterval(() => {
      const due = Math.floor((performance.now() - startedAt) / FRAME_MS);
      while (this.#position < due) this.#speak();
    }, FRAME_MS);
  }

  /** From now on nothing at all is sent, as when a firewall swallows one direction; or again. */
  mute(isMute: boolean): void {
    this.#isMute = isMute;
  }

  /** Frames that came, silent ones too, and milliseconds of them above silence. */
  get heard(): { readonly frames: number; readonly ms: number } {
    return { frames: this.#frames, ms: this.#heardMs };
  }

  async getDescription(options: MediaOptions = {}): Promise<BodyAndContentType> {
    const isAnswer = this.#peer.signalingState === 'have-remote-offer';
    await this.#peer.setLocalDescription(await (isAnswer ? this.#peer.createAnswer() : this.#peer.createOffer()));
    await this.#gathered();
    const body = (this.#peer.localDescription?.sdp ?? '').replace('a=sendrecv', `a=${options.direction ?? 'sendrecv'}`);
    return { body, contentType: 'application/sdp' };
  }

  /** Takes back an offer that was refused. */
  async rollbackDescription(): Promise<void> {
    const description: Description = { type: 'rollback', sdp: '' };
    if (this.#peer.signalingState === 'have-local-offer') await this.#peer.setLocalDescription(description);
    if (this.#peer.signalingState === 'have-remote-offer') await this.#peer.setRemoteDescription(description);
  }

  async setDescription(sdp: string): Promise<void> {
    const type = this.#peer.signalingState === 'have-local-offer' ? 'answer' : 'offer';
    await this.#peer.setRemoteDescription({ type, sdp });
  }

  hasDescription(contentType: string): boolean {
    return contentType.toLowerCase().startsWith('application/sdp');
  }

  sendDtmf(): boolean {
    return false;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearInterval(this.#pump);
    this.#sink?.stop();
    void this.#finish();
  }

  async #finish(): Promise<void> {
    let packetsReceived = 0;
    let packetsSent = 0;
    try {
      for (const report of (await this.#peer.getStats()).values()) {
        if (report.type === 'inbound-rtp') packetsReceived += report.packetsReceived ?? 0;
        if (report.type === 'outbound-rtp') packetsSent += report.packetsSent ?? 0;
      }
    } finally {
      this.#track.stop();
      this.#peer.close();
      this.#resolveFacts({
        packetsReceived,
        packetsSent,
        heardMs: Math.round(this.#heardMs),
        heardLevel: this.#heardFrames === 0 ? 0 : this.#heardSum / this.#heardFrames,
        spokenMs: this.#spokenFrames * FRAME_MS,
      });
    }
  }

  #speak(): void {
    const samples = frameAt(this.#voice, this.#position);
    this.#position += 1;
    if (this.#isMute) return;
    this.#spokenFrames += 1;
    this.#recorder?.write(this.#side, samples, SPEECH_RATE);
    this.#source.onData({ samples, sampleRate: SPEECH_RATE });
  }

  #hear({ samples, sampleRate }: HeardFrame): void {
    if (this.#isClosed) return;
    this.#recorder?.write(this.#side === 'caller' ? 'callee' : 'caller', samples, sampleRate);
    this.#frames += 1;
    const level = rms(samples);
    if (level < SILENCE) return;
    this.#heardMs += (samples.length * 1000) / sampleRate;
    this.#heardSum += level;
    this.#heardFrames += 1;
  }

  #gathered(): Promise<void> {
    if (this.#peer.iceGatheringState === 'complete') return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, GATHERING_MS);
      this.#peer.onicegatheringstatechange = () => {
        if (this.#peer.iceGatheringState !== 'complete') return;
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
