import { sql } from 'kysely';
import type { Database } from '#libs/postgres';
import {
  createTestDatabase,
  openTestLog,
  projectLog,
  projectionDifferences,
  spendRecord,
  TEST_RULES,
  type TestDatabase,
} from '#libs/testing';
import { fencePartition } from '../fence';
import { dropReplaced, prepareRebuild } from './prepare-rebuild';
import { RebuiltProjection } from './rebuilt-projection';
import { REBUILD_SCHEMA } from './rebuilt-tables';
import { swapTables } from './swap-tables';

const RECORD = spendRecord({ type: 'user', userId: 'alice', keyId: 'k' }, '1.00');

describe('a swap', () => {
  let db: TestDatabase;
  let rebuilding: Database;
  let rebuilt: RebuiltProjection;

  beforeEach(async () => {
    db = await createTestDatabase();
    await sql`create role ${sql.id(roleOf(db))}`.execute(db.database.kysely);
    await sql`grant select on user_balance to ${sql.id(roleOf(db))}`.execute(db.database.kysely);
    await sql`
      grant update (superseded) on budget_revision to ${sql.id(roleOf(db))}`.execute(
      db.database.kysely,
    );
    rebuilding = db.database.separatePool({ schema: REBUILD_SCHEMA, maxConnections: 2 });
    rebuilt = new RebuiltProjection(rebuilding, TEST_RULES, 500);
    await openTestLog(db.database).append([RECORD]);
    await projectLog(db.database);
    await prepareRebuild(db.database, { anew: true });
  });

  afterEach(async () => {
    await rebuilding.close();
    await sql`drop owned by ${sql.id(roleOf(db))}`.execute(db.database.kysely);
    await sql`drop role ${sql.id(roleOf(db))}`.execute(db.database.kysely);
    await db.drop();
  });

  it('leaves everything as it was but the rows: names, indexes, constraints, triggers, grants', async () => {
    const before = await catalogOf(db);
    expect(await rebuildAndSwap()).toBe('swapped');
    await dropReplaced(db.database.kysely);
    expect(await catalogOf(db)).toEqual(before);
    await openTestLog(db.database).append([RECORD, { ...RECORD }]);
    await projectLog(db.database);
    expect(await projectionDifferences(db.database)).toEqual([]);
  });

  it('gives way to who reads for long, who never waits for it for long, and may be tried again', async () => {
    const reader = await db.database.kysely.startTransaction().execute();
    await sql`select from user_balance`.execute(reader);
    expect(await rebuildAndSwap()).toBe('gave_way');
    // It crossed what the swap had locked before it gave way.
    await sql`select from spend_event`.execute(reader);
    await reader.commit().execute();
    expect(await swap()).toBe('swapped');
  });

  it('leaves fences to their projectors, unless these know what is wrong', async () => {
    const right = await fencePartition(db.database, RECORD.partition);
    const wrong = await fencePartition(db.database, (RECORD.partition + 1) % 12);
    await sql`
      update projection_partition set known_at = '2030-01-01Z' where partition = ${wrong.partition}`.execute(
      db.database.kysely,
    );
    await rebuildAndSwap();
    const { rows } = await sql<{ partition: number; epoch: bigint; known_at: string | null }>`
      select partition, epoch, known_at from projection_partition
      where partition in (${right.partition}, ${wrong.partition})`.execute(db.database.kysely);
    expect(rows.find((row) => row.partition === right.partition)?.epoch).toBe(right.epoch);
    expect(rows.find((row) => row.partition === wrong.partition)).toMatchObject({
      epoch: wrong.epoch + 1n,
      known_at: null,
    });
  });

  it('is the end of a rebuild that did not notice: it writes nothing any more', async () => {
    const asleep = await rebuilt.fence(RECORD.partition);
    const records = [{ ...RECORD, offset: asleep.nextOffset }];
    await rebuildAndSwap();
    expect(await rebuilt.apply(asleep, records)).toBeUndefined();
    const next = { ...asleep, nextOffset: 1n };
    expect(await rebuilt.apply(next, [{ ...RECORD, offset: 1n }])).toBeUndefined();
    await expect(rebuilt.fence(RECORD.partition)).rejects.toThrow(/does not exist/);
  });

  async function rebuildAndSwap(): Promise<string> {
    const fence = await rebuilt.fence(RECORD.partition);
    await rebuilt.apply(fence, [{ ...RECORD, offset: 0n }]);
    await rebuilt.sum(RECORD.partition);
    return swap();
  }

  function swap(): Promise<string> {
    return db.database.kysely
      .connection()
      .execute((connection) => swapTables(connection, () => Promise.resolve(true)));
  }
});

function roleOf({ url }: TestDatabase): string {
  return `auditor_${/spend_ledger_(\w+)/.exec(url)![1]!}`;
}

async function catalogOf({ database: { kysely } }: TestDatabase): Promise<unknown[]> {
  const { rows } = await sql`
    select 'index' as what, indexdef as text from pg_indexes where schemaname = 'public'
    union all
    select contype::text, conrelid::regclass || ' ' || conname || ' ' || replace(pg_get_constraintdef(oid), ' NOT VALID', '')
    from pg_constraint where connamespace = 'public'::regnamespace and contype in ('c', 'p', 'u', 'f')
    union all
    select 'trigger', pg_get_triggerdef(trigger.oid)
    from pg_trigger trigger join pg_class on pg_class.oid = tgrelid
    where not tgisinternal and relnamespace = 'public'::regnamespace
    union all
    select 'table', relname || ' ' || coalesce(reloptions::text, '') || coalesce(relacl::text, '')
    from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'v')
    union all
    select 'column', attrelid::regclass || ' ' || attname || ' ' || format_type(atttypid, atttypmod)
      || attnotnull || coalesce(pg_get_expr(adbin, adrelid), '') || coalesce(attacl::text, '')
    from pg_attribute join pg_class on pg_class.oid = attrelid
    left join pg_attrdef on adrelid = attrelid and adnum = attnum
    where relnamespace = 'public'::regnamespace and attnum > 0 and not attisdropped and relkind = 'r'
    order by 1, 2`.execute(kysely);
  return rows;
}
