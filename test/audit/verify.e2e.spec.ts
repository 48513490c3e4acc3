import { sql } from 'kysely';
import { verifyLedger, type LedgerDifference } from '#libs/projection';
import {
  copyTestDatabase,
  createTestDatabase,
  fillVaried,
  LedgerProcess,
  openTestLog,
  ledgerCommand,
  TEST_RULES,
  waitUntil,
  workloadSeed,
  spoilRecord,
  type TestDatabase,
} from '#libs/testing';
import { PLANTS } from './support/planted-differences';

const SEED = workloadSeed();

describe(`verify (FC_SEED=${SEED})`, () => {
  let db: TestDatabase;

  beforeAll(async () => {
    db = await createTestDatabase();
    const ledger = await LedgerProcess.start({ env: { DATABASE_URL: db.url } });
    try {
      await fillVaried(ledger.http, SEED);
      await quarantineOne(db);
      const { status: code, stdout: out } = await ledgerCommand(
        { DATABASE_URL: db.url },
        'verify',
        '--json',
      );
      const { events, accounts, differences } = JSON.parse(out) as Record<string, unknown>;
      expect({ code, differences }).toEqual({ code: 0, differences: [] });
      expect([Number(events) > 60, Number(accounts) > 20]).toEqual([true, true]);
    } finally {
      await ledger.stop();
    }
  });

  afterAll(() => db.drop());

  it.each(PLANTS)('finds and names $what', async ({ plant, kinds, others }) => {
    const copy = await copyTestDatabase(db);
    try {
      await spoilRecord(copy.database, async (trx) => {
        for (const statement of plant) await sql.raw(statement).execute(trx);
      });
      const found = await differences(copy);
      const names = new Set(found.map(({ kind }) => kind));
      expect(kinds.filter((kind) => !names.has(kind))).toEqual([]);
      // What follows from it may be named, too; nothing else.
      const known = [...kinds, ...(others ?? [])];
      expect([...names].filter((kind) => !known.includes(kind))).toEqual([]);
    } finally {
      await copy.drop();
    }
  });

  it('tells of a difference in a line, and exits with 1', async () => {
    const copy = await copyTestDatabase(db);
    try {
      await sql`
        update user_balance set spent = spent + 0.000000000001 where user_id = 'user-0'`.execute(
        copy.database.kysely,
      );
      const { status: code, stdout: out } = await ledgerCommand(
        { DATABASE_URL: copy.url },
        'verify',
      );
      expect(code).toBe(1);
      expect(out).toMatch(
        /^wrong spent: partition \d+, account user:user-0; stored \S+, expected \S+$/m,
      );
      expect(out).toMatch(/\d+ events, \d+ accounts: 1 difference\.$/m);
    } finally {
      await copy.drop();
    }
  });
});

async function differences({ database }: TestDatabase): Promise<readonly LedgerDifference[]> {
  const { signal } = new AbortController();
  const facts = { ...TEST_RULES, logId: null };
  return (await verifyLedger(database, facts, { most: 100, atOnce: 3, signal })).differences;
}

/** A record that nothing can be made of. */
async function quarantineOne({ database }: TestDatabase): Promise<void> {
  const log = openTestLog(database);
  await log.append([{ partition: 3, headers: { ce_id: 'spoiled' }, value: Buffer.from('?') }]);
  await waitUntil('it stands aside', async () => {
    const rows = await database.kysely.selectFrom('quarantine').select('partition').execute();
    return rows.length === 1;
  });
  await log.close();
}
