import { deepStrictEqual } from 'node:assert';
import { GrpcLedger } from '#libs/testing';
import type { Call } from '../load/call-connection';
import { budgetMethod, budgetMethodPath } from './budget-method';
import { printCents } from './print-cents';
import { SPENDS_EACH, type BenchUser } from './record-users';

export const CHECK_PATH = budgetMethodPath('Check');

/** A check of each user's scope, as bytes; its own answer names the user's account. */
export function checkCalls(users: readonly BenchUser[]): Call[] {
  const { requestSerialize } = budgetMethod('Check');
  return users.map((user) => ({
    request: requestSerialize(checkOf(user)),
    expected: `user:${user.userId}`,
  }));
}

/**
 * Asks like any gRPC client and compares what comes with what was recorded. @returns the bytes of one such answer
 * @throws AssertionError when the ledger is wrong
 */
export async function verifyAnswers(
  address: string,
  users: readonly BenchUser[],
  { minPosition = '', token }: { readonly minPosition?: string; readonly token?: string } = {},
): Promise<Uint8Array> {
  const grpc = new GrpcLedger(address, token);
  try {
    let last: object = {};
    for (const user of users) {
      const request = { ...checkOf(user), min_position: minPosition };
      const answer = await grpc.call('BudgetService', 'Check', request);
      const { allowed, degraded, budgets } = answer.decision;
      const [{ budget_id, account, spent, verdict }, ...others] = budgets;
      deepStrictEqual(
        { allowed, degraded, budget_id, account, spent, verdict, others },
        {
          allowed: true,
          degraded: false,
          budget_id: user.budgetId,
          account: `user:${user.userId}`,
          spent: printCents(user.spendCents * SPENDS_EACH),
          verdict: 'VERDICT_OK',
          others: [],
        },
      );
      last = answer;
    }
    return budgetMethod('Check').responseSerialize(last);
  } finally {
    grpc.close();
  }
}

function checkOf({ userId, keyId }: BenchUser): object {
  return { scope: { user: { user_id: userId, key_id: keyId } } };
}
