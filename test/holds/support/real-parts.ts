import { sql } from 'kysely';
import { BudgetedTargets, readSnapshot } from '#libs/balances';
import type { OnExpiry } from '#libs/holds';
import {
  accountsOf,
  formatAccount,
  judge,
  NO_PRICES,
  type JudgedBudget,
  type Spend,
} from '#libs/ledger';
import { Database } from '#libs/postgres';
import type { RecordOutcome } from '#libs/recording';
import type { NewRecord, SpendLog } from '#libs/spend-log';
import {
  createTestDatabase,
  emptyProjection,
  openTestLog,
  projectBatch,
  TEST_CURRENCY,
  TEST_PARTITIONS,
  TestClock,
  type TestDatabase,
} from '#libs/testing';
import type { Decision } from '../../../apps/auth/src/decision';
import { flushHolds, type FlushParts } from '../../../apps/auth/src/holds/flush-holds';
import { recordExpiries } from '../../../apps/auth/src/holds/expiry-recorder';
import type { HoldOutcome } from '../../../apps/auth/src/holds/hold-outcome';
import type { HoldRequest } from '../../../apps/auth/src/holds/hold-request';
import { ClaimRestoration } from '../../../apps/ingest/src/claim-restoration';
import { OutboxRelay } from '../../../apps/ingest/src/outbox-relay';
import { SpendRecorder } from '../../../apps/ingest/src/record-spend';
import { RecordingRounds } from '../../../apps/ingest/src/recording-rounds';
import { countUnderWay, readHeld, readHeldOtherwise, readSpent } from './held-tables';
import type { Call } from './places';

export const CALLER = 'gateway';
/** More than there are slots, so that some share one. */
const AUTHS = 3;
const SLOTS = 2;

/** When the process that appends is killed: before the log has the records, or before the process knows. */
export type Death = 'never' | 'before' | 'after';

/** A ledger of real parts whose steps a test takes one by one: auths, ingest, its relay, and a projector. */
export class RealParts {
  private constructor(
    readonly db: TestDatabase,
    readonly clock: TestClock,
    private readonly auths: Database[],
  ) {}

  static async start(now: string, given?: TestDatabase): Promise<RealParts> {
    const db = given ?? (await createTestDatabase());
    const clock = await TestClock.of(db.database, now);
    const auths = Array.from({ length: AUTHS }, () => new Database(db.options));
    const parts = new RealParts(db, clock, auths);
    await parts.catchUp();
    return parts;
  }

  async stop(): Promise<void> {
    for (const auth of this.auths) await auth.close();
    await this.db.drop();
  }

  /** Another auth takes the place of one. */
  async restart(auth: number): Promise<void> {
    await this.auths[auth]!.close();
    this.auths[auth] = new Database(this.db.options);
  }

  /**
   * All in one flush of one auth.
   * @param diesAt its connection is gone at this statement of its transaction, if there are so many
   * @returns `undefined`: it was, and nothing is done
   */
  async flush(
    auth: number,
    requests: readonly HoldRequest[],
    diesAt: number | null = null,
  ): Promise<readonly HoldOutcome<Decision>[] | undefined> {
    const database = this.auths[auth]!;
    const reached = diesAt === null ? database : goneAt(diesAt, database);
    return unlessKilled(flushHolds(partsOn(reached, auth % SLOTS), requests));
  }

  /** One flush of what owes an event. @returns what was made, `undefined`: its connection was gone first */
  async expire(
    auth: number,
    most: number,
    diesAt: number | null = null,
  ): Promise<readonly OnExpiry[] | undefined> {
    const database = this.auths[auth]!;
    const reached = diesAt === null ? database : goneAt(diesAt, database);
    return (await unlessKilled(recordExpiries(partsOn(reached, auth % SLOTS), most)))?.made;
  }

  /** A flush that has done all that it has to, and does not commit until the spec lets it. */
  async flushThatWaits(requests: readonly HoldRequest[]) {
    const [written, told] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const [database] = this.auths as [Database];
    const atomically: Database['atomically'] = (write) =>
      database.atomically(async (client) => {
        const result = await write(client);
        written.resolve();
        await told.promise;
        return result;
      });
    const waiting = Object.assign(Object.create(database) as Database, { atomically });
    const outcomes = flushHolds(partsOn(waiting), requests);
    await Promise.race([written.promise, outcomes]);
    return { outcomes, commit: () => told.resolve() };
  }

  /** @returns `undefined`: it died before it knew that the log has the spend */
  record(spend: Spend, dies: Death): Promise<RecordOutcome | undefined> {
    const { database } = this.db;
    const rounds = new RecordingRounds({ maxBatch: 100, maxQueue: 100, recordWaitMs: 60_000 });
    const claims = new ClaimRestoration(database);
    const recorder = new SpendRecorder(database, this.log(dies), claims, TEST_PARTITIONS, rounds);
    return unlessKilled(recorder.record({ spend, extensions: {} }, CALLER));
  }

  append(record: NewRecord): Promise<unknown> {
    return this.log('never').append([record]);
  }

  /** Appends a record of the log once more. */
  async double(partition: number, offset: number): Promise<void> {
    const record = await this.db.database.kysely
      .selectFrom('log_record')
      .select(['partition', 'headers', 'value'])
      .where('partition', '=', partition)
      .where('log_offset', '=', BigInt(offset))
      .executeTakeFirstOrThrow();
    await this.append(record);
  }

  async relay(most: number, dies: Death): Promise<void> {
    const options = { pollMs: 10, retryMs: 10, maxBatch: most, onError: () => undefined };
    await unlessKilled(new OutboxRelay(this.db.database, this.log(dies), options).relayOnce());
  }

  /** Projects the next records of a partition, as a projector that has just taken it over. */
  async project(partition: number, most: number): Promise<void> {
    if (most === 0) return;
    const records = await this.db.database.kysely
      .selectFrom('log_record')
      .innerJoin('projection_partition as fence', 'fence.partition', 'log_record.partition')
      .select(['log_record.partition', 'log_offset as offset', 'headers', 'value'])
      .where('log_record.partition', '=', partition)
      .whereRef('log_offset', '>=', 'next_offset')
      .orderBy('log_offset')
      .limit(most)
      .execute();
    if (records.length > 0) expect(await projectBatch(this.db.database, records)).toBe('applied');
  }

  /** As if nothing had ever been projected. */
  async empty(): Promise<void> {
    await emptyProjection(this.db.database);
    await this.catchUp();
  }

  /** As a check reads them. */
  async read(calls: readonly Call[]): Promise<JudgedBudget[][]> {
    const all = calls.flatMap(({ scope, labels }) => accountsOf(scope, labels));
    const accounts = new Map(all.map((each) => [formatAccount(each), each]));
    const snapshot = await readSnapshot(this.db.database, accounts, TEST_PARTITIONS);
    return calls.map(({ scope, labels }) =>
      accountsOf(scope, labels).flatMap((account) =>
        snapshot.statesOf(account).map((state) => judge(state, undefined)),
      ),
    );
  }

  spent(): Promise<Map<string, bigint>> {
    return readSpent(this.db.database);
  }

  held(): Promise<Map<string, bigint>> {
    return readHeld(this.db.database);
  }

  heldOtherwise(): Promise<unknown[]> {
    return readHeldOtherwise(this.db.database);
  }

  underWay(): Promise<unknown> {
    return countUnderWay(this.db.database);
  }

  private log(dies: Death): SpendLog {
    const log = openTestLog(this.db.database);
    const append: SpendLog['append'] = async (records) => {
      if (dies !== 'before') await log.append(records);
      throw new Killed();
    };
    return dies === 'never' ? log : Object.assign(openTestLog(this.db.database), { append });
  }

  private async catchUp(): Promise<void> {
    await sql`update projection_partition set caught_up_at = ledger_now()`.execute(
      this.db.database.kysely,
    );
  }
}

function partsOn(database: Database, slot = 0): FlushParts {
  return {
    database,
    currency: TEST_CURRENCY,
    isCaughtUp: () => true,
    isLogElsewhere: false,
    slot,
    gateAttempts: 5,
    budgeted: new BudgetedTargets(),
    policy: { partitions: TEST_PARTITIONS, unbudgeted: 'allow', maxLagMs: 1e15 },
    keeper: { idOf: () => null },
    prices: NO_PRICES,
  };
}

class Killed extends Error {}

async function unlessKilled<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof Killed) return undefined;
    throw error;
  }
}

function goneAt(statement: number, database: Database): Database {
  let count = 0;
  const atomically: Database['atomically'] = (write) =>
    database.atomically((client) =>
      write({
        prepared: (...given) => {
          if (count++ === statement) throw new Killed();
          return client.prepared(...given);
        },
      }),
    );
  return Object.assign(Object.create(database) as Database, { atomically });
}
