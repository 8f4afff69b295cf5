/**
 * Every process of the program killed in every state of a call. What may be lost is the media of the call in progress:
 * each call is in the journal once, as what it was, and on its card once, and the agent can go on.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Disposition } from '../../app/calls/call.ts';
import type { LiveCall } from '../../app/ipc/panel.ts';
import { inEnglish } from '../../app/texts/worded.ts';
import { people } from '../../sandbox/kommo/index.ts';
import type { PlacedCall } from '../../sandbox/pbx/index.ts';
import { eventually } from './support/eventually.ts';
import { ask, happened, history, incoming, openTestOffice, writings, type TestOffice } from './support/office.ts';
import { familyOf, ofProcess } from './support/process-tree.ts';
import { launchRingside, type Ringside } from './support/ringside.ts';

const { marcusWebb, davidChen, annaPetrova } = people;
const COLLEAGUE = '102';
const NOTE = 'Wants a new roof';
/** As the kernel shows them, by a piece of their command line. */
const HELPERS = {
  network: '--utility-sub-type=network.mojom.NetworkService',
  graphics: '--type=gpu-process',
} as const;

let office: TestOffice;
let folder: string;
let profile: string;
let ringside: Ringside;
const placed: PlacedCall[] = [];

beforeAll(async () => {
  office = await openTestOffice();
  office.pbx.callee(COLLEAGUE, { kind: 'answer', ringMs: 50 });
  office.pbx.callee(davidChen.phone, { kind: 'ring for ever' });
  office.pbx.callee(annaPetrova.phone, { kind: 'answer', ringMs: 600_000, early: 'unreliable' });
  folder = await mkdtemp(join(tmpdir(), 'ringside-killed-'));
  profile = join(folder, 'profile');
  ringside = await office.start({ profile });
  await ready();
});
afterEach(() => {
  for (const call of placed.splice(0)) {
    call.cancel();
    call.hangUp();
  }
});
afterAll(async () => {
  await ringside?.close();
  await office?.close();
  await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
});

const state = async () => {
  const answer = await ask(ringside, 'state');
  if (!answer.ok) throw new Error(inEnglish(answer.message));
  return answer.value;
};
const registered = () =>
  eventually('registered', async () => (await state()).phone.state === 'registered' || undefined, 20_000);
async function restart(): Promise<void> {
  await ringside.kill();
  ringside = await launchRingside({ desktop: office.desktop, profile });
  await ready();
}
async function ready(): Promise<void> {
  await ringside.waitForTimeline('phone.registered');
  await ringside.waitForTimeline('panel.opened');
  await registered();
}
const shown = (id: string, what: Partial<LiveCall>) =>
  eventually(`${id} is shown as ${JSON.stringify(what)}`, async () => {
    const call = (await state()).calls.find((one) => one.id === id);
    expect(call).toMatchObject(what);
    return call;
  });

/**
 * A call in its state: what the agent is shown of it, and what it is once it is over. `farEnd` is the Call-ID of one that
 * both are in: it outlives the phone page, too.
 */
type Going = { id: string; shows: Partial<LiveCall>; disposition: Disposition; farEnd?: string };

async function talking(from: { phone: string } = marcusWebb): Promise<Going> {
  const call = await incoming(office, ringside, { user: from.phone }, { kind: 'talk' });
  placed.push(call.placed);
  await ask(ringside, 'answer', call.id);
  await happened(ringside, call.id, 'answered');
  return { id: call.id, shows: { state: 'active' }, disposition: 'answered', farEnd: call.placed.callId };
}

async function dialled({ phone }: { phone: string }, event: 'dialling' | 'early'): Promise<Going> {
  const before = new Set(ringside.timeline().map(({ call }) => call));
  expect(await ask(ringside, 'dial', phone)).toMatchObject({ ok: true });
  const { call } = await ringside.waitForTimeline((entry) => entry.event === 'dialling' && !before.has(entry.call));
  return { id: call ?? '', shows: { state: 'dialling', earlyMedia: event === 'early' }, disposition: 'failed' };
}

/** Brings a call, or two, into a state. */
const STATES: Record<string, () => Promise<Going[]>> = {
  'a call that rings': async () => {
    const call = await incoming(office, ringside, { user: marcusWebb.phone }, { kind: 'talk' });
    placed.push(call.placed);
    return [{ id: call.id, shows: { state: 'ringing' }, disposition: 'missed' }];
  },
  'a call that is dialled': async () => [await dialled(davidChen, 'dialling')],
  'early media': async () => [await dialled(annaPetrova, 'early')],
  'a talk': async () => [await talking()],
  'a talk held by the agent': async () => {
    const call = await talking();
    await ask(ringside, 'hold', call.id);
    return [{ ...call, shows: { state: 'held', heldBy: ['local'] } }];
  },
  'a talk held by the other side': async () => {
    const call = await talking();
    const farEnd = office.pbx.farEnd(placed[0]?.callId ?? '');
    // Not before our ACK has come to it.
    await eventually('they hold us', async () => (await farEnd?.hold(true)) === 200);
    return [{ ...call, shows: { state: 'held', heldBy: ['remote'] } }];
  },
  'a muted talk': async () => {
    const call = await talking();
    await ask(ringside, 'mute', call.id, true);
    return [{ ...call, shows: { state: 'active', muted: true } }];
  },
  'a talk whose transfer is asked about': async () => {
    const call = await talking();
    await ask(ringside, 'consult', call.id, COLLEAGUE);
    await eventually('the colleague has answered', async () =>
      (await state()).calls.some((one) => one.consultationOf === call.id && one.state === 'active'),
    );
    return [{ ...call, shows: { state: 'held', heldBy: ['local'] } }];
  },
  'two talks': async () => {
    const first = await talking();
    const second = await talking(davidChen);
    return [{ ...first, shows: { state: 'held', heldBy: ['local'] } }, second];
  },
};

const pidsOf = (helper: keyof typeof HELPERS): number[] =>
  familyOf(ringside.pid).filter((pid) => ofProcess(pid, 'cmdline').includes(HELPERS[helper]));

/** Kills it, and waits until Chromium has started another one. */
async function killHelper(helper: keyof typeof HELPERS): Promise<void> {
  const [pid] = pidsOf(helper);
  if (pid === undefined) throw new Error(`there is no ${helper} process`);
  process.kill(pid, 'SIGKILL');
  await eventually(`a new ${helper} process`, () => pidsOf(helper).some((one) => one !== pid) || undefined);
}

/** Kills the process of one of our pages. */
async function killPage(name: 'phone' | 'panel'): Promise<void> {
  const pid = () =>
    ringside.electron.evaluate(
      ({ webContents }, origin) =>
        webContents
          .getAllWebContents()
          .find((one) => one.getURL().startsWith(origin))
          ?.getOSProcessId() ?? 0,
      `app://${name}/`,
    );
  process.kill(await eventually(`a process of the ${name}`, async () => (await pid()) || undefined), 'SIGKILL');
}
const times = (event: string, id: string | null = null) =>
  ringside.timeline().filter((entry) => entry.event === event && entry.call === id).length;

/** The call is over, and kept and told once. */
async function keptOnce({ id, disposition }: Going): Promise<void> {
  const kept = await eventually('the card has it', async () => {
    const entries = (await history(ringside)).filter(({ call }) => call.id === id);
    const done = entries[0]?.deliveries.some(({ target, state: now }) => target === 'card' && now === 'done');
    return done === true && entries;
  });
  expect(kept).toMatchObject([{ disposition }]);
  expect(writings(office, id)).toHaveLength(1);
}

async function killPanel(): Promise<void> {
  const [opened, closed] = [times('panel.opened'), times('panel.closed')];
  await killPage('panel');
  await eventually('the panel is gone', () => times('panel.closed') > closed);
  // It may come back by itself; the agent does not wait for it.
  await ringside.electron.evaluate(({ app }) => void app.emit('activate'));
  await eventually('the panel is there again', () => times('panel.opened') > opened);
}
async function killPhone(): Promise<void> {
  const before = times('phone.registered');
  await killPage('phone');
  await eventually('the phone is registered anew', () => times('phone.registered') > before, 20_000);
}

/** What the agent is shown of the calls, without what is measured. */
const seen = async () => (await state()).calls.map((call) => ({ ...call, quality: null, notice: null }));
/** The call goes on as if nothing had been: it is heard again, and ends when the agent says so. */
async function goesOn({ id, shows, farEnd = '' }: Going): Promise<void> {
  await happened(ringside, id, 'picked-up');
  const call = await shown(id, { ...shows, notice: null });
  expect(times('ended', id)).toBe(0);
  const heard = () => office.pbx.farEnd(farEnd)?.heard ?? { frames: 0, ms: 0 };
  const before = heard().ms;
  if (call?.state === 'active' && !call.muted) await eventually('they hear the agent again', () => heard().ms > before);
}
const answeredAt = (id: string) =>
  Date.parse(ringside.timeline().find((one) => one.call === id && one.event === 'answered')?.at ?? '');
async function hangsUp({ id }: Pick<Going, 'id'>): Promise<void> {
  expect(await ask(ringside, 'hangUp', id)).toMatchObject({ ok: true });
  const { talkSeconds, at } = await happened(ringside, id, 'ended', { disposition: 'answered' });
  expect(Math.abs(Number(talkSeconds) - (Date.parse(at) - answeredAt(id)) / 1_000)).toBeLessThan(1.5);
}

describe.each(Object.entries(STATES))('%s', (_name, begin) => {
  test('outlives panel, graphics and network, and the phone page where it was answered: kept once', async () => {
    const going = await begin();
    await killPanel();
    for (const { id, shows } of going) await shown(id, shows);
    await killHelper('graphics');
    for (const { id, shows } of going) await shown(id, shows);
    await killHelper('network');
    await registered();
    expect(going.map(({ id }) => times('journal.written', id))).toEqual(going.map(() => 0));
    const talks = going.filter(({ farEnd }) => farEnd !== undefined);
    const before = talks.length === 0 ? [] : await seen();
    await killPhone();
    for (const call of talks) await goesOn(call);
    for (const { id } of before) await happened(ringside, id, 'picked-up');
    expect(await seen()).toEqual(before);
    for (const call of talks) await hangsUp(call);
    for (const { id } of (await state()).calls) await hangsUp({ id });
    for (const call of going) {
      await happened(ringside, call.id, 'ended', { disposition: call.disposition });
      await keptOnce(call);
      expect(times('journal.written', call.id)).toBe(1);
    }
  });

  test('ends with the program: the next start has it, once, and says so', async () => {
    const going = await begin();
    for (const { id, shows } of going) await shown(id, shows);
    if (going.some(({ disposition }) => disposition === 'answered'))
      await ask(ringside, 'annotate', going[0]?.id, { disposition: null, note: NOTE, done: false });
    const live = (await state()).calls.length;
    expect(live).toBeGreaterThanOrEqual(going.length);
    await restart();
    const now = await state();
    expect(now.calls).toEqual([]);
    expect(
      now.notices.filter(({ text }) => inEnglish(text).startsWith('Ringside was ended in the middle of a call')),
    ).toHaveLength(going.length);
    for (const call of going) {
      await keptOnce(call);
      expect(times('journal.written', call.id)).toBe(1);
    }
  });
});

describe('a talk without its phone page', () => {
  async function left(): Promise<Going & { placed: PlacedCall }> {
    const call = await talking();
    const [one] = placed;
    if (one === undefined) throw new Error('nobody was called');
    await killPage('phone');
    await happened(ringside, call.id, 'phone.lost');
    return { ...call, placed: one };
  }
  // A page that dies again and again is waited for longer and longer: the tests to come are not to pay for that.
  afterAll(restart);

  test('is hung up by the agent: over at once, and the other side hears of it from the next page', async () => {
    const call = await left();
    await hangsUp(call);
    expect(times('picked-up', call.id)).toBe(0);
    expect(await call.placed.ended).toMatchObject({ hungUpBy: 'callee' });
    await keptOnce(call);
  });

  test('of which the agent asks anything else is told to wait a moment', async () => {
    const call = await left();
    for (const [request, ...rest] of [['hold'], ['mute', true], ['transfer', COLLEAGUE]] as const)
      expect(await ask(ringside, request, call.id, ...rest)).toMatchObject({ ok: false });
    await goesOn(call);
    expect(await ask(ringside, 'hold', call.id)).toMatchObject({ ok: true });
    await shown(call.id, { state: 'held' });
    expect(await ask(ringside, 'resume', call.id)).toMatchObject({ ok: true });
    await shown(call.id, { state: 'active' });
    await hangsUp(call);
    await keptOnce(call);
  });

  test('which the other side has given up meanwhile is over when that is known', async () => {
    const call = await left();
    call.placed.hangUp();
    await happened(ringside, call.id, 'ended', { disposition: 'answered' });
    expect(times('picked-up', call.id)).toBe(0);
    await keptOnce(call);
  });

  test('goes on when the next page dies, too', async () => {
    const call = await left();
    await killPhone();
    await goesOn(call);
    expect(times('phone.lost', call.id)).toBe(2);
    await hangsUp(call);
    await keptOnce(call);
  });
});

describe('the minute after a call', () => {
  async function written(): Promise<Going> {
    const call = await talking();
    await ask(ringside, 'annotate', call.id, { disposition: null, note: NOTE, done: false });
    await ask(ringside, 'hangUp', call.id);
    await happened(ringside, call.id, 'journal.written');
    return call;
  }
  const noteOf = async (id: string) => (await history(ringside)).find(({ call }) => call.id === id)?.call.note;

  test('outlives all that can be lost of the program: the agent writes on, and the card gets it once', async () => {
    const call = await written();
    await killPanel();
    await killHelper('graphics');
    await killHelper('network');
    await registered();
    await killPhone();
    expect(await noteOf(call.id)).toBe(NOTE);
    const more = { disposition: null, note: `${NOTE}, soon`, done: true };
    expect(await ask(ringside, 'annotate', call.id, more)).toMatchObject({ ok: true });
    await keptOnce(call);
    expect(await noteOf(call.id)).toBe(more.note);
  });

  test('ends with the program: what was written is kept, and the card gets it once', async () => {
    const call = await written();
    await restart();
    await keptOnce(call);
    expect(await noteOf(call.id)).toBe(NOTE);
  });
});

test('a panel that dies before the eyes of the agent comes back by itself', async () => {
  const [opened, closed] = [times('panel.opened'), times('panel.closed')];
  // One that cannot live for a moment does not: this one could.
  const since = Date.parse(ringside.timeline().findLast(({ event }) => event === 'panel.opened')?.at ?? '');
  await eventually('it has lived', () => Date.now() - since > 3_000);
  await killPage('panel');
  await eventually('it is gone', () => times('panel.closed') > closed);
  await eventually('it is back', () => times('panel.opened') > opened);
  expect((await state()).phone.state).toBe('registered');
});
