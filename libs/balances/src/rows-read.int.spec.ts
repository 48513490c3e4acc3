import { sql } from 'kysely';
import { instantOfMillis, partitionOfHeld, type Scope, type ScopeAccount } from '#libs/ledger';
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
import { readSnapshot, readStanding } from './read-snapshot';

const ALICE: Scope = { type: 'user', userId: 'alice' };
const ACCOUNTS: ReadonlyMap<string, ScopeAccount> = new Map([
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

  it('reads as many rows beside thousands of holds, ended and to come, as beside one', async () => {
    const name = 'user:alice';
    const partition = partitionOfHeld(ACCOUNTS.get(name)!, TEST_PARTITIONS);
    await moveHeld([partition], [name], 1);
    const before = await rowsWhenPlanned();
    await moveHeld([partition], [name], 5000);
    await sql`
      update held_expiry set expires_at = expires_at - interval '2 hours'
      where account = ${name} and expires_at > ledger_now() + interval '2000 seconds'`.execute(
      database.kysely,
    );
    await moveHeld([partition], [name], 1);
    const others = Array.from({ length: 3000 }, (_, n) => `user:other-${n}`);
    await moveHeld(
      others.map(() => partition),
      others,
      2,
    );
    expect(await rowsOfOneCheck()).toBe(before);
  });

  /** Plans are made while Postgres knows that there is next to nothing, and are kept. */
  async function rowsWhenPlanned(): Promise<number> {
    await sql`vacuum (analyze) held_account, held_expiry`.execute(database.kysely);
    for (let n = 0; n < 10; n++) await rowsOfOneCheck();
    return rowsOfOneCheck();
  }

  /** On each of the accounts one hold for each of so many seconds to come, from the next minute on. */
  async function moveHeld(partitions: number[], accounts: string[], seconds: number) {
    const taken = accounts.map(() => seconds);
    await sql`select lock_held(${partitions}, ${accounts})`.execute(database.kysely);
    await sql`
      with expiry as (
        select partition, account,
               date_trunc('second', ledger_now()) + (60 + n) * interval '1 second' as expires_at
        from unnest(${partitions}::int[], ${accounts}::text[]) as asked (partition, account),
             generate_series(1, ${seconds}::int) as n
      )
      select move_held(
        ledger_now(), ${partitions}, ${accounts}, ${taken}::text[], array_agg(partition),
        array_agg(account), array_agg(expires_at), array_agg('1'::text)) from expiry`.execute(
      database.kysely,
    );
  }

  async function rowsOfOneCheck(): Promise<number> {
    await readSnapshot(database, ACCOUNTS, TEST_PARTITIONS);
    const before = await rowsRead(database);
    const snapshot = await readSnapshot(database, ACCOUNTS, TEST_PARTITIONS);
    expect(snapshot.statesOf(ACCOUNTS.get('user:alice')!)).toHaveLength(3);
    return (await rowsRead(database)) - before;
  }
});

describe('what an account has, asked of a session that plans once', () => {
  const asked: ReadonlyMap<string, ScopeAccount> = new Map([
    ['key:k-1', { kind: 'key', keyId: 'k-1' }],
    ['user:u-1', { kind: 'user', userId: 'u-1' }],
    ['team:t-1', { kind: 'team', teamId: 't-1' }],
    ['member:t-1/u-1', { kind: 'member', teamId: 't-1', userId: 'u-1' }],
  ]);
  let db: TestDatabase;
  let database: Database;

  beforeAll(async () => {
    db = await createTestDatabase();
    database = db.database.pipelinedPool({ maxConnections: 1, plansOnce: true });
  });
  afterAll(async () => {
    await database.close();
    await db.drop();
  });

  it('is as many rows beside thousands of accounts as beside none, though the plan is of an empty ledger', async () => {
    await sql`vacuum (analyze) key_balance, user_balance, team_balance, member_balance`.execute(
      db.database.kysely,
    );
    for (let n = 0; n < 6; n++) await rowsOfOneReading();
    const spends = Array.from({ length: 2000 }, (_, n) => [
      spendRecord({ type: 'user', userId: `u-${n}`, keyId: `k-${n}` }, '0.01'),
      spendRecord({ type: 'team', teamId: `t-${n}`, userId: `u-${n}`, keyId: `k-${n}` }, '0.01'),
    ]).flat();
    await projectBatch(db.database, logRecords(spends.slice(2, 4)));
    const beside = await rowsOfOneReading();
    const others = [...spends.slice(0, 2), ...spends.slice(4)];
    await projectBatch(db.database, logRecords(others, 2n));
    expect(await rowsOfOneReading()).toBe(beside);
  });

  async function rowsOfOneReading(): Promise<number> {
    const before = await rowsRead(database);
    await readStanding(database, asked, TEST_PARTITIONS);
    return (await rowsRead(database)) - before;
  }
});
