import type { Database } from '#libs/postgres';
import { Sweeper, type SweeperOptions } from '#libs/runtime';
import { deleteOldDecisions } from './decision-rows';

export interface RetentionOptions extends Omit<SweeperOptions, 'deletions'> {
  /** How long a decision is kept. */
  readonly retentionMs: number;
}

/** Deletes decisions whose time is over. Any number of processes may do so side by side. */
export class DecisionRetention extends Sweeper {
  constructor(database: Database, options: RetentionOptions) {
    const { retentionMs, maxBatch } = options;
    super({
      ...options,
      deletions: [() => deleteOldDecisions(database, retentionMs, maxBatch)],
    });
  }
}
