/** Fifty callers at once: each gets a toast while it rings, and each is in the journal afterwards. */
import { join } from 'node:path';
import { startDesktop } from '../../sandbox/desktop/desktop.ts';
import { AGENT, openOffice } from '../../sandbox/story/office.ts';
import { absolute, type Figure } from './figure.ts';
import { startRingside, withPhone } from './program.ts';

const CALLS = 50;
const PATIENCE_MS = 20_000;

export const burstFigure: Figure = {
  names: ['burst50.toasts'],
  inTheWay: 'what else runs on this machine: nobody waits longer than twenty seconds for a toast here',
  async measure(say) {
    const desktop = await startDesktop({ daemon: 'recording' });
    const office = await openOffice(join(import.meta.dirname, '../../out/widget'));
    const { notifications } = desktop;
    if (notifications === null) throw new Error('this desktop keeps no toasts');
    const ringside = startRingside(desktop, withPhone(office, { callsAtOnce: CALLS }));
    try {
      await office.pbx.waitForRegistration(AGENT.extension);
      await ringside.waitFor(({ event }) => event === 'ready');
      const times = (event: string) => new Set(ringside.entries().flatMap((e) => (e.event === event ? e.call : [])));
      const all = async (event: string) => {
        let count = 0;
        await ringside.timeline
          .waitFor((line) => line.includes(`"event":"${event}"`) && ++count === CALLS, PATIENCE_MS)
          .catch(() => undefined); // Those that are missing are counted below.
      };
      const begunAt = Date.now();
      const calls = Array.from({ length: CALLS }, (_, i) =>
        office.pbx.call({
          from: { user: `+1415555${3000 + i}` },
          to: AGENT.extension,
          script: { kind: 'talk', recording: false },
        }),
      );
      await all('toast.shown');
      const shownMs = Date.now() - begunAt;
      // On the screen now, all at once, with the number of each caller.
      const ringing = notifications.shown().filter(({ actions }) => 'answer' in actions);
      const shown = calls.filter((_, i) => ringing.some(({ summary }) => summary.endsWith(String(3000 + i)))).length;
      for (const call of calls) call.cancel();
      await Promise.all(calls.map(({ ended }) => ended));
      await all('journal.written');
      const kept = times('journal.written').size;
      say(`  ${shown} toasts within ${shownMs} ms, ${times('invite').size} calls, ${kept} in the journal`);
      if (kept < CALLS) throw new Error(`${CALLS - kept} of ${CALLS} calls are not in the journal`);
      return [{ ...absolute('burst50.toasts', shown, 'toasts', CALLS), atLeast: true }];
    } finally {
      await ringside.stop();
      await office.close();
      await desktop.close();
    }
  },
};
