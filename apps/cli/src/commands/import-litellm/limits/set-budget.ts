import { countOtherBudgets, pageRevisions, type RevisionDocument } from '#libs/balances';
import {
  isSameSetting,
  parseBudget,
  partitionOfBudget,
  windowOf,
  type Budget,
  type FieldError,
  type Instant,
} from '#libs/ledger';
import type { Database } from '#libs/postgres';
import { claimBudgetRevision } from '#libs/recording';
import type { PlannedBudget } from './plan-limits';

export interface BudgetParts {
  readonly database: Database;
  readonly partitions: number;
  /** Who makes the changes: what another has changed since is left. */
  readonly caller: string;
  /** Most budgets in force on one account. */
  readonly maxPerAccount: number;
  readonly now: Instant;
  /** Says what would be done, and does nothing. */
  readonly isDry: boolean;
}

/** `left`: somebody else has changed the budget since. */
export type BudgetOutcome =
  | { readonly outcome: 'set' | 'unchanged' | 'left' }
  | { readonly outcome: 'refused'; readonly fault: FieldError };

/**
 * Sets a budget as an administrator's door does, by claiming its next revisions.
 * @param planned the lasting setting and, where there is one, the one that holds for a time
 */
export async function setBudget(
  parts: BudgetParts,
  planned: readonly PlannedBudget[],
): Promise<BudgetOutcome> {
  const read = planned.map(({ faithful: _, budgetId, ...body }) => parseBudget(budgetId, body));
  const settings: Budget[] = [];
  for (const each of read) {
    if (!each.ok) return { outcome: 'refused', fault: each.errors[0]! };
    settings.push(each.value);
  }
  const { budgetId } = settings[0]!;
  const partition = partitionOfBudget(budgetId, parts.partitions);
  const revisions = await newestRevisions(parts.database, budgetId, partition);
  const wanted = settings.map((setting) => inPhase(setting, revisions));
  if (isInForce(wanted, revisions, parts.now)) return { outcome: 'unchanged' };
  const last = revisions[0];
  if (last !== undefined && last.caller !== parts.caller) return { outcome: 'left' };
  if (last === undefined && (await isFull(parts, wanted[0]!))) {
    return refused('too_many', `its account has ${parts.maxPerAccount} budgets already`);
  }
  return parts.isDry ? { outcome: 'set' } : claimAll(parts, wanted, partition, last?.revision ?? 0);
}

async function claimAll(
  { database, caller }: BudgetParts,
  wanted: readonly Budget[],
  partition: number,
  last: number,
): Promise<BudgetOutcome> {
  let isNew = false;
  for (const [at, budget] of wanted.entries()) {
    const change = { budgetId: budget.budgetId, revision: last + at + 1, budget };
    const claim = await claimBudgetRevision(database, { change, partition, caller });
    if (claim === 'other') {
      return refused('changing', 'another change of it is on its way: run the import again later');
    }
    isNew ||= claim === 'claimed';
  }
  return { outcome: isNew ? 'set' : 'unchanged' };
}

interface Revision extends Omit<RevisionDocument, 'budget'> {
  readonly budget: Budget | null;
}

/** The newest first; as many as a lasting setting and one for a time. */
async function newestRevisions(
  database: Database,
  budgetId: string,
  partition: number,
): Promise<readonly Revision[]> {
  const request = { pageSize: 2, pageToken: undefined };
  const page = await pageRevisions(database, { budgetId, partition }, request);
  if (!page.ok) throw new Error('the first page of revisions has no token');
  return page.value.items.map((item) => {
    const budget = item.budget && parseBudget(budgetId, item.budget);
    if (budget && !budget.ok) throw new Error(`budget ${budgetId} on record cannot be read`);
    return { ...item, budget: budget && budget.value };
  });
}

/** A setting for a time holds before the lasting one, and once it is over that one holds again. */
function isInForce(
  wanted: readonly Budget[],
  [last, former]: readonly Revision[],
  now: Instant,
): boolean {
  const [lasting, forATime] = wanted;
  const is = (revision: Revision | undefined, setting: Budget) => {
    const budget = revision?.budget ?? undefined;
    return budget !== undefined && isSameSetting(budget, setting);
  };
  if (forATime !== undefined) return is(last, forATime) && is(former, lasting!);
  const until = last?.budget?.validUntil;
  return is(until !== undefined && until <= now ? former : last, lasting!);
}

/**
 * LiteLLM tells of its next reset alone, so the anchor moves on with each. The windows stay the same, and so does the
 * budget.
 */
function inPhase(setting: Budget, revisions: readonly Revision[]): Budget {
  const { window } = setting;
  if (window.type !== 'every') return setting;
  for (const { budget } of revisions) {
    const known = budget?.window;
    if (known?.type !== 'every' || known.duration !== window.duration) continue;
    if (windowOf(window, known.anchor).start === known.anchor) return { ...setting, window: known };
  }
  return setting;
}

async function isFull({ database, maxPerAccount }: BudgetParts, budget: Budget): Promise<boolean> {
  const { account, budgetId } = budget;
  const others = await countOtherBudgets(database, { account, budgetId, most: maxPerAccount });
  return others >= maxPerAccount;
}

function refused(rule: string, message: string): BudgetOutcome {
  return { outcome: 'refused', fault: { field: 'budgetId', rule, message } };
}
