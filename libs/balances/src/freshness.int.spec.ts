import {
  formatAccount,
  formatInstant,
  partitionOfAccount,
  partitionOfBudget,
  type Account,
  type Instant,
} from '#libs/ledger';
import {
  budgetRecord,
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
const KEY: Account = { kind: 'key', keyId: 'k' };
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
    readSnapshot(
      db.database,
      new Map([ALICE, KEY].map((account) => [formatAccount(account), account])),
      TEST_PARTITIONS,
    );
  const caughtUp = async (partition: number, at: Instant | null) => {
    const caught_up_at = at === null ? null : formatInstant(at);
    const update = db.database.kysely.updateTable('projection_partition').set({ caught_up_at });
    await update.where('partition', '=', partition).execute();
  };
  const asOf = async (...accounts: readonly Account[]) =>
    freshnessOf(await snapshot(), accounts, TEST_PARTITIONS).asOf;
  const setBudget = async (budgetId: string) => {
    const log = openTestLog(db.database);
    await log.append([budgetRecord(budgetId, 1, { account: 'user:*' })]);
    await projectLog(db.database);
  };

  it('is as old as the partition of the account', async () => {
    await caughtUp(HOME, now - 3n * SECOND);
    expect(await asOf(ALICE)).toBe(now - 3n * SECOND);
    const { lagMs } = freshnessOf(await snapshot(), [ALICE], TEST_PARTITIONS);
    expect(lagMs).toBeGreaterThanOrEqual(3000);
  });

  it('does not depend on partitions that feed something else', async () => {
    await caughtUp((HOME + 1) % TEST_PARTITIONS, null);
    expect(await asOf(ALICE)).toBe(now);
  });

  it('is as old as the oldest of all partitions for a key', async () => {
    await caughtUp((HOME + 1) % TEST_PARTITIONS, now - SECOND);
    await caughtUp((HOME + 2) % TEST_PARTITIONS, now - 2n * SECOND);
    expect(await asOf(ALICE)).toBe(now);
    expect(await asOf(ALICE, KEY)).toBe(now - 2n * SECOND);
  });

  it('is as old as the partitions its budgets come from', async () => {
    const partition = partitionOfBudget('default', TEST_PARTITIONS);
    expect(partition).not.toBe(HOME);
    await caughtUp(partition, now - SECOND);
    expect(await asOf(ALICE)).toBe(now);
    await setBudget('default');
    expect(await asOf(ALICE)).toBe(now - SECOND);
  });

  it('is unknown while a partition that feeds it has never caught up', async () => {
    await caughtUp(HOME, null);
    const { asOf: unknown, lagMs } = freshnessOf(await snapshot(), [ALICE], TEST_PARTITIONS);
    expect(unknown).toBeUndefined();
    expect(lagMs).toBeGreaterThan(Number(now / 1000n) - 1);
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
