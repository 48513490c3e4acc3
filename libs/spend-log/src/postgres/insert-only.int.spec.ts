import { sql } from 'kysely';
import { createTestDatabase, type TestDatabase } from '#libs/testing';

/** The partitions of the claims are tables too, and can be named. */
const TABLES = ['log_record', 'event_claim', 'event_claim_0', 'event_claim_7'];
const CHANGES: Readonly<Record<string, (table: string) => string>> = {
  update: (table) => `update ${table} set partition = partition + 1`,
  delete: (table) => `delete from ${table}`,
  truncate: (table) => `truncate ${table}`,
};

describe('a recorded fact', () => {
  let db: TestDatabase;

  beforeAll(async () => {
    db = await createTestDatabase();
  });
  afterAll(() => db.drop());

  const cases = TABLES.flatMap((table) => Object.keys(CHANGES).map((verb) => [verb, table]));
  it.each(cases)('refuses a %s of %s', async (verb, table) => {
    const change = sql.raw(CHANGES[verb]!(table));
    await expect(change.execute(db.database.kysely)).rejects.toThrow('is insert-only');
  });
});
