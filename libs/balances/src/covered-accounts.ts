import { sql, type RawBuilder } from 'kysely';
import { labelOfDefault, parseAccount, type Account, type BudgetTarget } from '#libs/ledger';
import type { Database } from '#libs/postgres';
import { storedAccount, type TableKind } from '#libs/wire';

/** Where a page of the accounts that a default is for ended. */
export interface AfterAccount {
  readonly partition: number;
  readonly id: string;
}

/** The accounts that a default is for: rows `(partition, id)`, and what each of them is. */
interface Covered {
  readonly rows: RawBuilder<AfterAccount>;
  readonly accountOf: (id: string) => Account;
}

/** A page of accounts that have spent something, of the kind a default is for, in these partitions; some come twice. */
export async function pageCoveredAccounts(
  database: Database,
  target: BudgetTarget,
  partitions: readonly number[],
  after: AfterAccount | undefined,
  limit: number,
): Promise<{ readonly accounts: readonly Account[]; readonly last: AfterAccount | undefined }> {
  const { rows: covered, accountOf } = coveredBy(target);
  const { rows } = await sql<AfterAccount>`
    select partition, id from (${covered}) covered
    where partition = any(${partitions})
      ${after === undefined ? sql`` : sql`and (partition, id) > (${after.partition}, ${after.id})`}
    order by partition, id limit ${limit}`.execute(database.kysely);
  return { accounts: rows.map(({ id }) => accountOf(id)), last: rows.at(limit - 1) };
}

function coveredBy(target: BudgetTarget): Covered {
  const label = labelOfDefault(target);
  if (label !== undefined) {
    // The slash is the last character before 0.
    return {
      rows: sql`select partition, account as id from pool_balance
        where account >= ${`label:${label}/`} collate "C" and account < ${`label:${label}0`} collate "C"`,
      accountOf: (id) => storedAccount('pool', { account: id }),
    };
  }
  switch (target) {
    case 'key:*':
      return ofKind('key', 'key_id');
    case 'user:*':
      return ofKind('user', 'user_id');
    case 'team:*':
      return ofKind('team', 'team_id');
    case 'person:*':
      return {
        rows: sql`select partition, user_id as id from user_balance
          union select partition, user_id from member_balance`,
        accountOf: (userId) => ({ kind: 'person', userId }),
      };
    default: {
      const teamId = teamOf(target);
      return {
        rows: sql`select partition, user_id as id from member_balance where team_id = ${teamId}`,
        accountOf: (userId) => ({ kind: 'member', teamId, userId }),
      };
    }
  }
}

function ofKind(kind: TableKind, column: 'key_id' | 'user_id' | 'team_id'): Covered {
  return {
    rows: sql`select partition, ${sql.ref(column)} as id from ${sql.table(`${kind}_balance`)}`,
    accountOf: (id) => storedAccount(kind, { [column]: id }),
  };
}

function teamOf(target: BudgetTarget): string {
  const team = parseAccount(`team:${target.slice('member:'.length, -'/*'.length)}`, 'account');
  if (!team.ok || team.value.kind !== 'team') throw new Error(`${target} is no default`);
  return team.value.teamId;
}
