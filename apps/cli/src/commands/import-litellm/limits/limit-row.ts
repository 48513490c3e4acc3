import type { LimitKind } from './budget-id';

/** What a row of LiteLLM's limits, as its tables have them. Doubles and times are as Postgres prints them. */
export interface LimitRow {
  readonly kind: LimitKind;
  /** The user, the key, or the team. */
  readonly id: string;
  /** Of a member its user. */
  readonly memberId: string | null;
  readonly maxBudget: string | null;
  readonly softBudget: string | null;
  readonly duration: string | null;
  readonly resetAt: string | null;
  /** JSON text of a list of `{ budget_duration, max_budget, reset_at }`. */
  readonly limits: string | null;
  readonly temporaryIncrease: string | null;
  readonly temporaryUntil: string | null;
  /** Of a key: the team that it belongs to. */
  readonly teamId: string | null;
  /** What the ledger does not keep, by LiteLLM's name of it; null where it is not set. */
  readonly others: Readonly<Record<string, string | null>>;
}

/** What stays in LiteLLM, with its number and the reason. */
export interface NotMoved {
  readonly kind: string;
  readonly id: string;
  readonly what: string;
  readonly value: string;
  readonly why: string;
}
