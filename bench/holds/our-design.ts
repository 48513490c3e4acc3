import { sql } from 'kysely';
import { BudgetedTargets } from '#libs/balances';
import { drawSlot } from '#libs/holds';
import { NO_PRICES, redactSecrets, type Labels, type Scope } from '#libs/ledger';
import { createLedger, Database } from '#libs/postgres';
import { EnvReader } from '#libs/runtime';
import { findPostgresLog } from '#libs/spend-log';
import {
  createTestDatabase,
  TEST_CURRENCY,
  TEST_PARTITIONS,
  testDatabaseOptions,
  type TestDatabase,
} from '#libs/testing';
import { CatchUp } from '../../apps/auth/src/catch-up';
import { readAuthPolicy } from '../../apps/auth/src/config';
import { DecisionQueue } from '../../apps/auth/src/decisions/decision-queue';
import { DecisionKeeper } from '../../apps/auth/src/decisions/keep-decision';
import { HoldDesk } from '../../apps/auth/src/holds/hold-desk';
import { setRoomOf } from './budget-rows';
import { TTL_SECONDS, type HoldDesign } from './hold-design';

const AMOUNT_PICO = 10n ** 12n;

/** A ledger that has no process, and is caught up with its empty log for a day to come. */
export async function createQuietLedger(): Promise<TestDatabase> {
  const db = await createTestDatabase({ ledger: false });
  const partitions = TEST_PARTITIONS;
  const wanted = { currency: TEST_CURRENCY, partitions };
  const created = await createLedger(db.options, wanted, { partitions }, findPostgresLog);
  if (!created.ok) throw new Error(created.sentence);
  await sql`update projection_partition set caught_up_at = ledger_now() + interval '1 day'`.execute(
    db.database.kysely,
  );
  return db;
}

/**
 * What auth takes holds with, without its doors: its own defaults, on a database of `createQuietLedger`.
 * @param labels what each hold says of its call
 */
export function ourDesign(url: string, labels?: Labels): HoldDesign {
  const database = new Database(testDatabaseOptions(url));
  const policy = readAuthPolicy(new EnvReader({}, redactSecrets));
  const { concurrency, idleMs } = policy.holds;
  const holdPool = database.pipelinedPool({ maxConnections: concurrency + 1, idleMs });
  const catchUp = new CatchUp();
  const desk = new HoldDesk({
    database: holdPool,
    currency: TEST_CURRENCY,
    policy: { ...policy, partitions: TEST_PARTITIONS },
    slot: drawSlot(policy.holds.slots),
    gateAttempts: policy.holds.maxAttempts,
    budgeted: new BudgetedTargets(),
    isLogElsewhere: false,
    prices: NO_PRICES,
    isCaughtUp: (snapshot) => catchUp.isReached(snapshot),
    keeper: new DecisionKeeper(new DecisionQueue(policy.decisions.maxQueue), {
      record: policy.decisions.record,
      count: () => undefined,
    }),
    limits: policy.holds,
    onSettled: () => undefined,
    onServed: () => undefined,
  });
  return {
    setRoom: (accounts, room) => setRoomOf(database, accounts, room),
    take: async (account) => {
      const { outcome } = await desk.submit({
        kind: 'take',
        scope: scopeOf(account),
        labels,
        amountPico: AMOUNT_PICO,
        ttlSeconds: TTL_SECONDS,
        caller: 'bench',
        requestId: null,
        idempotencyKey: null,
        onExpiry: 'release',
      });
      if (outcome !== 'taken' && outcome !== 'refused') throw new Error(`a hold was ${outcome}`);
      return outcome === 'taken';
    },
    close: async () => {
      await holdPool.close();
      await database.close();
    },
  };
}

function scopeOf(account: string): Scope {
  const [kind, id] = account.split(':') as [string, string];
  return kind === 'team' ? { type: 'team', teamId: id } : { type: 'user', userId: id };
}
