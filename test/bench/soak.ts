/** Five hundred calls in a row, answered and hung up, against the first ten: what grows with every call is a leak. */
import { join } from 'node:path';
import { setTimeout as pass } from 'node:timers/promises';
import { startDesktop } from '../../sandbox/desktop/desktop.ts';
import { people } from '../../sandbox/kommo/index.ts';
import { AGENT, openOffice } from '../../sandbox/story/office.ts';
import type { DevTools } from './devtools.ts';
import { against, type Figure } from './figure.ts';
import { openSockets, residentMb } from './processes.ts';
import { startRingside, type Ringside } from './program.ts';

const FIRST = 10;
const CALLS = 500;
const TALK_MS = 100;
/** SIP keeps the transactions of a call for 64 × T1 = 32 s (RFC 3261 section 17), Kommo's server an idle connection for less. */
const SETTLE_MS = 45_000;
const DELIVERED_MS = 300_000;

/** Listeners on what main listens to for as long as it lives. */
const MAIN_LISTENERS = `(() => {
  const { app, ipcMain, powerMonitor, nativeTheme, webContents, BrowserWindow, session } =
    process.mainModule.require('electron');
  const all = [process, app, ipcMain, powerMonitor, nativeTheme, session.defaultSession,
    ...webContents.getAllWebContents(), ...BrowserWindow.getAllWindows()];
  return all.reduce((sum, each) =>
    sum + each.eventNames().reduce((count, name) => count + each.listenerCount(name), 0), 0);
})()`;

const PHONE_PROCESS = `process.mainModule.require('electron').webContents.getAllWebContents()
  .find((each) => each.getURL().startsWith('app://phone/')).getOSProcessId()`;

type Held = { memory: number; listeners: number; sockets: number };

export const soakFigure: Figure = {
  names: ['soak500.memory', 'soak500.listeners', 'soak500.sockets'],
  inTheWay:
    'what each call leaves behind in main or in the phone page; the rest is pages that the allocators keep from the time when most calls were remembered at once',
  async measure(say) {
    const desktop = await startDesktop({ daemon: 'recording' });
    const office = await openOffice(join(import.meta.dirname, '../../out/widget'), { rateLimit: 'off' });
    const ringside = startRingside(desktop, office, ['--remote-debugging-port=0', '--inspect=0']);
    try {
      await office.pbx.waitForRegistration(AGENT.extension);
      await ringside.waitFor(({ event }) => event === 'ready');
      await ringside.waitFor(({ event }) => event === 'panel.opened');
      let made = 0;
      const page = await ringside.page('phone');
      const main = await ringside.main();
      await page.send('Performance.enable');
      /** It opens by itself where a toast could not be shown, as on a computer that is very busy. */
      const closePanel = async () => {
        const times = (event: string) => ringside.entries().filter((entry) => entry.event === event).length;
        if (times('panel.opened') === times('panel.closed')) return;
        if (made > 0) say('  the panel has opened beside a toast');
        await ringside.closePanel();
      };
      await closePanel();
      const pagePid = Number(await main.evaluate(PHONE_PROCESS));
      const measure = async (): Promise<Held> => {
        // A call in Kommo is a call that main has done with.
        await told(ringside, '"event":"delivery.card"', '"state":"done"', made, DELIVERED_MS);
        await closePanel();
        await pass(SETTLE_MS);
        // What no allocator gives back when memory is short counts; what it keeps because there is plenty does not.
        await page.send('Memory.simulatePressureNotification', { level: 'critical' });
        const listeners = (await freed(page)) + Number(await main.evaluate(MAIN_LISTENERS));
        await freed(main);
        const { usedSize } = await page.send('Runtime.getHeapUsage');
        const mainHeap = Number(await main.evaluate('process.memoryUsage().heapUsed'));
        const mb = (bytes: number) => Math.round((bytes / 1024 ** 2) * 10) / 10;
        const [mainMb, pageMb] = [residentMb(ringside.pid), residentMb(pagePid)];
        say(
          `  after ${made} calls: main ${Math.round(mainMb)} MB, ${mb(mainHeap)} of it live objects; phone page ${Math.round(pageMb)} MB, ${mb(Number(usedSize))} of it live objects`,
        );
        return {
          memory: mainMb + pageMb,
          listeners,
          sockets: openSockets(ringside.pid),
        };
      };
      const makeCalls = async (count: number) => {
        for (let i = 0; i < count; i++) {
          const shown = ringside.next('toast.shown');
          const written = ringside.next('journal.written');
          const call = office.pbx.call({
            from: { user: people.annaPetrova.phone },
            to: AGENT.extension,
            script: { kind: 'talk', talkMs: TALK_MS, recording: false },
          });
          await shown;
          const toast = desktop.notifications?.shown().findLast(({ actions }) => 'answer' in actions);
          if (toast === undefined) throw new Error('the toast of a ringing call has no Answer');
          desktop.notifications?.invoke(toast.id, 'answer');
          const { status } = await call.ended;
          if (status !== 200) throw new Error(`call ${made + 1} ended with ${status}`);
          await written;
          if (++made % 100 === 0) say(`  ${made} of ${CALLS} calls`);
        }
      };
      await makeCalls(FIRST);
      const first = await measure();
      await makeCalls(CALLS - FIRST);
      const last = await measure();
      say(`  ${JSON.stringify({ first, last })}`);
      return [
        against('soak500.memory', last.memory, first.memory, 'MB', 1.05),
        against('soak500.listeners', last.listeners, first.listeners, 'listeners', 1.05),
        against('soak500.sockets', last.sockets, first.sockets, 'sockets', 1.05),
      ];
    } finally {
      await ringside.stop();
      await office.close();
      await desktop.close();
    }
  },
};

/** Collects what nobody holds any more. Of a page: how many event listeners are left in it. */
async function freed(devtools: DevTools): Promise<number> {
  // Peer connections go in two steps: the object, then what it held.
  for (let i = 0; i < 6; i++) {
    await devtools.send('HeapProfiler.collectGarbage');
    await pass(1000);
  }
  const { metrics = [] } = await devtools.send('Performance.getMetrics').catch(() => ({}) as Record<string, unknown>);
  const found = (metrics as { name: string; value: number }[]).find(({ name }) => name === 'JSEventListeners');
  return found?.value ?? 0;
}

async function told(ringside: Ringside, event: string, state: string, count: number, within: number): Promise<void> {
  let seen = 0;
  await ringside.timeline.waitFor((line) => line.includes(event) && line.includes(state) && ++seen === count, within);
}
