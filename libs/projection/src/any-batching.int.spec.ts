import fc from 'fast-check';
import { sql } from 'kysely';
import { scopeAccountsOf, formatAccount, formatMoney, picoOfDecimal, type Account } from '#libs/ledger';
import {
  createTestDatabase,
  distinctEvents,
  emptyProjection,
  histories,
  projectHistory,
  propertyOptions,
  recordsOfEvents,
  type History,
  type HistoryEvent,
  type TestDatabase,
} from '#libs/testing';

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
      expect(await disorderOfKnownAt(db)).toEqual([]);
    };
    await fc.assert(fc.asyncProperty(histories, projected), propertyOptions(30));
  });
});

type Sums = Record<string, { spent: string; flipped: string; unpriced: number }>;

function sumsOf(events: readonly HistoryEvent[]): Sums {
  const sums: Record<string, { pico: bigint; flipped: bigint; unpriced: number }> = {};
  for (const { scope, amount, holdOutcome } of events) {
    for (const account of scopeAccountsOf(scope)) {
      const sum = (sums[formatAccount(account)] ??= { pico: 0n, flipped: 0n, unpriced: 0 });
      if (amount === undefined) sum.unpriced += 1;
      else sum.pico += picoOfDecimal(amount);
      if (amount !== undefined && holdOutcome === 'settled') sum.flipped += picoOfDecimal(amount);
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
    kind: Account['kind'];
    first: string;
    userId: string;
    spent: string;
    flipped: string;
    unpriced: string;
  }>`
    select 'key' as kind, key_id as first, null as "userId",
           sum(spent) as spent, sum(flipped) as flipped, sum(unpriced) as unpriced
    from key_balance group by key_id
    union all select 'user', null, user_id, spent, flipped, unpriced from user_balance
    union all select 'team', team_id, null, spent, flipped, unpriced from team_balance
    union all select 'member', team_id, user_id, spent, flipped, unpriced from member_balance`.execute(
    database.kysely,
  );
  return Object.fromEntries(
    rows.map(({ kind, first, userId, spent, flipped, unpriced }) => [
      formatAccount({ kind, keyId: first, teamId: first, userId }),
      {
        spent: formatMoney(picoOfDecimal(spent)),
        flipped: formatMoney(picoOfDecimal(flipped)),
        unpriced: Number(unpriced),
      },
    ]),
  );
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
