import { randomUUID } from 'node:crypto';
import type { Database } from '#libs/postgres';
import { PostgresSpendLog, type ConsumptionOptions } from '#libs/spend-log';

/** The Postgres log of a test database as one process has it, with less patience and smaller batches. */
export function openTestLog(
  database: Database,
  options: Partial<ConsumptionOptions> = {},
): PostgresSpendLog {
  return new PostgresSpendLog(database, {
    reader: randomUUID(),
    limits: { records: 3, bytes: 1024 * 1024 },
    leaseMs: 2000,
    pollMs: 5,
    retryMs: 5,
    onError: () => undefined,
    ...options,
  });
}
