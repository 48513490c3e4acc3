import { partitionOfBudget, partitionOfPrices, partitionOfScope } from '#libs/ledger';
import type { LedgerEvent } from '#libs/wire';

/** `undefined`: its bytes do not say. A correction is where its spend is, and a mark is of the partition that it is in. */
export function homeOf(event: LedgerEvent, partitions: number): number | undefined {
  switch (event.kind) {
    case 'spend_recorded':
      return partitionOfScope(event.spend.scope, partitions);
    case 'budget_set':
      return partitionOfBudget(event.budget.budgetId, partitions);
    case 'budget_removed':
      return partitionOfBudget(event.budgetId, partitions);
    case 'prices_set':
      return partitionOfPrices(event.book.version, partitions);
    case 'spend_adjusted':
    case 'log_marked':
      return undefined;
  }
}
