/** The computer wakes up with a socket that says that it is open and is dead: until the phone is registered again. */
import { join } from 'node:path';
import { setTimeout as pass } from 'node:timers/promises';
import { startDesktop } from '../../sandbox/desktop/desktop.ts';
import { AGENT, openOffice } from '../../sandbox/story/office.ts';
import { absolute, median, percentile, type Figure } from './figure.ts';
import { startRingside } from './program.ts';

const STARTS = 4;
/** What comes before each wake-up: the phone takes a swarm of them for one, and those after it further and further apart. */
const APART_MS = [3_000, 3_000, 5_000, 9_000, 17_000];

const SLEEP = `process.mainModule.require('electron').powerMonitor.emit('suspend')`;
const WAKE = `process.mainModule.require('electron').powerMonitor.emit('resume')`;

export const resumeFigure: Figure = {
  names: ['resume.p95'],
  inTheWay: 'a new socket, the challenge and the answer to it: three round trips, and what else runs on this machine',
  async measure(say) {
    const desktop = await startDesktop({ daemon: 'recording' });
    const office = await openOffice(join(import.meta.dirname, '../../out/widget'));
    const times: number[] = [];
    try {
      for (let start = 0; start < STARTS; start++) {
        const ringside = startRingside(desktop, office, ['--inspect=0']);
        try {
          await ringside.waitFor(({ event }) => event === 'phone.registered');
          await ringside.waitFor(({ event }) => event === 'ready');
          const main = await ringside.main();
          for (const apartMs of APART_MS) {
            await pass(apartMs);
            if (!office.pbx.registered(AGENT.extension)) throw new Error('the phone has lost its registration');
            await main.evaluate(SLEEP);
            office.pbx.deadenSockets();
            const registered = ringside.next('phone.registered', 60_000);
            const wokenAt = Date.now();
            await main.evaluate(WAKE);
            await registered;
            times.push(Date.now() - wokenAt);
          }
          main.close();
        } finally {
          await ringside.stop();
        }
      }
    } finally {
      await office.close();
      await desktop.close();
    }
    say(`  ${times.join(', ')} ms; median ${median(times)} ms`);
    return [absolute('resume.p95', percentile(times, 0.95), 'ms', 1000)];
  },
};
