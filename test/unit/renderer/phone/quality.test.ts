import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  listen,
  mosOf,
  mosOfRating,
  nothingSampled,
  packetsHeard,
  qualityOf,
  readStats,
  sampled,
  type AudioSample,
} from '../../../../renderer/phone/quality.ts';
import { QualitySchema } from '../../../../app/calls/phone-event.ts';
import * as v from 'valibot';

const stream = (change: Partial<AudioSample['streams'][number]> = {}) => ({
  id: 'a',
  received: 100,
  lost: 0,
  discarded: 0,
  jitterMs: 4,
  ...change,
});
const sample = (change: Partial<AudioSample> = {}): AudioSample => ({
  streams: [stream()],
  roundTrip: null,
  bufferMs: 0,
  codec: 'opus',
  ...change,
});
const after = (...samples: AudioSample[]) => samples.reduce(sampled, nothingSampled);

describe('the E-model', () => {
  test.each([
    [100, 4.5],
    [93.2, 4.41],
    [90, 4.34],
    [80, 4.02],
    [70, 3.6],
    [60, 3.1],
    [50, 2.58],
    [0, 1],
    [-5, 1],
    [3, 1],
  ])('gives R %d the MOS %d of ITU-T G.107 annex B', (rating, mos) => {
    expect(mosOfRating(rating)).toBeCloseTo(mos, 2);
  });

  test('takes from it what loss and delay take', () => {
    expect(mosOf({ loss: 0, delayMs: 0 })).toBeCloseTo(4.41, 2);
    // R = 93.2 − 95 · 5 / (5 + 25.1) = 77.4
    expect(mosOf({ loss: 0.05, delayMs: 0 })).toBeCloseTo(mosOfRating(77.42), 2);
    // R = 93.2 − 0.024 · 400 − 0.11 · (400 − 177.3) = 59.1
    expect(mosOf({ loss: 0, delayMs: 400 })).toBeCloseTo(mosOfRating(59.1), 2);
  });
});

describe('the figures', () => {
  test('are read from what Chromium reports', () => {
    expect(
      readStats([
        { id: 'C1', type: 'codec', mimeType: 'audio/opus' },
        {
          id: 'I1',
          type: 'inbound-rtp',
          kind: 'audio',
          codecId: 'C1',
          packetsReceived: 50,
          packetsLost: 2,
          packetsDiscarded: 1,
          jitter: 0.003,
          jitterBufferDelay: 960,
          jitterBufferEmittedCount: 24_000,
          lastPacketReceivedTimestamp: 1,
        },
        { id: 'V1', type: 'inbound-rtp', kind: 'video', packetsReceived: 9 },
        {
          id: 'R1',
          type: 'remote-inbound-rtp',
          kind: 'audio',
          totalRoundTripTime: 0.12,
          roundTripTimeMeasurements: 3,
        },
        { id: 'R2', type: 'remote-inbound-rtp', kind: 'audio', roundTripTimeMeasurements: 0 },
        null,
        7,
      ]),
    ).toEqual({
      streams: [{ id: 'I1', received: 50, lost: 2, discarded: 1, jitterMs: 3 }],
      roundTrip: { totalMs: 120, count: 3 },
      bufferMs: 40,
      codec: 'opus',
    });
  });

  test('make a quality: loss of all that was sent, the mean of jitter and round trips', () => {
    const quality = qualityOf(
      after(
        sample({ streams: [stream({ received: 50, jitterMs: 2 })] }),
        sample({
          streams: [stream({ received: 90, lost: 10, jitterMs: 6 })],
          roundTrip: { totalMs: 120, count: 3 },
        }),
      ),
    );
    expect(quality).toMatchObject({ codec: 'opus', loss: 0.1, jitterMs: 4, roundTripMs: 40 });
    expect(quality?.mos).toBeCloseTo(mosOf({ loss: 0.1, delayMs: 20 + 8 + 20 }), 5);
  });

  test('of a far side that begins a new stream are added up, and a jitter that says nothing new is not', () => {
    const seen = after(
      sample({ streams: [stream({ received: 50, lost: 5, jitterMs: 2 })] }),
      sample({ streams: [stream({ received: 50, lost: 5, jitterMs: 80 })] }),
      sample({ streams: [stream({ id: 'b', received: 45, jitterMs: 4 })] }),
    );
    expect(packetsHeard(seen)).toBe(95);
    expect(qualityOf(seen)).toMatchObject({ loss: 0.05, jitterMs: 3 });
  });

  test('of a call in which nothing came are none', () => {
    expect(qualityOf(nothingSampled)).toBeNull();
    expect(qualityOf(after(sample({ streams: [stream({ received: 0, lost: 3 })] })))).toBeNull();
  });

  test('whatever they are, make what the contract takes', () => {
    const count = fc.integer({ min: -1000, max: 1e9 });
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            id: fc.constantFrom('a', 'b'),
            received: count,
            lost: count,
            discarded: count,
            jitterMs: fc.double({ min: 0, max: 1e9, noNaN: true }),
          }),
          { maxLength: 5 },
        ),
        (streams) => {
          const quality = qualityOf(after(...streams.map((each) => sample({ streams: [each] }))));
          expect(quality === null || v.is(QualitySchema, quality)).toBe(true);
        },
      ),
    );
  });
});

describe('hearing', () => {
  /** Looks once a second at how many packets have come in all; what is told, with its second. */
  const told = (packets: number[], paused: (second: number) => boolean = () => false) => {
    let hearing = { packets: 0, since: 0, isSilent: false };
    return packets.flatMap((count, index) => {
      const result = listen(hearing, { packets: count, at: (index + 1) * 1000, paused: paused(index + 1) });
      hearing = result.hearing;
      return result.news === null ? [] : [[index + 1, result.news]];
    });
  };

  test('nothing from the start, or no more, is told once and within five seconds', () => {
    expect(told([0, 0, 0, 0, 0, 0, 0])).toEqual([[4, 'nothing-heard']]);
    expect(told([50, 100, 100, 100, 100, 100, 100, 100])).toEqual([[6, 'nothing-heard']]);
  });

  test('again is told', () => {
    expect(told([50, 50, 50, 50, 50, 51, 51, 51, 51, 51])).toEqual([
      [5, 'nothing-heard'],
      [6, 'heard-again'],
      [10, 'nothing-heard'],
    ]);
  });

  test('a comfort noise packet every other second is something', () => {
    expect(told(Array.from({ length: 20 }, (_, second) => Math.floor(second / 2)))).toEqual([]);
  });

  test('nothing is missed while a side holds the call', () => {
    expect(told([50, 50, 50, 50, 50, 50, 50, 50, 50], (second) => second <= 6)).toEqual([]);
    expect(told([50, 50, 50, 50, 50, 50, 50, 50, 50, 50], (second) => second <= 5)).toEqual([[9, 'nothing-heard']]);
  });
});
