import { readCommitWaits, type Database } from '#libs/postgres';
import type { CheckResult, Metrics } from '#libs/runtime';

/** Says when commits wait for a standby that does not come; asks over a connection of its own, as the others may wait. */
export class CommitWatch {
  private longestSeconds = 0;

  constructor(
    private readonly database: Database,
    private readonly recordWaitMs: number,
  ) {}

  /** Every commit waits a little where there is a synchronous standby; that is no fault. */
  async health(): Promise<CheckResult> {
    const waits = await readCommitWaits(this.database).catch((error: unknown) => {
      this.longestSeconds = 0;
      throw error;
    });
    const { count, longestSeconds } = waits;
    this.longestSeconds = longestSeconds;
    if (longestSeconds * 1000 < this.recordWaitMs) return { ready: true };
    const seconds = Math.floor(longestSeconds);
    return {
      ready: false,
      detail: `${count} commits wait for a synchronous standby of Postgres, the longest for ${seconds} s; see synchronous_standby_names`,
    };
  }

  measure(metrics: Metrics): void {
    metrics.gauge(
      'log_commit_wait_seconds',
      'How long the longest commit has waited for a synchronous standby when readiness was last asked for',
      [],
      (gauge) => gauge.set(this.longestSeconds),
    );
  }

  close(): Promise<void> {
    return this.database.close();
  }
}
