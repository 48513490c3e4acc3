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
    await waitUntil('the session has ended', async () => (await sessions(how)) === 0, 5000);
  });
});
