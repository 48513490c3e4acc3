import {
  formatInstant,
  instantOf,
  parsed,
  printBudget,
  type BudgetDocument,
  type Parsed,
} from '#libs/ledger';
import type { BudgetRevisionTable, Database } from '#libs/postgres';
import { readBudget } from '#libs/wire';
import type { Selectable } from 'kysely';
import { Page, type PageSize } from './entries/page';
import { readPageToken, writePageToken } from './entries/page-token';

const MAX_REVISION = 2 ** 31 - 1;

/** A change of a budget, as callers see it. */
export interface RevisionDocument {
  readonly revision: number;
  /** When it was recorded. */
  readonly at: string;
  /** Who asked for it. */
  readonly caller: string;
  /** What the budget is from then on; `null`: removed. */
  readonly budget: BudgetDocument | null;
}

export interface RevisionPage {
  readonly items: readonly RevisionDocument[];
  /** Empty on the last page. */
  readonly nextPageToken: string;
}

interface OneBudget {
  readonly budgetId: string;
  readonly partition: number;
}

/** What a budget was ever set on; nothing: there never was such a budget. */
export async function readTargets({ kysely }: Database, budget: OneBudget): Promise<string[]> {
  const rows = await kysely
    .selectFrom('budget_revision')
    .select('account')
    .distinct()
    .where('partition', '=', budget.partition)
    .where('budget_id', '=', budget.budgetId)
    .where('account', 'is not', null)
    .execute();
  return rows.map(({ account }) => account!);
}

/**
 * The changes of a budget, the newest first, removals among them; more than 1,000 a page are cut to that. Those that are
 * made meanwhile stand before the first page, so that none is listed twice.
 */
export async function pageRevisions(
  { kysely }: Database,
  { budgetId, partition }: OneBudget,
  request: PageSize & { readonly pageToken: string | undefined },
): Promise<Parsed<RevisionPage>> {
  const before = readPageToken(request.pageToken, 'revisions', revisionOf);
  if (!before.ok) return before;
  const page = new Page<RevisionDocument>(request);
  let query = kysely
    .selectFrom('budget_revision')
    .select(['budget_id', 'revision', 'recorded_at', 'caller', 'definition'])
    .where('partition', '=', partition)
    .where('budget_id', '=', budgetId);
  if (before.value !== undefined) query = query.where('revision', '<', before.value);
  const found = await query
    .orderBy('revision', 'desc')
    .limit(page.limit + 1)
    .execute();
  const last = page.fill(found, printRevision, (item) => item);
  return parsed({
    items: page.items,
    nextPageToken: last ? writePageToken('revisions', String(last.revision)) : '',
  });
}

function printRevision(
  row: Pick<
    Selectable<BudgetRevisionTable>,
    'budget_id' | 'revision' | 'recorded_at' | 'caller' | 'definition'
  >,
): RevisionDocument {
  return {
    revision: row.revision,
    at: formatInstant(instantOf(row.recorded_at)),
    caller: row.caller,
    budget: row.definition === null ? null : printBudget(readBudget(row.budget_id, row.definition)),
  };
}

function revisionOf(place: string): number | undefined {
  const revision = /^[1-9]\d{0,9}$/.test(place) ? Number(place) : undefined;
  return revision !== undefined && revision <= MAX_REVISION ? revision : undefined;
}
