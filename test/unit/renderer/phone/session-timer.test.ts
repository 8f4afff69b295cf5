import { expect, test } from 'vitest';
import { readMessage } from '../../../../renderer/phone/raw-message.ts';
import { refreshAfterMs, sessionTimerOf, withSessionTimer } from '../../../../renderer/phone/session-timer.ts';

const FROM = ['Via: SIP/2.0/WS a.test;branch=z9hG4bK1', 'From: <sip:1@a.test>;tag=1', 'To: <sip:2@a.test>;tag=2'];
const message = (start: string, ...headers: string[]) => {
  const read = readMessage([start, ...FROM, 'Call-ID: 1', 'CSeq: 1 INVITE', ...headers, '', ''].join('\r\n'));
  if (read === null) throw new Error('no message');
  return read;
};
const invite = (...headers: string[]) => message('INVITE sip:2@a.test SIP/2.0', ...headers);
const ok = (...headers: string[]) => message('SIP/2.0 200 OK', ...headers);

test.each([
  ['they refresh, as they say', invite('Supported: 100rel, timer', 'Session-Expires: 1800;refresher=uac'), false],
  ['we refresh, as they say', invite('k: timer', 'x: 1800 ; refresher=uas'), true],
  ['they can, and leave it to us who does', invite('Require: timer', 'Session-Expires: 1800'), false],
  ['a proxy asks for one who cannot', invite('Session-Expires: 1800'), true],
  ['our INVITE was answered: we', ok('Session-Expires: 1800;refresher=uac'), true],
  ['our INVITE was answered: they', ok('Session-Expires: 1800;refresher=UAS'), false],
  ['our INVITE was answered, and it is not said who', ok('Session-Expires: 1800'), true],
])('%s', (_name, heard, ours) => {
  expect(sessionTimerOf(heard)).toMatchObject({ seconds: 1800, ours });
});

test('a request that names none leaves what was agreed on, an answer that names none ends it', () => {
  const before = { seconds: 600, ours: true, known: true };
  expect(sessionTimerOf(invite(), before)).toEqual(before);
  expect(sessionTimerOf(invite('Session-Expires: soon'), before)).toEqual(before);
  expect(sessionTimerOf(invite())).toBeNull();
  expect(sessionTimerOf(ok(), before)).toBeNull();
});

test('an interval that would be a flood, or no timer can keep, is not taken as it comes', () => {
  expect(sessionTimerOf(invite('Session-Expires: 1'))?.seconds).toBe(90);
  expect(sessionTimerOf(invite('Session-Expires: 999999999'))?.seconds).toBe(86_400);
});

test('refreshes halfway, and asks after one that is owed before the end', () => {
  expect(refreshAfterMs({ seconds: 1800, ours: true, known: true })).toBe(900_000);
  expect(refreshAfterMs({ seconds: 1800, ours: false, known: true })).toBe(1_768_000);
  expect(refreshAfterMs({ seconds: 90, ours: false, known: true })).toBe(60_000);
});

test('says who refreshes from the view of the one who asks, and requires nothing of one who cannot', () => {
  const text = 'SIP/2.0 200 OK\r\nCSeq: 1 INVITE\r\n\r\nv=0';
  expect(withSessionTimer(text, { seconds: 90, ours: true, known: false })).toBe(
    'SIP/2.0 200 OK\r\nCSeq: 1 INVITE\r\nSession-Expires: 90;refresher=uas\r\n\r\nv=0',
  );
  expect(withSessionTimer(text, { seconds: 90, ours: false, known: true })).toContain(
    '\r\nSession-Expires: 90;refresher=uac\r\nRequire: timer\r\n\r\n',
  );
  const request = 'INVITE sip:2@a.test SIP/2.0\r\nCSeq: 1 INVITE\r\n\r\n';
  expect(withSessionTimer(request, { seconds: 90, ours: true, known: true })).toContain(';refresher=uac\r\n\r\n');
  expect(withSessionTimer(request, { seconds: 90, ours: false, known: true })).toContain(';refresher=uas\r\n\r\n');
});
