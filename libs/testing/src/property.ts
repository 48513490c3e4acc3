/**
 * Options of a random test. A failure prints its seed and path: FC_SEED and FC_PATH replay it, FC_RUNS digs deeper.
 */
export function propertyOptions(numRuns = 100): { numRuns: number; seed?: number; path?: string } {
  const { FC_SEED: seed, FC_PATH: path, FC_RUNS: runs } = process.env;
  return {
    numRuns: runs ? Number(runs) : numRuns,
    ...(seed ? { seed: Number(seed) } : {}),
    ...(path ? { path } : {}),
  };
}
