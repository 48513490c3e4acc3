import { heldRestorer } from '#libs/holds';
import type { Database } from '#libs/postgres';
import { applyBatch, fencePartition, planBatch } from '#libs/projection';
import type { LogRecord } from '#libs/wire';
import { TEST_CURRENCY, TEST_PARTITIONS } from './test-database';

/** How the ledgers of test databases read their records. */
export const TEST_RULES = { currency: TEST_CURRENCY, partitions: TEST_PARTITIONS };

/**
 * Projects one batch of a partition: fences it, plans, applies.
 * @param restoreClaims as if the batch was older than the database
 */
export async function projectBatch(
  database: Database,
  records: readonly LogRecord[],
  maxWindowSums = 500,
  restoreClaims = false,
): Promise<'applied' | 'fenced'> {
  const fence = await fencePartition(database, records[0]!.partition);
  const plan = planBatch(records, fence.knownAt, TEST_RULES);
  const nextOffset = records.at(-1)!.offset + 1n;
  const restoring = restoreClaims ? heldRestorer(TEST_RULES.partitions) : undefined;
  const { outcome } = await applyBatch(database, fence, {
    plan,
    nextOffset,
    caughtUpAt: undefined,
    maxWindowSums,
    restoring,
  });
  return outcome;
}

/** Projects what the Postgres log has and the projection has not, there and then: no projector is at work. */
export async function projectLog(database: Database): Promise<void> {
  const rows = await database.kysely
    .selectFrom('log_record')
    .innerJoin('projection_partition', 'projection_partition.partition', 'log_record.partition')
    .select(['log_record.partition', 'log_offset as offset', 'headers', 'value'])
    .whereRef('log_offset', '>=', 'next_offset')
    .orderBy('log_record.partition')
    .orderBy('log_offset')
    .execute();
  for (const records of Map.groupBy(rows, ({ partition }) => partition).values()) {
    await projectBatch(database, records);
  }
}
