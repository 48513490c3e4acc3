/**
 * How long a random test may take. The run that is under way then comes to its end, for whatever it left behind would go
 * on in the next suite, and the others are skipped. So the test says its seed, and a failure that was found also its
 * example as far as it was made smaller; Jest's own limit, five minutes, would say neither.
 */
const LIMIT_MS = 240_000;

export interface PropertyOptions {
  readonly numRuns: number;
  readonly seed?: number;
  readonly path?: string;
  readonly skipAllAfterTimeLimit?: number;
}

/**
 * Options of a random test. A failure prints its seed and path: FC_SEED and FC_PATH replay it, FC_RUNS digs deeper, and
 * without a limit of time.
 */
export function propertyOptions(numRuns = 100): PropertyOptions {
  const { FC_SEED: seed, FC_PATH: path, FC_RUNS: runs } = process.env;
  return {
    numRuns: runs ? Number(runs) : numRuns,
    ...(seed ? { seed: Number(seed) } : {}),
    ...(path ? { path } : {}),
    ...(runs ? {} : { skipAllAfterTimeLimit: LIMIT_MS }),
  };
}
