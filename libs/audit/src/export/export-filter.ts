import { sql, type RawBuilder } from 'kysely';
import {
  formatAccount,
  formatInstant,
  partitionOfScope,
  type Account,
  type MemberAccount,
  type Scope,
} from '#libs/ledger';
import { filterOf, type EntryFilter } from '#libs/balances';

/** A team, a user or an unowned key: all that is in its one partition by its name. */
export type Owner = Exclude<Account, MemberAccount>;

/** What an export is of. Any part that is given leaves budgets and quarantined records out. */
export interface ExportFilter extends EntryFilter {
  readonly owner?: Owner | undefined;
}

/** In SQL, on `spend_event entry`. */
export function exportedEntries(filter: ExportFilter, partitions: number): RawBuilder<boolean> {
  const { owner } = filter;
  const entries = filterOf(filter, partitions);
  return owner ? sql`${isOf(owner)} and ${entries}` : entries;
}

/** The partitions that can have such entries. */
export function partitionsOf({ owner }: ExportFilter, partitions: number): number[] {
  if (owner) return [partitionOfScope(scopeOf(owner), partitions)];
  return Array.from({ length: partitions }, (_, partition) => partition);
}

/** As the head of the export has it; `undefined`: the whole ledger. */
export function printFilter(filter: ExportFilter): Record<string, string> | undefined {
  const { account, owner, from, to } = filter;
  const given = {
    ...(account && { account: formatAccount(account) }),
    ...(owner && { owner: formatAccount(owner) }),
    ...(from !== undefined && { from: formatInstant(from) }),
    ...(to !== undefined && { to: formatInstant(to) }),
  };
  return Object.keys(given).length > 0 ? given : undefined;
}

function isOf(owner: Owner): RawBuilder<boolean> {
  switch (owner.kind) {
    case 'key':
      return sql`entry.scope_type = 'key' and entry.key_id = ${owner.keyId}`;
    case 'user':
      return sql`entry.scope_type = 'user' and entry.user_id = ${owner.userId}`;
    case 'team':
      return sql`entry.scope_type = 'team' and entry.team_id = ${owner.teamId}`;
  }
}

function scopeOf(owner: Owner): Scope {
  switch (owner.kind) {
    case 'key':
      return { type: 'key', keyId: owner.keyId };
    case 'user':
      return { type: 'user', userId: owner.userId };
    case 'team':
      return { type: 'team', teamId: owner.teamId };
  }
}
