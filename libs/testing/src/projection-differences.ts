import { sql } from 'kysely';
import type { Database } from '#libs/postgres';

/**
 * Compares each balance with the sum of the events that may feed it, in SQL of its own. An empty list says that the
 * projection is right about the events it has; one row for each balance that is not.
 */
export async function projectionDifferences(database: Database): Promise<unknown[]> {
  const lists = await Promise.all([
    differences(database, 'key_balance', ['key_id'], 'key_id is not null'),
    differences(database, 'user_balance', ['user_id'], `scope_type = 'user'`),
    differences(database, 'team_balance', ['team_id'], `scope_type = 'team'`),
    differences(
      database,
      'member_balance',
      ['team_id', 'user_id'],
      `scope_type = 'team' and user_id is not null`,
    ),
  ]);
  return lists.flat();
}

async function differences(
  database: Database,
  table: string,
  ids: readonly string[],
  fedBy: string,
): Promise<unknown[]> {
  const columns = sql.join(['partition', ...ids].map((id) => sql.ref(id)));
  const { rows } = await sql`
    select ${sql.lit(table)} as "table", ${columns}, balance.spent, summed.spent as sum_of_events,
           balance.unpriced, summed.unpriced as unpriced_events
    from ${sql.table(table)} as balance
    full join (
      select ${columns}, coalesce(sum(amount), 0) as spent, count(*) filter (where amount is null) as unpriced
      from spend_event where ${sql.raw(fedBy)} group by ${columns}
    ) summed using (${columns})
    where (balance.spent, balance.unpriced) is distinct from (summed.spent, summed.unpriced)`.execute(
    database.kysely,
  );
  return rows;
}
