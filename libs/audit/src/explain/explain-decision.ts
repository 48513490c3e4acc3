import { sql } from 'kysely';
import { formatInstant, partitionOfBudget, windowOf, type Budget, type Window } from '#libs/ledger';
import { type Database, type OneInstant, atOneInstant } from '#libs/postgres';
import { readBudget } from '#libs/wire';
import { findDecisionThen, type BudgetThen, type DecisionThen } from './decision-then';
import type { ExplainLimits } from './explain-limits';
import { ofAccountIn, readLatest, sumEntries, type RunningEntry } from './explain-window';
import { offsetIn, readHeldThen, type HoldThen } from './held-then';

/** A number as the decision said it, beside what the rows behind it come to. */
export interface Compared<T> {
  readonly decided: T;
  /** `undefined`: there is nothing to derive it from. */
  readonly derived: T | undefined;
  /** `unknown`: it is another one, and what it was derived from need not be all that there was. */
  readonly verdict: 'agrees' | 'differs' | 'unknown';
  /** Why it is not known. */
  readonly doubts: readonly string[];
}

export interface ExplainedBudget extends BudgetThen {
  readonly limit: Compared<bigint | null>;
  readonly windowThen: Compared<Window>;
  readonly spent: Compared<bigint>;
  readonly held: Compared<bigint>;
  /** The revision that was in force. */
  readonly revision: number | undefined;
  readonly entryCount: number;
  readonly unpriced: number;
  /** The latest, in the order of time. */
  readonly entries: readonly RunningEntry[];
  readonly holds: readonly HoldThen[];
}

export interface ExplainedDecision {
  readonly decision: DecisionThen;
  readonly budgets: readonly ExplainedBudget[];
  /** No number differs. */
  readonly agrees: boolean;
}

/** Derives the numbers of a decision once more. @returns `undefined`: there is no such decision */
export async function explainDecision(
  database: Database,
  decisionId: string,
  limits: ExplainLimits,
): Promise<ExplainedDecision | undefined> {
  const decision = await findDecisionThen(database, decisionId);
  if (!decision) return undefined;
  return atOneInstant(database, async (client) => {
    const budgets: ExplainedBudget[] = [];
    for (const budget of decision.budgets) {
      budgets.push(await explainBudget(client, decision, budget, limits));
    }
    const agrees = budgets.every(({ limit, windowThen, spent, held }) =>
      [limit, windowThen, spent, held].every(({ verdict }) => verdict !== 'differs'),
    );
    return { decision, budgets, agrees };
  });
}

async function explainBudget(
  client: OneInstant,
  decision: DecisionThen,
  budget: BudgetThen,
  { partitions, most }: ExplainLimits,
): Promise<ExplainedBudget> {
  const { account, window } = budget;
  const doubts = decision.degraded
    ? ['it was decided on what was known last, while the ledger was behind']
    : [];
  const rule = await readRuleThen(client, decision, budget.budgetId, partitions);
  if (account.kind === 'missing_label') return withoutNumbers(budget, rule, doubts);
  const condition = sql<boolean>`${ofAccountIn(account, window, partitions)}
    and entry.log_offset < ${offsetIn(decision.position)}`;
  const sums = await sumEntries(client, condition);
  const held = await readHeldThen(client, account, decision);
  const windowThen = rule && windowOf(rule.budget.window, decision.decidedAt);
  return {
    ...budget,
    limit: compare(budget.limitPico, rule?.budget.limitPico, doubts),
    windowThen: compare(window, windowThen, doubts, isSameWindow),
    spent: compare(budget.spentPico, sums.spentPico, doubts),
    held: compare(budget.heldPico, held.heldPico, held.doubts),
    revision: rule?.revision,
    entryCount: sums.calls + sums.corrections,
    unpriced: sums.unpriced,
    entries: await readLatest(client, condition, sums, most),
    holds: held.holds,
  };
}

/** Of a label that the call did not say nothing was spent and nothing is held, over whatever time. */
function withoutNumbers(
  budget: BudgetThen,
  rule: Awaited<ReturnType<typeof readRuleThen>>,
  doubts: readonly string[],
): ExplainedBudget {
  return {
    ...budget,
    limit: compare(budget.limitPico, rule?.budget.limitPico, doubts),
    windowThen: compare(budget.window, budget.window, doubts),
    spent: compare(budget.spentPico, 0n, doubts),
    held: compare(budget.heldPico, 0n, doubts),
    revision: rule?.revision,
    entryCount: 0,
    unpriced: 0,
    entries: [],
    holds: [],
  };
}

function compare<T>(
  decided: T,
  derived: T | undefined,
  doubts: readonly string[],
  isSame: (one: T, other: T) => boolean = Object.is,
): Compared<T> {
  if (derived !== undefined && isSame(decided, derived)) {
    return { decided, derived, verdict: 'agrees', doubts: [] };
  }
  return { decided, derived, verdict: doubts.length > 0 ? 'unknown' : 'differs', doubts };
}

function isSameWindow(one: Window, other: Window): boolean {
  return one.start === other.start && one.end === other.end;
}

/** What of a budget was in force, as far as the decision's position had heard of it. */
async function readRuleThen(
  client: OneInstant,
  { position, decidedAt }: DecisionThen,
  budgetId: string,
  partitions: number,
): Promise<{ readonly revision: number; readonly budget: Budget } | undefined> {
  const partition = partitionOfBudget(budgetId, partitions);
  const row = await client
    .selectFrom('budget_revision')
    .select(['revision', 'definition'])
    .where('partition', '=', partition)
    .where('budget_id', '=', budgetId)
    .where('log_offset', '<', position.get(partition) ?? 0n)
    .where((where) =>
      where.or([
        where('valid_until', 'is', null),
        where('valid_until', '>', formatInstant(decidedAt)),
      ]),
    )
    .orderBy('revision', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (!row || row.definition === null) return undefined;
  return { revision: row.revision, budget: readBudget(budgetId, row.definition) };
}
