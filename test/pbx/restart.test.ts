/** A SIP server that is killed and comes back knowing nothing, in the midst of calls: Electron, Kamailio, rtpengine and baresip. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startDesktop } from '../../sandbox/desktop/desktop.ts';
import type { Desktop } from '../../sandbox/desktop/desktop.ts';
import { openKommo } from '../../sandbox/kommo/index.ts';
import { eventually } from '../e2e/support/eventually.ts';
import { launchRingside } from '../e2e/support/ringside.ts';
import type { Ringside, TimelineEntry } from '../e2e/support/ringside.ts';
import type { DeskPhone } from './support/baresip.ts';
import { AGENT, talkingAgent } from './support/agent.ts';
import { energyHeard, watchMedia } from './support/heard.ts';
import { missingPbxPrograms, startPbxStack } from './support/stack.ts';
import type { PbxStack } from './support/stack.ts';

const missing = missingPbxPrograms();
const runs = missing === null || process.env['CI'] === 'true';
const NUMBER = '+12025550147';

describe.skipIf(!runs)(`the SIP server is killed and comes back${missing === null ? '' : ` (${missing})`}`, () => {
  let pbx: PbxStack;
  let desktop: Desktop;
  let ringside: Ringside;
  let desk: DeskPhone;
  let undo: (() => Promise<void>)[];
  beforeEach(async () => {
    undo = [];
    pbx = await startPbxStack({ media: true });
    undo.push(pbx.close);
    const kommo = await openKommo();
    undo.push(kommo.close);
    desktop = await startDesktop({ daemon: 'recording' });
    undo.push(desktop.close);
    ringside = await launchRingside({ desktop, ...(await talkingAgent(pbx, kommo)) });
    undo.push(ringside.close);
    await watchMedia(ringside);
    desk = await pbx.deskPhone('102', 'manual');
  });
  afterEach(async () => {
    for (const step of undo.reverse()) await step();
  });

  async function press(button: 'Answer' | 'Hang up'): Promise<void> {
    const panel = await ringside.page('panel');
    await panel
      .getByRole('button', { name: new RegExp(`^${button}`) })
      .first()
      .click();
  }
  /** The desk phone calls the agent, and is told that it rings there. */
  async function rings(): Promise<void> {
    await desk.command('dial', `sip:${AGENT}@${pbx.domain}`);
    await desk.waitFor('CALL_RINGING');
  }
  async function talks(): Promise<void> {
    await rings();
    const toast = await desktop.notifications?.waitFor(({ summary }) => summary.includes('102'));
    desktop.notifications?.invoke(toast?.id ?? 0, 'answer');
    await desk.waitFor('CALL_ESTABLISHED');
    await bothHear();
  }
  /** From now on. */
  async function bothHear(): Promise<void> {
    const [loud, energy] = [(await desk.heard()).loudSeconds, await energyHeard(ringside)];
    await eventually('the desk phone hears the agent', async () => (await desk.heard()).loudSeconds > loud + 0.5);
    await eventually('the agent hears the desk phone', async () => (await energyHeard(ringside)) > energy + 0.0005);
  }
  async function killServer(): Promise<void> {
    await pbx.killServer();
    await ringside.waitForTimeline('phone.retrying');
  }
  /** Back, and the phone has registered by itself. */
  async function startServer(): Promise<void> {
    const before = ringside.timeline().length;
    await pbx.startServer();
    await eventually('registered again', () =>
      ringside
        .timeline()
        .slice(before)
        .some(({ event }) => event === 'phone.registered'),
    );
    expect(await pbx.registered(AGENT)).toHaveLength(1);
  }
  /** How the only call of this test ended, once it is on disk; it was written once. */
  async function ended(): Promise<TimelineEntry> {
    await ringside.waitForTimeline('journal.written');
    const told = (name: string) => ringside.timeline().filter(({ event }) => event === name);
    expect(told('journal.written')).toHaveLength(1);
    expect(told('ended')).toHaveLength(1);
    return ringside.waitForTimeline('ended');
  }
  /** What an answered call is to be in the journal, from its answer to its end: the desk phone heard it no longer. */
  async function answeredUntil({ t }: TimelineEntry): Promise<{ disposition: 'answered'; talkSeconds: number }> {
    const answered = await ringside.waitForTimeline('answered');
    const talkSeconds = Math.round((t - answered.t) / 1_000);
    expect((await desk.heard()).seconds).toBeLessThanOrEqual(talkSeconds + 1);
    return { disposition: 'answered', talkSeconds };
  }

  test('in a call: the voices go on, the phone is back, and the agent hangs up', async () => {
    await talks();
    await killServer();
    await bothHear();
    await startServer();
    await bothHear();
    await press('Hang up');
    await desk.waitFor('CALL_CLOSED');
    const end = await ended();
    expect(end).toMatchObject(await answeredUntil(end));
  });

  test('in a call: the agent hangs up while it is away, and the desk phone hears of it when it is back', async () => {
    await talks();
    await killServer();
    await bothHear();
    await press('Hang up');
    const end = await ended();
    await startServer();
    await desk.waitFor('CALL_CLOSED');
    expect(end).toMatchObject(await answeredUntil(end));
    expect(await ended()).toEqual(end);
  });

  test('in a call: the desk phone finds its new way to the agent, and hangs up', async () => {
    await talks();
    await killServer();
    await startServer();
    await bothHear();
    await desk.command('hangup');
    const end = await ended();
    expect(end).toMatchObject(await answeredUntil(end));
  });

  test('ringing: the agent answers when it is back, and both hear each other', async () => {
    await rings();
    await killServer();
    await startServer();
    await press('Answer');
    await bothHear();
    await press('Hang up');
    await desk.waitFor('CALL_CLOSED');
    const end = await ended();
    expect(end).toMatchObject(await answeredUntil(end));
  });

  test('ringing: the agent answers while it is away, and both hear each other when it is back', async () => {
    await rings();
    await killServer();
    await press('Answer');
    await startServer();
    await bothHear();
    await press('Hang up');
    await desk.waitFor('CALL_CLOSED');
    const end = await ended();
    expect(end).toMatchObject(await answeredUntil(end));
  });

  test('ringing: who gave up while it was away is missed, although the agent answers', async () => {
    await rings();
    await killServer();
    await desk.command('hangup');
    await startServer();
    await press('Answer');
    expect(await ended()).toMatchObject({ disposition: 'missed', talkSeconds: 0 });
  });

  test('ringing: whom nobody answers is missed, and what was dialled has failed', async () => {
    const panel = await ringside.page('panel');
    const farEnd = await pbx.farEnd.rings(NUMBER);
    await panel.getByLabel('Number to call').fill(NUMBER);
    await panel.getByRole('button', { name: 'Call', exact: true }).click();
    await panel.getByText('Calling…').first().waitFor();
    await rings();
    await killServer();
    await startServer();
    await desk.command('hangup');
    const ends = () => ringside.timeline().filter(({ event }) => event === 'ended');
    await eventually('both have ended', () => ends().length === 2, 45_000);
    expect(ends()).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ disposition: 'failed', talkSeconds: 0 }),
        expect.objectContaining({ disposition: 'missed', talkSeconds: 0 }),
      ]),
    );
    await farEnd.stop();
  }, 120_000);
});
