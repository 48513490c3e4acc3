import type { Comparison, UserComparison } from './counters/compare';
import type { Renamed } from './fit-id';
import type { NotMoved } from './limits/limit-row';
import type { PlannedBudget } from './limits/plan-limits';
import type { Basis } from '#libs/ledger';
import type { Skipped } from './outcome-of-row';
import type { Refusal, Suspect, UnpricedCandidate } from './tally';

/** A budget that was moved, and what became of it. */
export interface MovedBudget extends PlannedBudget {
  readonly outcome: 'set' | 'unchanged' | 'left' | 'refused';
}

export interface RowCounts extends Readonly<Record<Basis, number>> {
  readonly read: number;
  readonly recorded: number;
  readonly duplicates: number;
  readonly refused: number;
  readonly skipped: Readonly<Record<Skipped, number>>;
}

/** What an import says, as one document; money as callers see it. Of a dry run `recorded` is what would be. */
export interface ImportReport {
  readonly source: string;
  readonly dryRun: boolean;
  readonly rows: RowCounts;
  readonly amount: string;
  /** What rounding to 12 places has changed, exactly: digits and exponent of ten. */
  readonly rounding: string;
  readonly users: readonly UserComparison[];
  readonly teams: readonly Comparison[];
  readonly members: readonly Comparison[];
  readonly keys: readonly Comparison[];
  readonly budgets: readonly MovedBudget[];
  readonly notMoved: readonly NotMoved[];
  readonly renamed: readonly Renamed[];
  readonly suspects: readonly Suspect[];
  readonly unpricedCandidates: readonly UnpricedCandidate[];
  readonly refusals: readonly Refusal[];
  /** By list, how many more there are than stand in it; of `renamed` and `unpricedCandidates` nobody counts them. */
  readonly leftOut: Readonly<Record<string, number>>;
  /** What is otherwise than in LiteLLM, in sentences. */
  readonly notes: readonly string[];
}
