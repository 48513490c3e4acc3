import { sql } from 'kysely';
import type { OneInstant } from '#libs/postgres';
import { ACCOUNT_TABLES, type AccountTables } from '../account-tables';
import { accountOf, columnsOf, type AccountRow } from './account-row';
import type { Findings } from './findings';

type Row = AccountRow & {
  readonly budget_id: string;
  readonly starts: string;
  readonly ends: string;
  readonly stored: string;
  readonly expected: string;
  readonly found: bigint;
};

/** Every window's sum that is kept with a balance is that of the events whose time lies in it. */
export async function checkWindows(trx: OneInstant, findings: Findings): Promise<void> {
  for (const tables of ACCOUNT_TABLES) {
    const { rows } = await readStale(trx, tables, findings.most);
    findings.add(
      rows.map((row) => ({
        kind: 'stale_window',
        ...accountOf(tables.kind, row),
        budgetId: row.budget_id,
        starts: row.starts,
        ends: row.ends,
        stored: row.stored,
        expected: row.expected,
      })),
      Number(rows[0]?.found ?? 0n),
    );
  }
}

/** Accounts and events meet once, and each event is held against its account's windows. */
function readStale(trx: OneInstant, { kind, ids, fed }: AccountTables, most: number) {
  const account = columnsOf(ids);
  return sql<Row>`
    with kept as materialized (
      select ${account}, budget_id, bounds ->> 0 as starts, bounds ->> 1 as ends,
             (bounds ->> 0)::timestamptz as since, (bounds ->> 1)::timestamptz as until,
             (bounds ->> 2)::numeric as spent
      from ${sql.table(`${kind}_balance`)}, jsonb_each(windows) as each (budget_id, bounds)
    ), summed as (
      select ${account}, budget_id, sum(amount) as spent
      from (select ${account}, time, amount from ${sql.raw(fed('spend_event'))}) event
      join kept using (${account})
      where time >= since and time < until
      group by ${account}, budget_id
    )
    select ${account}, budget_id, starts, ends, trim_scale(kept.spent)::text as stored,
           trim_scale(coalesce(summed.spent, 0))::text as expected, count(*) over () as found
    from kept left join summed using (${account}, budget_id)
    where kept.spent is distinct from coalesce(summed.spent, 0)
    limit ${most}`.execute(trx);
}
