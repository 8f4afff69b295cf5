/** Audio of a call: the microphone, the peer connection, and the sound of the other side. */
import { Invitation, Inviter, SessionState, Web, type SessionDescriptionHandlerFactory } from 'sip.js';
import type { PhoneConfig } from '../../app/ipc/phone.ts';

export type AudioState = {
  state: 'connected' | 'no-microphone' | 'microphone-denied' | 'failed';
  detail?: string;
};

/** Passed to `accept` and `invite`: the microphone is opened before SIP is told anything. */
export type AudioOptions = Web.SessionDescriptionHandlerOptions & { microphone?: MediaStream };

/** SIP.js would wait 5 s for a STUN server that does not answer, and the caller with it. */
const GATHERING_MS = 500;

/** The microphone. Rejects with what `audioProblem` explains. */
export async function openMicrophone(): Promise<MediaStream> {
  return navigator.mediaDevices.getUserMedia({ audio: true });
}

export function release(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}

/** Why there is no microphone, from what getUserMedia threw. */
export function audioProblem(error: unknown): AudioState {
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

/** Whether a session description has audio to speak of: an `m=audio` line whose port is not 0 (RFC 3264 section 6). */
function hasAudio(sdp: string): boolean {
  return /^m=audio [1-9]/m.test(sdp);
}

class AudioHandler extends Web.SessionDescriptionHandler {
  readonly #audio = new Audio();
  readonly #refused: (detail: string) => void;

  constructor(
    logger: ConstructorParameters<typeof Web.SessionDescriptionHandler>[0],
    iceServers: RTCIceServer[],
    changed: (state: AudioState) => void,
    refused: (detail: string) => void,
  ) {
    super(
      logger,
      (_constraints, _handler, options: AudioOptions = {}) => Promise.resolve(options.microphone ?? openMicrophone()),
      {
        iceGatheringTimeout: GATHERING_MS,
        peerConnectionConfiguration: { iceServers },
      },
    );
    this.#refused = refused;
    this.#audio.autoplay = true;
    this.peerConnectionDelegate = {
      ontrack: () => {
        this.#audio.srcObject = this.remoteMediaStream;
      },
      onconnectionstatechange: () => {
        const state = this.peerConnection?.connectionState;
        if (state === 'connected') changed({ state });
        if (state === 'failed') changed({ state, detail: 'no way was found for the audio' });
      },
    };
  }

  override async setDescription(
    ...[sdp, options, modifiers]: Parameters<Web.SessionDescriptionHandler['setDescription']>
  ): Promise<void> {
    try {
      if (!hasAudio(sdp)) throw new Error('the other side offers no audio');
      await super.setDescription(sdp, options, modifiers);
    } catch (error) {
      this.#refused(error instanceof Error ? error.message : 'unusable session description');
      throw error;
    }
  }

  override close(): void {
    super.close();
    this.#audio.srcObject = null;
  }
}

/**
 * Makes the media of each session. An offer that cannot be used (plain RTP without DTLS, no audio) is answered with
 * 488; SIP.js by itself would say 480.
 */
export function audioFactory(
  iceServers: PhoneConfig['iceServers'],
  report: (callId: string, state: AudioState) => void,
): SessionDescriptionHandlerFactory {
  const servers = iceServers.map(({ urls, username, credential }) => ({
    urls,
    ...(username === undefined ? {} : { username }),
    ...(credential === undefined ? {} : { credential }),
  }));
  return (session) => {
    if (!(session instanceof Invitation || session instanceof Inviter))
      throw new TypeError('neither an inbound nor an outbound call');
    const { callId } = session.request;
    return new AudioHandler(
      session.userAgent.getLogger('sip.SessionDescriptionHandler'),
      servers,
      (state) => report(callId, state),
      (detail) => {
        report(callId, { state: 'failed', detail: detail.slice(0, 512) });
        if (session instanceof Invitation && session.state === SessionState.Establishing) {
          session.reject({ statusCode: 488 }).catch(() => undefined);
        }
      },
    );
  };
}
