/** The phone page in real Chromium, with real audio, against the sandbox's PBX. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { PhoneConfig } from '../../app/ipc/phone.ts';
import { startPbx, type Pbx } from '../../sandbox/pbx/index.ts';
import { requestOf, startOtherPbx, type OtherPbx } from './support/other-pbx.ts';
import { startPhonePages, type OpenedPhone, type PhonePages } from './support/phone-page.ts';

const DOMAIN = 'pbx.test';

let pages: PhonePages;
let pbx: Pbx;
let undo: (() => Promise<unknown> | void)[] = [];

beforeAll(async () => {
  pages = await startPhonePages();
});

afterAll(() => pages.close());

beforeEach(async () => {
  pbx = await startPbx({ domain: DOMAIN, extensions: [{ user: '101', password: 'right', displayName: 'Ana' }] });
  undo = [() => pbx.close()];
});

afterEach(async () => {
  for (const step of undo.toReversed()) await step();
});

async function openPhone(config: Partial<PhoneConfig> = {}, permissions = ['microphone']): Promise<OpenedPhone> {
  const phone = await pages.open({ servers: [pbx.url], ...config }, { permissions });
  undo.push(() => phone.close());
  return phone;
}

async function registered(config?: Partial<PhoneConfig>, permissions?: string[]): Promise<OpenedPhone> {
  const phone = await openPhone(config, permissions);
  await phone.until('registration', ({ state }) => state === 'registered');
  return phone;
}

/** What is told of calls, and refused. */
const kinds = (phone: OpenedPhone) =>
  phone.events.flatMap(({ kind }) =>
    ['registration', 'media', 'dialog', 'devices', 'quality'].includes(kind) ? [] : [kind],
  );

test('its script is at most 90 kB, gzipped', () => {
  const assets = join(pages.folder, 'assets');
  const [script = '', ...more] = readdirSync(assets).filter((name) => name.endsWith('.js'));
  expect(more).toEqual([]);
  expect(gzipSync(readFileSync(join(assets, script))).length).toBeLessThanOrEqual(90_000);
});

describe('registration', () => {
  test('is there, under the policy of the page, and nothing is said on the console', async () => {
    const phone = await registered();
    expect(phone.events.flatMap((event) => (event.kind === 'registration' ? [event.state] : []))).toEqual([
      'connecting',
      'registered',
    ]);
    expect(pbx.registered('101')).toBe(true);
    expect(phone.console).toEqual([]);
  });

  test('with a wrong password is refused, and says so', async () => {
    const phone = await openPhone({ password: 'wrong' });
    const { state, reason } = await phone.until('registration', (event) => event.reason !== undefined);
    expect({ state, code: reason?.code }).toEqual({ state: 'refused', code: 'wrong-password' });
  });

  test('at a PBX that is not there is tried again', async () => {
    const phone = await openPhone({ servers: ['ws://127.0.0.1:9'] });
    const { state, reason } = await phone.until('registration', (event) => event.reason !== undefined);
    expect({ state, code: reason?.code }).toEqual({ state: 'retrying', code: 'unreachable' });
  });

  test('at a PBX that answers rubbish is called that, and works when the PBX does', async () => {
    pbx.answerNonsense(true);
    const phone = await openPhone();
    const { state, reason } = await phone.until('registration', (event) => event.reason !== undefined);
    expect({ state, code: reason?.code }).toEqual({ state: 'retrying', code: 'nonsense' });
    expect((await phone.until('refused-message')).detail).toMatch(/not a SIP message|cannot be parsed/);
    pbx.answerNonsense(false);
    await phone.command({ kind: 'reconnect' });
    await phone.until('registration', (event) => event.state === 'registered');
  });

  test('is replaced on a new socket, with the same contact', async () => {
    const contacts: (string | undefined)[] = [];
    pbx.on('message', ({ direction, method, text }) => {
      if (direction === 'in' && method === 'REGISTER') contacts.push(/Contact: (<.*>)/.exec(text)?.[1]);
    });
    const phone = await registered();
    pbx.dropSockets();
    await phone.until('registration', (event) => event.reason?.code === 'unreachable');
    await pbx.waitForRegistration('101', 2);
    expect(new Set(contacts).size).toBe(1);
  });

  test('with an address that is none is refused', async () => {
    const phone = await openPhone({ uri: 'nonsense' });
    expect(await phone.until('registration')).toMatchObject({ state: 'refused' });
  });
});

describe('an inbound call', () => {
  const from = { user: '+18305550100', displayName: 'Zoë "Z" <b>' };

  test('rings, is answered with audio, ends with the recording in its one ended', async () => {
    const phone = await registered();
    const call = pbx.call({ from, to: '101', script: { kind: 'talk', recording: true } });
    const ringing = await phone.until('ringing');
    expect(ringing).toMatchObject({
      callId: call.callId,
      direction: 'inbound',
      remote: { user: from.user, displayName: from.displayName },
    });
    const { callId } = call;
    await phone.command({ kind: 'answer', callId }, { kind: 'answer', callId });
    await phone.until('answered');
    await phone.until('media', ({ state }) => state === 'connected');
    await phone.command(
      { kind: 'answer', callId },
      { kind: 'hang-up', callId },
      { kind: 'hang-up', callId },
      { kind: 'decline', callId },
    );
    const ended = await phone.until('ended');
    expect(ended.cause).toEqual({ by: 'local', how: 'bye' });
    expect(ended.headers['x-recording-url']).toMatch(/^http/);
    expect(await call.ended).toMatchObject({ status: 200, hungUpBy: 'callee' });
    expect(kinds(phone)).toEqual(['ringing', 'answered', 'ended']);
  });

  test('that the other side hangs up', async () => {
    const phone = await registered();
    const call = pbx.call({ from, to: '101', script: { kind: 'talk' } });
    await phone.until('ringing');
    await phone.command({ kind: 'answer', callId: call.callId });
    await phone.until('answered');
    call.hangUp();
    expect((await phone.until('ended')).cause).toMatchObject({
      by: 'remote',
      how: 'bye',
      reason: expect.stringContaining('cause=16') as string,
    });
  });

  test('that a colleague answers carries the Reason', async () => {
    const phone = await registered();
    pbx.call({ from: { ...from, displayName: 'Zoë' }, to: '101', script: { kind: 'answered elsewhere', afterMs: 50 } });
    const { cause } = await phone.until('ended');
    expect(cause).toMatchObject({
      by: 'remote',
      how: 'cancel',
      reason: expect.stringContaining('cause=200') as string,
    });
    expect(kinds(phone)).toEqual(['ringing', 'ended']);
  });

  test('that is given up while it is being answered ends once', async () => {
    const phone = await registered();
    const call = pbx.call({ from, to: '101', script: { kind: 'talk' } });
    await phone.until('ringing');
    await phone.command({ kind: 'answer', callId: call.callId });
    call.cancel();
    // Whoever wins the race.
    if (await call.answered) call.hangUp();
    expect((await phone.until('ended')).cause.by).toBe('remote');
    await call.ended;
    expect(kinds(phone).filter((kind) => kind === 'ended')).toHaveLength(1);
  });

  test('that is declined', async () => {
    const phone = await registered();
    const call = pbx.call({ from, to: '101', script: { kind: 'talk' } });
    await phone.until('ringing');
    await phone.command({ kind: 'decline', callId: call.callId });
    expect((await phone.until('ended')).cause).toEqual({ by: 'local', how: 'rejected', status: 603 });
    expect((await call.ended).status).toBe(603);
    await phone.command({ kind: 'decline', callId: call.callId });
    await phone.until('refused-message');
    expect(kinds(phone)).toEqual(['ringing', 'ended', 'refused-message']);
  });

  test('from a tel: URI, with an asserted identity, rings', async () => {
    const phone = await registered();
    pbx.call({ from: { user: 'tel:+18305550199' }, to: '101', script: { kind: 'give up', ringMs: 200 } });
    expect((await phone.until('ringing')).remote).toMatchObject({ user: '+18305550199' });
    await phone.until('ended', ({ cause }) => cause.by === 'remote' && cause.how === 'cancel');
    const headers = {
      'P-Asserted-Identity': '"Bo" <tel:+18305550111>',
      Diversion: '<sip:200@pbx.test>',
      'X-Other': 'no',
    };
    pbx.call({ from: { user: '101' }, to: '101', headers, script: { kind: 'give up', ringMs: 200 } });
    const ringing = await phone.until('ringing', ({ remote }) => remote.displayName === 'Bo');
    expect(ringing.remote.user).toBe('+18305550111');
    expect(Object.keys(ringing.headers).toSorted()).toEqual(['diversion', 'p-asserted-identity']);
  });

  test('without a microphone rings on, and can be declined', async () => {
    const phone = await registered({}, []);
    const call = pbx.call({ from, to: '101', script: { kind: 'talk' } });
    await phone.until('ringing');
    await phone.command({ kind: 'answer', callId: call.callId });
    expect(await phone.until('media')).toMatchObject({ state: 'microphone-denied', callId: call.callId });
    await phone.command({ kind: 'decline', callId: call.callId });
    expect((await phone.until('ended')).cause).toMatchObject({ by: 'local', how: 'rejected' });
  });

  test('beyond the fourth is busy', async () => {
    const phone = await registered();
    const calls = Array.from({ length: 5 }, (_, i) =>
      pbx.call({ from: { user: `+1830555010${i}` }, to: '101', script: { kind: 'talk' } }),
    );
    expect((await phone.until('ended')).cause).toEqual({ by: 'local', how: 'rejected', status: 486 });
    expect(kinds(phone).toSorted()).toEqual(['ended', 'ringing', 'ringing', 'ringing', 'ringing']);
    for (const call of calls) call.cancel();
  });
});

describe('an outbound call', () => {
  test('rings, is answered with audio, and is hung up there', async () => {
    pbx.callee('+18305550100', { kind: 'answer', ringMs: 100, talkMs: 1500, recording: true });
    const phone = await registered();
    await phone.command({ kind: 'dial', target: '+1 (830) 555-0100' });
    const ended = await phone.until('ended');
    expect(ended).toMatchObject({
      direction: 'outbound',
      remote: { user: '+18305550100' },
      cause: { by: 'remote', how: 'bye' },
    });
    expect(ended.headers['x-recording-url']).toMatch(/^http/);
    expect(kinds(phone).filter((kind) => kind !== 'progress')).toEqual(['dialling', 'answered', 'ended']);
    expect(phone.events).toContainEqual(expect.objectContaining({ kind: 'media', state: 'connected' }));
  });

  test.each([
    ['busy', { kind: 'busy' }, 486],
    ['declined', { kind: 'decline' }, 603],
    ['nobody', { kind: 'not found' }, 404],
  ] as const)('%s', async (_name, script, status) => {
    pbx.callee('102', script);
    const phone = await registered();
    await phone.command({ kind: 'dial', target: '102' });
    expect((await phone.until('ended')).cause).toMatchObject({ by: 'remote', how: 'rejected', status });
  });

  test('is cancelled while it rings', async () => {
    pbx.callee('102', { kind: 'ring for ever' });
    const phone = await registered();
    await phone.command({ kind: 'dial', target: '102' });
    const { callId } = await phone.until('progress', ({ status }) => status === 180);
    await phone.command({ kind: 'hang-up', callId }, { kind: 'hang-up', callId });
    expect((await phone.until('ended')).cause).toEqual({ by: 'local', how: 'cancel' });
    expect(kinds(phone).filter((kind) => kind === 'ended')).toHaveLength(1);
  });

  test('that cannot be made is heard of all the same', async () => {
    const phone = await registered({}, []);
    await phone.command({ kind: 'dial', target: 'no such thing' });
    expect((await phone.until('ended')).cause).toMatchObject({ by: 'local', how: 'failed' });
    await phone.command({ kind: 'dial', target: '102' });
    await phone.until('media', ({ state }) => state === 'microphone-denied');
    expect(await phone.until('ended', ({ remote }) => remote.user === '102')).toMatchObject({
      cause: { by: 'local', how: 'failed' },
    });
    expect(kinds(phone)).toEqual(['dialling', 'refused-message', 'ended', 'dialling', 'ended']);
  });
});

describe('a PBX of another make', () => {
  async function otherPbx(): Promise<OtherPbx> {
    const other = await startOtherPbx();
    undo.push(() => other.close());
    return other;
  }

  test('that offers plain RTP is told 488, and the call ends as failed', async () => {
    const other = await otherPbx();
    const phone = await registered({ servers: [other.url] });
    const sdp =
      'v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=-\r\nc=IN IP4 10.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n';
    other.send(requestOf('INVITE', ['Content-Type: application/sdp'], sdp));
    const { callId } = await phone.until('ringing');
    await phone.command({ kind: 'answer', callId });
    await other.next(/^SIP\/2.0 488/);
    await phone.until('media', ({ state }) => state === 'failed');
    expect((await phone.until('ended')).cause).toEqual({ by: 'local', how: 'failed', status: 488 });
  });

  test('that sends BYE for a ringing call, or an INVITE that nobody can read, does not leave a call behind', async () => {
    const other = await otherPbx();
    const phone = await registered({ servers: [other.url] });
    other.send(requestOf('INVITE'));
    await phone.until('ringing');
    const tag = /\r\nTo:.*;tag=(\S+)/i.exec(await other.next(/^SIP\/2.0 180/))?.[1] ?? '';
    other.send(requestOf('BYE').replace('To: <sip:101@other.test>', `$&;tag=${tag}`).replace('CSeq: 1', 'CSeq: 2'));
    expect((await phone.until('ended')).cause).toEqual({ by: 'remote', how: 'bye' });
    other.send(
      requestOf('INVITE')
        .replace('other-1', 'other-2')
        .replace('z9hG4bK', 'z9hG4bK2')
        .replace(/Contact.*/, 'Contact: garbage <'),
    );
    await other.next(/^SIP\/2.0 400[^]*other-2/);
    expect((await phone.until('ended', ({ callId }) => callId === 'other-2')).cause).toEqual({
      by: 'local',
      how: 'failed',
    });
  });
});
