import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from './build.ts';
import { cacheFolder } from './setup/cache.mjs';
import { runQuietly } from './setup/command.mjs';
import { fetchFromRegistry } from './setup/registry.mjs';

const root = join(import.meta.dirname, '..');

/** The oldest Electron that main must run on, and the published hash of the npm package with its types. */
const OLDEST_ELECTRON = {
  version: '25.1.1',
  integrity: 'sha512-WvFUfVsJn6YiP35UxdibYVjU2LceastyMm4SVp2bmb4XvKEvItAIiwxgm7tPC5Syl1243aRCvQLqr84sZ71pyQ==',
};

const LINTED_ROOMS = ['app', 'main', 'renderer', 'widget', 'sandbox', 'scripts', 'test'];
const LINTED_FILE = /\.(ts|tsx|js|mjs|cjs)$/;

/** What a check found: nothing, or what to show to the person. */
export type Finding = string | undefined;

/** Each is one check of `npm test`, by the name that `--only` takes. They run in this order. */
export const CHECKS: Record<string, () => Promise<Finding>> = {
  types: checkTypes,
  lint: () => lint(root),
  format: () => tool('oxfmt', ['--check', '.']),
  dead: () => tool('knip', ['--no-progress']),
  build: checkBuild,
};

/** Each room against what it may use, and main against the types of the oldest Electron as well. */
async function checkTypes(): Promise<Finding> {
  const projects = ['tsconfig.json', 'tsconfig.app.json', 'tsconfig.main.json', 'tsconfig.renderer.json'];
  const findings: Finding[] = [];
  for (const project of [...projects, await oldestElectronProject()]) {
    findings.push(await tool('tsc', ['--pretty', '--project', project]));
  }
  const shown = [...new Set(findings.filter((finding) => finding !== undefined))];
  return shown.length === 0 ? undefined : shown.join('\n');
}

/** Writes the project that sees Electron's types as they were then. @returns its path */
async function oldestElectronProject(): Promise<string> {
  const { version, integrity } = OLDEST_ELECTRON;
  const types = await fetchFromRegistry('electron', version, integrity, {
    into: join(cacheFolder(), `electron-types-${version}`),
  });
  const folder = join(root, 'node_modules', '.cache', 'ringside');
  const project = join(folder, `tsconfig.electron-${version}.json`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    project,
    JSON.stringify({
      extends: join(root, 'tsconfig.main.json'),
      compilerOptions: {
        paths: { electron: [join(types, 'electron.d.ts')] },
        typeRoots: [join(root, 'node_modules', '@types')],
      },
      include: [join(root, 'main')],
    }),
  );
  return project;
}

/**
 * The lint and import rules of `.oxlintrc.json`. A file that the linter passed over in silence is a finding too.
 *
 * @param folder the repository, or a copy with the same configuration
 */
export async function lint(folder: string): Promise<Finding> {
  const args = ['--type-aware', '--report-unused-disable-directives', '--deny-warnings', ...present(folder)];
  const { code, output } = await runQuietly(binary('oxlint'), args, { cwd: folder });
  if (code !== 0) return output;
  const linted = Number(/ on (\d+) files? /.exec(output)?.[1] ?? 0);
  const there = present(folder).flatMap((room) =>
    readdirSync(join(folder, room), { recursive: true, withFileTypes: true }).filter(
      (entry) => entry.isFile() && LINTED_FILE.test(entry.name),
    ),
  ).length;
  return linted === there ? undefined : `oxlint looked at ${linted} of ${there} source files.\n${output}`;
}

function present(folder: string): string[] {
  const names = new Set(readdirSync(folder));
  return LINTED_ROOMS.filter((room) => names.has(room));
}

async function checkBuild(): Promise<Finding> {
  try {
    await build({ force: true });
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function tool(name: string, args: string[]): Promise<Finding> {
  const { code, output } = await runQuietly(binary(name), args, { cwd: root });
  return code === 0 ? undefined : output || `${name} ended with code ${code}.`;
}

function binary(name: string): string {
  return join(root, 'node_modules', '.bin', name);
}
