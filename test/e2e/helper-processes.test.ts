/** Chromium's helper processes killed in every state of a call: what is lost is the media of that moment, never a call. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { people } from '../../sandbox/kommo/index.ts';
import { eventually } from './support/eventually.ts';
import { ask, happened, history, incoming, openTestOffice, writings, type TestOffice } from './support/office.ts';
import { familyOf, ofProcess } from './support/process-tree.ts';
import type { Ringside } from './support/ringside.ts';

/** As the kernel shows them, by a piece of their command line. */
const HELPERS = {
  network: '--utility-sub-type=network.mojom.NetworkService',
  graphics: '--type=gpu-process',
} as const;
type Helper = keyof typeof HELPERS;

let office: TestOffice;
let ringside: Ringside;
beforeAll(async () => {
  office = await openTestOffice();
  ringside = await office.start();
  await ringside.waitForTimeline('phone.registered');
  await ringside.page('panel');
});
afterAll(async () => {
  await ringside?.close();
  await office?.close();
});

/** Kills it, and waits until Chromium has started another one. */
async function kill(helper: Helper): Promise<void> {
  const [pid] = pidsOf(helper);
  if (pid === undefined) throw new Error(`there is no ${helper} process`);
  process.kill(pid, 'SIGKILL');
  await eventually(`a new ${helper} process`, () => pidsOf(helper).some((one) => one !== pid) || undefined);
}

const pidsOf = (helper: Helper): number[] =>
  familyOf(ringside.pid).filter((pid) => ofProcess(pid, 'cmdline').includes(HELPERS[helper]));

const registered = async () => {
  const state = await ask(ringside, 'state');
  return (state.ok && state.value.phone.state === 'registered') || undefined;
};
const noCall = async () => {
  const state = await ask(ringside, 'state');
  return (state.ok && state.value.calls.length === 0) || undefined;
};

/** The agent can be called, answers, and the call is on its card once. */
async function nextCallWorks(): Promise<void> {
  await eventually('registered again', registered, 20_000);
  const next = await incoming(office, ringside, { user: people.marcusWebb.phone }, { kind: 'talk', talkMs: 60_000 });
  await ask(ringside, 'answer', next.id);
  await happened(ringside, next.id, 'answered');
  await ask(ringside, 'hangUp', next.id);
  await next.placed.ended;
  await happened(ringside, next.id, 'delivery.card', { state: 'done' });
  expect(writings(office, next.id)).toHaveLength(1);
}

describe.each(Object.keys(HELPERS) as Helper[])('the %s process', (helper) => {
  test('killed while nobody calls: the phone is ready again', async () => {
    await kill(helper);
    await nextCallWorks();
    await eventually('no call any more', noCall);
    expect(pidsOf(helper).length).toBeGreaterThan(0);
  });

  test.each(['rings', 'goes on'] as const)(
    'killed while a call %s: it is in the history once, the next one works',
    async (when) => {
      const call = await incoming(office, ringside, { user: people.davidChen.phone }, { kind: 'talk', talkMs: 60_000 });
      if (when === 'goes on') {
        await ask(ringside, 'answer', call.id);
        await happened(ringside, call.id, 'answered');
      }
      await kill(helper);
      // Whatever became of its media, the call is still there to be ended, or was ended and said so.
      await eventually('registered again', registered, 20_000);
      await ask(ringside, when === 'rings' ? 'decline' : 'hangUp', call.id);
      await eventually('no call any more', noCall, 40_000);
      await happened(ringside, call.id, 'journal.written');
      expect((await history(ringside)).filter((entry) => entry.call.id === call.id)).toHaveLength(1);
      await nextCallWorks();
    },
  );
});
