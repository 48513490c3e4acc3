import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '#libs/postgres';
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
  private readonly stopped = new AbortController();
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly database: Database,
    private readonly options: RetentionOptions,
  ) {}

  start(): void {
    this.running = this.run();
  }

  async stop(): Promise<void> {
    this.stopped.abort();
    await this.running;
  }

  /** Deletes all that is too old, a batch at a time. */
  async sweep(): Promise<void> {
    const { retentionMs, maxBatch } = this.options;
    let deleted = maxBatch;
    while (deleted === maxBatch && !this.stopped.signal.aborted) {
      deleted = await deleteOldDecisions(this.database, retentionMs, maxBatch);
    }
  }

  private async run(): Promise<void> {
    const { signal } = this.stopped;
    while (!signal.aborted) {
      await this.sweep().catch(this.options.onError);
      await sleep(this.options.sweepMs, undefined, { signal }).catch(() => undefined);
    }
  }
}
