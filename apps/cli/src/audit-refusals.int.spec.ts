import { createTestDatabase, type TestDatabase } from '#libs/testing';
import { runCommand } from './commands/ledger-commands.fixture';

describe('explanations, statements and closes that make no sense', () => {
  let db: TestDatabase;

  beforeAll(async () => {
    db = await createTestDatabase();
  });
  afterAll(() => db.drop());

  it.each<[string[], string]>([
    [['explain'], 'Usage: npm run ledger -- explain'],
    [['explain', 'alice'], 'Say the id of a decision, or an account'],
    [['explain', 'users:alice'], 'The account must be key:<id>'],
    [['explain', 'user:a/b'], 'The account must have one /'],
    [['explain', 'user:sk-aaaaaaaaaaaaaaaaaaaaaaaa', '--window', 'x'], '--window must be a month'],
    [['explain', '00000000-0000-7000-8000-000000000000'], 'There is no decision'],
    [['explain', '00000000-0000-7000-8000-000000000000', '--zone', 'UTC'], '--zone is of accounts'],
    [['explain', 'user:alice', '--window', '2026-13'], '--window must be a month such as 2026-04'],
    [
      ['explain', 'user:alice', '--window', '2026-04', '--zone', 'Berlin'],
      '--zone must be a time zone',
    ],
    [['explain', 'user:alice', '--from', '2026-04-01'], '--from must be an RFC 3339 time'],
    [['explain', 'user:alice', '--from', '2026-04-01T00:00:00'], '--from must say its offset'],
    [
      ['explain', 'user:alice', '--from', '2026-04-02T00:00:00Z', '--to', '2026-04-02T00:00:00Z'],
      '--from must be before --to',
    ],
    [
      ['explain', 'user:alice', '--window', '2026-04', '--to', '2026-04-02T00:00:00Z'],
      'Say either --window',
    ],
    [['explain', 'user:alice', '--limit=-1'], '--limit must be a whole number'],
    [['explain', 'user:alice', '--limit', '1.5'], '--limit must be a whole number'],
    [['statement'], 'Say which month'],
    [['statement', '--month', '2026-4'], '--month must be a month such as 2026-04'],
    [['statement', '--month', '2026'], '--month must be a month such as 2026-04'],
    [['statement', '--month', '2026-04', '--zone', '+02:00'], '--zone must be a time zone'],
    [['statement', '--month', '2026-04', '--team', ''], '--team must not be empty'],
    [['close', '--month', '2999-01'], 'is not over'],
    [['close', '--month', '2026-02', '--wait', 'PT0S'], 'was not closed'],
    [['close', '--month', '2026-02', '--by', ' '], '--by must have no white space'],
    [['close', '--month', '2026-02', '--wait', 'soon'], '--wait must be a duration'],
  ])('are refused in a sentence: %j', async (args, sentence) => {
    const refusal = await refusalOf(args);
    expect(refusal).toContain(sentence);
    expect(refusal).not.toMatch(/\n|sk-a/);
    const closed = await db.database.kysely.selectFrom('closed_month').selectAll().execute();
    expect(closed).toEqual([]);
  });

  async function refusalOf(args: readonly string[]): Promise<string | undefined> {
    const { out, refusal } = await runCommand(db, args);
    expect(out).toBe('');
    return refusal;
  }
});
