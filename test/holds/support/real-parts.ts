import { sql } from 'kysely';
import { flushHolds, type FlushParts } from '../../../apps/auth/src/holds/flush-holds';
import type { HoldOutcome } from '../../../apps/auth/src/holds/hold-outcome';
import type { HoldRequest } from '../../../apps/auth/src/holds/hold-request';
import type { Decision } from '../../../apps/auth/src/decision';
import { ClaimRestoration } from '../../../apps/ingest/src/claim-restoration';
import { OutboxRelay } from '../../../apps/ingest/src/outbox-relay';
import { SpendRecorder, type RecordOutcome } from '../../../apps/ingest/src/record-spend';
import { picoOfDecimal, type Spend } from '#libs/ledger';
import { Database } from '#libs/postgres';
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

export const CALLER = 'gateway';
const AUTHS = 2;

/** A ledger of real parts whose steps a test takes one by one: two auths, ingest, its relay, and a projector. */
export class RealParts {
  private readonly log: SpendLog;
  private readonly dyingLog: SpendLog;
  private readonly lateDyingLog: SpendLog;

  private constructor(
    readonly db: TestDatabase,
    readonly clock: TestClock,
    private readonly auths: readonly Database[],
  ) {
    this.log = openTestLog(db.database);
    const dies = () => Promise.reject(new Error('killed'));
    this.dyingLog = Object.assign(openTestLog(db.database), { append: dies });
    const append = async (records: readonly NewRecord[]) => {
      await this.log.append(records);
      return dies();
    };
    this.lateDyingLog = Object.assign(openTestLog(db.database), { append });
  }

  static async start(now: string): Promise<RealParts> {
    const db = await createTestDatabase();
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

  /** All in one flush of one auth. */
  flush(auth: number, requests: readonly HoldRequest[]): Promise<readonly HoldOutcome<Decision>[]> {
    const parts: FlushParts = {
      ...{ database: this.auths[auth]!, currency: TEST_CURRENCY, checkCaughtUp: () => undefined },
      policy: { partitions: TEST_PARTITIONS, unbudgeted: 'allow', maxLagMs: 1e15 },
      keeper: { idOf: () => null },
    };
    return flushHolds(parts, requests);
  }

  /** @returns `undefined`: it died before the log had the spend */
  async record(spend: Spend, dies: boolean): Promise<RecordOutcome | undefined> {
    const { database } = this.db;
    const log = dies ? this.dyingLog : this.log;
    const limits = { maxBatch: 100, maxQueue: 100 };
    const claims = new ClaimRestoration(database);
    const recorder = new SpendRecorder(database, log, claims, TEST_PARTITIONS, limits);
    const recording = recorder.record({ spend, extensions: {} }, CALLER);
    return dies ? recording.catch(() => undefined) : recording;
  }

  append(record: NewRecord): Promise<unknown> {
    return this.log.append([record]);
  }

  /** @param dies when the log has its records, before it knows */
  async relay(dies = false): Promise<void> {
    const options = { pollMs: 10, retryMs: 10, maxBatch: 1000, onError: () => undefined };
    const log = dies ? this.lateDyingLog : this.log;
    const relaying = new OutboxRelay(this.db.database, log, options).relayOnce();
    await (dies ? relaying.catch(() => undefined) : relaying);
  }

  /** Projects the next records of a partition. */
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

  /** Of each partition of the log. */
  async recordCounts(): Promise<number[]> {
    const rows = await this.db.database.kysely
      .selectFrom('log_partition')
      .select('end_offset')
      .orderBy('partition')
      .execute();
    return rows.map(({ end_offset }) => Number(end_offset));
  }

  /** Of every account, from the tables themselves: what was taken, less what is due and what has flipped. */
  async held(): Promise<Map<string, bigint>> {
    const { rows } = await sql<{ account: string; held: string }>`
      with flipped as (
        select 'key:' || key_id as account, flipped from key_balance
        union all select 'user:' || user_id, flipped from user_balance
        union all select 'team:' || team_id, flipped from team_balance
        union all select 'member:' || team_id || '/' || user_id, flipped from member_balance
      )
      select account, taken
        - coalesce((select sum(amount) from held_expiry due
                    where due.account = held.account and due.expires_at <= ledger_now()), 0)
        - coalesce((select sum(flipped) from flipped where flipped.account = held.account), 0) as held
      from held_account held`.execute(this.db.database.kysely);
    return new Map(rows.map(({ account, held }) => [account, picoOfDecimal(held)]));
  }

  private async catchUp(): Promise<void> {
    await sql`update projection_partition set caught_up_at = ledger_now()`.execute(
      this.db.database.kysely,
    );
  }
}
