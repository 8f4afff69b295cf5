import { SessionState } from 'sip.js';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { SILENCE } from '../../../../sandbox/pbx/audio.ts';
import {
  startPbx,
  type CallFacts,
  type MessageFact,
  type Pbx,
  type RefusedFact,
} from '../../../../sandbox/pbx/index.ts';
import { Phone, reached } from './phone.ts';

let pbx: Pbx;
let phones: Phone[];
let messages: MessageFact[];
let refused: RefusedFact[];

beforeEach(async () => {
  phones = [];
  messages = [];
  refused = [];
  pbx = await startPbx({
    domain: 'pbx.sandbox.test',
    extensions: [
      { user: '101', password: 'secret-101', displayName: 'Ana' },
      { user: '102', password: 'secret-102', displayName: 'Bruno' },
    ],
    ringGroups: [{ user: '600', members: ['101', '102'] }],
  });
  pbx.on('message', (fact) => messages.push(fact));
  pbx.on('refused', (fact) => refused.push(fact));
});

afterEach(async () => {
  await pbx.close();
  await Promise.all(phones.map((phone) => phone.stop()));
});

const phone = (user: string, password: string, instanceId?: string): Phone => {
  const made = new Phone(pbx, user, password, instanceId === undefined ? {} : { instanceId });
  phones.push(made);
  return made;
};

const agent = async (user = '101'): Promise<Phone> => {
  const made = phone(user, `secret-${user}`);
  expect(await made.register()).toBe(200);
  return made;
};

const sent = (direction: 'in' | 'out', method: string, status?: number): MessageFact[] =>
  messages.filter((fact) => fact.direction === direction && fact.method === method && fact.status === status);

const caller = { user: '+13055550123', displayName: 'Carla' };

describe('registration', () => {
  test('the right password registers, a second REGISTER refreshes, unregistering removes', async () => {
    const changes: string[] = [];
    pbx.on('registration', ({ change }) => changes.push(change));
    const ana = phone('101', 'secret-101');
    const known = pbx.waitForRegistration('101');
    expect(pbx.registered('101')).toBe(false);
    expect(await ana.register()).toBe(200);
    await known;
    expect(pbx.registered('101')).toBe(true);
    expect(await ana.register()).toBe(200);
    const gone = new Promise<void>((resolve) => {
      pbx.on('registration', ({ change }) => change === 'removed' && resolve());
    });
    await ana.registerer.unregister();
    await gone;
    expect(pbx.registered('101')).toBe(false);
    expect(changes).toEqual(['added', 'refreshed', 'removed']);
  });

  test('a wrong password and an unknown extension are refused with 401', async () => {
    expect(await phone('101', 'wrong').register()).toBe(401);
    expect(await phone('999', 'secret-101').register()).toBe(401);
    expect(pbx.registered('101')).toBe(false);
    expect(refused.map((fact) => fact.reason)).toEqual([
      'wrong credentials for REGISTER',
      'wrong credentials for REGISTER',
    ]);
  });

  test('a dropped socket ends the registration; a new one replaces it and is reached', async () => {
    const ana = await agent();
    const lost = new Promise<void>((resolve) => {
      pbx.on('registration', ({ change }) => change === 'lost' && resolve());
    });
    const disconnected = new Promise<void>((resolve) => {
      ana.agent.delegate = { ...ana.agent.delegate, onDisconnect: () => resolve() };
    });
    pbx.dropSockets();
    await Promise.all([lost, disconnected]);
    expect(pbx.registered('101')).toBe(false);
    const again = pbx.waitForRegistration('101', 2);
    expect(await ana.register()).toBe(200);
    await again;
    const call = pbx.call({ from: caller, to: '101', script: { kind: 'give up', ringMs: 10 } });
    await ana.rung();
    expect((await call.ended).status).toBe(487);
  });

  test('the same instance on another socket replaces its binding: one INVITE rings, not two', async () => {
    const instance = '6a7bb1d7-5c1f-4f0e-9d47-0f8f3f3b9a01';
    expect(await phone('101', 'secret-101', instance).register()).toBe(200);
    const second = phone('101', 'secret-101', instance);
    expect(await second.register()).toBe(200);
    const call = pbx.call({ from: caller, to: '101', script: { kind: 'give up', ringMs: 10 } });
    await second.rung();
    await call.ended;
    expect(sent('out', 'INVITE')).toHaveLength(1);
  });
});

describe('inbound calls', () => {
  test('audio flows both ways, and the BYE of the caller says where the recording is', async () => {
    const ana = await agent();
    const call = pbx.call({ from: caller, to: '101', script: { kind: 'talk', talkMs: 1_500 } });
    const invitation = await ana.rung();
    expect(invitation.remoteIdentity.displayName).toBe('Carla');
    expect(await call.ringing).toBe(true);
    const bye = Promise.withResolvers<{ recording: string | undefined; reason: string | undefined }>();
    await ana.answer(invitation, {
      onBye: (request) => {
        bye.resolve({
          recording: request.request.getHeader('X-Recording-URL'),
          reason: request.request.getHeader('Reason'),
        });
        void request.accept();
      },
    });
    expect(await call.answered).toBe(true);
    const facts = await call.ended;
    const said = await bye.promise;
    const heard = await ana.media?.facts;

    expect(facts).toMatchObject({ status: 200, hungUpBy: 'caller', from: '+13055550123', to: '101' });
    expect(facts.talkMs).toBeGreaterThanOrEqual(1_450);
    expect(facts.audio.packetsReceived).toBeGreaterThan(10);
    expect(facts.audio.packetsSent).toBeGreaterThan(10);
    expect(facts.audio.heardMs).toBeGreaterThan(300);
    expect(facts.audio.heardLevel).toBeGreaterThan(SILENCE);
    expect(heard?.heardMs).toBeGreaterThan(300);
    expect(heard?.heardLevel).toBeGreaterThan(SILENCE);
    expect(said.reason).toContain('Q.850;cause=16');
    expect(said.recording).toBe(facts.recordingUrl);

    const whole = await fetch(facts.recordingUrl ?? '');
    const file = Buffer.from(await whole.arrayBuffer());
    expect(whole.headers.get('accept-ranges')).toBe('bytes');
    expect(file.subarray(0, 4).toString()).toBe('RIFF');
    const seconds = (file.length - 44) / 2 / 8_000;
    expect(seconds).toBeGreaterThan(1.2);
    expect(seconds).toBeLessThan(2.5);
    const part = await fetch(facts.recordingUrl ?? '', { headers: { Range: 'bytes=8-11' } });
    expect(part.status).toBe(206);
    expect(part.headers.get('content-range')).toBe(`bytes 8-11/${file.length}`);
    expect(await part.text()).toBe('WAVE');
    expect((await fetch(facts.recordingUrl ?? '', { headers: { Range: `bytes=${file.length}-` } })).status).toBe(416);
  });

  test('when the agent hangs up, the 200 to BYE says where the recording is', async () => {
    const ana = await agent();
    const call = pbx.call({ from: caller, to: '101', script: { kind: 'talk' } });
    const invitation = await ana.rung();
    await ana.answer(invitation);
    await call.answered;
    const address = await new Promise<string | undefined>((resolve, reject) => {
      invitation
        .bye({ requestDelegate: { onAccept: ({ message }) => resolve(message.getHeader('X-Recording-URL')) } })
        .catch(reject);
    });
    const facts = await call.ended;
    expect(facts.hungUpBy).toBe('callee');
    expect(address).toBe(facts.recordingUrl);
    expect((await fetch(address ?? '')).status).toBe(200);
  });

  test('a caller who gives up cancels the ringing phone, with no Reason', async () => {
    const ana = await agent();
    const call = pbx.call({ from: caller, to: '101', script: { kind: 'give up', ringMs: 50 } });
    const invitation = await ana.rung();
    const reason = new Promise<string | undefined>((resolve) => {
      invitation.delegate = { onCancel: (cancel) => resolve(cancel.request.getHeader('Reason')) };
    });
    expect(await reason).toBeUndefined();
    const facts = await call.ended;
    expect(facts).toMatchObject({ status: 487, talkMs: 0, hungUpBy: undefined, recordingUrl: undefined });
    expect(await call.answered).toBe(false);
  });

  test.each([
    ['sip', 'SIP;cause=200;text="Call completed elsewhere"'],
    ['q850', 'Q.850;cause=26;text="Non-selected user clearing"'],
    ['none', undefined],
  ] as const)('answered elsewhere, told by %s', async (reason, expected) => {
    const ana = await agent();
    const script = { kind: 'answered elsewhere', afterMs: 100, reason } as const;
    const call = pbx.call({ from: caller, to: '101', script });
    const invitation = await ana.rung();
    const header = await new Promise<string | undefined>((resolve) => {
      invitation.delegate = { onCancel: (cancel) => resolve(cancel.request.getHeader('Reason')) };
    });
    expect(header).toBe(expected);
    expect(await call.ended).toMatchObject({ status: 200, hungUpBy: 'callee' });
  });

  test('a ring group rings every member; who answers takes it from the others', async () => {
    const [ana, bruno] = await Promise.all([agent('101'), agent('102')]);
    const call = pbx.call({ from: caller, to: '600', script: { kind: 'talk', talkMs: 200 } });
    const [atAna, atBruno] = await Promise.all([ana.rung(), bruno.rung()]);
    const cancelled = new Promise<string | undefined>((resolve) => {
      atBruno.delegate = { onCancel: (cancel) => resolve(cancel.request.getHeader('Reason')) };
    });
    await ana.answer(atAna);
    expect(await cancelled).toBe('SIP;cause=200;text="Call completed elsewhere"');
    expect((await call.ended).status).toBe(200);
  });

  test('the agent is busy, declines, or is not there', async () => {
    const ana = await agent();
    const busy = pbx.call({ from: caller, to: '101', script: { kind: 'talk' } });
    await (await ana.rung()).reject({ statusCode: 486 });
    expect((await busy.ended).status).toBe(486);
    const declined = pbx.call({ from: caller, to: '101', script: { kind: 'talk' } });
    await (await ana.rung()).reject({ statusCode: 603 });
    expect((await declined.ended).status).toBe(603);
    expect((await pbx.call({ from: caller, to: '102', script: { kind: 'talk' } }).ended).status).toBe(480);
    expect((await pbx.call({ from: caller, to: '555', script: { kind: 'talk' } }).ended).status).toBe(404);
    // 480 and 404 are given without a fork; the ACKs to 486, 603 and to our own 480 and 404 end in the proxy.
    expect(sent('out', 'INVITE')).toHaveLength(2);
    expect(sent('out', 'ACK')).toHaveLength(2);
    expect(sent('in', 'ACK')).toHaveLength(4);
    expect(refused).toEqual([]);
  });

  test('more headers and a tel: From pass through untouched', async () => {
    await agent();
    const call = pbx.call({
      from: { user: 'tel:+13055550123', displayName: 'Carla' },
      to: '101',
      headers: { 'P-Asserted-Identity': '"Carla" <tel:+13055550123>', Diversion: '<sip:600@pbx.sandbox.test>' },
      script: { kind: 'give up', ringMs: 1 },
    });
    // SIP.js on the phone drops such an INVITE unheard, so what went out to it is looked at.
    const invite = await new Promise<MessageFact>((resolve) => {
      pbx.on(
        'message',
        (fact) => fact.direction === 'out' && fact.method === 'INVITE' && fact.status === undefined && resolve(fact),
      );
    });
    expect(invite.text).toMatch(/^From: "Carla" <tel:\+13055550123>;tag=/m);
    expect(invite.text).toContain('P-Asserted-Identity: "Carla" <tel:+13055550123>\r\n');
    expect(invite.text).toContain('Diversion: <sip:600@pbx.sandbox.test>\r\n');
    expect(call.callId).toBe(invite.callId);
    // Answers find their way back to such a caller.
    const unknown = pbx.call({ from: { user: 'tel:+13055550123' }, to: '555', script: { kind: 'talk' } });
    expect((await unknown.ended).status).toBe(404);
  });

  test('an agent that never answers: the caller gets 408 and the phone a CANCEL', async () => {
    await pbx.close();
    pbx = await startPbx({
      domain: 'pbx.sandbox.test',
      extensions: [{ user: '101', password: 'secret-101', displayName: 'Ana' }],
      ringTimeoutMs: 100,
    });
    const ana = await agent();
    const call = pbx.call({ from: caller, to: '101', script: { kind: 'talk' } });
    const invitation = await ana.rung();
    expect((await call.ended).status).toBe(408);
    await reached(invitation, SessionState.Terminated);
  });

  test('a call survives the socket: the BYE finds the phone on its new one', async () => {
    const ana = await agent();
    const call = pbx.call({ from: caller, to: '101', script: { kind: 'talk' } });
    const invitation = await ana.rung();
    await ana.answer(invitation);
    await call.answered;
    const disconnected = new Promise<void>((resolve) => {
      ana.agent.delegate = { ...ana.agent.delegate, onDisconnect: () => resolve() };
    });
    pbx.dropSockets();
    await disconnected;
    expect(await ana.register()).toBe(200);
    call.hangUp();
    await reached(invitation, SessionState.Terminated);
    expect((await call.ended).hungUpBy).toBe('caller');
  });
});

describe('outbound calls', () => {
  const calleeFacts = (): Promise<CallFacts> =>
    new Promise((resolve) => {
      pbx.on('call', (facts) => facts.role === 'callee' && resolve(facts));
    });

  test('a number that answers: audio both ways, hung up by the callee with the recording', async () => {
    pbx.callee(/^\+1305/, { kind: 'answer', ringMs: 50, talkMs: 1_000 });
    const ana = await agent();
    const ended = calleeFacts();
    const recording = Promise.withResolvers<string | undefined>();
    const { status } = ana.dial(pbx, '+13055550199', {
      onBye: (bye) => {
        recording.resolve(bye.request.getHeader('X-Recording-URL'));
        void bye.accept();
      },
    });
    expect(await status).toBe(200);
    const facts = await ended;
    expect(facts).toMatchObject({ from: '101', to: '+13055550199', hungUpBy: 'callee', status: 200 });
    expect(facts.audio.heardMs).toBeGreaterThan(200);
    expect((await ana.media?.facts)?.heardMs).toBeGreaterThan(200);
    expect(await recording.promise).toBe(facts.recordingUrl);
    // Our own 407 was answered by an ACK that went no further.
    expect(sent('out', 'INVITE', 407)).toHaveLength(1);
    expect(sent('in', 'ACK')).toHaveLength(2);
    expect(sent('out', 'ACK')).toHaveLength(1);
  });

  test('busy, declined, unknown, and one that rings until the agent cancels', async () => {
    pbx.callee('1001', { kind: 'busy' });
    pbx.callee('1002', { kind: 'decline', ringMs: 10 });
    pbx.callee('1003', { kind: 'ring for ever' });
    pbx.callee('1004', { kind: 'not found' });
    const ana = await agent();
    expect(await ana.dial(pbx, '1001').status).toBe(486);
    expect(await ana.dial(pbx, '1002').status).toBe(603);
    expect(await ana.dial(pbx, '1004').status).toBe(404);
    expect(await ana.dial(pbx, '1009').status).toBe(404);
    const ringing = new Promise<void>((resolve) => {
      pbx.on('message', (fact) => fact.direction === 'out' && fact.status === 180 && resolve());
    });
    const ended = calleeFacts();
    const { session, status } = ana.dial(pbx, '1003');
    await ringing;
    await session.cancel();
    expect(await status).toBe(487);
    expect((await ended).status).toBe(487);
  });

  test('agent to agent: dialog-forming responses, INFO and BYE go from phone to phone', async () => {
    const [ana, bruno] = await Promise.all([agent('101'), agent('102')]);
    const { session, status } = ana.dial(pbx, '102');
    const invitation = await bruno.rung();
    const info = Promise.withResolvers<string>();
    await bruno.answer(invitation, {
      onInfo: ({ request, ...rest }) => {
        info.resolve(request.body);
        return rest;
      },
    });
    expect(await status).toBe(200);
    await reached(session, SessionState.Established);
    const body = { contentDisposition: 'render', contentType: 'application/dtmf-relay', content: 'Signal=5' };
    await session.info({ requestOptions: { body } });
    expect(await info.promise).toBe('Signal=5');
    await session.bye();
    await reached(invitation, SessionState.Terminated);
  });
});

test('close() ends calls that are up and leaves nothing that answers', async () => {
  const ana = await agent();
  const call = pbx.call({ from: caller, to: '101', script: { kind: 'talk' } });
  const invitation = await ana.rung();
  await ana.answer(invitation);
  await call.answered;
  const address = pbx.url.replace('ws:', 'http:');
  await pbx.close();
  expect((await call.ended).status).toBe(200);
  await expect(fetch(address)).rejects.toThrow();
});
