import { partitionOfScope } from '#libs/ledger';
import { lockOutbox } from '#libs/postgres';
import { BoundedReads } from '#libs/runtime';
import {
  createTestDatabase,
  openTestLog,
  projectLog,
  spendRecord,
  TEST_PARTITIONS,
  type TestDatabase,
} from '#libs/testing';
import { AsOfReader } from './read-balance-as-of';

const ALICE = { type: 'user', userId: 'alice' } as const;
const ACCOUNT = { kind: 'user', userId: 'alice' } as const;

describe('a question about what was known', () => {
  let db: TestDatabase;
  let marked: number;

  beforeEach(async () => {
    db = await createTestDatabase();
    marked = 0;
    await openTestLog(db.database).append([spendRecord(ALICE, '1.00')]);
    await projectLog(db.database);
  });
  afterEach(() => db.drop());

  const recordedAt = '2026-04-27T10:00:00Z';
  const question = { at: undefined, knownAt: BigInt(Date.parse(recordedAt)) * 1000n };

  function reader(waitMs: number, onOutbox: () => void, mayLeave = true): AsOfReader {
    const marks = {
      mayLeave: () => mayLeave,
      onLeft: () => undefined,
      retryAfterSeconds: () => (mayLeave ? 1 : 42),
    };
    const { database } = db;
    const count = () => {
      marked++;
      onOutbox();
    };
    const questions = new BoundedReads(database, { concurrency: 2, maxQueue: 10, waitMs: 20_000 });
    return new AsOfReader({
      questions,
      database,
      partitions: TEST_PARTITIONS,
      waitMs,
      marks,
      onOutbox: count,
    });
  }

  it('waits until the log has told every partition, and is answered then', async () => {
    let relayed: Promise<void> | undefined;
    const read = await reader(20_000, () => {
      relayed = relay();
    }).read(ACCOUNT, question);
    await relayed;
    expect(read).toMatchObject({ ok: true, value: { spentAllTimePico: 10n ** 12n } });
    expect(marked).toBe(1);
  });

  it('leaves no marks over their limit, and says when there may be more', async () => {
    const full = reader(60, () => undefined, false);
    await expect(full.read(ACCOUNT, question)).rejects.toMatchObject({
      code: 'not_yet_visible',
      retryAfterSeconds: 42,
    });
    expect(marked).toBe(0);
    expect(await db.database.atomically((client) => lockOutbox(client, 100))).toEqual([]);
  });

  it('is told to come again when nobody appends its marks, which wait where they are', async () => {
    const nobody = reader(60, () => undefined);
    await expect(nobody.read(ACCOUNT, question)).rejects.toMatchObject({
      code: 'not_yet_visible',
      retryAfterSeconds: 1,
    });
    const left = await db.database.atomically((client) => lockOutbox(client, 100));
    const home = partitionOfScope(ALICE, TEST_PARTITIONS);
    const others = Array.from({ length: TEST_PARTITIONS }, (_, n) => n).filter((n) => n !== home);
    expect(left.map(({ partition }) => partition).sort((a, b) => a - b)).toEqual(others);
  });

  /** As ingest and a projector would, with all that lies in the outbox. */
  async function relay(): Promise<void> {
    const records = await db.database.atomically((client) => lockOutbox(client, 100));
    await openTestLog(db.database).append(records);
    await projectLog(db.database);
  }
});
