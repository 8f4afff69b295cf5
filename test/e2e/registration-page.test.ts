/** The phone page in real Chromium against PBXs that go, come back, go silent, redirect and ask for other passwords. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startPbx, type MessageFact, type Pbx, type PbxOptions } from '../../sandbox/pbx/index.ts';
import { startOtherPbx } from './support/other-pbx.ts';
import { startPhonePages, type OpenedPhone, type PhonePages } from './support/phone-page.ts';

const DOMAIN = 'pbx.test';

let pages: PhonePages;
const undo: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  pages = await startPhonePages();
});
afterAll(() => pages.close());
afterEach(async () => {
  for (const step of undo.splice(0).toReversed()) await step();
});

async function pbxWith(options: Partial<PbxOptions> = {}): Promise<Pbx & { heard: MessageFact[] }> {
  const pbx = await startPbx({
    domain: DOMAIN,
    extensions: [{ user: '101', password: 'right', displayName: 'Ana' }],
    ...options,
  });
  undo.push(() => pbx.close());
  const heard: MessageFact[] = [];
  pbx.on('message', (fact) => void (fact.direction === 'in' && heard.push(fact)));
  return { ...pbx, heard };
}

async function registeredAt(...servers: string[]): Promise<OpenedPhone> {
  const phone = await pages.registered({ servers });
  undo.push(() => phone.close());
  return phone;
}

const portOf = (pbx: Pbx) => Number(new URL(pbx.url).port);
const registrations = (phone: OpenedPhone) => phone.events.filter((event) => event.kind === 'registration');
const times = (phone: OpenedPhone, wanted: string) =>
  registrations(phone).filter(({ state }) => state === wanted).length;
/** The registration that is the second, or so. */
const again = (phone: OpenedPhone, count = 2) =>
  phone.until('registration', (event) => {
    const all = registrations(phone).filter(({ state }) => state === 'registered');
    return event === all[count - 1];
  });
const happens = (phone: OpenedPhone, event: 'online' | 'offline') =>
  phone.page.evaluate((name) => void dispatchEvent(new Event(name)), event);
const answered = (pbx: Pbx, method: string) =>
  new Promise<void>((resolve) => {
    const stop = pbx.on('message', (fact) => {
      if (fact.direction !== 'out' || fact.method !== method || fact.status === undefined || fact.trunk) return;
      stop();
      resolve();
    });
  });

describe('digest', () => {
  test.each([[['SHA-256']], [['MD5', 'SHA-256']], [['MD5']]] as const)(
    '%j: for REGISTER and for a call',
    async (digest) => {
      const pbx = await pbxWith({ digest });
      pbx.callee('102', { kind: 'busy' });
      const phone = await registeredAt(pbx.url);
      await phone.command({ kind: 'dial', target: '102' });
      expect((await phone.until('ended')).cause).toMatchObject({ by: 'remote', status: 486 });
      const used = (method: string) =>
        pbx.heard.flatMap((fact) =>
          fact.method === method ? (/algorithm=([^,\r\n]+)/.exec(fact.text)?.[1] ?? []) : [],
        );
      expect(used('REGISTER')).toEqual([digest.at(-1)]);
      expect(new Set(used('INVITE'))).toEqual(new Set([digest.at(-1)]));
      expect(phone.console).toEqual([]);
    },
  );

  test('a challenge that nobody knows is called nonsense, not a wrong password', async () => {
    const pbx = await pbxWith();
    pbx.answerRegister(() => ({
      status: 401,
      headers: { 'WWW-Authenticate': 'Bearer authz_server="https://x.test"' },
    }));
    const phone = await pages.open({ servers: [pbx.url] });
    undo.push(() => phone.close());
    const { state, reason } = await phone.until('registration', (event) => event.reason !== undefined);
    expect({ state, code: reason?.code }).toEqual({ state: 'retrying', code: 'nonsense' });
  });

  test('a wrong password is asked once', async () => {
    const pbx = await pbxWith();
    const phone = await pages.open({ servers: [pbx.url], password: 'wrong' });
    undo.push(() => phone.close());
    const { reason } = await phone.until('registration', ({ state }) => state === 'refused');
    expect(reason?.code).toBe('wrong-password');
    // The network comes and goes: no reason to ask again.
    for (let i = 0; i < 5; i++) await happens(phone, 'online');
    await phone.page.evaluate(() => new Promise((resolve) => requestAnimationFrame(resolve)));
    expect(pbx.heard.filter(({ method }) => method === 'REGISTER')).toHaveLength(2);
  });
});

describe('several servers', () => {
  test('the next one where the first is not there; said which', async () => {
    const pbx = await pbxWith();
    const phone = await registeredAt('ws://127.0.0.1:9', pbx.url);
    expect(registrations(phone)).toMatchObject([
      { state: 'connecting', server: 'ws://127.0.0.1:9' },
      { state: 'retrying', server: 'ws://127.0.0.1:9', reason: { code: 'unreachable' } },
      { state: 'registered', server: pbx.url },
    ]);
  });

  test('the next one when the first goes', async () => {
    const [first, second] = [await pbxWith(), await pbxWith()];
    const phone = await registeredAt(first.url, second.url);
    await first.close();
    expect(await again(phone)).toMatchObject({ server: second.url });
    expect(second.registered('101')).toBe(true);
  });

  test('where the first one sends us', async () => {
    const [first, second] = [await pbxWith(), await pbxWith()];
    first.answerRegister(() => ({
      status: 302,
      headers: { Contact: `<sip:101@127.0.0.1:${portOf(second)};transport=ws>` },
    }));
    const phone = await registeredAt(first.url, second.url);
    expect(registrations(phone).at(-1)).toMatchObject({ state: 'registered', server: second.url });
  });
});

describe('a registrar with wishes', () => {
  test('sends to another Request-URI, over the same socket', async () => {
    const pbx = await pbxWith();
    pbx.answerRegister((text) =>
      text.startsWith('REGISTER sip:pbx.test ')
        ? { status: 301, headers: { Contact: '<sip:127.0.0.1>' } }
        : text.startsWith('REGISTER sip:127.0.0.1 ')
          ? { status: 200, headers: { Expires: '60' } }
          : undefined,
    );
    await registeredAt(pbx.url);
    expect(pbx.heard.map(({ text }) => text.split(' SIP/2.0')[0])).toEqual([
      'REGISTER sip:pbx.test',
      'REGISTER sip:127.0.0.1',
    ]);
  });

  test('wants a longer lifetime, no Outbound, and time', async () => {
    const pbx = await pbxWith();
    const wishes = [
      { status: 423, headers: { 'Min-Expires': '900' } },
      { status: 439 },
      { status: 503, headers: { 'Retry-After': '1' } },
    ];
    const at: number[] = [];
    pbx.answerRegister(() => {
      at.push(performance.now());
      return wishes.shift();
    });
    const phone = await registeredAt(pbx.url);
    const registers = pbx.heard.map(({ text }) => text);
    expect(registers[0]).toMatch(/Contact: .*;reg-id=1;.*expires=600/);
    expect(registers[1]).toMatch(/Contact: .*;reg-id=1;.*expires=900/);
    expect(registers.at(-1)).toMatch(/expires=900/);
    expect(registers.at(-1)).not.toContain('reg-id');
    expect((at[3] ?? 0) - (at[2] ?? 0)).toBeGreaterThanOrEqual(990);
    expect(registrations(phone).map(({ state }) => state)).toEqual(['connecting', 'retrying', 'registered']);
  });

  test('has a Service-Route, which calls take and REGISTER does not (RFC 3608)', async () => {
    const route = '<sip:orig@pbx.test;lr>';
    const pbx = await pbxWith({ registerHeaders: { 'Service-Route': route } });
    pbx.callee('102', { kind: 'busy' });
    const phone = await registeredAt(pbx.url);
    await phone.command({ kind: 'dial', target: '102' });
    await phone.until('ended');
    expect(pbx.heard.find(({ method }) => method === 'INVITE')?.text).toContain(`Route: ${route}`);
    await phone.command({ kind: 'reconnect' });
    await again(phone);
    for (const { text } of pbx.heard.filter(({ method }) => method === 'REGISTER'))
      expect(text).not.toMatch(/^Route:/m);
  });
});

describe('a socket that looks open and is dead', () => {
  test('is found by a probe, and replaced', async () => {
    const pbx = await pbxWith();
    const phone = await registeredAt(pbx.url);
    const probed = answered(pbx, 'OPTIONS');
    await happens(phone, 'offline');
    await probed;
    pbx.deadenSockets();
    await happens(phone, 'offline');
    const { reason } = await phone.until('registration', ({ state }) => state === 'retrying');
    expect(reason).toMatchObject({ code: 'no-answer', detail: expect.stringContaining('probe') as string });
    // Long before the registration would have been refreshed.
    await again(phone);
  });

  test('is replaced at once after sleep and on another network', async () => {
    const pbx = await pbxWith();
    const phone = await registeredAt(pbx.url);
    pbx.deadenSockets();
    const since = performance.now();
    await phone.command({ kind: 'reconnect', why: 'resume' });
    await again(phone);
    expect(performance.now() - since).toBeLessThan(10_000);
    // A swarm of wake-ups is one.
    await phone.command(...Array.from({ length: 20 }, () => ({ kind: 'reconnect', why: 'network' }) as const));
    expect(times(phone, 'connecting')).toBe(2);
  });

  test('is not suspected of a PBX that answers no probes', async () => {
    const other = await startOtherPbx();
    undo.push(other.close);
    const phone = await registeredAt(other.url);
    await happens(phone, 'offline');
    await other.next(/^OPTIONS/);
    await other.next(/^REGISTER[^]*CSeq: 2 /i);
    await happens(phone, 'offline');
    await other.next(/^REGISTER[^]*CSeq: 3 /i);
    expect(registrations(phone).map(({ state }) => state)).toEqual(['connecting', 'registered']);
  });
});

test('a PBX that was away is found again soon after its return, however long it was away', async () => {
  const pbx = await pbxWith();
  const phone = await registeredAt(pbx.url);
  await pbx.close();
  // Beyond the quick tries of the WebSocket itself, which Chromium slows down.
  await phone.until('registration', () => times(phone, 'retrying') >= 13);
  const back = await startPbx({
    domain: DOMAIN,
    port: portOf(pbx),
    extensions: [{ user: '101', password: 'right', displayName: 'Ana' }],
  });
  undo.push(() => back.close());
  const since = performance.now();
  await back.waitForRegistration('101');
  expect(performance.now() - since).toBeLessThan(10_000);
});

test('unregisters when the program ends, and sends nothing after that', async () => {
  const pbx = await pbxWith();
  const removed = new Promise<void>((resolve) =>
    pbx.on('registration', ({ change }) => change === 'removed' && resolve()),
  );
  const phone = await registeredAt(pbx.url);
  await phone.command({ kind: 'unregister' });
  await removed;
  const before = pbx.heard.length;
  await phone.command({ kind: 'reconnect' }, { kind: 'reconnect', why: 'resume' });
  await happens(phone, 'online');
  await phone.until('registration', ({ state }) => state === 'unregistered');
  expect(pbx.heard.length).toBe(before);
});
