import { defineConfig } from 'vitest/config';
import { chooseSeed } from './scripts/random-seed.ts';

/**
 * Real programs on one display, one bus and fixed ports: one file after the other, with time to start them. A machine
 * that is shared may starve one of them for seconds: such a test has a second try, and the report says that it took it.
 */
const patience = { testTimeout: 60_000, hookTimeout: 90_000, teardownTimeout: 30_000, retry: 1 };
const realParts = { fileParallelism: false, ...patience };

/** A sentence equals its English wording. */
const english = { setupFiles: ['test/english.ts'] };
const JOURNAL = 'test/unit/main/journal';
/** The journal's tests once more, with the library for SQLite that Windows on arm has (main/journal/sqlite.ts). */
const nodeSqlite = { setupFiles: [...english.setupFiles, 'test/node-sqlite.ts'] };

/** Pages in a browser or a window of their own, on ports of their own: they mostly wait, so two can do it side by side. */
const PAGES = [
  ...[
    'audio-page',
    'panel-access',
    'panel-page',
    'panel-walk',
    'phone-calls',
    'phone-dialects',
    'phone-page',
    'phone-pick-up',
    'registration-page',
  ],
  ...['sandbox-kommo', 'torture', 'watch'],
].map((name) => `test/e2e/${name}.test.ts`);

// Said here where vitest is run by itself; scripts/test.ts runs it once for each project and has said it before.
chooseSeed(console.log);

export default defineConfig({
  test: {
    projects: [
      { test: { ...english, name: 'unit', include: ['test/unit/**/*.test.{ts,tsx}'] } },
      {
        test: {
          ...nodeSqlite,
          name: 'sqlite',
          include: [`${JOURNAL}/*.test.ts`],
          exclude: [`${JOURNAL}/sqlite.test.ts`],
        },
      },
      { test: { ...english, name: 'page', include: PAGES, maxWorkers: 2, ...patience } },
      { test: { ...english, name: 'e2e', include: ['test/e2e/**/*.test.ts'], exclude: PAGES, ...realParts } },
      { test: { ...english, name: 'package', include: ['test/package/**/*.test.ts'], ...realParts } },
      { test: { ...english, name: 'pbx', include: ['test/pbx/**/*.test.ts'], ...realParts } },
    ],
  },
});
