/** Audio of a call: the microphone, the peer connection, and the sound of the other side. */
import { Invitation, Inviter, SessionState, type SessionDescriptionHandlerFactory, type Web } from 'sip.js';
import type { PhoneEvent } from '../../app/calls/phone-event.ts';
import type { PhoneConfig } from '../../app/ipc/phone.ts';
import { release } from './devices.ts';
import { NegotiatingHandler } from './negotiation.ts';
import { audioOnly, iceGeneration, problemOf, voiceCodecs } from './session-description.ts';

export type AudioState = Pick<PhoneEvent & { kind: 'media' }, 'state'> & { detail?: string };

/** Passed to `accept` and `invite`: the microphone is opened before SIP is told anything. */
export type AudioOptions = Web.SessionDescriptionHandlerOptions & { microphone?: MediaStream };

/** Why there is no microphone, from what getUserMedia threw. */
export function audioProblem(error: unknown): AudioState & {
  state: 'microphone-denied' | 'no-microphone' | 'failed';
} {
  const name = error instanceof Error ? error.name : 'unknown';
  switch (name) {
    case 'NotAllowedError':
    case 'SecurityError':
      return { state: 'microphone-denied', detail: name };
    case 'NotFoundError':
    case 'OverconstrainedError':
    case 'NotReadableError':
      return { state: 'no-microphone', detail: name };
    default:
      return { state: 'failed', detail: name };
  }
}

type IceServers = PhoneConfig['iceServers'];

/**
 * The candidate after which nothing better is to come: a relayed one where there is a TURN server, our address outside
 * where there is a STUN server, else the addresses of this computer.
 */
export function lastCandidate(iceServers: IceServers): RTCIceCandidateType {
  const urls = iceServers.flatMap((server) => server.urls);
  if (urls.some((url) => /^turns?:/i.test(url))) return 'relay';
  return urls.length > 0 ? 'srflx' : 'host';
}

/**
 * This computer's own addresses come within some milliseconds, all at once; Chromium then takes 130 ms more to list
 * them for TCP again, which no PBX speaks.
 */
const QUIET_MS = 20;

/**
 * Waits until a peer connection has candidates enough to be called by.
 * @param last after which one it is enough
 * @param longestMs for a STUN or TURN server that does not answer, milliseconds
 */
function gathered(connection: RTCPeerConnection, last: RTCIceCandidateType, longestMs: number): Promise<void> {
  return new Promise((resolve) => {
    let quiet: number | undefined;
    const enough = () => {
      clearTimeout(quiet);
      clearTimeout(longest);
      connection.removeEventListener('icecandidate', onCandidate);
      resolve();
    };
    const longest = window.setTimeout(enough, longestMs);
    const onCandidate = ({ candidate }: RTCPeerConnectionIceEvent) => {
      if (candidate === null) enough();
      else if (candidate.type !== last) return;
      else if (last !== 'host') enough();
      else {
        clearTimeout(quiet);
        quiet = window.setTimeout(enough, QUIET_MS);
      }
    };
    connection.addEventListener('icecandidate', onCandidate);
  });
}

/** The addresses of a call that ends as soon as it began are listed within so long, or are not waited for. */
const LISTED_MS = 2_000;

/**
 * Does it once the connection has listed its addresses: one that is closed with the news of that on its way is kept for
 * ever (Chromium's queued event holds the connection, and the connection its queue).
 */
function closeable(connection: RTCPeerConnection | undefined, close: () => void): void {
  if (connection?.iceGatheringState !== 'gathering') return close();
  const enough = () => {
    clearTimeout(longest);
    connection.removeEventListener('icegatheringstatechange', enough);
    close();
  };
  const longest = setTimeout(enough, LISTED_MS);
  connection.addEventListener('icegatheringstatechange', enough);
}

/** After so many calls Chromium is made to let go of what is left of them. */
const COLLECTED_AFTER = 8;
/** V8 lets 64 MB gather outside of its heap before it collects. */
const UNTOUCHED_BYTES = 80 * 1024 ** 2;

/**
 * Starts the garbage collector. Half a megabyte of a closed connection lies where the collector does not count it: it
 * sees no reason to collect, and from 500 of them on Chromium makes no more (https://crbug.com/825576). Memory that is
 * asked for and never touched counts, and costs nothing.
 */
function collect(): void {
  try {
    Reflect.construct(ArrayBuffer, [UNTOUCHED_BYTES]);
  } catch {
    // There is not that much: before V8 says so, it has collected.
  }
}

export type MediaPort = {
  iceServers: IceServers;
  /** Longest wait for candidates, milliseconds. */
  gatheringMs: number;
  openMicrophone(): Promise<MediaStream>;
  /** Id of `setSinkId`; empty for the system's choice. */
  speaker(): string;
  changed(callId: string, state: AudioState): void;
  /** The audio of an answered call needs another way: a re-INVITE with an ICE restart. */
  astray(callId: string): void;
  /** A microphone in use has stopped by itself. */
  microphoneLost(): void;
};

/** The audio of one session. */
class AudioHandler extends NegotiatingHandler {
  readonly #port: MediaPort;
  /** What plays the far side, until the call is over: SIP remembers a call for 32 s more (RFC 6026), and us with it. */
  #audio: HTMLAudioElement | null;
  readonly #refused: (detail: string) => void;
  readonly #closed: () => void;
  /** The stream that the session knows: a change of the microphone changes its track. */
  #microphone: MediaStream | null = null;
  #iceGeneration = '';
  #isAstray = false;

  constructor(
    logger: ConstructorParameters<typeof Web.SessionDescriptionHandler>[0],
    port: MediaPort,
    tell: {
      changed(state: AudioState): void;
      refused(detail: string): void;
      closed(): void;
    },
  ) {
    const iceServers = port.iceServers.map(({ urls, username, credential }) => ({
      urls,
      ...(username === undefined ? {} : { username }),
      ...(credential === undefined ? {} : { credential }),
    }));
    super(
      logger,
      async (_constraints, _handler, { microphone }: AudioOptions = {}) => {
        this.#microphone = microphone ?? (await port.openMicrophone());
        this.#watch(this.#microphone);
        return this.#microphone;
      },
      { iceGatheringTimeout: port.gatheringMs, peerConnectionConfiguration: { iceServers } },
    );
    this.#port = port;
    this.#refused = (detail) => tell.refused(detail);
    this.#closed = () => tell.closed();
    this.#audio = new Audio();
    this.#audio.autoplay = true;
    void this.useSpeaker(port.speaker());
    this.peerConnectionDelegate = {
      ontrack: () => {
        if (this.#audio !== null) this.#audio.srcObject = this.remoteMediaStream;
      },
      onconnectionstatechange: () => {
        const state = this.peerConnection?.connectionState;
        if (state === 'connected') tell.changed({ state });
        if (state === 'disconnected') tell.changed({ state: 'interrupted' });
        // While it still rings, only the announcement is lost.
        if (state === 'failed' && this.peerConnection?.signalingState === 'stable')
          tell.changed({ state, detail: 'no way was found for the audio' });
      },
    };
  }

  /** False once the microphone was unplugged. */
  get hasMicrophone(): boolean {
    return this.#microphone?.getAudioTracks().some(({ readyState }) => readyState === 'live') ?? true;
  }

  get isInterrupted(): boolean {
    const state = this.peerConnection?.connectionState;
    return state === 'disconnected' || state === 'failed';
  }

  /** Another one has answered than the one whose announcement was heard: the way of the audio still leads to that one. */
  get isAstray(): boolean {
    return this.#isAstray;
  }

  async stats(): Promise<Iterable<unknown>> {
    return (await this.peerConnection?.getStats())?.values() ?? [];
  }

  /** Plays early media (RFC 3960): what another branch of a fork, or the answer, says later replaces it. */
  async early(sdp: string): Promise<void> {
    const state = this.peerConnection?.signalingState;
    if (state !== 'have-local-offer' && state !== 'have-remote-pranswer') return;
    if (problemOf(sdp, spoken()) !== null) return;
    // An announcement that cannot be played is no reason to end the call.
    await this.peerConnection?.setRemoteDescription({ type: 'pranswer', sdp: audioOnly(sdp) }).catch(() => undefined);
  }

  /** Speaks into another microphone from now on; one that is muted stays so. */
  async useMicrophone(fresh: MediaStream): Promise<void> {
    const [track] = fresh.getAudioTracks();
    const known = this.#microphone;
    if (this.peerConnection === undefined || track === undefined || known === null) {
      release(fresh);
      return;
    }
    const before = known.getAudioTracks();
    track.enabled = before.every(({ enabled }) => enabled);
    await this.setLocalMediaStream(fresh);
    for (const old of before) {
      old.stop();
      known.removeTrack(old);
    }
    known.addTrack(track);
    this.#watch(known);
    // Hung up meanwhile: what was closed then was the old one.
    if (this.peerConnection === undefined) release(known);
  }

  /** A device that is gone leaves the sound where the system puts it. */
  async useSpeaker(id: string): Promise<void> {
    const audio = this.#audio;
    await audio?.setSinkId(id).catch(() => audio.setSinkId('').catch(() => undefined));
  }

  override async setDescription(
    ...[sdp, options, modifiers]: Parameters<Web.SessionDescriptionHandler['setDescription']>
  ): Promise<void> {
    try {
      const problem = problemOf(sdp, spoken());
      if (problem !== null) throw new Error(problem);
      await super.setDescription(audioOnly(sdp), options, modifiers);
    } catch (error) {
      this.#refused(error instanceof Error ? error.message : 'unusable session description');
      throw error;
    }
  }

  override close(): void {
    this.peerConnectionDelegate = undefined;
    for (const { track } of this.peerConnection?.getSenders() ?? []) track?.stop();
    closeable(this.peerConnection, () => super.close());
    if (this.#audio !== null) this.#audio.srcObject = null;
    this.#audio = this.#microphone = null;
    this.#closed();
  }

  protected override setRemoteSessionDescription(description: RTCSessionDescriptionInit): Promise<void> {
    const connection = this.peerConnection;
    // SIP.js knows nothing of provisional answers.
    if (connection?.signalingState !== 'have-remote-pranswer') return super.setRemoteSessionDescription(description);
    const announced = iceGeneration(connection.remoteDescription?.sdp ?? '');
    this.#isAstray = announced !== iceGeneration(description.sdp ?? '');
    return connection.setRemoteDescription({ ...description, type: 'answer' });
  }

  /** In place of SIP.js's own, which waits for the end of all gathering. */
  protected override async waitForIceGatheringComplete(): Promise<void> {
    const connection = this.peerConnection;
    if (connection === undefined) throw new Error('the call is over');
    // A hold or resume has the candidates that are known; a restart, ours or theirs, has none yet.
    const generation = iceGeneration(connection.localDescription?.sdp ?? '');
    if (generation === this.#iceGeneration || connection.iceGatheringState === 'complete') return;
    this.#iceGeneration = generation;
    await gathered(connection, lastCandidate(this.#port.iceServers), this.#port.gatheringMs);
  }

  #watch(microphone: MediaStream): void {
    for (const track of microphone.getAudioTracks()) track.onended = () => this.#port.microphoneLost();
  }
}

export type CallAudio = Pick<
  AudioHandler,
  'hasMicrophone' | 'isInterrupted' | 'stats' | 'early' | 'useMicrophone' | 'useSpeaker'
>;

function spoken(): ReadonlySet<string> {
  return voiceCodecs(RTCRtpReceiver.getCapabilities('audio')?.codecs ?? []);
}

/**
 * Makes the media of each session, and knows those that live by their Call-ID. An offer that cannot be used (plain RTP
 * without DTLS, no audio, no codec of ours) is answered with 488; SIP.js by itself would say 480.
 */
export function openMedia(port: MediaPort): {
  factory: SessionDescriptionHandlerFactory;
  live: ReadonlyMap<string, CallAudio>;
} {
  const live = new Map<string, AudioHandler>();
  let closed = 0;
  /** Not within a call: nobody is to hear it, and what is being closed at that moment would be left. */
  const collectIfQuiet = () => {
    if (live.size > 0 || closed < COLLECTED_AFTER) return;
    closed = 0;
    collect();
  };
  const factory: SessionDescriptionHandlerFactory = (session) => {
    if (!(session instanceof Invitation || session instanceof Inviter))
      throw new TypeError('neither an inbound nor an outbound call');
    const { callId } = session.request;
    const handler: AudioHandler = new AudioHandler(session.userAgent.getLogger('sip.SessionDescriptionHandler'), port, {
      changed: (state) => port.changed(callId, state),
      refused: (detail) => {
        // Of a running call only the change is refused.
        if (session.state === SessionState.Established) return;
        port.changed(callId, { state: 'failed', detail: detail.slice(0, 512) });
        if (session instanceof Invitation && session.state === SessionState.Establishing) {
          session.reject({ statusCode: 488 }).catch(() => undefined);
        }
      },
      closed: () => {
        if (live.get(callId) !== handler) return;
        live.delete(callId);
        closed += 1;
        if (closed >= COLLECTED_AFTER) setTimeout(collectIfQuiet, LISTED_MS);
      },
    });
    live.set(callId, handler);
    session.stateChange.addListener((state) => {
      if (state === SessionState.Established && handler.isAstray) port.astray(callId);
    });
    return handler;
  };
  return { factory, live };
}
