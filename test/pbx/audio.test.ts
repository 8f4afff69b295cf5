/** Real audio in both directions, through parts that nobody here wrote: Electron, Kamailio, rtpengine and baresip. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startDesktop } from '../../sandbox/desktop/desktop.ts';
import type { Desktop } from '../../sandbox/desktop/desktop.ts';
import { openKommo } from '../../sandbox/kommo/index.ts';
import { eventually } from '../e2e/support/eventually.ts';
import { launchRingside } from '../e2e/support/ringside.ts';
import type { Ringside } from '../e2e/support/ringside.ts';
import { AGENT, talkingAgent } from './support/agent.ts';
import { energyHeard, watchMedia } from './support/heard.ts';
import { missingPbxPrograms, startPbxStack } from './support/stack.ts';
import type { PbxStack } from './support/stack.ts';

const missing = missingPbxPrograms();
const runs = missing === null || process.env['CI'] === 'true';

describe.skipIf(!runs)(`audio over rtpengine${missing === null ? '' : ` (${missing})`}`, () => {
  let pbx: PbxStack;
  let desktop: Desktop;
  let ringside: Ringside;
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
  });
  afterEach(async () => {
    for (const step of undo.reverse()) await step();
  });

  test('a desk phone calls: both hear each other', async () => {
    const desk = await pbx.deskPhone('102', 'manual');
    await desk.command('dial', `sip:${AGENT}@${pbx.domain}`);
    await ringside.waitForTimeline('toast.shown');
    const toast = await desktop.notifications?.waitFor(({ summary }) => summary.includes('102'));
    desktop.notifications?.invoke(toast?.id ?? 0, 'answer');
    await desk.waitFor('CALL_ESTABLISHED');
    await eventually('the desk phone hears the agent', async () => (await desk.heard()).loudSeconds > 1);
    await eventually('the agent hears the desk phone', async () => (await energyHeard(ringside)) > 0.001);
    await desk.command('hangup');
    expect(await ringside.waitForTimeline('ended')).toMatchObject({ disposition: 'answered' });
  });
});
