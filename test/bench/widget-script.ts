/** What every page of Kommo loads of us. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { absolute, type Figure } from './figure.ts';

export const widgetScriptFigure: Figure = {
  names: ['widget.script'],
  inTheWay: 'The script of the widget has grown; look at what it takes from libraries.',
  async measure() {
    const script = await readFile(join(import.meta.dirname, '../../out/widget/script.js'));
    return [absolute('widget.script', gzipSync(script, { level: 9 }).length / 1000, 'kB', 30)];
  },
};
