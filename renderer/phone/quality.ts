/** What a call sounds like here, from the figures of its peer connection. Pure. */
import type { Quality } from '../../app/calls/phone-event.ts';

/** One look at the figures: totals since the peer connection began, as `getStats` has them. */
export type AudioSample = {
  /** By SSRC report: a far side that is replaced in mid-call begins a new one. */
  streams: readonly { id: string; received: number; lost: number; discarded: number; jitterMs: number }[];
  /** Sum and number of the round trips measured by RTCP; null where the far side sends no reports. */
  roundTrip: { totalMs: number; count: number } | null;
  /** What the jitter buffer adds, milliseconds. */
  bufferMs: number;
  codec: string;
};

type Stat = Readonly<Record<string, unknown>>;

/** Takes what is of use from a report of `RTCPeerConnection.getStats` (W3C webrtc-stats). */
export function readStats(report: Iterable<unknown>): AudioSample {
  const stats = [...report].filter((entry): entry is Stat => typeof entry === 'object' && entry !== null);
  const isAudio = (stat: Stat) => stat['kind'] === 'audio' || stat['mediaType'] === 'audio';
  const inbound = stats.filter((stat) => stat['type'] === 'inbound-rtp' && isAudio(stat));
  const reports = stats.filter(
    (stat) => stat['type'] === 'remote-inbound-rtp' && isAudio(stat) && number(stat, 'roundTripTimeMeasurements') > 0,
  );
  const newest = inbound.toSorted(
    (a, b) => number(b, 'lastPacketReceivedTimestamp') - number(a, 'lastPacketReceivedTimestamp'),
  )[0];
  const mimeType = stats.find((stat) => newest !== undefined && stat['id'] === newest['codecId'])?.['mimeType'];
  const emitted = newest === undefined ? 0 : number(newest, 'jitterBufferEmittedCount');
  return {
    streams: inbound.map((stat) => ({
      id: String(stat['id']),
      received: number(stat, 'packetsReceived'),
      lost: number(stat, 'packetsLost'),
      discarded: number(stat, 'packetsDiscarded'),
      jitterMs: number(stat, 'jitter') * 1000,
    })),
    roundTrip:
      reports.length === 0
        ? null
        : {
            totalMs: reports.reduce((sum, stat) => sum + number(stat, 'totalRoundTripTime') * 1000, 0),
            count: reports.reduce((sum, stat) => sum + number(stat, 'roundTripTimeMeasurements'), 0),
          },
    bufferMs: newest === undefined || emitted === 0 ? 0 : (number(newest, 'jitterBufferDelay') / emitted) * 1000,
    codec: typeof mimeType === 'string' ? mimeType.replace(/^audio\//i, '').slice(0, 64) : '',
  };
}

function number(stat: Stat, name: string): number {
  const value = stat[name];
  return typeof value === 'number' && Number.isFinite(value) ? value : 0;
}

/** What has been seen of a call's audio so far. */
export type Sampled = {
  readonly streams: Readonly<Record<string, { received: number; lost: number; discarded: number }>>;
  readonly jitter: { readonly sumMs: number; readonly count: number };
  readonly roundTrip: AudioSample['roundTrip'];
  readonly bufferMs: number;
  readonly codec: string;
};

export const nothingSampled: Sampled = {
  streams: {},
  jitter: { sumMs: 0, count: 0 },
  roundTrip: null,
  bufferMs: 0,
  codec: '',
};

/** Adds one look to what is known. A stream that has gone keeps its count. */
export function sampled(before: Sampled, sample: AudioSample): Sampled {
  const streams = { ...before.streams };
  let { jitter } = before;
  for (const { id, received, lost, discarded, jitterMs } of sample.streams) {
    const isFlowing = received > (before.streams[id]?.received ?? 0);
    streams[id] = { received, lost, discarded };
    // Where nothing arrives, the last jitter is repeated: it says nothing new.
    if (isFlowing) jitter = { sumMs: jitter.sumMs + jitterMs, count: jitter.count + 1 };
  }
  return {
    streams,
    jitter,
    roundTrip: sample.roundTrip ?? before.roundTrip,
    bufferMs: sample.bufferMs > 0 ? sample.bufferMs : before.bufferMs,
    codec: sample.codec === '' ? before.codec : sample.codec,
  };
}

/** How many packets of audio have come, over all streams. Comfort noise and DTX are packets as well. */
export function packetsHeard({ streams }: Sampled): number {
  return Object.values(streams).reduce((sum, { received }) => sum + received, 0);
}

/** What the call sounded like, null as long as nothing has come. */
export function qualityOf(seen: Sampled): Quality | null {
  const total = (name: 'received' | 'lost' | 'discarded') =>
    Object.values(seen.streams).reduce((sum, stream) => sum + Math.max(0, stream[name]), 0);
  const received = total('received');
  if (received === 0) return null;
  const expected = received + total('lost');
  const jitterMs = seen.jitter.count === 0 ? 0 : seen.jitter.sumMs / seen.jitter.count;
  const roundTripMs = seen.roundTrip === null ? null : seen.roundTrip.totalMs / seen.roundTrip.count;
  // What comes too late to be played is lost to the ear.
  const unheard = Math.min(1, (total('lost') + total('discarded')) / expected);
  return {
    codec: seen.codec,
    loss: total('lost') / expected,
    jitterMs: bounded(jitterMs),
    roundTripMs: roundTripMs === null ? null : bounded(roundTripMs),
    mos: mosOf({
      loss: unheard,
      delayMs: (roundTripMs ?? 0) / 2 + (seen.bufferMs > 0 ? seen.bufferMs : 2 * jitterMs) + PACKET_MS,
    }),
  };
}

const bounded = (ms: number) => Math.min(1e6, Math.max(0, ms));

/** One packet of speech has to be spoken before it can be sent. */
const PACKET_MS = 20;

/** How well what all browsers speak (G.711, Opus) conceals a lost packet: Bpl of G.711 in ITU-T G.113 appendix I. */
const ROBUSTNESS = 25.1;

/**
 * Listening quality by the E-model (ITU-T G.107) with its default values, where R is 93.2, taking from it what delay
 * and random packet loss take. An estimate: echo, noise and levels are not known here.
 * @param heard `loss` as a share 0 to 1, `delayMs` one way, mouth to ear in milliseconds
 * @returns mean opinion score, 1 to 4.5
 */
export function mosOf({ loss, delayMs }: { loss: number; delayMs: number }): number {
  const late = delayMs > 177.3 ? 0.11 * (delayMs - 177.3) : 0;
  const percent = loss * 100;
  return mosOfRating(93.2 - (0.024 * delayMs + late) - (95 * percent) / (percent + ROBUSTNESS));
}

/** ITU-T G.107 annex B. */
export function mosOfRating(rating: number): number {
  if (rating <= 0) return 1;
  if (rating >= 100) return 4.5;
  // The polynomial dips below 1 for ratings under 6.5.
  return Math.max(1, 1 + 0.035 * rating + rating * (rating - 60) * (100 - rating) * 7e-6);
}

/** Whether the far side is heard. `since` is when something was heard last, or might have been, milliseconds. */
export type Hearing = { readonly packets: number; readonly since: number; readonly isSilent: boolean };

/** With a look each half second this is noticed, and said, within five. */
const SILENT_MS = 3500;

/**
 * One look at how many packets have come. `paused`: none are due, because one side holds the call or the way of the
 * audio is known to be interrupted.
 */
export function listen(
  before: Hearing,
  { packets, at, paused }: { packets: number; at: number; paused: boolean },
): { hearing: Hearing; news: 'nothing-heard' | 'heard-again' | null } {
  if (packets > before.packets)
    return { hearing: { packets, since: at, isSilent: false }, news: before.isSilent ? 'heard-again' : null };
  if (paused) return { hearing: { ...before, since: at }, news: null };
  const isNews = !before.isSilent && at - before.since >= SILENT_MS;
  return { hearing: isNews ? { ...before, isSilent: true } : before, news: isNews ? 'nothing-heard' : null };
}
