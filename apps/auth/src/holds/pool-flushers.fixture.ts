import { sql } from 'kysely';
import { BudgetedTargets, readSnapshot } from '#libs/balances';
import {
  formatAccount,
  formatMoney,
  NO_PRICES,
  parseAccount,
  type Account,
  type Labels,
  type Scope,
} from '#libs/ledger';
import { Database } from '#libs/postgres';
import { createTestDatabase, TestClock, type TestDatabase } from '#libs/testing';
import type { Decision } from '../decision';
import { flushHolds, type FlushParts } from './flush-holds';
import type { HoldOutcome } from './hold-outcome';
import type { HoldRequest, TakeRequest } from './hold-request';

export type Taken = Extract<HoldOutcome<Decision>, { outcome: 'taken' }>;

export const PICO = 10n ** 12n;
export const ACME: Labels = new Map([['org', 'acme']]);
export const TEAM: Scope = { type: 'team', teamId: 'ml', userId: 'alice', keyId: 'key-7' };
const FLUSHERS = 3;

/** Several processes that take holds, each on connections and with a slot of its own. */
export class PoolFlushers {
  private constructor(
    readonly db: TestDatabase,
    readonly clock: TestClock,
    readonly each: readonly Database[],
  ) {}

  static async start(): Promise<PoolFlushers> {
    const db = await createTestDatabase();
    const clock = await TestClock.of(db.database, '2026-04-27T10:00:00.25Z');
    await sql`update projection_partition set caught_up_at = ledger_now()`.execute(
      db.database.kysely,
    );
    const each = Array.from({ length: FLUSHERS }, () => new Database(db.options));
    return new PoolFlushers(db, clock, each);
  }

  async stop(): Promise<void> {
    for (const database of this.each) await database.close();
    await this.db.drop();
  }

  flush(n: number, requests: readonly HoldRequest[]): Promise<readonly HoldOutcome<Decision>[]> {
    return flushHolds(partsOf(this.each[n]!, n), requests);
  }

  /** Of all time. */
  async setLimit(
    account: string,
    limit: string | null,
    more: { readonly enforce?: boolean } = {},
  ): Promise<void> {
    const settings = { window: { type: 'total' }, warnAt: [], enforce: true, outage: 'closed' };
    const definition = JSON.stringify({ account, limit, ...settings, ...more });
    await sql`
      insert into budget_revision (partition, budget_id, revision, account, definition, superseded,
        log_offset, recorded_at, known_at, caller)
      values (0, ${account}, 1, ${account}, ${definition}, false, 0, ledger_now(), ledger_now(), 'test')
      on conflict do nothing`.execute(this.db.database.kysely);
  }

  /** As an answer shows it. */
  async heldOf(name: string): Promise<string> {
    const account = accountOf(name);
    const snapshot = await readSnapshot(this.db.database, new Map([[name, account]]), 12);
    return formatMoney(snapshot.heldOf(formatAccount(account)));
  }

  /** The one record that waits for its append. */
  outbox() {
    return this.db.database.kysely
      .selectFrom('outbox')
      .select(['headers', 'value'])
      .executeTakeFirstOrThrow();
  }
}

export function partsOf(database: Database, slot = 0): FlushParts {
  return {
    database,
    slot,
    currency: 'USD',
    isCaughtUp: () => true,
    isLogElsewhere: false,
    gateAttempts: 5,
    budgeted: new BudgetedTargets(),
    policy: { partitions: 12, unbudgeted: 'allow', maxLagMs: 1e9 },
    keeper: { idOf: () => null },
    prices: NO_PRICES,
  };
}

/** Of org `acme`, unless said otherwise; for ten minutes. */
export function take(scope: Scope, amount: bigint, more: Partial<TakeRequest> = {}): TakeRequest {
  return {
    kind: 'take',
    caller: 'anonymous',
    scope,
    labels: ACME,
    amountPico: amount * PICO,
    ttlSeconds: 600,
    requestId: null,
    idempotencyKey: null,
    onExpiry: 'release',
    ...more,
  };
}

export function releaseOf(taken: Taken): HoldRequest {
  return { kind: 'release', ...ofHold(taken) };
}

export function extendOf(taken: Taken, amount: bigint): HoldRequest {
  const amountPico = amount * PICO;
  return { kind: 'extend', ...ofHold(taken), ttlSeconds: undefined, amountPico };
}

export function settleOf(taken: Taken, amount: bigint): HoldRequest {
  const cost = { basis: 'exact', amountPico: amount * PICO } as const;
  return { kind: 'settle', ...ofHold(taken), time: undefined, cost };
}

export function accountOf(name: string): Account {
  const account = parseAccount(name, 'account');
  if (!account.ok) throw new Error(`${name} is no account`);
  return account.value;
}

const ofHold = ({ hold }: Taken) => ({ holdId: hold.holdId, caller: 'anonymous' });
