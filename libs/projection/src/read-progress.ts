import { instantOf, type Account, type Instant } from '#libs/ledger';
import type { Prepared, PreparedStatement } from '#libs/postgres';
import { ACCOUNT_TABLES, idsOf } from './account-tables';

/** What the projection already had of an account in one partition. */
export interface Progress {
  readonly lastOffset: bigint;
  readonly latestTime: Instant;
}

const READ: PreparedStatement = { name: 'read-progress-of-accounts', text: progressOfAll() };

function progressOfAll(): string {
  let parameter = 1;
  const ofKinds = ACCOUNT_TABLES.map(({ kind, ids }) => {
    const arrays = ids.map(() => `$${++parameter}::text[]`);
    return `
      select asked.n, last_offset, latest_time
      from unnest($${++parameter}::int[], ${arrays.join()}) as asked (n, ${ids.join()})
      join ${kind}_balance on partition = $1 and (${ids.map((id) => `asked.${id}`).join()}) = (${ids.map((id) => `${kind}_balance.${id}`).join()})`;
  });
  return ofKinds.join(' union all ');
}

/** By the place of each account; of one that is new there is none. */
export async function readProgress(
  client: Prepared,
  partition: number,
  accounts: readonly Account[],
): Promise<Map<number, Progress>> {
  const arrays = ACCOUNT_TABLES.flatMap(({ kind, ids }) => {
    const columns: unknown[][] = [...ids.map(() => []), []];
    accounts.forEach((account, n) => {
      if (account.kind !== kind) return;
      [...idsOf(account), n].forEach((value, column) => columns[column]!.push(value));
    });
    return columns;
  });
  const rows = await client.prepared<readonly [number, bigint, string]>(READ, [
    partition,
    ...arrays,
  ]);
  return new Map(
    rows.map(([n, lastOffset, latestTime]) => [
      n,
      { lastOffset, latestTime: instantOf(latestTime) },
    ]),
  );
}
