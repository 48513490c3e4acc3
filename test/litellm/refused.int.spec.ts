import { asUser, createTestDatabase, type TestDatabase } from '#libs/testing';
import { runCommand } from '../../apps/cli/src/commands/ledger-commands.fixture';
import { importFrom } from './support/import-in-test';
import { recordCounts } from './support/ledger-state';
import { LitellmInTest } from './support/litellm-in-test';

describe('what is no LiteLLM', () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await createTestDatabase();
  });
  afterAll(() => db.drop());

  const refusalOf = async (...options: string[]) => {
    const run = await runCommand(db, ['import-litellm', ...options]);
    expect(run.status).toBe(2);
    expect(await recordCounts(db.database)).toMatchObject({ claims: 0n });
    return run.refusal;
  };

  it.each([
    [
      ['--from', 'postgres://nobody:secret-word@127.0.0.1:1/litellm'],
      /leads to no Postgres.*ECONNREFUSED/,
    ],
    [['--from', 'mysql://localhost/litellm'], /^Say which database/],
    [['--from', 'postgres://[/x'], /--from/],
    [[], /^Say which database/],
    [['--nonsense'], /Unknown option '--nonsense'/],
    [['--from', 'postgres://h/d', '--timezone', 'Mars/Olympus'], /--timezone must be a time zone/],
    [['--from', 'postgres://h/d', '--reset-time', '25:00'], /--reset-time must be a time of day/],
    [['--from', 'postgres://h/d', '--source', 'ledger/x'], /--source must not begin with ledger\//],
    [['--from', 'postgres://h/d', '--end-users', 'sell'], /--end-users must be drop, hash or keep/],
    [['--from', 'postgres://h/d', '--since', 'yesterday'], /--since must be an RFC 3339 time/],
    [['--from', 'postgres://h/d', '--dry-run', '--follow'], /--follow records new rows/],
    [['--from', 'postgres://h/d', '--no-budgets', '--no-spend'], /nothing is left/],
  ])('is refused in a sentence: %j', async (options, sentence) => {
    const refusal = await refusalOf(...options);
    expect(refusal).toMatch(sentence);
    expect(refusal).not.toContain('secret-word');
  });

  it('is refused where the database has no LiteLLM_SpendLogs', async () => {
    expect(await refusalOf('--from', db.url)).toMatch(
      /^There is no table "LiteLLM_SpendLogs" in the database of --from/,
    );
  });

  it('is refused where its user may not read a table, which is named', async () => {
    const litellm = await LitellmInTest.create();
    const role = `reader_${Date.now()}`;
    await litellm.run(`
      create role ${role} login password 'reader';
      grant select on all tables in schema public to ${role};
      revoke select on "LiteLLM_Config" from ${role}`);
    try {
      const url = asUser(litellm.url, role, 'reader');
      expect(await refusalOf('--from', url)).toBe(
        'The user in --from may not read "LiteLLM_Config": grant it select on these tables.',
      );
      await litellm.run(`grant select on "LiteLLM_Config" to ${role}`);
      const run = await importFrom({ url }, db, '--dry-run');
      expect([run.status, run.report.rows.read]).toEqual([0, 772]);
    } finally {
      await litellm.run(`drop owned by ${role}; drop role ${role}`);
      await litellm.drop();
    }
  });
});
