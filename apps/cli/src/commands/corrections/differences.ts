import { sql } from 'kysely';
import { formatAccount, formatMoney, picoOfDecimal, type Account } from '#libs/ledger';
import type { Database } from '#libs/postgres';
import { feeds, storedAccount, STORED_KINDS, type TableKind } from '#libs/wire';

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
  kind: TableKind | 'person';
  key_id: string | null;
  user_id: string | null;
  team_id: string | null;
  account: string | null;
  calls: bigint;
  before: string;
  after: string;
  completed: bigint;
}

const IDS = ['key_id', 'user_id', 'team_id'] as const;
/** In SQL, a row for each account that a spend feeds. */
const FED = sql.raw(
  STORED_KINDS.map((stored) => {
    const ids = IDS.map((column) => `${stored.ids.includes(column) ? column : 'null'}::text`);
    return stored.kind === 'pool'
      ? `select 'pool' as kind, ${ids.join(', ')}, account from pools_of(spend.labels)`
      : `select '${stored.kind}', ${ids.join(', ')}, null::text where ${feeds(stored)}`;
  }).join(' union all '),
);
/** A person has no tables: she is the sum of what has. */
const PERSON = sql.raw(
  `select 'person', null::text, user_id, null::text, null::text where user_id is not null and scope_type <> 'key'`,
);

/** By account, the largest change first. */
export async function readDifferences(
  { kysely }: Pick<Database, 'kysely'>,
  batchId: string,
): Promise<Difference[]> {
  const { rows } = await sql<Row>`
    select kind, key_id, user_id, team_id, account, count(*) as calls, coalesce(sum(before), 0)::text as before,
           coalesce(sum(after), 0)::text as after, count(*) filter (where before is null) as completed
    from (
      select fed.*, line.before, coalesce(line.amount, 0) as after
      from correction_line line
      join spend_event spend using (partition, event_key)
      cross join lateral (${FED} union all ${PERSON}) as fed (kind, key_id, user_id, team_id, account)
      where line.batch_id = ${batchId}
    ) changed
    group by kind, key_id, user_id, team_id, account
    order by abs(sum(after) - coalesce(sum(before), 0)) desc, kind, team_id, user_id, key_id, account`.execute(
    kysely,
  );
  return rows.map((row) => {
    const [before, after] = [row.before, row.after].map(picoOfDecimal) as [bigint, bigint];
    return {
      account: formatAccount(accountOf(row)),
      calls: Number(row.calls),
      before: formatMoney(before),
      after: formatMoney(after),
      difference: formatMoney(after - before),
      completed: Number(row.completed),
    };
  });
}

function accountOf({ kind, ...ids }: Row): Account {
  return kind === 'person' ? { kind, userId: ids.user_id! } : storedAccount(kind, ids);
}
