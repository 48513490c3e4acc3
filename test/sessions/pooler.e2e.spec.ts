/** @needs pgbouncer */
import { ledgerCommand, LedgerProcess, OwnPostgres, PgBouncer } from '#libs/testing';

const ANOTHER_SESSION =
  /^DATABASE_URL leads to a connection pooler that gives each transaction another session, as PgBouncer does with pool_mode=transaction: the ledger needs a direct connection to Postgres, [^\n]+\.\n$/;

describe('behind PgBouncer with pool_mode=transaction and ignore_startup_parameters=options', () => {
  let postgres: OwnPostgres;
  let bouncer: PgBouncer;

  beforeAll(async () => {
    postgres = await OwnPostgres.start();
    bouncer = await PgBouncer.start(postgres, 'transaction', ['options']);
  });
  afterAll(async () => {
    await bouncer?.stop();
    await postgres.remove();
  });

  it.each(['standalone', 'ingest', 'projector', 'auth'] as const)(
    '%s does not start, and says why in one sentence',
    async (app) => {
      const env = { DATABASE_URL: bouncer.url };
      const { code, text } = await LedgerProcess.refusal({ app, env });
      expect(withoutWarnings(text)).toMatch(ANOTHER_SESSION);
      expect(code).toBe(1);
    },
  );

  it.each(['migrate', 'verify'])('%s of the command line does not either', async (command) => {
    const { status, stdout, stderr } = await ledgerCommand({ DATABASE_URL: bouncer.url }, command);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(ANOTHER_SESSION);
  });
});

/** Tests open their processes to everybody, and that is said, too. */
function withoutWarnings(text: string): string {
  return text.replace(/^\{.*\}\n/gm, '');
}
