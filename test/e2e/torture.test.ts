/** What nobody should send, to the phone page in Chromium: each is answered rightly or dropped, and the next call works. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
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
  expect(phone.console).toEqual([]);
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
