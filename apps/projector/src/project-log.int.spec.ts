import { sql } from 'kysely';
import { instantOf, type Scope } from '#libs/ledger';
import type { PartitionReader } from '#libs/spend-log';
import {
  createTestDatabase,
  logRecords,
  openTestLog,
  projectionDifferences,
  spendRecord,
  TEST_RULES,
  waitUntil,
  type TestDatabase,
} from '#libs/testing';
import { LogProjector } from './project-log';
import { TouchedAccounts } from './warnings/touched-accounts';

const USER: Scope = { type: 'user', userId: 'alice', keyId: 'k' };
const TEAM: Scope = { type: 'team', teamId: 'ml', userId: 'alice', keyId: 'k' };
const AT = instantOf('2026-04-27T10:00:00Z');
const NOTHING_NEW = { caughtUpAt: undefined };

describe('projecting the log', () => {
  let db: TestDatabase;

  beforeEach(async () => {
    db = await createTestDatabase();
  });
  afterEach(() => db.drop());

  const projector = (monotonicMs?: () => number) =>
    new LogProjector(
      db.database,
      TEST_RULES,
      { caughtUpEveryMs: 1000, maxWindowSums: 500 },
      new TouchedAccounts(1000),
      undefined,
      monotonicMs,
    );
  const events = async () => {
    const rows = db.database.kysely.selectFrom('spend_event').selectAll().orderBy('log_offset');
    return rows.execute();
  };
  const caughtUpAt = async (partition: number) => {
    const fences = db.database.kysely.selectFrom('projection_partition').selectAll();
    const fence = await fences.where('partition', '=', partition).executeTakeFirstOrThrow();
    return fence.caught_up_at;
  };

  it.each(['before its transaction', 'inside its transaction', 'after its commit'] as const)(
    'neither loses nor doubles anything when batches fail %s',
    async (when) => {
      const log = openTestLog(db.database);
      const own = Array.from({ length: 10 }, () => spendRecord(USER, '1.00'));
      const team = Array.from({ length: 10 }, () => spendRecord(TEAM, '100.00'));
      await log.append([...own, ...team, ...own.slice(5)]);
      if (when === 'inside its transaction') await failInside(db);
      const failures: unknown[] = [];
      await log.consume(failing(projector(), when, failures));
      await untilProjected(db);
      await log.close();

      expect(failures.length).toBeGreaterThanOrEqual(FAILURES);
      expect(await events()).toHaveLength(20);
      expect(await projectionDifferences(db.database)).toEqual([]);
      const spent = await db.database.kysely.selectFrom('user_balance').select('spent').execute();
      expect(spent).toEqual([{ spent: '10.00' }]);
    },
  );

  it('applies nothing once another projector has the partition, which goes on where it was', async () => {
    const records = [spendRecord(USER, '1.00'), spendRecord(USER, '2.00')];
    const [first, second] = logRecords(records);
    const { partition } = first!;
    const [before, after] = [projector(), projector()];
    const stale = await before.fence(partition);
    expect(await before.apply({ fence: stale, records: [first!], ...NOTHING_NEW })).toBe('applied');
    const fence = await after.fence(partition);
    expect(fence.nextOffset).toBe(1n);
    const late = { fence: { ...stale, nextOffset: 1n }, records: [second!], ...NOTHING_NEW };
    expect(await before.apply(late)).toBe('fenced');
    expect(await events()).toHaveLength(1);
    expect(await after.apply({ ...late, fence })).toBe('applied');
    expect(await projectionDifferences(db.database)).toEqual([]);
  });

  it('knows of each event after the one before it, over batches, failures and other projectors', async () => {
    const times = [5n, 3n, 3n, 9n, 1n, 1n].map((micros) => AT + micros);
    const records = times.map((recordedAt) => spendRecord(USER, '1.00', { recordedAt }));
    const log = logRecords(records);
    const first = projector();
    let fence = await first.fence(log[0]!.partition);
    for (const at of [0, 2]) {
      await first.apply({ fence, records: log.slice(at, at + 2), ...NOTHING_NEW });
      fence = { ...fence, nextOffset: BigInt(at + 2) };
    }
    const second = projector();
    fence = await second.fence(fence.partition);
    await second.apply({ fence, records: log.slice(4), ...NOTHING_NEW });
    const known = (await events()).map((event) => instantOf(event.known_at) - AT);
    expect(known).toEqual([5n, 6n, 7n, 9n, 10n, 11n]);
  });

  it('says up to when a partition is complete, with a batch and while there is nothing new', async () => {
    let now = 0;
    const reader = projector(() => now);
    const records = logRecords([spendRecord(USER, '1.00')]);
    const fence = await reader.fence(records[0]!.partition);
    const { partition } = fence;
    await reader.apply({ fence, records, caughtUpAt: AT });
    expect(await caughtUpAt(partition)).toBe('2026-04-27T10:00:00Z');

    expect(await reader.caughtUp([fence], AT + 1_000_000n)).toEqual([]);
    expect(await caughtUpAt(partition)).toBe('2026-04-27T10:00:01Z');
    now = 999;
    await reader.caughtUp([fence], AT + 2_000_000n);
    expect(await caughtUpAt(partition)).toBe('2026-04-27T10:00:01Z');
    now = 1000;
    await reader.caughtUp([fence], AT + 3_000_000n);
    expect(await caughtUpAt(partition)).toBe('2026-04-27T10:00:03Z');
  });

  it('says nothing about a partition that another projector has', async () => {
    const reader = projector();
    const [lost, kept] = [await reader.fence(1), await reader.fence(2)];
    await projector().fence(1);
    expect(await reader.caughtUp([lost, kept], AT)).toEqual([1]);
    expect([await caughtUpAt(1), await caughtUpAt(2)]).toEqual([null, '2026-04-27T10:00:00Z']);
  });
});

const FAILURES = 4;

/** The first batches fail, and each failure is noted. */
function failing(projector: LogProjector, when: string, failures: unknown[]): PartitionReader {
  const fail = (step: string) => {
    if (when === step && failures.length < FAILURES) throw new Error(`a batch fails ${step}`);
  };
  return {
    fence: (partition) => projector.fence(partition),
    caughtUp: (fences, at) => projector.caughtUp(fences, at),
    apply: async (batch) => {
      try {
        fail('before its transaction');
        const outcome = await projector.apply(batch);
        fail('after its commit');
        return outcome;
      } catch (error) {
        failures.push(error);
        throw error;
      }
    },
  };
}

/** The first writes to the last of the balances fail; a sequence counts them, for a rollback does not take it back. */
async function failInside({ database }: TestDatabase): Promise<void> {
  await sql`create sequence failures`.execute(database.kysely);
  await sql`
    create function fail() returns trigger language plpgsql as $$
    begin
      if nextval('failures') <= ${sql.lit(FAILURES)} then raise exception 'a batch fails inside'; end if;
      return null;
    end $$`.execute(database.kysely);
  await sql`
    create trigger fail before insert on member_balance
    for each statement execute function fail()`.execute(database.kysely);
}

async function untilProjected({ database }: TestDatabase): Promise<void> {
  await waitUntil('the projection has all of the log', async () => {
    const { rows } = await sql`
      select from log_partition join projection_partition using (partition)
      where next_offset < end_offset`.execute(database.kysely);
    return rows.length === 0;
  });
}
