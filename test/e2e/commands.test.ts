/**
 * Every command that the documents tell people to type is run: here, as npm hands it over once set-up is done (which it
 * is, or no test would run), or by the test that is named. What needs another system is named as that.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { followLines } from '../../sandbox/desktop/appended-lines.ts';
import { openTestOffice } from './support/office.ts';

const root = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'ringside-commands-'));
afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 }));

const FORMATTED = 'test/e2e/commands.test.ts';
const UNKNOWN = 'no-such-test';

/** Run here: what npm hands over to, and what it prints when it is done. */
const RUN: Record<string, { args: string[]; says: RegExp; code?: number }> = {
  'npm start -- --once': { args: ['scripts/start.ts', '--once'], says: /Every step happened\./ },
  'npm run build': { args: ['scripts/build.ts'], says: /^(Built in|Already built)/ },
  'npm run widget': { args: ['scripts/widget.ts'], says: /widget\.zip/ },
  'npm run format': { args: ['scripts/format.ts', FORMATTED], says: /Finished/ },
  'npm run bench': {
    args: ['scripts/bench.ts', '--only', 'bundle.panel', '--json', join(folder, 'bench.json')],
    says: /^bundle\.panel .*(met|MISSED)/m,
  },
  'npm test -- --only unit': { args: ['scripts/test.ts', '--only', 'unit', 'scripts/random-seed'], says: /6 passed/ },
  // One that nothing fits: the filter reaches the runner.
  'npm test -- --only unit updates': {
    args: ['scripts/test.ts', '--only', 'unit', UNKNOWN],
    says: new RegExp(UNKNOWN),
    code: 1,
  },
};

/** Run elsewhere: the file that does it, and what in it does. */
const ELSEWHERE: Record<string, { by: string; with: string }> = {
  'npm start': { by: FORMATTED, with: "'npm start -- --once'" },
  'npm test': { by: 'package.json', with: '"test": "node scripts/run.mjs test"' },
  'npm run app': { by: FORMATTED, with: "'scripts/app.ts'" },
  'npm run package': { by: 'test/package/deb.test.ts', with: 'makePackage(' },
  'node scripts/bridge-doc.ts': { by: 'test/unit/scripts/bridge-doc.test.ts', with: 'rendered(' },
  // It would write its pictures into the tree: the walk goes through the same screens.
  'node test/e2e/support/panel-tour.ts': { by: 'test/e2e/panel-walk.test.ts', with: './support/panel-screens.ts' },
  'apt-get install -y': { by: 'test/package/deb.test.ts', with: "apt('install'" },
};

/** Only on a system that is not here. */
const NOT_HERE = ['msiexec /i', 'dnf install'];

function* commandsIn(text: string): Generator<string> {
  const fenced = [...text.matchAll(/^ *```sh\n([\s\S]*?)^ *```/gm)].flatMap(([, block = '']) => block.split('\n'));
  const prose = text.replace(/^ *```[\s\S]*?^ *```$/gm, '');
  const inline = [...prose.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code.replace(/\s+/g, ' '));
  for (const line of [...fenced, ...inline]) {
    const command = line.replace(/\s+#.*$/, '').trim();
    if (
      /^(npm (?:start|test|run \S)|node \S+\.(?:ts|mjs)|apt(?:-get)? |dnf |dpkg |msiexec |curl |openssl |sudo )/.test(
        command,
      )
    )
      yield command;
  }
}

const documents = ['README.md', 'SECURITY.md', 'CONTRIBUTING.md', 'CHANGELOG.md'].concat(
  readdirSync(join(root, 'docs')).flatMap((name) => (name.endsWith('.md') ? [`docs/${name}`] : [])),
);
const commands = new Map(
  documents.flatMap((document) =>
    [...commandsIn(readFileSync(join(root, document), 'utf8'))].map((command) => [command, document] as const),
  ),
);

test('each command of a document is run by a test, or cannot be here', () => {
  expect(commands.size).toBeGreaterThan(10);
  const known = [...Object.keys(RUN), ...Object.keys(ELSEWHERE), ...NOT_HERE];
  const isKnown = (command: string) => known.some((one) => command === one || command.startsWith(`${one} `));
  expect([...commands].filter(([command]) => !isKnown(command))).toEqual([]);
});

test.each(Object.entries(ELSEWHERE))('%s is run elsewhere', (_command, { by, with: piece }) => {
  expect(readFileSync(join(root, by), 'utf8')).toContain(piece);
});

test.each(Object.entries(RUN))(
  '%s',
  async (_command, { args, says, code = 0 }) => {
    // As in a terminal without a display, and with a run of its own.
    const { DISPLAY: _display, WAYLAND_DISPLAY: _wayland, RINGSIDE_SEED: _seed, ...env } = process.env;
    const own = Object.entries(env).filter(([name]) => !name.startsWith('VITEST') && name !== 'NODE_ENV');
    const child = spawn(process.execPath, args, { cwd: root, env: Object.fromEntries(own), stdio: 'pipe' });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const [ended] = (await once(child, 'close')) as [number | null];
    expect(ended, said).toBe(code);
    expect(said).toMatch(says);
    if (args.includes('unit')) expect(said.match(/RINGSIDE_SEED=/g)).toHaveLength(1);
  },
  110_000,
);

test('npm run app -- --provision FILE --profile DIR', async () => {
  const office = await openTestOffice();
  try {
    writeFileSync(join(folder, 'acme.json'), JSON.stringify(office.provisioning));
    mkdirSync(join(folder, 'profile'));
    const timeline = followLines(join(folder, 'profile', 'timeline.jsonl'));
    // npm names the folder in which it was typed. Set-up has put Electron into the home of whoever runs this.
    const { HOME, XDG_CACHE_HOME } = process.env;
    const env = { ...process.env, ...office.desktop.env, HOME, XDG_CACHE_HOME, INIT_CWD: folder };
    const args = ['scripts/app.ts', '--provision', 'acme.json', '--profile', 'profile'];
    const child = spawn(process.execPath, args, { cwd: root, env, stdio: 'ignore' });
    const ended = once(child, 'exit');
    try {
      await timeline.waitFor((line) => line.includes('"phone.registered"'), 40_000);
    } finally {
      child.kill('SIGTERM');
      await ended;
      timeline.close();
    }
    expect(existsSync(join(folder, 'profile', 'journal.db'))).toBe(true);
  } finally {
    await office.close();
  }
});
