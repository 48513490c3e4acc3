import { sql } from 'kysely';
import { heldAccountsOf, lockAccounts, readFlushes } from '#libs/holds';
import type { Database, Prepared } from '#libs/postgres';
import { createTestDatabase, TEST_PARTITIONS, waitUntil, type TestDatabase } from '#libs/testing';
import { ChangedLedger } from './changed-ledger.fixture';

/** What a flush has read before a limit was in force, it does not read anew: it may grant what nothing else would. */
describe('an answer that says that a budget is in force', () => {
  let ledger: ChangedLedger;
  const underWay: { end: () => Promise<unknown> }[] = [];

  beforeEach(async () => {
    ledger = await ChangedLedger.create();
  });
  afterEach(async () => {
    await Promise.all(underWay.splice(0).map(({ end }) => end()));
    await ledger.drop();
  });

  it('waits for each flush that may have read what was in force before', async () => {
    const [first, second] = [await flush('alice'), await flush('bob')];
    const looks = countLooks();
    const answer = watched(ledger.set('10.00', undefined, ledger.admin(looks.database)));
    await looks.more();
    expect(answer.isThere()).toBe(false);
    await first.end();
    await looks.more();
    expect(answer.isThere()).toBe(false);
    await second.end();
    expect(await answer.outcome).toMatchObject({ applied: true, position: expect.any(String) });
  });

  it('waits for no flush that began after it was', async () => {
    const before = await flush('alice');
    const looks = countLooks();
    const answer = ledger.set('10.00', undefined, ledger.admin(looks.database));
    await looks.more();
    const after = await flush('bob');
    await before.end();
    expect(await answer).toMatchObject({ applied: true });
    await after.end();
  });

  it('says that it is not, where one of them takes too long', async () => {
    const { end } = await flush('alice');
    const hasty = ledger.admin(ledger.db.database, { applyWaitMs: 0 });
    await ledger.set('10.00', undefined, ledger.unheard());
    await ledger.project();
    expect(await ledger.set('10.00', undefined, hasty)).toMatchObject({
      revision: 1,
      applied: false,
    });
    await end();
    expect(await ledger.set('10.00', undefined, hasty)).toMatchObject({
      revision: 1,
      applied: true,
    });
  });

  it.each<[string, (ledger: ChangedLedger) => Promise<() => Promise<unknown>>]>([
    ['a read that goes on and on', longRead],
    ['a transaction of another database', () => elsewhere()],
  ])('does not wait for %s', async (_, begin) => {
    const end = await begin(ledger);
    try {
      const changed = await ledger.set('10.00', undefined, ledger.admin());
      expect(changed).toMatchObject({ applied: true });
    } finally {
      await end();
    }
  });

  /** A flush that has its locks, as each has before it reads anything. */
  async function flush(userId: string) {
    const begun = await opened(ledger.db.database, (client) =>
      lockAccounts(client, heldAccountsOf({ type: 'user', userId }, TEST_PARTITIONS)),
    );
    underWay.push(begun);
    return begun;
  }

  /** The same database; it is counted how often it is asked for flushes. */
  function countLooks() {
    let count = 0;
    const database = Object.create(ledger.db.database) as Database;
    const prepared: Prepared['prepared'] = async (statement, values) => {
      const rows = await ledger.db.database.prepared<never>(statement, values);
      if (statement.name === 'read-flushes') count += 1;
      return rows;
    };
    return {
      database: Object.assign(database, { prepared }),
      more: async () => {
        const least = count + 3;
        await waitUntil('it has looked for flushes again', () => count >= least);
      },
    };
  }
});

async function opened(database: Database, lock: (client: Prepared) => Promise<unknown>) {
  const [locked, done] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const all = database.atomically(async (client) => {
    await lock(client);
    locked.resolve();
    await done.promise;
  });
  await Promise.race([locked.promise, all]);
  return {
    end: () => {
      done.resolve();
      return all;
    },
  };
}

/** As an export, or a rebuild that compares. */
async function longRead({ db }: ChangedLedger): Promise<() => Promise<unknown>> {
  const read = db.database.separatePool({ maxConnections: 1 });
  await sql`begin isolation level repeatable read`.execute(read.kysely);
  await sql`select pg_current_xact_id(), count(*) from held_account`.execute(read.kysely);
  return () => read.close();
}

async function elsewhere(): Promise<() => Promise<unknown>> {
  const other: TestDatabase = await createTestDatabase();
  const scope = { type: 'user', userId: 'alice' } as const;
  const { end } = await opened(other.database, (client) =>
    lockAccounts(client, heldAccountsOf(scope, TEST_PARTITIONS)),
  );
  expect((await readFlushes(other.database)).size).toBe(1);
  return async () => {
    await end();
    await other.drop();
  };
}

function watched<T>(outcome: Promise<T>) {
  let isThere = false;
  const settle = () => (isThere = true);
  outcome.then(settle, settle);
  return { outcome, isThere: () => isThere };
}
