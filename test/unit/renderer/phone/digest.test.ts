import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  answerChallenges,
  bestChallenges,
  Credentials,
  hideChallenges,
  readChallenges,
} from '../../../../renderer/phone/digest.ts';

const parse = (value: string) => readChallenges([value])[0] ?? {};
const one = (header: string, text: string) => new RegExp(`(?:^|[ ,])${header}="?([^",]*)`).exec(text)?.[1];

describe('the vectors of the standards', () => {
  // RFC 7616 section 3.9.1.
  const identity = { username: 'Mufasa', password: 'Circle of Life' };
  const credentials = () => new Credentials(identity, () => 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ');
  test.each([
    ['MD5', '8ca523f5e9506fed4657c9700eebdbec'],
    ['SHA-256', '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1'],
  ])('%s', (algorithm, response) => {
    const challenge = parse(
      `Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=${algorithm}, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"`,
    );
    const answer = credentials().answer(challenge, 'GET', '/dir/index.html');
    expect(one('response', answer)).toBe(response);
    expect(one('nc', answer)).toBe('00000001');
    expect(one('opaque', answer)).toBe('FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS');
    expect(one('algorithm', answer)).toBe(algorithm);
  });

  test('without qop (RFC 2069), as old registrars have it', () => {
    const answer = new Credentials({ username: 'bob', password: 'zanzibar' }, () => 'x').answer(
      parse('Digest realm="biloxi.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"'),
      'REGISTER',
      'sip:registrar.biloxi.com',
    );
    const md5 = (text: string) => createHash('md5').update(text).digest('hex');
    expect(one('response', answer)).toBe(
      md5(
        `${md5('bob:biloxi.com:zanzibar')}:dcd98b7102dd2f0e8b11d0f600bfb0c093:${md5('REGISTER:sip:registrar.biloxi.com')}`,
      ),
    );
    expect(answer).not.toMatch(/cnonce|qop|nc=|algorithm/);
  });
});

test('counts the uses of each nonce', () => {
  const credentials = new Credentials({ username: 'a', password: 'b' }, () => 'c');
  const answer = (nonce: string) =>
    one('nc', credentials.answer({ realm: 'r', nonce, qop: 'auth' }, 'REGISTER', 'sip:x'));
  expect(['n', 'n', 'm', 'n'].map(answer)).toEqual(['00000001', '00000002', '00000001', '00000003']);
});

test('quotes what has to be, and hashes characters beyond ASCII as UTF-8', () => {
  const answer = new Credentials({ username: 'Zo\\ë"', password: 'pässword' }, () => 'c').answer(
    { realm: 'r"1', nonce: 'n', algorithm: 'SHA-256' },
    'REGISTER',
    'sip:x',
  );
  expect(answer).toContain('username="Zo\\\\ë\\""');
  expect(answer).toContain('realm="r\\"1"');
  const sha = (text: string) => createHash('sha256').update(text, 'utf8').digest('hex');
  expect(one('response', answer)).toBe(sha(`${sha('Zo\\ë":r"1:pässword')}:n:${sha('REGISTER:sip:x')}`));
});

describe('of several challenges', () => {
  const best = (...values: string[]) =>
    bestChallenges(readChallenges(values)).map(({ realm, algorithm, nonce }) => [realm, algorithm, nonce].join(' '));

  test.each([
    [
      'the strongest',
      ['Digest realm="r",nonce="1",algorithm=MD5', 'Digest realm="r",nonce="2",algorithm=SHA-256'],
      'r SHA-256 2',
    ],
    [
      'whatever the letters',
      ['Digest realm="r",nonce="1",algorithm=md5', 'digest Realm="r",NONCE="2",Algorithm=sha-256'],
      'r sha-256 2',
    ],
    [
      'in one line',
      ['Digest realm="r", nonce="1", algorithm=SHA-256, qop="auth", Digest realm="r", nonce="2"'],
      'r SHA-256 1',
    ],
    [
      'unknown hashes aside',
      ['Digest realm="r",nonce="1",algorithm=SHA-512-256', 'Digest realm="r",nonce="2"'],
      'r  2',
    ],
    ['other schemes aside', ['Bearer realm="x"', 'Digest realm="r",nonce="2"'], 'r  2'],
    [
      'auth-int alone aside',
      ['Digest realm="r",nonce="1",qop="auth-int",algorithm=SHA-256', 'Digest realm="r",nonce="2",qop="auth"'],
      'r  2',
    ],
    ['quoted tokens', ['Digest realm="r",nonce="1",algorithm="MD5",qop=auth,stale=FALSE'], 'r MD5 1'],
  ])('%s', (_name, values, chosen) => {
    expect(best(...values)).toEqual([chosen]);
  });

  test('one for each realm', () => {
    expect(best('Digest realm="a",nonce="1"', 'Digest realm="b",nonce="2"', 'Digest realm="a",nonce="3"')).toEqual([
      'a  1',
      'b  2',
    ]);
  });

  test('nothing that can be answered', () => {
    expect(best('Digest realm="r"', 'Digest nonce="1"', 'Basic realm="r"', 'nonsense', '')).toEqual([]);
  });

  test('nothing that a server can send breaks it', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.string({ maxLength: 80 }), fc.constantFrom('realm="a\r\nb", nonce="c\r\nX: y"'))),
        (values) => {
          const credentials = new Credentials({ username: 'u', password: 'p' }, () => 'c');
          const chosen = bestChallenges(readChallenges(values.map((value) => `Digest ${value}`)));
          for (const each of chosen) expect(credentials.answer(each, 'M', 'sip:x')).not.toMatch(/[\r\n]/);
        },
      ),
    );
  });
});

describe('one request', () => {
  const request = { method: 'REGISTER', uri: 'sip:x' };
  const credentials = () => new Credentials({ username: 'u', password: 'p' }, () => 'c');
  type Answered = Parameters<typeof answerChallenges>[4];

  test('answers each realm once: the second time the credentials are wrong', () => {
    const answered: Answered = new Map();
    const ask = (value: string, header: 'authorization' | 'proxy-authorization' = 'authorization') =>
      answerChallenges([value], header, request, credentials(), answered);
    expect(ask('Digest realm="a",nonce="1"')).toHaveLength(1);
    expect(ask('Digest realm="p",nonce="1"', 'proxy-authorization')).toHaveLength(1);
    // A second proxy: the credentials for the first are kept (RFC 3261 section 22.3).
    expect(ask('Digest realm="q",nonce="1"', 'proxy-authorization')?.map((value) => one('realm', value))).toEqual([
      'p',
      'q',
    ]);
    expect(ask('Digest realm="a",nonce="2"')).toBeNull();
    expect(ask('Digest realm="a",nonce="2",stale=false')).toBeNull();
  });

  test('answers a stale nonce again, but not for ever', () => {
    const answered: Answered = new Map();
    const ask = (nonce: number) =>
      answerChallenges(
        [`Digest realm="a",nonce="${nonce}",stale=TRUE`],
        'authorization',
        request,
        credentials(),
        answered,
      );
    expect([1, 2, 3, 4, 5].map((nonce) => ask(nonce) !== null)).toEqual([true, true, true, false, false]);
  });
});

test('challenges go past the grammar of SIP.js, in 401 and 407 only', () => {
  const message = (status: string) => `${status}\r\nWWW-Authenticate: x\r\nproxy-authenticate : y\r\nVia: z\r\n\r\n`;
  expect(hideChallenges(message('SIP/2.0 401 No'))).toBe(
    'SIP/2.0 401 No\r\nX-WWW-Authenticate: x\r\nX-proxy-Authenticate: y\r\nVia: z\r\n\r\n',
  );
  expect(hideChallenges(message('SIP/2.0 200 OK'))).toBe(message('SIP/2.0 200 OK'));
});
