import type { BalanceDocument, BudgetStatus } from '#libs/balances';
import { printTable } from '../../print/table';

const HEADER = ['budget', 'limit', 'spent', 'held', 'remaining', 'verdict', 'window'];
const FIGURES = new Set([1, 2, 3, 4]);

/** A balance for people. */
export function balanceTable(balance: BalanceDocument): string {
  const { account, spentAllTime, held, unpriced, budgets, asOf } = balance;
  const facts = [
    `${account}: ${spentAllTime} spent over all time, ${held} held.`,
    ...(unpriced === 0 ? [] : [`Calls of unknown cost, which no sum has: ${unpriced}.`]),
    `The ledger has all that was on its log at ${asOf}.`,
  ];
  if (budgets.length === 0) return [...facts, 'It has no budget.'].join('\n');
  return [...facts, '', printTable(HEADER, budgets.map(rowOf), FIGURES)].join('\n');
}

function rowOf(budget: BudgetStatus): string[] {
  const { budgetId, limit, spent, held, remaining, window, enforced } = budget;
  return [
    budgetId,
    limit ?? 'none',
    spent,
    held,
    remaining ?? 'any',
    `${budget.verdict}${enforced ? '' : ' (not enforced)'}`,
    windowText(window),
  ];
}

function windowText({ start, end }: BudgetStatus['window']): string {
  if (start === null && end === null) return 'all time';
  return `${start === null ? '' : `from ${start}`}${end === null ? '' : ` to ${end}`}`.trim();
}
