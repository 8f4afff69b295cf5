/** Keys of a call, one after the other: in the audio (RFC 4733) or as SIP INFO (`application/dtmf-relay`). */
import type { Session } from 'sip.js';

/** How long a key is pressed, and the pause to the next, milliseconds. Slower than any key pad must be read. */
const KEY_MS = 160;
const GAP_MS = 80;
/** How long the far side may take to answer one INFO. */
const ANSWER_MS = 2_000;

export type Keys = { send(tones: string): void; stop(): void };

/** @param way what the settings say; without RFC 4733 at the far side, INFO is the only way that is left */
export function keysOf(session: Session, senders: () => readonly RTCRtpSender[], way: 'rfc4733' | 'info'): Keys {
  let waiting = '';
  let sending = false;
  let stopped = false;

  const asInfo = async () => {
    if (sending) return;
    sending = true;
    while (waiting !== '' && !stopped) {
      const key = waiting.charAt(0);
      waiting = waiting.slice(1);
      await oneInfo(session, key);
      await after(GAP_MS);
    }
    sending = false;
  };

  return {
    send(tones) {
      const dtmf = senders().find(({ track }) => track?.kind === 'audio')?.dtmf ?? null;
      if (way === 'rfc4733' && dtmf?.canInsertDTMF === true) {
        // What has not been sent yet stands in the buffer, which this call would throw away.
        dtmf.insertDTMF(dtmf.toneBuffer + tones, KEY_MS, GAP_MS);
        return;
      }
      waiting += tones;
      void asInfo();
    },
    stop() {
      stopped = true;
    },
  };
}

function oneInfo(session: Session, key: string): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ANSWER_MS);
    session
      .info({
        requestDelegate: { onAccept: () => resolve(), onReject: () => resolve(), onRedirect: () => resolve() },
        requestOptions: {
          body: {
            contentDisposition: 'render',
            contentType: 'application/dtmf-relay',
            content: `Signal=${key}\r\nDuration=${KEY_MS}\r\n`,
          },
        },
      })
      .catch(() => resolve());
  });
}

const after = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
