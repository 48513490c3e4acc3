import { sql } from 'kysely';
import { createTestDatabase, untilSessionsWait, type TestDatabase } from '#libs/testing';
import { appendRecords } from './append-records';
import { readRecords } from './read-records';

/** Of two appends the first takes its place and commits last; a reader looks in between and reads on from there. */
describe('an append that commits after a later one', () => {
  let db: TestDatabase;

  beforeEach(async () => {
    db = await createTestDatabase();
  });
  afterEach(() => db.drop());

  const append = (text: string) =>
    appendRecords(db.database, [{ partition: 0, headers: {}, value: Buffer.from(text) }]);
  const read = async (from: bigint) => {
    const limits = { records: 10, bytes: 1000 };
    const reads = await readRecords(db.database, new Map([[0, from]]), limits);
    return reads.get(0)!.records.map(({ value }) => value.toString());
  };

  it('is lost to the reader where offsets come from a sequence', async () => {
    const { kysely } = db.database;
    await sql`create table naive_log (log_offset bigserial primary key, text text)`.execute(kysely);
    const readNaive = async (after: bigint) => {
      const { rows } = await sql<{ log_offset: bigint; text: string }>`
        select * from naive_log where log_offset > ${after} order by log_offset`.execute(kysely);
      return rows;
    };
    const first = await kysely.startTransaction().execute();
    await sql`insert into naive_log (text) values ('first')`.execute(first);
    await sql`insert into naive_log (text) values ('second')`.execute(kysely);
    const seen = await readNaive(0n);
    await first.commit().execute();
    seen.push(...(await readNaive(seen.at(-1)!.log_offset)));
    expect(seen.map(({ text }) => text)).toEqual(['second']);
  });

  it('cannot be: the later one waits for it', async () => {
    // A row in the place of the first append holds that one up, its offset taken and not committed.
    const obstacle = await db.database.kysely.startTransaction().execute();
    const row = { partition: 0, log_offset: 0n, headers: {}, value: Buffer.alloc(0) };
    await obstacle.insertInto('log_record').values(row).execute();
    const first = append('first');
    await untilSessionsWait(db.database, 1);
    const second = append('second');
    await untilSessionsWait(db.database, 2);
    expect(await read(0n)).toEqual([]);

    await obstacle.rollback().execute();
    expect([await first, await second]).toEqual([[0n], [1n]]);
    expect(await read(0n)).toEqual(['first', 'second']);
  });
});
