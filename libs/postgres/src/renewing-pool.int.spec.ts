import { sql } from 'kysely';
import { createTestDatabase, type TestDatabase } from '#libs/testing';
import { Database } from './database';
import { READ_ONLY } from './renewing-pool';

const SESSIONS = 3;

describe('sessions that were opened while Postgres took no writes', () => {
  let db: TestDatabase;
  let database: Database;

  beforeEach(async () => {
    db = await createTestDatabase();
    await sql`create table written (n int)`.execute(db.database.kysely);
    database = new Database({ ...db.options, maxConnections: SESSIONS });
    await alterDatabase('set default_transaction_read_only = on');
    const open = () => sql`select pg_sleep(0.2)`.execute(database.kysely);
    await Promise.all(Array.from({ length: SESSIONS }, open));
    await alterDatabase('reset default_transaction_read_only');
  });

  afterEach(async () => {
    await database.close();
    await db.drop();
  });

  async function alterDatabase(change: string): Promise<void> {
    const name = /([^/?]+)(?:\?|$)/.exec(db.url)![1]!;
    await sql.raw(`alter database ${name} ${change}`).execute(db.database.kysely);
  }

  const insert = { name: 'insert', text: 'insert into written values (1)' };
  const writes: [string, () => Promise<unknown>][] = [
    ['by Kysely', () => sql`insert into written values (1)`.execute(database.kysely)],
    [
      'in a transaction of Kysely’s',
      () =>
        database.kysely
          .transaction()
          .execute((trx) => sql`insert into written values (1)`.execute(trx)),
    ],
    ['by a prepared statement', () => database.prepared(insert, [])],
    ['atomically', () => database.atomically((client) => client.prepared(insert, []))],
  ];

  it.each(writes)('are all left after one refused write, %s', async (_, write) => {
    await expect(write()).rejects.toMatchObject({ code: READ_ONLY });
    await Promise.all(Array.from({ length: 2 * SESSIONS }, write));
    const { rows } = await sql`select from written`.execute(database.kysely);
    expect(rows).toHaveLength(2 * SESSIONS);
  });

  it('are all left when readiness has met one', async () => {
    await expect(database.takesWrites()).rejects.toMatchObject({ code: READ_ONLY });
    expect(await database.takesWrites()).toBe(true);
    await Promise.all(Array.from({ length: 2 * SESSIONS }, writes[0]![1]));
  });

  it.each<[string, () => Database]>([
    ['of a separate pool', () => database.separatePool({})],
    ['of a pipelined pool', () => database.pipelinedPool({ maxConnections: 1 })],
  ])('are left by the time readiness finds that Postgres takes writes, %s', async (_, open) => {
    const other = open();
    try {
      await alterDatabase('set default_transaction_read_only = on');
      await expect(database.takesWrites()).rejects.toMatchObject({ code: READ_ONLY });
      // Opened after the last refusal: nothing but reading has been asked of it.
      await other.answers();
      await alterDatabase('reset default_transaction_read_only');
      expect(await database.takesWrites()).toBe(true);
      await other.prepared(insert, []);
    } finally {
      await other.close();
    }
  });

  it('are kept for reading', async () => {
    const pids = async () =>
      (
        await database.prepared<readonly [number]>(
          { name: 'pid', text: 'select pg_backend_pid()' },
          [],
        )
      )[0]![0];
    expect(await pids()).toBe(await pids());
  });
});
