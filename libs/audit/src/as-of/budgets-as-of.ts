import {
  formatAccount,
  formatInstant,
  targetsOf,
  type Account,
  type Budget,
  type Instant,
} from '#libs/ledger';
import type { Prepared, PreparedStatement } from '#libs/postgres';
import { readBudget } from '#libs/wire';

/** Of each budget that was ever set on these: the highest revision known then that is not past its end at `at`. */
const READ: PreparedStatement = {
  name: 'budgets-as-of',
  text: `
    select known.account, known.budget_id, known.definition
    from (select distinct partition, budget_id from budget_revision where account = any($1)) ever
    cross join lateral (
      select account, budget_id, definition from budget_revision b
      where b.partition = ever.partition and b.budget_id = ever.budget_id
        and (valid_until is null or valid_until > $2)
        and ($3::timestamptz is null or known_at <= $3)
      order by revision desc limit 1) known
    where known.account = any($1)
    order by known.budget_id collate "C"`,
};

/** The budgets of an account at `at`, as known then: its own, or else the defaults. In the order of their ids. */
export async function readBudgetsAsOf(
  client: Prepared,
  account: Account,
  { at, knownAt }: { readonly at: Instant; readonly knownAt: Instant | undefined },
): Promise<Budget[]> {
  const own = formatAccount(account);
  const rows = await client.prepared<readonly [string, string, string]>(READ, [
    targetsOf(account, own),
    formatInstant(at),
    knownAt === undefined ? null : formatInstant(knownAt),
  ]);
  const owns = rows.filter(([target]) => target === own);
  return (owns.length > 0 ? owns : rows).map(([, budgetId, definition]) =>
    readBudget(budgetId, definition),
  );
}
