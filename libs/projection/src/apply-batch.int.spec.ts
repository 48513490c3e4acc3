import { sql } from 'kysely';
import { heldRestorer } from '#libs/holds';
import type { Scope } from '#libs/ledger';
import type { NewRecord } from '#libs/spend-log';
import {
  budgetRecord,
  createTestDatabase,
  logRecords,
  projectBatch,
  projectionDifferences,
  spendRecord,
  TEST_PARTITIONS,
  TEST_RULES,
  type TestDatabase,
} from '#libs/testing';
import { applyBatch } from './apply-batch';
import { fencePartition } from './fence';
import { planBatch } from './plan-batch';

const ALICE: Scope = { type: 'user', userId: 'alice' };

describe('applying a batch', () => {
  let db: TestDatabase;

  beforeEach(async () => {
    db = await createTestDatabase();
  });
  afterEach(() => db.drop());

  const project = (records: readonly NewRecord[], from = 0n) =>
    projectBatch(db.database, logRecords(records, from));
  const endOf = async ({ partition }: NewRecord) =>
    ((await fenceOf(db, partition)) as { next_offset: bigint }).next_offset;
  const spentByAlice = async () => {
    const row = await db.database.kysely
      .selectFrom('user_balance')
      .select(['spent', 'unpriced', 'last_offset'])
      .where('user_id', '=', 'alice')
      .executeTakeFirst();
    return row && [row.spent, row.unpriced, row.last_offset];
  };

  it('books what it holds and moves the next offset on', async () => {
    const records = [spendRecord(ALICE, '1.50'), spendRecord(ALICE, undefined)];
    expect(await project(records)).toBe('applied');
    expect(await spentByAlice()).toEqual(['1.50', 1n, 1n]);
    expect(await fenceOf(db, records[0]!.partition)).toMatchObject({ next_offset: 2n, epoch: 1n });
  });

  it('counts an event once that comes twice in it, and the first one stays', async () => {
    const record = spendRecord(ALICE, '2.00');
    await project([record, spendRecord(ALICE, '1.00'), record]);
    expect(await spentByAlice()).toEqual(['3.00', 0n, 1n]);
    expect(await offsetsOfEvents(db)).toEqual([0n, 1n]);
  });

  it('counts an event once that an earlier batch had', async () => {
    const record = spendRecord(ALICE, '2.00');
    await project([record]);
    await project([record, spendRecord(ALICE, '1.00')], 1n);
    await project([record], 3n);
    expect(await spentByAlice()).toEqual(['3.00', 0n, 2n]);
    expect(await offsetsOfEvents(db)).toEqual([0n, 2n]);
    expect(await projectionDifferences(db.database)).toEqual([]);
  });

  it('flips what was held to spent, once, in each account of the spend', async () => {
    const scope: Scope = { type: 'team', teamId: 'ml', userId: 'alice', keyId: 'key-7' };
    const settled = spendRecord(scope, '2.00', { holdOutcome: 'settled' });
    const others = (['ended', 'foreign', 'unknown'] as const).map((holdOutcome) =>
      spendRecord(scope, '1.00', { holdOutcome }),
    );
    await project([settled, ...others, settled, spendRecord(scope, '1.00')]);
    await project([settled, ...others], 6n);
    for (const table of ['key_balance', 'team_balance', 'member_balance'] as const) {
      const rows = db.database.kysely.selectFrom(table).select(['spent', 'flipped']).execute();
      expect(await rows).toEqual([{ spent: '6.00', flipped: '2.00' }]);
    }
    const personal = spendRecord(ALICE, '3.00', { holdOutcome: 'settled' });
    await project(
      [personal, spendRecord(ALICE, undefined, { holdOutcome: 'settled' })],
      await endOf(personal),
    );
    const row = db.database.kysely
      .selectFrom('user_balance')
      .select(['spent', 'flipped', 'unpriced']);
    expect(await row.execute()).toEqual([{ spent: '3.00', flipped: '3.00', unpriced: 1n }]);
    expect(await projectionDifferences(db.database)).toEqual([]);
  });

  it.each(['the partition was fenced since', 'it begins elsewhere', 'it is applied already'])(
    'changes nothing when %s',
    async (why) => {
      const { database } = db;
      const records = logRecords([spendRecord(ALICE, '2.00'), unreadable(ALICE)]);
      const plan = planBatch(records, undefined, TEST_RULES);
      const { partition } = records[0]!;
      let fence = await fencePartition(database, partition);
      const batch = {
        plan,
        nextOffset: 2n,
        caughtUpAt: 0n,
        maxWindowSums: 0,
      };
      if (why === 'the partition was fenced since') await fencePartition(database, partition);
      if (why === 'it begins elsewhere') fence = { ...fence, nextOffset: 1n };
      if (why === 'it is applied already') await applyBatch(database, fence, batch);
      const before = await everything(db);
      expect(await applyBatch(database, fence, batch)).toEqual({ outcome: 'fenced' });
      expect(await everything(db)).toEqual(before);
    },
  );

  it('does all of it or nothing', async () => {
    const { kysely } = db.database;
    const spend = spendRecord(ALICE, '2.00', { holdOutcome: 'settled' });
    const records = logRecords([spend, unreadable(ALICE)]);
    const plan = planBatch(records, undefined, TEST_RULES);
    const fence = await fencePartition(db.database, records[0]!.partition);
    const apply = () =>
      applyBatch(db.database, fence, {
        plan,
        nextOffset: 2n,
        caughtUpAt: undefined,
        maxWindowSums: 0,
        restoring: heldRestorer(TEST_PARTITIONS),
      });
    const before = await everything(db);
    await sql`alter table quarantine add constraint broken check (reason = '')`.execute(kysely);
    await expect(apply()).rejects.toThrow('broken');
    expect(await everything(db)).toEqual(before);

    await sql`alter table quarantine drop constraint broken`.execute(kysely);
    expect(await apply()).toMatchObject({ outcome: 'applied' });
    expect(await spentByAlice()).toEqual(['2.00', 0n, 0n]);
  });

  it('keeps a revision of a budget once', async () => {
    const record = budgetRecord('b', 1, { account: 'user:alice' });
    await project([record, record]);
    await project([record], 2n);
    const rows = await db.database.kysely.selectFrom('budget_revision').selectAll().execute();
    expect(rows).toEqual([
      expect.objectContaining({ budget_id: 'b', revision: 1, log_offset: 0n, superseded: false }),
    ]);
  });
});

function unreadable(scope: Scope): NewRecord {
  return { ...spendRecord(scope, '1.00'), value: Buffer.from('{') };
}

async function fenceOf({ database }: TestDatabase, partition: number): Promise<unknown> {
  return database.kysely
    .selectFrom('projection_partition')
    .selectAll()
    .where('partition', '=', partition)
    .executeTakeFirstOrThrow();
}

async function offsetsOfEvents({ database }: TestDatabase): Promise<bigint[]> {
  const rows = await database.kysely
    .selectFrom('spend_event')
    .select('log_offset')
    .orderBy('log_offset')
    .execute();
  return rows.map(({ log_offset }) => log_offset);
}

const TABLES = [
  'projection_partition',
  'spend_event',
  'key_balance',
  'user_balance',
  'team_balance',
  'member_balance',
  'pool_balance',
  'pool_bucket',
  'budget_revision',
  'quarantine',
  'event_claim',
  'held_account',
] as const;

async function everything({ database }: TestDatabase): Promise<Record<string, unknown[]>> {
  const contents = TABLES.map(async (table) => {
    const rows = await database.kysely.selectFrom(table).selectAll().execute();
    return [table, rows.map((row) => JSON.stringify(row, withBigints)).sort()] as const;
  });
  return Object.fromEntries(await Promise.all(contents));
}

function withBigints(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}
