import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { strFromU8, unzipSync } from 'fflate';
import { expect, it, onTestFinished } from 'vitest';
import { zipFolder } from '../../../scripts/widget.ts';

it('zips the files of the widget with manifest.json at the root', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ringside-zip-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, 'i18n'));
  writeFileSync(join(folder, 'manifest.json'), '{"version":"1"}');
  writeFileSync(join(folder, 'i18n', 'en.json'), '{}');

  const files = unzipSync(zipFolder(folder));
  expect(Object.keys(files).toSorted()).toEqual(['i18n/en.json', 'manifest.json']);
  expect(strFromU8(files['manifest.json'] ?? new Uint8Array())).toBe('{"version":"1"}');
});
