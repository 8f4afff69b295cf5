import { describe, expect, test } from 'vitest';
import {
  answerDirection,
  audioDirection,
  offerDirection,
  remoteHolds,
  withinOffer,
} from '../../../../renderer/phone/direction.ts';

const sdp = (session: string[], ...media: string[][]) =>
  ['v=0', 'o=- 1 1 IN IP4 10.0.0.1', 's=-', 't=0 0', ...session, ...media.flat(), ''].join('\r\n');
const audio = (...more: string[]) => ['m=audio 4000 UDP/TLS/RTP/SAVPF 111', ...more];

describe('the direction of the audio', () => {
  test.each([
    ['nothing said', sdp([], audio()), 'sendrecv'],
    ['of the audio itself', sdp([], audio('a=sendonly')), 'sendonly'],
    ['of the whole', sdp(['a=inactive'], audio()), 'inactive'],
    ['the audio knows better than the whole', sdp(['a=inactive'], audio('a=recvonly')), 'recvonly'],
    [
      'not that of the video',
      sdp([], ['m=video 4002 UDP/TLS/RTP/SAVPF 96', 'a=sendonly'], audio('a=recvonly')),
      'recvonly',
    ],
    ['not that of the video after it', sdp([], audio(), ['m=video 0 RTP/AVP 96', 'a=inactive']), 'sendrecv'],
    ['not that of refused audio', sdp([], ['m=audio 0 RTP/AVP 0', 'a=inactive'], audio('a=sendonly')), 'sendonly'],
    ['lines that end in LF alone', 'v=0\nm=audio 4000 RTP/AVP 0\na=sendonly\n', 'sendonly'],
  ])('%s', (_name, text, direction) => expect(audioDirection(text)).toBe(direction));
});

describe('a hold of the far side', () => {
  test.each([
    ['sendonly', sdp([], audio('a=sendonly')), true],
    ['inactive', sdp([], audio('a=inactive')), true],
    ['sendrecv', sdp([], audio('a=sendrecv')), false],
    ['what echoes our own hold', sdp([], audio('a=recvonly')), false],
    ['no address, as RFC 2543 held', sdp(['c=IN IP4 0.0.0.0'], audio()), true],
    ['no address of the audio', sdp(['c=IN IP4 10.0.0.1'], audio('c=IN IP4 0.0.0.0')), true],
    ['no address yet, as ICE begins', sdp([], ['m=audio 9 UDP/TLS/RTP/SAVPF 111', 'c=IN IP4 0.0.0.0']), false],
    ['no audio at all', sdp([], ['m=video 4000 RTP/AVP 96', 'a=inactive']), null],
  ])('%s', (_name, text, holds) => {
    expect(remoteHolds(text, false)).toBe(holds);
    expect(remoteHolds(text, true)).toBeNull();
  });
});

describe('our side', () => {
  test.each([
    ['sendrecv', false, 'sendrecv'],
    ['sendrecv', true, 'sendonly'],
    ['sendonly', false, 'recvonly'],
    ['sendonly', true, 'inactive'],
    ['recvonly', false, 'sendonly'],
    ['recvonly', true, 'sendonly'],
    ['inactive', false, 'inactive'],
    ['inactive', true, 'inactive'],
  ] as const)('answers %s, holding: %s, with %s', (offered, hold, answer) =>
    expect(answerDirection(offered, hold)).toBe(answer),
  );

  test('offers what it wants', () =>
    expect([offerDirection(true), offerDirection(false)]).toEqual(['sendonly', 'sendrecv']));
});

describe('an answer', () => {
  const described = (direction: string, of = 'm=audio 9 RTP/AVP 0\r\n') =>
    `v=0\r\ns=-\r\n${of}${direction === '' ? '' : `a=${direction}\r\n`}a=mid:0\r\n`;

  test.each([
    ['sendonly', 'sendrecv', 'recvonly'],
    ['sendonly', '', 'recvonly'],
    ['sendonly', 'sendonly', 'recvonly'],
    ['recvonly', 'sendrecv', 'sendonly'],
    ['inactive', 'sendrecv', 'inactive'],
  ])('to %s that says "%s" is taken as %s', (offered, answered, taken) => {
    const answer = withinOffer(described(answered), described(offered));
    expect(audioDirection(answer)).toBe(taken);
    expect(answer.match(/a=(sendrecv|sendonly|recvonly|inactive)/g)).toHaveLength(1);
    expect(answer).toContain('a=mid:0\r\n');
  });

  test.each([
    ['sendonly', 'recvonly'],
    ['sendonly', 'inactive'],
    ['sendrecv', 'sendonly'],
    ['sendrecv', ''],
    ['', 'inactive'],
  ])('to "%s" that says "%s" stays as it is', (offered, answered) => {
    expect(withinOffer(described(answered), described(offered))).toBe(described(answered));
  });

  test('says nothing new of other media', () => {
    const answer = `${described('')}m=video 0 RTP/AVP 31\r\na=inactive\r\n`;
    expect(withinOffer(answer, described('sendonly'))).toMatch(
      /a=recvonly\r\nm=video 0 RTP\/AVP 31\r\na=inactive\r\n$/,
    );
  });
});
