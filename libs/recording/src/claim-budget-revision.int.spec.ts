import { sql } from 'kysely';
import { parseBudget, partitionOfBudget, type Budget } from '#libs/ledger';
import { Database } from '#libs/postgres';
import { createTestDatabase, TEST_PARTITIONS, type TestDatabase } from '#libs/testing';
import { claimBudgetRevision } from './claim-budget-revision';

const PARTITION = partitionOfBudget('b', TEST_PARTITIONS);

describe('claiming a revision of a budget', () => {
  let db: TestDatabase;

  beforeEach(async () => {
    db = await createTestDatabase();
  });
  afterEach(() => db.drop());

  const claim = (revision: number, limit: string, database = db.database) =>
    claimBudgetRevision(database, {
      change: { budgetId: 'b', revision, budget: budget(limit) },
      partition: PARTITION,
      caller: 'admin',
    });
  const claims = () => db.database.kysely.selectFrom('event_claim').selectAll().execute();
  const outbox = () => db.database.kysely.selectFrom('outbox').selectAll().execute();

  it('leaves its record in the outbox, with the claim’s time and hash', async () => {
    expect(await claim(1, '10.00')).toBe('claimed');
    const [[held], [record]] = [await claims(), await outbox()];
    expect(record).toMatchObject({ event_key: held!.event_key, partition: PARTITION });
    expect(record!.headers).toMatchObject({
      ce_source: 'ledger/budgets',
      ce_id: 'b/1',
      ce_recordedat: held!.recorded_at,
      ce_contenthash: held!.content_hash,
      ce_caller: 'admin',
    });
    expect(JSON.parse(record!.value.toString())).toMatchObject({ revision: 1, limit: '10.00' });
  });

  it('is won by one of many administrators, and the others leave nothing', async () => {
    const databases = [1, 2, 3].map(() => new Database(db.options));
    const limits = ['1.00', '2.00', '3.00', '4.00', '5.00', '6.00'];
    const won = await Promise.all(limits.map((limit, n) => claim(1, limit, databases[n % 3])));
    for (const database of databases) await database.close();
    expect([...won].sort()).toEqual(['claimed', ...Array<string>(5).fill('other')]);
    const records = await outbox();
    expect(records.map(({ value }) => JSON.parse(value.toString()).limit)).toEqual([
      limits[won.indexOf('claimed')],
    ]);
    expect(await claims()).toHaveLength(1);
  });

  it('tells who comes second whether the first one asked for the same', async () => {
    await claim(1, '10.00');
    expect(await claim(1, '10')).toBe('same');
    expect(await claim(1, '10.01')).toBe('other');
    expect(await outbox()).toHaveLength(1);
  });

  it('claims nothing when the outbox cannot be written', async () => {
    const { kysely } = db.database;
    await sql`alter table outbox add constraint broken check (false)`.execute(kysely);
    await expect(claim(1, '10.00')).rejects.toThrow('broken');
    expect(await claims()).toEqual([]);
    await sql`alter table outbox drop constraint broken`.execute(kysely);
    expect(await claim(1, '10.00')).toBe('claimed');
  });
});

function budget(limit: string): Budget {
  const settings = { account: 'user:alice', limit, window: { type: 'total' } };
  const read = parseBudget('b', settings);
  if (!read.ok) throw new Error('not a budget');
  return read.value;
}
