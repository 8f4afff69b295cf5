/** What nobody should send, to the phone page in Chromium: each is answered rightly or dropped, and the next call works. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { ALLOW } from '../../renderer/phone/screening.ts';
import { startPbx, type Pbx } from '../../sandbox/pbx/index.ts';
import { eventually } from './support/eventually.ts';
import { startPhonePages, type OpenedPhone, type PhonePages } from './support/phone-page.ts';
import { deeper, invalid, valid, type TortureMessage } from './support/rfc4475.ts';
import { callIdOf, startWire, type Wire } from './support/wire.ts';

let pages: PhonePages;
let pbx: Pbx;
let wire: Wire;
let phone: OpenedPhone;
let serial = 0;

beforeAll(async () => {
  pages = await startPhonePages();
  pbx = await startPbx({ domain: 'pbx.test', extensions: [{ user: '101', password: 'right', displayName: 'Ana' }] });
  wire = await startWire(pbx.url);
  phone = await pages.registered({ servers: [wire.url] });
});
afterAll(async () => {
  await phone?.close();
  await wire?.close();
  await pbx?.close();
  await pages?.close();
});

type Parts = {
  method?: string;
  callId?: string;
  cseq?: number;
  branch?: string;
  from?: string;
  to?: string;
  headers?: readonly string[];
  body?: string;
};

/** A request that is all right but for what is given. */
function request({ method = 'INVITE', ...given }: Parts = {}): string {
  serial += 1;
  const { callId = `wire-${serial}`, cseq = 1, branch = `z9hG4bK-wire-${serial}` } = given;
  const { from = '<sip:+18305550100@far.test>;tag=far', to = '<sip:101@pbx.test>', headers = [], body = '' } = given;
  return [
    `${method} sip:101@abc.invalid SIP/2.0`,
    `Via: SIP/2.0/WS far.test;branch=${branch}`,
    'Max-Forwards: 70',
    `From: ${from}`,
    `To: ${to}`,
    `Call-ID: ${callId}`,
    `CSeq: ${cseq} ${method}`,
    'Contact: <sip:far.test;transport=ws>',
    ...headers,
    `Content-Length: ${Buffer.byteLength(body)}`,
    '',
    body,
  ].join('\r\n');
}
const statusOf = (text: string) => Number(/^SIP\/2\.0 (\d{3})/.exec(text)?.[1] ?? 0);

/** What the phone says to a message, all of it: an OPTIONS behind it is answered when it is through. */
async function answersTo(text: string | Uint8Array): Promise<(number | null)[]> {
  wire.inject(text);
  const probe = request({ method: 'OPTIONS' });
  wire.inject(probe);
  expect(statusOf(await wire.next(callIdOf(probe), /^SIP/))).toBe(200);
  // Invitations are answered a little later.
  await phone.page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 0)));
  const callId = callIdOf(typeof text === 'string' ? text : new TextDecoder().decode(text));
  const said = wire
    .said(callId)
    .map(statusOf)
    .filter((status) => status !== 100);
  return said.length === 0 ? [null] : said;
}

/** Ends what rings, as its caller does not. */
async function declineAll(): Promise<void> {
  const over = new Set(phone.events.flatMap((event) => (event.kind === 'ended' ? [event.callId] : [])));
  const ringing = phone.events.flatMap((event) =>
    event.kind === 'ringing' && !over.has(event.callId) ? [event.callId] : [],
  );
  for (const callId of ringing) {
    await phone.command({ kind: 'decline', callId });
    await phone.until('ended', (event) => event.callId === callId);
  }
}

/** A caller rings and gives up: the signalling of a call that works. */
async function nextCallRings(): Promise<void> {
  const [callId, branch] = [`next-${(serial += 1)}`, `z9hG4bK-next-${serial}`];
  wire.inject(request({ callId, branch }));
  await phone.until('ringing', (event) => event.callId === callId);
  wire.inject(request({ method: 'CANCEL', callId, branch }));
  expect(statusOf(await wire.next(callId, /^SIP\/2\.0 4/))).toBe(487);
  const { cause } = await phone.until('ended', (event) => event.callId === callId);
  expect(cause).toMatchObject({ by: 'remote', how: 'cancel' });
}

/** A customer calls through the PBX, is answered and hears the agent. */
async function nextCallTalks(): Promise<void> {
  const { callId, hangUp, ended } = pbx.call({ from: { user: '+18305550199' }, to: '101', script: { kind: 'talk' } });
  await phone.until('ringing', (event) => event.callId === callId);
  await phone.command({ kind: 'answer', callId });
  await phone.until('media', (event) => event.callId === callId && event.state === 'connected');
  await eventually('the customer hears the agent', () => (pbx.farEnd(callId)?.heard.ms ?? 0) > 50);
  hangUp();
  expect(await ended).toMatchObject({ status: 200 });
  await phone.until('ended', (event) => event.callId === callId);
}

afterEach(async () => {
  await declineAll();
  await nextCallRings();
  if (phone.console.length > 0) throw new Error(`The page complains: ${phone.console.splice(0).join(', ')}`);
});

describe('RFC 4475', () => {
  const table = (messages: readonly TortureMessage[]) =>
    messages.map((each) => [each.section, each.name, each] as const);

  test.each(table(valid))('%s %s is valid', async (_section, name, { text, answers }) => {
    expect(answers, name).toContain((await answersTo(new TextEncoder().encode(text)))[0]);
  });
  test.each(table(invalid))('%s %s is not valid', async (_section, name, { text, answers }) => {
    expect(answers, name).toContain((await answersTo(text))[0]);
  });
  test.each(table(deeper))('%s %s', async (_section, name, { text, answers }) => {
    expect(answers, name).toContain((await answersTo(text))[0]);
  });
  test('and after all of them two people talk', nextCallTalks);
});

/** A browser's offer (RFC 8829) with these media; nobody is at its addresses. */
function offer(...media: string[]): string {
  const common = [
    'c=IN IP4 127.0.0.1',
    'a=ice-ufrag:F7gI',
    'a=ice-pwd:x9cmlYzichV2XlhiMu8gK1',
    `a=fingerprint:sha-256 ${Array.from({ length: 32 }, () => 'D2').join(':')}`,
    'a=setup:actpass',
    'a=rtcp-mux',
    'a=candidate:1 1 UDP 2130706431 127.0.0.1 40000 typ host',
  ];
  const sections = media.map((each, mid) => [...each.split('\n'), ...common, `a=mid:${mid}`].join('\r\n'));
  return ['v=0', 'o=far 1 1 IN IP4 127.0.0.1', 's=-', 't=0 0', ...sections, ''].join('\r\n');
}
const audio = 'm=audio 40000 UDP/TLS/RTP/SAVPF 0\na=rtpmap:0 PCMU/8000';
const unknownCodec = 'm=audio 40000 UDP/TLS/RTP/SAVPF 96\na=rtpmap:96 telepathy/8000';
const video = 'm=video 40000 UDP/TLS/RTP/SAVPF 97\na=rtpmap:97 VP8/90000';
const bodies = (body: string) => ({ headers: ['Content-Type: application/sdp'], body });

/** Lets it ring, presses Answer, and gives the final response. */
async function answered(parts: Parts): Promise<{ callId: string; response: string }> {
  const callId = `sdp-${(serial += 1)}`;
  wire.inject(request({ ...parts, callId }));
  await phone.until('ringing', (event) => event.callId === callId);
  await phone.command({ kind: 'answer', callId });
  return { callId, response: await wire.next(callId, /^SIP\/2\.0 [2-6]/) };
}
/** The far end of an answered call confirms it and hangs up. */
async function confirmAndHangUp(callId: string, response: string, body = ''): Promise<void> {
  const to = /\r\nTo: (.*)/i.exec(response)?.[1] ?? '';
  wire.inject(request({ method: 'ACK', callId, to, ...(body === '' ? {} : bodies(body)) }));
  await phone.until('answered', (event) => event.callId === callId);
  wire.inject(request({ method: 'BYE', callId, to, cseq: 2 }));
  expect(await wire.next(callId, /^SIP\/2\.0 200[^]*CSeq: 2 BYE/i)).toBeTruthy();
  await phone.until('ended', (event) => event.callId === callId);
}
const mediaOf = (response: string) => response.split('\r\n').filter((line) => line.startsWith('m='));

describe('a session description', () => {
  test.each([
    ['without audio', offer(video)],
    ['without any media', offer()],
    ['of codecs that nobody has', offer(unknownCodec)],
    [
      'of plain RTP',
      'v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=-\r\nt=0 0\r\nc=IN IP4 10.0.0.1\r\nm=audio 4000 RTP/AVP 0\r\n',
    ],
    ['cut in half', offer(audio).slice(0, 140)],
    ['that is none', '<sdp>\u0000 m=audio'],
    ['of a hundred media', offer(...Array.from({ length: 100 }, () => video))],
  ])('%s is refused with 488', async (_what, body) => {
    const { callId, response } = await answered(bodies(body));
    expect(statusOf(response)).toBe(488);
    const { cause } = await phone.until('ended', (event) => event.callId === callId);
    expect(cause).toEqual({ by: 'local', how: 'failed', status: 488 });
  });

  test('with video, before or behind: the audio is answered, the video is turned down', async () => {
    for (const [body, lines] of [
      [offer(audio, video), [/^m=audio [1-9]/, /^m=video 0 /]],
      [offer(video, audio), [/^m=video 0 /, /^m=audio [1-9]/]],
    ] as const) {
      const { callId, response } = await answered(bodies(body));
      expect(statusOf(response)).toBe(200);
      expect(mediaOf(response)).toEqual(lines.map((line) => expect.stringMatching(line) as string));
      await confirmAndHangUp(callId, response);
    }
  });

  test('with a codec that we have among those that nobody has', async () => {
    const { callId, response } = await answered(
      bodies(offer('m=audio 40000 UDP/TLS/RTP/SAVPF 96 0\na=rtpmap:96 telepathy/8000\na=rtpmap:0 PCMU/8000')),
    );
    expect(mediaOf(response)).toEqual([expect.stringMatching(/^m=audio \d+ \S+ 0$/)]);
    await confirmAndHangUp(callId, response);
  });

  test('that answers a hold as if there were none: the call is held and lives', async () => {
    const { callId, response } = await answered(bodies(offer(audio)));
    const to = /\r\nTo: (.*)/i.exec(response)?.[1] ?? '';
    wire.inject(request({ method: 'ACK', callId, to }));
    await phone.until('answered', (event) => event.callId === callId);
    await phone.command({ kind: 'hold', callId });
    const hold = await wire.next(callId, /^INVITE /);
    const ours = (name: string) => new RegExp(`\\r\\n(${name}: .*)`, 'i').exec(hold)?.[1] ?? '';
    const answer = offer(audio).replace('actpass', 'passive');
    wire.inject(
      [
        'SIP/2.0 200 OK',
        ...['Via', 'From', 'To', 'Call-ID', 'CSeq'].map(ours),
        'Contact: <sip:far.test;transport=ws>',
        'Content-Type: application/sdp',
        `Content-Length: ${Buffer.byteLength(answer)}`,
        '',
        answer,
      ].join('\r\n'),
    );
    await wire.next(callId, /^ACK /);
    wire.inject(request({ method: 'BYE', callId, to, cseq: 2 }));
    const { cause } = await phone.until('ended', (event) => event.callId === callId);
    expect(cause).toMatchObject({ by: 'remote', how: 'bye' });
    const story = phone.events.flatMap((event) => ('callId' in event && event.callId === callId ? [event.kind] : []));
    expect(story).toContain('held');
  });

  test('left to us: the offer is ours, in the 200', async () => {
    const { callId, response } = await answered({});
    expect(mediaOf(response)).toEqual([expect.stringMatching(/^m=audio [1-9]/)]);
    const answer = offer(audio).replace('actpass', 'active');
    await confirmAndHangUp(callId, response, answer);
  });

  test('and after all of them two people talk', nextCallTalks);
});

describe('a caller', () => {
  test.each([
    ['with quotes and backslashes', '"Zo\\"e\\" \\\\ \'Z\'"', 'Zo"e" \\ \'Z\''],
    ['with quotes that never end', '"Zoe "Z" of "Q', /Zoe/],
    ['with markup', '"<img src=x onerror=alert(1)>"', '<img src=x onerror=alert(1)>'],
    ['with markup and no quotes', '<b>Zoe</b>', '<b>Zoe</b>'],
    ['who turns the text around', '"Ana \u202Egnp.exe\u2066\u200F"', /^Ana gnp\.exe\u200F?$/],
    ['who writes from right to left', '"דנה לוי"', 'דנה לוי'],
    ['with emoji, and half of one', '"👩🏽‍💻 \uD83D"', /^👩🏽‍💻/],
    ['with control characters', '"Zoe\u0000\u0007\u001b[31m\u007f"', /^Zoe +\[31m$/],
    ['with a name without an end', `"${'long '.repeat(5_000)}"`, /^(long ){50,}/],
    ['with a folded name', '"Zoe\r\n\tof the hills"', 'Zoe of the hills'],
    ['without a name', '', ''],
  ])('%s', async (_what, name, shown) => {
    const callId = `name-${(serial += 1)}`;
    wire.inject(request({ callId, from: `${name} <sip:+18305550100@far.test>;tag=far` }));
    const { remote } = await phone.until('ringing', (event) => event.callId === callId);
    expect(remote.displayName).toMatch(shown instanceof RegExp ? shown : new RegExp(`^${RegExp.escape(shown)}$`));
    expect(remote.displayName).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]|\p{Cs}/u);
    expect(remote.displayName.length).toBeLessThanOrEqual(256);
    expect(remote.user).toBe('+18305550100');
    expect(statusOf(await wire.next(callId, /^SIP\/2\.0 (180|[4-6])/))).toBe(180);
  });
});

describe('headers', () => {
  test('of 64 kB in one', async () => {
    const callId = `huge-${(serial += 1)}`;
    wire.inject(request({ callId, headers: [`X-Huge: ${'x'.repeat(60_000)}`, `Subject: ${'"<'.repeat(1_000)}`] }));
    const { headers } = await phone.until('ringing', (event) => event.callId === callId);
    expect(headers).toEqual({});
  });

  test('of 60 kB in two thousand', async () => {
    const callId = `many-${(serial += 1)}`;
    const many = (name: string, value: string) => Array.from({ length: 600 }, () => `${name}: ${value}`);
    wire.inject(
      request({
        callId,
        headers: [
          ...many('P-Asserted-Identity', '"<sip:,,,"'),
          ...many('Diversion', '<<<<<'),
          ...many('History-Info', 'a,b'),
          ...many('Record-Route', '<sip:a;lr>'),
        ],
      }),
    );
    const { headers } = await phone.until('ringing', (event) => event.callId === callId);
    expect(JSON.stringify(headers).length).toBeLessThan(10_000);
  });

  test('larger than any message are passed over, bodies refused', async () => {
    expect(await answersTo(request({ headers: [`X-Huge: ${'x'.repeat(70_000)}`] }))).toEqual([null]);
    expect(await answersTo(request({ method: 'INFO', body: 'x'.repeat(1_000_000) }))).toEqual([513]);
  });

  test('whose reading could take for ever do not', async () => {
    const before = Date.now();
    for (const value of [
      '"\\'.repeat(15_000),
      '<'.repeat(30_000),
      `${' '.repeat(30_000)}x`,
      `sip:${'%'.repeat(30_000)}`,
    ])
      for (const name of ['From', 'To', 'Contact', 'P-Asserted-Identity', 'Via', 'Alert-Info', 'Call-Info', 'Replaces'])
        await answersTo(
          request({ headers: [`X: 1`] }).replace(new RegExp(`^${name}: .*$|^X: 1$`, 'm'), () => `${name}: ${value}`),
        );
    expect(Date.now() - before).toBeLessThan(10_000);
  });
});

describe('a message of no call', () => {
  test.each<[string, Parts, number | null]>([
    ['CANCEL', { method: 'CANCEL' }, 481],
    ['BYE', { method: 'BYE' }, 481],
    ['BYE within a dialog that is not there', { method: 'BYE', to: '<sip:101@pbx.test>;tag=none' }, 481],
    ['INVITE within a dialog that is not there', { to: '<sip:101@pbx.test>;tag=none' }, 481],
    ['ACK', { method: 'ACK' }, null],
    ['PRACK', { method: 'PRACK', headers: ['RAck: 1 1 INVITE'] }, 481],
    ['UPDATE', { method: 'UPDATE' }, 481],
    ['INFO', { method: 'INFO' }, 481],
    ['REFER', { method: 'REFER', headers: ['Refer-To: <sip:+19005550100@pbx.test>'] }, 405],
    ['NOTIFY', { method: 'NOTIFY', headers: ['Event: dialog', 'Subscription-State: active'], body: '<x' }, 481],
    ['NOTIFY of no event', { method: 'NOTIFY' }, 481],
    ['SUBSCRIBE', { method: 'SUBSCRIBE', headers: ['Event: presence'] }, 405],
    ['MESSAGE', { method: 'MESSAGE', body: 'hello' }, 405],
    ['OPTIONS', { method: 'OPTIONS' }, 200],
    ['REGISTER', { method: 'REGISTER' }, 405],
    ['PUBLISH', { method: 'PUBLISH' }, 405],
    ['Replaces of a call that is not there', { headers: ['Replaces: none;to-tag=a;from-tag=b'] }, 481],
  ])('%s is answered as it must be', async (_what, parts, status) => {
    const calls = phone.events.filter((event) => event.kind === 'ringing' || event.kind === 'dialling').length;
    expect((await answersTo(request(parts))).at(-1)).toBe(status);
    expect(phone.events.filter((event) => event.kind === 'ringing' || event.kind === 'dialling')).toHaveLength(calls);
  });

  test('says which methods are taken, the same ones everywhere', async () => {
    expect(await answersTo(request({ method: 'SUBSCRIBE', headers: ['Event: presence'] }))).toEqual([405]);
    await phone.command({ kind: 'dial', target: '+18305550177' });
    await phone.until('ended', ({ remote }) => remote.user === '+18305550177');
    for (const start of ['REGISTER', 'INVITE', String.raw`SIP/2\.0 200`, String.raw`SIP/2\.0 405`])
      expect(wire.find(new RegExp(`^${start}[^]*\\r\\n${ALLOW}\\r\\n`)), start).toBeDefined();
    expect(wire.find(/^Allow:.*(?:MESSAGE|SUBSCRIBE|REGISTER)/im)).toBeUndefined();
  });

  test.each([
    ['with our Via and a branch that nobody used', ';branch=z9hG4bKnobody'],
    ['with our Via and no branch', ''],
  ])('a response %s is dropped', async (_what, branch) => {
    const via = /\r\nVia: (.*?);/i.exec(wire.find(/^REGISTER/) ?? '')?.[1] ?? '';
    expect(via).toMatch(/^SIP\/2\.0\/WS /);
    for (const status of ['180 Ringing', '200 OK', '401 Unauthorized', '302 Moved', '503 No']) {
      const response = [
        `SIP/2.0 ${status}`,
        `Via: ${via}${branch}`,
        'From: <sip:101@pbx.test>;tag=a',
        'To: <sip:+1@far.test>;tag=b',
        `Call-ID: nobody-${(serial += 1)}`,
        'CSeq: 1 INVITE',
        'Contact: <sip:far.test>',
        'Content-Length: 0',
        '',
        '',
      ].join('\r\n');
      expect(await answersTo(response)).toEqual([null]);
    }
  });

  test('the same call twice rings once, by another way it is a loop', async () => {
    const [callId, branch] = [`twice-${(serial += 1)}`, `z9hG4bK-twice-${serial}`];
    const rings = () => phone.events.filter((event) => event.kind === 'ringing' && event.callId === callId).length;
    const first = request({ callId, branch });
    expect(await answersTo(first)).toEqual([180]);
    expect((await answersTo(first)).every((status) => status === 180)).toBe(true);
    expect(await answersTo(request({ callId, branch: `${branch}-other` }))).toContain(482);
    expect(rings()).toBe(1);
    // Hung up, and sent once more by someone who did not hear of it.
    await phone.command({ kind: 'decline', callId });
    await phone.until('ended', (event) => event.callId === callId);
    await answersTo(request({ callId, branch: `${branch}-late`, cseq: 2 }));
    expect(rings()).toBe(1);
  });
});

test('a thousand INVITEs in ten seconds: four ring, the others are busy, nothing is left of them', async () => {
  const heap = await phone.page.context().newCDPSession(phone.page);
  const used = async () => {
    await heap.send('HeapProfiler.collectGarbage');
    return (await heap.send('Runtime.getHeapUsage')).usedSize;
  };
  const flood = async (count: number) => {
    const calls = Array.from({ length: count }, (_, index) => ({
      callId: `flood-${(serial += 1)}`,
      branch: `z9hG4bK-flood-${serial}`,
      from: `"Caller ${index}" <sip:+1830${String(index).padStart(7, '0')}@far.test>;tag=far`,
      ...bodies(offer(audio)),
    }));
    const begun = phone.events.length;
    const started = Date.now();
    for (const call of calls) wire.inject(request(call));
    const told = (kind: 'ringing' | 'ended') =>
      new Set(phone.events.slice(begun).flatMap((event) => (event.kind === kind ? [event.callId] : [])));
    await eventually('all are told of', () => told('ringing').size + told('ended').size === count, 30_000);
    const ms = Date.now() - started;
    await eventually('all are answered', () =>
      calls.every(({ callId }) => told('ringing').has(callId) || statusOf(wire.said(callId).at(-1) ?? '') === 486),
    );
    for (const call of calls) {
      const to = /\r\nTo: (.*)/i.exec(wire.said(call.callId).at(-1) ?? '')?.[1] ?? '';
      if (told('ended').has(call.callId)) wire.inject(request({ ...call, method: 'ACK', to, body: '', headers: [] }));
    }
    const ringing = told('ringing').size;
    await declineAll();
    await eventually('all are over', () => told('ended').size === count);
    return { ringing, ms };
  };
  await flood(20);
  const before = await used();
  const { ringing, ms } = await flood(1_000);
  expect(ringing).toBe(4);
  expect(ms).toBeLessThan(10_000);
  expect((await used()) - before).toBeLessThan(8_000_000);
  await nextCallTalks();
}, 40_000);
