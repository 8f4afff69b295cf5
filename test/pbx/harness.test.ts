/** The telephone laboratory itself, with parts that nobody here wrote and without Ringside. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { SessionState } from 'sip.js';
import { eventually } from '../e2e/support/eventually.ts';
import { startSipPhone } from './support/sip-phone.ts';
import type { SipPhone } from './support/sip-phone.ts';
import { missingPbxPrograms, startPbxStack } from './support/stack.ts';
import type { PbxStack } from './support/stack.ts';

const missing = missingPbxPrograms();
// Where nothing may be missing, a stack that cannot start fails; elsewhere it is a skip that says why.
const runs = missing === null || process.env['CI'] === 'true';

describe.skipIf(!runs)(`the PBX of real parts${missing === null ? '' : ` (${missing})`}`, () => {
  let pbx: PbxStack;
  let undo: (() => Promise<void>)[];
  beforeEach(async () => {
    undo = [];
    pbx = await startPbxStack();
    undo.push(pbx.close);
  });
  afterEach(async () => {
    for (const step of undo.reverse()) await step();
  });

  async function phone(user: string, over: 'ws' | 'wss' = 'ws'): Promise<SipPhone> {
    const password = pbx.users.find((known) => known.user === user)?.password ?? '';
    const started = await startSipPhone({
      ...(over === 'ws' ? { server: pbx.wsUrl } : { server: pbx.wssUrl, caPem: pbx.caPem }),
      user,
      password,
      domain: pbx.domain,
    });
    undo.push(started.close);
    return started;
  }
  const received = (messages: readonly { direction: string; text: string }[]) =>
    messages.filter(({ direction }) => direction === 'received').map(({ text }) => text.split(/\r?\n/)[0]);

  test.for(['ws', 'wss'] as const)('a phone registers over %s', async (over) => {
    expect(await pbx.registered('100')).toEqual([]);
    await (await phone('100', over)).register();
    expect(await pbx.registered('100')).toHaveLength(1);
  });

  test('a certificate by an authority that is not trusted is refused, and so is a wrong password', async () => {
    await expect(
      startSipPhone({ server: pbx.wssUrl, user: '100', password: 'x', domain: pbx.domain }),
    ).rejects.toThrow();
    const intruder = await startSipPhone({ server: pbx.wsUrl, user: '100', password: 'wrong', domain: pbx.domain });
    undo.push(intruder.close);
    await expect(intruder.register()).rejects.toThrow('401');
    expect(await pbx.registered('100')).toEqual([]);
  });

  test('a call from the carrier is answered, and the caller hangs up with a reason and a recording', async () => {
    const agent = await phone('100', 'wss');
    await agent.register();
    const carrier = await pbx.inbound.answered('100', { talkMs: 50, recordingUrl: 'https://pbx.test/rec/1.wav' });
    const { call } = await agent.nextCall();
    expect(call.request.callId).toBe(carrier.callId);
    expect(call.remoteIdentity.uri.user).toBe('+18305703077');
    await call.accept();
    const bye = Promise.withResolvers<[string | undefined, string | undefined]>();
    call.delegate = {
      onBye: (request) => {
        void request.accept();
        bye.resolve([request.request.getHeader('Reason'), request.request.getHeader('X-Recording-URL')]);
      },
    };

    expect(await bye.promise).toEqual(['Q.850;cause=16;text="Normal call clearing"', 'https://pbx.test/rec/1.wav']);
    const { exitCode, messages, errors } = await carrier.done;
    expect(errors).toBe('');
    expect(exitCode).toBe(0);
    expect(received(messages)).toContain('SIP/2.0 200 OK');
  });

  test('a call from the carrier is answered, and the phone hangs up', async () => {
    const agent = await phone('100');
    await agent.register();
    const carrier = await pbx.inbound.answered('100');
    const { call } = await agent.nextCall();
    await call.accept();
    await call.bye();
    const { exitCode, messages } = await carrier.done;
    expect(exitCode).toBe(0);
    expect(received(messages).at(-1)).toMatch(/^BYE /);
  });

  test('a call that nobody takes is cancelled without a reason, one taken elsewhere says so', async () => {
    const agent = await phone('100');
    await agent.register();
    const missed = await pbx.inbound.missed('100', { ringMs: 50 });
    expect(await (await agent.nextCall()).cancelled).toBe('');
    expect((await missed.done).exitCode).toBe(0);

    const elsewhere = await pbx.inbound.elsewhere('100', { ringMs: 50 });
    expect(await (await agent.nextCall()).cancelled).toBe('SIP;cause=200;text="Call completed elsewhere"');
    expect((await elsewhere.done).exitCode).toBe(0);
  });

  test('a phone that declines is heard by the carrier, and what was not expected fails', async () => {
    const agent = await phone('100');
    await agent.register();
    const refused = await pbx.inbound.refused('100', { status: 603 });
    await (await agent.nextCall()).call.reject({ statusCode: 603 });
    expect((await refused.done).exitCode).toBe(0);

    const wrong = await pbx.inbound.answered('100', { talkMs: 10 });
    await (await agent.nextCall()).call.reject({ statusCode: 486 });
    const { exitCode, errors } = await wrong.done;
    expect(exitCode).not.toBe(0);
    expect(errors).toContain('486');
  });

  test('a call to a far end that answers is established, and ends by either side', async () => {
    const agent = await phone('100');
    await agent.register();
    const ours = await pbx.farEnd.answers('9001', { ringMs: 20 });
    await (await agent.dial('9001')).bye();
    expect(await ours.done).toMatchObject({ exitCode: 0, errors: '' });

    const theirs = await pbx.farEnd.answers('+15550001', { talkMs: 50, recordingUrl: 'https://pbx.test/rec/2.wav' });
    const call = await agent.dial('+15550001');
    await eventually('the far end hung up', () => call.state === SessionState.Terminated);
    expect(await theirs.done).toMatchObject({ exitCode: 0, errors: '' });
  });

  test('a far end is busy, or rings until the caller gives up', async () => {
    const agent = await phone('100');
    await agent.register();
    const busy = await pbx.farEnd.busy('9002');
    await expect(agent.dial('9002')).rejects.toThrow('486');
    expect((await busy.done).exitCode).toBe(0);
    await expect(agent.dial('9003')).rejects.toThrow('480');

    const ringing = await pbx.farEnd.rings('9003');
    await expect(agent.dial('9003', { giveUpWhenRinging: true })).rejects.toThrow('487');
    expect(await ringing.done).toMatchObject({ exitCode: 0, errors: '' });
  });

  test('a desk phone takes the call of the ring group, and the other phone hears that it was taken elsewhere', async () => {
    const agent = await phone('100');
    await agent.register();
    const desk = await pbx.deskPhone('101', 'manual');
    const calling = await pbx.deskPhone('102', 'manual');
    await calling.command('dial', `sip:${pbx.ringGroup}@${pbx.domain}`);
    const { cancelled } = await agent.nextCall();
    await desk.waitFor('CALL_INCOMING');
    await desk.command('accept');

    expect(await cancelled).toMatch(/^SIP;cause=200/);
    await calling.waitFor('CALL_ESTABLISHED');
    await calling.command('hangup');
    await desk.waitFor('CALL_CLOSED');
  });

  test('two stacks run beside each other', async () => {
    const other = await startPbxStack();
    undo.push(other.close);
    await (await phone('100')).register();
    expect(await pbx.registered('100')).toHaveLength(1);
    expect(await other.registered('100')).toEqual([]);
  });
});
