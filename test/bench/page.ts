/** The pages as they ship: how much of them there is to read, and how soon a key is seen in the dial field. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Locator, Page } from 'playwright-core';
import { atWork } from '../unit/renderer/panel/states.ts';
import { buildPanelSite } from '../e2e/support/panel-page.ts';
import { absolute, percentile, type Figure } from './figure.ts';

const built = join(import.meta.dirname, '..', '..', 'out', 'renderer');
/** kB of a page's scripts and styles, gzipped. */
function weight(page: string): number {
  const folder = join(built, page, 'assets');
  const files = readdirSync(folder).filter((name) => /\.(?:js|css)$/.test(name));
  return files.reduce((sum, name) => sum + gzipSync(readFileSync(join(folder, name))).length, 0) / 1000;
}

export const bundleFigure: Figure = {
  names: ['bundle.panel', 'bundle.phone'],
  measure: async () => [
    absolute('bundle.panel', weight('panel'), 'kB', 250),
    absolute('bundle.phone', weight('phone'), 'kB', 90),
  ],
  inTheWay: 'what the page imports',
};

const KEYS = 200;
/** How long a key waits for the next frame of a screen is the screen's: what is measured is what we need for it. */
const NO_SCREEN = ['--disable-gpu-vsync', '--disable-frame-rate-limit'];

export const typeFigure: Figure = {
  names: ['type.p95'],
  async measure(say) {
    const site = await buildPanelSite(NO_SCREEN);
    try {
      const { page } = await site.open({ state: atWork });
      const field = page.getByRole('textbox', { name: 'Number to call' });
      // The first keys only warm up.
      await typed(page, field);
      const panel = percentile(await typed(page, field), 0.95);
      await page.evaluate(() => (document.body.innerHTML = '<input aria-label="Empty">'));
      const empty = percentile(await typed(page, page.getByLabel('Empty')), 0.95);
      say(`  the dial field ${panel.toFixed(1)} ms; a page with nothing but a field ${empty.toFixed(1)} ms`);
      return [absolute('type.p95', panel, 'ms', 16)];
    } finally {
      await site.close();
    }
  },
  inTheWay: 'a machine that is busy with something else: a page with nothing but a field says how busy',
};

/** Milliseconds from each key's own time to after the frame that it changed: React has rendered by then. */
async function typed(page: Page, field: Locator): Promise<number[]> {
  await field.focus();
  await page.evaluate(() => {
    const spent: number[] = [];
    const listening = new AbortController();
    Object.assign(window, { spent, listening });
    const heard = ({ timeStamp }: KeyboardEvent) => {
      const seen = new MessageChannel();
      seen.port1.onmessage = () => spent.push(performance.now() - timeStamp);
      requestAnimationFrame(() => seen.port2.postMessage(null));
    };
    window.addEventListener('keydown', heard, { signal: listening.signal });
  });
  for (let key = 0; key < KEYS; key += 1) await page.keyboard.press(key % 20 === 19 ? 'Control+A' : String(key % 10));
  return page.evaluate(() => {
    (Reflect.get(window, 'listening') as AbortController).abort();
    return Reflect.get(window, 'spent') as number[];
  });
}
