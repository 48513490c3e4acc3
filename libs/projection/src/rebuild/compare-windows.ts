import { sql, type Transaction } from 'kysely';
import type { Tables } from '#libs/postgres';
import type { AccountTables } from '../account-tables';
import { shown } from './projection-difference';
import type { RowDifference } from './compare-rows';

/**
 * A window's sum that is kept with a live balance must be what the rebuilt tables come to; which ones are kept says
 * nothing. What the rebuilt balance does not keep is computed from its buckets and events.
 */
export async function compareWindows(
  trx: Transaction<Tables>,
  { kind, ids }: AccountTables,
  most: number,
): Promise<{ readonly found: number; readonly rows: readonly RowDifference[] }> {
  const account = sql.join(ids.map((id) => sql.ref(`live.${id}`)));
  const sameAccount = sql.join(
    ids.map((id) => sql`rebuilt.${sql.ref(id)} = live.${sql.ref(id)}`),
    sql` and `,
  );
  const { rows } = await sql<Record<string, string> & { found: bigint }>`
    select *, spent::text as live, expected::text as rebuilt, count(*) over () as found
    from (
      select live.partition::text, ${account}, budget_id, kept ->> 0 as starts, kept ->> 1 as ends,
             (kept ->> 2)::numeric as spent,
             case when rebuilt.windows -> budget_id ->> 0 = kept ->> 0
                   and rebuilt.windows -> budget_id ->> 1 = kept ->> 1
               then (rebuilt.windows -> budget_id ->> 2)::numeric
               else ${sql.raw(`${kind}_spent`)}(
                 live.partition, ${account}, (kept ->> 0)::timestamptz, (kept ->> 1)::timestamptz)
             end as expected
      from ${sql.table(`public.${kind}_balance`)} live
      cross join jsonb_each(live.windows) as each (budget_id, kept)
      left join ${sql.table(`rebuild.${kind}_balance`)} rebuilt
        on rebuilt.partition = live.partition and ${sameAccount}
    ) compared
    where spent is distinct from expected
    limit ${most}`.execute(trx);
  return {
    found: Number(rows[0]?.found ?? 0n),
    rows: rows.map((row) => ({
      key: Object.fromEntries(
        ['partition', ...ids, 'budget_id', 'starts', 'ends'].map((name) => [name, row[name]!]),
      ),
      live: { spent: shown(row['live']!) },
      rebuilt: { spent: shown(row['rebuilt']!) },
    })),
  };
}
