import { sql } from 'kysely';
import type { Scope } from '#libs/ledger';
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
/** In one partition, as one projector writes it. */
const ML: Scope = { type: 'team', teamId: 'ml', userId: 'alice', keyId: 'k' };

describe('a batch of spends', () => {
  let db: TestDatabase;
  /** Of one session, which keeps the plans that it made while there was nothing. */
  let database: Database;

  beforeEach(async () => {
    db = await createTestDatabase({ autovacuum: false });
    database = new Database({ ...db.options, maxConnections: 1 });
    // A ledger that has just begun: nothing says what its tables hold.
    await sql`alter table spend_event set (autovacuum_enabled = false)`.execute(database.kysely);
  });
  afterEach(async () => {
    await database.close();
    await db.drop();
  });

  it('reads as many of all tables, with labels, whatever the ledger has: planned on empty tables that were looked at', async () => {
    await sql`analyze`.execute(database.kysely);
    const records = (batch: number) =>
      Array.from({ length: BATCH }, (_, n) =>
        spendRecord(ML, '0.01', {
          labels: new Map([
            ['org', `org-${n % 3}`],
            ['session', `session-${batch}-${n}`],
          ]),
        }),
      );
    let end = 0;
    const read = async (batch: number) => {
      const before = await rowsRead(database);
      expect(await projectBatch(database, logRecords(records(batch), BigInt(end)))).toBe('applied');
      end += BATCH;
      return (await rowsRead(database)) - before;
    };
    // One statement that read all events would read more than that in the later ones.
    for (let n = 0; n <= 60; n++) expect(await read(n)).toBeLessThan(50 * BATCH);
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
