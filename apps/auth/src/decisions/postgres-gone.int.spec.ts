import { createLedger, Database } from '#libs/postgres';
import { findPostgresLog } from '#libs/spend-log';
import { judgedCall, OwnPostgres, testDatabaseOptions, waitUntil } from '#libs/testing';
import { DecisionQueue } from './decision-queue';
import { DecisionKeeper } from './keep-decision';
import { DecisionReader } from './read-decision';
import { DecisionWriter } from './write-decisions';

const ALICE = { type: 'user', userId: 'alice' } as const;

describe('decisions while Postgres is gone', () => {
  let postgres: OwnPostgres;
  let database: Database;

  beforeAll(async () => {
    postgres = await OwnPostgres.start();
    const options = testDatabaseOptions(postgres.url);
    const wanted = { currency: 'USD', partitions: 1 };
    await createLedger(options, wanted, { partitions: 1 }, findPostgresLog);
    database = new Database(options);
  });

  afterAll(async () => {
    await database.close();
    await postgres.remove();
  });

  it('are found by who gave them, and on record when it is back', async () => {
    const errors: unknown[] = [];
    const queue = new DecisionQueue(2);
    const writer = new DecisionWriter(database, queue, {
      flushMs: 1,
      maxBatch: 10,
      retryMs: 1,
      maxRetryMs: 10,
      stopWaitMs: 10_000,
      onError: (error) => errors.push(error),
    });
    const keeper = new DecisionKeeper(queue, { record: 'refusals', count: () => undefined });
    const reader = new DecisionReader(database, writer, { findWaitMs: 0 });
    const refuse = (spent: string) =>
      keeper.keep(judgedCall(ALICE, { spent }), { scope: ALICE, estimatePico: undefined }, 'test')
        .decisionId;
    writer.start();
    await postgres.stop();

    const ids = [refuse('10'), refuse('11'), refuse('12'), refuse('10')];
    expect(ids).toEqual([ids[3], expect.any(String), null, expect.any(String)]);
    await waitUntil('several attempts have failed', () => errors.length > 3);
    expect(await reader.read(ids[0]!)).toMatchObject({ decisionId: ids[0], count: 2 });

    await postgres.start();
    await waitUntil('all is on record', () => queue.length === 0);
    expect(await reader.read(ids[0]!)).toMatchObject({ decisionId: ids[0], count: 2 });
    expect(await reader.read(ids[1]!)).toMatchObject({ decisionId: ids[1], count: 1 });
    expect(await writer.stop()).toBe(0);
  });
});
