import { sql } from 'kysely';
import { partitionOfBudget } from '#libs/ledger';
import type { Database } from '#libs/postgres';
import { claimBudgetRevision } from '#libs/recording';
import type { NewRecord, SpendLog } from '#libs/spend-log';
import {
  createTestDatabase,
  openTestLog,
  projectLog,
  TEST_PARTITIONS,
  waitUntil,
  type TestDatabase,
} from '#libs/testing';
import { OutboxRelay, type RelayOptions } from './outbox-relay';

const NEVER_MS = 3_600_000;

describe('the outbox relay', () => {
  let db: TestDatabase;
  let log: SpendLog;
  let errors: unknown[];

  beforeEach(async () => {
    db = await createTestDatabase();
    log = openTestLog(db.database);
    errors = [];
  });
  afterEach(() => db.drop());

  const relay = (over: SpendLog = log, options: Partial<RelayOptions> = {}) =>
    new OutboxRelay(db.database, over, {
      pollMs: NEVER_MS,
      retryMs: 1,
      maxBatch: 100,
      onError: (error) => errors.push(error),
      ...options,
    });
  const remove = (budgetId: string, revision: number) =>
    claimBudgetRevision(db.database, {
      change: { budgetId, revision, budget: null },
      partition: partitionOfBudget(budgetId, TEST_PARTITIONS),
      caller: 'admin',
    });
  const appended = async () => {
    const rows = await db.database.kysely.selectFrom('log_record').select('headers').execute();
    return rows.map(({ headers }) => headers['ce_id']).sort();
  };
  const waiting = async () =>
    (await db.database.kysely.selectFrom('outbox').select('id').execute()).length;
  /** The log, with something done before or after each append. */
  const logThat = (append: (records: readonly NewRecord[]) => Promise<readonly bigint[]>) =>
    Object.assign(Object.create(log) as SpendLog, { append });

  it('appends what waits in the order in which it came, and lets it go', async () => {
    for (const revision of [1, 2, 3]) await remove('b', revision);
    expect(await relay(log, { maxBatch: 2 }).relayOnce()).toBe(2);
    expect(await appended()).toEqual(['b/1', 'b/2']);
    expect(await waiting()).toBe(1);
    expect(await relay().relayOnce()).toBe(1);
    expect(await relay().relayOnce()).toBe(0);
    expect(await appended()).toEqual(['b/1', 'b/2', 'b/3']);
  });

  it('keeps what it could not append', async () => {
    await remove('b', 1);
    const broken = logThat(() => Promise.reject(new Error('the log is gone')));
    await expect(relay(broken).relayOnce()).rejects.toThrow('the log is gone');
    expect(await waiting()).toBe(1);
  });

  it('appends again what it appended before it died, and the projection keeps one', async () => {
    await remove('b', 1);
    const dying = logThat(async (records) => {
      const offsets = await log.append(records);
      await endSessionsInTransaction(db.database);
      return offsets;
    });
    await expect(relay(dying).relayOnce()).rejects.toThrow();
    expect(await waiting()).toBe(1);
    expect(await relay().relayOnce()).toBe(1);
    expect(await appended()).toEqual(['b/1', 'b/1']);
    await projectLog(db.database);
    const revisions = db.database.kysely.selectFrom('budget_revision').select('log_offset');
    expect(await revisions.execute()).toEqual([{ log_offset: 0n }]);
  });

  it('passes over what another relay has under way', async () => {
    for (const revision of [1, 2, 3, 4]) await remove('b', revision);
    const begun = Promise.withResolvers<void>();
    const mayEnd = Promise.withResolvers<void>();
    const slow = logThat(async (records) => {
      begun.resolve();
      await mayEnd.promise;
      return log.append(records);
    });
    const first = relay(slow, { maxBatch: 2 }).relayOnce();
    await begun.promise;
    expect(await relay().relayOnce()).toBe(2);
    expect(await appended()).toEqual(['b/3', 'b/4']);
    mayEnd.resolve();
    expect(await first).toBe(2);
    expect(await appended()).toEqual(['b/1', 'b/2', 'b/3', 'b/4']);
    expect(await waiting()).toBe(0);
  });

  it('finds at its start what a dead process left behind, and is woken for what is new', async () => {
    await remove('left-behind', 1);
    const running = relay();
    running.start();
    await waitUntil('what was left behind is appended', async () => (await waiting()) === 0);
    await remove('new', 1);
    running.wake();
    await waitUntil('what is new is appended', async () => (await waiting()) === 0);
    await running.stop();
    expect(await appended()).toEqual(['left-behind/1', 'new/1']);
  });

  it('tries again after a failure, says so, and appends no more once it is stopped', async () => {
    await remove('b', 1);
    let failures = 2;
    const flaky = logThat((records) =>
      failures-- > 0 ? Promise.reject(new Error('the log is gone')) : log.append(records),
    );
    const running = relay(flaky);
    running.start();
    await waitUntil('the record is appended', async () => (await waiting()) === 0);
    await running.stop();
    expect(errors).toHaveLength(2);
    await remove('b', 2);
    running.wake();
    expect(await appended()).toEqual(['b/1']);
  });
});

async function endSessionsInTransaction({ kysely }: Database): Promise<void> {
  await sql`
    select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and state = 'idle in transaction'`.execute(kysely);
}
