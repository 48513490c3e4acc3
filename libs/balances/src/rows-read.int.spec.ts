import { instantOfMillis, type Account, type Scope } from '#libs/ledger';
import { Database } from '#libs/postgres';
import {
  budgetRecord,
  createTestDatabase,
  logRecords,
  projectBatch,
  rowsRead,
  spendRecord,
  TEST_PARTITIONS,
  type TestDatabase,
} from '#libs/testing';
import { readSnapshot } from './read-snapshot';

const ALICE: Scope = { type: 'user', userId: 'alice' };
const ACCOUNTS: ReadonlyMap<string, Account> = new Map([
  ['user:alice', { kind: 'user', userId: 'alice' }],
]);
const MINUTE_MS = 60_000;

describe('a check of a windowed budget', () => {
  let db: TestDatabase;
  /** Of one session, whose statistics are told when it is asked. */
  let database: Database;

  beforeAll(async () => {
    db = await createTestDatabase();
    database = new Database({ ...db.options, maxConnections: 1 });
  });
  afterAll(async () => {
    await database.close();
    await db.drop();
  });

  it('reads as many rows after 3,000 events as after one', async () => {
    const windows = [
      { type: 'calendar', unit: 'month', zone: 'Europe/Berlin' },
      { type: 'every', duration: 'P30D', anchor: '2026-01-01T00:00:00Z' },
      { type: 'total', from: '2026-01-01T00:00:00Z' },
    ];
    for (const [n, window] of windows.entries()) {
      await projectBatch(
        database,
        logRecords([budgetRecord(`b${n}`, 1, { account: 'user:*', window })]),
      );
      await database.kysely.updateTable('projection_partition').set({ next_offset: 0n }).execute();
    }
    const [first, ...others] = Array.from({ length: 3001 }, (_, n) =>
      spendRecord(ALICE, '0.01', { time: instantOfMillis(Date.now() - n * 7 * MINUTE_MS) }),
    );
    await projectBatch(database, logRecords([first!]));
    const after = await rowsOfOneCheck();
    await projectBatch(database, logRecords(others, 1n));
    expect(await rowsOfOneCheck()).toBe(after);
    await projectBatch(database, logRecords([spendRecord(ALICE, '0.01')], 3001n));
    expect(await rowsOfOneCheck()).toBe(after);
  });

  async function rowsOfOneCheck(): Promise<number> {
    await readSnapshot(database, ACCOUNTS, TEST_PARTITIONS);
    const before = await rowsRead(database);
    const snapshot = await readSnapshot(database, ACCOUNTS, TEST_PARTITIONS);
    expect(snapshot.statesOf(ACCOUNTS.get('user:alice')!)).toHaveLength(3);
    return (await rowsRead(database)) - before;
  }
});
