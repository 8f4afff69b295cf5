/** What the bench measures: figures, each with its goal and, where it is a ratio, the baseline of the same run. */

export type Row = {
  name: string;
  value: number;
  unit: string;
  /** In the same unit, measured in the same run; null where the goal is for the value itself. */
  baseline: number | null;
  ratio: number | null;
  goal: number;
  /** The goal is the least that will do, not the most. */
  atLeast?: true;
};

/** One measurement that gives one or more rows. */
export type Figure = {
  names: readonly string[];
  measure(say: (line: string) => void): Promise<Row[]>;
  /** Said when a goal is missed. */
  inTheWay: string;
};

/** What is held against the goal. */
const held = (row: Row): number => row.ratio ?? row.value;

/** Whether the goal is missed. */
export const missed = (row: Row): boolean => (row.atLeast ? held(row) < row.goal : !(held(row) <= row.goal));

export const absolute = (name: string, value: number, unit: string, goal: number): Row => ({
  name,
  value,
  unit,
  baseline: null,
  ratio: null,
  goal,
});

export const against = (name: string, value: number, baseline: number, unit: string, goal: number): Row => ({
  name,
  value,
  unit,
  baseline,
  ratio: value / baseline,
  goal,
});

/** The value that a share of all values does not exceed: nearest rank. */
export function percentile(values: readonly number[], share: number): number {
  if (values.length === 0) throw new Error('nothing was measured');
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

export const median = (values: readonly number[]): number => percentile(values, 0.5);
