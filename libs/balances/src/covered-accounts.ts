import { sql } from 'kysely';
import { parseAccount, type Account, type BudgetTarget } from '#libs/ledger';
import type { Database } from '#libs/postgres';
import { storedAccount, storedKind, type TableKind } from '#libs/wire';

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
  const { kind, team } = coveredBy(target);
  const id = storedKind(kind).ids.at(-1)!;
  const { rows } = await sql<AfterAccount>`
    select partition, ${sql.ref(id)} as id from ${sql.table(`${kind}_balance`)}
    where partition = any(${partitions})
      ${team === undefined ? sql`` : sql`and team_id = ${team}`}
      ${after === undefined ? sql`` : sql`and (partition, ${sql.ref(id)}) > (${after.partition}, ${after.id})`}
    order by partition, ${sql.ref(id)} limit ${limit}`.execute(database.kysely);
  return {
    accounts: rows.map((row) =>
      storedAccount(kind, { ...(team !== undefined && { team_id: team }), [id]: row.id }),
    ),
    last: rows.at(limit - 1),
  };
}

/** The kind of the accounts that a default is for, and the team of members. */
function coveredBy(target: BudgetTarget): {
  readonly kind: TableKind;
  readonly team?: string;
} {
  if (target === 'key:*') return { kind: 'key' };
  if (target === 'user:*') return { kind: 'user' };
  if (target === 'team:*') return { kind: 'team' };
  return { kind: 'member', team: teamOf(target) };
}

function teamOf(target: BudgetTarget): string {
  const team = parseAccount(`team:${target.slice('member:'.length, -'/*'.length)}`, 'account');
  if (!team.ok || team.value.kind !== 'team') throw new Error(`${target} is no default`);
  return team.value.teamId;
}
