/** What is only run by a release, read as far as it can be here: electron-builder's configuration and the workflow. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '../../../..');
const read = (file: string) => readFileSync(join(root, file), 'utf8');
const tools = createRequire(join(root, 'packaging', 'package.json'));
const yaml = tools('js-yaml') as { load(text: string): unknown };

describe('electron-builder.yml', () => {
  type Target = { target: string; arch?: string[] };
  type Config = Record<'win' | 'mac' | 'linux', { target: Target[] }> & Record<string, unknown>;
  const config = yaml.load(read('electron-builder.yml')) as Config;
  const { validateConfiguration } = tools('app-builder-lib/out/util/config/config.js') as {
    validateConfiguration(config: object, log: object): Promise<void>;
  };
  const log = { isEnabled: false };

  test("is valid by electron-builder's own schema, which finds what is not", async () => {
    await expect(validateConfiguration({ ...config }, log)).resolves.toBeUndefined();
    await expect(validateConfiguration({ ...config, nsis: { oneKlick: true } }, log)).rejects.toThrow(
      'configuration.nsis',
    );
    await expect(
      validateConfiguration({ ...config, win: { target: [{ target: 'nsis', arch: ['arm65'] }] } }, log),
    ).rejects.toThrow('configuration.win');
  });

  test('makes what is promised for each system', () => {
    const made = (['win', 'mac', 'linux'] as const).map((system) =>
      config[system].target.map(({ target, arch = [] }) => [target, ...arch].join(' ')),
    );
    expect(made).toEqual([
      ['nsis x64 arm64', 'msi x64 arm64'],
      ['dmg universal', 'zip universal'],
      ['deb', 'rpm', 'AppImage'],
    ]);
    // Each has a name of its own: what one processor's target wrote is not written over by the other's.
    for (const name of [config['artifactName'], (config['msi'] as { artifactName: string }).artifactName])
      expect(name).toContain('${arch}');
    expect(config['nsis']).toMatchObject({ perMachine: false, buildUniversalInstaller: false });
    expect(config['msi']).toMatchObject({ perMachine: true });
    expect(config['mac']).toMatchObject({ hardenedRuntime: true, notarize: true });
  });

  test('names files that are there', () => {
    const named = JSON.stringify(config).match(/(?<=["/=])(?:\.\/)?packaging\/[\w./-]+/g) ?? [];
    expect(named.length).toBeGreaterThan(4);
    for (const file of named) expect(existsSync(join(root, file)), file).toBe(true);
  });
});

describe.each(readdirSync(join(root, '.github/workflows')))('the workflow %s', (name) => {
  type Step = { name?: string; uses?: string; run?: string; if?: string; env?: Record<string, string> };
  type Job = { needs?: string | string[]; permissions?: Record<string, string>; steps: Step[] };
  const text = read(`.github/workflows/${name}`);
  const { permissions, jobs } = yaml.load(text) as { permissions: object; jobs: Record<string, Job> };
  const steps = Object.values(jobs).flatMap((job) => job.steps);
  const scripts = steps.flatMap(({ run }) => run ?? []);

  test('uses actions of one commit each, with its version beside it', () => {
    const uses = steps.flatMap((step) => step.uses ?? []);
    expect(uses.length).toBeGreaterThan(3);
    for (const action of uses) expect(action).toMatch(/^[\w.-]+\/[\w.-]+@[0-9a-f]{40}$/);
    const commented = [...text.matchAll(/uses: (\S+)@[0-9a-f]{40} # v\d+\.\d+\.\d+$/gm)];
    expect(commented).toHaveLength(uses.length);
    // One action is one commit wherever it stands.
    const actions = new Set(uses.map((action) => action.split('@')[0]));
    expect(new Set(uses).size).toBe(actions.size);
  });

  test('may do nothing but what a job says, and no job may do more than it needs', () => {
    expect(permissions).toEqual({});
    const writing = Object.entries(jobs).filter(([, job]) => job.permissions?.['contents'] === 'write');
    // Who may write a release runs nothing of this repository.
    for (const [, job] of writing)
      expect(job.steps.filter(({ uses = '', run = '' }) => uses.includes('checkout') || run.includes('npm'))).toEqual(
        [],
      );
    for (const [, { needs = [] }] of Object.entries(jobs))
      for (const job of [needs].flat()) expect(Object.keys(jobs)).toContain(job);
  });

  test('runs commands and files that are there', () => {
    const commands = (JSON.parse(read('package.json')) as { scripts: Record<string, string> }).scripts;
    const run = scripts.flatMap((script) => [...script.matchAll(/\bnpm (?:run )?(?!ci\b|audit\b)([\w-]+)/g)]);
    expect(run.map(([, command = '']) => command)).toEqual(expect.arrayContaining(['test', 'package']));
    for (const [, command = ''] of run) expect(Object.keys(commands)).toContain(command);
    const files = scripts.flatMap((script) => [...script.matchAll(/\bnode ([\w./-]+\.m?[jt]s)/g)]);
    expect(files.length).toBeGreaterThan(0);
    for (const [, file = ''] of files) expect(existsSync(join(root, file)), file).toBe(true);
  });

  test('gives a secret to the one step that needs it, on the system that it is for', () => {
    const all = [...text.matchAll(/secrets\./g)];
    expect(all.length).toBeGreaterThan(4);
    const holders = steps.filter(({ env = {} }) => JSON.stringify(env).includes('secrets.'));
    const held = holders.flatMap(({ env = {} }) => JSON.stringify(env).match(/secrets\.\w+/g) ?? []);
    expect(held).toHaveLength(all.length);
    for (const { if: only, env = {} } of holders) {
      const names = JSON.stringify(env).match(/secrets\.(?:WINDOWS|MAC|APPLE)/g) ?? [];
      for (const secret of names)
        expect(only).toBe(`runner.os == '${secret === 'secrets.WINDOWS' ? 'Windows' : 'macOS'}'`);
    }
    for (const script of scripts) expect(script).not.toContain('${{');
  });
});
