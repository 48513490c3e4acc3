import {
  formatAccount,
  formatInstant,
  partitionOfAccount,
  type Account,
  type Instant,
} from '#libs/ledger';
import {
  createTestDatabase,
  openTestLog,
  projectLog,
  spendRecord,
  TEST_PARTITIONS,
  type TestDatabase,
} from '#libs/testing';
import { freshnessOf } from './freshness';
import { readSnapshot } from './read-snapshot';

const ALICE: Account = { kind: 'user', userId: 'alice' };
const HOME = partitionOfAccount(ALICE, TEST_PARTITIONS)!;
const SECOND = 1_000_000n;

describe('how fresh an answer is', () => {
  let db: TestDatabase;
  let now: Instant;

  beforeEach(async () => {
    db = await createTestDatabase();
    now = (await snapshot()).now;
    for (let partition = 0; partition < TEST_PARTITIONS; partition++)
      await caughtUp(partition, now);
  });
  afterEach(() => db.drop());

  const snapshot = () =>
    readSnapshot(db.database, new Map([[formatAccount(ALICE), ALICE]]), TEST_PARTITIONS);
  const caughtUp = async (partition: number, at: Instant | null) => {
    const caught_up_at = at === null ? null : formatInstant(at);
    const update = db.database.kysely.updateTable('projection_partition').set({ caught_up_at });
    await update.where('partition', '=', partition).execute();
  };
  const asOf = async () => freshnessOf(await snapshot(), TEST_PARTITIONS).asOf;

  it('is as old as the oldest of all partitions: any may hold spends, or a change of the limits', async () => {
    expect(await asOf()).toBe(now);
    for (let partition = 0; partition < TEST_PARTITIONS; partition++) {
      const before = now - BigInt(partition + 1) * SECOND;
      await caughtUp(partition, before);
      expect(await asOf()).toBe(before);
    }
    const { lagMs } = freshnessOf(await snapshot(), TEST_PARTITIONS);
    expect(lagMs).toBeGreaterThanOrEqual(1000 * TEST_PARTITIONS);
  });

  it('is unknown while a partition has never caught up, or is not there', async () => {
    await caughtUp((HOME + 1) % TEST_PARTITIONS, null);
    const { asOf: unknown, lagMs } = freshnessOf(await snapshot(), TEST_PARTITIONS);
    expect(unknown).toBeUndefined();
    expect(lagMs).toBeGreaterThan(Number(now / 1000n) - 1);
    await caughtUp((HOME + 1) % TEST_PARTITIONS, now);
    await db.database.kysely
      .deleteFrom('projection_partition')
      .where('partition', '=', 2)
      .execute();
    expect(await asOf()).toBeUndefined();
  });

  it('has a position: how far each partition is in it', async () => {
    const log = openTestLog(db.database);
    await log.append([
      spendRecord({ type: 'user', userId: 'alice' }, '1.00'),
      spendRecord({ type: 'user', userId: 'alice' }, '1.00'),
    ]);
    const before = await snapshot();
    expect(before.position).toEqual(new Map([...before.fences.keys()].map((each) => [each, 0n])));
    await projectLog(db.database);
    const after = await snapshot();
    expect(after.position).toEqual(await log.endOffsets());
    expect(after.position.get(HOME)).toBe(2n);
    expect(after.positionText.split(',')).toContain(`${HOME}:2`);
  });
});
