import type { Account } from '#libs/ledger';
import { feeds, STORED_KINDS } from '#libs/wire';

/** The tables of one kind of account: `<kind>_balance` and `<kind>_bucket`. */
export interface AccountTables {
  readonly kind: Account['kind'];
  readonly ids: readonly string[];
  /** In SQL, which events feed them. */
  readonly fedBy: string;
  /** The buckets carry the scope of what fed them, and a constraint knows the only one they may have. */
  readonly scoped: boolean;
}

/** In the order in which they are written. */
export const ACCOUNT_TABLES: readonly AccountTables[] = STORED_KINDS.map((stored) => ({
  kind: stored.kind,
  ids: stored.ids,
  fedBy: feeds(stored),
  scoped: stored.scope !== null,
}));

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
