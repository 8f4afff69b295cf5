/**
 * One random number for all property tests of a run, printed once, where the run begins. `RINGSIDE_SEED=… npm test` runs
 * them all as they were run then.
 */
const NAME = 'RINGSIDE_SEED';

/** Chooses the seed unless there is one, for this process and those that it starts. Called where a run begins. */
export function chooseSeed(say: (line: string) => void, random: () => number = Math.random): void {
  if (process.env[NAME] !== undefined) return;
  const seed = Math.floor(random() * 2 ** 31);
  process.env[NAME] = String(seed);
  say(`${NAME}=${seed}`);
}

/** The seed of this run, from 0 to 2^31 - 1. @throws where there is none */
export function randomSeed(): number {
  const seed = Number(process.env[NAME] || Number.NaN);
  if (!Number.isInteger(seed) || seed < 0 || seed >= 2 ** 31)
    throw new Error(`${NAME} must be a whole number from 0 to ${2 ** 31 - 1}.`);
  return seed;
}
