import type { Prepared, PreparedStatement } from '#libs/postgres';

const READ: PreparedStatement = {
  name: 'read-lags',
  text: `
    select partition, (extract(epoch from ledger_now() - caught_up_at) * 1000)::float8
    from projection_partition order by partition`,
};

/** How long ago each partition had all of the log, in milliseconds; `null`: it never had. */
export async function readLags(client: Prepared): Promise<ReadonlyMap<number, number | null>> {
  return new Map(await client.prepared<readonly [number, number | null]>(READ, []));
}
