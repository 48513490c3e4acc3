/** An answer to a check that is kept for a time; equal refusals of one minute are one row. */
export interface KeptDecisionTable {
  decision_id: string;
  /** The first of them, which is the one that `document` shows. */
  decided_at: string;
  last_decided_at: string;
  /** How many there were. */
  count: bigint;
  /** As it was printed, with the scope and the estimate it answers. */
  document: Record<string, unknown>;
}
