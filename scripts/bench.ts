/** `npm run bench [-- --json FILE] [--only NAME,…]`. */
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { bench, table } from '../test/bench/bench.ts';
import { build } from './build.ts';

const say = (line: string) => {
  process.stdout.write(`${line}\n`);
};

let code = 0;
try {
  const { values } = parseArgs({ options: { json: { type: 'string' }, only: { type: 'string' } } });
  await build();
  const rows = await bench(values.only?.split(',').filter(Boolean) ?? [], say);
  say('');
  say(table(rows));
  if (values.json !== undefined)
    writeFileSync(resolve(process.env['INIT_CWD'] ?? '.', values.json), `${JSON.stringify(rows, null, 2)}\n`);
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  code = 1;
}
// Ends at once: the far ends' WebRTC library crashes when Node tears it down by itself (node-webrtc#636).
process.exit(code);
