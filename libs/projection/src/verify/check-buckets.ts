import { sql } from 'kysely';
import { instantOf, formatInstant } from '#libs/ledger';
import type { OneInstant } from '#libs/postgres';
import { ACCOUNT_TABLES, type AccountTables } from '../account-tables';
import { accountOf, columnsOf, type AccountRow } from './account-row';
import type { Findings } from './findings';

type Row = AccountRow & {
  readonly grain: string;
  readonly starts: string;
  readonly stored: string | null;
  readonly expected: string | null;
  readonly found: bigint;
};

/** Every quarter of an hour and every day has the sum of its events. */
export async function checkBuckets(trx: OneInstant, findings: Findings): Promise<void> {
  for (const tables of ACCOUNT_TABLES) {
    const { rows } = await readWrong(trx, tables, findings.most);
    findings.add(
      rows.map((row) => ({
        kind:
          row.stored === null
            ? 'missing_bucket'
            : row.expected === null
              ? 'stray_bucket'
              : 'wrong_bucket',
        ...accountOf(tables.kind, row),
        grain: row.grain,
        starts: formatInstant(instantOf(row.starts)),
        stored: row.stored,
        expected: row.expected,
      })),
      Number(rows[0]?.found ?? 0n),
    );
  }
}

function readWrong(trx: OneInstant, { kind, ids, fed }: AccountTables, most: number) {
  const account = columnsOf(ids);
  return sql<Row>`
    select ${account}, grain, starts, trim_scale(bucket.spent)::text as stored,
           trim_scale(summed.spent)::text as expected, count(*) over () as found
    from ${sql.table(`${kind}_bucket`)} bucket
    full join (
      select ${account}, case grouping(day) when 0 then 'day' else 'quarter' end as grain,
             coalesce(day, quarter) as starts, sum(amount) as spent
      from (
        select ${account}, amount, date_bin('15 min', time, '2000-01-01Z') as quarter,
               date_bin('1 day', time, '2000-01-01Z') as day
        from ${sql.raw(fed('spend_event'))} where amount <> 0
      ) placed
      group by ${account}, grouping sets (quarter, day)
    ) summed using (${account}, grain, starts)
    where bucket.spent is distinct from summed.spent
    limit ${most}`.execute(trx);
}
