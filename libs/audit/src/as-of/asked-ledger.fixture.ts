import {
  formatAccount,
  instantOf,
  parseAccount,
  type Account,
  type Instant,
  type Scope,
} from '#libs/ledger';
import { lockOutbox, takeOutOfOutbox } from '#libs/postgres';
import type { NewRecord } from '#libs/spend-log';
import {
  adjustmentRecord,
  createTestDatabase,
  openTestLog,
  projectLog,
  spendRecord,
  TEST_PARTITIONS,
  type TestDatabase,
} from '#libs/testing';
import { printBalance, type BalanceDocument } from '#libs/balances';
import { leaveMarks } from './leave-marks';
import { readBalanceAsOf, type AsOfReading } from './read-balance-as-of';

export const ALICE: Scope = { type: 'user', userId: 'alice', keyId: 'k' };
export const MONTH = { type: 'calendar', unit: 'month', zone: 'UTC' };

/** A ledger whose log and marks are read when a spec asks. */
export class AskedLedger {
  private constructor(private readonly db: TestDatabase) {}

  static async create(): Promise<AskedLedger> {
    return new AskedLedger(await createTestDatabase());
  }

  get database() {
    return this.db.database;
  }

  drop(): Promise<void> {
    return this.db.drop();
  }

  async record(...records: readonly NewRecord[]): Promise<void> {
    await openTestLog(this.database).append(records);
    await projectLog(this.database);
  }

  /** What a relay and a projector would do with what lies in the outbox. @returns how many records lay there */
  async relay(): Promise<number> {
    const records = await this.database.atomically(async (client) => {
      const found = await lockOutbox(client, 1000);
      await takeOutOfOutbox(
        client,
        found.map(({ id }) => id),
      );
      return found;
    });
    await this.record(...records);
    return records.length;
  }

  read(name: string, at: string | undefined, knownAt: string | undefined): Promise<AsOfReading> {
    return readBalanceAsOf(this.database, accountOf(name), TEST_PARTITIONS, {
      at: instant(at),
      knownAt: instant(knownAt),
    });
  }

  /** Asks as auth does: leaves marks until every partition has come so far. */
  async ask(name: string, at?: string, knownAt?: string): Promise<BalanceDocument> {
    for (;;) {
      const reading = await this.read(name, at, knownAt);
      if (reading.outcome === 'read') return printBalance(reading.balance);
      if (reading.outcome === 'in_the_future') throw new Error(`${knownAt} is in the future`);
      await leaveMarks(this.database, reading.partitions, instantOf(knownAt!));
      await this.relay();
    }
  }

  /** What was spent over all time, in each budget's window, and how many calls have no price. */
  async figures(name: string, at?: string, knownAt?: string) {
    const { spentAllTime, unpriced, budgets } = await this.ask(name, at, knownAt);
    return { spentAllTime, unpriced, budgets: budgets.map(({ spent }) => spent) };
  }
}

/** A spend; no amount means unknown. */
export function spent(
  scope: Scope,
  amount: string | undefined,
  time: string,
  recordedAt = time,
): NewRecord {
  return spendRecord(scope, amount, { time: instantOf(time), recordedAt: instantOf(recordedAt) });
}

/** A correction of it. */
export function corrected(of: NewRecord, stated: string, on: string): NewRecord {
  const time = instantOf(on);
  return adjustmentRecord(of, stated, { time, recordedAt: time });
}

export function accountOf(name: string): Account {
  const account = parseAccount(name, 'account');
  if (!account.ok || formatAccount(account.value) !== name) throw new Error(`no account: ${name}`);
  return account.value;
}

function instant(text: string | undefined): Instant | undefined {
  return text === undefined ? undefined : instantOf(text);
}
