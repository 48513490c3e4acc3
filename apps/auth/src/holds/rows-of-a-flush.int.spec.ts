import { sql } from 'kysely';
import { BudgetedTargets } from '#libs/balances';
import { NO_PRICES } from '#libs/ledger';
import type { Database } from '#libs/postgres';
import { createTestDatabase, rowsRead, TEST_PARTITIONS, type TestDatabase } from '#libs/testing';
import { flushHolds, type FlushParts } from './flush-holds';
import type { HoldRequest } from './hold-request';

const ASKED = { caller: 'anonymous' };

describe('a flush of holds', () => {
  let db: TestDatabase;
  /** As flushes have it, of one session, whose statistics are told when it is asked. */
  let database: Database;

  beforeAll(async () => {
    db = await createTestDatabase({ autovacuum: false });
    database = db.database.pipelinedPool({ maxConnections: 1 });
    await sql`update projection_partition set caught_up_at = ledger_now()`.execute(
      db.database.kysely,
    );
  });
  afterAll(async () => {
    await database.close();
    await db.drop();
  });

  it('reads as many rows beside thousands of holds as beside a few, with plans that are kept', async () => {
    for (let n = 0; n < 20; n++) await call(`k-${n}`);
    const few = await rowsOf(() => call('k-20'));
    await sql`
      insert into hold (partition, hold_id, scope_type, key_id, amount, created_at, expires_at, caller,
        idempotency_key, body_hash)
      select 0, gen_random_uuid(), 'key', 'other', 1, ledger_now(), ledger_now(), 'anonymous', 'o-' || n, ''
      from generate_series(1, 3000) n`.execute(database.kysely);
    expect(await rowsOf(() => call('k-21'))).toBe(few);
  });

  async function call(idempotencyKey: string): Promise<void> {
    const [taken] = await flush({
      kind: 'take',
      ...ASKED,
      scope: { type: 'key', keyId: 'key-7' },
      amountPico: 1n,
      ttlSeconds: 60,
      requestId: null,
      idempotencyKey,
      onExpiry: 'release',
    });
    if (taken?.outcome !== 'taken') throw new Error(`it was ${taken?.outcome}`);
    const { holdId } = taken.hold;
    await flush({ kind: 'extend', ...ASKED, holdId, ttlSeconds: 90, amountPico: undefined });
    await flush({
      kind: 'settle',
      ...ASKED,
      holdId,
      cost: { amountPico: 1n, basis: 'exact' },
      time: undefined,
    });
  }

  function flush(request: HoldRequest): ReturnType<typeof flushHolds> {
    const parts: FlushParts = {
      database,
      currency: 'USD',
      isCaughtUp: () => true,
      isLogElsewhere: false,
      slot: 0,
      gateAttempts: 5,
      budgeted: new BudgetedTargets(),
      policy: { partitions: TEST_PARTITIONS, unbudgeted: 'allow', maxLagMs: 1e9 },
      keeper: { idOf: () => null },
      prices: NO_PRICES,
    };
    return flushHolds(parts, [request]);
  }

  async function rowsOf(work: () => Promise<void>): Promise<number> {
    const before = await rowsRead(database, 'hold');
    await work();
    return (await rowsRead(database, 'hold')) - before;
  }
});
