// Starts a finished program with a profile of its own, and fails where it does not come up with its journal: for the
// release, whose systems are not those that `npm test` has.  node packaging/start-once.mjs PROGRAM [SWITCH…]
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, watch } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A first start on a cold machine that scans every file for viruses. */
const LIMIT_MS = 120_000;

const [program, ...switches] = process.argv.slice(2);
if (program === undefined) throw new Error('Which program?');
const profile = await mkdtemp(join(tmpdir(), 'ringside-start-'));
const child = spawn(program, [...switches, '--hidden', '--profile', profile], { stdio: 'inherit' });
const gone = once(child, 'exit').then(([code, signal]) => `it ended (${code ?? signal})`);

/** @returns {string[]} what has happened by now */
const events = () => {
  const file = join(profile, 'timeline.jsonl');
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line).event);
};
const changes = watch(profile);
const ready = new Promise((resolve) => {
  const look = () => events().includes('ready') && resolve(null);
  changes.on('change', look);
  look();
});
let timer;
const late = new Promise((resolve) => {
  timer = setTimeout(() => resolve(`it was not ready within ${LIMIT_MS / 1000} s`), LIMIT_MS);
});
const trouble =
  (await Promise.race([ready, gone, late])) ?? (existsSync(join(profile, 'journal.db')) ? null : 'it has no journal');
clearTimeout(timer);
changes.close();
if (trouble !== null) {
  const log = join(profile, 'ringside.log');
  console.error(`${program}: ${trouble}. It got as far as: ${events().join(', ')}.`);
  if (existsSync(log)) console.error(readFileSync(log, 'utf8'));
  process.exitCode = 1;
} else console.log(`${program} started, with its journal.`);
child.kill();
await gone;
await rm(profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
