import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { chooseSeed, randomSeed } from '../../../scripts/random-seed.ts';

afterEach(() => vi.unstubAllEnvs());

test('a run has one seed, said once', () => {
  vi.stubEnv('RINGSIDE_SEED', undefined);
  expect(() => randomSeed()).toThrow('RINGSIDE_SEED must be a whole number');
  const said: string[] = [];
  for (const random of [0.25, 0.5])
    chooseSeed(
      (line) => said.push(line),
      () => random,
    );
  expect(said).toEqual(['RINGSIDE_SEED=536870912']);
  expect(randomSeed()).toBe(536_870_912);
});

test.each(['', '-1', 'x', '2147483648'])('%j is no seed', (text) => {
  vi.stubEnv('RINGSIDE_SEED', text);
  expect(() => randomSeed()).toThrow('RINGSIDE_SEED must be a whole number');
});

test('no test has a seed of its own making, or prints one', () => {
  const folder = join(import.meta.dirname, '../..');
  const own = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.ts'))
    .filter((file) =>
      /Math\.random\(\) \* 2 \*\* 3|console\.log\(.*seed/.test(readFileSync(join(folder, file), 'utf8')),
    );
  expect(own).toEqual([]);
});
