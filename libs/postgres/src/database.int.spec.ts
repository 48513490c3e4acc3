import { sql } from 'kysely';
import { createTestDatabase, waitUntil, type TestDatabase } from '#libs/testing';
import { Database } from './database';

describe('closing a database', () => {
  let db: TestDatabase;

  beforeAll(async () => {
    db = await createTestDatabase();
  });
  afterAll(() => db.drop());

  const sessions = async (applicationName: string) => {
    const { rows } = await sql`
      select from pg_stat_activity where application_name = ${applicationName}`.execute(
      db.database.kysely,
    );
    return rows.length;
  };

  it.each<[string, (database: Database) => Promise<unknown>]>([
    ['Kysely', ({ kysely }) => sql`select`.execute(kysely)],
    ['prepared statements', (database) => database.prepared({ name: 'p', text: 'select' }, [])],
    ['a question whether it answers', (database) => database.answers()],
  ])('ends its sessions, opened by %s alone', async (how, use) => {
    const database = new Database({ ...db.options, applicationName: how });
    await use(database);
    expect(await sessions(how)).toBe(1);
    await database.close();
    await database.close();
    await waitUntil('the session has ended', async () => (await sessions(how)) === 0);
  });
});

describe('a transaction of a pipelined pool', () => {
  let db: TestDatabase;
  let pool: Database;

  beforeAll(async () => {
    db = await createTestDatabase();
    pool = db.database.pipelinedPool({ maxConnections: 1 });
    await sql`create table kept (n int primary key)`.execute(db.database.kysely);
  });
  afterAll(async () => {
    await pool.close();
    await db.drop();
  });

  const INSERT = { name: 'insert', text: 'insert into kept values ($1)' };
  const COUNT = { name: 'count', text: 'select n from kept order by n' };
  const kept = async () =>
    (await pool.prepared<readonly [number]>(COUNT, [])).map(([number]) => number);

  it('keeps all that was asked for together, in its order', async () => {
    const seen = await pool.atomically(async (client) => {
      const [, , rows] = await Promise.all([
        client.prepared(INSERT, [1]),
        client.prepared(INSERT, [2]),
        client.prepared(COUNT, []),
      ]);
      return rows;
    });
    expect(seen).toEqual([[1], [2]]);
    expect(await kept()).toEqual([1, 2]);
  });

  it('keeps nothing where one of them fails, and the next one is not touched by it', async () => {
    const failing = pool.atomically((client) =>
      Promise.all([3, 1, 4].map((n) => client.prepared(INSERT, [n]))),
    );
    await expect(failing).rejects.toMatchObject({ code: '23505' });
    expect(await kept()).toEqual([1, 2]);
    await pool.atomically((client) => client.prepared(INSERT, [5]));
    expect(await kept()).toEqual([1, 2, 5]);
  });

  it('says that it waited too long for tables that a rebuild swaps, not that nothing can be read any more', async () => {
    const hasty = new Database({ ...db.options, timeoutMs: 300 });
    const impatient = hasty.pipelinedPool({ maxConnections: 1, statementMs: 10_000 });
    await db.database.kysely.transaction().execute(async (trx) => {
      await sql`lock table spend_event in access exclusive mode`.execute(trx);
      const reading = impatient.ofOneSnapshot((client) => client.prepared(COUNT, []));
      await expect(reading).rejects.toMatchObject({ code: '55P03' });
    });
    const read = await impatient.ofOneSnapshot((client) => client.prepared(COUNT, []));
    expect(read).toHaveLength(3);
    await impatient.close();
    await hasty.close();
  });
});
