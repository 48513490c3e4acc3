import { type ReadLimits } from './bounded-reads';
import { type EnvReader } from './config';

/** What lists may take in a process that answers some. */
export interface ListLimits extends ReadLimits {
  /** How long one statement may take. */
  readonly timeoutMs: number;
  /** Bytes of JSON after which a page ends early. */
  readonly pageBytes: number;
}

/** The same in every process. */
export function readListLimits(env: EnvReader): ListLimits {
  return {
    concurrency: env.integer('LIST_READS', { default: 2, min: 1, max: 64, example: 2 }),
    maxQueue: env.integer('LIST_QUEUE', { default: 100, min: 1, example: 100 }),
    waitMs: env.duration('LIST_WAIT', { default: 'PT5S', minMs: 1, example: 'PT5S' }),
    timeoutMs: env.duration('LIST_TIMEOUT', { default: 'PT10S', minMs: 1 }),
    pageBytes: env.integer('PAGE_BYTES', {
      default: 1_048_576,
      min: 65_536,
      max: 3_145_728,
      example: 1_048_576,
    }),
  };
}
