import { listBudgetsOf, readStateOf } from '#libs/balances';
import { formatMoney, isDefaultTarget, parseAccount, type BudgetState } from '#libs/ledger';
import type { Database } from '#libs/postgres';
import { Scraped, type Metrics } from '#libs/runtime';
import type { AuthParts } from './auth-parts';

/**
 * The numbers of the budgets that the operator named, floats for dashboards only. A budget without a limit has no limit
 * series; one that was removed, or is a default for many accounts, has none at all.
 */
export function measureBudgets({ metrics, database, partitions, budgetMetrics }: AuthParts): void {
  if (budgetMetrics.length === 0) return;
  const reads = database.forReads();
  const states = new Scraped(() => readStates(reads, budgetMetrics, partitions));
  const series = (name: string, help: string, of: (state: BudgetState) => bigint | null) =>
    gaugeOf(metrics, states, { name, help, of });
  series('ledger_budget_spent', 'Spent in the window that runs', ({ spentPico }) => spentPico);
  series('ledger_budget_held', 'Held now', ({ heldPico }) => heldPico);
  series('ledger_budget_limit', 'The limit in force', ({ budget }) => budget.limitPico);
}

interface Series {
  readonly name: string;
  readonly help: string;
  readonly of: (state: BudgetState) => bigint | null;
}

function gaugeOf(
  metrics: Metrics,
  states: Scraped<readonly BudgetState[]>,
  { name, help, of }: Series,
): void {
  const labels = ['budget_id', 'account'] as const;
  metrics.gauge(name, `${help}, of a budget that BUDGET_METRICS names`, labels, async (gauge) => {
    const read = await states.read();
    gauge.reset();
    for (const state of read ?? []) {
      const pico = of(state);
      const { budgetId, account } = state.budget;
      if (pico !== null) gauge.set({ budget_id: budgetId, account }, Number(formatMoney(pico)));
    }
  });
}

/** One after the other, so that a scrape takes one connection. */
async function readStates(
  reads: Database,
  ids: readonly string[],
  partitions: number,
): Promise<readonly BudgetState[]> {
  const states: BudgetState[] = [];
  for (const { budget } of await listBudgetsOf(reads, ids)) {
    if (budget === null || isDefaultTarget(budget.account)) continue;
    const account = parseAccount(budget.account, 'account');
    if (account.ok) states.push(await readStateOf(reads, budget, account.value, partitions));
  }
  return states;
}
