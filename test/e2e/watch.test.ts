/** The watch on desk phones and what is asked of them: the phone page in Chromium against the sandbox's PBX. */
import { Registerer, UserAgent } from 'sip.js';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { CallEvent } from '../../app/calls/phone-event.ts';
import type { PhoneConfig } from '../../app/ipc/phone.ts';
import { startPbx, type Pbx } from '../../sandbox/pbx/index.ts';
import { eventually } from './support/eventually.ts';
import { startPhonePages, type OpenedPhone, type PhonePages } from './support/phone-page.ts';
import { english } from '../english.ts';

let pages: PhonePages;
let pbx: Pbx;
let phone: OpenedPhone;

beforeAll(async () => {
  pages = await startPhonePages();
}, 60_000);
afterAll(() => pages.close());

beforeEach(async () => {
  pbx = await startPbx({
    domain: 'pbx.test',
    extensions: [
      { user: '101', password: 'right', displayName: 'Ana' },
      { user: '201', password: 'other', displayName: 'Desk' },
    ],
  });
});
afterEach(async () => {
  await phone.close();
  await pbx.close();
});

const open = async (config: Partial<PhoneConfig> = {}) => {
  phone = await pages.registered({ servers: [pbx.url], watch: ['201'], ...config });
};
const watched = async (config?: Partial<PhoneConfig>) => {
  await open(config);
  await phone.until('watch', ({ state }) => state === 'watching');
};
const info = (version: number, state: string, dialogs: string) =>
  `<?xml version="1.0"?><dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="${version}" state="${state}" entity="sip:201@pbx.test">${dialogs}</dialog-info>`;
const dialog = (state: string, attributes = '') =>
  `<dialog id="d" call-id="desk-1" local-tag="l" remote-tag="r" direction="recipient"><state${attributes}>${state}</state><remote><identity display="Zo&#235;">sip:+18305550100@pbx.test</identity></remote></dialog>`;
const told = () => phone.events.filter((event): event is CallEvent => 'source' in event && event.source === 'watched');
const kinds = () => told().map(({ kind }) => kind);
const subscribed = (initial: boolean) => pbx.dialogEvents.subscribes.filter((each) => each.initial === initial).length;

describe('a watched desk phone', () => {
  test('rings, talks and hangs up as a call of its own', async () => {
    await watched();
    pbx.dialogEvents.publish('201', info(1, 'partial', dialog('early')));
    pbx.dialogEvents.publish('201', info(2, 'partial', dialog('confirmed')));
    pbx.dialogEvents.publish('201', info(3, 'partial', dialog('terminated', ' event="remote-bye"')));
    const ended = await phone.until('ended');
    expect(kinds()).toEqual(['ringing', 'answered', 'ended']);
    expect(ended).toMatchObject({
      callId: 'desk-1',
      direction: 'inbound',
      local: { user: '201' },
      remote: { user: '+18305550100', displayName: 'Zoë' },
      cause: { by: 'remote', how: 'bye' },
    });
    expect(pbx.dialogEvents.answers).toEqual([200, 200, 200, 200]);
    expect(phone.console).toEqual([]);
  });

  test('is known also when the NOTIFY comes before the 200', async () => {
    pbx.dialogEvents.answer('201', { notifyFirst: true });
    pbx.dialogEvents.publish('201', info(5, 'full', dialog('early')));
    await watched();
    expect(await phone.until('ringing')).toMatchObject({ source: 'watched', callId: 'desk-1' });
  });

  test('is asked for its full state when a document was missed', async () => {
    await watched();
    pbx.dialogEvents.publish('201', info(7, 'partial', dialog('early')));
    await eventually('a refresh', () => subscribed(false) === 1);
    await phone.until('ringing');
    expect(kinds()).toEqual(['ringing']);
  });

  test.each([
    ['cut in half', info(1, 'partial', dialog('early')).slice(0, 150), 'application/dialog-info+xml', 200],
    [
      'with entities of its own',
      `<!DOCTYPE d [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>${info(1, 'full', dialog('&b;'))}`,
      'application/dialog-info+xml',
      200,
    ],
    ['of another kind', '<html></html>', 'text/html', 415],
  ])(
    'with a document %s: it is answered, the full state asked for, and the next call works',
    async (_, body, contentType, status) => {
      await watched();
      pbx.dialogEvents.publish('201', body, { contentType });
      const { detail } = await phone.until('refused-message');
      expect(detail).toContain('NOTIFY for 201');
      await eventually('a refresh', () => subscribed(false) === 1);
      expect(pbx.dialogEvents.answers[1]).toBe(status);
      pbx.dialogEvents.publish('201', info(2, 'full', dialog('early')));
      await phone.until('ringing');
      expect(phone.console).toEqual([]);
    },
  );

  test('is refreshed early', async () => {
    pbx.dialogEvents.answer('201', { expires: 2 });
    await watched();
    await eventually('two refreshes', () => subscribed(false) >= 2, 10_000);
    expect(subscribed(true)).toBe(1);
  });

  test('whose NOTIFY belongs to nothing is refused, and nothing is believed of it', async () => {
    await watched();
    pbx.dialogEvents.stray('201', info(1, 'full', dialog('early')));
    await eventually('an answer', () => pbx.dialogEvents.answers.length === 2);
    expect(pbx.dialogEvents.answers[1]).toBe(481);
    expect(kinds()).toEqual([]);
  });

  test('whose document is beyond measure hears that, and is watched on', async () => {
    await watched();
    pbx.dialogEvents.publish('201', `${info(1, 'full', dialog('early'))}<!--${'x'.repeat(70_000)}-->`);
    await eventually('an answer', () => pbx.dialogEvents.answers.length === 2);
    expect(pbx.dialogEvents.answers[1]).toBe(513);
    pbx.dialogEvents.publish('201', info(2, 'full', dialog('early')));
    await phone.until('ringing');
  });

  test.each([403, 404, 489])('is refused with %i and says so; the phone works on', async (status) => {
    pbx.dialogEvents.answer('201', { status });
    await open();
    const { detail } = await phone.until('watch');
    expect(detail).toContain(String(status));
    expect(phone.events.filter(({ kind }) => kind === 'watch')).toMatchObject([{ extension: '201', state: 'refused' }]);
    pbx.call({ from: { user: '+18305550100' }, to: '101', script: { kind: 'give up', ringMs: 100 } });
    await phone.until('ended');
  });

  test('loses its call when the PBX ends the subscription for good, and once only', async () => {
    await watched();
    pbx.dialogEvents.publish('201', info(1, 'full', dialog('confirmed')));
    await phone.until('answered');
    pbx.dialogEvents.publish('201', '', { state: 'terminated;reason=rejected' });
    expect((await phone.until('ended')).cause).toEqual({ by: 'network', how: 'failed' });
    await phone.until('watch', ({ state }) => state === 'refused');
    expect(kinds()).toEqual(['answered', 'ended']);
  });

  test('is watched anew on a new socket, and hears what ended meanwhile', async () => {
    await watched();
    pbx.dialogEvents.publish('201', info(4, 'full', dialog('confirmed')));
    await phone.until('answered');
    pbx.dropSockets();
    await phone.until('watch', ({ state }) => state === 'retrying');
    pbx.dialogEvents.publish('201', info(5, 'full', ''));
    await phone.until('ended');
    expect(kinds()).toEqual(['answered', 'ended']);
  });

  test('whose PBX says with an empty NOTIFY that nothing goes on any more', async () => {
    await watched();
    pbx.dialogEvents.publish('201', info(4, 'full', dialog('confirmed')));
    await phone.until('answered');
    pbx.dropSockets();
    await phone.until('watch', ({ state }) => state === 'retrying');
    pbx.dialogEvents.publish('201', '');
    expect((await phone.until('ended')).cause).toEqual({ by: 'remote', how: 'bye' });
  });

  test('is one of fifty, and each SUBSCRIBE has its turn', async () => {
    const watch = Array.from({ length: 50 }, (_, index) => String(300 + index));
    await open({ watch });
    await eventually(
      'fifty watches',
      () => phone.events.filter((event) => event.kind === 'watch' && event.state === 'watching').length === 50,
    );
    expect(pbx.dialogEvents.subscribes.filter(({ initial }) => initial).map(({ extension }) => extension)).toEqual(
      watch,
    );
  }, 20_000);
});

describe('a desk phone that is to dial', () => {
  test('is refused in plain words by a PBX without it', async () => {
    await watched();
    await phone.command({ kind: 'dial-on-desk-phone', extension: '201', target: '5551234' });
    expect(await phone.until('desk-phone', ({ state }) => state === 'refused')).toMatchObject({
      extension: '201',
      wish: 'dial',
      detail: 'The desk phone 201 is not connected to the phone system now.',
    });
  });

  test.each([
    { fragments: ['100 Trying', '180 Ringing', '200 OK'], states: ['asked', 'ringing', 'done'], detail: undefined },
    {
      fragments: ['100 Trying', '486 Busy Here'],
      states: ['asked', 'refused'],
      detail: 'The call of the desk phone 201 did not come about (486 Busy Here).',
    },
  ])('follows a REFER and tells how it goes: $fragments', async ({ fragments, states, detail }) => {
    const asked: string[] = [];
    const uri = UserAgent.makeURI('sip:201@pbx.test');
    const desk = new UserAgent({
      ...(uri === undefined ? {} : { uri }),
      authorizationUsername: '201',
      authorizationPassword: 'other',
      transportOptions: { server: pbx.url },
      logBuiltinEnabled: false,
      delegate: {
        onReferRequest: (refer) => {
          asked.push(refer.message.getHeader('refer-to') ?? '');
          refer.accept({ statusCode: 202, toTag: 'desk' });
          const { callId, fromTag, from, to } = refer.message;
          const contact = refer.message.parseHeader('contact') as { uri: typeof from.uri };
          for (const [index, content] of fragments.entries()) {
            const contentType = 'message/sipfrag;version=2.0';
            const options = { callId, fromTag: 'desk', toTag: fromTag, cseq: index + 1 };
            const notify = desk.userAgentCore.makeOutgoingRequestMessage(
              'NOTIFY',
              contact.uri,
              to.uri,
              from.uri,
              options,
              ['Event: refer', 'Subscription-State: active;expires=60', `Contact: ${desk.contact.toString()}`],
              { contentDisposition: 'render', contentType, content: `SIP/2.0 ${content}` },
            );
            desk.userAgentCore.request(notify);
          }
        },
      },
    });
    await desk.start();
    await new Registerer(desk).register();
    await pbx.waitForRegistration('201');
    await watched();
    await phone.command({ kind: 'dial-on-desk-phone', extension: '201', target: '5551234' });
    const last = await phone.until('desk-phone', ({ state }) => state === 'done' || state === 'refused');
    expect(asked).toEqual(['<sip:5551234@pbx.test>']);
    expect(last.detail).toEqual(detail);
    expect(phone.events.flatMap((event) => (event.kind === 'desk-phone' ? [event.state] : []))).toEqual(states);
    await desk.stop();
  });

  test('is called first and sent on, and Ringside is no party to it', async () => {
    pbx.callee('201', { kind: 'answer', ringMs: 50 });
    pbx.callee('5551234', { kind: 'answer', ringMs: 50 });
    const calls: string[] = [];
    pbx.on('call', ({ to }) => calls.push(to));
    await watched({ deskPhone: 'ring-first' });
    await phone.command({ kind: 'dial-on-desk-phone', extension: '201', target: '5551234' });
    await phone.until('desk-phone', ({ state }) => state === 'done');
    expect(phone.events.flatMap((event) => (event.kind === 'desk-phone' ? [event.state] : []))).toEqual([
      'asked',
      'ringing',
      'done',
    ]);
    expect(phone.events.filter((event) => 'source' in event)).toEqual([]);
  });

  test('is not picked up: that is said', async () => {
    pbx.callee('201', { kind: 'busy' });
    await watched({ deskPhone: 'ring-first' });
    await phone.command({ kind: 'dial-on-desk-phone', extension: '201', target: '5551234' });
    const { detail } = await phone.until('desk-phone', ({ state }) => state === 'refused');
    expect(english(detail)).toBe('The desk phone 201 is busy.');
  });

  test('gets no nonsense to dial', async () => {
    await watched();
    await phone.command({ kind: 'dial-on-desk-phone', extension: '201', target: '<script>' });
    expect(await phone.until('desk-phone')).toMatchObject({ state: 'refused' });
  });
});

describe('a call that is to be hung up on the desk phone', () => {
  test('is replaced and ended where the desk phone knows how', async () => {
    pbx.callee('201', { kind: 'answer' });
    const placed = pbx.call({ from: { user: '+18305550100' }, to: '201', script: { kind: 'talk' } });
    await watched();
    const tags = await eventually('the call of the desk phone', () => dialogTags.get(placed.callId));
    const text = info(
      1,
      'full',
      dialog('confirmed')
        .replace('desk-1', placed.callId)
        .replace('"l"', `"${tags.local}"`)
        .replace('"r"', `"${tags.remote}"`),
    );
    pbx.dialogEvents.publish('201', text);
    await phone.until('answered');
    await phone.command({ kind: 'hang-up', callId: placed.callId });
    await phone.until('desk-phone', ({ state }) => state === 'done');
    expect(await placed.ended).toMatchObject({ status: 200 });
  });

  test('is refused in plain words where nobody knows it', async () => {
    await watched();
    pbx.dialogEvents.publish('201', info(1, 'full', dialog('confirmed')));
    await phone.until('answered');
    await phone.command({ kind: 'hang-up', callId: 'desk-1' });
    const { detail } = await phone.until('desk-phone', ({ state }) => state === 'refused');
    expect(english(detail)).toMatch(/^The phone system does not let Ringside hang up for the desk phone 201 \(4\d\d /);
  });

  test('cannot be while it only rings', async () => {
    await watched();
    pbx.dialogEvents.publish('201', info(1, 'full', dialog('early')));
    await phone.until('ringing');
    await phone.command({ kind: 'hang-up', callId: 'desk-1' });
    expect(await phone.until('desk-phone')).toMatchObject({ wish: 'hang-up', state: 'refused' });
  });

  /** Tags of each call's callee, who is the desk phone, and of its caller. */
  const dialogTags = new Map<string, { local: string; remote: string }>();
  beforeEach(() => {
    dialogTags.clear();
    pbx.on('message', ({ callId, method, status, text }) => {
      if (method !== 'INVITE' || status !== 200) return;
      const tag = (name: string) => new RegExp(`^${name}:.*;tag=([^;\\r\\n]+)`, 'im').exec(text)?.[1] ?? '';
      dialogTags.set(callId, { local: tag('To'), remote: tag('From') });
    });
  });
});
