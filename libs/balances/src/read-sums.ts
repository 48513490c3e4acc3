import {
  formatAccount,
  formatInstant,
  partitionOfAccount,
  picoOfDecimal,
  type Account,
  type BudgetState,
} from '#libs/ledger';
import type { Prepared, PreparedStatement } from '#libs/postgres';
import type { Snapshot } from './snapshot';

/** One statement for each kind of account, so that each finds its own index. */
const SUMS: Readonly<Record<Account['kind'], PreparedStatement>> = {
  key: sumStatement('key', `key_id = $2`),
  user: sumStatement('user', `partition = $3 and scope_type = 'user' and user_id = $2`),
  team: sumStatement('team', `partition = $3 and scope_type = 'team' and team_id = $2`),
  member: sumStatement(
    'member',
    `partition = $3 and scope_type = 'team' and team_id = $2 and user_id = $4`,
  ),
};

function sumStatement(kind: string, where: string): PreparedStatement {
  return {
    name: `sum-since-${kind}`,
    text: `select coalesce(sum(amount), 0)::text from spend_event where ${where} and time >= $1`,
  };
}

/** Adds to a snapshot what was spent since the start of each window that has one. */
export async function readSums(
  client: Prepared,
  snapshot: Snapshot,
  states: readonly BudgetState[],
  partitions: number,
): Promise<void> {
  for (const { account, budget, window } of states) {
    if (window.start === null) continue;
    const [row] = await client.prepared<readonly [string]>(SUMS[account.kind], [
      formatInstant(window.start),
      ...idsOf(account, partitions),
    ]);
    snapshot.addSumSinceStart(formatAccount(account), budget.budgetId, picoOfDecimal(row![0]));
  }
}

function idsOf(account: Account, partitions: number): unknown[] {
  switch (account.kind) {
    case 'key':
      return [account.keyId];
    case 'user':
      return [account.userId, partitionOfAccount(account, partitions)];
    case 'team':
      return [account.teamId, partitionOfAccount(account, partitions)];
    case 'member':
      return [account.teamId, partitionOfAccount(account, partitions), account.userId];
  }
}
