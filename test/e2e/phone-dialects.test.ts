/** What PBXs of other makes send in a call, message by message, and what the phone page answers. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { answerTo, requestOf, startOtherPbx, type OtherPbx } from './support/other-pbx.ts';
import { startPhonePages, type OpenedPhone, type PhonePages } from './support/phone-page.ts';

let pages: PhonePages;
let other: OtherPbx;
let agent: OpenedPhone;

beforeAll(async () => {
  pages = await startPhonePages();
});

afterAll(() => pages.close());

beforeEach(async () => {
  other = await startOtherPbx();
  agent = await pages.registered({ servers: [other.url], uri: 'sip:101@other.test' });
});

afterEach(async () => {
  await agent.close();
  await other.close();
});

/** Audio as a browser offers it; nobody is there, so it never connects. */
const offer = (...more: string[]) =>
  [
    'v=0',
    'o=- 1 1 IN IP4 127.0.0.1',
    's=-',
    't=0 0',
    'm=audio 40000 UDP/TLS/RTP/SAVPF 111',
    'c=IN IP4 127.0.0.1',
    'a=mid:0',
    'a=rtpmap:111 opus/48000/2',
    'a=rtcp-mux',
    'a=setup:actpass',
    `a=fingerprint:sha-256 ${Array.from({ length: 32 }, () => 'AB').join(':')}`,
    'a=ice-ufrag:abcd',
    'a=ice-pwd:abcdefghijklmnopqrstuvwx',
    'a=candidate:1 1 udp 2130706431 127.0.0.1 40000 typ host',
    ...more,
    '',
  ].join('\r\n');
const answer = (...more: string[]) => offer(...more).replace('actpass', 'active');

const SDP = 'Content-Type: application/sdp';
let sequence = 1;

/** A request within the call; each has a branch of its own. */
function within(method: string, tag: string, more: string[] = [], body = ''): string {
  sequence += 1;
  return requestOf(method, more, body)
    .replace(/^To: .*$/m, `To: <sip:101@other.test>;tag=${tag}`)
    .replace(/branch=\S+/, `branch=z9hG4bK-${method === 'ACK' ? 'a' : 'r'}${sequence}`)
    .replace(/CSeq: 1 /, `CSeq: ${sequence} `);
}

/** The answer to a request that was made by `within`. */
function answered(method: string, status = '\\d+'): Promise<string> {
  return other.next(new RegExp(`^SIP/2.0 ${status} [^]*CSeq: ${sequence} ${method}\\r`, 'i'));
}

/** A call from the other PBX that is answered; the tag of the phone. */
async function talking(body = offer(), headers: string[] = []): Promise<string> {
  sequence = 1;
  other.send(requestOf('INVITE', [...headers, ...(body === '' ? [] : [SDP])], body));
  const { callId } = await agent.until('ringing');
  await agent.command({ kind: 'answer', callId });
  const ok = await other.next(/^SIP\/2.0 200[^]*CSeq: 1 INVITE/i);
  const tag = /\r\nTo:.*;tag=(\S+)/i.exec(ok)?.[1] ?? '';
  const sdp = body === '' ? answer() : '';
  other.send(
    requestOf('ACK', sdp === '' ? [] : [SDP], sdp)
      .replace(/^To: .*$/m, `To: <sip:101@other.test>;tag=${tag}`)
      .replace('z9hG4bK-ACK', 'z9hG4bK-ack'),
  );
  await agent.until('answered');
  return tag;
}

describe('UPDATE', () => {
  test('that refreshes the session timer is answered, one for another dialog is not', async () => {
    const tag = await talking(offer(), ['Supported: timer', 'Session-Expires: 1800;refresher=uac']);
    other.send(within('UPDATE', tag, ['Session-Expires: 1800;refresher=uac']));
    expect(await answered('UPDATE', '200')).toMatch(/^Session-Expires: 1800/im);
    other.send(within('UPDATE', 'somebody-else'));
    await answered('UPDATE', '481');
  });

  test('with a hold in it is a hold, and is answered with a description', async () => {
    const tag = await talking();
    other.send(within('UPDATE', tag, [SDP], offer('a=sendonly')));
    expect(await answered('UPDATE', '200')).toMatch(/^a=recvonly/m);
    await agent.until('held', ({ by }) => by === 'remote');
    other.send(within('UPDATE', tag, [SDP], offer('a=sendrecv')));
    await agent.until('resumed', ({ by }) => by === 'remote');
    await agent.command({ kind: 'hang-up', callId: 'other-1' });
    await other.next(/^BYE /);
  });
});

describe('a session timer', () => {
  /** The refresh of an interval of 90 s, ours after 45 s and theirs overdue after 60 s, comes when the test says so. */
  beforeEach(async () => {
    await agent.close();
    agent = await pages.registered(
      { servers: [other.url], uri: 'sip:101@other.test' },
      {
        before: () => {
          const { setTimeout } = globalThis;
          const kept = (act: () => void, ms?: number) => {
            if (ms !== 45_000 && ms !== 60_000) return setTimeout(act, ms);
            Object.assign(globalThis, { due: act });
            return 0;
          };
          Object.assign(globalThis, { setTimeout: kept });
        },
      },
    );
  });
  const passes = () =>
    agent.page
      .waitForFunction(() => typeof (globalThis as { due?: unknown }).due === 'function')
      .then(() =>
        agent.page.evaluate(() => {
          const world = globalThis as { due?: () => void };
          const { due } = world;
          delete world.due;
          due?.();
        }),
      );

  test('that is left to us is refreshed, and again', async () => {
    await talking(offer(), ['Require: timer', 'Session-Expires: 90;refresher=uas']);
    const ok = await other.next(/^SIP\/2.0 200[^]*CSeq: 1 INVITE/i);
    expect(ok).toMatch(/^Session-Expires: 90;refresher=uas\r$/m);
    expect(ok).toMatch(/^Require: timer\r$/m);
    let before = 'none';
    for (const _ of ['once', 'again']) {
      await passes();
      const refresh = await other.next(new RegExp(`^INVITE [^]*CSeq: (?!${before} )`));
      expect(refresh).toMatch(/^Session-Expires: 90;refresher=uac\r$/m);
      const agreed = 'Contact: <sip:other.test;transport=ws>\r\nSession-Expires: 90;refresher=uac\r\nContent-Type';
      // Who was the server of DTLS stays it.
      const sdp = answer().replace('setup:active', 'setup:passive');
      other.send(answerTo(refresh, '200 OK', { sdp }).replace('Content-Type', agreed));
      before = /CSeq: (\d+)/.exec(refresh)?.[1] ?? '';
    }
    expect(agent.events.map(({ kind }) => kind)).not.toContain('ended');
  });

  test('that the far side lets run out is asked about: a call that it has forgotten ends', async () => {
    await talking(offer(), ['Supported: timer', 'Session-Expires: 90;refresher=uac']);
    await passes();
    const asked = await other.next(/^INVITE /);
    expect(asked).toMatch(/^Session-Expires: 90;refresher=uas\r$/m);
    other.send(answerTo(asked, '481 Call/Transaction Does Not Exist'));
    expect((await agent.until('ended')).cause).toEqual({ by: 'network', how: 'failed', status: 481 });
  });

  test('of a call that we made is agreed on in its 200', async () => {
    await agent.command({ kind: 'dial', target: '200' });
    const invite = await other.next(/^INVITE /);
    expect(invite).toMatch(/^Supported: .*\btimer\b/m);
    expect(invite).not.toMatch(/^Session-Expires/m);
    const ok = answerTo(invite, '200 OK', { tag: 'far', sdp: answer() });
    other.send(ok.replace('Content-Type', 'Require: timer\r\nSession-Expires: 90;refresher=uac\r\nContent-Type'));
    await agent.until('answered');
    await passes();
    expect(await other.next(/^INVITE [^]*^To:.*;tag=far\r/m)).toMatch(/^Session-Expires: 90;refresher=uac\r$/m);
  });
});

describe('re-INVITE', () => {
  /** Asks until it is taken: right after another exchange it may be refused with 500 (RFC 6337 section 4.3). */
  async function agreed(tag: string, body: string): Promise<void> {
    for (let taken = false; !taken;) {
      other.send(within('INVITE', tag, [SDP], body));
      const number = sequence;
      taken = (await answered('INVITE', '[2-6]\\d\\d')).startsWith('SIP/2.0 200');
      if (taken) other.send(within('ACK', tag).replace(/CSeq: \d+/, `CSeq: ${number}`));
    }
  }

  test('with no description (a session timer, a B2BUA) is offered one; one without an address holds', async () => {
    const tag = await talking();
    other.send(within('INVITE', tag));
    expect(await answered('INVITE', '200')).toMatch(/^m=audio [1-9]/m);
    const number = sequence;
    // Who was the server of DTLS stays it.
    const passive = answer().replace('setup:active', 'setup:passive');
    other.send(within('ACK', tag, [SDP], passive).replace(/CSeq: \d+/, `CSeq: ${number}`));
    await agreed(tag, offer().replace('c=IN IP4 127.0.0.1', 'c=IN IP4 0.0.0.0'));
    await agent.until('held', ({ by }) => by === 'remote');
    await agreed(tag, offer());
    await agent.until('resumed', ({ by }) => by === 'remote');
  });

  test('with video is answered with audio alone', async () => {
    const tag = await talking();
    const video = ['m=video 40002 UDP/TLS/RTP/SAVPF 96', 'c=IN IP4 127.0.0.1', 'a=mid:1', 'a=rtpmap:96 VP8/90000'];
    other.send(within('INVITE', tag, [SDP], offer(...video, 'a=rtcp-mux', 'a=setup:actpass')));
    const text = await answered('INVITE', '200');
    expect(text).toMatch(/^m=audio [1-9]/m);
    expect(text).toMatch(/^m=video 0 /m);
  });

  test('of ours that is refused leaves the hold to us, and the call up', async () => {
    await talking();
    await agent.command({ kind: 'hold', callId: 'other-1' });
    const invite = await other.next(/^INVITE /);
    expect(invite).toMatch(/^a=sendonly/m);
    other.send(answerTo(invite, '488 Not Acceptable Here'));
    await agent.until('refused-message', ({ detail }) => /does not take a hold/.test(detail));
    await agent.command({ kind: 'hang-up', callId: 'other-1' });
    await other.next(/^BYE /);
    expect((await agent.until('ended')).cause).toEqual({ by: 'local', how: 'bye' });
  });

  test('of ours that meets one who has forgotten the call ends it', async () => {
    await talking();
    await agent.command({ kind: 'hold', callId: 'other-1' });
    other.send(answerTo(await other.next(/^INVITE /), '481 Call/Transaction Does Not Exist'));
    expect((await agent.until('ended')).cause).toEqual({ by: 'network', how: 'failed', status: 481 });
  });
});

test('an INVITE with no description is offered one', async () => {
  await talking('');
  expect(await other.next(/^SIP\/2.0 200[^]*CSeq: 1 INVITE/i)).toMatch(/^a=setup:actpass/m);
  await agent.command({ kind: 'hang-up', callId: 'other-1' });
  await other.next(/^BYE /);
});

test('a caller who requires reliable provisional responses hears the ringing, and its PRACK is answered', async () => {
  sequence = 1;
  other.send(requestOf('INVITE', ['Require: 100rel', SDP], offer()));
  const ringing = await other.next(/^SIP\/2.0 180/);
  expect(ringing).toMatch(/^RSeq: 1\r/im);
  const tag = /\r\nTo:.*;tag=(\S+)/i.exec(ringing)?.[1] ?? '';
  other.send(within('PRACK', tag, ['RAck: 1 1 INVITE']));
  await answered('PRACK', '200');
  await agent.command({ kind: 'answer', callId: 'other-1' });
  await other.next(/^SIP\/2.0 200[^]*CSeq: 1 INVITE/i);
});

describe('Replaces', () => {
  const invite = (replaces: string) =>
    requestOf('INVITE', [`Replaces: ${replaces}`, SDP], offer())
      .replace('other-1', 'other-2')
      .replace('z9hG4bK', 'z9hG4bK2');

  test('of no call, of other tags, of an answered call by one who wants an early one', async () => {
    const tag = await talking();
    const refused = async (replaces: string, call: string, status: number) => {
      other.send(invite(replaces).replaceAll('other-2', call).replace('z9hG4bK2', `z9hG4bK${call}`));
      await other.next(new RegExp(`^SIP/2.0 ${status} [^]*Call-ID: ${call}\\r`));
    };
    await refused('nobody;to-tag=1;from-tag=2', 'other-3', 481);
    await refused(`other-1;to-tag=${tag};from-tag=nearly`, 'other-4', 481);
    await refused(`other-1;to-tag=${tag};from-tag=far;early-only`, 'other-5', 486);
    await refused('other-1', 'other-6', 400);
    expect(agent.events.filter((event) => 'callId' in event && event.callId !== 'other-1')).toEqual([]);
  });

  test('of the call: answered by itself, the old one is hung up', async () => {
    const tag = await talking();
    await agent.command({ kind: 'mute', callId: 'other-1', muted: true });
    other.send(invite(`other-1;to-tag=${tag};from-tag=far`));
    await other.next(/^SIP\/2.0 200[^]*Call-ID: other-2/);
    await other.next(/^BYE [^]*Call-ID: other-1/);
    const taken = await agent.until('answered', ({ callId }) => callId === 'other-2');
    expect(taken.partOf).toEqual({ callId: 'other-1', role: 'continuation' });
    await agent.until('muted', (event) => event.callId === 'other-2' && event.muted);
    await agent.until('ended', ({ callId }) => callId === 'other-1');
  });
});

test('who sent the call here, and why, is told', async () => {
  const headers = ['Diversion: <sip:200@other.test>;reason=no-answer', 'History-Info: <sip:200@other.test>;index=1'];
  other.send(requestOf('INVITE', [...headers, SDP], offer()));
  expect((await agent.until('ringing')).headers).toMatchObject({
    diversion: '<sip:200@other.test>;reason=no-answer',
    'history-info': '<sip:200@other.test>;index=1',
  });
});
