/** What an agent does with calls, with real parts: the phone page in Chromium, Kamailio, rtpengine, desk phones by baresip. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SessionState } from 'sip.js';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { PhoneConfig } from '../../app/ipc/phone.ts';
import { SPEECH_RATE, synthesizeSpeech, wav } from '../../sandbox/pbx/audio.ts';
import { eventually } from '../e2e/support/eventually.ts';
import { startPhonePages, type OpenedPhone, type PhonePages } from '../e2e/support/phone-page.ts';
import { startWire, type Wire } from '../e2e/support/wire.ts';
import type { DeskPhone } from './support/baresip.ts';
import { energyIn, showConnections } from './support/heard.ts';
import { startSipPhone, type SipPhone } from './support/sip-phone.ts';
import { missingPbxPrograms, startPbxStack, type PbxStack } from './support/stack.ts';

const missing = missingPbxPrograms();
const AGENT = '100';
/** Longer than any pause in the voices. */
const SILENCE_MS = 1_000;

describe.skipIf(missing !== null)(`a phone among real parts${missing === null ? '' : ` (${missing})`}`, () => {
  let folder: string;
  let pages: PhonePages;
  let pbx: PbxStack;
  let wire: Wire;
  let phone: OpenedPhone;
  /** Rings. */
  let customer: DeskPhone;
  /** Answers by itself. */
  let colleague: DeskPhone;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ringside-voice-'));
    const voice = join(folder, 'agent.wav');
    await writeFile(voice, wav(synthesizeSpeech(210, 20), SPEECH_RATE));
    pages = await startPhonePages({ voice });
    pbx = await startPbxStack({ media: true });
    wire = await startWire(pbx.wsUrl);
    [customer, colleague] = await Promise.all([pbx.deskPhone('102', 'manual'), pbx.deskPhone('103', 'auto')]);
  }, 60_000);
  afterAll(async () => {
    await wire?.close();
    await pbx?.close();
    await pages?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const open = (agent = AGENT, config: Partial<PhoneConfig> = {}) =>
    pages.registered(
      {
        servers: [wire.url],
        uri: `sip:${agent}@${pbx.domain}`,
        authorizationUser: agent,
        password: pbx.users.find(({ user }) => user === agent)?.password ?? '',
        instanceId: `6f1c9d9e-7d3f-4a58-9a43-000000000${agent}`,
        ...config,
      },
      { before: showConnections },
    );
  beforeEach(async () => {
    phone = await open();
  });
  afterEach(async () => {
    await phone.command({ kind: 'unregister' });
    await eventually('nothing is registered', async () => (await pbx.registered(AGENT)).length === 0);
    await phone.close();
  });

  /** How loud it was so far, at either end: seconds of it at a desk, energy in the page. */
  type Ear = () => Promise<number>;
  const at =
    (desk: DeskPhone): Ear =>
    async () =>
      (await desk.heard()).loudSeconds;
  const atAgent: Ear = () => energyIn(phone.page);
  async function hears(ear: Ear): Promise<void> {
    const before = await ear();
    await eventually('a voice is heard', async () => (await ear()) > before + 0.0005);
  }
  /** From now on, or soon: what is under way still comes. */
  async function hearsNothing(ear: Ear): Promise<void> {
    let [loud, since] = [await ear(), performance.now()];
    await eventually('silence', async () => {
      const now = await ear();
      if (now > loud + 1e-6) [loud, since] = [now, performance.now()];
      return performance.now() - since > SILENCE_MS;
    });
  }

  /** Somebody at a desk calls the agent, who answers. */
  async function calledBy(desk: DeskPhone): Promise<string> {
    const before = new Set(phone.events.flatMap((event) => (event.kind === 'ringing' ? [event.callId] : [])));
    await desk.command('dial', `sip:${AGENT}@${pbx.domain}`);
    const { callId } = await phone.until('ringing', (event) => !before.has(event.callId));
    await phone.command({ kind: 'answer', callId });
    await phone.until('media', (event) => event.callId === callId && event.state === 'connected');
    return callId;
  }
  /** The agent calls one whose phone answers. */
  async function calls(desk: DeskPhone): Promise<string> {
    await phone.command({ kind: 'dial', target: desk.user });
    const { callId } = await phone.until('dialling');
    await phone.until('media', (event) => event.callId === callId && event.state === 'connected');
    return callId;
  }
  const ended = (callId: string) => phone.until('ended', (event) => event.callId === callId);
  async function hangUp(callId: string): Promise<string> {
    await phone.command({ kind: 'hang-up', callId });
    const { cause } = await ended(callId);
    return `${cause.by} ${cause.how}`;
  }

  test('outbound: both hear each other, the far end hangs up', async () => {
    const callId = await calls(colleague);
    await Promise.all([hears(at(colleague)), hears(atAgent)]);
    await colleague.command('hangup');
    expect((await ended(callId)).cause).toMatchObject({ by: 'remote', how: 'bye' });
  });

  test('hold and resume, by the agent and by a desk phone: silence, and a voice again', async () => {
    const callId = await calls(colleague);
    await Promise.all([hears(at(colleague)), hears(atAgent)]);
    await phone.command({ kind: 'hold', callId });
    await Promise.all([hearsNothing(at(colleague)), hearsNothing(atAgent)]);
    await phone.command({ kind: 'resume', callId });
    await hears(atAgent);

    await colleague.command('hold');
    await phone.until('held', ({ by }) => by === 'remote');
    await hearsNothing(atAgent);
    await colleague.command('resume');
    await phone.until('resumed', ({ by }) => by === 'remote');
    await hears(atAgent);
    expect(await hangUp(callId)).toBe('local bye');
  });

  test('hold and resume between two agents: silence for both, and both voices again', async () => {
    const other = await open('101');
    const atOther: Ear = () => energyIn(other.page);
    await phone.command({ kind: 'dial', target: '101' });
    const { callId } = await other.until('ringing');
    await other.command({ kind: 'answer', callId });
    await Promise.all([hears(atOther), hears(atAgent)]);
    await phone.command({ kind: 'hold', callId });
    await other.until('held', ({ by }) => by === 'remote');
    await Promise.all([hearsNothing(atOther), hearsNothing(atAgent)]);
    await phone.command({ kind: 'resume', callId });
    await other.until('resumed', ({ by }) => by === 'remote');
    await Promise.all([hears(atOther), hears(atAgent)]);
    expect(await hangUp(callId)).toBe('local bye');
    await other.until('ended');
    await other.close();
  });

  test('mute: the desk phone hears nothing, the agent goes on hearing', async () => {
    const callId = await calls(colleague);
    await hears(at(colleague));
    await phone.command({ kind: 'mute', callId, muted: true });
    await Promise.all([hearsNothing(at(colleague)), hears(atAgent)]);
    await phone.command({ kind: 'mute', callId, muted: false });
    await hears(at(colleague));
    expect(await hangUp(callId)).toBe('local bye');
  });

  test.each(['rfc4733', 'info'] as const)('keys by %s arrive, all and in order', async (dtmf) => {
    await phone.close();
    phone = await open(AGENT, { dtmf });
    const before = colleague.events().length;
    const callId = await calls(colleague);
    await hears(at(colleague));
    await phone.command({ kind: 'dtmf', callId, tones: '159' }, { kind: 'dtmf', callId, tones: '*0#' });
    const keys = () =>
      colleague
        .events()
        .slice(before)
        .flatMap(({ type, param }) => (type === 'CALL_DTMF_START' ? [param] : []))
        .join('');
    await eventually('the keys', () => keys().length >= 6);
    expect(keys()).toBe('159*0#');
    expect(await hangUp(callId)).toBe('local bye');
  });

  test('a blind transfer: customer and colleague hear each other, the agent is out', async () => {
    const callId = await calledBy(customer);
    await phone.command({ kind: 'transfer', callId, target: colleague.user });
    expect((await phone.until('transferred')).to).toBe(colleague.user);
    await ended(callId);
    await Promise.all([hears(at(colleague)), hears(at(customer))]);
    await colleague.command('hangup');
  });

  test('transferred by a desk phone: the agent goes on with the colleague', async () => {
    const callId = await calledBy(customer);
    await customer.command('transfer', `sip:${colleague.user}@${pbx.domain}`);
    const next = await phone.until('answered', (event) => event.partOf?.role === 'continuation');
    expect(next.partOf).toEqual({ callId, role: 'continuation' });
    await phone.until('media', (event) => event.callId === next.callId && event.state === 'connected');
    await Promise.all([hears(at(colleague)), hears(atAgent)]);
    expect(await hangUp(next.callId)).toBe('local bye');
    await ended(callId);
  });

  test('call waiting: a second call is taken, the first waits, and they are swapped', async () => {
    const inCall =
      (nth: number): Ear =>
      () =>
        energyIn(phone.page, nth);
    const first = await calledBy(customer);
    await Promise.all([hears(at(customer)), hears(inCall(0))]);
    const second = await calledBy(colleague);
    await Promise.all([hears(at(colleague)), hears(inCall(1)), hearsNothing(at(customer)), hearsNothing(inCall(0))]);
    await phone.command({ kind: 'resume', callId: first });
    await Promise.all([hears(inCall(0)), hearsNothing(at(colleague)), hearsNothing(inCall(1))]);
    expect(await hangUp(first)).toBe('local bye');
    expect(await hangUp(second)).toBe('local bye');
  });

  test('early media: the voice has its way before the call is answered', async () => {
    const early = await pbx.deskPhone('101', 'early');
    await phone.command({ kind: 'dial', target: early.user });
    const { callId, earlyMedia } = await phone.until('progress', ({ status }) => status === 183);
    expect(earlyMedia).toBe(true);
    await phone.until('media', ({ state }) => state === 'connected');
    expect(phone.events.filter(({ kind }) => kind === 'answered')).toEqual([]);
    await early.command('accept');
    await phone.until('answered');
    await Promise.all([hears(at(early)), hears(atAgent)]);
    expect(await hangUp(callId)).toBe('local bye');
    await early.stop();
  });

  test('as many calls as the settings say: the next is busy at the carrier', async () => {
    await phone.close();
    phone = await open(AGENT, { callsAtOnce: 1 });
    const callId = await calledBy(customer);
    const carrier = await pbx.inbound.refused(AGENT, { status: 486 });
    expect(await carrier.done).toMatchObject({ exitCode: 0, errors: '' });
    expect(await hangUp(callId)).toBe('local bye');
  });

  test('answered by the far end in the moment of giving up: the call is confirmed and ended', async () => {
    const farEnd = await pbx.farEnd.answersTooLate('95551234');
    await phone.command({ kind: 'dial', target: '95551234' });
    const { callId } = await phone.until('progress', ({ status }) => status === 180);
    await phone.command({ kind: 'hang-up', callId });
    expect((await ended(callId)).cause).toEqual({ by: 'local', how: 'cancel' });
    expect(await farEnd.done).toMatchObject({ exitCode: 0, errors: '' });
    expect(phone.events.filter(({ kind }) => kind === 'answered')).toEqual([]);
  });

  test('a lost socket: the voices go on, the phone is back, and a BYE still comes through', async () => {
    const callId = await calledBy(customer);
    wire.block(true);
    await phone.until('registration', ({ state }) => state === 'retrying');
    await Promise.all([hears(at(customer)), hears(atAgent)]);
    wire.block(false);
    const lost = phone.events.length;
    await eventually('registered again', () =>
      phone.events.slice(lost).some((event) => event.kind === 'registration' && event.state === 'registered'),
    );
    await Promise.all([hears(at(customer)), hears(atAgent)]);
    await customer.command('hangup');
    expect((await ended(callId)).cause).toMatchObject({ by: 'remote', how: 'bye' });
  });
});

describe.skipIf(missing !== null)(
  `an attended transfer between phones of another make${missing === null ? '' : ` (${missing})`}`,
  () => {
    let pages: PhonePages;
    let pbx: PbxStack;
    let phone: OpenedPhone;
    let undo: (() => Promise<void>)[];

    beforeAll(async () => {
      pages = await startPhonePages();
    });
    afterAll(() => pages.close());
    beforeEach(async () => {
      pbx = await startPbxStack();
      undo = [pbx.close];
      phone = await pages.registered({ servers: [pbx.wsUrl], uri: `sip:${AGENT}@${pbx.domain}`, ...as(AGENT) });
      undo.push(phone.close);
    });
    afterEach(async () => {
      for (const step of undo.toReversed()) await step();
    });

    const passwordOf = (user: string) => pbx.users.find((known) => known.user === user)?.password ?? '';
    const as = (user: string) => ({ authorizationUser: user, password: passwordOf(user) });
    /** baresip 1.0 knows no Replaces: SIP.js does, here without a browser and without audio. */
    async function sipPhone(user: string): Promise<SipPhone> {
      const { domain, wsUrl: server } = pbx;
      const opened = await startSipPhone({ server, user, password: passwordOf(user), domain });
      undo.push(opened.close);
      await opened.register();
      return opened;
    }
    const ended = (callId: string) => phone.until('ended', (event) => event.callId === callId);

    test('by the agent: the customer takes the place of the agent at the colleague', async () => {
      const [customer, colleague] = [await sipPhone('102'), await sipPhone('103')];
      const dialled = customer.dial(AGENT);
      const { callId } = await phone.until('ringing');
      await phone.command({ kind: 'answer', callId });
      await dialled;
      await phone.command({ kind: 'consult', callId, target: '103' });
      const asked = await colleague.nextCall();
      await asked.call.accept();
      const { callId: consultation } = await phone.until('answered', ({ partOf }) => partOf?.role === 'consultation');
      await phone.command({ kind: 'complete-transfer', callId });
      const taken = await colleague.nextCall();
      expect(taken.call.request.getHeader('Replaces')).toContain(consultation);
      expect(taken.call.remoteIdentity.uri.user).toBe('102');
      await taken.call.accept();
      await phone.until('transferred', (event) => event.callId === callId);
      await Promise.all([ended(callId), ended(consultation)]);
      expect(asked.call.state).toBe(SessionState.Terminated);
      expect(taken.call.state).toBe(SessionState.Established);
      await taken.call.bye();
    });
  },
);
