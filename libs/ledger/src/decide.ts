import type { BudgetState, JudgedBudget, Judgement, DecisionTerms, Verdict } from './judgement';
import { refusalMessage } from './refusal-message';
import { shareReached, sharesReached } from './share';

/**
 * The one decision over every applicable budget: refuse when an enforced budget has
 * spent + held + estimate > limit; without an estimate, at the limit. A free call is never refused by a budget. A cap over
 * the whole ledger lets in nobody whom no other budget covers.
 */
export function decide(states: readonly BudgetState[], terms: DecisionTerms): Judgement {
  const budgets = states.map((state) => judge(state, terms.estimatePico));
  const blocking = budgets.filter((judged) => blocks(judged, terms));
  const unbudgeted = budgets.every(({ account }) => LETS_NOBODY_IN.has(account.kind));
  const denied = unbudgeted && terms.unbudgeted === 'deny';
  const blockedBy = blocking.length > 0 ? blocking.reduce(longerBlocking) : null;
  return {
    allowed: blockedBy === null && !denied,
    budgets,
    blockedBy,
    unbudgeted,
    remainingPico: leastRemaining(budgets),
    message: denied
      ? 'No budget covers this call, and calls without a budget are denied'
      : blockedBy
        ? refusalMessage(blockedBy, terms)
        : '',
  };
}

/** A cap over all covers nobody, and a label that a call does not say is no account of it. */
const LETS_NOBODY_IN: ReadonlySet<BudgetState['account']['kind']> = new Set([
  'ledger',
  'missing_label',
]);

export function judge(state: BudgetState, estimatePico: bigint | undefined): JudgedBudget {
  const { limitPico, warnAt } = state.budget;
  if (state.account.kind === 'missing_label') return { ...state, ...MISSING };
  if (limitPico === null) return { ...state, verdict: 'ok', remainingPico: null, warning: null };
  const room = limitPico - state.spentPico - state.heldPico;
  const warning = shareReached(warnAt, state.spentPico, limitPico);
  return {
    ...state,
    verdict: verdictOf(room, estimatePico, warning),
    remainingPico: room > 0n ? room : 0n,
    warning,
  };
}

const MISSING = { verdict: 'missing', remainingPico: null, warning: null } as const;

/** Whether a budget's numbers refuse the call, or the label that it requires does. */
export function isRefusedBy(
  { budget, verdict }: JudgedBudget,
  estimatePico: bigint | undefined,
): boolean {
  if (!budget.enforce || estimatePico === 0n) return false;
  return verdict === 'exceeded' || verdict === 'insufficient' || verdict === 'missing';
}

/** Every share of `warnAt` that spent has reached: of the largest, `judge` says that it is the budget's warning. */
export function warningsOf({ budget, spentPico }: BudgetState): readonly string[] {
  const { limitPico, warnAt } = budget;
  return limitPico === null ? [] : sharesReached(warnAt, spentPico, limitPico);
}

function verdictOf(
  room: bigint,
  estimatePico: bigint | undefined,
  warning: string | null,
): Verdict {
  if (room <= 0n) return 'exceeded';
  if (estimatePico !== undefined && estimatePico > room) return 'insufficient';
  return warning === null ? 'ok' : 'warned';
}

function blocks(judged: JudgedBudget, { estimatePico, behind }: DecisionTerms): boolean {
  const isKnown = judged.verdict === 'exceeded' || judged.verdict === 'missing';
  if (!behind || isKnown) return isRefusedBy(judged, estimatePico);
  return judged.budget.enforce && estimatePico !== 0n && judged.budget.outage === 'closed';
}

/** Of two blocking budgets the one that misses a label; else the one that blocks longer; of equals the first id. */
function longerBlocking(a: JudgedBudget, b: JudgedBudget): JudgedBudget {
  if ((a.verdict === 'missing') !== (b.verdict === 'missing')) {
    return a.verdict === 'missing' ? a : b;
  }
  const endA = a.window.end;
  const endB = b.window.end;
  if (endA !== endB) {
    if (endA === null) return a;
    if (endB === null) return b;
    return endA > endB ? a : b;
  }
  return a.budget.budgetId <= b.budget.budgetId ? a : b;
}

function leastRemaining(budgets: readonly JudgedBudget[]): bigint | null {
  let least: bigint | null = null;
  for (const { budget, remainingPico } of budgets) {
    if (!budget.enforce || remainingPico === null) continue;
    if (least === null || remainingPico < least) least = remainingPico;
  }
  return least;
}
