import { sql } from 'kysely';
import { partitionOfScope } from '#libs/ledger';
import type { Database } from '#libs/postgres';
import type { LedgerProcess } from './ledger-process';
import { partitionsReadBy } from './partition-shares';
import type { Spend } from './spend-workload';
import { TEST_PARTITIONS } from './test-database';
import { waitUntil } from './wait-until';

/**
 * Stops a projector while its transaction waits for the fence; it gets the fence when it sleeps already.
 * @param record is given one of the spends that lies in a partition of this projector
 */
export async function pauseInItsTransaction(
  { kysely }: Database,
  projector: LedgerProcess,
  spends: readonly Spend[],
  record: (spend: Spend) => Promise<void>,
): Promise<void> {
  const mine = await partitionsReadBy(projector);
  const partitionOf = ({ data }: Spend) => partitionOfScope(data.scope, TEST_PARTITIONS);
  const spend = spends.find((candidate) => mine.includes(partitionOf(candidate)))!;
  await kysely.transaction().execute(async (trx) => {
    await sql`
      select from projection_partition where partition = ${partitionOf(spend)} for update`.execute(
      trx,
    );
    await record(spend);
    await waitUntil('a projector waits for the fence', async () => {
      const { rows } = await sql`
        select from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'
          and query like '%update projection_partition%next_offset = %'`.execute(kysely);
      return rows.length > 0;
    });
    projector.child.kill('SIGSTOP');
  });
}
