/** The pages as they ship: how much of them there is to read. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
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
