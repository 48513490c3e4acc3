import fc from 'fast-check';
import { sql } from 'kysely';
import {
  accountsOf,
  formatAccount,
  formatMoney,
  instantOf,
  picoOfDecimal,
  type Account,
  type Scope,
} from '#libs/ledger';
import type { NewRecord } from '#libs/spend-log';
import {
  createTestDatabase,
  emptyProjection,
  logRecords,
  projectBatch,
  propertyOptions,
  spendRecord,
  type TestDatabase,
} from '#libs/testing';

const RECORDED_AT = instantOf('2026-04-27T10:00:00Z');

/** Few ids, the same for every kind: accounts meet often, and one that is taken for another kind's shows. */
const id = fc.constantFrom('a', 'b', 'a/b', '%2F');
const scopes: fc.Arbitrary<Scope> = fc.oneof(
  fc.record({ type: fc.constant('key' as const), keyId: id }),
  fc.record(
    { type: fc.constant('user' as const), userId: id, keyId: id },
    { requiredKeys: ['type', 'userId'] },
  ),
  fc.record(
    { type: fc.constant('team' as const), teamId: id, userId: id, keyId: id },
    { requiredKeys: ['type', 'teamId'] },
  ),
);
const events = fc.record({
  scope: scopes,
  amount: fc.option(fc.bigInt({ min: 0n, max: 10n ** 27n - 1n }).map(formatMoney), {
    nil: undefined,
  }),
  /** Few instants: the clock of ingest may stand still or go back. */
  recordedAt: fc.bigInt({ min: 0n, max: 3n }).map((micros) => RECORDED_AT + micros),
});
const histories = fc.record({
  events: fc.array(events, { minLength: 1, maxLength: 12 }),
  /** Which event each record of the log is of: an event may come often. */
  log: fc.array(fc.nat(), { maxLength: 40 }),
  batchSizes: fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 1 }),
  turns: fc.array(fc.nat(), { minLength: 1 }),
});
type History = typeof histories extends fc.Arbitrary<infer T> ? T : never;

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
      const { log, distinct } = recordsOf(history);
      await projectInTurns(db, log, history);
      expect(await balances(db)).toEqual(sumsOf(distinct));
      expect(await disorderOfKnownAt(db)).toEqual([]);
    };
    await fc.assert(fc.asyncProperty(histories, projected), propertyOptions(30));
  });
});

type Event = History['events'][number];

function recordsOf({ events, log }: History): { log: NewRecord[]; distinct: Event[] } {
  const records = events.map(({ scope, amount, recordedAt }) =>
    spendRecord(scope, amount, { recordedAt }),
  );
  const chosen = log.map((choice) => choice % events.length);
  return {
    log: chosen.map((index) => records[index]!),
    distinct: [...new Set(chosen)].map((index) => events[index]!),
  };
}

/** Cuts each partition's records into batches and applies them partition by partition, as the turns have it. */
async function projectInTurns(
  db: TestDatabase,
  log: readonly NewRecord[],
  { batchSizes, turns }: History,
): Promise<void> {
  const waiting = [...Map.groupBy(log, ({ partition }) => partition).values()].map((records) =>
    logRecords(records),
  );
  for (let turn = 0; waiting.length > 0; turn++) {
    const next = turns[turn % turns.length]! % waiting.length;
    const batch = waiting[next]!.splice(0, batchSizes[turn % batchSizes.length]);
    expect(await projectBatch(db.database, batch)).toBe('applied');
    if (waiting[next]!.length === 0) waiting.splice(next, 1);
  }
}

type Sums = Record<string, { spent: string; unpriced: number }>;

function sumsOf(events: readonly Event[]): Sums {
  const sums: Record<string, { pico: bigint; unpriced: number }> = {};
  for (const { scope, amount } of events) {
    for (const account of accountsOf(scope)) {
      const sum = (sums[formatAccount(account)] ??= { pico: 0n, unpriced: 0 });
      if (amount === undefined) sum.unpriced += 1;
      else sum.pico += picoOfDecimal(amount);
    }
  }
  return Object.fromEntries(
    Object.entries(sums).map(([account, { pico, unpriced }]) => [
      account,
      { spent: formatMoney(pico), unpriced },
    ]),
  );
}

async function balances({ database }: TestDatabase): Promise<Sums> {
  const { rows } = await sql<{
    kind: Account['kind'];
    first: string;
    userId: string;
    spent: string;
    unpriced: string;
  }>`
    select 'key' as kind, key_id as first, null as "userId", sum(spent) as spent, sum(unpriced) as unpriced
    from key_balance group by key_id
    union all select 'user', null, user_id, spent, unpriced from user_balance
    union all select 'team', team_id, null, spent, unpriced from team_balance
    union all select 'member', team_id, user_id, spent, unpriced from member_balance`.execute(
    database.kysely,
  );
  return Object.fromEntries(
    rows.map(({ kind, first, userId, spent, unpriced }) => [
      formatAccount({ kind, keyId: first, teamId: first, userId }),
      { spent: formatMoney(picoOfDecimal(spent)), unpriced: Number(unpriced) },
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
