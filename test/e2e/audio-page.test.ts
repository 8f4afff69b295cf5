/** The audio of the phone page in real Chromium with its fake devices: what is heard, by whom, and what of it is told. */
import { createSocket, type Socket } from 'node:dgram';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { PhoneConfig } from '../../app/ipc/phone.ts';
import { defaultPreferences, type Preferences } from '../../app/settings/preferences.ts';
import { synthesizeSpeech } from '../../sandbox/pbx/audio.ts';
import { startPbx, type Pbx } from '../../sandbox/pbx/index.ts';
import { Media } from '../../sandbox/pbx/media.ts';
import { answerTo, requestOf, startOtherPbx, type OtherPbx } from './support/other-pbx.ts';
import { startPhonePages, type OpenedPhone, type PhonePages } from './support/phone-page.ts';

const FROM = { user: '+18305550100', displayName: 'Zoë' };
/** Chromium's fake devices. */
const FIRST = 'Fake Audio Input 1';
const SECOND = 'Fake Audio Output 2';

let pages: PhonePages;
let pbx: Pbx;
let undo: (() => Promise<unknown> | void)[] = [];

beforeAll(async () => {
  pages = await startPhonePages();
});

afterAll(() => pages.close());

beforeEach(async () => {
  pbx = await startPbx({ domain: 'pbx.test', extensions: [{ user: '101', password: 'right', displayName: 'Ana' }] });
  undo = [() => pbx.close()];
});

afterEach(async () => {
  for (const step of undo.toReversed()) await step();
});

async function registered(config: Partial<PhoneConfig> = {}): Promise<OpenedPhone> {
  const phone = await pages.registered({ servers: [pbx.url], ...config }, { before: listenIn });
  undo.push(() => phone.close());
  return phone;
}

/** What the page's ears hear: installed before its script, so that all that sounds passes here. */
type Ears = {
  /** The loudest that has been heard of the page's own sounds since this was last asked, 0 to 1, by sink. */
  sounds(): { sink: string; state: AudioContextState; level: number }[];
  /** The loudest of what the calls' audio elements play, and where. */
  calls(): { sink: string; paused: boolean; level: number }[];
  /** Microphones that are open. */
  microphones(): string[];
  /** Those of them that something is said into. */
  unmuted(): string[];
  unplug(label: string): void;
  plugIn(label: string): void;
};
declare const ears: Ears;

/** Runs in the page. */
function listenIn(): void {
  const heard: { context: AudioContext; analyser: AnalyserNode }[] = [];
  const elements: { element: HTMLAudioElement; analyser?: AnalyserNode; stream?: MediaProvider | null }[] = [];
  const tracks: MediaStreamTrack[] = [];
  const unplugged = new Set<string>();
  const peak = (analyser: AnalyserNode) => {
    const samples = new Float32Array(analyser.fftSize);
    analyser.getFloatTimeDomainData(samples);
    return samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
  };

  const connect: (this: AudioNode, to: AudioNode) => AudioNode = Reflect.get(AudioNode.prototype, 'connect');
  Object.defineProperty(AudioNode.prototype, 'connect', {
    value(this: AudioNode, to: AudioNode) {
      if (to instanceof AudioDestinationNode && this.context instanceof AudioContext) {
        const { context } = this;
        let ear = heard.find((each) => each.context === context);
        if (ear === undefined) {
          ear = { context, analyser: new AnalyserNode(context, { fftSize: 32_768 }) };
          heard.push(ear);
        }
        connect.call(this, ear.analyser);
      }
      return connect.call(this, to);
    },
  });
  const RealAudio = Audio;
  Object.assign(globalThis, {
    Audio: function () {
      const element = new RealAudio();
      elements.push({ element });
      return element;
    },
  });
  const media = navigator.mediaDevices;
  const enumerate = media.enumerateDevices.bind(media);
  const open = media.getUserMedia.bind(media);
  media.enumerateDevices = async () => (await enumerate()).filter(({ label }) => !unplugged.has(label));
  media.getUserMedia = async (constraints) => {
    const stream = await open(constraints);
    const [track] = stream.getAudioTracks();
    if (track !== undefined && unplugged.has(track.label)) {
      track.stop();
      throw new DOMException('', 'OverconstrainedError');
    }
    tracks.push(...stream.getTracks());
    return stream;
  };
  const given: Ears = {
    sounds: () =>
      heard.map(({ context, analyser }) => ({
        sink: (context as AudioContext & { sinkId: string }).sinkId,
        state: context.state,
        level: peak(analyser),
      })),
    calls: () =>
      elements
        .filter(({ element }) => element.srcObject !== null)
        .map((each) => {
          const { element } = each;
          if (each.stream !== element.srcObject) {
            const context = new AudioContext();
            each.stream = element.srcObject;
            each.analyser = new AnalyserNode(context, { fftSize: 32_768 });
            connect.call(
              new MediaStreamAudioSourceNode(context, { mediaStream: element.srcObject as MediaStream }),
              each.analyser,
            );
          }
          return {
            sink: element.sinkId,
            paused: element.paused,
            level: each.analyser === undefined ? 0 : peak(each.analyser),
          };
        }),
    microphones: () => tracks.filter(({ readyState }) => readyState === 'live').map(({ label }) => label),
    unmuted: () =>
      tracks.filter(({ readyState, enabled }) => readyState === 'live' && enabled).map(({ label }) => label),
    unplug(label) {
      unplugged.add(label);
      for (const track of tracks) {
        if (track.label !== label || track.readyState !== 'live') continue;
        track.stop();
        track.dispatchEvent(new Event('ended'));
      }
      media.dispatchEvent(new Event('devicechange'));
    },
    plugIn(label) {
      unplugged.delete(label);
      media.dispatchEvent(new Event('devicechange'));
    },
  };
  Object.assign(globalThis, { ears: given });
}

const audible = 0.005;
const heardFromSounds = (phone: OpenedPhone) =>
  phone.page.waitForFunction(
    (least) => ears.sounds().find(({ level, state }) => state === 'running' && level > least),
    audible,
  );
const quiet = (phone: OpenedPhone) =>
  phone.page.waitForFunction(() => ears.sounds().every(({ state }) => state === 'suspended'));
const heardFromCall = (phone: OpenedPhone) =>
  phone.page.waitForFunction((least) => ears.calls().find(({ level, paused }) => level > least && !paused), audible);
const microphones = (phone: OpenedPhone) => phone.page.evaluate(() => ears.microphones());

const preferring = (audio: Partial<Preferences['audio']>) => ({
  preferences: { ...defaultPreferences, audio: { ...defaultPreferences.audio, ...audio } },
});

/** Ids are those of an origin in a profile: another page with the same ones has to ask first. */
async function deviceId(phone: OpenedPhone, label: string): Promise<string> {
  const { microphones: inputs, speakers } = await phone.until('devices');
  const id = [...inputs, ...speakers].find((device) => device.label === label)?.id;
  if (id === undefined) throw new Error(`there is no ${label}`);
  return id;
}

async function answered(phone: OpenedPhone): Promise<{ callId: string; ended: Promise<unknown>; hangUp(): void }> {
  const call = pbx.call({ from: FROM, to: '101', script: { kind: 'talk' } });
  await phone.until('ringing', ({ callId }) => callId === call.callId);
  await phone.command({ kind: 'answer', callId: call.callId });
  await phone.until('answered', ({ callId }) => callId === call.callId);
  await phone.until('media', ({ state, callId }) => state === 'connected' && callId === call.callId);
  return call;
}

test('the devices are told at start, each once, and no microphone is opened for it', async () => {
  const phone = await registered();
  const { microphones: inputs, speakers } = await phone.until('devices');
  expect(inputs.map(({ label }) => label)).toEqual([FIRST, 'Fake Audio Input 2']);
  expect(speakers.map(({ label }) => label)).toEqual(['Fake Audio Output 1', SECOND]);
  expect(await microphones(phone)).toEqual([]);
  expect(phone.console).toEqual([]);
});

describe('the ring', () => {
  test('is heard on its own device at the first call, and stops when the agent answers', async () => {
    const phone = await registered();
    const ringer = await deviceId(phone, SECOND);
    await phone.command({ kind: 'preferences', ...preferring({ ringer }) });
    const call = pbx.call({ from: FROM, to: '101', script: { kind: 'talk' } });
    const { callId } = await phone.until('ringing');
    expect(await (await heardFromSounds(phone)).jsonValue()).toMatchObject({ sink: ringer, state: 'running' });
    await phone.command({ kind: 'answer', callId });
    await quiet(phone);
    await phone.until('answered');
    call.hangUp();
    await phone.until('ended');
  });

  test('is heard on the speaker too where the agent wants it', async () => {
    const phone = await registered();
    const ringer = await deviceId(phone, SECOND);
    await phone.command({ kind: 'preferences', ...preferring({ ringer, ringOnSpeaker: true }) });
    const call = pbx.call({ from: FROM, to: '101', script: { kind: 'talk' } });
    await phone.until('ringing');
    await phone.page.waitForFunction(
      (least) => ears.sounds().filter(({ level, state }) => state === 'running' && level > least).length === 2,
      audible,
    );
    expect((await phone.page.evaluate(() => ears.sounds().map(({ sink }) => sink))).toSorted()).toEqual(['', ringer]);
    call.cancel();
    await quiet(phone);
  });

  test('is silenced for one call', async () => {
    const phone = await registered();
    const call = pbx.call({ from: FROM, to: '101', script: { kind: 'talk' } });
    const { callId } = await phone.until('ringing');
    await heardFromSounds(phone);
    await phone.command({ kind: 'silence', callId });
    await quiet(phone);
    expect(phone.events.some(({ kind }) => kind === 'ended')).toBe(false);
    call.cancel();
    await phone.until('ended');
  });

  test('is a knock on the speaker during another call', async () => {
    const phone = await registered();
    const speaker = await deviceId(phone, SECOND);
    await phone.command({ kind: 'preferences', ...preferring({ speaker }) });
    await answered(phone);
    const second = pbx.call({ from: { user: '+18305550101' }, to: '101', script: { kind: 'talk' } });
    await phone.until('ringing', ({ callId }) => callId === second.callId);
    expect(await (await heardFromSounds(phone)).jsonValue()).toMatchObject({ sink: speaker });
    second.cancel();
    await quiet(phone);
  });

  test('comes back as a tone for who calls, and so does busy', async () => {
    pbx.callee('102', { kind: 'busy', ringMs: 1500 });
    const phone = await registered();
    await phone.command({ kind: 'dial', target: '102' });
    await phone.until('progress', ({ status }) => status === 180);
    await heardFromSounds(phone);
    const { cause } = await phone.until('ended');
    expect(cause.status).toBe(486);
    await heardFromSounds(phone);
    await quiet(phone);
  });
});

describe('a call', () => {
  test('is heard on both sides, and its quality is told last before its end', async () => {
    const phone = await registered();
    const { callId, ended, hangUp } = await answered(phone);
    await heardFromCall(phone);
    await phone.page.waitForFunction(() => ears.microphones().length === 1);
    // A second of audio: the figures have been looked at.
    await expect.poll(() => pbx.farEnd(callId)?.heard.frames ?? 0, { timeout: 10_000 }).toBeGreaterThan(100);
    hangUp();
    await phone.until('ended');
    const calls = phone.events.filter((event) => 'source' in event);
    const quality = calls.at(-2);
    if (quality?.kind !== 'quality') throw new Error('no quality was told');
    expect(quality.quality).toMatchObject({ codec: 'opus', loss: 0 });
    expect(quality.quality.mos).toBeGreaterThan(4);
    expect(quality).toMatchObject({ callId, remote: { user: FROM.user } });
    expect(await ended).toMatchObject({ status: 200 });
    expect(await microphones(phone)).toEqual([]);
  });

  test('moves to another speaker and microphone as the agent chooses, and nobody is told of a change', async () => {
    const phone = await registered();
    const { callId } = await answered(phone);
    const [speaker, microphone] = [await deviceId(phone, SECOND), await deviceId(phone, FIRST)];
    await phone.command({ kind: 'preferences', ...preferring({ speaker, microphone }) });
    await phone.page.waitForFunction((sink) => ears.calls().some((each) => each.sink === sink), speaker);
    await phone.page.waitForFunction((label) => ears.microphones().join() === label, FIRST);
    await heardFromCall(phone);
    expect(phone.events.some((event) => event.kind === 'media' && event.state === 'device-changed')).toBe(false);
    await phone.command({ kind: 'hang-up', callId });
    await phone.until('ended');
    expect(await microphones(phone)).toEqual([]);
  });

  test('outlives its headset, and goes back to it', async () => {
    const phone = await registered();
    const [speaker, microphone] = [await deviceId(phone, SECOND), await deviceId(phone, FIRST)];
    await phone.command({ kind: 'preferences', ...preferring({ speaker, microphone }) });
    const { callId } = await answered(phone);
    expect(await microphones(phone)).toEqual([FIRST]);
    await phone.page.evaluate((label) => ears.unplug(label), FIRST);
    expect(await phone.until('media', ({ state }) => state === 'device-changed')).toMatchObject({
      callId,
      detail: 'Fake Default Audio Input',
    });
    await phone.until('devices', (event) => event.microphones.length === 1);
    expect(await microphones(phone)).toEqual(['Fake Default Audio Input']);
    const before = pbx.farEnd(callId)?.heard.frames ?? 0;
    await expect.poll(() => pbx.farEnd(callId)?.heard.frames ?? 0).toBeGreaterThan(before + 50);

    await phone.page.evaluate((label) => ears.unplug(label), SECOND);
    await phone.page.waitForFunction(() => ears.calls().every(({ sink }) => sink === ''));
    await phone.page.evaluate((label) => ears.plugIn(label), FIRST);
    await phone.until('media', ({ state, detail }) => state === 'device-changed' && detail === FIRST);
    expect(await microphones(phone)).toEqual([FIRST]);
    await heardFromCall(phone);
    expect(phone.events.some(({ kind }) => kind === 'ended')).toBe(false);
    await phone.command({ kind: 'hang-up', callId });
    await phone.until('ended');
    expect(await microphones(phone)).toEqual([]);
  });

  test('that is muted stays so with another microphone, and without one until there is one again', async () => {
    const phone = await registered();
    const microphone = await deviceId(phone, FIRST);
    await phone.command({ kind: 'preferences', ...preferring({ microphone }) });
    const { callId } = await answered(phone);
    await phone.command({ kind: 'mute', callId, muted: true });
    await phone.until('muted');
    await phone.page.evaluate(() => {
      for (const label of ['Fake Audio Input 1', 'Fake Audio Input 2', 'Fake Default Audio Input']) ears.unplug(label);
    });
    await phone.until('media', ({ state }) => state === 'no-microphone');
    await phone.page.evaluate((label) => ears.plugIn(label), FIRST);
    await phone.page.waitForFunction((label) => ears.microphones().join() === label, FIRST);
    expect(await phone.page.evaluate(() => ears.unmuted())).toEqual([]);
    await phone.command({ kind: 'mute', callId, muted: false });
    await phone.until('muted', ({ muted }) => !muted);
    expect(await phone.page.evaluate(() => ears.unmuted())).toEqual([FIRST]);
    expect(phone.events.some(({ kind }) => kind === 'ended')).toBe(false);
  });

  test('whose far side is not heard says so within five seconds, and again when it is', async () => {
    const phone = await registered();
    const { callId } = await answered(phone);
    await heardFromCall(phone);
    const farEnd = pbx.farEnd(callId);
    const mutedAt = await phone.page.evaluate(() => performance.now());
    farEnd?.mute(true);
    const silent = await phone.until('media', ({ state }) => state === 'nothing-heard');
    expect(silent.monotonic - mutedAt).toBeGreaterThan(3000);
    expect(silent.monotonic - mutedAt).toBeLessThan(5000);
    farEnd?.mute(false);
    await phone.until('media', ({ state }) => state === 'heard-again');
  }, 20_000);
});

describe('a call on hold', () => {
  test.each(['here', 'there'])(
    '%s is silent, and nobody is told of that',
    async (side) => {
      const phone = await registered();
      const { callId } = await answered(phone);
      await heardFromCall(phone);
      const farEnd = pbx.farEnd(callId);
      if (side === 'here') await phone.command({ kind: 'hold', callId });
      else await farEnd?.hold(true);
      const { monotonic: held } = await phone.until('held', ({ by }) => by === (side === 'here' ? 'local' : 'remote'));
      farEnd?.mute(true);
      // Told every five seconds, by the same look that listens.
      await phone.until('quality', ({ monotonic }) => monotonic > held + 5000);
      expect(phone.events.some((event) => event.kind === 'media' && event.state === 'nothing-heard')).toBe(false);
    },
    30_000,
  );
});

describe('the audio test', () => {
  test('lets the agent hear and see themselves, and lets go of the microphone', async () => {
    const phone = await registered();
    const speaker = await deviceId(phone, SECOND);
    await phone.command({ kind: 'preferences', ...preferring({ speaker }) }, { kind: 'test-audio', what: 'echo' });
    await phone.until('audio-level', ({ microphone }) => microphone !== null && microphone > 0.2);
    expect(await (await heardFromSounds(phone)).jsonValue()).toMatchObject({ sink: speaker });
    expect(await microphones(phone)).toHaveLength(1);
    await phone.command({ kind: 'test-audio', what: 'off' });
    await phone.until('audio-level', ({ microphone }) => microphone === null);
    expect(await microphones(phone)).toEqual([]);
  });

  test('ends when somebody calls', async () => {
    const phone = await registered();
    await phone.command({ kind: 'test-audio', what: 'echo' });
    await phone.until('audio-level', ({ microphone }) => microphone !== null);
    const call = pbx.call({ from: FROM, to: '101', script: { kind: 'talk' } });
    await phone.until('audio-level', ({ microphone }) => microphone === null);
    expect(await microphones(phone)).toEqual([]);
    call.cancel();
    await phone.until('ended');
  });

  test('rings once', async () => {
    const phone = await registered();
    await phone.command({ kind: 'test-audio', what: 'ringer' });
    expect(await (await heardFromSounds(phone)).jsonValue()).toMatchObject({ sink: '' });
    await quiet(phone);
  });
});

describe('a PBX of another make', () => {
  let other: OtherPbx;

  beforeEach(async () => {
    other = await startOtherPbx();
    undo.push(() => other.close());
  });

  const DTLS = [
    'a=fingerprint:sha-256 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF',
    'a=ice-ufrag:abcd',
    'a=ice-pwd:abcdefghijklmnopqrstuvwx',
    'a=setup:actpass',
    'a=rtcp-mux',
  ];
  const media = (first: string, mid: string, ...more: string[]) => [
    first,
    'c=IN IP4 127.0.0.1',
    ...DTLS,
    `a=mid:${mid}`,
    'a=sendrecv',
    ...more,
  ];
  const audio = media('m=audio 9 UDP/TLS/RTP/SAVPF 0', '0', 'a=rtpmap:0 PCMU/8000');
  const video = media('m=video 9 UDP/TLS/RTP/SAVPF 96', '1', 'a=rtpmap:96 VP8/90000');
  const offer = (...lines: string[]) => ['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 't=0 0', ...lines, ''].join('\r\n');

  async function answerOffer(sdp: string): Promise<string> {
    const phone = await registered({ servers: [other.url] });
    other.send(requestOf('INVITE', ['Content-Type: application/sdp'], sdp));
    const { callId } = await phone.until('ringing');
    await phone.command({ kind: 'answer', callId });
    return other.next(/^SIP\/2\.0 (?:200[^]*CSeq: 1 INVITE|[3-6])/);
  }

  test.each([
    ['after its audio', [...audio, ...video], ['audio 9', 'video 0']],
    ['before its audio', [...video, ...audio], ['video 0', 'audio 9']],
    ['in one bundle with its audio', ['a=group:BUNDLE 0 1', ...audio, ...video], ['audio 9', 'video 0']],
  ])('that offers video %s has the audio answered', async (_name, lines, ports) => {
    const ok = await answerOffer(offer(...lines));
    // Port 9 where no candidate is the default one yet, else a real port.
    const answeredPorts = [...ok.matchAll(/^m=(\w+) (\d+)/gm)].map(
      ([, kind, port]) => `${kind} ${port === '0' ? '0' : '9'}`,
    );
    expect(answeredPorts).toEqual(ports);
  });

  test.each([
    ['no audio', offer(...video)],
    ['audio that is off', offer(...media('m=audio 0 UDP/TLS/RTP/SAVPF 0', '0'), ...video)],
    ['only codecs that nobody knows', offer(...media('m=audio 9 UDP/TLS/RTP/SAVPF 99', '0', 'a=rtpmap:99 AMR/8000'))],
    ['nothing that makes sense', 'v=0\r\nnonsense'],
  ])('that offers %s is told 488', async (_name, sdp) => {
    expect(await answerOffer(sdp)).toMatch(/^SIP\/2\.0 488/);
  });

  test('plays an announcement before another of its phones answers: both are heard', async () => {
    const phone = await registered({ servers: [other.url] });
    await phone.command({ kind: 'dial', target: '102' });
    const invite = await other.next(/^INVITE/);
    const speaker = (): Media => {
      const media = new Media(synthesizeSpeech(160, 2), 'callee');
      undo.push(() => media.close());
      media.talk(undefined);
      return media;
    };
    const answerOf = async (side: Media, request: string): Promise<string> => {
      await side.setDescription(request.slice(request.indexOf('\r\n\r\n') + 4));
      return (await side.getDescription()).body;
    };
    const [announcement, colleague] = [speaker(), speaker()];
    other.send(
      answerTo(invite, '183 Session Progress', { tag: 'announcement', sdp: await answerOf(announcement, invite) }),
    );
    await heardFromCall(phone);
    expect(phone.events.some(({ kind }) => kind === 'answered')).toBe(false);

    other.send(answerTo(invite, '200 OK', { tag: 'colleague', sdp: await answerOf(colleague, invite) }));
    await phone.until('answered');
    // The way of the audio leads to the announcement still: the phone asks for another one.
    const again = await other.next(/^INVITE [^]*\r\nTo:.*tag=colleague/);
    const before = colleague.heard.frames;
    other.send(answerTo(again, '200 OK', { tag: '', sdp: await answerOf(colleague, again) }));
    await expect.poll(() => colleague.heard.frames, { timeout: 3000 }).toBeGreaterThan(before + 50);
    announcement.close();
    await heardFromCall(phone);
    expect(phone.events.some((event) => event.kind === 'media' && event.state === 'nothing-heard')).toBe(false);
  }, 20_000);

  test('whose network fails for a while is heard again afterwards, and both is told', async () => {
    const phone = await registered({ servers: [other.url] });
    await phone.command({ kind: 'dial', target: '102' });
    const invite = await other.next(/^INVITE/);
    const colleague = new Media(synthesizeSpeech(160, 2), 'callee');
    undo.push(() => colleague.close());
    colleague.talk(undefined);
    // The only way between the two leads through the network that is going to fail.
    await colleague.setDescription(invite.slice(invite.indexOf('\r\n\r\n') + 4).replace(/^a=candidate:.*\r\n/gm, ''));
    const { body } = await colleague.getDescription();
    const [, address = '', port = ''] = /^a=candidate:\S+ 1 udp \d+ (\d+\.\S+) (\d+) typ host/im.exec(body) ?? [];
    const network = await startNetwork({ address, port: Number(port) });
    const sdp = body
      .replace(/^a=candidate:.*\r\n/gm, '')
      .replace(/^a=ice-ufrag/m, `a=candidate:1 1 udp 2122260223 127.0.0.1 ${network.port} typ host\r\n$&`);
    other.send(answerTo(invite, '200 OK', { tag: 'colleague', sdp }));
    await phone.until('media', ({ state }) => state === 'connected');
    await heardFromCall(phone);

    network.fail(true);
    await phone.until('media', ({ state }) => state === 'interrupted');
    network.fail(false);
    const { monotonic: interrupted } = await phone.until('media', ({ state }) => state === 'interrupted');
    await phone.until('media', ({ state, monotonic }) => state === 'connected' && monotonic > interrupted);
    const before = colleague.heard.frames;
    await expect.poll(() => colleague.heard.frames, { timeout: 5000 }).toBeGreaterThan(before + 50);
    await heardFromCall(phone);
    expect(phone.events.some(({ kind }) => kind === 'ended')).toBe(false);
  }, 40_000);

  /** Carries UDP between the phone and the far side, until it fails. */
  async function startNetwork(farSide: { address: string; port: number }) {
    const [near, far] = [createSocket('udp4'), createSocket('udp4')];
    let phone: { address: string; port: number } | null = null;
    let hasFailed = false;
    near.on('message', (packet, from) => {
      phone = from;
      if (!hasFailed) far.send(packet, farSide.port, farSide.address);
    });
    far.on('message', (packet) => {
      if (!hasFailed && phone !== null) near.send(packet, phone.port, phone.address);
    });
    for (const socket of [near, far]) {
      await new Promise<void>((resolve) => socket.bind(0, resolve));
      undo.push(() => new Promise<void>((resolve) => socket.close(() => resolve())));
    }
    return { port: near.address().port, fail: (fails: boolean) => (hasFailed = fails) };
  }
});

describe('gathering candidates', () => {
  /** A STUN server (RFC 8489) that says everybody comes from 203.0.113.7, or says nothing. */
  async function stun(says: 'something' | 'nothing'): Promise<string> {
    const socket: Socket = createSocket('udp4');
    socket.on('message', (request, { port, address }) => {
      if (says === 'nothing') return;
      const answer = Buffer.alloc(32);
      answer.writeUInt16BE(0x0101, 0);
      answer.writeUInt16BE(12, 2);
      request.copy(answer, 4, 4, 20);
      // XOR-MAPPED-ADDRESS: family, port and address, each with the magic cookie.
      answer.writeUInt16BE(0x0020, 20);
      answer.writeUInt16BE(8, 22);
      answer.writeUInt8(1, 25);
      answer.writeUInt16BE(port ^ 0x2112, 26);
      answer.writeUInt32BE((((203 << 24) | (113 << 8) | 7) ^ 0x2112a442) >>> 0, 28);
      socket.send(answer, port, address);
    });
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    undo.push(() => new Promise<void>((resolve) => socket.close(() => resolve())));
    return `stun:127.0.0.1:${(socket.address() as AddressInfo).port}`;
  }

  /**
   * Milliseconds from the dial command to the INVITE on the wire, and the INVITE. (An answer may go out sooner: when
   * the far side's candidates lead to it, Chromium looks for no more.)
   */
  async function dialWith(config: Partial<PhoneConfig>): Promise<{ ms: number; invite: string }> {
    pbx.callee('102', { kind: 'ring for ever' });
    const phone = await registered(config);
    const invite = new Promise<{ text: string; at: number }>((resolve) => {
      undo.push(
        pbx.on('message', ({ direction, text }) => {
          if (direction === 'in' && text.startsWith('INVITE')) resolve({ text, at: performance.now() });
        }),
      );
    });
    const dialled = performance.now();
    await phone.command({ kind: 'dial', target: '102' });
    const { text, at } = await invite;
    return { ms: at - dialled, invite: text };
  }

  test('waits for nothing where there is no STUN server', async () => {
    const { ms, invite } = await dialWith({ gatheringMs: 5000 });
    expect(invite).toMatch(/^a=candidate:.* typ host/m);
    expect(ms).toBeLessThan(1000);
  });

  test('takes what a STUN server says, and goes on at once', async () => {
    const { ms, invite } = await dialWith({ gatheringMs: 5000, iceServers: [{ urls: await stun('something') }] });
    expect(invite).toMatch(/^a=candidate:.* 203\.0\.113\.7 \d+ typ srflx/m);
    expect(ms).toBeLessThan(1000);
  });

  test('waits for one that says nothing as long as the settings say, and is heard all the same', async () => {
    const { ms, invite } = await dialWith({ gatheringMs: 700, iceServers: [{ urls: await stun('nothing') }] });
    expect(invite).toMatch(/^a=candidate:.* typ host/m);
    expect(ms).toBeGreaterThanOrEqual(690);
    expect(ms).toBeLessThan(1700);
  });
});
