import { redactSecrets } from '#libs/ledger';
import type { Cli } from '../../../command';
import type { Renamed } from '../fit-id';
import { insist } from '../insist';
import type { LitellmDatabase } from '../litellm-database';
import type { MovedBudget } from '../report';
import type { Refusal } from '../tally';
import type { NotMoved } from './limit-row';
import { planLimits, type PlannedBudget, type PlanRules } from './plan-limits';
import { readLeftBehind } from './read-left-behind';
import { readLimits } from './read-limits';
import { setBudget, type BudgetOutcome, type BudgetParts } from './set-budget';

export interface MovedLimits {
  readonly budgets: MovedBudget[];
  readonly notMoved: NotMoved[];
  readonly refusals: Refusal[];
  readonly leftOut: { budgets: number; notMoved: number };
  /** Refused ones, listed or not. */
  refused: number;
}

export interface MoveParts {
  readonly litellm: LitellmDatabase;
  readonly rules: PlanRules;
  /** `undefined`: there is no ledger yet, and nothing is to be set. */
  readonly ledger: BudgetParts | undefined;
  readonly onRenamed: (renamed: Renamed) => void;
  /** Most of each list. */
  readonly most: number;
}

/** Makes budgets of all of LiteLLM's limits, one after the other, and lists what cannot be one. */
export async function moveLimits(cli: Cli, parts: MoveParts): Promise<MovedLimits> {
  const { litellm, rules, ledger, onRenamed, most } = parts;
  const moved: MovedLimits = {
    budgets: [],
    notMoved: [],
    refusals: [],
    leftOut: { budgets: 0, notMoved: 0 },
    refused: 0,
  };
  for await (const row of readLimits(litellm)) {
    const plan = planLimits(row, rules, onRenamed);
    for (const stays of plan.notMoved) keepNotMoved(moved, stays, most);
    const byId = Map.groupBy(plan.budgets, ({ budgetId }) => budgetId);
    for (const settings of byId.values()) {
      const outcome: BudgetOutcome = ledger
        ? await insist(cli, () => setBudget(ledger, settings))
        : { outcome: 'set' };
      for (const budget of settings) note(cli, moved, budget, outcome, most);
    }
  }
  const behind = await readLeftBehind(litellm, most);
  for (const stays of behind.found) keepNotMoved(moved, stays, most);
  moved.leftOut.notMoved += behind.leftOut;
  return moved;
}

function note(
  cli: Cli,
  moved: MovedLimits,
  budget: PlannedBudget,
  outcome: BudgetOutcome,
  most: number,
): void {
  const { budgetId } = budget;
  keepBudget(moved, { ...budget, outcome: outcome.outcome }, most);
  if (outcome.outcome !== 'refused') return;
  moved.refused += 1;
  const { field, rule, message } = outcome.fault;
  if (moved.refusals.length < most) moved.refusals.push({ id: budgetId, field, rule, message });
  cli.tell(`Refused: budget ${budgetId}: ${field} ${message}.`);
}

function keepBudget(moved: MovedLimits, budget: MovedBudget, most: number): void {
  if (moved.budgets.length < most) moved.budgets.push(budget);
  else moved.leftOut.budgets += 1;
}

function keepNotMoved(moved: MovedLimits, stays: NotMoved, most: number): void {
  if (moved.notMoved.length < most) moved.notMoved.push(withoutSecrets(stays));
  else moved.leftOut.notMoved += 1;
}

function withoutSecrets(stays: NotMoved): NotMoved {
  return { ...stays, id: redactSecrets(stays.id), value: redactSecrets(stays.value) };
}
