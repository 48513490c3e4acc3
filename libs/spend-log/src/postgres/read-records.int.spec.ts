import { instantOf } from '#libs/ledger';
import { createTestDatabase, type TestDatabase } from '#libs/testing';
import { appendRecords } from './append-records';
import { readRecords, type ReadLimits } from './read-records';

const AT_ONE_INSTANT = {
  name: 'at-one-instant',
  text: 'set transaction isolation level repeatable read',
};
const LIMITS: ReadLimits = { records: 100, bytes: 1000 };

describe('reading records', () => {
  let db: TestDatabase;

  beforeEach(async () => {
    db = await createTestDatabase();
  });
  afterEach(() => db.drop());

  const append = (partition: number, ...sizes: readonly number[]) =>
    appendRecords(
      db.database,
      sizes.map((size) => ({ partition, headers: {}, value: Buffer.alloc(size) })),
    );
  const offsetsOf = async (partition: number, from: bigint, limits: ReadLimits) => {
    const reads = await readRecords(db.database, new Map([[partition, from]]), limits);
    return reads.get(partition)!.records.map(({ offset }) => offset);
  };

  it('reads every partition on from its own offset', async () => {
    await append(1, 1, 1, 1);
    await append(2, 1, 1);
    const from = new Map([
      [1, 1n],
      [2, 0n],
      [3, 0n],
    ]);
    const reads = await readRecords(db.database, from, LIMITS);
    const offsets = [...reads].map(([partition, read]) => [
      partition,
      read.endOffset,
      read.records.map(({ offset }) => offset),
    ]);
    expect(offsets).toEqual([
      [1, 3n, [1n, 2n]],
      [2, 2n, [0n, 1n]],
      [3, 0n, []],
    ]);
  });

  it('reads at most so many records', async () => {
    await append(1, 1, 1, 1, 1);
    expect(await offsetsOf(1, 1n, { ...LIMITS, records: 2 })).toEqual([1n, 2n]);
  });

  it('reads no further once it has so many bytes, but one record however large', async () => {
    await append(1, 600, 600, 5000, 10);
    expect(await offsetsOf(1, 0n, LIMITS)).toEqual([0n, 1n]);
    expect(await offsetsOf(1, 2n, LIMITS)).toEqual([2n]);
  });

  it('says an instant before it looked: what it has not seen was appended later', async () => {
    const from = new Map([[1, 0n]]);
    const read = await db.database.atomically(async (client) => {
      await client.prepared(AT_ONE_INSTANT, []);
      await readRecords(client, from, LIMITS);
      await append(1, 1);
      return (await readRecords(client, from, LIMITS)).get(1)!;
    });
    const { appended_at } = await db.database.kysely
      .selectFrom('log_record')
      .select('appended_at')
      .executeTakeFirstOrThrow();
    expect(read.records).toEqual([]);
    expect(read.at).toBeLessThan(instantOf(appended_at));
  });
});
