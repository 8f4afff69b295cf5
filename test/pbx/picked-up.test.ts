/** The phone page is killed in a call, and the next one picks the call up: Electron, Kamailio, rtpengine and baresip. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startDesktop } from '../../sandbox/desktop/desktop.ts';
import type { Desktop } from '../../sandbox/desktop/desktop.ts';
import { openKommo } from '../../sandbox/kommo/index.ts';
import { eventually } from '../e2e/support/eventually.ts';
import { happened } from '../e2e/support/office.ts';
import { launchRingside } from '../e2e/support/ringside.ts';
import type { Ringside } from '../e2e/support/ringside.ts';
import { callIdOf, startWire, type Wire } from '../e2e/support/wire.ts';
import type { DeskPhone } from './support/baresip.ts';
import { AGENT, talkingAgent } from './support/agent.ts';
import { energyHeard, showConnections } from './support/heard.ts';
import { missingPbxPrograms, startPbxStack } from './support/stack.ts';
import type { PbxStack } from './support/stack.ts';

const missing = missingPbxPrograms();
const runs = missing === null || process.env['CI'] === 'true';

describe.skipIf(!runs)(`the phone page is killed in a call${missing === null ? '' : ` (${missing})`}`, () => {
  let pbx: PbxStack;
  let desktop: Desktop;
  let ringside: Ringside;
  let desk: DeskPhone;
  let wire: Wire;
  let undo: (() => Promise<void>)[];
  beforeEach(async () => {
    undo = [];
    pbx = await startPbxStack({ media: true });
    undo.push(pbx.close);
    wire = await startWire(pbx.wsUrl);
    undo.push(wire.close);
    const kommo = await openKommo();
    undo.push(kommo.close);
    desktop = await startDesktop({ daemon: 'recording' });
    undo.push(desktop.close);
    ringside = await launchRingside({ desktop, ...(await talkingAgent(pbx, kommo, wire.url)) });
    undo.push(ringside.close);
    await ringside.waitForTimeline('phone.registered');
    // The page that is to be killed is of no interest, those that come after it are.
    await ringside.electron.context().addInitScript(showConnections);
  });
  afterEach(async () => {
    for (const step of undo.reverse()) await step();
  });

  async function press(name: RegExp): Promise<void> {
    const panel = await ringside.page('panel');
    await panel.getByRole('button', { name }).first().click();
  }
  async function deskHears(): Promise<void> {
    const loud = (await desk.heard()).loudSeconds;
    await eventually('the desk phone hears the agent', async () => (await desk.heard()).loudSeconds > loud + 0.5);
  }
  async function killPage(): Promise<void> {
    const pid = await ringside.electron.evaluate(
      ({ webContents }) =>
        webContents
          .getAllWebContents()
          .find((one) => one.getURL().startsWith('app://phone/'))
          ?.getOSProcessId() ?? 0,
    );
    process.kill(pid, 'SIGKILL');
    await ringside.waitForTimeline('phone.lost');
  }
  async function agentHears(): Promise<void> {
    const energy = await energyHeard(ringside);
    await eventually('the agent hears the desk phone', async () => (await energyHeard(ringside)) > energy + 0.0005);
  }
  async function bothHear(): Promise<void> {
    await deskHears();
    await agentHears();
  }
  /** The desk phone calls the agent, who answers; the call's id. */
  async function talks(): Promise<string> {
    desk = await pbx.deskPhone('102', 'manual');
    await desk.command('dial', `sip:${AGENT}@${pbx.domain}`);
    await desk.waitFor('CALL_RINGING');
    await press(/^Answer/);
    await desk.waitFor('CALL_ESTABLISHED');
    await deskHears();
    return (await ringside.waitForTimeline('answered')).call ?? '';
  }
  /** One call, with its whole time. */
  async function expectEndedOnce(id: string): Promise<void> {
    await happened(ringside, id, 'journal.written');
    const told = (name: string) => ringside.timeline().filter(({ event }) => event === name);
    const [answered] = told('answered');
    expect(told('journal.written')).toHaveLength(1);
    expect(told('ended')).toMatchObject([{ call: id, disposition: 'answered' }]);
    const [end] = told('ended');
    expect(Math.abs(Number(end?.['talkSeconds']) - ((end?.t ?? 0) - (answered?.t ?? 0)) / 1_000)).toBeLessThan(1);
  }

  test('that came in: both hear each other again, it can be held, and the agent hangs up', async () => {
    const id = await talks();
    await killPage();
    await happened(ringside, id, 'picked-up');
    await bothHear();
    await press(/^Hold/);
    await happened(ringside, id, 'held');
    await press(/^Resume/);
    await happened(ringside, id, 'resumed');
    // Which baresip records no more.
    await agentHears();
    await press(/^Hang up/);
    await desk.waitFor('CALL_CLOSED');
    await expectEndedOnce(id);
  });

  test('that went out: both hear each other again, and the desk phone hangs up', async () => {
    desk = await pbx.deskPhone('102', 'auto');
    const panel = await ringside.page('panel');
    await panel.getByLabel('Number to call').fill('102');
    await panel.getByRole('button', { name: 'Call', exact: true }).click();
    await desk.waitFor('CALL_ESTABLISHED');
    await deskHears();
    const { call: id } = await ringside.waitForTimeline('answered');
    await killPage();
    await happened(ringside, id ?? '', 'picked-up');
    await bothHear();
    // Within the old dialog, to where it was: no second call.
    const [began, pickedUp] = [/^INVITE [^]*^To: [^;]*\r$/m, /^INVITE [^]*^To: .*;tag=/m].map(
      (of) => wire.find(of) ?? '',
    );
    expect(callIdOf(pickedUp ?? '')).toBe(callIdOf(began ?? 'none'));
    await desk.command('hangup');
    await expectEndedOnce(id ?? '');
  });

  test('that is hung up while there is no page: the desk phone hears of it from the next one', async () => {
    const id = await talks();
    await killPage();
    await press(/^Hang up/);
    await happened(ringside, id, 'ended');
    await desk.waitFor('CALL_CLOSED');
    await expectEndedOnce(id);
  });

  test('that the desk phone has hung up meanwhile: over, with its time', async () => {
    const id = await talks();
    await killPage();
    await desk.command('hangup');
    await expectEndedOnce(id);
  });
});
