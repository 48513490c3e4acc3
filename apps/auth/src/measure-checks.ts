import { readLags } from '#libs/projection';
import { Scraped } from '#libs/runtime';
import type { AuthParts } from './auth-parts';
import type { BudgetChecker } from './check-budget';
import type { SnapshotReader } from './snapshot-reader';

/** What operators see of checks, beside the outage's own figures. All of it is read at the scrape. */
export function measureChecks(
  { metrics, database, limits, maxLagMs }: AuthParts,
  checker: Pick<BudgetChecker, 'counts'>,
  snapshots: Pick<SnapshotReader, 'queued'>,
): void {
  const counted = { allowed: 0, refused: 0, failed: 0 };
  const checks = metrics.counter(
    'auth_checks_total',
    'Checks by outcome; failed: the caller got an error and no decision',
    ['outcome'],
    () => {
      for (const outcome of ['allowed', 'refused', 'failed'] as const) {
        checks.inc({ outcome }, checker.counts[outcome] - counted[outcome]);
        counted[outcome] = checker.counts[outcome];
      }
    },
  );
  metrics.queue(
    'auth_checks',
    'Checks and reads that wait for a snapshot',
    () => snapshots.queued,
    limits.maxQueue,
  );
  const lags = new Scraped(() => readLags(database.forReads()));
  metrics.gauge(
    'auth_lag_seconds',
    'Age of the numbers that checks go by: that of the partition that is furthest behind; absent while it is unknown',
    [],
    async (gauge) => {
      const read = [...((await lags.read())?.values() ?? [])];
      gauge.remove();
      if (read.length > 0 && !read.includes(null)) gauge.set(Math.max(...read.map(Number)) / 1_000);
    },
  );
  metrics
    .gauge('auth_max_lag_seconds', 'MAX_LAG: above it checks are degraded')
    .set(maxLagMs / 1_000);
}
