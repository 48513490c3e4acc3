import {
  parseBudgetId,
  parseBudgetTarget,
  parsed,
  printBudget,
  refused,
  type Parsed,
} from '#libs/ledger';
import type { Database } from '#libs/postgres';
import { Page, type PageSize } from './entries/page';
import { readPageToken, writePageToken } from './entries/page-token';
import { listBudgets, type StoredBudget } from './read-budgets';

/** A page as a caller asks for it (AIP-158): what is absent, zero or empty takes its default. */
export interface PageRequest extends PageSize {
  readonly account: string | undefined;
  readonly pageToken: string | undefined;
}

export interface BudgetPage {
  readonly items: readonly StoredBudget[];
  /** Empty on the last page. */
  readonly nextPageToken: string;
}

/** Lists the budgets in force, in the order of their ids; more than 1,000 a page are cut to that. */
export async function pageBudgets(
  database: Database,
  request: PageRequest,
): Promise<Parsed<BudgetPage>> {
  const { account, pageSize = 0, pageToken } = request;
  const target = account ? parseBudgetTarget(account, 'account') : undefined;
  if (target?.ok === false) return target;
  if (!Number.isSafeInteger(pageSize) || pageSize < 0) {
    return refused('pageSize', 'whole_number', 'must be a whole number, not below zero');
  }
  const after = readPageToken(pageToken, 'budgets', budgetIdOf);
  if (!after.ok) return after;
  const page = new Page<StoredBudget>(request);
  const found = await listBudgets(database, {
    ...(target && { account: target.value }),
    ...(after.value !== undefined && { afterId: after.value }),
    limit: page.limit + 1,
  });
  const last = page.fill(
    found,
    (stored) => stored,
    ({ budget }) => printBudget(budget!),
  )?.budget;
  return parsed({
    items: page.items,
    nextPageToken: last ? writePageToken('budgets', last.budgetId) : '',
  });
}

/** An id of ours and nothing else: Postgres would choke on what other tokens may hold. */
function budgetIdOf(place: string): string | undefined {
  return parseBudgetId(place, 'pageToken').ok ? place : undefined;
}
