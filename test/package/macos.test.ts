/**
 * What of the package for macOS can be seen without macOS: the unpacked program, made of one without content in Electron's
 * place. Its two halves are put together, signed and notarised by the release only.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stage } from '../../scripts/package/stage.ts';
import { runQuietly } from '../../scripts/setup/command.mjs';
import { icnsOf, makeMacElectron } from './support/hollow-electron.ts';

const root = join(import.meta.dirname, '../..');
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ringside-macos-'));
  await makeMacElectron(join(folder, 'electron'), 9);
  await stage(root, join(root, 'out.package'), 'darwin');
  await writeFile(join(folder, 'icon.icns'), icnsOf(readFileSync(join(root, 'assets/icon-512.png'))));
  const { code, output } = await runQuietly(
    process.execPath,
    [
      join(root, 'packaging/node_modules/electron-builder/cli.js'),
      ...['--mac', 'dir', '--arm64', '--publish', 'never'],
      '-c.electronVersion=45.0.0',
      `-c.electronDist=${join(folder, 'electron')}`,
      `-c.directories.output=${folder}`,
      `-c.mac.icon=${join(folder, 'icon.icns')}`,
      '-c.mac.notarize=false',
      '-c.mac.identity=null',
    ],
    { cwd: root },
  );
  if (code !== 0) throw new Error(output);
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

const program = () => join(folder, 'mac-arm64', 'Ringside.app');
const archive = () => join(program(), 'Contents/Resources/app.asar');

test('is the program, with the library for both processors in each half', async () => {
  const asar = join(root, 'packaging/node_modules/@electron/asar/bin/asar.js');
  const { output } = await runQuietly(process.execPath, [asar, 'list', archive()]);
  const files = output.trim().split(/\r?\n/);
  expect(files).toEqual(expect.arrayContaining(['/out/main/main.cjs', '/out/preload/phone.cjs']));
  expect(files.filter((file) => /^\/node_modules\/@libsql\/[^/]+$/.test(file)).toSorted()).toEqual([
    '/node_modules/@libsql/darwin-arm64',
    '/node_modules/@libsql/darwin-x64',
  ]);
});

test('says what it opens, why it needs the microphone, and the hash of the head of its archive', () => {
  const plist = createRequire(join(root, 'packaging', 'package.json'))('plist') as { parse(text: string): unknown };
  const bytes = readFileSync(archive());
  const head = bytes.subarray(16, 16 + bytes.readUInt32LE(12));
  expect(plist.parse(readFileSync(join(program(), 'Contents/Info.plist'), 'utf8'))).toMatchObject({
    CFBundleIdentifier: 'com.ringside.desktop',
    CFBundleURLTypes: [{ CFBundleURLSchemes: ['tel', 'sip', 'sips', 'callto'] }],
    NSMicrophoneUsageDescription: 'Ringside needs the microphone so that callers can hear you.',
    LSUIElement: false,
    ElectronAsarIntegrity: {
      'Resources/app.asar': { algorithm: 'SHA256', hash: createHash('sha256').update(head).digest('hex') },
    },
  });
});

test('has its fuses set', async () => {
  const check = (file: string) => runQuietly(process.execPath, [join(root, 'packaging/check-fuses.mjs'), file]);
  expect(await check(program())).toMatchObject({ code: 0 });
  expect(await check(join(folder, 'electron', 'Electron.app'))).toMatchObject({ code: 1 });
});
