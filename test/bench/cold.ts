/** The packaged program on a computer that was just switched on: nothing of it is in memory yet. */
import { writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { startDesktop } from '../../sandbox/desktop/desktop.ts';
import { openOffice } from '../../sandbox/story/office.ts';
import { makePackage } from '../../scripts/package.ts';
import { against, median, type Figure } from './figure.ts';
import { startEmptyWindow, startRingside } from './program.ts';

const RUNS = 5;
const GOAL = 1.35;

/** Has the kernel forget what it read of files. @throws where it may not be asked */
function dropDiskCache(): void {
  execFileSync('sync');
  // Pages, directory entries and inodes (proc_sys_vm(5)).
  writeFileSync('/proc/sys/vm/drop_caches', '3');
}

export const coldStartFigure: Figure = {
  names: ['cold.start'],
  inTheWay: 'reading the runtime from the disk, which both do, and our own archive and native library, which we do',
  async measure(say) {
    try {
      dropDiskCache();
    } catch (error) {
      say(`  cold.start is skipped: the disk cache cannot be dropped here (${String(error)})`);
      return [];
    }
    const program = join(await makePackage({ dir: true }), 'linux-unpacked', 'ringside');
    const desktop = await startDesktop({ daemon: 'recording' });
    const office = await openOffice(join(import.meta.dirname, '../../out/widget'));
    try {
      const registered: number[] = [];
      const painted: number[] = [];
      for (let i = 0; i < RUNS; i++) {
        dropDiskCache();
        const empty = await startEmptyWindow(desktop);
        await empty.stop();
        painted.push(empty.paintedMs);
        dropDiskCache();
        const ringside = startRingside(desktop, office, [], undefined, program);
        const { at } = await ringside.waitFor(({ event }) => event === 'phone.registered', 60_000);
        registered.push(Date.parse(at) - ringside.spawnedAt);
        await ringside.stop();
      }
      say(
        `  disk cache dropped: empty window painted after ${painted.join(', ')} ms; packaged, registered after ${registered.join(', ')} ms`,
      );
      return [against('cold.start', median(registered), median(painted), 'ms', GOAL)];
    } finally {
      await office.close();
      await desktop.close();
    }
  },
};
