import { defineConfig } from 'vitest/config';

/**
 * Real programs on one display, one bus and fixed ports: one file after the other, with time to start them. A machine
 * that is shared may starve one of them for seconds: such a test has a second try, and the report says that it took it.
 */
const realParts = {
  fileParallelism: false,
  testTimeout: 60_000,
  hookTimeout: 90_000,
  teardownTimeout: 30_000,
  retry: 1,
};

export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', include: ['test/unit/**/*.test.{ts,tsx}'] } },
      { test: { name: 'e2e', include: ['test/e2e/**/*.test.ts'], ...realParts } },
      { test: { name: 'package', include: ['test/package/**/*.test.ts'], ...realParts } },
      { test: { name: 'pbx', include: ['test/pbx/**/*.test.ts'], ...realParts } },
    ],
  },
});
