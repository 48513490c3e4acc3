import type { Generated } from 'kysely';

/** Corrections in bulk, of which all are recorded or none. */
export interface CorrectionBatchTable {
  batch_id: Generated<string>;
  reason: string;
  state: Generated<'prepared' | 'committed' | 'dropped'>;
  /** The batch that this one takes back. */
  reverses: string | null;
  prepared_by: string;
  prepared_at: Generated<string>;
  ended_by: string | null;
  ended_at: string | null;
}

export interface CorrectionLineTable {
  batch_id: string;
  /** From 1, as in the file it came from. */
  line: number;
  /** Of the spend that it corrects. */
  partition: number;
  event_key: string;
  adjustment: 'reverse' | 'amend';
  /** What the spend shall cost; null where it is reversed. Decimal. */
  amount: string | null;
  /** What it cost when the batch was prepared; null where that was unknown. Decimal. */
  before: string | null;
}

/** When a partition of the log was last asked for a mark. */
export interface LogMarkTable {
  partition: number;
  marked_at: string;
}

/** A month whose figures are those that were known at `known_at`. */
export interface ClosedMonthTable {
  /** Such as `2026-04`. */
  month: string;
  zone: string;
  known_at: string;
  closed_at: Generated<string>;
  closed_by: string;
}
