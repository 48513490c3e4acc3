import type { Generated } from 'kysely';

/** An account's spend reached a share of a budget's limit: one row for each time that this says something new. */
export interface WarningTable {
  warning_id: Generated<string>;
  budget_id: string;
  account: string;
  /** The revision at which the limit last changed to what it is. */
  limit_revision: number;
  window_start: string | null;
  window_end: string | null;
  /** Decimals, as all of these. */
  share: string;
  limit_amount: string;
  spent: string;
  /** How far the partitions that feed the account and the budget were. */
  position: string;
  warned_at: Generated<string>;
  attempts: Generated<number>;
  /** Null: delivered, or given up. While an attempt is under way: when another projector may make the next one. */
  next_attempt_at: Generated<string | null>;
  delivered_at: string | null;
  last_failure: string | null;
}
