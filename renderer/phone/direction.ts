/** What a session description (RFC 4566, RFC 3264) says of its audio. Pure; everything here comes from outside. */

export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

const DIRECTION = /^a=(sendrecv|sendonly|recvonly|inactive)\s*$/;

type Audio = { port: number; address: string; direction: Direction };

/** The first audio of a description that is not refused (port 0), or null. */
function audioOf(sdp: string): Audio | null {
  const session: Audio = { port: 0, address: '', direction: 'sendrecv' };
  let section: Audio | 'other' | null = null;
  for (const line of sdp.split(/\r?\n/)) {
    const media = /^m=(\S+)\s+(\d{1,5})/.exec(line);
    if (media !== null) {
      if (section !== null && section !== 'other') break;
      const port = Number(media[2]);
      section = media[1] === 'audio' && port !== 0 ? { ...session, port } : 'other';
      continue;
    }
    if (section === 'other') continue;
    const into = section ?? session;
    into.direction = (DIRECTION.exec(line)?.[1] as Direction | undefined) ?? into.direction;
    into.address = /^c=IN IP[46] ([^\s/]+)/.exec(line)?.[1] ?? into.address;
  }
  return section === 'other' ? null : section;
}

/** The direction of the audio, of the whole description where the audio has none, `sendrecv` where nothing is said. */
export function audioDirection(sdp: string): Direction {
  return audioOf(sdp)?.direction ?? 'sendrecv';
}

/**
 * Whether the far side holds the call, by a description of its own: it says that it will not listen (RFC 3264
 * section 8.4), or gives no address to send to, as RFC 2543 did. Null where that cannot be known: what answers our own
 * hold answers that. Port 9 with no address is no hold but how ICE begins (RFC 8839 section 4.2.1.2).
 */
export function remoteHolds(sdp: string, answersOurHold: boolean): boolean | null {
  const audio = audioOf(sdp);
  if (audio === null || answersOurHold) return null;
  const nowhere = (audio.address === '0.0.0.0' || audio.address === '::') && audio.port !== 9;
  return nowhere || audio.direction === 'sendonly' || audio.direction === 'inactive';
}

/** What we offer: held, the far side may be sent something but is not listened to (RFC 3264 section 8.4). */
export function offerDirection(hold: boolean): Direction {
  return hold ? 'sendonly' : 'sendrecv';
}

/** What we answer to an offered direction (RFC 3264 section 6.1). */
export function answerDirection(offered: Direction, hold: boolean): Direction {
  switch (offered) {
    case 'inactive':
      return 'inactive';
    case 'recvonly':
      return 'sendonly';
    case 'sendonly':
      return hold ? 'inactive' : 'recvonly';
    case 'sendrecv':
      return hold ? 'sendonly' : 'sendrecv';
    default: {
      const never: never = offered;
      return never;
    }
  }
}

/** What an answer may say to an offered direction (RFC 3264 section 6.1). */
const ALLOWED: Readonly<Record<Direction, readonly Direction[]>> = {
  sendrecv: ['sendrecv', 'sendonly', 'recvonly', 'inactive'],
  sendonly: ['recvonly', 'inactive'],
  recvonly: ['sendonly', 'inactive'],
  inactive: ['inactive'],
};

/**
 * An answer to an offer of ours, with a direction that the offer leaves room for: phones that answer a hold with
 * `sendrecv` are many, browsers refuse that, and the call would be lost over it.
 */
export function withinOffer(answer: string, offer: string): string {
  const offered = audioDirection(offer);
  if (ALLOWED[offered].includes(audioDirection(answer))) return answer;
  const direction = answerDirection(offered, false);
  return answer
    .split(/^(?=m=)/m)
    .map((section) => {
      if (!section.startsWith('m=audio')) return section;
      const others = section.split(/\r?\n/).filter((line) => line !== '' && !DIRECTION.test(line));
      return [...others, `a=${direction}`, ''].join('\r\n');
    })
    .join('');
}
