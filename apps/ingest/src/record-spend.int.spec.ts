import { randomUUID } from 'node:crypto';
import {
  formatInstant,
  instantOf,
  partitionOfScope,
  picoOfDecimal,
  type Scope,
  type Spend,
} from '#libs/ledger';
import { Database } from '#libs/postgres';
import type { RecordOutcome } from '#libs/recording';
import type { NewRecord, SpendLog } from '#libs/spend-log';
import {
  createTestDatabase,
  openTestLog,
  projectLog,
  TEST_CURRENCY,
  TEST_PARTITIONS,
  type TestDatabase,
} from '#libs/testing';
import { eventKeyOf, spendContentHash, type ReportedSpend } from '#libs/wire';
import { ClaimRestoration } from './claim-restoration';
import { SpendRecorder } from './record-spend';
import { RecordingRounds } from './recording-rounds';

const ALICE: Scope = { type: 'user', userId: 'alice' };
const LIMITS = { maxBatch: 100, maxQueue: 1000, recordWaitMs: 30_000 };
const PROCESSES = 4;
const CALLER = 'test';

describe('recording spends', () => {
  let db: TestDatabase;
  /** Recorders of as many processes, each with connections of its own. */
  let recorders: SpendRecorder[];
  let databases: Database[];

  beforeEach(async () => {
    db = await createTestDatabase();
    databases = Array.from({ length: PROCESSES }, () => new Database(db.options));
    recorders = databases.map((database) => recorderOn(database, openTestLog(database)));
  });
  afterEach(async () => {
    for (const database of databases) await database.close();
    await db.drop();
  });

  const recorderOn = (database: Database, log: SpendLog) =>
    new SpendRecorder(
      database,
      log,
      new ClaimRestoration(database),
      TEST_PARTITIONS,
      new RecordingRounds(LIMITS),
    );
  const records = () =>
    db.database.kysely.selectFrom('log_record').selectAll().orderBy('log_offset').execute();
  const spent = async () => {
    await projectLog(db.database);
    const rows = await db.database.kysely.selectFrom('user_balance').selectAll().execute();
    return rows.map((row) => row.spent);
  };

  it('lets one content win where many come under one id at the same instant', async () => {
    const contents = ['1.00', '2.00', '3.00'].map((amount) => report(amount, { id: 'contested' }));
    const attempts = recorders.flatMap((recorder) =>
      contents.map(async (reported) => ({
        hash: spendContentHash(reported.spend),
        answer: await recorder.record(reported, CALLER),
      })),
    );
    const answered = await Promise.all(attempts);
    const winners = answered.filter(({ answer }) => answer.outcome === 'recorded');
    const losers = answered.filter(({ answer }) => answer.outcome === 'conflict');
    const winner = winners[0]!.hash;
    expect(winners.map(({ hash }) => hash)).toEqual(Array(PROCESSES).fill(winner));
    expect(losers).toHaveLength(2 * PROCESSES);
    for (const { hash, answer } of losers) {
      expect(answer).toEqual({
        outcome: 'conflict',
        recordedHash: winner,
        givenHash: hash,
        onRecord: null,
        differs: [],
      });
    }
    const hashes = (await records()).map(({ headers }) => headers['ce_contenthash']);
    expect(new Set(hashes)).toEqual(new Set([winner]));
  });

  it('records once what many send at the same instant, and tells all of them so', async () => {
    const reported = report('1.00');
    const attempts = recorders.flatMap((recorder) => [
      recorder.record(reported, CALLER),
      recorder.record(reported, CALLER),
    ]);
    const answers = (await Promise.all(attempts)).map(recorded);
    expect(answers.filter(({ duplicate }) => !duplicate)).toHaveLength(1);
    expect(new Set(answers.map(({ recordedAt }) => recordedAt)).size).toBe(1);
    expect(await spent()).toEqual(['1.00']);
  });

  it('answers with a position that has the spend', async () => {
    const { position } = recorded(await recorders[0]!.record(report('1.00'), CALLER));
    const [record] = await records();
    expect(position).toBe(`${record!.partition}:${record!.log_offset + 1n}`);
    expect(record!.partition).toBe(partitionOfScope(ALICE, TEST_PARTITIONS));
  });

  it('answers a repeat from the projection, and appends nothing', async () => {
    const reported = report('1.00');
    const first = recorded(await recorders[0]!.record(reported, CALLER));
    await recorders[0]!.record(report('5.00'), CALLER);
    await projectLog(db.database);
    const repeat = await recorders[1]!.record(reported, CALLER);
    expect(repeat).toEqual({ ...first, duplicate: true });
    expect(await records()).toHaveLength(2);
  });

  it('shows what is on record to who sends another content', async () => {
    const reported = report('1.00', { id: 'a' });
    await recorders[0]!.record(reported, CALLER);
    await projectLog(db.database);
    const conflict = await recorders[1]!.record(report('2.00', { id: 'a' }), CALLER);
    expect(conflict).toMatchObject({
      outcome: 'conflict',
      onRecord: { id: 'a', source: 'test-gateway', data: { scope: ALICE, amount: '1.00' } },
    });
  });

  it('completes what a process claimed and died before it appended', async () => {
    const reported = report('1.00');
    const recordedAt = '2026-04-01T00:00:00.000007Z';
    const claim = {
      event_key: eventKeyOf(reported.spend),
      content_hash: spendContentHash(reported.spend),
      partition: partitionOfScope(ALICE, TEST_PARTITIONS),
      recorded_at: recordedAt,
    };
    await db.database.kysely.insertInto('event_claim').values(claim).execute();
    const answer = recorded(await recorders[0]!.record(reported, CALLER));
    expect(answer).toMatchObject({ recordedAt: instantOf(recordedAt), duplicate: true });
    expect((await records()).map(({ headers }) => headers['ce_recordedat'])).toEqual([recordedAt]);
    expect(await spent()).toEqual(['1.00']);
  });

  it.each(['before it is on the log', 'after it is on the log'] as const)(
    'rejects when the append fails %s, and a repeat completes it',
    async (when) => {
      const [database] = databases as [Database];
      const recorder = recorderOn(database, failingOnce(openTestLog(database), when));
      const reported = report('1.00');
      await expect(recorder.record(reported, CALLER)).rejects.toThrow('the log is gone');
      const answer = recorded(await recorder.record(reported, CALLER));
      const { headers, log_offset } = (await records()).at(-1)!;
      expect(headers['ce_recordedat']).toBe(formatInstant(answer.recordedAt));
      expect(answer.position.split(':')[1]).toBe(String(log_offset + 1n));
      expect(answer.duplicate).toBe(true);
      expect(await records()).toHaveLength(when === 'after it is on the log' ? 2 : 1);
      expect(await spent()).toEqual(['1.00']);
    },
  );

  it('keeps what of a batch is good when one of it conflicts', async () => {
    await recorders[0]!.record(report('1.00', { id: 'a' }), CALLER);
    const batch = [
      report('2.00', { id: 'a' }),
      report('3.00', { id: 'b' }),
      report('1.00', { id: 'a' }),
    ];
    const answers = await Promise.all(batch.map((each) => recorders[1]!.record(each, CALLER)));
    expect(answers.map(({ outcome }) => outcome)).toEqual(['conflict', 'recorded', 'recorded']);
    expect(answers.slice(1).map((answer) => recorded(answer).duplicate)).toEqual([false, true]);
    expect(await spent()).toEqual(['4.00']);
  });
});

function report(amount: string, given: Partial<Spend> = {}): ReportedSpend {
  const spend: Spend = {
    id: randomUUID(),
    source: 'test-gateway',
    time: instantOf('2026-04-27T10:00:00Z'),
    scope: ALICE,
    amountPico: picoOfDecimal(amount),
    currency: TEST_CURRENCY,
    basis: 'exact',
    ...given,
  };
  return { spend, extensions: {} };
}

function recorded(answer: RecordOutcome): RecordOutcome & { outcome: 'recorded' } {
  if (answer.outcome !== 'recorded') throw new Error('not recorded');
  return answer;
}

/** A log whose first append rejects, and has the records or not: who appends cannot know. */
function failingOnce(log: SpendLog, when: string): SpendLog {
  let failed = false;
  const append = async (given: readonly NewRecord[]) => {
    if (failed) return log.append(given);
    failed = true;
    if (when === 'after it is on the log') await log.append(given);
    throw new Error('the log is gone');
  };
  return Object.assign(Object.create(log) as SpendLog, { append });
}
