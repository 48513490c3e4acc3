import { sql } from 'kysely';
import { Migrator } from 'kysely/migration';
import { partitionOfScope, picoOfDecimal, type Scope } from '#libs/ledger';
import {
  applyBatch,
  compareProjections,
  fencePartition,
  planBatch,
  prepareRebuild,
  RebuiltProjection,
  REBUILD_SCHEMA,
  snapshotOfBoth,
  verifyLedger,
  type Fence,
} from '#libs/projection';
import { findPostgresLog, type NewRecord } from '#libs/spend-log';
import {
  createTestDatabase,
  logRecords,
  projectBatch,
  projectionDifferences,
  spendRecord,
  TableCopier,
  TEST_CURRENCY,
  TEST_PARTITIONS,
  TEST_RULES,
  untilSessionsWait,
  type TestDatabase,
} from '#libs/testing';
import { createLedger } from './create-ledger';
import { historyOf } from './history-of-scopes.fixture';
import { migrations } from './migrations';

const BEFORE = '0018-scope-of-the-last-event';
const BATCH = 1000;
const USER: Scope = { type: 'user', userId: 'user-0', keyId: 'key-0' };
const KINDS = ['key', 'user', 'team', 'member'];
/** What a projector wrote, and needed, before there were pools. */
const TABLES = [
  ...['ledger', 'projection_partition', 'log_partition', 'log_lease', 'event_claim'],
  ...['spend_event', 'budget_revision'],
  ...KINDS.flatMap((kind) => [`${kind}_balance`, `${kind}_bucket`]),
];

describe('a ledger of before there were labels', () => {
  let old: TestDatabase;

  beforeEach(async () => {
    old = await createTestDatabase({ ledger: false });
    const migrator = new Migrator({ db: old.database.kysely, provider: migrations });
    expect((await migrator.migrateTo(BEFORE)).error).toBeUndefined();
  });
  afterEach(() => old.drop());

  it('has the sum of all its spends in the ledger, as a rebuild would', async () => {
    const log = historyOf(20_000);
    await fillOld(log);
    const before = await rowsOfScopes();
    await migrate();

    const { rows } = await sql<{ spent: string; unpriced: bigint }>`
      select sum(spent)::text as spent, sum(unpriced)::bigint as unpriced from pool_balance
      where account = 'ledger'`.execute(old.database.kysely);
    expect({ ...rows[0]!, spent: picoOfDecimal(rows[0]!.spent) }).toEqual(log.cost);
    expect(await rowsOfScopes()).toEqual(before);
    expect(await projectionDifferences(old.database)).toEqual([]);
    expect(await differences()).toEqual([]);
    expect(await differencesOfRebuild(log.records)).toEqual([]);
    expect(await versionOf()).toEqual([{ projection_version: 2 }]);

    await project(spendRecord(USER, '1.00', { labels: new Map([['org', 'acme']]) }));
    expect(await projectionDifferences(old.database)).toEqual([]);
  });

  it('has nothing there where it had nothing', async () => {
    await fillOld(historyOf(0));
    await migrate();
    await project(spendRecord(USER, '1.00'));
    expect(await projectionDifferences(old.database)).toEqual([]);
  });

  it('takes nothing from a projector of then, whose fence is gone and which gets no other', async () => {
    await fillOld(historyOf(200));
    const fences = await fencesOfThen();
    await migrate();
    for (const fence of fences) {
      const records = logRecords([spendOf(fence.partition)], fence.nextOffset);
      const batch = {
        plan: planBatch(records, undefined, TEST_RULES),
        nextOffset: fence.nextOffset + 1n,
        caughtUpAt: undefined,
        maxWindowSums: 500,
      };
      expect(await applyBatch(old.database, fence, batch)).toEqual({ outcome: 'fenced' });
    }
    expect(await fencesOfThen()).toEqual([]);
    expect(await projectionDifferences(old.database)).toEqual([]);
  });

  it('waits for a batch of then that has passed its fence, and has that in its sums', async () => {
    await fillOld(historyOf(200));
    const [fence] = await fencesOfThen();
    const batch = await old.database.kysely.startTransaction().execute();
    await sql`
      update projection_partition set next_offset = next_offset + 1
      where partition = ${fence!.partition} and epoch = ${fence!.epoch}`.execute(batch);
    const migrating = migrate();
    await untilSessionsWait(old.database, 1);
    // Only now it comes to the tables that are to be changed.
    await sql`
      insert into spend_event (partition, log_offset, event_key, source, event_id, time, recorded_at, known_at, caller,
        content_hash, scope_type, key_id, amount, basis, extensions)
      values (${fence!.partition}, ${fence!.nextOffset}, gen_random_uuid(), 's', 'late', '2027-01-01Z', '2027-01-01Z',
        '2027-01-01Z', 'c', 'h', 'key', 'of-nobody', 7, 'exact', '{}')`.execute(batch);
    await sql`
      insert into key_balance (partition, key_id, spent, unpriced, last_offset, latest_time)
      values (${fence!.partition}, 'of-nobody', 7, 0, ${fence!.nextOffset}, '2027-01-01Z')`.execute(
      batch,
    );
    await sql`
      insert into key_bucket (partition, key_id, grain, starts, spent)
      select ${fence!.partition}::int, 'of-nobody', grain, '2027-01-01Z', 7
      from unnest(array['quarter', 'day']) grain`.execute(batch);
    await batch.commit().execute();
    await migrating;
    expect(await projectionDifferences(old.database)).toEqual([]);
    const { rows } = await sql`
      select max(latest_time) as latest from pool_balance`.execute(old.database.kysely);
    expect(rows).toEqual([{ latest: '2027-01-01T00:00:00Z' }]);
  });

  /** As the projector writes them today: what it wrote of the four kinds then is the same (I90). */
  async function fillOld({ records }: { readonly records: readonly NewRecord[] }): Promise<void> {
    const today = await createTestDatabase();
    try {
      await projectAll(today, records);
      const from = await TableCopier.connect(today.url);
      const to = await TableCopier.connect(old.url);
      for (const table of TABLES) {
        const columns = await columnsOf(table);
        await to.copyIn(
          `${table} (${columns})`,
          await from.copyOut(`(select ${columns} from ${table})`),
        );
      }
      await from.close();
      await to.close();
    } finally {
      await today.drop();
    }
    await sql`update ledger set projection_version = 1`.execute(old.database.kysely);
  }

  async function columnsOf(table: string): Promise<string> {
    const { rows } = await sql<{ columns: string }>`
      select string_agg(quote_ident(attname), ', ') as columns from pg_attribute
      where attrelid = ${table}::regclass and attnum > 0 and not attisdropped and attgenerated = ''`.execute(
      old.database.kysely,
    );
    return rows[0]!.columns;
  }

  async function migrate(): Promise<void> {
    const created = await createLedger(
      old.options,
      { currency: TEST_CURRENCY, partitions: TEST_PARTITIONS },
      { partitions: TEST_PARTITIONS },
      findPostgresLog,
    );
    expect(created).toMatchObject({ ok: true });
  }

  /** As a projector of then takes partitions over, if it may. */
  async function fencesOfThen(): Promise<Fence[]> {
    const { rows } = await sql<{ partition: number; epoch: bigint; next_offset: bigint }>`
      update projection_partition set epoch = epoch + 1
      where (select projection_version from ledger) = 1
      returning partition, epoch, next_offset`.execute(old.database.kysely);
    return rows.map(({ next_offset: nextOffset, ...fence }) => ({ ...fence, nextOffset }));
  }

  async function project(record: NewRecord): Promise<void> {
    const { nextOffset } = await fencePartition(old.database, record.partition);
    expect(await projectBatch(old.database, logRecords([record], nextOffset))).toBe('applied');
  }

  async function versionOf(): Promise<unknown> {
    return (await sql`select projection_version from ledger`.execute(old.database.kysely)).rows;
  }

  async function rowsOfScopes(): Promise<unknown[]> {
    const all = KINDS.flatMap((kind) => [`${kind}_balance`, `${kind}_bucket`]).map(
      (table) => sql`select ${table} as "table", to_jsonb(t) as row from ${sql.table(table)} t`,
    );
    const { rows } = await sql`${sql.join(all, sql` union all `)} order by 1, 2`.execute(
      old.database.kysely,
    );
    return rows;
  }

  async function differences() {
    // As if the log was elsewhere: these records were never appended.
    const facts = { ...TEST_RULES, logId: 'elsewhere' };
    const { signal } = new AbortController();
    return (await verifyLedger(old.database, facts, { most: 10, atOnce: 2, signal })).differences;
  }

  async function differencesOfRebuild(records: readonly NewRecord[]) {
    await prepareRebuild(old.database, { anew: true });
    const rebuilding = old.database.separatePool({ schema: REBUILD_SCHEMA, maxConnections: 2 });
    try {
      const rebuilt = new RebuiltProjection(rebuilding, TEST_RULES, 500);
      for (const [partition, all] of Map.groupBy(records, (record) => record.partition)) {
        let fence = await rebuilt.fence(partition);
        for (const part of batchesOf(all)) fence = (await rebuilt.apply(fence, part))!;
        await rebuilt.sum(partition);
      }
    } finally {
      await rebuilding.close();
    }
    const trx = await snapshotOfBoth(old.database);
    try {
      return (await compareProjections(trx, 10, () => undefined)).differences;
    } finally {
      await trx.rollback().execute();
    }
  }
});

function spendOf(partition: number): NewRecord {
  for (let n = 0; ; n++) {
    const scope: Scope = { type: 'key', keyId: `late-${n}` };
    if (partitionOfScope(scope, TEST_PARTITIONS) === partition) return spendRecord(scope, '5.00');
  }
}

async function projectAll({ database }: TestDatabase, records: readonly NewRecord[]) {
  for (const all of Map.groupBy(records, ({ partition }) => partition).values()) {
    for (const batch of batchesOf(all)) {
      expect(await projectBatch(database, batch, 500, true)).toBe('applied');
    }
  }
}

function batchesOf(all: readonly NewRecord[]) {
  const records = logRecords(all);
  return Array.from({ length: Math.ceil(records.length / BATCH) }, (_, n) =>
    records.slice(n * BATCH, (n + 1) * BATCH),
  );
}
