import { describe, expect, it } from 'vitest';
import { add, countedLine, countRun, succeeded } from '../../../scripts/test-count.ts';

function report(statuses: string[], fileStatus = 'passed') {
  const count = (status: string) => statuses.filter((found) => found === status).length;
  return {
    numPassedTests: count('passed'),
    numFailedTests: count('failed'),
    numPendingTests: count('pending'),
    numTodoTests: count('todo'),
    testResults: [{ status: fileStatus, assertionResults: statuses.map((status) => ({ status })) }],
  };
}

describe('countRun', () => {
  it('counts every test as what it is', () => {
    const run = report(['passed', 'passed', 'failed', 'pending', 'todo'], 'failed');
    expect(countRun(run, 1)).toEqual({ passed: 2, failed: 1, skipped: 2 });
  });

  it('takes a file that did not load for a failure', () => {
    expect(countRun(report([], 'failed'), 1)).toEqual({ passed: 0, failed: 1, skipped: 0 });
  });

  it('takes a run that collected no test for a failure, whatever its exit code', () => {
    expect(countRun(report([]), 0).failed).toBe(1);
  });

  it('takes a run that ended badly for a failure, though every test passed', () => {
    expect(countRun(report(['passed']), 1)).toEqual({ passed: 1, failed: 1, skipped: 0 });
  });

  it.each([undefined, null, {}, { numPassedTests: 'many' }])('takes %j in place of a report for a failure', (none) => {
    expect(countRun(none, 0)).toEqual({ passed: 0, failed: 1, skipped: 0 });
  });
});

describe('the count of all runs', () => {
  it('adds up and reads as one line', () => {
    const total = add({ passed: 3, failed: 0, skipped: 1 }, { passed: 4, failed: 2, skipped: 0 });
    expect(countedLine(total)).toBe('7 passed, 2 failed, 1 skipped');
  });

  it('accepts a skip from a person, not on a build server, and a failure from nobody', () => {
    expect(succeeded({ passed: 1, failed: 0, skipped: 1 }, false)).toBe(true);
    expect(succeeded({ passed: 1, failed: 0, skipped: 1 }, true)).toBe(false);
    expect(succeeded({ passed: 1, failed: 1, skipped: 0 }, false)).toBe(false);
  });
});
