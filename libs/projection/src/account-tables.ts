import type { Account } from '#libs/ledger';

/** The tables of one kind of account: `<kind>_balance` and `<kind>_bucket`. */
export interface AccountTables {
  readonly kind: Account['kind'];
  readonly ids: readonly string[];
  /** Which events feed them. This is where a team's event is kept from a user's balance in SQL. */
  readonly fedBy: string;
  /** The buckets carry the scope of what fed them, and a constraint knows the only one they may have. */
  readonly scoped: boolean;
}

/** In the order in which they are written. */
export const ACCOUNT_TABLES: readonly AccountTables[] = [
  { kind: 'key', ids: ['key_id'], fedBy: 'key_id is not null', scoped: false },
  { kind: 'user', ids: ['user_id'], fedBy: `scope_type = 'user'`, scoped: true },
  { kind: 'team', ids: ['team_id'], fedBy: `scope_type = 'team'`, scoped: true },
  {
    kind: 'member',
    ids: ['team_id', 'user_id'],
    fedBy: `scope_type = 'team' and user_id is not null`,
    scoped: true,
  },
];

/** In the order of the columns of its kind. */
export function idsOf(account: Account): readonly string[] {
  switch (account.kind) {
    case 'key':
      return [account.keyId];
    case 'user':
      return [account.userId];
    case 'team':
      return [account.teamId];
    case 'member':
      return [account.teamId, account.userId];
  }
}

/**
 * The entries a batch has just written, found by their offsets alone ($1 to $3): where Postgres knows little of the
 * table, it would rather read all of a partition's events of the scope. A duplicate has no row there.
 */
export const ADDED = `
  added as materialized (
    select log_offset, time, scope_type, key_id, user_id, team_id, amount, hold_outcome, prices
    from spend_event
    where partition = $1 and log_offset >= $2 and log_offset < $3
  )`;

/** The offsets of a batch: `[from, to)`. */
export interface Offsets {
  readonly partition: number;
  readonly from: bigint;
  readonly to: bigint;
}
