import { formatInstant, windowOf, type Account, type Window } from '#libs/ledger';
import type { Prepared, PreparedStatement } from '#libs/postgres';
import { ACCOUNT_TABLES, ADDED, idsOf, type AccountTables, type Offsets } from './account-tables';
import type { Plan } from './plan-batch';
import { readProgress } from './read-progress';
import { touchedAccounts } from './touched-accounts';
import { readWindowedBudgets } from './windowed-budgets';

/** A budget's window on an account, whose sum the batch changes. */
interface TouchedWindow {
  readonly account: Account;
  readonly budgetId: string;
  readonly window: Window;
  /** The last event that the balance had before the batch; -1 for none. */
  readonly before: bigint;
}

const KEEP = new Map(ACCOUNT_TABLES.map((tables) => [tables.kind, keepStatement(tables)]));

/**
 * Keeps the sums of the windows that the accounts' latest events are in, one row for each budget of an account. Such a
 * row is a cache: it says for which bounds and through which event of the account it is complete. One that was complete
 * before the batch is added to, any other is summed anew out of the buckets; so no row depends on when a budget was
 * set, changed or seen. After the events and the buckets, before the balances.
 */
export async function writeWindows(
  client: Prepared,
  offsets: Offsets,
  spends: Plan['spends'],
): Promise<void> {
  const windows = await touchedWindows(client, offsets.partition, spends);
  if (windows.length === 0) return;
  const { partition, from, to } = offsets;
  for (const { kind, ids } of ACCOUNT_TABLES) {
    const ofKind = windows.filter(({ account }) => account.kind === kind);
    if (ofKind.length === 0) continue;
    await client.prepared(KEEP.get(kind)!, [
      partition,
      from,
      to,
      ofKind.map(({ budgetId }) => budgetId),
      ofKind.map(({ window: { start } }) => (start === null ? '-infinity' : formatInstant(start))),
      ofKind.map(({ window: { end } }) => (end === null ? 'infinity' : formatInstant(end))),
      ofKind.map(({ before }) => before),
      ...ids.map((_, column) => ofKind.map(({ account }) => idsOf(account)[column]!)),
    ]);
  }
}

async function touchedWindows(
  client: Prepared,
  partition: number,
  spends: Plan['spends'],
): Promise<TouchedWindow[]> {
  const touched = touchedAccounts(spends);
  const budgets = [...(await readWindowedBudgets(client, touched))];
  if (budgets.length === 0) return [];
  const accounts = budgets.map(([name]) => touched.get(name)!);
  const progress = await readProgress(
    client,
    partition,
    accounts.map(({ account }) => account),
  );
  return budgets.flatMap(([, ofAccount], n) => {
    const { account, latestTime } = accounts[n]!;
    const { lastOffset = -1n, latestTime: known = latestTime } = progress.get(n) ?? {};
    const at = known > latestTime ? known : latestTime;
    return ofAccount.map(({ budgetId, window }) => {
      return { account, budgetId, window: windowOf(window, at), before: lastOffset };
    });
  });
}

function keepStatement({ kind, ids, fedBy, scoped }: AccountTables): PreparedStatement {
  const account = ids.join(', ');
  const scope = scoped ? ', scope_type' : '';
  const arrays = ids.map((_, n) => `$${n + 8}::text[]`).join(', ');
  const isSame = [...ids, 'budget_id', 'starts', 'ends'].map((name) => `old.${name} = fed.${name}`);
  return {
    name: `keep-${kind}-windows`,
    text: `
      with ${ADDED}, given as (
        select * from unnest(
          $4::text[], $5::timestamptz[], $6::timestamptz[], $7::bigint[], ${arrays}
        ) as given (budget_id, starts, ends, before, ${account})
      ), fed as (
        select ${account}, budget_id, starts, ends, before${scope}, max(log_offset) as through,
               coalesce(sum(amount) filter (where time >= starts and time < ends), 0) as added
        from given join added using (${account})
        where ${fedBy}
        group by ${account}, budget_id, starts, ends, before${scope}
      ), whole as (
        select ${ids.map((id) => `fed.${id}`).join(', ')}, fed.budget_id, fed.starts, fed.ends, fed.through${scoped ? ', fed.scope_type' : ''},
               coalesce(old.spent + fed.added,
                        ${kind}_spent($1, ${ids.map((id) => `fed.${id}`).join(', ')}, fed.starts, fed.ends)) as spent
        from fed left join ${kind}_window old
          on old.partition = $1 and old.through = fed.before and ${isSame.join(' and ')}
      )
      insert into ${kind}_window (partition, ${account}, budget_id, starts, ends, through${scope}, spent)
      select $1, whole.* from whole
      order by ${account}, budget_id
      on conflict (partition, ${account}, budget_id) do update set
        starts = excluded.starts, ends = excluded.ends,
        spent = excluded.spent, through = excluded.through`,
  };
}
