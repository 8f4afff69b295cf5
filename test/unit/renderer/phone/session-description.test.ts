import { describe, expect, test } from 'vitest';
import {
  audioOnly,
  iceGeneration,
  problemOf,
  sdpOf,
  voiceCodecs,
} from '../../../../renderer/phone/session-description.ts';

const codecs = voiceCodecs(
  ['audio/opus', 'audio/PCMU', 'audio/PCMA', 'audio/G722', 'audio/CN', 'audio/telephone-event', 'audio/red'].map(
    (mimeType) => ({ mimeType }),
  ),
);
const sdp = (...lines: string[]) => ['v=0', 'o=- 1 1 IN IP4 10.0.0.1', 's=-', 't=0 0', ...lines, ''].join('\r\n');
const fingerprint = 'a=fingerprint:sha-256 00:11';

describe('an offer', () => {
  test.each([
    ['with Opus', ['m=audio 4000 UDP/TLS/RTP/SAVPF 111', fingerprint, 'a=rtpmap:111 opus/48000/2']],
    ['with a static payload type', ['m=audio 4000 UDP/TLS/RTP/SAVPF 8', fingerprint]],
    ['with its fingerprint for all media', [fingerprint, 'm=audio 4000 UDP/TLS/RTP/SAVPF 0']],
    [
      'with video before it',
      ['m=video 4002 UDP/TLS/RTP/SAVPF 96', fingerprint, 'm=audio 9 UDP/TLS/RTP/SAVPF 0', fingerprint],
    ],
    ['with one codec of several', ['m=audio 4000 UDP/TLS/RTP/SAVPF 18 99 0', fingerprint, 'a=rtpmap:99 AMR/8000']],
  ])('%s can be answered', (_name, lines) => {
    expect(problemOf(sdp(...lines), codecs)).toBeNull();
  });

  test.each([
    ['without any media', [], /no audio/],
    ['of video alone', ['m=video 4002 UDP/TLS/RTP/SAVPF 96', fingerprint], /no audio/],
    ['whose audio is off', ['m=audio 0 UDP/TLS/RTP/SAVPF 0', fingerprint], /no audio/],
    ['of plain RTP', ['m=audio 4000 RTP/AVP 0'], /DTLS/],
    ['of SDES', ['m=audio 4000 RTP/SAVP 0', 'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x'], /DTLS/],
    [
      'whose fingerprint is of another medium',
      ['m=audio 4000 UDP/TLS/RTP/SAVPF 0', 'm=video 9 UDP/TLS/RTP/SAVPF 96', fingerprint],
      /DTLS/,
    ],
    ['of G.729 alone', ['m=audio 4000 UDP/TLS/RTP/SAVPF 18', fingerprint], /no codec/],
    ['of an unknown codec', ['m=audio 4000 UDP/TLS/RTP/SAVPF 99', fingerprint, 'a=rtpmap:99 AMR/8000'], /no codec/],
    [
      'of keys and noise alone',
      [
        'm=audio 4000 UDP/TLS/RTP/SAVPF 13 101',
        fingerprint,
        'a=rtpmap:13 CN/8000',
        'a=rtpmap:101 telephone-event/8000',
      ],
      /no codec/,
    ],
    [
      'whose static type is named otherwise',
      ['m=audio 4000 UDP/TLS/RTP/SAVPF 0', fingerprint, 'a=rtpmap:0 AMR/8000'],
      /no codec/,
    ],
  ] as const)('%s cannot', (_name, lines, problem) => {
    expect(problemOf(sdp(...lines), codecs)).toMatch(problem);
  });
});

test('an offer of more than one audio is left with that', () => {
  const lines = (first: string, ...more: string[]) => [first, 'c=IN IP4 10.0.0.1', ...more];
  const before = sdp(
    'a=group:BUNDLE v a b',
    ...lines('m=video 4002 UDP/TLS/RTP/SAVPF 96', 'a=mid:v'),
    ...lines('m=audio 4000 UDP/TLS/RTP/SAVPF 0', 'a=mid:a'),
    ...lines('m=audio 0 UDP/TLS/RTP/SAVPF 0', 'a=bundle-only', 'a=mid:b'),
  );
  const after = sdp(
    'a=group:BUNDLE a',
    ...lines('m=video 0 UDP/TLS/RTP/SAVPF 96', 'a=mid:v'),
    ...lines('m=audio 4000 UDP/TLS/RTP/SAVPF 0', 'a=mid:a'),
    ...lines('m=audio 0 UDP/TLS/RTP/SAVPF 0', 'a=mid:b'),
  );
  expect(audioOnly(before)).toBe(after);
  expect(audioOnly(after)).toBe(after);
});

test('a generation of ICE candidates has a name', () => {
  expect(iceGeneration(sdp('m=audio 9 X 0', 'a=ice-ufrag:aB3/'))).toBe('aB3/');
  expect(iceGeneration('')).toBe('');
});

test('the body of a message is taken only where it is a session description', () => {
  expect(sdpOf('application/sdp', 'SIP/2.0 183 P\r\nA: b\r\n\r\nv=0\r\n')).toBe('v=0\r\n');
  expect(sdpOf('Application/SDP;charset=utf-8', 'x\r\n\r\nv=0')).toBe('v=0');
  expect(sdpOf('text/plain', 'x\r\n\r\nv=0')).toBe('');
  expect(sdpOf(undefined, 'x\r\n\r\nv=0')).toBe('');
});
