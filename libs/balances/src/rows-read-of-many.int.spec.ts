import { sql } from 'kysely';
import { formatAccount, instantOf, parseAccount, type Account } from '#libs/ledger';
import type { Database } from '#libs/postgres';
import type { NewRecord } from '#libs/spend-log';
import {
  asAnotherSession,
  createTestDatabase,
  openTestLog,
  projectLog,
  rowsRead,
  spendRecord,
  TEST_PARTITIONS,
  type TestDatabase,
} from '#libs/testing';
import { readStanding } from './read-snapshot';
import { askSnapshot, type SnapshotRow } from './snapshot-statement';

const TEAMS = 20;
const time = instantOf('2026-04-10T12:00:00Z');
const DAY = 86_400_000_000n;
const window = { start: time - DAY, end: time + DAY };

/** Of each account, how many rows it has: one in each partition at most, or one for each membership and her own. */
const ROWS: readonly (readonly [name: string, most: number])[] = [
  ['person:alice', TEAMS + 1],
  ['label:project/p-1', TEST_PARTITIONS],
  ['ledger', TEST_PARTITIONS],
];

describe('asked of a session that planned while the ledger was empty', () => {
  let db: TestDatabase;
  let database: Database;

  beforeAll(async () => {
    db = await createTestDatabase({ autovacuum: false });
    database = db.database.pipelinedPool({ maxConnections: 1, plansOnce: true });
    await asAnotherSession(db.database, ({ kysely }) => sql`vacuum (analyze)`.execute(kysely));
    for (const [name] of ROWS) {
      for (let n = 0; n < 6; n++) {
        await standing(name);
        await sums(name);
      }
    }
    await record(
      spendRecord({ type: 'user', userId: 'alice' }, '0.01', { time }),
      ...Array.from({ length: TEAMS }, (_, n) => spendIn(`t-${n}`, 'alice', 'p-1')),
    );
  });
  afterAll(async () => {
    await database.close();
    await db.drop();
  });

  it('a person is a row for each membership, a label and the ledger one for each partition, whatever there is beside', async () => {
    const ofAlice = await rowsOfOne('person:alice');
    expect(ofAlice).toBe(TEAMS + 1);
    const others = Array.from({ length: 2000 }, (_, n) =>
      spendIn(`t-${n % 40}`, `u-${n}`, `p-${n}`),
    );
    const personal = Array.from({ length: 1000 }, (_, n) =>
      spendRecord({ type: 'user', userId: `u-${n}` }, '0.01', { time }),
    );
    await record(...others, ...personal);
    expect(await rowsOfOne('person:alice')).toBe(ofAlice);
    for (const [name, most] of ROWS) {
      const rows = await rowsOfOne(name);
      expect([name, rows > 1 && rows <= most]).toEqual([name, true]);
    }
  });

  it('so are the rows that sums of windows begin from', async () => {
    for (const [name, most] of ROWS) {
      const rows = await sums(name);
      const found = rows.filter(([kind]) => kind === 'sum').length;
      expect(found).toBe(rows.filter(([kind]) => kind === 'account').length);
      expect(found).toBeGreaterThan(1);
      expect(found).toBeLessThanOrEqual(most);
    }
    const ofPerson = await sums('person:alice');
    expect(ofPerson.filter(([kind]) => kind === 'sum')).toHaveLength(TEAMS + 1);
  });

  /** Of balances. */
  async function rowsOfOne(name: string): Promise<number> {
    const read = async () => {
      let sum = 0;
      for (const kind of ['key', 'user', 'team', 'member', 'pool']) {
        sum += await rowsRead(database, `${kind}_balance`);
      }
      return sum;
    };
    const before = await read();
    await standing(name);
    return (await read()) - before;
  }

  const standing = (name: string) =>
    readStanding(database, new Map([[name, of(name)]]), TEST_PARTITIONS);

  const sums = (name: string) => {
    const account = of(name);
    const accounts = new Map([[name, account]]);
    const windows = [{ account, name, budgetId: 'b', window }];
    const balances = accounts;
    const partitions = TEST_PARTITIONS;
    const question = { accounts, balances, partitions, floor: undefined, windows };
    return database.prepared<SnapshotRow>(...askSnapshot(question));
  };

  const record = async (...records: readonly NewRecord[]) => {
    await asAnotherSession(db.database, async (other) => {
      await openTestLog(other).append(records);
      await projectLog(other);
    });
  };

  const spendIn = (teamId: string, userId: string, project: string) =>
    spendRecord({ type: 'team', teamId, userId }, '0.01', {
      time,
      labels: new Map([['project', project]]),
    });
});

function of(name: string): Account {
  const account = parseAccount(name, 'account');
  if (!account.ok || formatAccount(account.value) !== name) throw new Error(`no account: ${name}`);
  return account.value;
}
