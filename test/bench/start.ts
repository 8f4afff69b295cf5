/** From the start of the process to registered, beside the first paint of an empty window on the same Electron. */
import { join } from 'node:path';
import { startDesktop } from '../../sandbox/desktop/desktop.ts';
import { openOffice } from '../../sandbox/story/office.ts';
import { against, median, type Figure } from './figure.ts';
import { startEmptyWindow, startRingside } from './program.ts';

const RUNS = 9;

export const startFigure: Figure = {
  names: ['start.registered'],
  inTheWay:
    'after the empty window has painted, our page still has to load the user agent and make three round trips with the PBX',
  async measure(say) {
    const desktop = await startDesktop({ daemon: 'recording' });
    const office = await openOffice(join(import.meta.dirname, '../../out/widget'));
    try {
      const registered: number[] = [];
      const painted: number[] = [];
      // In turn, so that both see the same weather; the first of each only warms the disk cache.
      for (let i = 0; i <= RUNS; i++) {
        const empty = await startEmptyWindow(desktop);
        await empty.stop();
        const ringside = startRingside(desktop, office);
        const { at } = await ringside.waitFor(({ event }) => event === 'phone.registered');
        const registeredMs = Date.parse(at) - ringside.spawnedAt;
        await ringside.stop();
        if (i === 0) continue;
        painted.push(empty.paintedMs);
        registered.push(registeredMs);
      }
      say(`  empty window painted after ${painted.join(', ')} ms; registered after ${registered.join(', ')} ms`);
      return [against('start.registered', median(registered), median(painted), 'ms', 1.35)];
    } finally {
      await office.close();
      await desktop.close();
    }
  },
};
