import { randomUUID } from 'node:crypto';
import { scopeMessage, type Scope, type Told } from './ask';
import type { LedgerProcesses } from './ledger-processes';

/**
 * LiteLLM #26672: a key with `max_budget` 0.05, no reset, and `spend` 0.540408 went on calling; so did a user with a
 * budget of 0.1 and a key of 0.05 who called once a minute. The limits were stored and the spend was right, but one
 * path did not ask.
 */
export const USER_LIMIT = '0.10';
export const KEY_LIMIT = '0.05';
export const REPORTED_SPEND = '0.540408';
const SECONDS = Date.parse('2026-04-28T10:00:00Z') / 1000;

/** A person with a key, and a budget on each. */
export interface Caller {
  readonly scope: Scope & { readonly userId: string; readonly keyId: string };
  readonly userBudget: string;
  readonly keyBudget: string;
}

export function caller(name: string, [userBudget, keyBudget]: readonly [string, string]): Caller {
  const scope = { type: 'user', userId: name, keyId: `${name}-key` } as const;
  return { scope, userBudget: `${name}-${userBudget}`, keyBudget: `${name}-${keyBudget}` };
}

/** How spend and budgets come in. */
export interface Door {
  setBudget(ledger: LedgerProcesses, id: string, account: string, limit: string): Promise<string>;
  record(ledger: LedgerProcesses, scope: Scope, amount: string): Promise<string>;
}

/** Each gives a position that has what came in. */
export const DOORS: Readonly<Record<'HTTP' | 'gRPC', Door>> = {
  HTTP: {
    setBudget: async (ledger, id, account, limit) => {
      const { status, body } = await ledger.http('ingest').setBudget(id, account, limit);
      expect([status, body.applied]).toEqual([201, true]);
      return body.position;
    },
    record: async (ledger, scope, amount) => {
      const { status, body } = await ledger.http('ingest').record(scope, amount);
      expect(status).toBe(201);
      return body.position;
    },
  },
  gRPC: {
    setBudget: async (ledger, budget_id, account, limit) => {
      const budget = { budget_id, account, limit, window: { total: {} } };
      const answer = await ledger
        .grpc('ingest')
        .call('BudgetAdminService', 'SetBudget', { budget });
      expect(answer.applied).toBe(true);
      return answer.position;
    },
    record: async (ledger, scope, amount) => {
      const event = { id: randomUUID(), source: 'gateway', time: { seconds: SECONDS }, amount };
      const { receipt } = await ledger.grpc('ingest').call('IngestService', 'RecordSpend', {
        event: { ...event, scope: scopeMessage(scope) },
      });
      return receipt.position;
    },
  },
};

export async function setBudgets(
  ledger: LedgerProcesses,
  door: Door,
  { scope, userBudget, keyBudget }: Caller,
): Promise<void> {
  await door.setBudget(ledger, keyBudget, `key:${scope.keyId}`, '0.05');
  await door.setBudget(ledger, userBudget, `user:${scope.userId}`, '0.1');
}

/** What each answer about a caller must be who has spent so much. */
export function expected({ scope, userBudget, keyBudget }: Caller, spent: string): Told {
  const budgets = [
    { account: `User=${scope.userId}`, id: userBudget, limit: USER_LIMIT },
    { account: `Key=${scope.keyId}`, id: keyBudget, limit: KEY_LIMIT },
  ].map((budget) => ({ ...budget, isOver: Number(spent) >= Number(budget.limit) }));
  const [first] = budgets.filter(({ isOver }) => isOver).sort((a, b) => (a.id < b.id ? -1 : 1));
  return {
    allowed: !first,
    blockedBy: first?.id ?? null,
    resetsAt: null,
    message: first
      ? `Budget has been exceeded! ${first.account} Current cost: ${spent}, Max budget: ${first.limit}`
      : '',
    budgets: budgets
      .map(({ id, limit, isOver }) => [id, spent, limit, isOver ? 'exceeded' : 'ok'] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  };
}
