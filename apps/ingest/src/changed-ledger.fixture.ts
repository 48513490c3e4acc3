import type { KyselyPlugin } from 'kysely';
import { ANYBODY } from '#libs/access';
import { readBudgetInForce } from '#libs/balances';
import { formatMoney, parseBudget, partitionOfBudget, type Budget } from '#libs/ledger';
import { Database } from '#libs/postgres';
import {
  createTestDatabase,
  openTestLog,
  projectLog,
  TEST_PARTITIONS,
  type TestDatabase,
} from '#libs/testing';
import type { ChangeOutcome, ChangeRequest, Precondition } from './budget-change';
import { BudgetChanger, type ChangeLimits } from './change-budget';
import { ClaimRestoration } from './claim-restoration';
import { OutboxRelay } from './outbox-relay';
import { RecordingRounds } from './recording-rounds';

export const PARTITION = partitionOfBudget('b', TEST_PARTITIONS);
export const HOUR_MS = 3_600_000;

/** A ledger in which administrators change the budget `b`. */
export class ChangedLedger {
  private projecting: Promise<void> = Promise.resolve();

  private constructor(
    readonly db: TestDatabase,
    /** Two hours later. */
    readonly later: Database,
  ) {}

  static async create(): Promise<ChangedLedger> {
    const db = await createTestDatabase();
    return new ChangedLedger(db, new Database({ ...db.options, clockOffsetMs: 2 * HOUR_MS }));
  }

  async drop(): Promise<void> {
    await this.projecting;
    await this.later.close();
    await this.db.drop();
  }

  /** Brings what was claimed to the log and into the projection. */
  async project(): Promise<void> {
    const { database } = this.db;
    const options = { pollMs: 1, retryMs: 1, maxBatch: 100, onError: () => undefined };
    await new OutboxRelay(database, openTestLog(database), options).relayOnce();
    await projectLog(database);
  }

  readonly wake = (): void => {
    this.projecting = this.projecting.then(() => this.project());
  };

  admin(
    database = this.db.database,
    limits: Partial<ChangeLimits> = {},
    wake = this.wake,
  ): BudgetChanger {
    return new BudgetChanger(
      database,
      { wake },
      new ClaimRestoration(database),
      TEST_PARTITIONS,
      { applyWaitMs: 10_000, maxAttempts: 10, maxPerAccount: 100, ...limits },
      new RecordingRounds({ maxBatch: 100, maxQueue: 1000, recordWaitMs: 30_000 }),
    );
  }

  /** An administrator whose changes lie in the outbox, and who does not wait for them. */
  unheard(maxAttempts = 10): BudgetChanger {
    return this.admin(this.db.database, { applyWaitMs: 0, maxAttempts }, () => undefined);
  }

  set(
    limit: string,
    ifMatch?: Precondition,
    changer: BudgetChanger = this.admin(),
  ): Promise<ChangeOutcome> {
    return changer.set(budgetOf({ limit }), request(ifMatch));
  }

  /** The revision in force and its limit; `null`: removed. */
  async inForce(database = this.db.database): Promise<unknown[] | undefined> {
    const stored = await readBudgetInForce(database, 'b', PARTITION);
    if (!stored) return undefined;
    return [stored.revision, stored.budget && formatMoney(stored.budget.limitPico!)];
  }
}

export function budgetOf(settings: object): Budget {
  const account = { account: 'user:alice', window: { type: 'total' } };
  const read = parseBudget('b', { ...account, ...settings });
  if (!read.ok) throw new Error('not a budget');
  return read.value;
}

export function request(ifMatch?: Precondition): ChangeRequest {
  return { caller: ANYBODY, ifMatch };
}

/** The same database, in which something happens after so many statements of its user. */
export function interruptedAfter(
  statement: number,
  database: Database,
  happen: () => Promise<void>,
): { database: Database; happened: () => boolean } {
  let count = 0;
  const plugin: KyselyPlugin = {
    transformQuery: ({ node }) => node,
    transformResult: async ({ result }) => {
      count += 1;
      if (count === statement) await happen();
      return result;
    },
  };
  const kysely = { value: database.kysely.withPlugin(plugin) };
  return {
    database: Object.create(database, { kysely }) as Database,
    happened: () => count >= statement,
  };
}
