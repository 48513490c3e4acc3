import type { Prepared, PreparedStatement } from '#libs/postgres';
import { ACCOUNT_TABLES, ADDED, type AccountTables, type Offsets } from './account-tables';
import { bucketColumns, bucketSums } from './bucket-sums';

const ADD = ACCOUNT_TABLES.map(addStatement);

/** Adds the entries of a batch to their accounts' sums by the quarter of an hour and by the day. */
export async function writeBuckets(
  client: Prepared,
  { partition, from, to }: Offsets,
): Promise<void> {
  for (const add of ADD) await client.prepared(add, [partition, from, to]);
}

function addStatement(tables: AccountTables): PreparedStatement {
  const { kind, ids } = tables;
  return {
    name: `add-to-${kind}-buckets`,
    text: `
      with ${ADDED}
      insert into ${kind}_bucket as bucket (${bucketColumns(tables)})
      ${bucketSums(tables, 'added')}
      on conflict (partition, ${ids.join(', ')}, grain, starts) do update set
        spent = bucket.spent + excluded.spent`,
  };
}
