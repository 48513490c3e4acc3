import { sql } from 'kysely';
import {
  instantOf,
  instantOfMillis,
  partitionOfHeld,
  type Scope,
  type ScopeAccount,
} from '#libs/ledger';
import { Database } from '#libs/postgres';
import type { NewRecord } from '#libs/spend-log';
import {
  asAnotherSession,
  budgetRecord,
  createTestDatabase,
  logRecords,
  openTestLog,
  projectBatch,
  projectLog,
  rowsRead,
  spendRecord,
  TEST_PARTITIONS,
  type TestDatabase,
} from '#libs/testing';
import { readSnapshot, readStanding } from './read-snapshot';
import { askSnapshot, type SnapshotRow } from './snapshot-statement';

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
    db = await createTestDatabase({ autovacuum: false });
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

describe('asked of a session that planned while the ledger was empty', () => {
  const asked: ReadonlyMap<string, ScopeAccount> = new Map([
    ['key:k-1', { kind: 'key', keyId: 'k-1' }],
    ['user:u-1', { kind: 'user', userId: 'u-1' }],
    ['team:t-1', { kind: 'team', teamId: 't-1' }],
    ['member:t-1/u-1', { kind: 'member', teamId: 't-1', userId: 'u-1' }],
  ]);
  const time = instantOf('2026-04-10T12:00:00Z');
  const day = BigInt(24 * 60 * MINUTE_MS) * 1000n;
  /** Days, quarters of an hour, and the spends themselves at its end. */
  const window = { start: time - 3n * day - 1n, end: time + 1n };
  const windows = [...asked].map(([name, account]) => ({ name, account, budgetId: 'b', window }));
  const targets = [...asked.keys(), 'user:*', 'member:t-1/*'];
  const question = {
    accounts: asked,
    balances: asked,
    partitions: TEST_PARTITIONS,
    floor: undefined,
  };

  let db: TestDatabase;
  let database: Database;

  beforeEach(async () => {
    db = await createTestDatabase({ autovacuum: false });
    database = db.database.pipelinedPool({ maxConnections: 1, plansOnce: true });
  });
  afterEach(async () => {
    await database.close();
    await db.drop();
  });

  const read = (windowsAsked: typeof windows) =>
    database.prepared<SnapshotRow>(...askSnapshot({ ...question, windows: windowsAsked }));

  it.each<[string, () => Promise<unknown>]>([
    ['what an account has', () => readStanding(database, asked, TEST_PARTITIONS)],
    ['a check', () => read([])],
    ['a check with sums of windows', () => read(windows)],
  ])(
    '%s is as many rows beside thousands of accounts, budgets and former settings as beside none',
    async (_what, readOnce) => {
      const rowsOfOne = async () => {
        const before = await rowsRead(database);
        await readOnce();
        return (await rowsRead(database)) - before;
      };
      await asAnotherSession(db.database, ({ kysely }) => sql`vacuum (analyze)`.execute(kysely));
      for (let n = 0; n < 6; n++) await rowsOfOne();
      const required = budgetRecord('say-org', 1, { account: 'label:org/*', require: true });
      await record(spendsOf(1), set(targets, 1), [required]);
      const beside = await rowsOfOne();
      const others = Array.from({ length: 1500 }, (_, n) => n + 2);
      await record(
        others.flatMap(spendsOf),
        set(
          others.flatMap((n) => [`user:u-${n}`, `label:project/p-${n}`]),
          1,
        ),
        Array.from({ length: 100 }, (_, n) => set(targets, n + 2)).flat(),
      );
      expect(await rowsOfOne()).toBe(beside);
    },
  );

  it('a check finds what it is asked about', async () => {
    await record(spendsOf(1), set(targets, 1), set(targets, 2));
    const rows = await read(windows);
    const found = (of: string) => rows.filter(([kind]) => kind === of).length;
    expect(found('budget')).toBe(targets.length);
    // Spends of a person and of a team feed the key in a partition each.
    expect([found('account'), found('sum')]).toEqual([5, 5]);
    const sums = rows.flatMap(([kind, n, , spent]) => (kind === 'sum' ? [`${n} ${spent}`] : []));
    expect(sums.sort()).toEqual(['0 0.01', '0 0.01', '1 0.01', '2 0.01', '3 0.01']);
  });

  function spendsOf(n: number): NewRecord[] {
    const call = { userId: `u-${n}`, keyId: `k-${n}` };
    return [
      spendRecord({ type: 'user', ...call }, '0.01', { time }),
      spendRecord({ type: 'team', teamId: `t-${n}`, ...call }, '0.01', { time }),
    ];
  }

  /** A budget on each, all at the same revision. */
  function set(accounts: readonly string[], revision: number): NewRecord[] {
    return accounts.map((account) =>
      budgetRecord(`of-${account.replace(/\W/g, '-')}`, revision, { account }),
    );
  }

  async function record(...records: readonly NewRecord[][]): Promise<void> {
    await asAnotherSession(db.database, async (other) => {
      await openTestLog(other).append(records.flat());
      await projectLog(other);
    });
  }
});
