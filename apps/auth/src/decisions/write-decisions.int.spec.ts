import { sql } from 'kysely';
import { Database, type Prepared } from '#libs/postgres';
import { parseScope, type Scope } from '#libs/ledger';
import {
  createTestDatabase,
  judgedCall,
  testDatabaseOptions,
  untilSessionsWait,
  waitUntil,
  type TestDatabase,
} from '#libs/testing';
import { DecisionQueue } from './decision-queue';
import { DecisionKeeper } from './keep-decision';
import { DecisionReader } from './read-decision';
import { DecisionWriter, type WriterOptions } from './write-decisions';

const NEVER_MS = 3_600_000;
const ALICE = { type: 'user', userId: 'alice' } as const;
type Given = Parameters<typeof judgedCall>[1];

/** Loses the answer to its first transaction after it has committed. */
class LosesAnswers extends Database {
  private isFirst = true;

  override async atomically<T>(write: (client: Prepared) => Promise<T>): Promise<T> {
    const result = await super.atomically(write);
    if (!this.isFirst) return result;
    this.isFirst = false;
    throw new Error('the answer is lost');
  }
}

/** Loses its first transaction on the way to its commit. */
class LosesTransactions extends Database {
  private isFirst = true;

  override atomically<T>(write: (client: Prepared) => Promise<T>): Promise<T> {
    return super.atomically(async (client) => {
      const result = await write(client);
      if (!this.isFirst) return result;
      this.isFirst = false;
      throw new Error('the answer is lost');
    });
  }
}

describe('the writer of decisions', () => {
  let db: TestDatabase;
  const errors: unknown[] = [];

  beforeEach(async () => {
    db = await createTestDatabase();
    errors.length = 0;
  });
  afterEach(() => db.drop());

  /** One process's part in keeping decisions. */
  function keeping(options: Partial<WriterOptions> = {}, database = db.database) {
    const queue = new DecisionQueue(1000);
    const writer = new DecisionWriter(database, queue, {
      flushMs: NEVER_MS,
      maxBatch: 100,
      retryMs: 1,
      maxRetryMs: 5,
      stopWaitMs: 10_000,
      onError: (error) => errors.push(error),
      ...options,
    });
    const keeper = new DecisionKeeper(queue, { record: 'all', count: () => undefined });
    return {
      queue,
      writer,
      reader: new DecisionReader(database, writer, { findWaitMs: 0 }),
      refuse: (given: Given = {}, scope: Scope = ALICE) =>
        keeper.keep(judgedCall(scope, given), { scope, estimatePico: given.estimatePico }, 'test')
          .decisionId!,
    };
  }

  const at = (second: string) => ({ decidedAt: `2026-04-27T10:00:${second}Z` });
  const rows = () => db.database.kysely.selectFrom('kept_decision').selectAll().execute();

  it('makes one row of what two processes refuse alike, in either order of writing', async () => {
    const [one, other] = [keeping(), keeping()];
    const ids = [
      one.refuse({ ...at('20'), position: '0:3' }),
      one.refuse({ ...at('40'), position: '0:4' }),
      other.refuse({ ...at('10'), position: '0:2' }),
      other.refuse({ ...at('30.5'), position: '0:4' }),
      other.refuse({ ...at('05'), position: '0:4', spent: '11' }),
    ];
    expect(new Set(ids.slice(0, 4)).size).toBe(1);
    expect(await one.writer.stop()).toBe(0);
    expect(await other.writer.stop()).toBe(0);
    expect(await rows()).toHaveLength(2);
    expect(await one.reader.read(ids[0]!)).toMatchObject({
      decisionId: ids[0],
      count: 4,
      decidedAt: '2026-04-27T10:00:10Z',
      position: '0:2',
      lastDecidedAt: '2026-04-27T10:00:40Z',
    });
    expect(await one.reader.read(ids[4]!)).toMatchObject({ count: 1, decisionId: ids[4] });
  });

  it('counts every one of many that two processes write in many batches at once', async () => {
    const processes = [keeping({ maxBatch: 7 }), keeping({ maxBatch: 7 })];
    const users = Array.from({ length: 40 }, (_, n) => `user-${n}`);
    const shuffled = (n: number) => (n % 2 === 0 ? users : users.toReversed());
    await Promise.all(
      processes.map(async ({ refuse, writer }, n) => {
        for (let round = 0; round < 5; round++) {
          for (const userId of shuffled(n)) refuse({}, { type: 'user', userId });
        }
        expect(await writer.stop()).toBe(0);
      }),
    );
    expect(errors).toEqual([]);
    const counts = (await rows()).map(({ count }) => count);
    expect(counts).toEqual(users.map(() => 10n));
  });

  it('writes without being asked, batch after batch', async () => {
    const { refuse, writer, queue } = keeping({ flushMs: 1, maxBatch: 2 });
    writer.start();
    for (const spent of ['11', '12', '13', '14', '15']) refuse({ spent });
    await waitUntil('all is on record', async () => (await rows()).length === 5);
    expect(queue.length).toBe(0);
    expect(await writer.stop()).toBe(0);
  });

  it('finds what is queued, awkward ids and all, as it was answered', async () => {
    const { refuse, reader, queue } = keeping();
    const scope = { type: 'team', teamId: 'a/"b\\\u2028c', userId: '{é,%}', keyId: '\u{1f4b8}' };
    const awkward = parseScope(scope, 'scope');
    if (!awkward.ok) throw new Error('not a scope');
    const id = refuse({ estimatePico: 5_000_000_000n }, awkward.value);
    const answer = await reader.read(id);
    expect(answer).toMatchObject({
      decisionId: id,
      allowed: false,
      scope,
      estimate: '0.005',
      message: expect.stringContaining('User={é,%} in Team=a/"b\\\u2028c'),
      budgets: [{ spent: '10.00', limit: '10.00', verdict: 'exceeded' }],
      count: 1,
    });
    expect(queue.length).toBe(0);
    expect(await reader.read(id)).toEqual(answer);
  });

  it('finds nothing under an id that is none, or of which nothing is kept', async () => {
    const { reader } = keeping();
    expect(await reader.read("'; drop table kept_decision")).toBeUndefined();
    expect(await reader.read('019dceae-ff00-7000-8000-000000000000')).toBeUndefined();
  });

  it('keeps its queue while Postgres takes nothing, answers from it, and catches up', async () => {
    const database = new Database({ ...testDatabaseOptions(db.url), timeoutMs: 100 });
    const { refuse, reader, writer, queue } = keeping({ flushMs: 1 }, database);
    writer.start();
    await db.database.kysely.transaction().execute(async (trx) => {
      await sql`lock table kept_decision in access exclusive mode`.execute(trx);
      const id = refuse(at('20'));
      await waitUntil('several attempts have failed', () => errors.length >= 3);
      refuse(at('30'));
      expect(await reader.read(id)).toMatchObject({
        count: 2,
        lastDecidedAt: '2026-04-27T10:00:30Z',
      });
      expect(queue.length).toBe(1);
    });
    await waitUntil('it is on record', async () => (await rows())[0]?.count === 2n);
    expect(queue.length).toBe(0);
    await writer.stop();
    await database.close();
  });

  it.each([
    ['on record', LosesAnswers],
    ['lost as well', LosesTransactions],
  ])('counts a batch once whose answer was lost and which is %s', async (_what, Faulty) => {
    const database = new Faulty(testDatabaseOptions(db.url));
    const { refuse, reader, writer } = keeping({ flushMs: 1 }, database);
    const id = refuse();
    writer.start();
    await waitUntil('the answer was lost', () => errors.length > 0);
    refuse();
    await waitUntil('both are on record', async () => (await rows())[0]?.count === 2n);
    expect(await reader.read(id)).toMatchObject({ count: 2 });
    expect(errors[0]).toEqual(new Error('the answer is lost'));
    expect(await writer.stop()).toBe(0);
    expect(await rows()).toMatchObject([{ count: 2n }]);
    await database.close();
  });

  it('says on stopping how many it could not write, and does not wait for ever', async () => {
    const { refuse, writer } = keeping({ stopWaitMs: 50 });
    await db.database.kysely.transaction().execute(async (trx) => {
      await sql`lock table kept_decision in access exclusive mode`.execute(trx);
      refuse();
      refuse({ spent: '11' });
      const stopped = writer.stop();
      await untilSessionsWait(db.database, 1);
      expect(await stopped).toBe(2);
    });
  });
});
