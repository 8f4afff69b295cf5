import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chooseSeed } from './random-seed.ts';
import { CHECKS } from './checks.ts';
import { add, type Count, countedLine, countRun, succeeded } from './test-count.ts';

const root = join(import.meta.dirname, '..');

/** The vitest projects, in the order in which they run: the quick ones first. */
const PROJECTS = ['unit', 'sqlite', 'page', 'e2e', 'pbx', 'package'];
/** These start the built program. */
const NEEDS_BUILD = new Set(['page', 'e2e', 'pbx', 'package']);

let running: ChildProcess | undefined;

/** Runs one check and says how it went. Each counts as one test. */
async function runCheck(name: string): Promise<Count> {
  const since = performance.now();
  const finding = await CHECKS[name]?.();
  const seconds = ((performance.now() - since) / 1000).toFixed(1);
  if (finding === undefined) {
    console.log(`✓ ${name} (${seconds} s)`);
    return { passed: 1, failed: 0, skipped: 0 };
  }
  console.log(`✗ ${name} (${seconds} s)\n${finding}`);
  return { passed: 0, failed: 1, skipped: 0 };
}

/** Runs one vitest project; its own report goes to the terminal, the count is read from a JSON one. */
async function runProject(project: string, filters: string[]): Promise<Count> {
  const folder = mkdtempSync(join(tmpdir(), 'ringside-test-'));
  const report = join(folder, 'report.json');
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const args = ['run', '--project', project, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  try {
    const child = spawn(process.execPath, [vitest, ...args, ...filters], { cwd: root, stdio: 'inherit' });
    running = child;
    const code = await new Promise<number>((resolve) => {
      child.on('error', () => resolve(1));
      child.on('exit', (status) => resolve(status ?? 1));
    });
    return countRun(readReport(report), code);
  } finally {
    running = undefined;
    rmSync(folder, { recursive: true, force: true });
  }
}

function readReport(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

/** @returns whether everything passed */
async function runTests(): Promise<boolean> {
  const known = [...Object.keys(CHECKS), ...PROJECTS];
  const { values, positionals: filters } = parseArgs({
    options: { only: { type: 'string', multiple: true, default: known } },
    allowPositionals: true,
  });
  const wanted = new Set(values.only.flatMap((names) => names.split(',')));
  const unknown = [...wanted].filter((name) => !known.includes(name));
  if (unknown.length > 0) throw new Error(`--only ${unknown.join(',')}: there are ${known.join(', ')}.`);
  // A project that starts the program is run on the program as it is now.
  if (PROJECTS.some((project) => wanted.has(project) && NEEDS_BUILD.has(project))) wanted.add('build');

  if (PROJECTS.some((project) => wanted.has(project))) chooseSeed(console.log);
  let total: Count = { passed: 0, failed: 0, skipped: 0 };
  let built = true;
  for (const name of Object.keys(CHECKS).filter((check) => wanted.has(check))) {
    const count = await runCheck(name);
    if (name === 'build') built = count.failed === 0;
    total = add(total, count);
  }
  for (const project of PROJECTS.filter((name) => wanted.has(name))) {
    if (NEEDS_BUILD.has(project) && !built) {
      console.log(`✗ ${project}: not run, there is no build to run it on`);
      total = add(total, { passed: 0, failed: 1, skipped: 0 });
    } else {
      total = add(total, await runProject(project, filters));
    }
  }

  const strict = process.env['CI'] === 'true';
  if (strict && total.skipped > 0) console.log('A skipped test is a failure here (CI=true).');
  console.log(`\n${countedLine(total)}`);
  return succeeded(total, strict);
}

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
  process.on(signal, () => {
    running?.kill(signal);
    process.exitCode = 1;
  });
}

try {
  if (!(await runTests())) process.exitCode = 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
