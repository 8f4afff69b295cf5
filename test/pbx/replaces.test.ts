/** A desk phone that asks the agent first and then hands its customer over: Ringside is where a Replaces leads to (RFC 3891, RFC 5589). */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startDesktop } from '../../sandbox/desktop/desktop.ts';
import type { Desktop } from '../../sandbox/desktop/desktop.ts';
import { openKommo } from '../../sandbox/kommo/index.ts';
import { startWire, type Wire } from '../e2e/support/wire.ts';
import { eventually } from '../e2e/support/eventually.ts';
import { launchRingside } from '../e2e/support/ringside.ts';
import type { Ringside } from '../e2e/support/ringside.ts';
import type { DeskPhone } from './support/baresip.ts';
import { AGENT, talkingAgent } from './support/agent.ts';
import { energyIn, watchMedia } from './support/heard.ts';
import { missingPbxPrograms, startPbxStack } from './support/stack.ts';
import type { PbxStack } from './support/stack.ts';

const missing = missingPbxPrograms();
const runs = missing === null || process.env['CI'] === 'true';
const CUSTOMER = '+12025550147';

describe.skipIf(!runs)(
  `the agent is the target of an attended transfer${missing === null ? '' : ` (${missing})`}`,
  () => {
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
      await watchMedia(ringside);
      desk = await pbx.deskPhone('102', 'manual');
    });
    afterEach(async () => {
      for (const step of undo.reverse()) await step();
    });

    /** @param nth of the agent's connections, the first is 0 */
    async function agentHears(nth: number): Promise<void> {
      const page = await ringside.page('phone');
      const energy = await energyIn(page, nth);
      await eventually('the agent hears a voice', async () => (await energyIn(page, nth)) > energy + 0.0005);
    }
    /** The consultation as a Replaces header names it: the desk phone knows these tags, and tells nobody. */
    function consultation(): string {
      const answer = wire.find(/^SIP\/2\.0 200 [^]*^CSeq: \d+ INVITE\r$/m) ?? '';
      const [callId, to, from] = [/^Call-ID: (.*)\r$/m, /^To: .*;tag=(.*)\r$/m, /^From: .*;tag=(.*)\r$/m].map(
        (header) => header.exec(answer)?.[1] ?? '',
      );
      return `${callId};to-tag=${to};from-tag=${from}`;
    }

    test('a desk phone asks the agent, and hands its customer over: one call, and both hear each other', async () => {
      const customer = await pbx.farEnd.isReferred(CUSTOMER);
      await desk.command('dial', `sip:${CUSTOMER}@${pbx.domain}`);
      const first = await desk.waitFor('CALL_ESTABLISHED');

      await desk.command('dial', `sip:${AGENT}@${pbx.domain}`);
      const toast = await desktop.notifications?.waitFor(({ summary }) => summary.includes('102'));
      desktop.notifications?.invoke(toast?.id ?? 0, 'answer');
      const { call } = await ringside.waitForTimeline('answered');
      await agentHears(0);
      await eventually('the desk phone hears the agent', async () => (await desk.heard()).loudSeconds > 0.5);

      await desk.command('callfind', first.id ?? '');
      await desk.command('transfer', `sip:${AGENT}@${pbx.domain}?Replaces=${encodeURIComponent(consultation())}`);
      const { text: refer } = await eventually('the customer is referred', async () =>
        (await customer.messages()).find(({ text }) => text.startsWith('REFER ')),
      );
      const replaces = decodeURIComponent(/^Refer-To: .*[?]Replaces=([^>&\s]+)/im.exec(refer)?.[1] ?? '');
      expect(replaces).toBe(consultation());
      const caller = { number: CUSTOMER, name: 'Ruth Alvarez' };
      const taken = await pbx.inbound.replaces(AGENT, replaces, { caller });

      await eventually('the desk phone is out of it', () =>
        desk.events().some(({ type, id }) => type === 'CALL_CLOSED' && id !== first.id),
      );
      // The customer says back what it hears: what the agent hears now is the agent, there and back.
      await agentHears(1);
      await ringside.waitForTimeline((entry) => entry.event === 'continued' && entry.call === call);
      await desk.command('hangup');
      const panel = await ringside.page('panel');
      await panel
        .getByRole('button', { name: /^Hang up/ })
        .first()
        .click();
      expect((await taken.done).exitCode).toBe(0);
      expect((await customer.done).exitCode).toBe(0);

      await ringside.waitForTimeline('journal.written');
      const told = (name: string) => ringside.timeline().filter(({ event }) => event === name);
      const [end] = told('ended');
      expect([told('ended').length, told('journal.written').length, end?.call]).toEqual([1, 1, call]);
      const talkSeconds = Math.round(((end?.t ?? 0) - (told('answered')[0]?.t ?? 0)) / 1_000);
      expect(end).toMatchObject({ disposition: 'answered', talkSeconds });
    });
  },
);
