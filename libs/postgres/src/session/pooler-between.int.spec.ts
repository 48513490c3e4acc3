/** @needs pgbouncer */
import { sql } from 'kysely';
import { OwnPostgres, PgBouncer, testDatabaseOptions, type PoolMode } from '#libs/testing';
import { Database } from '../database';
import { unreachable } from '../unreachable';
import { sessionSettings } from './session-settings';
import { UnfitSession } from './settle-session';

const DIRECT =
  /: the ledger needs a direct connection to Postgres, for example DATABASE_URL=\S+\.$/;

describe('PgBouncer before Postgres', () => {
  let postgres: OwnPostgres;
  let bouncer: PgBouncer | undefined;

  beforeAll(async () => {
    postgres = await OwnPostgres.start();
  });
  afterEach(() => bouncer?.stop());
  afterAll(() => postgres.remove());

  const through = async (mode: PoolMode, ...ignored: string[]) => {
    bouncer = await PgBouncer.start(postgres, mode, ignored);
    return testDatabaseOptions(bouncer.url);
  };
  /** For every user of the database, all that the ledger would ask for itself. */
  const giveEverybody = async (settings: Readonly<Record<string, string>>) => {
    const direct = new Database(testDatabaseOptions(postgres.url));
    for (const [name, value] of Object.entries(settings)) {
      const given = name === 'search_path' ? sql.raw(value) : sql.lit(value);
      await sql`
        alter database spend_ledger set ${sql.ref(name.toLowerCase())} = ${given}`.execute(
        direct.kysely,
      );
    }
    await direct.close();
  };

  it.each<PoolMode>(['session', 'transaction', 'statement'])(
    'refuses settings with pool_mode=%s, and is told from Postgres',
    async (mode) => {
      const sentence = await unreachable(await through(mode));
      expect(sentence).toMatch(
        /^DATABASE_URL leads to a connection pooler that refuses the settings of a session \(unsupported startup parameter: options\), as PgBouncer does:/,
      );
      expect(sentence).toMatch(DIRECT);
    },
  );

  it.each<PoolMode>(['transaction', 'statement'])(
    'shares sessions with pool_mode=%s, and is told from Postgres',
    async (mode) => {
      const sentence = await unreachable(await through(mode, 'options'));
      expect(sentence).toMatch(
        /^DATABASE_URL leads to a connection pooler that gives each transaction another session, as PgBouncer does with pool_mode=transaction:/,
      );
      expect(sentence).toMatch(DIRECT);
    },
  );

  it('drops settings with pool_mode=session, and is told from Postgres', async () => {
    const sentence = await unreachable(await through('session', 'options'));
    expect(sentence).toMatch(
      /^DATABASE_URL leads to a connection pooler that does not give a session the settings it asks for \(jit, search_path, spend_ledger\.clock_offset and \d+ more\), as PgBouncer does with ignore_startup_parameters=options, also with pool_mode=session:/,
    );
    expect(sentence).toMatch(DIRECT);
  });

  describe('where the database has what the ledger asks for', () => {
    beforeAll(() => giveEverybody(sessionSettings(testDatabaseOptions(''))));

    it('still shares sessions with pool_mode=transaction', async () => {
      const sentence = await unreachable(await through('transaction', 'options'));
      expect(sentence).toMatch(/another session, as PgBouncer does with pool_mode=transaction:/);
    });

    it('is as good as Postgres with pool_mode=session, but for who asks for more', async () => {
      const options = await through('session', 'options');
      expect(await unreachable(options)).toBeUndefined();
      const database = new Database(options);
      expect(await database.answers()).toBe(true);
      const pool = database.pipelinedPool({ maxConnections: 1 });
      await expect(pool.prepared({ name: 'n', text: 'select 1' }, [])).rejects.toThrow(
        new UnfitSession(['enable_seqscan']),
      );
      await pool.close();
      await database.close();
    });
  });
});
