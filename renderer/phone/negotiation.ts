/**
 * Offers and answers of a call (RFC 3264, RFC 8829) where SIP.js's own handler falls short: it cannot take an offer
 * back after a 491, and answers by the direction of whatever media comes first.
 */
import { Web } from 'sip.js';
import { answerDirection, audioDirection, offerDirection, remoteHolds, withinOffer } from './direction.ts';

export class NegotiatingHandler extends Web.SessionDescriptionHandler {
  /** Told after each description of the far side from which its hold can be known. */
  onRemoteHold: ((holds: boolean) => void) | undefined;
  /** What the last description of ours said. */
  #held = false;

  /** Whether no offer is on its way in either direction. */
  get isStable(): boolean {
    return this.peerConnection?.signalingState === 'stable';
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
