import { sql } from 'kysely';
import { parseAccount, type Account } from '#libs/ledger';
import { createTestDatabase, waitUntil, TEST_PARTITIONS, type TestDatabase } from '#libs/testing';
import { CatchUp } from './catch-up';
import { Breaker } from './outage/breaker';
import { LastKnown } from './outage/last-known';
import { PostgresGone } from './outage/postgres-gone';
import { SnapshotReader } from './snapshot-reader';

/** Never within a test. */
const NEVER_MS = 600_000;
const monotonicMs = () => performance.now();

describe('reading while Postgres does not answer', () => {
  let db: TestDatabase;
  let breaker: Breaker;
  let lastKnown: LastKnown;

  beforeEach(async () => {
    db = await createTestDatabase();
    await sql`update projection_partition set caught_up_at = ledger_now() + interval '1 hour'`.execute(
      db.database.kysely,
    );
    breaker = new Breaker({ monotonicMs, retryMs: 0 });
    lastKnown = new LastKnown({ maxAccounts: 10, monotonicMs });
  });
  afterEach(() => db.drop());

  const readerOf = (checkWaitMs: number, maxQueue = 100) =>
    new SnapshotReader(
      {
        database: db.database,
        partitions: TEST_PARTITIONS,
        ownWrites: () => new Map(),
        limits: { maxBatch: 1, maxQueue, ownWritesWaitMs: 0, visibleWaitMs: 0, checkWaitMs },
      },
      new CatchUp(),
      { breaker, lastKnown },
      { notice: () => undefined },
    );
  const ask = (reader: SnapshotReader, name: string) => {
    const account = (parseAccount(name, '') as { value: Account }).value;
    return reader.read(new Map([[name, account]]), undefined);
  };
  /** Nobody reads the projection meanwhile. */
  const whileLocked = (run: () => Promise<void>) =>
    db.database.kysely.transaction().execute(async (trx) => {
      await sql`lock table projection_partition in access exclusive mode`.execute(trx);
      await run();
    });
  const waiting = async () => {
    const { rows } = await sql`
      select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`.execute(
      db.database.kysely,
    );
    return rows.length;
  };

  it('while one finds out whether it is back, nobody else waits for it', async () => {
    const reader = readerOf(NEVER_MS);
    breaker.failed('gone');
    let probe: Promise<unknown> | undefined;
    await whileLocked(async () => {
      probe = ask(reader, 'user:probe');
      for (let n = 0; n < 100; n++) {
        await expect(ask(reader, 'user:other')).rejects.toBeInstanceOf(PostgresGone);
      }
      await waitUntil('one waits', async () => (await waiting()) === 1);
    });
    await probe;
    expect(breaker.isOpen).toBe(false);
    await ask(reader, 'user:other');
  });

  it('a reading of its own is refused likewise, and else asks nothing where nothing new is asked for', async () => {
    const reader = readerOf(NEVER_MS);
    const caughtUpAt = (value: string) =>
      sql`update projection_partition set caught_up_at = ${value}::timestamptz`.execute(
        db.database.kysely,
      );
    await caughtUpAt('2000-01-01');
    await expect(reader.awaitReadable(undefined)).rejects.toMatchObject({ code: 'unavailable' });
    await caughtUpAt('2999-01-01');
    await reader.awaitReadable(undefined);
    let probe: Promise<unknown> | undefined;
    await whileLocked(async () => {
      await reader.awaitReadable(undefined);
      breaker.failed('gone');
      probe = ask(reader, 'user:probe');
      await expect(reader.awaitReadable(undefined)).rejects.toBeInstanceOf(PostgresGone);
    });
    await probe;
  });

  it('who waits in the queue is told with those who were asked for', async () => {
    const reader = readerOf(300);
    const names = Array.from({ length: 10 }, (_, n) => `user:u${n}`);
    await whileLocked(async () => {
      const answers = await Promise.allSettled(names.map((name) => ask(reader, name)));
      for (const answer of answers) {
        expect(answer).toMatchObject({ status: 'rejected', reason: expect.any(PostgresGone) });
      }
      expect(await waiting()).toBe(2);
    });
    // Nobody waits for these any more, and they say how it is.
    await waitUntil('it is known to be back', () => !breaker.isOpen);
    await waitUntil('both are remembered', () => lastKnown.size === 2);
    expect(names.filter((name) => lastKnown.of(name))).toEqual(['user:u0', 'user:u1']);
  });

  it('a queue that is full is said to be so', async () => {
    const reader = readerOf(NEVER_MS, 3);
    const asked: Promise<unknown>[] = [];
    await whileLocked(async () => {
      for (const name of ['user:a', 'user:b']) {
        asked.push(ask(reader, name));
        await waitUntil('it is asked for', async () => (await waiting()) === asked.length);
      }
      for (const name of ['user:c', 'user:d', 'user:e']) asked.push(ask(reader, name));
      await expect(ask(reader, 'user:f')).rejects.toMatchObject({ code: 'overloaded' });
    });
    await Promise.all(asked);
    expect(breaker.isOpen).toBe(false);
  });
});
