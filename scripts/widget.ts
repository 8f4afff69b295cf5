import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { gzipSync, zipSync } from 'fflate';
import { build } from './build.ts';
import { problemsIn, type PackageFiles } from './widget-package.ts';

const out = join(import.meta.dirname, '..', 'out');

/** The files of the built widget by their path in the archive. */
export function filesIn(folder: string): PackageFiles {
  const files: Record<string, Uint8Array> = {};
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    files[relative(folder, path).split(sep).join('/')] = readFileSync(path);
  }
  return files;
}

/** The archive as Kommo wants it uploaded: manifest.json, script.js, i18n/ and images/ at its root. */
export function zipFiles(files: PackageFiles): Uint8Array {
  return zipSync({ ...files }, { level: 9 });
}

if (import.meta.main) {
  try {
    await build();
    const files = filesIn(join(out, 'widget'));
    const problems = problemsIn(files);
    if (problems.length > 0) throw new Error(`Kommo would not take this widget:\n${problems.join('\n')}`);
    const zip = zipFiles(files);
    writeFileSync(join(out, 'widget.zip'), zip);
    const script = gzipSync(files['script.js'] ?? new Uint8Array(), { level: 9 }).length;
    console.log(
      `out/widget.zip (${Math.ceil(zip.length / 1024)} KB; script.js ${(script / 1000).toFixed(1)} kB gzipped)`,
    );
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
