import * as v from 'valibot';

/** What is counted in the last line of `npm test`. */
export interface Count {
  passed: number;
  failed: number;
  skipped: number;
}

/** The part of vitest's JSON report that we read. */
const ReportSchema = v.object({
  numPassedTests: v.number(),
  numFailedTests: v.number(),
  numPendingTests: v.number(),
  numTodoTests: v.number(),
  testResults: v.array(v.object({ status: v.string(), assertionResults: v.array(v.object({ status: v.string() })) })),
});

/**
 * Counts one vitest run so that nothing can go wrong unseen: a file that did not even load is a failure, and so are a
 * run without a single test, a run without a report, and one that ended badly though every test passed.
 *
 * @param report the JSON report, or undefined where none was written
 * @param code the exit code of vitest
 */
export function countRun(report: unknown, code: number): Count {
  const parsed = v.safeParse(ReportSchema, report);
  if (!parsed.success) return { passed: 0, failed: 1, skipped: 0 };

  const { numPassedTests: passed, numFailedTests, numPendingTests, numTodoTests, testResults } = parsed.output;
  const brokenFiles = testResults.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && !assertionResults.some((assertion) => assertion.status === 'failed'),
  ).length;
  const skipped = numPendingTests + numTodoTests;
  const failed = numFailedTests + brokenFiles;
  const silent = failed === 0 && (code !== 0 || passed + skipped === 0);
  return { passed, failed: silent ? 1 : failed, skipped };
}

export function add(a: Count, b: Count): Count {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped };
}

/** The last line of `npm test`. */
export function countedLine({ passed, failed, skipped }: Count): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

/** @param strict on a build server a test that did not run is not accepted */
export function succeeded({ failed, skipped }: Count, strict: boolean): boolean {
  return failed === 0 && !(strict && skipped > 0);
}
