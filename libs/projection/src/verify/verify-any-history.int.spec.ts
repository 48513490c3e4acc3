import fc from 'fast-check';
import { sql } from 'kysely';
import {
  createTestDatabase,
  emptyProjection,
  histories,
  projectHistory,
  propertyOptions,
  recordsOfEvents,
  TEST_RULES,
  type History,
  type TestDatabase,
} from '#libs/testing';
import { verifyLedger } from './verify-ledger';

describe('verifying', () => {
  let db: TestDatabase;

  beforeAll(async () => {
    db = await createTestDatabase();
  });
  afterAll(() => db.drop());

  // Hypothesis: some history, some duplicate or some batching comes to what verifying takes for a difference.
  it('finds nothing wrong with any history that was projected', async () => {
    const projected = async (history: History) => {
      await emptyProjection(db.database);
      await projectHistory(db.database, history, recordsOfEvents(history), { restoreClaims: true });
      expect(await differences()).toEqual([]);
    };
    await fc.assert(fc.asyncProperty(histories, projected), propertyOptions(20));
  });

  // Hypothesis: some balance can be wrong by the smallest unit and still pass.
  it('finds each balance that is off by the smallest unit', async () => {
    const planted = async (history: History, choice: number) => {
      await emptyProjection(db.database);
      await projectHistory(db.database, history, recordsOfEvents(history), { restoreClaims: true });
      const kind = ['key', 'user', 'team', 'member', 'pool'][choice % 5]!;
      const { numAffectedRows = 0n } = await sql`
        update ${sql.table(`${kind}_balance`)} set spent = spent + 0.000000000001`.execute(
        db.database.kysely,
      );
      // The claims of the histories before stand there for ever, and where a sum is wrong they are told of.
      const kinds = (await differences())
        .map((each) => each.kind)
        .filter((each) => each !== 'missing_event');
      expect(kinds).toEqual(Array.from({ length: Number(numAffectedRows) }, () => 'wrong_spent'));
    };
    await fc.assert(fc.asyncProperty(histories, fc.nat(), planted), propertyOptions(10));
  });

  async function differences() {
    // As if the log was elsewhere: these records were never appended.
    const facts = { ...TEST_RULES, logId: 'elsewhere' };
    const { signal } = new AbortController();
    return (await verifyLedger(db.database, facts, { most: 1000, atOnce: 2, signal })).differences;
  }
});
