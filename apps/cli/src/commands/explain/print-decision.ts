import { visibleText } from '#libs/json';
import { printTable } from '../../print/table';
import type { BudgetDocument, DecisionDocument } from '#libs/audit';
import { printEarlier, printEntries } from './print-entries';
import { boundsOf } from './print-account';

const AMOUNTS = new Set([1, 2]);

export function printDecision(decision: DecisionDocument): string {
  const { decisionId, decidedAt, allowed, message, degraded, budgets } = decision;
  const head = [
    `Decision ${decisionId} of ${decidedAt}: ${allowed ? 'allowed' : 'refused'}${degraded ? ', while the ledger was behind' : ''}.`,
    ...(message === '' ? [] : [visibleText(message)]),
    ...(decision.scope
      ? [
          `Asked: ${decision.estimate ?? 'an unknown cost'} for ${JSON.stringify(decision.scope)}${alsoAsked(decision)}`,
        ]
      : []),
    `Position ${decision.position}`,
    ...(budgets.length === 0 ? ['No budget applied.'] : []),
  ];
  return [head.join('\n'), ...budgets.map(printBudget)].join('\n\n');
}

function alsoAsked({ labels, model }: Pick<DecisionDocument, 'labels' | 'model'>): string {
  return [
    ...(labels === undefined ? [] : [`, labels ${JSON.stringify(labels)}`]),
    ...(model === undefined ? [] : [`, model ${visibleText(model)}`]),
  ].join('');
}

function printBudget(budget: BudgetDocument): string {
  const { budgetId, account, revision, limit, window, spent, held, earlier } = budget;
  const entries = budget.entries.length + earlier;
  const rows = [
    row(
      'limit',
      limit,
      (value) => value ?? 'none',
      revision === null ? '' : `revision ${revision}`,
    ),
    row('spent', spent, String, `${entries} ${entries === 1 ? 'entry' : 'entries'}`),
    row(
      'held',
      held,
      String,
      `${budget.holds.length} ${budget.holds.length === 1 ? 'hold' : 'holds'}`,
    ),
  ];
  const doubts = [limit, window, spent, held].flatMap((number) => number.doubts);
  return [
    `Budget ${budgetId} of ${account}, ${boundsOf(window.decided)}`,
    ...(window.verdict === 'agrees'
      ? []
      : [`Its window ${window.verdict}: ${window.derived ? boundsOf(window.derived) : 'none'}`]),
    printTable(['', 'decided', 'derived', '', 'out of'], rows, AMOUNTS),
    ...[...new Set(doubts)].map((doubt) => `Not to be derived for sure: ${doubt}.`),
    ...(earlier > 0 ? ['', printEarlier(earlier)] : []),
    ...(budget.entries.length > 0 ? ['', printEntries(budget.entries)] : []),
    ...(budget.holds.length > 0 ? ['', printHolds(budget)] : []),
  ].join('\n');
}

function row<T>(
  name: string,
  { decided, derived, verdict }: { decided: T; derived?: T; verdict: string },
  print: (value: T) => string,
  outOf: string,
): string[] {
  return [name, print(decided), derived === undefined ? '-' : print(derived), verdict, outOf];
}

function printHolds({ holds }: BudgetDocument): string {
  const rows = holds.map((hold) => [hold.holdId, hold.held, hold.createdAt, hold.expiresAt]);
  return printTable(['hold', 'held', 'since', 'until'], rows, new Set([1]));
}
