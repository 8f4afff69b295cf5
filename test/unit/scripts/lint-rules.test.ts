import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lint } from '../../../scripts/checks.ts';

const root = join(import.meta.dirname, '..', '..', '..');

/** A file that breaks one rule. */
interface Plant {
  title: string;
  file: string;
  source: string;
  rule: string;
}

const PLANTS: Plant[] = [
  ...layer('app', ['main', 'renderer/panel', 'widget', 'sandbox', 'scripts', 'test']),
  ...layer('main', ['renderer/phone', 'widget', 'sandbox', 'scripts', 'test']),
  ...layer('renderer/phone', ['main', 'renderer/panel', 'widget', 'sandbox', 'scripts', 'test']),
  ...layer('renderer/panel', ['main', 'renderer/phone', 'widget', 'sandbox', 'scripts', 'test']),
  ...layer('widget', ['main', 'renderer/panel', 'sandbox', 'scripts', 'test']),
  ...layer('sandbox', ['main', 'renderer/panel', 'widget', 'scripts', 'test']),
  ...layer('scripts', ['main', 'renderer/panel', 'widget', 'test']),
  ...foreign('app', ['electron', 'electron/main', 'node:fs']),
  ...foreign('renderer/phone', ['electron', 'node:fs']),
  ...foreign('renderer/panel', ['electron', 'node:fs']),
  ...foreign('widget', ['electron', 'node:fs']),
  ...foreign('sandbox', ['electron']),
  inApp('bare-built-in', 'prefer-node-protocol', `import { sep } from 'path';\nexport const plant = sep;\n`),
  inApp('clock', 'no-restricted-properties', `export const plant = () => Date.now();\n`),
  inApp('chance', 'no-restricted-properties', `export const plant = () => Math.random();\n`),
  inApp('page', 'no-restricted-globals', `export const plant = () => document.title;\n`),
  inApp('any', 'no-explicit-any', `export const plant = (value: any) => String(value);\n`),
  inApp(
    'floating-promise',
    'no-floating-promises',
    `const work = async () => 1;\nexport function plant() {\n  work();\n}\n`,
  ),
  inApp(
    'unsafe-member',
    'no-unsafe-member-access',
    `export const plant = (text: string): unknown => JSON.parse(text).name;\n`,
  ),
  inApp(
    'switch-with-a-hole',
    'switch-exhaustiveness-check',
    `export function plant(kind: 'a' | 'b') {\n  switch (kind) {\n    case 'a':\n      return 1;\n  }\n  return 2;\n}\n`,
  ),
  inApp('silenced-compiler', 'ban-ts-comment', `// @ts-ignore\nexport const plant = 1;\n`),
  inApp('left-for-later', 'no-warning-comments', `// TO${'DO'} later\nexport const plant = 1;\n`),
  inApp(
    'cycle-one',
    'no-cycle',
    `import { two } from './plant-cycle-two.ts';\nexport const one = (): number => two();\n`,
  ),
  inApp(
    'cycle-two',
    'no-cycle',
    `import { one } from './plant-cycle-one.ts';\nexport const two = (): number => one();\n`,
  ),
];

/** Whatever its form, an import is an import. */
function layer(room: string, forbidden: string[]): Plant[] {
  const up = '../'.repeat(room.split('/').length + 1);
  const forms: Record<string, (target: string) => string> = {
    static: (target) => `import { target } from '${target}';\nexport const plant = target;\n`,
    type: (target) => `import type { Target } from '${target}';\nexport type Plant = Target;\n`,
    again: (target) => `export { target } from '${target}';\n`,
    dynamic: (target) => `export const plant = () => import('${target}');\n`,
  };
  return forbidden.flatMap((other) =>
    Object.entries(forms).map(([form, source]) => ({
      title: `${other} in ${room} (${form})`,
      file: `${room}/deeper/plant-${other.replace('/', '-')}-${form}.ts`,
      source: source(`${up}${other}/target.ts`),
      rule: 'no-restricted-imports',
    })),
  );
}

function foreign(room: string, modules: string[]): Plant[] {
  return modules.map((name) => ({
    title: `${name} in ${room}`,
    file: `${room}/plant-${name.replace(/\W/g, '-')}.ts`,
    source: `import * as plant from '${name}';\nexport const planted = plant;\n`,
    rule: 'no-restricted-imports',
  }));
}

function inApp(title: string, rule: string, source: string): Plant {
  return { title, file: `app/plant-${title}.ts`, source, rule };
}

let folder: string;

function write(file: string, source: string) {
  mkdirSync(dirname(join(folder, file)), { recursive: true });
  writeFileSync(join(folder, file), source);
}

/** The rooms as they should be: each with a clean file, and only allowed imports. */
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ringside-lint-'));
  for (const name of ['.oxlintrc.json', 'tsconfig.json', 'tsconfig.base.json', 'package.json']) {
    cpSync(join(root, name), join(folder, name));
  }
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  for (const room of ['app', 'main', 'renderer/panel', 'renderer/phone', 'widget', 'sandbox', 'scripts', 'test']) {
    write(`${room}/target.ts`, `export type Target = number;\nexport const target: Target = 1;\n`);
  }
  for (const room of ['main', 'renderer/panel', 'renderer/phone', 'widget', 'sandbox', 'scripts', 'test']) {
    const up = '../'.repeat(room.split('/').length);
    write(`${room}/allowed.ts`, `import { target } from '${up}app/target.ts';\nexport const allowed = target;\n`);
  }
  write(
    'main/node.ts',
    `import { app } from 'electron';\nimport { sep } from 'node:path';\nexport const a = [app, sep];\n`,
  );
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the linter', () => {
  it('lets the allowed imports pass', async () => {
    expect(await lint(folder)).toBeUndefined();
  });

  it('does not let a file that is passed over go unseen', async () => {
    write('.gitignore', 'app/hidden.ts\n');
    write('app/hidden.ts', 'export const hidden = 1;\n');
    try {
      expect(await lint(folder)).toMatch(/oxlint looked at \d+ of \d+ source files/);
    } finally {
      rmSync(join(folder, '.gitignore'));
      rmSync(join(folder, 'app/hidden.ts'));
    }
  });
});

describe('the lint and import rules', () => {
  let findings: string[];

  beforeAll(async () => {
    for (const { file, source } of PLANTS) write(file, source);
    // One finding is one paragraph: its rule in its first line, its place below.
    findings = ((await lint(folder)) ?? '').split(/\n\s*\n/);
  });

  it.each(PLANTS)('catch $title', ({ file, rule }) => {
    expect(findings.filter((finding) => finding.includes(`${file}:`)).join('\n\n')).toContain(`(${rule})`);
  });
});
