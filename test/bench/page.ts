/** The pages as they ship: how much of them there is to read, and how soon a key is seen in the dial field. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { atWork } from '../unit/renderer/panel/states.ts';
import { buildPanelSite } from '../e2e/support/panel-page.ts';
import { absolute, type Figure } from './figure.ts';

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

export const typeFigure: Figure = {
  names: ['type.p95'],
  measure: async () => {
    const site = await buildPanelSite();
    try {
      const { page } = await site.open({ state: atWork });
      const field = page.getByRole('textbox', { name: 'Number to call' });
      await field.focus();
      await page.evaluate(() => {
        const spent: number[] = [];
        Object.assign(window, { spent });
        // From the key's own time to the frame after the one that it changed: React has rendered by then.
        window.addEventListener('keydown', ({ timeStamp }) => {
          const seen = new MessageChannel();
          seen.port1.onmessage = () => spent.push(performance.now() - timeStamp);
          requestAnimationFrame(() => seen.port2.postMessage(null));
        });
      });
      for (let key = 0; key < KEYS; key += 1)
        await page.keyboard.press(key % 20 === 19 ? 'Control+A' : String(key % 10));
      const spent = await page.evaluate(() => Reflect.get(window, 'spent') as number[]);
      const sorted = spent.toSorted((a, b) => a - b);
      return [absolute('type.p95', sorted[Math.floor(sorted.length * 0.95)] ?? Number.NaN, 'ms', 16)];
    } finally {
      await site.close();
    }
  },
  inTheWay: 'a frame of 16.7 ms: a key that just missed one waits for the next',
};
