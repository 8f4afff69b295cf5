import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { zipSync } from 'fflate';
import { build } from './build.ts';

const out = join(import.meta.dirname, '..', 'out');

/**
 * The archive as Kommo wants it uploaded: manifest.json, script.js, i18n/ and images/ at its root.
 *
 * @param folder the built widget
 */
export function zipFolder(folder: string): Uint8Array {
  const files: Record<string, Uint8Array> = {};
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    files[relative(folder, path).split(sep).join('/')] = readFileSync(path);
  }
  return zipSync(files, { level: 9 });
}

if (import.meta.main) {
  try {
    await build();
    const zip = zipFolder(join(out, 'widget'));
    writeFileSync(join(out, 'widget.zip'), zip);
    console.log(`out/widget.zip (${Math.ceil(zip.length / 1024)} KB)`);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
