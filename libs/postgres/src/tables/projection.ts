import type { Generated } from 'kysely';

/** The fence of one partition: who may write its rows, and up to where the log is in them. */
export interface ProjectionPartitionTable {
  partition: number;
  next_offset: bigint;
  epoch: bigint;
  known_at: string | null;
  caught_up_at: string | null;
  /** Up to here the projector writes claims, too: the ledger was made anew over a log that had them. */
  claims_until: Generated<bigint>;
}

/** Tokens of a call. */
interface UsageColumn {
  readonly input: number;
  readonly output: number;
  readonly cachedInput?: number;
  readonly cacheWrite?: number;
  readonly reasoning?: number;
}

/** Entries of money: spends, and corrections of spends. */
export interface SpendEventTable {
  partition: number;
  log_offset: bigint;
  event_key: string;
  source: string;
  event_id: string;
  /** When the money was spent; a correction has the time of what it corrects. */
  time: string;
  recorded_at: string;
  known_at: string;
  caller: string;
  content_hash: string;
  scope_type: 'key' | 'user' | 'team';
  key_id: string | null;
  user_id: string | null;
  team_id: string | null;
  /** Decimal; null where the cost is unknown. Of a correction the difference that it makes, which may be negative. */
  amount: string | null;
  /** As it was said: usage that has no price has no amount either. */
  basis: 'exact' | 'estimated' | 'unknown';
  request_id: string | null;
  hold_id: string | null;
  /** Its amount was held on its labels and on the ledger too, and flips there; null where it was not. */
  hold_pools: boolean | null;
  /** What became of the hold it names; only 'settled' flips the amount from held to spent. */
  hold_outcome: 'settled' | 'ended' | 'foreign' | 'unknown' | null;
  model: string | null;
  /** By name; null: none. A correction has those of what it corrects. */
  labels: Readonly<Record<string, string>> | null;
  /** Which of them the ledger filled in; null: none. The event's content has the others. */
  ledger_labels: Readonly<Record<string, string>> | null;
  /** Read it as text and parse it with `parseStoredJson`: its member names are a stranger's. */
  metadata: Record<string, unknown> | null;
  /** What the call used, where that was said in place of an amount. */
  usage: UsageColumn | null;
  /** The version of the prices that made the amount of the usage. */
  priced_by: string | null;
  /** CloudEvents extensions that came with the event. */
  extensions: Record<string, string>;
  /** Of a correction, the key of the spend that it corrects; null, as the columns below: a spend. */
  adjusts_key: string | null;
  adjustment: 'reverse' | 'amend' | null;
  /** What the spend costs from here on; zero where it is reversed. Decimal. */
  stated: string | null;
  reason: string | null;
  /** The correction's own time. */
  adjusted_at: string | null;
  /** The cost was unknown until then. */
  prices: boolean | null;
}

interface Balance {
  partition: number;
  /** Decimal. */
  spent: string;
  unpriced: bigint;
  /** How much of it was held before. Decimal. */
  flipped: Generated<string>;
  /** The last event that fed the row; a trigger ties it to the scope of the table. */
  last_offset: bigint;
  /** When its latest event was. */
  latest_time: string;
  /** By budget, what was spent in the window that `latest_time` is in. */
  windows: Generated<Record<string, [start: string, end: string, spent: string]> | null>;
}
export interface KeyBalanceTable extends Balance {
  key_id: string;
}
export interface UserBalanceTable extends Balance {
  user_id: string;
}
export interface TeamBalanceTable extends Balance {
  team_id: string;
}
export interface MemberBalanceTable extends Balance {
  team_id: string;
  user_id: string;
}

export interface PoolBalanceTable extends Balance {
  account: string;
}

/** What an account spent in a quarter of an hour or in a day of UTC. */
interface Bucket {
  partition: number;
  grain: 'quarter' | 'day';
  starts: string;
  /** Decimal. */
  spent: string;
}
export interface KeyBucketTable extends Bucket {
  key_id: string;
}
export interface UserBucketTable extends Bucket {
  user_id: string;
  scope_type: 'user';
}
export interface TeamBucketTable extends Bucket {
  team_id: string;
  scope_type: 'team';
}
export interface MemberBucketTable extends Bucket {
  team_id: string;
  user_id: string;
  scope_type: 'team';
}
export interface PoolBucketTable extends Bucket {
  account: string;
}

export interface BudgetRevisionTable {
  partition: number;
  budget_id: string;
  revision: number;
  /** The target; null where the revision removes the budget. */
  account: string | null;
  /** The budget as JSON text, or null likewise. */
  definition: string | null;
  valid_until: string | null;
  /** A higher revision without an end is known, so this one can never be in force again. */
  superseded: boolean;
  log_offset: bigint;
  recorded_at: string;
  known_at: string;
  caller: string;
}

/** A version of the prices. */
export interface PriceBookTable {
  partition: number;
  version: string;
  /** As JSON text. */
  document: string;
  log_offset: bigint;
  recorded_at: string;
  known_at: string;
  caller: string;
  content_hash: string;
}

/** A view: of each budget the revision that counts now. */
export type BudgetInForceView = Pick<
  BudgetRevisionTable,
  'partition' | 'budget_id' | 'revision' | 'account' | 'definition' | 'log_offset'
>;

export interface QuarantineTable {
  partition: number;
  log_offset: bigint;
  reason: string;
  headers: Record<string, string>;
  value: Buffer;
}
