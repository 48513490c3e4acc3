import { sql } from 'kysely';
import { OwnPostgres, testDatabaseOptions, waitUntil } from '#libs/testing';
import { Database } from './database';

const NOTHING = { name: 'nothing', text: 'select 1' };

describe('a server that is frozen, so that its own limits say nothing', () => {
  let postgres: OwnPostgres;
  let database: Database;

  beforeAll(async () => {
    postgres = await OwnPostgres.start();
    const options = { ...testDatabaseOptions(postgres.url), maxConnections: 3, timeoutMs: 500 };
    database = new Database({ ...options, applicationName: 'patient' });
    const connected = Array.from({ length: 2 }, () => database.answers());
    await Promise.all(connected);
    await postgres.freeze();
  });

  afterAll(async () => {
    await postgres.thaw();
    await database.close();
    await postgres.remove();
  });

  it.each<[string, (database: Database) => Promise<unknown>]>([
    ['a read', (from) => from.forReads().prepared(NOTHING, [])],
    [
      'several reads in a transaction',
      (from) => from.forReads().atomically((client) => client.prepared(NOTHING, [])),
    ],
    ['a question whether it answers', (from) => from.answers()],
  ])('is given up by %s, whether a connection was open or not', async (_what, ask) => {
    for (let n = 0; n < 3; n++) {
      await expect(ask(database)).rejects.toThrow(/timeout/);
    }
  });

  it('has lost none of the connections when it answers again', async () => {
    await postgres.thaw();
    const read = () => database.forReads().prepared(NOTHING, []);
    await waitUntil('it answers', async () => (await read()).length === 1);
    await Promise.all(Array.from({ length: 20 }, read));
    await waitUntil('what was given up has ended', async () => {
      const { rows } = await sql`
        select from pg_stat_activity where application_name = 'patient'`.execute(database.kysely);
      return rows.length <= 3;
    });
  });
});
