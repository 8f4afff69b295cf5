/**
 * What of the packages for Windows can be seen without Windows: the unpacked program for both processors, made of a
 * program without content in Electron's place, and what becomes of it at the next update.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stage } from '../../scripts/package/stage.ts';
import { runQuietly } from '../../scripts/setup/command.mjs';
import { integrityOf, makeWindowsElectron } from './support/hollow-electron.ts';

const root = join(import.meta.dirname, '../..');
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ringside-windows-'));
  await makeWindowsElectron(root, join(folder, 'electron'), 9);
  await stage(root, join(root, 'out.package'), 'win32');
  const { code, output } = await runQuietly(
    process.execPath,
    [
      join(root, 'packaging/node_modules/electron-builder/cli.js'),
      ...['--win', 'dir', '--x64', '--arm64', '--publish', 'never'],
      '-c.electronVersion=45.0.0',
      `-c.electronDist=${join(folder, 'electron')}`,
      `-c.directories.output=${folder}`,
      // Icon and names are written by a tool that is a download of its own.
      '-c.win.signAndEditExecutable=false',
    ],
    { cwd: root },
  );
  if (code !== 0) throw new Error(output);
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe.each([
  ['x64', 'win-unpacked', ['win32-x64-msvc']],
  ['arm64', 'win-arm64-unpacked', []],
])('for %s', (_processor, name, libraries) => {
  const program = () => join(folder, name, 'Ringside.exe');
  const archive = () => join(folder, name, 'resources', 'app.asar');

  test('is the program, with a native library of its own processor or none', async () => {
    const asar = join(root, 'packaging/node_modules/@electron/asar/bin/asar.js');
    const { output } = await runQuietly(process.execPath, [asar, 'list', archive()]);
    const files = output.trim().split(/\r?\n/);
    expect(files).toEqual(expect.arrayContaining(['/out/main/main.cjs', '/out/preload/phone.cjs']));
    expect(files.filter((file) => /^\/node_modules\/@libsql\/[^/]+$/.test(file))).toEqual(
      libraries.map((library) => `/node_modules/@libsql/${library}`),
    );
    expect(files.filter((file) => file.endsWith('.node'))).toHaveLength(libraries.length);
    for (const library of libraries)
      expect(existsSync(join(`${archive()}.unpacked`, 'node_modules/@libsql', library, 'index.node'))).toBe(true);
    expect(existsSync(join(folder, name, 'resources/licences/libraries.txt'))).toBe(true);
  });

  test('knows the hash of the head of its archive, which Electron checks before it reads it', () => {
    const bytes = readFileSync(archive());
    // Chromium's Pickle: the length of the JSON stands in the fourth number, and it begins after that.
    const head = bytes.subarray(16, 16 + bytes.readUInt32LE(12));
    const value = createHash('sha256').update(head).digest('hex');
    expect(integrityOf(root, readFileSync(program()))).toEqual([{ file: 'resources\\app.asar', alg: 'SHA256', value }]);
  });

  test('has its fuses set', async () => {
    const fuses = join(root, 'packaging/node_modules/@electron/fuses/dist/bin.js');
    const { output } = await runQuietly(process.execPath, [fuses, 'read', '--app', program()]);
    const on = [...output.matchAll(/^\s+(\w+) is Enabled/gm)].map(([, fuse]) => fuse);
    expect(on).toEqual([
      'EnableCookieEncryption',
      'EnableEmbeddedAsarIntegrityValidation',
      'OnlyLoadAppFromAsar',
      'WasmTrapHandlers',
    ]);
    const check = (file: string) => runQuietly(process.execPath, [join(root, 'packaging/check-fuses.mjs'), file]);
    expect(await check(program())).toMatchObject({ code: 0 });
    expect(await check(join(folder, 'electron', 'electron.exe'))).toMatchObject({ code: 1 });
  });
});

test.each(['x64', 'arm64'])('an update of %s is the installer for it', (processor) => {
  // As electron-builder names them (`artifactName`) and lists them in latest.yml: x64 first.
  const { findFile } = createRequire(join(root, 'package.json'))('electron-updater/out/providers/Provider.js') as {
    findFile(files: { url: URL; info: { url: string } }[], extension: string): { url: URL };
  };
  const files = ['x64', 'arm64'].map((arch) => {
    const url = `Ringside-1.2.3-win-${arch}.exe`;
    return { url: new URL(url, 'https://updates.example/releases/latest/download/'), info: { url } };
  });
  const real = Object.getOwnPropertyDescriptor(process, 'arch');
  Object.defineProperty(process, 'arch', { ...real, value: processor });
  try {
    expect(findFile(files, 'exe').url.pathname).toContain(`win-${processor}.exe`);
  } finally {
    if (real !== undefined) Object.defineProperty(process, 'arch', real);
  }
});
