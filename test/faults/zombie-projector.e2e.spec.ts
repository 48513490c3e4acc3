import { sql, type Transaction } from 'kysely';
import { partitionOfScope } from '#libs/ledger';
import type { Tables } from '#libs/postgres';
import {
  createTestDatabase,
  LedgerProcess,
  partitionsReadBy,
  projectionDifferences,
  TEST_PARTITIONS,
  waitForShares,
  waitUntil,
  type Answer,
  type TestDatabase,
} from '#libs/testing';

/**
 * A projector that has read records, sleeps past its lease, and wakes up with them in its hands. By then another one
 * has applied them, and only the fence stands between the records and a second booking.
 */
describe('a projector that wakes up with records that another one has applied', () => {
  let db: TestDatabase;
  let zombie: LedgerProcess;
  let other: LedgerProcess;

  beforeAll(async () => {
    db = await createTestDatabase();
    const env = { DATABASE_URL: db.url, VISIBLE_WAIT: 'PT20S' };
    [zombie, other] = await Promise.all([
      LedgerProcess.start({ env }),
      LedgerProcess.start({ env }),
    ]);
    await waitForShares(db.database, evenShares());
  });

  afterAll(async () => {
    for (const ledger of [zombie, other]) await ledger.stop('SIGKILL');
    await db.drop();
  });

  it('writes nothing, and takes its share again', async () => {
    const [busy, idle] = await partitionsReadBy(zombie);
    const userId = userIn(busy!);
    const recorded = await sleepWithRecordsInHand(userId, idle!);

    const before = await other.http.balance(`user:${userId}`, recorded.body.position);
    expect(before.body.spentAllTime).toBe('0.50');
    zombie.child.kill('SIGCONT');
    await waitForShares(db.database, evenShares());
    const next = await zombie.http.record({ type: 'user', userId }, '0.25');
    const after = await zombie.http.balance(`user:${userId}`, next.body.position);
    expect(after.body.spentAllTime).toBe('0.75');
    expect(await projectionDifferences(db.database)).toEqual([]);
  });

  /** Holds the projector up, records, and lets it read on only as far as the wire. */
  async function sleepWithRecordsInHand(userId: string, idle: number): Promise<Answer> {
    const fence = await lock((trx) =>
      sql`select from projection_partition where partition = ${idle} for update`.execute(trx),
    );
    await waitForLocks(`query like '%set caught_up_at%'`, 1);
    const recorded = await other.http.record({ type: 'user', userId }, '0.50');
    const log = await lock((trx) =>
      sql`lock table log_record in access exclusive mode`.execute(trx),
    );
    await fence.release();
    await waitForLocks(`query like '%left join lateral%'`, 2);
    zombie.child.kill('SIGSTOP');
    await log.release();
    return recorded;
  }

  async function lock(
    take: (trx: Transaction<Tables>) => Promise<unknown>,
  ): Promise<{ release(): Promise<void> }> {
    const taken = Promise.withResolvers<void>();
    const released = Promise.withResolvers<void>();
    const transaction = db.database.kysely.transaction().execute(async (trx) => {
      await take(trx);
      taken.resolve();
      await released.promise;
    });
    await Promise.race([taken.promise, transaction]);
    return {
      release: () => {
        released.resolve();
        return transaction;
      },
    };
  }

  async function waitForLocks(query: string, count: number): Promise<void> {
    await waitUntil(`${count} wait for a lock, ${query}`, async () => {
      const { rows } = await sql`
        select from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock' and ${sql.raw(query)}`.execute(
        db.database.kysely,
      );
      return rows.length === count;
    });
  }

  function evenShares(): Map<LedgerProcess, number> {
    const half = TEST_PARTITIONS / 2;
    return new Map([
      [zombie, half],
      [other, half],
    ]);
  }
});

function userIn(partition: number): string {
  for (let n = 0; ; n++) {
    const userId = `user-${n}`;
    if (partitionOfScope({ type: 'user', userId }, TEST_PARTITIONS) === partition) return userId;
  }
}
