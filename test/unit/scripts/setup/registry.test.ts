import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { verifyIntegrity } from '../../../../scripts/setup/registry.mjs';

function fileWith(content: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'ringside-integrity-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'package.tgz');
  writeFileSync(file, content);
  return file;
}

const integrityOf = (content: string) => `sha512-${createHash('sha512').update(content).digest('base64')}`;

it('accepts the content that was pinned', async () => {
  await expect(verifyIntegrity(fileWith('runtime'), integrityOf('runtime'), 'electron@1')).resolves.toBeUndefined();
});

it('refuses any other content and says so', async () => {
  const refusal = verifyIntegrity(fileWith('runtime!'), integrityOf('runtime'), 'electron@1');
  await expect(refusal).rejects.toThrow(/electron@1 was refused.*not the one that was pinned/);
});
