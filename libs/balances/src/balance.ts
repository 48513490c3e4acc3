import {
  formatAccount,
  formatInstant,
  formatMoney,
  judge,
  type Account,
  type Instant,
  type JudgedBudget,
} from '#libs/ledger';
import { freshnessOf } from './freshness';
import { printStatus, type BudgetStatus } from './print-status';
import type { Snapshot } from './snapshot';

/** What an account has spent, and its budgets. */
export interface Balance {
  readonly account: string;
  readonly spentAllTimePico: bigint;
  readonly heldPico: bigint;
  /** How many calls of unknown cost are on record. */
  readonly unpriced: number;
  readonly budgets: readonly JudgedBudget[];
  readonly position: string;
  readonly asOf: Instant;
}

/** A balance as callers see it (docs/api.md). */
export interface BalanceDocument {
  readonly account: string;
  readonly spentAllTime: string;
  readonly held: string;
  readonly unpriced: number;
  readonly budgets: readonly BudgetStatus[];
  readonly position: string;
  readonly asOf: string;
}

/** The balance as it is now: out of the rows that a check decides on. */
export function balanceOf(snapshot: Snapshot, account: Account, partitions: number): Balance {
  const name = formatAccount(account);
  const { spentPico, unpriced } = snapshot.sumsOf(name);
  return {
    account: name,
    spentAllTimePico: spentPico,
    heldPico: snapshot.heldOf(name),
    unpriced,
    budgets: snapshot.statesOf(account, name).map((state) => judge(state, undefined)),
    position: snapshot.positionText,
    asOf: freshnessOf(snapshot, partitions).asOf ?? 0n,
  };
}

export function printBalance(balance: Balance): BalanceDocument {
  return {
    account: balance.account,
    spentAllTime: formatMoney(balance.spentAllTimePico),
    held: formatMoney(balance.heldPico),
    unpriced: balance.unpriced,
    budgets: balance.budgets.map(printStatus),
    position: balance.position,
    asOf: formatInstant(balance.asOf),
  };
}
