import type { Database } from '#libs/postgres';
import { WakeableLoop } from '#libs/runtime';
import { deleteOldDecisions } from './decision-rows';

export interface RetentionOptions {
  /** How long a decision is kept. */
  readonly retentionMs: number;
  /** How often the old ones are looked for. */
  readonly sweepMs: number;
  /** Most decisions in one statement. */
  readonly maxBatch: number;
  readonly onError: (error: unknown) => void;
}

/** Deletes decisions whose time is over. Any number of processes may do so side by side. */
export class DecisionRetention {
  private readonly loop: WakeableLoop;

  constructor(
    private readonly database: Database,
    private readonly options: RetentionOptions,
  ) {
    const { sweepMs, onError } = options;
    this.loop = new WakeableLoop({
      round: (stopped) => this.sweep(stopped),
      pauseMs: 0,
      pollMs: sweepMs,
      retryMs: sweepMs,
      onError,
    });
  }

  start(): void {
    this.loop.start();
  }

  stop(): Promise<void> {
    return this.loop.stop();
  }

  /** Deletes all that is too old, a batch at a time. */
  async sweep(stopped?: AbortSignal): Promise<void> {
    const { retentionMs, maxBatch } = this.options;
    let deleted = maxBatch;
    while (deleted === maxBatch && stopped?.aborted !== true) {
      deleted = await deleteOldDecisions(this.database, retentionMs, maxBatch);
    }
  }
}
