import { BudgetedTargets } from '#libs/balances';
import { NO_PRICES } from '#libs/ledger';
import { Database } from '#libs/postgres';
import { TEST_CURRENCY, TEST_PARTITIONS, type TestDatabase } from '#libs/testing';
import { DecisionKeeper } from '../../../apps/auth/src/decisions/keep-decision';
import { DecisionQueue } from '../../../apps/auth/src/decisions/decision-queue';
import { HoldDesk } from '../../../apps/auth/src/holds/hold-desk';
import type { HoldOutcome } from '../../../apps/auth/src/holds/hold-outcome';
import type { HoldRequest } from '../../../apps/auth/src/holds/hold-request';

/** Fewer than there are auths, so that some share one. */
const SLOTS = 2;

/** The desks of several auths, each on connections of its own. */
export class Desks {
  private constructor(
    private readonly databases: readonly Database[],
    private readonly desks: readonly HoldDesk[],
  ) {}

  static open(db: TestDatabase, count: number): Desks {
    const databases = Array.from({ length: count }, () => new Database(db.options));
    return new Desks(
      databases,
      databases.map((database, slot) => deskOn(database, slot % SLOTS)),
    );
  }

  get count(): number {
    return this.desks.length;
  }

  submit(auth: number, request: HoldRequest): Promise<HoldOutcome> {
    return this.desks[auth]!.submit(request);
  }

  async close(): Promise<void> {
    for (const database of this.databases) await database.close();
  }
}

/** Small batches, and two flushes at a time, so that many are under way. */
function deskOn(database: Database, slot: number): HoldDesk {
  return new HoldDesk({
    database,
    currency: TEST_CURRENCY,
    isCaughtUp: () => true,
    isLogElsewhere: false,
    prices: NO_PRICES,
    slot,
    gateAttempts: 5,
    budgeted: new BudgetedTargets(),
    policy: { partitions: TEST_PARTITIONS, unbudgeted: 'allow', maxLagMs: 1e15 },
    keeper: new DecisionKeeper(new DecisionQueue(10), { record: 'all', count: () => undefined }),
    limits: { maxBatch: 5, maxQueue: 1000, concurrency: 2, maxAttempts: 5, recordWaitMs: 60_000 },
    onSettled: () => undefined,
    onServed: () => undefined,
  });
}
