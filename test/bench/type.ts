/** How soon a key is seen in the dial field of the running program, and in a page that has nothing but a field. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { startDesktop } from '../../sandbox/desktop/desktop.ts';
import { AGENT, openOffice } from '../../sandbox/story/office.ts';
import type { DevTools } from './devtools.ts';
import { absolute, median, percentile, type Figure } from './figure.ts';
import { fillHistory } from './history.ts';
import { startRingside } from './program.ts';

const WIDGET = join(import.meta.dirname, '../../out/widget');
const DEBUGGING = ['--remote-debugging-port=0', '--inspect=0'];
const CALLS = 5000;
const NUMBER = '+14155550132';
/** Typed and taken away again: every one of these keys changes what is seen. */
const KEYS = [
  ...Array.from(NUMBER, (text) => ({ text, key: text })),
  ...Array.from(NUMBER, () => ({ key: 'Backspace', windowsVirtualKeyCode: 8 })),
];
const ROUNDS = 10;
/**
 * Milliseconds between two keys, in turn: a quick agent's, and in step with no screen's frames. A key that waited for the
 * paint of the one before would always come right after a frame and so wait for all of the next.
 */
const PACE = [43, 71, 50, 64, 57];

/** In main: opens the window to compare with, and gives the processes of both pages. */
const OPEN_FIELD = `(async () => {
  const { BrowserWindow } = process.mainModule.require('electron');
  const panel = BrowserWindow.getAllWindows().find(({ webContents }) => webContents.getURL().startsWith('app://panel/'));
  const empty = new BrowserWindow({ show: false, width: 400, height: 680 });
  const shown = new Promise((ready) => empty.once('ready-to-show', ready));
  await empty.loadURL('data:text/html,<!doctype html><title>Empty</title><input>');
  await shown;
  empty.show();
  return { panel: panel.webContents.getOSProcessId(), empty: empty.webContents.getOSProcessId() };
})()`;

export const typeFigure: Figure = {
  names: ['type.p95'],
  inTheWay:
    'a machine that is busy with something else: a page with nothing but a field, in the same run, says how busy',
  async measure(say) {
    const folder = mkdtempSync(join(tmpdir(), 'ringside-type-'));
    const desktop = await startDesktop({ daemon: 'recording' });
    const office = await openOffice(WIDGET);
    fillHistory(join(folder, 'profile'), CALLS);
    const ringside = startRingside(desktop, office, DEBUGGING, folder);
    try {
      await office.pbx.waitForRegistration(AGENT.extension);
      await ringside.waitFor(({ event }) => event === 'panel.opened');
      const main = await ringside.main();
      const pids = (await main.evaluate(OPEN_FIELD)) as { panel: number; empty: number };
      const panel = await ringside.page('panel');
      const empty = await ringside.page('data:');
      await panel.evaluate(`new Promise((there) => {
        const look = () => document.querySelector('.entry') === null ? requestAnimationFrame(look) : there(null);
        look();
      })`);
      const pages = [
        { devtools: panel, field: '.dial input' },
        { devtools: empty, field: 'input' },
      ];
      // Both are in front, as far as they know. The first keys only warm up.
      for (const { devtools, field } of pages) {
        await devtools.send('Emulation.setFocusEmulationEnabled', { enabled: true });
        await devtools.evaluate(`document.querySelector('${field}').focus()`);
        await type(devtools);
      }
      const presented = await followKeys(await ringside.browser());
      // In turn, so that both see the same weather.
      for (let round = 0; round < ROUNDS; round++) for (const { devtools } of pages) await type(devtools);
      const times = await presented();
      const of = (name: keyof typeof pids): number[] => {
        const own = times.get(pids[name]) ?? [];
        if (own.length !== ROUNDS * KEYS.length) throw new Error(`${own.length} keys were seen in the ${name} page.`);
        return own;
      };
      const said = (own: number[]) => `median ${median(own).toFixed(1)}, p95 ${percentile(own, 0.95).toFixed(1)} ms`;
      say(`  the dial field: ${said(of('panel'))}; a page with nothing but a field: ${said(of('empty'))}`);
      return [absolute('type.p95', percentile(of('panel'), 0.95), 'ms', 16)];
    } finally {
      await ringside.stop();
      await office.close();
      await desktop.close();
      rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
    }
  },
};

async function type(devtools: DevTools): Promise<void> {
  for (const [index, key] of KEYS.entries()) {
    await devtools.send('Input.dispatchKeyEvent', { type: 'keyDown', ...key });
    await pause(PACE[index % PACE.length]);
    await devtools.send('Input.dispatchKeyEvent', { type: 'keyUp', key: key.key });
  }
}

type TraceEvent = {
  name: string;
  ph: string;
  pid: number;
  /** Microseconds. */
  ts: number;
  id2?: { local?: string };
  args?: { event_latency?: { event_type?: string } };
};

/**
 * Follows keys from the browser process, where they come in, to the screen: Chromium's own account of each (EventLatency),
 * which ends when the frame with what the key changed has been presented.
 *
 * @returns ends it: by the page's process, how many milliseconds each key took that was presented
 */
async function followKeys(browser: DevTools): Promise<() => Promise<Map<number, number[]>>> {
  const events: TraceEvent[] = [];
  browser.on('Tracing.dataCollected', ({ value }) => events.push(...(value as TraceEvent[])));
  const complete = new Promise<void>((resolve) => browser.on('Tracing.tracingComplete', () => resolve()));
  await browser.send('Tracing.start', {
    transferMode: 'ReportEvents',
    traceConfig: { includedCategories: ['event_latency'] },
  });
  return async () => {
    await browser.send('Tracing.end');
    await complete;
    const times = new Map<number, number[]>();
    const pressed = new Map<string, number>();
    const shown = new Set<string>();
    for (const { name, ph, pid, ts, id2, args } of events.toSorted((a, b) => a.ts - b.ts)) {
      const key = `${pid} ${id2?.local}`;
      if (name === 'SwapEndToPresentationCompositorFrame') shown.add(key);
      if (name !== 'EventLatency') continue;
      const since = pressed.get(key);
      if (ph === 'b') {
        shown.delete(key);
        if (args?.event_latency?.event_type === 'KEY_PRESSED') pressed.set(key, ts);
        else pressed.delete(key);
      } else if (since !== undefined && shown.has(key))
        times.set(pid, [...(times.get(pid) ?? []), (ts - since) / 1000]);
    }
    return times;
  };
}
