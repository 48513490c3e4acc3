import { sql } from 'kysely';
import { Database } from '#libs/postgres';
import { LedgerProcess, OwnPostgres, testDatabaseOptions } from '#libs/testing';

const FSYNC = /"level":"warn","message":"Postgres has fsync=off: [^"]+"/;
const FULL_PAGE_WRITES = /"level":"warn","message":"Postgres has full_page_writes=off: [^"]+"/;
const NO_STANDBY =
  /"level":"warn","message":"Postgres has synchronous_standby_names and synchronous_commit=local: [^"]+"/;

describe('a Postgres that may lose what it has acknowledged', () => {
  let postgres: OwnPostgres;

  beforeAll(async () => {
    postgres = await OwnPostgres.start();
  });
  afterAll(() => postgres.remove());

  const output = async (app: 'standalone' | 'ingest' | 'projector' | 'auth') => {
    const env = { DATABASE_URL: postgres.url };
    const ledger = await LedgerProcess.open({ app, env });
    await ledger.stop();
    return ledger.output;
  };

  it('is not one that is as it was installed', async () => {
    expect(await output('standalone')).not.toContain('Postgres has');
  });

  describe('by its settings', () => {
    beforeAll(() => postgres.restartWith({ fsync: 'off', full_page_writes: 'off' }));

    it.each(['ingest', 'projector', 'auth', 'standalone'] as const)(
      'is told of by %s as it starts',
      async (app) => {
        const said = await output(app);
        expect(said).toMatch(FSYNC);
        expect(said).toMatch(FULL_PAGE_WRITES);
        expect(said).not.toMatch(NO_STANDBY);
      },
    );
  });

  it('is one whose standbys nobody waits for', async () => {
    await postgres.restartWith({ synchronous_standby_names: '*', synchronous_commit: 'local' });
    expect(await output('auth')).toMatch(NO_STANDBY);
  });

  it('is none, for the ledger, where only its sessions would not wait for the disk', async () => {
    await postgres.restartWith({ synchronous_commit: 'off' });
    const database = new Database(testDatabaseOptions(postgres.url));
    try {
      const { rows } = await sql`show synchronous_commit`.execute(database.kysely);
      expect(rows).toEqual([{ synchronous_commit: 'on' }]);
    } finally {
      await database.close();
    }
  });
});
