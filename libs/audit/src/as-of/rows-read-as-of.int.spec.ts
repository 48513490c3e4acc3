import { sql } from 'kysely';
import { instantOf, partitionOfScope, type Account, type Scope } from '#libs/ledger';
import type { Database } from '#libs/postgres';
import type { NewRecord } from '#libs/spend-log';
import {
  asAnotherSession,
  createTestDatabase,
  logRecords,
  projectBatch,
  rowsRead,
  spendRecord,
  TEST_PARTITIONS,
  type TestDatabase,
} from '#libs/testing';
import { readBalanceAsOf, type AsOfQuestion } from './read-balance-as-of';

const ALICE: Scope = { type: 'user', userId: 'alice' };
const USER: Account = { kind: 'user', userId: 'alice' };
const PERSON: Account = { kind: 'person', userId: 'alice' };
const LABEL: Account = { kind: 'label', name: 'project', value: 'search' };
const SEARCH = { labels: new Map([['project', 'search']]) };
const time = instantOf('2026-04-10T12:00:00Z');
const at = instantOf('2026-04-10T13:00:00Z');
/** Before anything was known, so that each partition has come so far. */
const knownAt = instantOf('2026-04-10T12:30:00Z');

const AT_A_TIME: AsOfQuestion = { at, knownAt: undefined };
const AS_KNOWN: AsOfQuestion = { at, knownAt };

// What was known of a label is looked for among the entries of its time.
describe.each<[string, Account, AsOfQuestion]>([
  ['of a user at a time', USER, AT_A_TIME],
  ['of a user as it was known', USER, AS_KNOWN],
  ['of a person at a time', PERSON, AT_A_TIME],
  ['of a person as it was known', PERSON, AS_KNOWN],
  ['of a label at a time', LABEL, AT_A_TIME],
])(
  'a balance %s, asked of a session that planned while the ledger was empty',
  (_what, account, question) => {
    let db: TestDatabase;
    let database: Database;

    beforeAll(async () => {
      db = await createTestDatabase({ autovacuum: false });
      database = db.database.pipelinedPool({ maxConnections: 1, plansOnce: true });
    });
    afterAll(async () => {
      await database.close();
      await db.drop();
    });

    it('reads as many rows beside thousands of events of others as beside none', async () => {
      await asAnotherSession(db.database, async ({ kysely }) => {
        const known = '2026-04-11T00:00:00Z';
        await sql`update projection_partition set known_at = ${known}`.execute(kysely);
        await sql`vacuum (analyze)`.execute(kysely);
      });
      for (let n = 0; n < 6; n++) await rowsOfOneReading();
      const given = { time, recordedAt: time };
      const own = spendRecord(ALICE, '0.01', { ...given, ...SEARCH });
      await project([own]);
      const ofTeam = spendRecord({ type: 'team', teamId: 'ml', userId: 'alice' }, '0.01', given);
      await project([ofTeam]);
      const beside = await rowsOfOneReading();
      const partition = partitionOfScope(ALICE, TEST_PARTITIONS);
      const others = Array.from({ length: 30_000 }, (_, n): Scope => ({
        type: 'user',
        userId: `u-${n}`,
      }))
        .filter((scope) => partitionOfScope(scope, TEST_PARTITIONS) === partition)
        .map((scope) => spendRecord(scope, '0.01', given));
      expect(others.length).toBeGreaterThan(1000);
      await project(others, 1n);
      expect(await rowsOfOneReading()).toBe(beside);
    });

    const project = (records: readonly NewRecord[], from?: bigint) =>
      asAnotherSession(db.database, (other) => projectBatch(other, logRecords(records, from)));

    async function rowsOfOneReading(): Promise<number> {
      const before = await rowsRead(database);
      const reading = await readBalanceAsOf(database, account, TEST_PARTITIONS, question);
      expect(reading.outcome).toBe('read');
      return (await rowsRead(database)) - before;
    }
  },
);
