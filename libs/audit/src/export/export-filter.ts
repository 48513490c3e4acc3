import { sql, type RawBuilder } from 'kysely';
import { formatAccount, formatInstant, partitionOfScope, type Scope } from '#libs/ledger';
import { filterOf, type EntryFilter } from '#libs/balances';
import { rowsWith } from '#libs/postgres';
import { rowsOfOwner, type Owner } from '#libs/wire';

/** What an export is of. Any part that is given leaves budgets and quarantined records out. */
export interface ExportFilter extends EntryFilter {
  readonly owner?: Owner | undefined;
}

/** In SQL, on `spend_event entry`. */
export function exportedEntries(filter: ExportFilter, partitions: number): RawBuilder<boolean> {
  const { owner } = filter;
  const entries = filterOf(filter, partitions);
  return owner ? sql`${rowsWith('entry', rowsOfOwner(owner))} and ${entries}` : entries;
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
