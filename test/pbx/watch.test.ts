/** The watch on a desk phone: the phone page in Chromium, Kamailio's presence, baresip on the desks, sipp as the carrier. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { dispositionOf, durationsOf, type Call } from '../../app/calls/call.ts';
import { emptyBook, fold } from '../../app/calls/call-book.ts';
import { isCallEvent } from '../../app/calls/call-event.ts';
import type { CallEvent, PhoneEvent } from '../../app/calls/phone-event.ts';
import { attribute, nothingKnown, watchTold } from '../../app/calls/same-call.ts';
import { eventually } from '../e2e/support/eventually.ts';
import { startPhonePages, type OpenedPhone, type PhonePages } from '../e2e/support/phone-page.ts';
import type { DeskPhone } from './support/baresip.ts';
import { missingPresence } from './support/kamailio.ts';
import { missingPbxPrograms, startPbxStack, type PbxStack } from './support/stack.ts';
import { english } from '../english.ts';

const missing = missingPbxPrograms() ?? missingPresence();
/** What a NOTIFY may take from the phone's message to our event, milliseconds. */
const PROMPT_MS = 1500;

describe.skipIf(missing !== null)(`a desk phone that is watched${missing === null ? '' : ` (${missing})`}`, () => {
  let pages: PhonePages;
  let pbx: PbxStack;
  let desk: DeskPhone;
  let caller: DeskPhone;
  let phone: OpenedPhone;

  beforeAll(async () => {
    pages = await startPhonePages();
  }, 60_000);
  afterAll(() => pages.close());

  beforeEach(async () => {
    pbx = await startPbxStack({ presence: true });
    desk = await pbx.deskPhone('102', 'manual');
    caller = await pbx.deskPhone('100', 'manual');
    phone = await pages.registered({
      servers: [pbx.wsUrl],
      uri: `sip:101@${pbx.domain}`,
      authorizationUser: '101',
      password: pbx.users.find(({ user }) => user === '101')?.password ?? '',
      watch: ['102'],
    });
    await phone.until('watch', ({ state }) => state === 'watching');
  }, 60_000);
  afterEach(async () => {
    await phone.close();
    await pbx.close();
  });

  const told = () =>
    phone.events.filter((event): event is CallEvent => 'source' in event && event.source === 'watched');

  test('rings, is answered and hung up on the desk: as its own calls, with the right times', async () => {
    const placed = Date.now();
    await caller.command('dial', `sip:102@${pbx.domain}`);
    const ringing = await phone.until('ringing');
    expect(ringing).toMatchObject({
      source: 'watched',
      direction: 'inbound',
      local: { user: '102' },
      remote: { user: '100' },
    });
    expect(ringing.wall - placed).toBeLessThan(PROMPT_MS);

    await desk.waitFor('CALL_INCOMING');
    await desk.command('accept');
    const established = await desk.waitFor('CALL_ESTABLISHED').then(() => Date.now());
    const answered = await phone.until('answered');
    expect(answered).toMatchObject({ source: 'watched', callId: ringing.callId });
    expect(Math.abs(answered.wall - established)).toBeLessThan(PROMPT_MS);

    const hungUp = Date.now();
    await desk.command('hangup');
    const ended = await phone.until('ended');
    expect(ended).toMatchObject({ source: 'watched', callId: ringing.callId, cause: { how: 'bye' } });
    expect(ended.wall - hungUp).toBeLessThan(PROMPT_MS);
    expect(told().map(({ kind }) => kind)).toEqual(['ringing', 'answered', 'ended']);
  }, 30_000);

  test('rings and is taken back: missed, and the next call is another one', async () => {
    for (const count of [1, 2]) {
      await caller.command('dial', `sip:102@${pbx.domain}`);
      await phone.until('ringing', () => told().filter(({ kind }) => kind === 'ringing').length === count);
      await caller.command('hangup');
      await phone.until('ended', () => told().filter(({ kind }) => kind === 'ended').length === count);
    }
    const [first, second] = [told()[0]?.callId, told()[2]?.callId];
    expect(first).not.toBe(second);
    expect(told().map(({ kind, callId }) => [kind, callId])).toEqual([
      ['ringing', first],
      ['ended', first],
      ['ringing', second],
      ['ended', second],
    ]);
    expect(told()[1]).toMatchObject({ cause: { how: 'cancel' } });
  }, 30_000);

  test('dials out: seen from the first INVITE to the end', async () => {
    await pbx.farEnd.answers('95551234', { ringMs: 200 });
    await desk.command('dial', `sip:95551234@${pbx.domain}`);
    const dialling = await phone.until('dialling');
    expect(dialling).toMatchObject({ source: 'watched', direction: 'outbound', remote: { user: '95551234' } });
    await phone.until('answered', ({ callId }) => callId === dialling.callId);
    await desk.command('hangup');
    const ended = await phone.until('ended', ({ callId }) => callId === dialling.callId);
    expect(ended.cause.how).toBe('bye');
  }, 30_000);

  test('is watched again after the connection was lost, and a call that went on meanwhile goes on', async () => {
    await caller.command('dial', `sip:102@${pbx.domain}`);
    await desk.waitFor('CALL_INCOMING');
    await desk.command('accept');
    await phone.until('answered');
    await phone.command({ kind: 'reconnect' });
    await phone.until('watch', ({ state }) => state === 'retrying');
    await phone.until('watch', ({ state, monotonic }) => state === 'watching' && monotonic > lost());
    await desk.command('hangup');
    const ended = await phone.until('ended');
    expect(ended).toMatchObject({ callId: told()[0]?.callId, cause: { how: 'bye' } });
    expect(told().map(({ kind }) => kind)).toEqual(['ringing', 'answered', 'ended']);
  }, 30_000);

  const lost = () =>
    phone.events.findLast((event) => event.kind === 'watch' && event.state === 'retrying')?.monotonic ?? 0;
});

describe.skipIf(missing !== null)(
  `a person with a phone here and one on the desk${missing === null ? '' : ` (${missing})`}`,
  () => {
    let pages: PhonePages;
    let pbx: PbxStack;
    let desk: DeskPhone;
    let caller: DeskPhone;
    let phone: OpenedPhone;

    beforeAll(async () => {
      pages = await startPhonePages();
    }, 60_000);
    afterAll(() => pages.close());

    beforeEach(async () => {
      pbx = await startPbxStack({ presence: true, media: true });
      desk = await pbx.deskPhone('101', 'manual');
      caller = await pbx.deskPhone('100', 'manual');
      phone = await pages.registered({
        servers: [pbx.wsUrl],
        uri: `sip:101@${pbx.domain}`,
        authorizationUser: '101',
        password: pbx.users.find(({ user }) => user === '101')?.password ?? '',
        watch: ['101'],
      });
      await phone.until('watch', ({ state }) => state === 'watching');
      await caller.command('dial', `sip:101@${pbx.domain}`);
      await phone.until('ringing', ({ source }) => source === 'phone');
      await phone.until('ringing', ({ source }) => source === 'watched');
      await desk.waitFor('CALL_INCOMING');
    }, 60_000);
    afterEach(async () => {
      await phone.close();
      await pbx.close();
    });

    const everyEnd = () => phone.events.filter(({ kind }) => kind === 'ended').length;

    test('answers on the desk: one call, answered, with its talk time', async () => {
      await desk.command('accept');
      const answered = await phone.until('answered', ({ source }) => source === 'watched');
      const cancelled = await phone.until('ended', ({ source }) => source === 'phone');
      expect(cancelled.cause.how).toBe('cancel');
      await caller.command('hangup');
      const ended = await phone.until('ended', ({ source }) => source === 'watched');
      const { opened, completed } = asMain(phone.events);
      expect([opened, completed.length]).toEqual([1, 1]);
      expect(completed.map((call) => [call.source, dispositionOf(call)])).toEqual([['watched', 'answered']]);
      expect(completed.map((call) => durationsOf(call).talkSeconds)).toEqual([
        Math.round((ended.monotonic - answered.monotonic) / 1000),
      ]);
    }, 30_000);

    test('answers here: one call, and the watch only mirrors it', async () => {
      const { callId } = await phone.until('ringing', ({ source }) => source === 'phone');
      await phone.command({ kind: 'answer', callId });
      await phone.until('answered', ({ source }) => source === 'phone');
      await phone.until('answered', ({ source }) => source === 'watched');
      await phone.command({ kind: 'hang-up', callId });
      await eventually('both ends', () => everyEnd() === 2);
      const { opened, completed } = asMain(phone.events);
      expect(opened).toBe(1);
      expect(completed.map((call) => [call.source, dispositionOf(call)])).toEqual([['phone', 'answered']]);
    }, 30_000);

    test('misses it on both: one call, missed', async () => {
      await caller.command('hangup');
      await eventually('both ends', () => everyEnd() === 2);
      const { opened, completed } = asMain(phone.events);
      expect(opened).toBe(1);
      expect(completed.map((call) => dispositionOf(call))).toEqual(['missed']);
    }, 30_000);
  },
);

describe.skipIf(missing !== null)(`a desk phone that is asked to${missing === null ? '' : ` (${missing})`}`, () => {
  let pages: PhonePages;
  let pbx: PbxStack;
  let phone: OpenedPhone;
  let target: DeskPhone;

  beforeAll(async () => {
    pages = await startPhonePages();
  }, 60_000);
  afterAll(() => pages.close());
  afterEach(async () => {
    await phone.close();
    await pbx.close();
  });

  const start = async (deskPhone: 'refer' | 'ring-first') => {
    pbx = await startPbxStack({ presence: true, media: true });
    await pbx.deskPhone('102', 'auto');
    target = await pbx.deskPhone('100', 'auto');
    phone = await pages.registered({
      servers: [pbx.wsUrl],
      uri: `sip:101@${pbx.domain}`,
      authorizationUser: '101',
      password: pbx.users.find(({ user }) => user === '101')?.password ?? '',
      watch: ['102'],
      deskPhone,
    });
    await phone.until('watch', ({ state }) => state === 'watching');
    await phone.command({ kind: 'dial-on-desk-phone', extension: '102', target: '100' });
  };

  test('dial is called first and sent on: its call is seen, and is none of ours', async () => {
    await start('ring-first');
    await target.waitFor('CALL_ESTABLISHED');
    await phone.until('desk-phone', ({ state }) => state === 'done');
    const dialling = await phone.until('dialling');
    expect(dialling).toMatchObject({ source: 'watched', local: { user: '102' }, remote: { user: '100' } });
    await phone.until('answered', ({ callId }) => callId === dialling.callId);
    await target.command('hangup');
    await phone.until('ended', ({ callId }) => callId === dialling.callId);
    // Neither our own call to the desk phone nor its side of it is a call of the agent.
    expect(new Set(phone.events.filter(isCallEvent).map(({ callId }) => callId))).toEqual(new Set([dialling.callId]));
  }, 60_000);

  test('dial by REFER, and hang up by Replaces, which it does not know: told in plain words', async () => {
    await start('refer');
    const dial = await phone.until('desk-phone', ({ state }) => state === 'refused');
    expect(english(dial.detail)).toMatch(
      /^The phone system does not let Ringside dial for the desk phone 102 \(\d{3} /,
    );
    await target.command('dial', `sip:102@${pbx.domain}`);
    const { callId } = await phone.until('answered');
    await phone.command({ kind: 'hang-up', callId });
    const hangUp = await phone.until('desk-phone', ({ wish, state }) => wish === 'hang-up' && state === 'refused');
    expect(english(hangUp.detail)).toMatch(
      /^The phone system does not let Ringside hang up for the desk phone 102 \(\d{3} /,
    );
    expect(phone.events.filter(isCallEvent).map(({ kind }) => kind)).toEqual(['ringing', 'answered']);
  }, 60_000);
});

/** What main makes of the phone's events: how many calls began, and those that are over. */
function asMain(events: readonly PhoneEvent[]): { opened: number; completed: Call[] } {
  let sameCall = nothingKnown;
  let book = emptyBook;
  let opened = 0;
  const completed: Call[] = [];
  for (const event of events) {
    if (event.kind === 'watch') sameCall = watchTold(sameCall, event);
    if (!isCallEvent(event)) continue;
    const step = attribute(sameCall, event, { country: 'US', internalDigits: 6 });
    sameCall = step.state;
    for (const each of step.events) {
      const folded = fold(book, each, () => `r-${opened}`);
      book = folded.book;
      if (folded.change.kind === 'opened') opened++;
      if (folded.change.kind === 'completed') completed.push(folded.change.call);
    }
  }
  return { opened, completed };
}
