import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { isInstalled } from '../../../../scripts/setup/node-modules.mjs';

const react = { version: '19.0.0', integrity: 'sha512-react' };
const forMac = { version: '1.0.0', integrity: 'sha512-mac', optional: true };

let root: string;

function write(file: string, content: unknown) {
  mkdirSync(join(root, file, '..'), { recursive: true });
  writeFileSync(join(root, file), JSON.stringify(content));
}

const lock = (packages: object) => write('package-lock.json', { packages: { '': {}, ...packages } });
const record = (packages: object) => write('node_modules/.package-lock.json', { packages });

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ringside-lock-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  lock({ 'node_modules/react': react, 'node_modules/for-mac': forMac });
  record({ 'node_modules/react': react });
  write('node_modules/react/package.json', {});
});

describe('isInstalled', () => {
  it('accepts what is locked, without the optional packages of other systems', async () => {
    expect(await isInstalled(root)).toBe(true);
  });

  it('sees that there are no node modules yet', async () => {
    rmSync(join(root, 'node_modules'), { recursive: true });
    expect(await isInstalled(root)).toBe(false);
  });

  it('sees a package that was deleted since', async () => {
    rmSync(join(root, 'node_modules/react'), { recursive: true });
    expect(await isInstalled(root)).toBe(false);
  });

  it.each([
    ['another version', { ...react, version: '19.0.1' }],
    ['other content', { ...react, integrity: 'sha512-other' }],
  ])('sees that the lock asks for %s', async (_, wanted) => {
    lock({ 'node_modules/react': wanted });
    expect(await isInstalled(root)).toBe(false);
  });

  it('sees a package that was added to the lock', async () => {
    lock({ 'node_modules/react': react, 'node_modules/ws': { version: '8.0.0' } });
    expect(await isInstalled(root)).toBe(false);
  });
});
