import { sql } from 'kysely';
import { formatAccount, formatMoney, picoOfDecimal, type Account } from '#libs/ledger';
import type { Database } from '#libs/postgres';

/** What a batch does to an account. */
export interface Difference {
  readonly account: string;
  readonly calls: number;
  readonly before: string;
  readonly after: string;
  readonly difference: string;
  /** Calls whose cost was unknown. */
  readonly completed: number;
}

interface Row {
  kind: Account['kind'];
  key_id: string | null;
  user_id: string | null;
  team_id: string | null;
  calls: bigint;
  before: string;
  after: string;
  completed: bigint;
}

/** By account, the largest change first. */
export async function readDifferences(
  { kysely }: Pick<Database, 'kysely'>,
  batchId: string,
): Promise<Difference[]> {
  const { rows } = await sql<Row>`
    select kind, key_id, user_id, team_id, count(*) as calls, coalesce(sum(before), 0)::text as before,
           coalesce(sum(after), 0)::text as after, count(*) filter (where before is null) as completed
    from (
      select fed.*, line.before, coalesce(line.amount, 0) as after
      from correction_line line
      join spend_event spend using (partition, event_key)
      cross join lateral (values
        ('key', key_id, null, null, key_id is not null),
        ('user', null, user_id, null, scope_type = 'user'),
        ('team', null, null, team_id, scope_type = 'team'),
        ('member', null, user_id, team_id, scope_type = 'team' and user_id is not null)
      ) as fed (kind, key_id, user_id, team_id, is_fed)
      where line.batch_id = ${batchId} and is_fed
    ) changed
    group by kind, key_id, user_id, team_id
    order by abs(sum(after) - coalesce(sum(before), 0)) desc, kind, team_id, user_id, key_id`.execute(
    kysely,
  );
  return rows.map((row) => {
    const [before, after] = [row.before, row.after].map(picoOfDecimal) as [bigint, bigint];
    return {
      account: formatAccount({
        kind: row.kind,
        keyId: row.key_id!,
        userId: row.user_id!,
        teamId: row.team_id!,
      }),
      calls: Number(row.calls),
      before: formatMoney(before),
      after: formatMoney(after),
      difference: formatMoney(after - before),
      completed: Number(row.completed),
    };
  });
}
