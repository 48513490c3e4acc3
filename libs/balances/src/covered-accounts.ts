import { sql } from 'kysely';
import { parseAccount, type Account, type BudgetTarget } from '#libs/ledger';
import type { Database } from '#libs/postgres';

/** Where a page of the accounts that a default is for ended. */
export interface AfterAccount {
  readonly partition: number;
  readonly id: string;
}

/** A page of accounts that have spent something, of the kind a default is for, in these partitions. */
export async function pageCoveredAccounts(
  database: Database,
  target: BudgetTarget,
  partitions: readonly number[],
  after: AfterAccount | undefined,
  limit: number,
): Promise<{ readonly accounts: readonly Account[]; readonly last: AfterAccount | undefined }> {
  const { table, id, team, accountOf } = columnsOf(target);
  const { rows } = await sql<AfterAccount>`
    select partition, ${sql.ref(id)} as id from ${sql.table(table)}
    where partition = any(${partitions})
      ${team === undefined ? sql`` : sql`and team_id = ${team}`}
      ${after === undefined ? sql`` : sql`and (partition, ${sql.ref(id)}) > (${after.partition}, ${after.id})`}
    order by partition, ${sql.ref(id)} limit ${limit}`.execute(database.kysely);
  return { accounts: rows.map((row) => accountOf(row.id)), last: rows.at(limit - 1) };
}

function columnsOf(target: BudgetTarget): {
  readonly table: string;
  readonly id: string;
  readonly team?: string;
  readonly accountOf: (id: string) => Account;
} {
  switch (target) {
    case 'key:*':
      return {
        table: 'key_balance',
        id: 'key_id',
        accountOf: (keyId) => ({ kind: 'key', keyId }),
      };
    case 'user:*':
      return {
        table: 'user_balance',
        id: 'user_id',
        accountOf: (userId) => ({ kind: 'user', userId }),
      };
    case 'team:*':
      return {
        table: 'team_balance',
        id: 'team_id',
        accountOf: (teamId) => ({ kind: 'team', teamId }),
      };
    default: {
      const team = teamOf(target);
      return {
        table: 'member_balance',
        id: 'user_id',
        team,
        accountOf: (userId) => ({ kind: 'member', teamId: team, userId }),
      };
    }
  }
}

function teamOf(target: BudgetTarget): string {
  const team = parseAccount(`team:${target.slice('member:'.length, -'/*'.length)}`, 'account');
  if (!team.ok || team.value.kind !== 'team') throw new Error(`${target} is no default`);
  return team.value.teamId;
}
