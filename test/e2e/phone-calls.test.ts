/** What an agent does with a call, in the phone page with real audio, against the sandbox's PBX and other phone pages. */
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { PhoneConfig } from '../../app/ipc/phone.ts';
import { defaultPreferences } from '../../app/settings/preferences.ts';
import {
  startPbx,
  type CallerScript,
  type FarEndControls,
  type Pbx,
  type PlacedCall,
} from '../../sandbox/pbx/index.ts';
import { eventually } from './support/eventually.ts';
import { startPhonePages, type OpenedPhone, type PhonePages } from './support/phone-page.ts';

const EXTENSIONS = [
  { user: '101', password: 'right', displayName: 'Ana' },
  { user: '102', password: 'right', displayName: 'Bruno' },
];
const CUSTOMER = { user: '+18305550100', displayName: 'Zoë' };

let pages: PhonePages;
let pbx: Pbx;
let undo: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  pages = await startPhonePages();
});

afterAll(() => pages.close());

beforeEach(async () => {
  pbx = await startPbx({ domain: 'pbx.test', extensions: EXTENSIONS });
  undo = [() => pbx.close()];
});

afterEach(async () => {
  for (const step of undo.toReversed()) await step();
});

async function phone(config: Partial<PhoneConfig> = {}): Promise<OpenedPhone> {
  const opened = await pages.registered({ servers: [pbx.url], ...config });
  undo.push(() => opened.close());
  return opened;
}

const colleague = () =>
  phone({
    uri: 'sip:102@pbx.test',
    authorizationUser: '102',
    instanceId: '11111111-7d3f-4a58-9a43-0c9f2b7a1e55',
    displayName: 'Bruno',
  });

/** A customer calls and is answered, with audio. */
async function talking(
  agent: OpenedPhone,
  { from = CUSTOMER, ...script }: Partial<CallerScript & { kind: 'talk' }> & { from?: PbxCaller } = {},
): Promise<{ call: PlacedCall; callId: string; far: FarEndControls }> {
  const call = pbx.call({ from, to: '101', script: { ...script, kind: 'talk' } });
  const { callId } = call;
  await agent.until('ringing', (event) => event.callId === callId);
  await agent.command({ kind: 'answer', callId });
  await agent.until('media', (event) => event.callId === callId && event.state === 'connected');
  return { call, callId, far: farEnd(callId) };
}
type PbxCaller = Parameters<Pbx['call']>[0]['from'];

function farEnd(callId: string): FarEndControls {
  const far = pbx.farEnd(callId);
  if (far === undefined) throw new Error('no such far end');
  return far;
}

/** Until the far end hears a voice from now on. */
async function expectVoice(far: FarEndControls): Promise<void> {
  const before = far.heard.ms;
  await eventually('the far end hears the agent', () => far.heard.ms > before + 50);
}

/** Over a second and a half of audio (the microphone of the tests beeps every second), the far end hears nothing. */
async function expectSilence(far: FarEndControls): Promise<void> {
  // What was on its way when the gate closed.
  const begin = far.heard.frames;
  await eventually('some audio', () => far.heard.frames > begin + 30);
  const { frames, ms } = far.heard;
  await eventually('more audio', () => far.heard.frames > frames + 150);
  expect(far.heard.ms).toBe(ms);
}

/** What was told of a call, in order, as short words; not what its audio did. */
function story(agent: OpenedPhone, callId: string): string[] {
  return agent.events.flatMap((event) => {
    if (!('callId' in event) || event.callId !== callId) return [];
    switch (event.kind) {
      case 'media':
      case 'dialog':
      case 'quality':
      case 'progress':
        return [];
      case 'held':
      case 'resumed':
        return [`${event.kind} by ${event.by}`];
      case 'muted':
        return [event.muted ? 'muted' : 'unmuted'];
      case 'transferring':
        return [`transfer ${event.state}`];
      case 'ended':
        return [`ended ${event.cause.by} ${event.cause.how}`];
      default:
        return [event.kind];
    }
  });
}

describe('hold', () => {
  test('by the agent: silence both ways, the far side is told, and both are heard again', async () => {
    const offers: string[] = [];
    pbx.on('message', ({ direction, method, status, text }) => {
      if (direction === 'in' && method === 'INVITE' && status === undefined && /^To:.*tag=/im.test(text))
        offers.push(/a=(sendrecv|sendonly|recvonly|inactive)/.exec(text)?.[1] ?? '');
    });
    const agent = await phone();
    const { callId, far } = await talking(agent);
    await expectVoice(far);
    await agent.command({ kind: 'hold', callId }, { kind: 'hold', callId });
    await agent.until('held');
    await expectSilence(far);
    await agent.command({ kind: 'resume', callId });
    await expectVoice(far);
    await agent.command({ kind: 'hang-up', callId });
    await agent.until('ended');
    expect(offers).toEqual(['sendonly', 'sendrecv']);
    expect(story(agent, callId)).toEqual([
      'ringing',
      'answered',
      'held by local',
      'resumed by local',
      'ended local bye',
    ]);
  });

  test('by the far side, alone and together with ours', async () => {
    let agreed = 0;
    pbx.on('message', ({ direction, trunk, method }) => {
      if (direction === 'in' && !trunk && method === 'ACK') agreed += 1;
    });
    const agent = await phone();
    const { callId, far } = await talking(agent);
    expect(await far.hold(true)).toBe(200);
    await agent.until('held', ({ by }) => by === 'remote');
    await agent.command({ kind: 'hold', callId });
    await eventually('the far side knows', () => agreed === 1);
    await agent.command({ kind: 'resume', callId });
    await eventually('the far side knows', () => agreed === 2);
    expect(await far.hold(false)).toBe(200);
    await agent.until('resumed', ({ by }) => by === 'remote');
    await expectVoice(far);
    expect(story(agent, callId).slice(2)).toEqual([
      'held by remote',
      'held by local',
      'resumed by local',
      'resumed by remote',
    ]);
  });

  test('of both at the same moment ends well', async () => {
    const agent = await phone();
    const { callId, far } = await talking(agent);
    /** As RFC 3261 section 14.1 asks of who made the Call-ID: at once would only meet our next try again. */
    const patiently = async (hold: boolean, first: number) => {
      for (let status = first, tries = 0; status !== 200; status = await far.hold(hold)) {
        expect(++tries).toBeLessThan(6);
        await pause(2_100 + Math.random() * 1_900);
      }
    };
    const [status] = await Promise.all([far.hold(true), agent.command({ kind: 'hold', callId })]);
    await patiently(true, status);
    await agent.until('held', ({ by }) => by === 'remote');
    await agent.command({ kind: 'resume', callId });
    await agent.until('resumed', ({ by }) => by === 'local');
    await patiently(false, await far.hold(false));
    await expectVoice(far);
    await agent.command({ kind: 'hang-up', callId });
    expect((await agent.until('ended')).cause).toEqual({ by: 'local', how: 'bye' });
  });
});

test('mute: the far side hears nothing, the call goes on', async () => {
  const agent = await phone();
  const { callId, far } = await talking(agent);
  await agent.command({ kind: 'mute', callId, muted: true });
  await agent.until('muted', ({ muted }) => muted);
  await expectSilence(far);
  await agent.command({ kind: 'hold', callId }, { kind: 'resume', callId });
  await agent.until('resumed');
  await expectSilence(far);
  await agent.command({ kind: 'mute', callId, muted: false });
  await expectVoice(far);
});

describe('keys', () => {
  test('as SIP INFO arrive all, in their order', async () => {
    const agent = await phone({ dtmf: 'info' });
    const { callId, far } = await talking(agent);
    await agent.command({ kind: 'dtmf', callId, tones: '12' }, { kind: 'dtmf', callId, tones: '3#*' });
    await eventually('the keys', () => far.keys.length === 5);
    expect(far.keys).toBe('123#*');
  });

  test('in the audio are queued, none lost', async () => {
    const agent = await pages.registered(
      { servers: [pbx.url] },
      {
        before: () => {
          const heard: string[] = [];
          Object.assign(globalThis, { heard });
          const { insertDTMF } = RTCDTMFSender.prototype;
          RTCDTMFSender.prototype.insertDTMF = function (...parameters) {
            this.ontonechange = ({ tone }) => heard.push(tone);
            insertDTMF.apply(this, parameters);
          };
        },
      },
    );
    undo.push(() => agent.close());
    const { callId } = await talking(agent);
    await agent.command({ kind: 'dtmf', callId, tones: '12' }, { kind: 'dtmf', callId, tones: '3d#' });
    const heard = () => agent.page.evaluate(() => (globalThis as unknown as { heard: string[] }).heard.join(''));
    await eventually('the tones', async () => (await heard()).length === 5);
    expect(await heard()).toBe('123D#');
  });
});

describe('several calls', () => {
  test('one is active: answering holds the other, resuming swaps them', async () => {
    const agent = await phone();
    const first = await talking(agent);
    const second = await talking(agent, { from: { user: '+18305550101' } });
    await expectVoice(second.far);
    await expectSilence(first.far);
    await agent.command({ kind: 'resume', callId: first.callId });
    await expectVoice(first.far);
    await expectSilence(second.far);
    await agent.command({ kind: 'dial', target: '102' });
    await eventually('both wait', () =>
      [first, second].every(({ callId }) => story(agent, callId).at(-1) === 'held by local'),
    );
    expect(story(agent, first.callId)).toEqual([
      'ringing',
      'answered',
      'held by local',
      'resumed by local',
      'held by local',
    ]);
  });

  test('what is refused by the preferences never rings, and is told as ended', async () => {
    const agent = await phone();
    const { callId } = await talking(agent);
    const prefer = (more: Partial<PhoneConfig['preferences']>) =>
      agent.command({ kind: 'preferences', preferences: { ...defaultPreferences, ...more } });
    const refused = async (user: string) => {
      const call = pbx.call({ from: { user }, to: '101', script: { kind: 'talk' } });
      const { cause } = await agent.until('ended', (event) => event.callId === call.callId);
      expect(story(agent, call.callId)).toEqual(['ended local rejected']);
      expect((await call.ended).status).toBe(cause.status);
      return cause.status;
    };
    await prefer({ callWaiting: false });
    expect(await refused('+18305550111')).toBe(486);
    await prefer({ doNotDisturb: true });
    expect(await refused('+18305550112')).toBe(480);
    await prefer({});
    const waiting = pbx.call({ from: { user: '+18305550113' }, to: '101', script: { kind: 'talk' } });
    await agent.until('ringing', (event) => event.callId === waiting.callId);
    expect(story(agent, callId)).toEqual(['ringing', 'answered']);
  });

  test('as many as the settings say ring, the next is busy', async () => {
    const agent = await phone({ callsAtOnce: 2 });
    const calls = [1, 2, 3].map((last) =>
      pbx.call({ from: { user: `+1830555010${last}` }, to: '101', script: { kind: 'talk' } }),
    );
    const { callId, cause } = await agent.until('ended');
    expect(cause).toEqual({ by: 'local', how: 'rejected', status: 486 });
    const others = calls.filter((call) => call.callId !== callId);
    for (const call of others) await agent.until('ringing', (event) => event.callId === call.callId);
    // There is room again.
    others[0]?.cancel();
    await agent.until('ended', (event) => event.callId === others[0]?.callId);
    const next = pbx.call({ from: { user: '+18305550109' }, to: '101', script: { kind: 'talk' } });
    await agent.until('ringing', (event) => event.callId === next.callId);
  });
});

describe('auto-answer', () => {
  const intercom = { 'Call-Info': '<sip:pbx.test>;answer-after=0' };

  test('where the PBX asks for it', async () => {
    const agent = await phone();
    const call = pbx.call({ from: { user: '102' }, to: '101', headers: intercom, script: { kind: 'talk' } });
    await agent.until('media', ({ state }) => state === 'connected');
    await expectVoice(farEnd(call.callId));
    expect(story(agent, call.callId)).toEqual(['ringing', 'answered']);
  });

  test('never while another call is active, nor where the settings forbid it', async () => {
    const agent = await phone();
    await talking(agent);
    const second = pbx.call({ from: { user: '102' }, to: '101', headers: intercom, script: { kind: 'talk' } });
    await second.ringing;
    const third = await phone({ uri: 'sip:102@pbx.test', authorizationUser: '102', autoAnswer: false });
    const other = pbx.call({ from: { user: '103' }, to: '102', headers: intercom, script: { kind: 'talk' } });
    await third.until('ringing');
    await other.ringing;
    // A call that is answered by hand after them shows that they were not answered.
    await third.command({ kind: 'decline', callId: other.callId });
    await third.until('ended');
    expect(story(third, other.callId)).toEqual(['ringing', 'ended local rejected']);
    expect(story(agent, second.callId)).toEqual(['ringing']);
  });
});

describe('early media', () => {
  test.each(['unreliable', 'reliable'] as const)('%s: told, and the call is answered all the same', async (early) => {
    pbx.callee('+18305550100', { kind: 'answer', ringMs: 600, early });
    const methods: string[] = [];
    pbx.on('message', ({ method, direction }) => direction === 'in' && methods.push(method));
    const agent = await phone();
    await agent.command({ kind: 'dial', target: '+18305550100' });
    const progress = await agent.until('progress', ({ status }) => status === 183);
    expect(progress.earlyMedia).toBe(true);
    await agent.until('media', ({ state }) => state === 'connected');
    const { callId } = await agent.until('answered');
    await expectVoice(farEnd(callId));
    expect(methods.includes('PRACK')).toBe(early === 'reliable');
  });
});

describe('a blind transfer', () => {
  test('that works: the customer is with the colleague, the agent is free', async () => {
    const agent = await phone();
    const other = await colleague();
    const { callId, far } = await talking(agent);
    await agent.command({ kind: 'transfer', callId, target: '102' });
    const ringing = await other.until('ringing');
    expect(ringing.remote.user).toBe(CUSTOMER.user);
    await agent.until('transferring', ({ state }) => state === 'ringing');
    await other.command({ kind: 'answer', callId: ringing.callId });
    expect((await agent.until('transferred')).to).toBe('102');
    await agent.until('ended');
    expect(story(agent, callId)).toEqual([
      'ringing',
      'answered',
      'held by local',
      'transfer asked',
      'transfer ringing',
      'transferred',
      'ended local bye',
    ]);
    await expectVoice(far);
  });

  test('to somebody who is busy: the call comes back', async () => {
    pbx.callee('103', { kind: 'busy' });
    const agent = await phone();
    const { callId, far } = await talking(agent);
    await agent.command({ kind: 'transfer', callId, target: '103' });
    expect(await agent.until('transferring', ({ state }) => state === 'failed')).toMatchObject({ status: 486 });
    await expectVoice(far);
    expect(story(agent, callId).slice(-2)).toEqual(['transfer failed', 'resumed by local']);
    await agent.command({ kind: 'hang-up', callId });
    await agent.until('ended');
  });

  test('that the far side refuses, or that has no target: the call goes on', async () => {
    const agent = await phone();
    const { callId, far } = await talking(agent, { onRefer: 'refuse' });
    await agent.command({ kind: 'transfer', callId, target: 'no such thing' });
    expect(await agent.until('transferring')).toMatchObject({ state: 'failed', status: 484 });
    await agent.command({ kind: 'transfer', callId, target: '102' });
    await agent.until('transferring', ({ status }) => status === 603);
    await expectVoice(far);
  });

  test('of a PBX that hangs up right after its 202', async () => {
    const agent = await phone();
    const { callId } = await talking(agent, { onRefer: 'hang up' });
    await agent.command({ kind: 'transfer', callId, target: '102' });
    await agent.until('ended');
    expect(story(agent, callId).slice(-2)).toEqual(['transferred', 'ended remote bye']);
  });

  test('of a PBX that never says a word about it', async () => {
    const agent = await phone();
    const { callId, call } = await talking(agent, { onRefer: 'silent' });
    await agent.command({ kind: 'transfer', callId, target: '102' });
    await agent.until('ended');
    expect(story(agent, callId).slice(-2)).toEqual(['transferred', 'ended local bye']);
    expect((await call.ended).hungUpBy).toBe('callee');
  }, 20_000);
});

describe('an attended transfer', () => {
  test('connects the customer with the colleague who was asked', async () => {
    const agent = await phone();
    const other = await colleague();
    const { callId, far, call } = await talking(agent);
    await agent.command({ kind: 'consult', callId, target: '102' });
    const dialling = await agent.until('dialling');
    expect(dialling.partOf).toEqual({ callId, role: 'consultation' });
    const asked = await other.until('ringing');
    await other.command({ kind: 'answer', callId: asked.callId });
    await agent.until('answered', (event) => event.callId === dialling.callId);
    await expectSilence(far);
    await agent.command({ kind: 'complete-transfer', callId });
    await agent.until('transferred');
    await agent.until('ended', (event) => event.callId === dialling.callId);
    await agent.until('ended', (event) => event.callId === callId);
    // For the colleague it is the same call, with somebody else.
    const taken = await other.until('answered', (event) => event.partOf?.role === 'continuation');
    expect(taken).toMatchObject({ partOf: { callId: asked.callId }, remote: { user: CUSTOMER.user } });
    await other.until('ended', (event) => event.callId === asked.callId);
    expect(story(other, taken.callId)).toEqual(['answered']);
    await other.until('media', (event) => event.callId === taken.callId && event.state === 'connected');
    await expectVoice(far);
    await other.command({ kind: 'hang-up', callId: taken.callId });
    expect((await call.ended).status).toBe(200);
  });

  test('before the colleague answers becomes a blind one', async () => {
    const agent = await phone();
    const other = await colleague();
    const { callId } = await talking(agent);
    await agent.command({ kind: 'consult', callId, target: '102' });
    const first = await other.until('ringing');
    await agent.command({ kind: 'complete-transfer', callId });
    expect((await agent.until('ended', (event) => event.partOf !== undefined)).cause.how).toBe('cancel');
    const second = await other.until('ringing', (event) => event.callId !== first.callId);
    expect(second.remote.user).toBe(CUSTOMER.user);
    await other.command({ kind: 'answer', callId: second.callId });
    await agent.until('transferred');
    await agent.until('ended', (event) => event.callId === callId);
  });

  test('to a colleague who is no phone of ours', async () => {
    pbx.callee('103', { kind: 'answer' });
    const agent = await phone();
    const { callId, far } = await talking(agent);
    await agent.command({ kind: 'consult', callId, target: '103' });
    const { callId: asked } = await agent.until('answered', (event) => event.partOf !== undefined);
    await agent.command({ kind: 'complete-transfer', callId });
    await agent.until('transferred');
    await agent.until('ended', (event) => event.callId === asked);
    await expectVoice(far);
  });
});

describe('being transferred', () => {
  test('the call goes on with somebody else', async () => {
    pbx.callee('103', { kind: 'answer', ringMs: 50 });
    const agent = await phone();
    const { callId, far, call } = await talking(agent);
    expect(await far.refer('103')).toBe(202);
    const next = await agent.until('answered', (event) => event.partOf?.role === 'continuation');
    expect(next).toMatchObject({ partOf: { callId }, remote: { user: '103' } });
    await expectVoice(farEnd(next.callId));
    await eventually('the one who sent us hears of it', () => far.notified.includes('SIP/2.0 200 OK'));
    expect(far.notified[0]).toBe('SIP/2.0 100 Trying');
    far.hangUp();
    expect((await call.ended).hungUpBy).toBe('caller');
    await agent.until('ended', (event) => event.callId === callId);
    await agent.command({ kind: 'hang-up', callId: next.callId });
    await agent.until('ended', (event) => event.callId === next.callId);
  });

  test('to nobody: the one who sent us hears so, and the call goes on', async () => {
    const agent = await phone();
    const { callId, far } = await talking(agent);
    expect(await far.refer('404')).toBe(202);
    await eventually('the answer', () => far.notified.some((text) => text.startsWith('SIP/2.0 404')));
    await expectVoice(far);
    expect(story(agent, callId)).toEqual(['ringing', 'answered']);
  });

  test('to what is no telephone is refused', async () => {
    const agent = await phone();
    const { far } = await talking(agent);
    expect(await far.refer('mailto:boss@pbx.test')).toBe(603);
    await expectVoice(far);
  });
});

describe('a lost socket', () => {
  test('does not end the call: it is found again, with its audio', async () => {
    const restarts: string[] = [];
    pbx.on('message', ({ direction, method, status, text }) => {
      if (direction === 'in' && method === 'INVITE' && status === undefined && /^To:.*tag=/im.test(text))
        restarts.push(/a=ice-ufrag:(\S+)/.exec(text)?.[1] ?? '');
    });
    const agent = await phone();
    const { callId, far, call } = await talking(agent);
    pbx.dropSockets();
    await pbx.waitForRegistration('101', 2);
    await eventually('the re-INVITE', () => restarts.length === 1);
    await expectVoice(far);
    far.hangUp();
    expect((await agent.until('ended')).cause).toMatchObject({ by: 'remote', how: 'bye' });
    expect((await call.ended).status).toBe(200);
    expect(story(agent, callId)).toEqual(['ringing', 'answered', 'ended remote bye']);
  });

  test('in which the agent hangs up: the far side hears of it as soon as it can', async () => {
    const agent = await phone();
    const { callId, call } = await talking(agent);
    pbx.dropSockets();
    await agent.until('registration', ({ reason }) => reason?.code === 'unreachable');
    await agent.command({ kind: 'hang-up', callId });
    expect((await agent.until('ended')).cause).toEqual({ by: 'local', how: 'bye' });
    expect((await call.ended).hungUpBy).toBe('callee');
    expect(story(agent, callId)).toEqual(['ringing', 'answered', 'ended local bye']);
  });

  test('in which the far side hangs up: the call ends when we are back', async () => {
    const agent = await phone();
    const { callId, far, call } = await talking(agent);
    pbx.dropSockets();
    await agent.until('registration', ({ reason }) => reason?.code === 'unreachable');
    far.hangUp();
    await call.ended;
    await pbx.waitForRegistration('101', 2);
    expect((await agent.until('ended')).cause).toEqual({ by: 'network', how: 'failed', status: 481 });
    expect(story(agent, callId)).toEqual(['ringing', 'answered', 'ended network failed']);
  });
});

describe('a call that is over leaves nothing behind', () => {
  /** How many objects of these classes live in the page, whoever holds them. */
  async function census(agent: OpenedPhone): Promise<(classes: readonly string[]) => Promise<Record<string, number>>> {
    const devtools = await agent.page.context().newCDPSession(agent.page);
    return async (classes) => {
      // Peer connections go in two steps: the object, then what it held.
      for (let i = 0; i < 2; i += 1) await devtools.send('HeapProfiler.collectGarbage');
      const counts: Record<string, number> = {};
      for (const name of classes) {
        const { result } = await devtools.send('Runtime.evaluate', { expression: `${name}.prototype` });
        const { objects } = await devtools.send('Runtime.queryObjects', { prototypeObjectId: result.objectId ?? '' });
        const { result: length } = await devtools.send('Runtime.callFunctionOn', {
          objectId: objects.objectId ?? '',
          functionDeclaration: 'function () { return this.length; }',
        });
        counts[name] = Number(length.value);
        for (const { objectId } of [result, objects])
          await devtools.send('Runtime.releaseObject', { objectId: objectId ?? '' });
      }
      return counts;
    };
  }
  const MEDIA = ['RTCPeerConnection', 'RTCRtpSender', 'MediaStreamTrack', 'HTMLAudioElement', 'AudioBufferSourceNode'];
  /** What is kept of a call has sets of its own; SIP itself remembers one for 32 s (timer L of RFC 6026). */
  const KEPT = ['Set', 'Map'];

  test('not its audio, at once; not what is known of it, once SIP has forgotten it', async () => {
    const agent = await phone();
    pbx.callee('+18305550166', { kind: 'busy' });
    const round = async () => {
      const ofFar = await talking(agent);
      ofFar.far.hangUp();
      await agent.until('ended', ({ callId }) => callId === ofFar.callId);
      const ofOurs = await talking(agent);
      await agent.command({ kind: 'hang-up', callId: ofOurs.callId });
      await agent.until('ended', ({ callId }) => callId === ofOurs.callId);
      for (const end of ['cancel', 'decline'] as const) {
        const call = pbx.call({ from: CUSTOMER, to: '101', script: { kind: 'talk' } });
        const { callId } = await agent.until('ringing', (event) => event.callId === call.callId);
        if (end === 'cancel') call.cancel();
        else await agent.command({ kind: 'decline', callId });
        await agent.until('ended', (event) => event.callId === callId);
      }
      const already = agent.events.length;
      await agent.command({ kind: 'dial', target: '+18305550166' });
      await agent.until('ended', (event) => event.direction === 'outbound' && agent.events.indexOf(event) >= already);
    };
    const count = await census(agent);
    const before = await count(KEPT);
    for (let i = 0; i < 4; i += 1) await round();
    await eventually('the audio of all calls is gone', async () => {
      expect(Object.entries(await count(MEDIA)).filter(([, left]) => left > 0)).toEqual([]);
      return true;
    });
    await eventually(
      'nothing is known of them any more',
      async () => {
        expect(await count(KEPT)).toEqual(before);
        return true;
      },
      60_000,
    );
  });
});
