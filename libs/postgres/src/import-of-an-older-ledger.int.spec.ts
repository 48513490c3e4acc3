import { sql } from 'kysely';
import { Migrator } from 'kysely/migration';
import { createTestDatabase, type TestDatabase } from '#libs/testing';
import { migrations } from './migrations';

describe('a ledger of before imports cost nothing', () => {
  let db: TestDatabase;
  beforeEach(async () => {
    db = await createTestDatabase({ ledger: false });
    await migrate('0010-audit');
  });
  afterEach(() => db.drop());

  async function migrate(to: string): Promise<void> {
    const migrator = new Migrator({ db: db.database.kysely, provider: migrations });
    expect((await migrator.migrateTo(to)).error).toBeUndefined();
  }

  async function beginImport(finishedAt: string | null): Promise<void> {
    await db.database.kysely
      .insertInto('log_import')
      .values({ sha256: '0'.repeat(64), lines: 0n, finished_at: finishedAt })
      .execute();
  }

  const claim = () =>
    sql`
      insert into event_claim (event_key, content_hash, partition)
      values (gen_random_uuid(), '', 0)`.execute(db.database.kysely);
  const mark = () =>
    sql`insert into log_mark (partition, marked_at) values (0, now())`.execute(db.database.kysely);

  it('stays closed while one has not ended', async () => {
    await beginImport(null);
    await migrate('0013-import-trigger');
    for (const write of [claim, mark])
      await expect(write()).rejects.toMatchObject({ code: '57P03' });
  });

  it.each([
    ['there was none', undefined],
    ['one has ended', '2026-04-27T10:00:00Z'],
  ])('asks no more where %s', async (_, finishedAt) => {
    if (finishedAt !== undefined) await beginImport(finishedAt);
    await migrate('0013-import-trigger');
    const { rows } = await sql`
      select tgrelid::regclass::text as table, tgenabled as enabled from pg_trigger
      where tgname = 'no_other_during_import' order by 1`.execute(db.database.kysely);
    expect(rows).toEqual([
      { table: 'event_claim', enabled: 'D' },
      { table: 'log_mark', enabled: 'D' },
    ]);
    await claim();
    await mark();
  });
});
