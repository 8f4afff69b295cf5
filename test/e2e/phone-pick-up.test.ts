/** An answered call that another phone page has left behind is picked up within its dialog, message by message. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Dialog, Talk } from '../../app/calls/phone-event.ts';
import { answerTo, requestOf, startOtherPbx, type OtherPbx } from './support/other-pbx.ts';
import { startPhonePages, type OpenedPhone, type PhonePages } from './support/phone-page.ts';

let pages: PhonePages;
let other: OtherPbx;
let agent: OpenedPhone;

beforeAll(async () => {
  pages = await startPhonePages();
});
afterAll(() => pages.close());
beforeEach(async () => {
  other = await startOtherPbx();
  agent = await pages.registered({ servers: [other.url], uri: 'sip:101@other.test' });
});
afterEach(async () => {
  await agent.close();
  await other.close();
});

const callId = 'other-1';
const dialog: Dialog = {
  localTag: 'ours',
  remoteTag: 'far',
  localUri: 'sip:101@other.test',
  remoteUri: 'sip:+18305550100@other.test',
  remoteTarget: 'sip:gate@192.0.2.9:5080;transport=ws',
  routeSet: ['<sip:edge.other.test;lr>', '<sip:core.other.test;lr;ftag=x>'],
  cseq: 7,
};
const talk: Talk = {
  direction: 'inbound',
  local: { user: '101', displayName: '', uri: dialog.localUri },
  remote: { user: '+18305550100', displayName: '', uri: dialog.remoteUri },
  held: false,
  remoteHeld: false,
  muted: false,
};
const pickUp = (more: Partial<Talk> = {}) =>
  agent.command({ kind: 'pick-up', callId, dialog, cseq: 1007, talk: { ...talk, ...more } });

/** Our re-INVITE; the nth of them, the first is 0. */
const invited = (nth = 0) => other.next(new RegExp(`^INVITE [^]*^CSeq: ${1017 + 10 * nth} INVITE\r$`, 'm'));
const header = (text: string, name: string): string[] =>
  [...text.matchAll(new RegExp(`^${name}: (.*)\r$`, 'gim'))].map(([, value = '']) => value);

/** Audio as a browser answers it; nobody is there, so it never connects. */
const sdp = (direction = 'sendrecv') =>
  [
    'v=0',
    'o=- 1 1 IN IP4 127.0.0.1',
    's=-',
    't=0 0',
    'm=audio 40000 UDP/TLS/RTP/SAVPF 111',
    'c=IN IP4 127.0.0.1',
    'a=mid:0',
    'a=rtpmap:111 opus/48000/2',
    'a=rtcp-mux',
    'a=setup:active',
    `a=fingerprint:sha-256 ${Array.from({ length: 32 }, () => 'AB').join(':')}`,
    'a=ice-ufrag:abcd',
    'a=ice-pwd:abcdefghijklmnopqrstuvwx',
    'a=candidate:1 1 udp 2130706431 127.0.0.1 40000 typ host',
    `a=${direction}`,
    '',
  ].join('\r\n');
/** The far side's 200, as a proxy passes it on that records its route in no request but the first. */
const accept = (invite: string, direction?: string) =>
  other.send(
    answerTo(invite, '200 OK', { sdp: sdp(direction) }).replace(
      '\r\nContent-Type',
      '\r\nContact: <sip:gate@192.0.2.9:5080;transport=ws>\r\nContent-Type',
    ),
  );
/** A request of the far side within the dialog. */
const within = (method: string, tag = dialog.localTag) =>
  other.send(
    requestOf(method)
      .replace('To: <sip:101@other.test>', `To: <sip:101@other.test>;tag=${tag}`)
      .replace('CSeq: 1 ', 'CSeq: 90 '),
  );
const kinds = () =>
  agent.events.filter((event) => 'callId' in event && event.callId === callId).map(({ kind }) => kind);

test('goes on: a re-INVITE within the dialog, by its route, and so is all that follows', async () => {
  await pickUp({ muted: true });
  // What the page before may not have come to confirm.
  const ack = await other.next(/^ACK sip:gate@192.0.2.9:5080;transport=ws SIP/);
  expect(header(ack, 'CSeq')).toEqual(['7 ACK']);
  const invite = await invited();
  expect(invite).toMatch(/^INVITE sip:gate@192\.0\.2\.9:5080;transport=ws SIP\/2\.0\r\n/);
  expect(header(invite, 'Call-ID')).toEqual([callId]);
  expect(header(invite, 'From')).toEqual([expect.stringMatching(/<sip:101@other\.test>;tag=ours$/)]);
  expect(header(invite, 'To')).toEqual(['<sip:+18305550100@other.test>;tag=far']);
  expect(header(invite, 'Route')).toEqual(dialog.routeSet);
  other.send(answerTo(invite, '100 Trying'));
  accept(invite);
  const confirmed = await other.next(/^ACK [^]*^CSeq: 1017 ACK\r$/m);
  expect(header(confirmed, 'Route')).toEqual(dialog.routeSet);
  const { dialog: told } = await agent.until('dialog');
  expect(told).toEqual({ ...dialog, cseq: 1017 });
  await agent.until('answered', ({ direction, remote }) => direction === 'inbound' && remote.user === talk.remote.user);
  expect(kinds()).not.toContain('dialling');
  expect(kinds()).not.toContain('progress');
  await agent.command({ kind: 'hang-up', callId });
  const bye = await other.next(/^BYE /);
  expect(header(bye, 'Route')).toEqual(dialog.routeSet);
  expect(header(bye, 'CSeq')).toEqual(['1018 BYE']);
  other.send(answerTo(bye, '200 OK'));
  await agent.until('ended', ({ cause }) => cause.by === 'local' && cause.how === 'bye');
  expect(kinds().filter((kind) => kind === 'ended')).toHaveLength(1);
});

test('held stays held, and is resumed', async () => {
  await pickUp({ held: true });
  const invite = await invited();
  expect(invite).toMatch(/^a=sendonly\r$/m);
  accept(invite, 'recvonly');
  await agent.until('held', ({ by }) => by === 'local');
  await other.next(/^ACK [^]*^CSeq: 1017 ACK/m);
  await agent.command({ kind: 'resume', callId });
  expect(await other.next(/^INVITE [^]*^CSeq: 1018 INVITE\r$/m)).toMatch(/^a=sendrecv\r$/m);
});

test('a hold of the far side is asked about: it holds, or holds no more', async () => {
  await pickUp({ remoteHeld: true });
  accept(await invited(), 'sendonly');
  await agent.until('held', ({ by }) => by === 'remote');
  expect(kinds()).not.toContain('resumed');
  await agent.close();
  await other.close();
  other = await startOtherPbx();
  agent = await pages.registered({ servers: [other.url], uri: 'sip:101@other.test' });
  await pickUp({ remoteHeld: true });
  accept(await invited());
  await agent.until('resumed', ({ by }) => by === 'remote');
});

test('the far side asks for something meanwhile: it is to ask again', async () => {
  await pickUp();
  const invite = await invited();
  for (const method of ['INVITE', 'UPDATE', 'INFO']) {
    within(method);
    await other.next(new RegExp(`^SIP/2.0 491 [^]*^CSeq: 90 ${method}\r$`, 'im'));
  }
  accept(invite);
  await agent.until('answered');
  expect(kinds()).not.toContain('ended');
});

test('the far side hangs up meanwhile: over, and the re-INVITE is taken back', async () => {
  await pickUp();
  const invite = await invited();
  other.send(answerTo(invite, '100 Trying'));
  within('BYE', 'somebody-else');
  await other.next(/^SIP\/2.0 481 [^]*^CSeq: 90 BYE\r$/im);
  expect(kinds()).not.toContain('ended');
  within('BYE');
  await other.next(/^SIP\/2.0 200 [^]*^CSeq: 90 BYE\r$/im);
  await agent.until('ended', ({ cause }) => cause.by === 'remote' && cause.how === 'bye');
  await other.next(/^CANCEL /);
});

test('the agent hangs up meanwhile: the far side hears of it at once', async () => {
  await pickUp();
  const invite = await invited();
  other.send(answerTo(invite, '100 Trying'));
  await agent.command({ kind: 'hang-up', callId });
  const bye = await other.next(/^BYE /);
  expect(header(bye, 'CSeq')).toEqual(['1027 BYE']);
  expect(header(bye, 'Route')).toEqual(dialog.routeSet);
  expect(header(bye, 'To')).toEqual(['<sip:+18305550100@other.test>;tag=far']);
  await agent.until('ended', ({ cause }) => cause.by === 'local' && cause.how === 'bye');
});

test('credentials that are asked for are given', async () => {
  await pickUp();
  other.send(
    answerTo(await invited(), '401 Unauthorized').replace(
      '\r\nContent-Length',
      '\r\nWWW-Authenticate: Digest realm="other.test", nonce="n1", algorithm=MD5, qop="auth"\r\nContent-Length',
    ),
  );
  const again = await other.next(/^INVITE [^]*^Authorization: /m);
  expect(header(again, 'From')).toEqual([expect.stringMatching(/;tag=ours$/)]);
  expect(header(again, 'CSeq')).toEqual(['1018 INVITE']);
  accept(again);
  await agent.until('answered');
});

test('where both ask at the same time, it is tried again', async () => {
  await pickUp();
  other.send(answerTo(await invited(), '491 Request Pending'));
  accept(await invited(1));
  await agent.until('answered');
  expect(kinds()).not.toContain('ended');
});

test.each([
  ['481 Call/Transaction Does Not Exist', { by: 'network', how: 'failed', status: 481 }, false],
  ['488 Not Acceptable Here', { by: 'remote', how: 'failed' }, true],
] as const)('a far side that says %s: over', async (status, cause, isTold) => {
  await pickUp();
  other.send(answerTo(await invited(), status));
  const ended = await agent.until('ended');
  expect(ended.cause).toMatchObject(cause);
  if (isTold) await other.next(/^BYE /);
  else {
    await agent.command({ kind: 'take-leave', callId: 'another', dialog, cseq: 50 });
    expect(header(await other.next(/^BYE /), 'Call-ID')).toEqual(['another']);
  }
});

test('without a microphone there is no call: the far side is told', async () => {
  await agent.close();
  agent = await pages.registered({ servers: [other.url], uri: 'sip:101@other.test' }, { permissions: [] });
  await pickUp();
  await agent.until('media', ({ state }) => state === 'microphone-denied');
  await other.next(/^BYE /);
  expect((await agent.until('ended')).cause).toMatchObject({ by: 'local', how: 'failed' });
});

test('the place of a call that was picked up can be taken by another one', async () => {
  await pickUp();
  accept(await invited());
  await agent.until('answered');
  const offer = sdp().replace('a=setup:active', 'a=setup:actpass');
  other.send(
    requestOf('INVITE', [`Replaces: ${callId};to-tag=ours;from-tag=far`, 'Content-Type: application/sdp'], offer)
      .replace('Call-ID: other-1', 'Call-ID: other-2')
      .replace('z9hG4bK-INVITE', 'z9hG4bK-third'),
  );
  await other.next(/^SIP\/2.0 200 [^]*^Call-ID: other-2\r$/im);
  expect(await agent.until('progress')).toMatchObject({ partOf: { callId, role: 'continuation' } });
});
