import { sql } from 'kysely';
import { instantOf, picoOfDecimal, type Account, type Instant, type Window } from '#libs/ledger';
import { rowsWith, type Database } from '#libs/postgres';
import { storedBounds } from '#libs/wire';
import { keptRowsOf } from '../account-entries';

/** What an account spent in each of some spans of time, by the sums that budgets' windows are read with. */
export async function sumSpans(
  { kysely }: Pick<Database, 'kysely'>,
  account: Account,
  spans: readonly Window[],
  partitions: number,
): Promise<bigint[]> {
  const bounds = spans.map(storedBounds);
  const tables = keptRowsOf(account, partitions).map(({ kind, ids, columns }) => {
    const names = sql.join(ids.map((name) => sql.ref(`balance.${name}`)));
    const spent = sql.raw(`${kind}_spent`);
    return sql`
      select asked.n, ${spent}(balance.partition, ${names}, asked.starts, asked.ends) as spent
      from asked cross join ${sql.table(`${kind}_balance`)} balance
      where ${rowsWith('balance', { scope: null, columns })}`;
  });
  const { rows } = await sql<{ n: bigint; spent: string }>`
    with asked as (
      select * from unnest(
        ${bounds.map(({ starts }) => starts)}::timestamptz[],
        ${bounds.map(({ ends }) => ends)}::timestamptz[]
      ) with ordinality as given (starts, ends, n))
    select n, sum(spent) as spent from (${sql.join(tables, sql` union all `)}) kept group by n`.execute(
    kysely,
  );
  const sums = spans.map(() => 0n);
  for (const { n, spent } of rows) sums[Number(n) - 1] = picoOfDecimal(spent);
  return sums;
}

/** The day of UTC with the first spend of an account. @returns `undefined`: it has none */
export async function firstDayOf(
  { kysely }: Pick<Database, 'kysely'>,
  account: Account,
  partitions: number,
): Promise<Instant | undefined> {
  const days = keptRowsOf(account, partitions).map(
    ({ kind, columns }) => sql`
      select min(bucket.starts) as starts from ${sql.table(`${kind}_bucket`)} bucket
      where bucket.grain = 'day' and ${rowsWith('bucket', { scope: null, columns })}`,
  );
  const { rows } = await sql<{ starts: string | null }>`
    select min(starts) as starts from (${sql.join(days, sql` union all `)}) first`.execute(kysely);
  const { starts } = rows[0]!;
  return starts === null ? undefined : instantOf(starts);
}
