import { deepStrictEqual } from 'node:assert';
import { instantOfMillis } from '#libs/ledger';
import { GrpcLedger } from '#libs/testing';
import { timestampOf } from '#libs/wire';
import type { Call } from '../load/call-connection';
import { budgetMethod, budgetMethodPath } from './budget-method';
import { printCents } from './print-cents';
import type { BenchUser } from './record-users';

export const BALANCE_PATH = budgetMethodPath('GetBalance');

/** The two times of a question, in milliseconds. */
export interface PastTimes {
  readonly atMs?: number;
  readonly knownAtMs?: number;
}

/** A reading of each user's balance, as bytes; its own answer names her account. */
export function balanceCalls(users: readonly BenchUser[], times: PastTimes): Call[] {
  const { requestSerialize } = budgetMethod('GetBalance');
  return users.map((user) => ({
    request: requestSerialize(questionOf(user, times)),
    expected: `user:${user.userId}`,
  }));
}

/** @param spends how many of her spends each user had made by then @throws AssertionError when the ledger is wrong */
export async function verifyPast(
  address: string,
  users: readonly BenchUser[],
  times: PastTimes,
  spends: number,
): Promise<void> {
  const grpc = new GrpcLedger(address);
  try {
    for (const user of users) {
      const { balance } = await grpc.call('BudgetService', 'GetBalance', questionOf(user, times));
      const { account, spent_all_time, budgets } = balance;
      const spent = printCents(user.spendCents * spends);
      deepStrictEqual([account, spent_all_time, budgets.length], [`user:${user.userId}`, spent, 4]);
    }
  } finally {
    grpc.close();
  }
}

function questionOf({ userId }: BenchUser, { atMs, knownAtMs }: PastTimes): object {
  return {
    account: `user:${userId}`,
    ...(atMs !== undefined && { at: timestampOf(instantOfMillis(atMs)) }),
    ...(knownAtMs !== undefined && { known_at: timestampOf(instantOfMillis(knownAtMs)) }),
  };
}
