import { sql } from 'kysely';
import { Database } from '#libs/postgres';
import {
  createTestDatabase,
  logRecords,
  projectBatch,
  rowsRead,
  spendRecord,
  type TestDatabase,
} from '#libs/testing';

const BATCH = 50;

describe('a batch of spends', () => {
  let db: TestDatabase;
  /** Of one session, which keeps the plans that it made while there was nothing. */
  let database: Database;

  beforeAll(async () => {
    db = await createTestDatabase();
    database = new Database({ ...db.options, maxConnections: 1 });
    // A ledger that has just begun: nothing says what its tables hold.
    await sql`alter table spend_event set (autovacuum_enabled = false)`.execute(database.kysely);
  });
  afterAll(async () => {
    await database.close();
    await db.drop();
  });

  it('reads as many events after 2,000 others as in an empty ledger', async () => {
    const first = await eventsReadBy(0);
    // Postgres plans a statement anew some times before it keeps a plan.
    for (let n = 1; n <= 40; n++) expect(await eventsReadBy(n)).toBe(first);
  });

  /** A batch of as many people, teams and members. */
  async function eventsReadBy(batch: number): Promise<number> {
    const spends = Array.from({ length: BATCH }, (_, n) => {
      const userId = `user-${(batch * BATCH + n) % 97}`;
      return n % 2 === 0
        ? spendRecord({ type: 'user', userId }, '0.01')
        : spendRecord({ type: 'team', teamId: `team-${n}`, userId }, '0.01');
    });
    const before = await rowsRead(database, 'spend_event');
    expect(await projectBatch(database, logRecords(spends, BigInt(batch * BATCH)))).toBe('applied');
    return (await rowsRead(database, 'spend_event')) - before;
  }
});
