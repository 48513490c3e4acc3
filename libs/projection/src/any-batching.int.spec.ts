import fc from 'fast-check';
import { sql } from 'kysely';
import { formatAccount, formatMoney, picoOfDecimal, poolsOf, scopeAccountsOf } from '#libs/ledger';
import type { NewRecord } from '#libs/spend-log';
import {
  createTestDatabase,
  distinctEvents,
  emptyProjection,
  histories,
  projectHistory,
  projectionDifferences,
  propertyOptions,
  recordsOfEvents,
  type History,
  type HistoryEvent,
  type TestDatabase,
} from '#libs/testing';
import { storedAccount, type TableKind } from '#libs/wire';

describe('the projection', () => {
  let db: TestDatabase;

  beforeAll(async () => {
    db = await createTestDatabase();
  });
  afterAll(() => db.drop());

  // Hypothesis: some batching, some duplicate or some order of partitions makes a balance wrong.
  it('comes to the sums of distinct events, whatever the batches and the order of partitions', async () => {
    const projected = async (history: History) => {
      await emptyProjection(db.database);
      await projectHistory(db.database, history, recordsOfEvents(history));
      expect(await balances(db)).toEqual(sumsOf(distinctEvents(history)));
      expect(await projectionDifferences(db.database)).toEqual([]);
      expect(await disorderOfKnownAt(db)).toEqual([]);
    };
    await fc.assert(fc.asyncProperty(histories, projected), propertyOptions(30));
  });

  // Hypothesis: some label changes a row of those whose money it is.
  it('gives owners, members and keys the same rows with labels and without', async () => {
    const project = async (history: History, records: readonly NewRecord[]) => {
      await emptyProjection(db.database);
      await projectHistory(db.database, history, records);
      return rowsOfScopes(db);
    };
    const compared = async (history: History) => {
      const events = history.events.map((event) => ({ ...event, labels: undefined }));
      const labelled = await project(history, recordsOfEvents(history));
      expect(labelled).toEqual(await project(history, recordsOfEvents({ ...history, events })));
    };
    await fc.assert(fc.asyncProperty(histories, compared), propertyOptions(20));
  });
});

type Sums = Record<string, { spent: string; flipped: string; unpriced: number }>;

function sumsOf(events: readonly HistoryEvent[]): Sums {
  const sums: Record<string, { pico: bigint; flipped: bigint; unpriced: number }> = {};
  for (const { scope, amount, holdOutcome, labels } of events) {
    const pools = poolsOf(labels);
    for (const account of [...scopeAccountsOf(scope), ...pools]) {
      const sum = (sums[formatAccount(account)] ??= { pico: 0n, flipped: 0n, unpriced: 0 });
      if (amount === undefined) sum.unpriced += 1;
      else sum.pico += picoOfDecimal(amount);
      // Nothing is held on pools yet.
      const isHeld = holdOutcome === 'settled' && !pools.some((pool) => pool === account);
      if (amount !== undefined && isHeld) sum.flipped += picoOfDecimal(amount);
    }
  }
  return Object.fromEntries(
    Object.entries(sums).map(([account, { pico, flipped, unpriced }]) => [
      account,
      { spent: formatMoney(pico), flipped: formatMoney(flipped), unpriced },
    ]),
  );
}

async function balances({ database }: TestDatabase): Promise<Sums> {
  const { rows } = await sql<{
    kind: TableKind;
    key_id: string | null;
    user_id: string | null;
    team_id: string | null;
    account: string | null;
    spent: string;
    flipped: string;
    unpriced: string;
  }>`
    select kind, key_id, user_id, team_id, account,
           sum(spent) as spent, sum(flipped) as flipped, sum(unpriced) as unpriced
    from (
      select 'key' as kind, key_id, null as user_id, null as team_id, null as account, spent, flipped, unpriced
      from key_balance
      union all select 'user', null, user_id, null, null, spent, flipped, unpriced from user_balance
      union all select 'team', null, null, team_id, null, spent, flipped, unpriced from team_balance
      union all select 'member', null, user_id, team_id, null, spent, flipped, unpriced from member_balance
      union all select 'pool', null, null, null, account, spent, flipped, unpriced from pool_balance
    ) balance
    group by kind, key_id, user_id, team_id, account`.execute(database.kysely);
  return Object.fromEntries(
    rows.map(({ kind, spent, flipped, unpriced, ...ids }) => [
      formatAccount(storedAccount(kind, ids)),
      {
        spent: formatMoney(picoOfDecimal(spent)),
        flipped: formatMoney(picoOfDecimal(flipped)),
        unpriced: Number(unpriced),
      },
    ]),
  );
}

/** All that stands in the tables of keys, users, teams and members. */
async function rowsOfScopes({ database }: TestDatabase): Promise<unknown[]> {
  const tables = ['key', 'user', 'team', 'member'].flatMap((kind) => [
    `${kind}_balance`,
    `${kind}_bucket`,
  ]);
  const all = tables.map(
    (table) => sql`select ${table} as "table", to_jsonb(t) as row from ${sql.table(table)} t`,
  );
  const { rows } = await sql`${sql.join(all, sql` union all `)} order by 1, 2`.execute(
    database.kysely,
  );
  return rows;
}

/** Events whose known_at is not after the one before them in their partition, or before their own recordedAt. */
async function disorderOfKnownAt({ database }: TestDatabase): Promise<unknown[]> {
  const { rows } = await sql`
    select * from (
      select partition, log_offset, known_at, recorded_at,
             lag(known_at) over (partition by partition order by log_offset) as before
      from spend_event
    ) known
    where known_at <= before or known_at < recorded_at`.execute(database.kysely);
  return rows;
}
