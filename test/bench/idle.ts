/** Registered, the panel closed to the tray, nothing to do: memory beside an empty window's, and processor time. */
import { join } from 'node:path';
import { setTimeout as pass } from 'node:timers/promises';
import { startDesktop } from '../../sandbox/desktop/desktop.ts';
import { AGENT, openOffice } from '../../sandbox/story/office.ts';
import { electronCommand } from '../../scripts/electron.ts';
import { absolute, against, type Figure, type Row } from './figure.ts';
import { assertAlone, cpuSeconds, memoryMb } from './processes.ts';
import { startEmptyWindow, startRingside, type Started } from './program.ts';

/** A program is still settling before this. */
const SETTLE_MS = 15_000;
const WATCHED_MS = 60_000;
/** Lets the bench close the panel as the agent does; the empty window carries it too. */
const DEBUGGING = ['--remote-debugging-port=0'];

export const idleFigure: Figure = {
  names: ['idle.memory', 'idle.cpu'],
  inTheWay: 'the second process of ours beside the runtime: the page that holds the user agent and its WebRTC stack',
  async measure(say) {
    const desktop = await startDesktop({ daemon: 'recording' });
    const office = await openOffice(join(import.meta.dirname, '../../out/widget'));
    try {
      assertAlone(electronCommand().file);
      const empty = await startEmptyWindow(desktop, DEBUGGING);
      const baseline = await settledMemory(empty);
      await empty.stop();

      assertAlone(electronCommand().file);
      const ringside = startRingside(desktop, office, DEBUGGING);
      await office.pbx.waitForRegistration(AGENT.extension);
      await ringside.waitFor(({ event }) => event === 'panel.opened');
      await ringside.closePanel();
      const memory = await settledMemory(ringside);
      say(`  watching the processor for ${WATCHED_MS / 1000} s`);
      const before = cpuSeconds(ringside.pid);
      const from = performance.now();
      await pass(WATCHED_MS);
      const percent = ((cpuSeconds(ringside.pid) - before) / ((performance.now() - from) / 1000)) * 100;
      await ringside.stop();
      const rows: Row[] = [
        against('idle.memory', memory, baseline, 'MB', 1.1),
        absolute('idle.cpu', percent, '% of a core', 0.5),
      ];
      return rows;
    } finally {
      await office.close();
      await desktop.close();
    }
  },
};

async function settledMemory(program: Started): Promise<number> {
  await pass(SETTLE_MS);
  return memoryMb(program.pid);
}
