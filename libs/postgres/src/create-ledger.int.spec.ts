import { findPostgresLog } from '#libs/spend-log';
import { createTestDatabase, TEST_CURRENCY, type TestDatabase } from '#libs/testing';
import { createLedger, type FindLog, type FoundLog } from './create-ledger';

describe('opening a ledger that is there', () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await createTestDatabase();
  });
  afterAll(() => db.drop());

  const open = (findLog: FindLog) =>
    createLedger(
      db.options,
      { currency: TEST_CURRENCY, partitions: undefined },
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
});
