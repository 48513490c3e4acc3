import {
  scopeAccountsOf,
  decide,
  formatAccount,
  instantOf,
  parseBudget,
  picoOfDecimal,
  windowOf,
  type Instant,
  type Judgement,
  type Scope,
} from '#libs/ledger';

/** A judgement with what an answer says besides. */
export interface JudgedCall extends Judgement {
  readonly decidedAt: Instant;
  readonly position: string;
  readonly asOf: Instant;
  readonly lagMs: number;
  readonly degraded: boolean;
}

interface Circumstances {
  readonly budgetId?: string;
  readonly spent?: string;
  readonly limit?: string;
  readonly estimatePico?: bigint | undefined;
  readonly unbudgeted?: 'allow' | 'deny';
  readonly decidedAt?: string;
  readonly position?: string;
}

/** What a check would be told under one budget on the last account of its scope, or under none with `unbudgeted`. */
export function judgedCall(scope: Scope, given: Circumstances = {}): JudgedCall {
  const { budgetId = 'b', spent = '10.00', limit = '10.00', estimatePico, unbudgeted } = given;
  const decidedAt = instantOf(given.decidedAt ?? '2026-04-27T10:00:00Z');
  const account = scopeAccountsOf(scope).at(-1)!;
  const settings = { account: formatAccount(account), limit, window: { type: 'total' } };
  const budget = parseBudget(budgetId, settings);
  if (!budget.ok) throw new Error(`not a budget: ${JSON.stringify(budget.errors)}`);
  const state = {
    budget: budget.value,
    account,
    window: windowOf(budget.value.window, decidedAt),
    spentPico: picoOfDecimal(spent),
    heldPico: 0n,
  };
  return {
    ...decide(unbudgeted ? [] : [state], {
      estimatePico,
      behind: false,
      unbudgeted: unbudgeted ?? 'allow',
    }),
    decidedAt,
    position: given.position ?? '0:1',
    asOf: decidedAt,
    lagMs: 0,
    degraded: false,
  };
}
