import { findPostgresLog } from '#libs/spend-log';
import { createTestDatabase, TEST_CURRENCY, type TestDatabase } from '#libs/testing';
import { createLedger, type FindLog, type FoundLog } from './create-ledger';
import { keepTimeZoneData } from './time-zone-data';

describe('opening a ledger that is there', () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await createTestDatabase();
  });
  afterAll(() => db.drop());

  const open = (findLog: FindLog, zones: { timeZoneData?: string } = {}) =>
    createLedger(
      db.options,
      { currency: TEST_CURRENCY, partitions: undefined, ...zones },
      { partitions: 1 },
      findLog,
    );

  it('waits for no other process that looks for the log in vain', async () => {
    const found = Promise.withResolvers<FoundLog>();
    const looks = Promise.withResolvers<void>();
    const inVain = open(() => {
      looks.resolve();
      return found.promise;
    });
    await looks.promise;
    expect(await open(findPostgresLog)).toMatchObject({ ok: true });
    found.resolve({ ok: false, sentence: 'There is no log.' });
    expect(await inVain).toEqual({ ok: false, sentence: 'There is no log.' });
  });

  it('says where the tz database of a process is another than that of the ledger', async () => {
    const warningOf = async (timeZoneData?: string) => {
      const opened = await open(
        findPostgresLog,
        timeZoneData === undefined ? {} : { timeZoneData },
      );
      return opened.ok ? opened.warning : opened.sentence;
    };
    expect(await warningOf()).toBeUndefined();
    expect(await warningOf('1999z')).toContain('The time-zone data of this process are 1999z');
    await keepTimeZoneData(db.database, '1999z');
    expect(await warningOf('1999z')).toBeUndefined();
    expect(await warningOf()).toContain('those of this ledger are 1999z');
    await db.database.kysely.updateTable('ledger').set({ time_zone_data: null }).execute();
    expect(await warningOf('2000a')).toBeUndefined();
    expect(await warningOf('1999z')).toContain('those of this ledger are 2000a');
  });

  it('is refused over a log that ends before what was read of it, or written to it', async () => {
    const { kysely } = db.database;
    await kysely
      .updateTable('projection_partition')
      .set({ next_offset: 5n })
      .where('partition', '=', 3)
      .execute();
    const endingAt = (end: bigint) => () => ({
      ok: true as const,
      logId: null,
      endOffsets: new Map([[3, end]]),
    });
    expect(await open(endingAt(5n))).toMatchObject({ ok: true });
    expect(await open(endingAt(4n))).toEqual({
      ok: false,
      sentence: expect.stringMatching(
        /^Partition 3 of the log ends at offset 4, but it was read up to 5: its end was lost/,
      ) as string,
    });
    await kysely
      .updateTable('log_partition')
      .set({ end_offset: 6n })
      .where('partition', '=', 3)
      .execute();
    expect(await open(endingAt(6n))).toMatchObject({ ok: true });
    expect(await open(endingAt(5n))).toEqual({
      ok: false,
      sentence: expect.stringMatching(
        /^Partition 3 of the log ends at offset 5, but it was written up to 6: its end was lost/,
      ) as string,
    });
  });
});
