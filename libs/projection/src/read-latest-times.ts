import { instantOf, type Account, type Instant } from '#libs/ledger';
import type { Prepared, PreparedStatement } from '#libs/postgres';
import { ACCOUNT_TABLES, idsOf } from './account-tables';
import { texts } from './column-arrays';

const READ: PreparedStatement = { name: 'read-latest-times', text: latestOfAll() };

function latestOfAll(): string {
  let parameter = 1;
  const ofKinds = ACCOUNT_TABLES.map(({ kind, ids }) => {
    const arrays = ids.map(() => `$${++parameter}::text[]`);
    return `
      select asked.n, latest_time
      from unnest($${++parameter}::int[], ${arrays.join()}) as asked (n, ${ids.join()})
      join ${kind}_balance on partition = $1 and (${ids.map((id) => `asked.${id}`).join()}) = (${ids.map((id) => `${kind}_balance.${id}`).join()})`;
  });
  return ofKinds.join(' union all ');
}

/** When the latest event of each account was that its partition has, by its place; none of one that is new. */
export async function readLatestTimes(
  client: Prepared,
  partition: number,
  accounts: readonly Account[],
): Promise<Map<number, Instant>> {
  const numbered = accounts.map((account, n) => ({ account, n }));
  const arrays = ACCOUNT_TABLES.flatMap(({ kind, ids }) => {
    const ofKind = numbered.filter(({ account }) => account.kind === kind);
    return [
      ...ids.map((_, column) => texts(ofKind.map(({ account }) => idsOf(account)[column]!))),
      ofKind.map(({ n }) => n),
    ];
  });
  const rows = await client.prepared<readonly [number, string]>(READ, [partition, ...arrays]);
  return new Map(rows.map(([n, latestTime]) => [n, instantOf(latestTime)]));
}
