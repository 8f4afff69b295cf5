/**
 * Offers and answers of a call (RFC 3264, RFC 8829) where SIP.js's own handler falls short: it cannot take an offer
 * back after a 491, and answers by the direction of whatever media comes first.
 */
import { Web } from 'sip.js';
import { answerDirection, audioDirection, offerDirection, remoteHolds, withinOffer } from './direction.ts';

export class NegotiatingHandler extends Web.SessionDescriptionHandler {
  /** Told after each description of the far side from which its hold can be known. */
  onRemoteHold: ((holds: boolean) => void) | undefined;
  /**
   * Whether offers say who of both began DTLS (RFC 8842 section 5.2): a media proxy that has not seen the first answer
   * pass takes the other part otherwise, and the audio cannot follow.
   */
  namesRole = false;
  /** What the last description of ours said. */
  #held = false;

  /** Whether no offer is on its way in either direction. */
  get isStable(): boolean {
    return this.peerConnection?.signalingState === 'stable';
  }

  override async getDescription(
    ...[options, modifiers]: Parameters<Web.SessionDescriptionHandler['getDescription']>
  ): ReturnType<Web.SessionDescriptionHandler['getDescription']> {
    const { localDescription: local, remoteDescription: remote } = this.peerConnection ?? {};
    const role = this.namesRole && this.isStable ? dtlsRole(local, remote) : null;
    const { body, contentType } = await super.getDescription(options, modifiers);
    return { body: role === null ? body : body.replace(/^a=setup:actpass(?=\r?$)/m, `a=setup:${role}`), contentType };
  }

  override async setDescription(
    ...[sdp, options, modifiers]: Parameters<Web.SessionDescriptionHandler['setDescription']>
  ): Promise<void> {
    const isAnswer = !this.isStable;
    const offer = this.peerConnection?.localDescription?.sdp ?? '';
    await super.setDescription(isAnswer ? withinOffer(sdp, offer) : sdp, options, modifiers);
    const holds = remoteHolds(sdp, isAnswer && this.#held);
    if (holds !== null) this.onRemoteHold?.(holds);
  }

  /** Takes back an offer, ours or theirs, that was refused. SIP.js asks for it. */
  async rollbackDescription(): Promise<void> {
    switch (this.peerConnection?.signalingState) {
      case 'have-local-offer':
        await this.peerConnection.setLocalDescription({ type: 'rollback' });
        return;
      case 'have-remote-offer':
        await this.peerConnection.setRemoteDescription({ type: 'rollback' });
        return;
      default:
    }
  }

  protected override updateDirection(options?: Web.SessionDescriptionHandlerOptions): Promise<void> {
    const peer = this.peerConnection;
    if (peer === undefined) return Promise.reject(new Error('Peer connection closed.'));
    const hold = options?.hold === true;
    this.#held = hold;
    const direction = this.isStable
      ? offerDirection(hold)
      : answerDirection(audioDirection(peer.remoteDescription?.sdp ?? ''), hold);
    for (const transceiver of peer.getTransceivers()) {
      if (transceiver.receiver.track.kind === 'audio' && transceiver.direction !== 'stopped')
        transceiver.direction = direction;
    }
    return Promise.resolve();
  }
}

/** Our part in DTLS as offer and answer agreed on it; null where they have not. */
function dtlsRole(
  local: RTCSessionDescription | null | undefined,
  remote: RTCSessionDescription | null | undefined,
): 'active' | 'passive' | null {
  const said = /^a=setup:(active|passive)\r?$/m;
  if (local?.type === 'answer') return said.exec(local.sdp)?.[1] === 'active' ? 'active' : 'passive';
  switch (said.exec(remote?.sdp ?? '')?.[1]) {
    case 'active':
      return 'passive';
    case 'passive':
      return 'active';
    default:
      return null;
  }
}
