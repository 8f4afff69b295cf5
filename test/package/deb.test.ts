/** The `.deb` that `npm run package` makes, from what is in it to its last trace on the system. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runProgram } from '../../sandbox/desktop/daemon.ts';
import { people } from '../../sandbox/kommo/index.ts';
import { AGENT } from '../../sandbox/story/office.ts';
import { makePackage } from '../../scripts/package.ts';
import { openJournal } from '../../main/journal/journal.ts';
import { runQuietly } from '../../scripts/setup/command.mjs';
import { eventually } from '../e2e/support/eventually.ts';
import { openTestOffice, type TestOffice } from '../e2e/support/office.ts';
import { familyOf, ofProcess } from '../e2e/support/process-tree.ts';
import { startUpdateServer, type UpdateServer } from './support/update-server.ts';
import {
  apt,
  cannotInstall,
  desktopEntry,
  DESKTOP_ENTRY,
  PROGRAM,
  startInstalled,
  type Installed,
} from './support/installed.ts';

const root = join(import.meta.dirname, '../..');
const VERSION = (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }).version;
/** Any that is lower: what is tested is the way from one package to the next. */
const BEFORE = '0.0.1';
const unpacked = join(root, 'out.package', 'dist', 'linux-unpacked');
const { annaPetrova, marcusWebb } = people;

/** Where the packages look for new versions, as a release's server would have it; it offers nothing until told. */
let updates: UpdateServer;
let folder: string;
let debBefore: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ringside-package-'));
  await chmod(folder, 0o755);
  updates = await startUpdateServer(folder);
  debBefore = await packaged(BEFORE);
  await packaged(VERSION);
}, 180_000);
afterAll(async () => {
  await updates?.close();
  await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
});

async function packaged(version: string): Promise<string> {
  const output = await makePackage({ version, updatesUrl: updates.url });
  const name = readdirSync(output).find((file) => file.endsWith('.deb'));
  if (name === undefined) throw new Error(`No .deb was made: ${readdirSync(output).join(', ')}`);
  // apt reads it as another user.
  const into = join(folder, name);
  await rename(join(output, name), into);
  await rename(join(output, 'latest-linux.yml'), join(folder, `${version}.yml`));
  return into;
}

/** What is in the archive, as `/path` lines. */
async function archived(): Promise<string[]> {
  const { output } = await runQuietly(process.execPath, [
    join(root, 'packaging/node_modules/@electron/asar/bin/asar.js'),
    'list',
    join(unpacked, 'resources', 'app.asar'),
  ]);
  return output.trim().split('\n');
}

describe('what is in the package', () => {
  test('is the program and nothing else', async () => {
    const files = await archived();
    const allowed = [
      /^\/package\.json$/,
      /^\/out(\/main(\/(main|compose|updates)\.cjs)?|\/preload(\/(panel|phone)\.cjs)?)?$/,
      /^\/out\/renderer(\/(panel|phone)(\/index\.html|\/assets(\/[\w-]+\.(js|css|png))?)?)?$/,
      /^\/assets(\/icon-128\.png|\/tray(\/[\w-]+(@2x)?\.png)?)?$/,
      /^\/node_modules(\/(libsql|detect-libc|@neon-rs|@libsql)(\/.*)?)?$/,
    ];
    expect(files).toEqual(
      expect.arrayContaining(['/out/main/main.cjs', '/out/renderer/phone/index.html', '/node_modules/libsql/index.js']),
    );
    expect(files.filter((file) => !allowed.some((shape) => shape.test(file)))).toEqual([]);
    expect(readdirSync(join(unpacked, 'resources')).toSorted()).toEqual([
      'app-update.yml',
      'app.asar',
      'app.asar.unpacked',
      'apparmor-profile',
      'licences',
      'package-type',
    ]);
  });

  test('has nothing of the sandbox, the tests, a debugger or the machine that built it', async () => {
    const archive = await readFile(join(unpacked, 'resources', 'app.asar'), 'latin1');
    for (const trace of [root, 'pbx.sandbox.test', 'sandbox-101', 'playwright', 'vitest', 'sourceMappingURL=data'])
      expect(archive.includes(trace), trace).toBe(false);
  });

  test('has the licence of everything that is shipped', async () => {
    const text = await readFile(join(unpacked, 'resources/licences/libraries.txt'), 'utf8');
    for (const name of ['react', 'sip.js', 'libsql', '@libsql/linux-x64-gnu', 'valibot'])
      expect(text).toContain(`\n${name} `);
    expect(readdirSync(unpacked)).toEqual(expect.arrayContaining(['LICENSE.electron.txt', 'LICENSES.chromium.html']));
  });

  test('has every fuse as it should be', async () => {
    const { output } = await runQuietly(process.execPath, [
      join(root, 'packaging/node_modules/@electron/fuses/dist/bin.js'),
      'read',
      '--app',
      join(unpacked, 'ringside'),
    ]);
    const fuses: Record<string, string> = Object.fromEntries(
      [...output.matchAll(/^\s+(\w+) is (\w+)/gm)].map(([, name = '', state = '']) => [name, state]),
    );
    const checked = await runQuietly(process.execPath, [
      join(root, 'packaging/check-fuses.mjs'),
      join(unpacked, 'ringside'),
    ]);
    expect(checked, checked.output).toMatchObject({ code: 0 });
    expect(fuses).toEqual({
      RunAsNode: 'Disabled',
      EnableCookieEncryption: 'Enabled',
      EnableNodeOptionsEnvironmentVariable: 'Disabled',
      EnableNodeCliInspectArguments: 'Disabled',
      EnableEmbeddedAsarIntegrityValidation: 'Enabled',
      OnlyLoadAppFromAsar: 'Enabled',
      LoadBrowserProcessSpecificV8Snapshot: 'Disabled',
      // From Electron 29 and 4x on: not in the runtime that is to be had on a machine with only a package registry.
      ...('GrantFileProtocolExtraPrivileges' in fuses ? { GrantFileProtocolExtraPrivileges: 'Disabled' } : {}),
      ...('WasmTrapHandlers' in fuses ? { WasmTrapHandlers: 'Enabled' } : {}),
    });
  });
});

const inTheWay = cannotInstall();
describe.skipIf(inTheWay !== null)(`installed with apt${inTheWay === null ? '' : ` (not here: ${inTheWay})`}`, () => {
  let office: TestOffice;
  let profile: string;
  let program: Installed | undefined;
  beforeAll(async () => {
    if (existsSync(PROGRAM)) throw new Error(`${PROGRAM} is installed already: remove it to test the package.`);
    office = await openTestOffice();
    profile = join(folder, 'home', 'profile');
    await apt('install', debBefore);
  });
  afterAll(async () => {
    await program?.quit();
    if (existsSync(PROGRAM)) await apt('purge', 'ringside');
    await office?.close();
  });

  /** A call comes in, is answered at the toast, and ends: each step as the outside sees it. @returns our id of it */
  async function storyOfACall(running: Installed, caller: { phone: string; path: string }, title: string) {
    const { kommo, pbx, desktop, toasts } = office;
    const placed = pbx.call({
      from: { user: caller.phone },
      to: AGENT.extension,
      script: { kind: 'talk', talkMs: 700 },
    });
    const { call: id } = await running.waitForTimeline(({ event, number }) => event === 'invite' && number !== null);
    const toast = await toasts.waitFor((one) => one.summary === title);
    toasts.invoke(toast.id, 'answer');
    await desktop.waitForOpenedUrl((url) => url === `${kommo.origin}${caller.path}`);
    await running.waitForTimeline((entry) => entry.event === 'answered' && entry.call === id);
    await placed.ended;
    await running.waitForTimeline(
      (entry) => entry.event === 'delivery.card' && entry.call === id && entry['state'] === 'done',
    );
    const notes = await eventually('the call on the card', () => {
      const found = kommo.data.notes.filter(({ params }) => params['uniq'] === id);
      return found.length > 0 ? found : undefined;
    });
    expect(notes).toMatchObject([{ noteType: 'call_in', params: { call_status: 4 } }]);
    return id ?? '';
  }
  const calls = () => {
    const journal = openJournal(profile, () => {}, { after: () => () => {}, targets: () => [] });
    try {
      return journal.page(null, 10).map(({ call }) => call.id);
    } finally {
      journal.close();
    }
  };

  let first: string;
  test('its desktop entry is one, opens links, and starts the story of a call', async () => {
    await runProgram('desktop-file-validate', [DESKTOP_ENTRY, '/etc/xdg/autostart/ringside.desktop']);
    expect(desktopEntry('Exec')).toBe(`${PROGRAM} %U`);
    expect(desktopEntry('MimeType').split(';')).toEqual(
      expect.arrayContaining(['tel', 'sip', 'sips', 'callto'].map((scheme) => `x-scheme-handler/${scheme}`)),
    );
    expect(existsSync('/usr/share/icons/hicolor/128x128/apps/ringside.png')).toBe(true);

    program = await startInstalled(office.desktop.env, profile, {
      provision: { ...office.provisioning, calls: { country: 'US', pop: 'answer' } },
    });
    const start = await program.waitForTimeline(({ event }) => event === 'start');
    expect(start['version']).toBe(BEFORE);
    await program.waitForTimeline(({ event }) => event === 'phone.registered');
    first = await storyOfACall(
      program,
      { phone: annaPetrova.phone, path: `/leads/detail/${annaPetrova.lead.id}` },
      `${annaPetrova.name}, ${annaPetrova.lead.name}`,
    );
    expect(await program.quit()).toBe(0);
    program = undefined;
    expect(calls()).toEqual([first]);
  });

  test('it starts by itself with a journal, as the release workflow looks at it on the other systems', async () => {
    const look = (...args: string[]) =>
      runQuietly(process.execPath, [join(root, 'packaging/start-once.mjs'), ...args], { env: office.desktop.env });
    const started = await look(PROGRAM, '--no-sandbox');
    expect(started, started.output).toMatchObject({ code: 0 });
    expect(await look('/bin/false')).toMatchObject({ code: 1 });
  });

  test('it cannot be made a plain Node, nor be looked into by a debugger', async () => {
    const { output } = await runQuietly(PROGRAM, ['--no-sandbox', '-e', 'console.log("as Node")', '--profile'], {
      env: { ...office.desktop.env, ELECTRON_RUN_AS_NODE: '1', NODE_OPTIONS: '--no-deprecation' },
    });
    expect(output).not.toContain('as Node');
    expect(output).toContain('--profile needs a folder');

    const port = await freePort();
    const looked = await startInstalled(office.desktop.env, join(folder, 'home', 'looked'), {
      args: [`--inspect=${port}`],
    });
    try {
      await looked.waitForTimeline(({ event }) => event === 'ready');
      expect(looked.output()).not.toContain('Debugger listening');
      await expect(fetch(`http://127.0.0.1:${port}/json`)).rejects.toThrow();
    } finally {
      await looked.quit();
    }
  });

  test("for a user it runs in Chromium's own sandbox", async () => {
    const home = join(folder, 'of-a-user');
    await runProgram('install', ['-d', '-o', 'nobody', '-m', '700', home]);
    await runProgram('install', ['-d', '-o', 'nobody', '-m', '700', join(home, 'profile')]);
    const env = { ...office.desktop.env, HOME: home, XDG_RUNTIME_DIR: home, DBUS_SESSION_BUS_ADDRESS: 'disabled:' };
    for (const name of ['XDG_CONFIG_HOME', 'XDG_CACHE_HOME', 'XDG_DATA_HOME']) Reflect.deleteProperty(env, name);
    const theirs = await startInstalled(env, join(home, 'profile'), { as: 'nobody' });
    try {
      await theirs.waitForTimeline(({ event }) => event === 'ready');
      const pages = familyOf(theirs.pid)
        .map((pid) => ({ command: ofProcess(pid, 'cmdline').replaceAll('\0', ' '), status: ofProcess(pid, 'status') }))
        .filter(({ command }) => command.includes('--type=renderer'));
      expect(pages.length).toBeGreaterThan(0);
      for (const { status } of pages) expect(status).toMatch(/^Seccomp:\t2$/m);
      for (const { command } of pages) expect(command).not.toContain('--no-sandbox');
    } finally {
      await theirs.quit();
    }
  });

  test('where the administrator forbids updates nobody asks for them', async () => {
    updates.offer(VERSION);
    updates.requests.length = 0;
    program = await startInstalled(office.desktop.env, profile, {
      provision: { ...office.provisioning, calls: { country: 'US', pop: 'answer' }, updates: 'never' },
    });
    await program.waitForTimeline(({ event }) => event === 'update.forbidden');
    expect(await program.quit()).toBe(0);
    program = undefined;
    expect(updates.requests).toEqual([]);
  });

  test('a version that is meant for other desktops first is not fetched', async () => {
    updates.offer(VERSION, 0);
    updates.requests.length = 0;
    program = await startInstalled(office.desktop.env, profile, {
      provision: { ...office.provisioning, calls: { country: 'US', pop: 'answer' }, updates: 'auto' },
    });
    const checked = await program.waitForTimeline(({ event }) => event === 'update.checked');
    expect(checked['found']).toBe(null);
    expect(await program.quit()).toBe(0);
    program = undefined;
    expect(updates.requests).toContain('latest-linux.yml');
    expect(updates.requests.filter((path) => path.endsWith('.deb'))).toEqual([]);
    updates.offer(VERSION);
  });

  test('a package that is not the one that was released is refused', async () => {
    updates.tamper = true;
    program = await startInstalled(office.desktop.env, profile, {
      provision: { ...office.provisioning, calls: { country: 'US', pop: 'answer' }, updates: 'auto' },
    });
    await program.waitForTimeline(({ event, found }) => event === 'update.checked' && found === VERSION);
    const log = await eventually('the refusal in the log', () => {
      const text = readFileSync(join(profile, 'ringside.log'), 'utf8');
      return text.includes('updates.not-downloaded') ? text : undefined;
    });
    expect(log).toContain('sha512 checksum mismatch');
    expect(await program.quit()).toBe(0);
    program = undefined;
    expect(await installedVersion()).toBe(BEFORE);
    updates.tamper = false;
  });

  test('the next version comes from the update server, and is installed when the program quits', async () => {
    program = await startInstalled(office.desktop.env, profile, {
      provision: { ...office.provisioning, calls: { country: 'US', pop: 'answer' }, updates: 'auto' },
    });
    const ready = await program.waitForTimeline(({ event }) => event === 'update.ready', 60_000);
    expect(ready['version']).toBe(VERSION);
    expect(await installedVersion()).toBe(BEFORE);
    expect(await program.quit()).toBe(0);
    program = undefined;
    expect(await installedVersion()).toBe(VERSION);
  });

  test('the next version takes over the profile, copied first, and goes on; an older one is not taken', async () => {
    updates.offer(BEFORE);
    updates.requests.length = 0;
    program = await startInstalled(office.desktop.env, profile);
    const start = await program.waitForTimeline(({ event }) => event === 'start');
    expect(start['version']).toBe(VERSION);
    await program.waitForTimeline(({ event }) => event === 'phone.registered');
    const second = await storyOfACall(
      program,
      { phone: marcusWebb.phone, path: `/contacts/detail/${marcusWebb.id}` },
      marcusWebb.name,
    );
    const checked = await program.waitForTimeline(({ event }) => event === 'update.checked');
    expect(checked['found']).toBe(null);
    expect(updates.requests.filter((path) => path.endsWith('.deb'))).toEqual([]);
    expect(await program.quit()).toBe(0);
    program = undefined;
    expect(await installedVersion()).toBe(VERSION);
    expect(calls()).toEqual([second, first]);
    expect(existsSync(join(profile, 'backups', BEFORE, 'journal.db'))).toBe(true);
  });

  test('it goes without a trace, but for the profile', async () => {
    await apt('purge', 'ringside');
    const left = await runQuietly('find', ['/etc', '/opt', '/usr', '/var/lib/dpkg', '-iname', '*ringside*']);
    expect(left.output).toBe('');
    const record = await runQuietly('dpkg-query', ['-W', '-f', '${db:Status-Status}', 'ringside']);
    expect(record.output).toContain('no packages found');
    const mimes = await readFile('/usr/share/applications/mimeinfo.cache', 'utf8').catch(() => '');
    expect(mimes).not.toContain('ringside');
    expect(calls()).toHaveLength(2);
  });
});

async function installedVersion(): Promise<string> {
  const { output } = await runQuietly('dpkg-query', ['-W', '-f', '${Version}', 'ringside']);
  return output;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
