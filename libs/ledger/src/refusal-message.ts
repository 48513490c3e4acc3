import { formatInstant } from './instant';
import type { BudgetState, DecisionTerms, JudgedBudget } from './judgement';
import { formatMoney } from './money';

/**
 * The sentence a refused caller reads. Its first words are the ones clients of LiteLLM already match
 * (`/budget has been exceeded/i`); the rest says the truth about what blocks.
 */
export function refusalMessage(blocking: JudgedBudget, terms: DecisionTerms): string {
  if (blocking.account.kind === 'missing_label') {
    return `This call must say its label ${blocking.account.name}`;
  }
  if (terms.behind && blocking.verdict !== 'exceeded') {
    return `The ledger is behind, and this budget is closed until it has caught up: ${noun(blocking.account)}`;
  }
  const limitPico = blocking.budget.limitPico ?? 0n;
  const { end } = blocking.window;
  return [
    `Budget has been exceeded! ${noun(blocking.account)} Current cost: ${cost(blocking, terms.estimatePico)}`,
    `Max budget: ${formatMoney(limitPico)}`,
    ...(end === null ? [] : [`Reset At: ${formatInstant(end)}`]),
  ].join(', ');
}

function cost(blocking: JudgedBudget, estimatePico: bigint | undefined): string {
  const parts = [
    ...(blocking.heldPico > 0n ? [`${formatMoney(blocking.heldPico)} held`] : []),
    ...(estimatePico ? [`${formatMoney(estimatePico)} asked`] : []),
  ];
  const spent = formatMoney(blocking.spentPico);
  return parts.length === 0 ? spent : `${spent} (+ ${parts.join(', ')})`;
}

function noun(account: BudgetState['account']): string {
  switch (account.kind) {
    case 'key':
      return `Key=${account.keyId}`;
    case 'user':
      return `User=${account.userId}`;
    case 'team':
      return `Team=${account.teamId}`;
    case 'member':
      return `User=${account.userId} in Team=${account.teamId}`;
    case 'person':
      return `Person=${account.userId}`;
    case 'label':
      return `Label=${account.name}/${account.value}`;
    case 'ledger':
      return 'Ledger';
    case 'missing_label':
      return `Label=${account.name}`;
  }
}
