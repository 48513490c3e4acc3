import type { Generated } from 'kysely';

/** Written by `move_held` alone; a key's row is in the partition of the key as an owner. */
export interface HeldAccountTable {
  partition: number;
  account: string;
  /** All that was taken out of the account and not given back. Decimal. */
  taken: string;
  /** Holds that expire up to here are no longer in `taken`. */
  counted_to: string;
  /** The id of a user in her accounts' names. */
  person: Generated<string | null>;
}

/** What of an account's holds expires at a second. */
export interface HeldExpiryTable {
  partition: number;
  account: string;
  expires_at: string;
  /** Decimal. */
  amount: string;
}

/** Written by `move_pools`, each process in one slot: what is held of a pool is the sum of them all. */
export interface PoolHeldTable {
  account: string;
  slot: number;
  /** '' is all that there is yet. */
  model: Generated<string>;
  /** Below zero where the slot gave back what another one had taken. Decimal. */
  taken: string;
  /** Holds that expire up to here are no longer in `taken`. */
  counted_to: string;
}

/** What of a slot's holds expires at a second; below zero likewise. */
export interface PoolExpiryTable {
  account: string;
  slot: number;
  model: Generated<string>;
  expires_at: string;
  /** Decimal. */
  amount: string;
}

/** Locked by flushes that decide by a limit on a pool or a person, one after the other. */
export interface PoolGateTable {
  account: string;
}

/** One hold: in the partition of its scope's owner. */
export interface HoldTable {
  partition: number;
  hold_id: string;
  scope_type: 'key' | 'user' | 'team';
  key_id: string | null;
  user_id: string | null;
  team_id: string | null;
  /** Decimal. */
  amount: string;
  /** 'active' also when it has expired; 'settling' also when the projection has the event. */
  state: Generated<'active' | 'settling' | 'released'>;
  created_at: string;
  expires_at: string;
  caller: string;
  request_id: string | null;
  idempotency_key: string | null;
  body_hash: string | null;
  on_expiry: 'release' | 'unknown' | 'charge';
  decision_id: string | null;
  /** What was answered; kept where the same may be asked again. */
  decision: string | null;
  ended_at: string | null;
  /** What it cost in the end; null too where that is unknown. Decimal. */
  actual: string | null;
  basis: 'exact' | 'estimated' | 'unknown' | null;
  late: boolean | null;
  /** The event that settles it, by its id and by its key. */
  settled_source: string | null;
  settled_id: string | null;
  settled_key: string | null;
  settled_hash: string | null;
  labels: Readonly<Record<string, string>> | null;
  model: string | null;
  /** Its amount is taken on pools too. */
  on_pools: Generated<boolean>;
  /** On the pools of which labels the settle was taken; null: on none. */
  settled_labels: Readonly<Record<string, string>> | null;
  settled_model: string | null;
  /** Its expiry made the event that settles it, and whether that was amended since. */
  expiry_event: 'recorded' | 'amended' | null;
}
