import { randomUUID } from 'node:crypto';
import { setImmediate as waitForTurn } from 'node:timers/promises';
import { ANYBODY } from '#libs/access';
import { instantOf, picoOfDecimal, type Adjustment, type EventId, type Scope } from '#libs/ledger';
import { Database } from '#libs/postgres';
import { claimEvents } from '#libs/recording';
import {
  createTestDatabase,
  openTestLog,
  projectLog,
  spendRecord,
  type TestDatabase,
} from '#libs/testing';
import { eventKeyOf, type ReportedAdjustment } from '#libs/wire';
import { ClaimRestoration } from './claim-restoration';
import { AdjustmentRecorder } from './record-adjustment';
import { RecordingRounds } from './recording-rounds';

const CALLER = { ...ANYBODY, name: 'test' };
const ALICE: Scope = { type: 'user', userId: 'alice' };
const LIMITS = { maxBatch: 100, maxQueue: 1000, visibleWaitMs: 100, recordWaitMs: 30_000 };
const PROCESSES = 3;

describe('recording corrections', () => {
  let db: TestDatabase;
  let databases: Database[];
  let recorders: AdjustmentRecorder[];

  beforeEach(async () => {
    db = await createTestDatabase();
    databases = Array.from({ length: PROCESSES }, () => new Database(db.options));
    recorders = databases.map((database) => recorderOn(database));
  });
  afterEach(async () => {
    for (const database of databases) await database.close();
    await db.drop();
  });

  it('waits for a spend that the log has and the projection has not', async () => {
    const spend = await append('10.00');
    const outcome = recorderOn(databases[0]!, 60_000).record(amend(spend, '1.00'), CALLER);
    await projectLog(db.database);
    expect(await outcome).toMatchObject({ outcome: 'recorded', duplicate: false });
    expect(await spent()).toBe('1.00');
  });

  it('cannot say of one that stays unprojected whether it is on record, and records nothing', async () => {
    const spend = await append('10.00');
    const outcome = await recorders[0]!.record(amend(spend, '1.00'), CALLER);
    expect(outcome).toEqual({ outcome: 'not_yet_visible' });
    expect(await records()).toHaveLength(1);
  });

  it('says so also where it may wait for longer than its answer, and behind another one', async () => {
    const spend = await append('10.00');
    const recorder = recorderOn(databases[0]!, 3_600_000, 8_000);
    const first = recorder.record(amend(spend, '1.00'), CALLER);
    await waitForTurn();
    const second = recorder.record(amend(spend, '2.00'), CALLER);
    const notYet = { outcome: 'not_yet_visible' };
    expect(await Promise.all([first, second])).toEqual([notYet, notYet]);
  });

  it('knows that a spend which was claimed and never appended is not on record', async () => {
    const { partition, headers } = spendRecord(ALICE, '10.00');
    const spend = { source: headers['ce_source']!, id: headers['ce_id']! };
    const claim = { eventKey: eventKeyOf(spend), contentHash: 'a'.repeat(64), partition };
    await claimEvents(db.database, [claim]);
    const outcome = await recorders[0]!.record(amend(spend, '1.00'), CALLER);
    expect(outcome).toEqual({ outcome: 'unknown_event' });
    expect(await records()).toEqual([]);
  });

  it('keeps the order in which they came, so that the last one counts', async () => {
    const spend = await append('10.00');
    await projectLog(db.database);
    const amounts = Array.from({ length: 40 }, (_, n) => `${n + 1}.00`);
    await Promise.all(amounts.map((amount) => recorders[0]!.record(amend(spend, amount), CALLER)));
    expect(await spent()).toBe(amounts.at(-1));
  });

  it('records one once that several processes are given at the same instant', async () => {
    const spend = await append('10.00');
    await projectLog(db.database);
    const same = amend(spend, '4.00');
    const outcomes = await Promise.all(recorders.map((recorder) => recorder.record(same, CALLER)));
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(Array(PROCESSES).fill('recorded'));
    expect(await spent()).toBe('4.00');
    const again = await recorders[0]!.record(same, CALLER);
    expect(again).toMatchObject({ outcome: 'recorded', duplicate: true });
    const entries = await db.database.kysely.selectFrom('spend_event').execute();
    expect(entries).toHaveLength(2);
  });

  it('judges each of a batch by itself', async () => {
    const spend = await append('10.00');
    await projectLog(db.database);
    const unknown = { source: 'test', id: 'unknown' };
    const given = [amend(spend, '2.00'), amend(unknown, '1.00'), amend(spend, '3.00')];
    const outcomes = await Promise.all(given.map((each) => recorders[0]!.record(each, CALLER)));
    expect(outcomes.map(({ outcome }) => outcome)).toEqual([
      'recorded',
      'unknown_event',
      'recorded',
    ]);
    expect(await spent()).toBe('3.00');
  });

  function recorderOn(
    database: Database,
    visibleWaitMs = LIMITS.visibleWaitMs,
    recordWaitMs = LIMITS.recordWaitMs,
  ) {
    const claims = new ClaimRestoration(database);
    const limits = { ...LIMITS, visibleWaitMs, recordWaitMs };
    const rounds = new RecordingRounds(limits);
    return new AdjustmentRecorder(database, openTestLog(database), claims, limits, rounds);
  }

  async function append(amount: string): Promise<EventId> {
    const record = spendRecord(ALICE, amount);
    const spend = { source: record.headers['ce_source']!, id: record.headers['ce_id']! };
    const { partition, headers } = record;
    const contentHash = headers['ce_contenthash']!;
    await claimEvents(db.database, [{ eventKey: eventKeyOf(spend), contentHash, partition }]);
    await openTestLog(db.database).append([record]);
    return spend;
  }

  const records = () => db.database.kysely.selectFrom('log_record').selectAll().execute();

  async function spent(): Promise<string> {
    await projectLog(db.database);
    const { spent: sum } = await db.database.kysely
      .selectFrom('user_balance')
      .select('spent')
      .executeTakeFirstOrThrow();
    return sum;
  }
});

function amend({ source, id }: EventId, amount: string): ReportedAdjustment {
  const adjustment: Adjustment = {
    id: randomUUID(),
    source: 'test-finance',
    time: instantOf('2026-05-02T09:00:00Z'),
    adjusts: { source, id },
    kind: 'amend',
    amountPico: picoOfDecimal(amount),
    reason: 'a test',
  };
  return { adjustment, extensions: {} };
}
