import { sql } from 'kysely';
import type { Database } from '#libs/postgres';
import type { NewRecord } from '#libs/spend-log';
import {
  adjustmentRecord,
  budgetRecord,
  createTestDatabase,
  openTestLog,
  projectLog,
  projectionDifferences,
  spendRecord,
  spoilRecord,
  TEST_RULES,
  type TestDatabase,
} from '#libs/testing';
import type { LogRecord } from '#libs/wire';
import { compareProjections } from './compare-projections';
import { prepareRebuild } from './prepare-rebuild';
import { RebuiltProjection } from './rebuilt-projection';
import { REBUILD_SCHEMA } from './rebuilt-tables';
import { snapshotOfBoth } from './snapshot-of-both';
import { swapTables } from './swap-tables';

const ACME = new Map([['org', 'acme']]);
const DAYS = { type: 'calendar', unit: 'day', zone: 'UTC' };

describe('a rebuild of labels and the ledger', () => {
  let db: TestDatabase;
  let rebuilding: Database;
  let rebuilt: RebuiltProjection;

  beforeEach(async () => {
    db = await createTestDatabase();
    rebuilding = db.database.separatePool({ schema: REBUILD_SCHEMA, maxConnections: 2 });
    rebuilt = new RebuiltProjection(rebuilding, TEST_RULES, 500);
    await record(
      budgetRecord('days', 1, { account: 'label:org/acme', window: DAYS }),
      budgetRecord('all', 1, { account: 'ledger', window: DAYS }),
    );
    const amended = spendRecord({ type: 'user', userId: 'bob' }, '4.00', { labels: ACME });
    await record(
      spendRecord({ type: 'team', teamId: 'ml', userId: 'bob' }, '3.00', {
        id: 'call-1',
        labels: new Map([...ACME, ['project', 'a/b c%']]),
      }),
      amended,
      adjustmentRecord(amended, '6.00'),
      spendRecord({ type: 'key', keyId: 'k' }, undefined, { labels: ACME }),
      spendRecord({ type: 'key', keyId: 'k' }, '1.00'),
    );
    await prepareRebuild(db.database, { anew: true });
  });
  afterEach(async () => {
    await rebuilding.close();
    await db.drop();
  });

  it.each([
    ['once', Infinity],
    ['batch by batch', 0],
    ['once, and then batch by batch', 1],
  ])('comes to the live tables, summed %s', async (_, before) => {
    await rebuild(before);
    expect(await differences()).toEqual([]);
    expect(await swap()).toBe('swapped');
    expect(await projectionDifferences(db.database)).toEqual([]);
    await record(spendRecord({ type: 'user', userId: 'bob' }, '1.00', { labels: ACME }));
    expect(await projectionDifferences(db.database)).toEqual([]);
  });

  it('names what is wrong by its account, with the events behind it, and heals it', async () => {
    await rebuild(1);
    await spoilRecord(db.database, async (trx) => {
      for (const plant of [
        `update pool_balance set spent = spent + 0.000000000001 where account = 'label:project/a%2Fb c%25'`,
        `update pool_balance set windows = jsonb_set(windows, '{all,2}', '"9"') where account = 'ledger' and spent = 3`,
        `delete from pool_bucket where account = 'ledger' and grain = 'day' and spent = 3`,
        `update spend_event set labels = null where event_id = 'call-1'`,
      ]) {
        await sql.raw(plant).execute(trx);
      }
    });
    const found = await differences();
    expect(found.map(({ kind, about: { account, id } }) => [kind, account ?? id])).toEqual([
      ['event', 'call-1'],
      ['balance', 'label:project/a%2Fb c%25'],
      ['window', 'ledger'],
      ['bucket', 'ledger'],
    ]);
    expect(found[0]).toMatchObject({ live: { labels: null } });
    for (const { events } of found.slice(1)) {
      expect(events).toMatchObject([{ id: 'call-1', amount: '3.00' }]);
    }
    expect(await swap()).toBe('swapped');
    expect(await projectionDifferences(db.database)).toEqual([]);
  });

  async function record(...records: NewRecord[]): Promise<void> {
    await openTestLog(db.database).append(records);
    await projectLog(db.database);
  }

  /** @param before so many records of a partition come before its sums are made */
  async function rebuild(before: number): Promise<void> {
    const rows = await db.database.kysely
      .selectFrom('log_record')
      .select(['partition', 'log_offset as offset', 'headers', 'value'])
      .orderBy('log_offset')
      .execute();
    const log = Map.groupBy(rows as LogRecord[], ({ partition }) => partition);
    for (const [partition, records] of log) {
      let fence = await rebuilt.fence(partition);
      const parts = [records.slice(0, before), records.slice(before)];
      for (const [n, part] of parts.entries()) {
        if (n === 1) await rebuilt.sum(partition);
        if (part.length > 0) fence = (await rebuilt.apply(fence, part))!;
      }
    }
  }

  async function differences() {
    const trx = await snapshotOfBoth(db.database);
    try {
      const { found, differences: all } = await compareProjections(trx, 100, () => undefined);
      expect(found).toBe(all.length);
      return all;
    } finally {
      await trx.rollback().execute();
    }
  }

  function swap(): Promise<string> {
    return db.database.kysely
      .connection()
      .execute((connection) => swapTables(connection, () => Promise.resolve(true)));
  }
});
