import { feeding, STORED_KINDS, type TableKind } from '#libs/wire';

/** The tables of one kind of account: `<kind>_balance` and `<kind>_bucket`. */
export interface AccountTables {
  readonly kind: TableKind;
  readonly ids: readonly string[];
  /** In SQL, to stand behind `from`: those of some entries that feed them. @param entries a table, or a query in brackets */
  readonly fed: (entries: string) => string;
  /** In SQL, whether an entry's amount was held on these accounts before. */
  readonly flips: string;
  /** The buckets carry the scope of what fed them, and a constraint knows the only one they may have. */
  readonly scoped: boolean;
}

/** In the order in which they are written. */
export const ACCOUNT_TABLES: readonly AccountTables[] = STORED_KINDS.map((stored) => ({
  kind: stored.kind,
  ids: stored.ids,
  fed: (entries) => feeding(stored, entries),
  flips: stored.kind === 'pool' ? 'hold_pools' : `hold_outcome = 'settled'`,
  scoped: stored.scope !== null,
}));

/**
 * The entries a batch has just written, found by their offsets alone ($1 to $3): where Postgres knows little of the
 * table, it would rather read all of a partition's events of the scope. A duplicate has no row there.
 */
export const ADDED = `
  added as materialized (
    select log_offset, time, scope_type, key_id, user_id, team_id, labels, amount, hold_outcome, hold_pools, prices
    from spend_event
    where partition = $1 and log_offset >= $2 and log_offset < $3
  )`;

/** The offsets of a batch: `[from, to)`. */
export interface Offsets {
  readonly partition: number;
  readonly from: bigint;
  readonly to: bigint;
}
