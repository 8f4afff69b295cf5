/** What an agent's computer gets: the size of the package, and how soon the packaged program can be called. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { startDesktop } from '../../sandbox/desktop/desktop.ts';
import { openOffice } from '../../sandbox/story/office.ts';
import { makePackage } from '../../scripts/package.ts';
import { absolute, against, median, type Figure } from './figure.ts';
import { startEmptyWindow, startRingside } from './program.ts';

const RUNS = 9;
const MB = 1_000_000;
/** What is ours in the unpacked program; the rest is Electron. */
const OURS = ['resources/app.asar', 'resources/app.asar.unpacked', 'resources/licences'];

export const packageFigure: Figure = {
  names: ['package.deb', 'package.own', 'package.start'],
  inTheWay: 'the runtime is 92 MB of the package; of the start, what start.registered names',
  async measure(say) {
    const output = await makePackage();
    const deb = readdirSync(output).find((name) => name.endsWith('.deb'));
    if (deb === undefined) throw new Error('no .deb was made');
    const unpacked = join(output, 'linux-unpacked');
    const own = OURS.reduce((sum, part) => sum + bytesOf(join(unpacked, part)), 0);
    say(`  of ${(bytesOf(unpacked) / MB).toFixed(0)} MB unpacked ${(own / MB).toFixed(1)} MB are our own`);

    const desktop = await startDesktop({ daemon: 'recording' });
    const office = await openOffice(join(import.meta.dirname, '../../out/widget'));
    try {
      const registered: number[] = [];
      const painted: number[] = [];
      for (let i = 0; i <= RUNS; i++) {
        const empty = await startEmptyWindow(desktop);
        await empty.stop();
        const ringside = startRingside(desktop, office, [], undefined, join(unpacked, 'ringside'));
        const { at } = await ringside.waitFor(({ event }) => event === 'phone.registered');
        const ms = Date.parse(at) - ringside.spawnedAt;
        await ringside.stop();
        if (i === 0) continue;
        painted.push(empty.paintedMs);
        registered.push(ms);
      }
      say(
        `  empty window painted after ${painted.join(', ')} ms; packaged, registered after ${registered.join(', ')} ms`,
      );
      return [
        absolute('package.deb', bytesOf(join(output, deb)) / MB, 'MB', 100),
        absolute('package.own', own / MB, 'MB', 15),
        against('package.start', median(registered), median(painted), 'ms', 1.35),
      ];
    } finally {
      await office.close();
      await desktop.close();
    }
  },
};

function bytesOf(path: string): number {
  const found = statSync(path);
  if (!found.isDirectory()) return found.size;
  return readdirSync(path).reduce((sum, name) => sum + bytesOf(join(path, name)), 0);
}
