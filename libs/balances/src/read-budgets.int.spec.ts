import fc from 'fast-check';
import { formatMoney, partitionOfBudget } from '#libs/ledger';
import { Database } from '#libs/postgres';
import type { NewRecord } from '#libs/spend-log';
import {
  budgetRecord,
  createTestDatabase,
  openTestLog,
  projectLog,
  propertyOptions,
  TEST_PARTITIONS,
  type TestDatabase,
} from '#libs/testing';
import {
  listBudgets,
  readBudgetInForce,
  readBudgetRevision,
  readLastRevision,
} from './read-budgets';
import { readSnapshot } from './read-snapshot';

const HOUR_MS = 3_600_000;
const inHours = (hours: number) => new Date(Date.now() + hours * HOUR_MS).toISOString();

describe('which revision of a budget is in force', () => {
  let db: TestDatabase;
  let later: Database;

  beforeAll(async () => {
    db = await createTestDatabase();
    later = new Database({ ...db.options, clockOffsetMs: 2 * HOUR_MS });
  });
  afterAll(async () => {
    await later.close();
    await db.drop();
  });

  const record = async (...records: readonly NewRecord[]) => {
    await openTestLog(db.database).append(records);
    await projectLog(db.database);
  };
  const inForce = async (budgetId: string, database = db.database) => {
    const partition = partitionOfBudget(budgetId, TEST_PARTITIONS);
    return (await readBudgetInForce(database, budgetId, partition))?.revision;
  };
  /** The budgets a check of this user goes by, as `id limit`. */
  const checked = async (userId: string, database = db.database) => {
    const account = { kind: 'user', userId } as const;
    const accounts = new Map([[`user:${userId}`, account]]);
    const snapshot = await readSnapshot(database, accounts, TEST_PARTITIONS);
    return snapshot
      .statesOf(account)
      .map(({ budget }) => `${budget.budgetId} ${formatMoney(budget.limitPico!)}`);
  };
  const listed = async (account: string, database = db.database) => {
    const found = await listBudgets(database, { account, limit: 10 });
    return found.map(({ budget }) => `${budget!.budgetId} ${formatMoney(budget!.limitPico!)}`);
  };

  it('is the highest one, in whatever order the log has them', async () => {
    const limits = ['1.00', '2.00', '3.00'];
    const revisions = limits.map((limit, n) =>
      budgetRecord('order', n + 1, { account: 'user:order', limit }),
    ) as [NewRecord, NewRecord, NewRecord];
    await record(revisions[1]);
    await record(revisions[2]);
    await record(revisions[0]);
    expect(await inForce('order')).toBe(3);
    expect(await checked('order')).toEqual(['order 3.00']);
    expect(await listed('user:order')).toEqual(['order 3.00']);
  });

  it('is the former one again when its time is over, a removal too', async () => {
    const account = 'user:timed';
    await record(
      budgetRecord('timed', 1, { account, limit: '1.00' }),
      budgetRecord('timed', 2, { account, limit: '2.00', validUntil: inHours(1) }),
    );
    expect([await inForce('timed'), await inForce('timed', later)]).toEqual([2, 1]);
    expect(await checked('timed')).toEqual(['timed 2.00']);
    expect(await checked('timed', later)).toEqual(['timed 1.00']);
    expect(await listed(account, later)).toEqual(['timed 1.00']);
    await record(budgetRecord('timed', 3, null));
    expect([await inForce('timed'), await inForce('timed', later)]).toEqual([3, 3]);
    expect(await checked('timed', later)).toEqual([]);
    await record(budgetRecord('timed', 4, { account, limit: '4.00', validUntil: inHours(1) }));
    expect([await checked('timed'), await checked('timed', later)]).toEqual([['timed 4.00'], []]);
  });

  it('can be asked for by its number, and the last one too', async () => {
    const partition = partitionOfBudget('numbered', TEST_PARTITIONS);
    expect(await readLastRevision(db.database, 'numbered', partition)).toBe(0);
    await record(
      budgetRecord('numbered', 3, null),
      budgetRecord('numbered', 1, { account: 'user:numbered' }),
    );
    const revision = (number: number) =>
      readBudgetRevision(db.database, 'numbered', number, partition);
    expect(await readLastRevision(db.database, 'numbered', partition)).toBe(3);
    expect(await revision(1)).toMatchObject({ revision: 1, budget: { account: 'user:numbered' } });
    expect(await revision(2)).toBeUndefined();
    expect(await revision(3)).toMatchObject({ revision: 3, budget: null });
  });

  // Hypothesis: some order of revisions, or some end of one, leaves another one in force than the highest that holds.
  it('is the highest that holds, whatever was set, until whenever, and however it came', async () => {
    let run = 0;
    const revision = fc.record({
      on: fc.constantFrom('a', 'b', 'removed'),
      validUntil: fc.constantFrom(undefined, undefined, -1, 1, 3),
    });
    const changes = fc.record({
      revisions: fc.array(revision, { minLength: 1, maxLength: 6 }),
      deliveries: fc.array(fc.nat(), { minLength: 1, maxLength: 10 }),
      batch: fc.integer({ min: 1, max: 10 }),
    });
    const holds = async ({ revisions, deliveries, batch }: Changes) => {
      const id = `random-${(run += 1)}`;
      const records = revisions.map(({ on, validUntil }, n) => {
        const end = validUntil === undefined ? {} : { validUntil: inHours(validUntil) };
        const settings = { account: `user:${on}-${id}`, limit: `${n + 1}.00`, ...end };
        return budgetRecord(id, n + 1, on === 'removed' ? null : settings);
      });
      const delivered = deliveries.map((choice) => choice % records.length);
      for (let at = 0; at < delivered.length; at += batch) {
        await record(...delivered.slice(at, at + batch).map((n) => records[n]!));
      }
      for (const [database, hours] of [[db.database, 0] as const, [later, 2] as const]) {
        const standing = delivered.filter((n) => {
          const { on, validUntil } = revisions[n]!;
          return on === 'removed' || validUntil === undefined || validUntil > hours;
        });
        const highest = Math.max(...standing);
        expect(await inForce(id, database)).toBe(standing.length ? highest + 1 : undefined);
        for (const on of ['a', 'b']) {
          const isSet = standing.length > 0 && revisions[highest]!.on === on;
          const expected = isSet ? [`${id} ${highest + 1}.00`] : [];
          expect(await checked(`${on}-${id}`, database)).toEqual(expected);
          expect(await listed(`user:${on}-${id}`, database)).toEqual(expected);
        }
      }
    };
    await fc.assert(fc.asyncProperty(changes, holds), propertyOptions(30));
  });
});

interface Changes {
  readonly revisions: readonly { on: string; validUntil: number | undefined }[];
  readonly deliveries: readonly number[];
  readonly batch: number;
}
