/** What is wrong, by its name. */
export type DifferenceKind =
  // Of a balance, by its column.
  | 'wrong_spent'
  | 'wrong_flipped'
  | 'wrong_unpriced'
  | 'wrong_last_offset'
  | 'wrong_latest_time'
  | 'missing_balance'
  | 'stray_balance'
  // Of what is summed beside it.
  | 'wrong_bucket'
  | 'missing_bucket'
  | 'stray_bucket'
  | 'stale_window'
  // Of one event.
  | 'changed_amount'
  | 'moved_scope'
  | 'changed_event'
  | 'wrong_price'
  | 'wrong_event_key'
  | 'doubled_event'
  | 'missing_event'
  | 'stray_event'
  | 'wrong_claim'
  | 'unclaimed_event'
  | 'wrong_order'
  | 'wrong_correction'
  | 'orphan_correction'
  | 'missing_quarantine'
  | 'wrong_revision'
  // Of the prices.
  | 'changed_prices'
  | 'missing_prices';

/** What is stored is not what it must be. */
export interface LedgerDifference {
  readonly kind: DifferenceKind;
  /** What it is about. */
  readonly partition: number;
  readonly account?: string;
  readonly budgetId?: string;
  readonly revision?: number;
  /** Of the prices. */
  readonly version?: string;
  readonly grain?: string;
  readonly starts?: string;
  readonly ends?: string;
  readonly source?: string;
  readonly id?: string;
  readonly eventKey?: string;
  readonly offset?: string;
  /** Of what has several, such as a correction. */
  readonly field?: string;
  /** null: it is not there, or nothing is known of it. */
  readonly stored: string | null;
  readonly expected: string | null;
}

/** In one line. */
export function printLedgerDifference({
  kind,
  stored,
  expected,
  ...about
}: LedgerDifference): string {
  const details = Object.entries(about).map(([name, value]) => `${name} ${value}`);
  return `${kind.replaceAll('_', ' ')}: ${details.join(', ')}; stored ${stored ?? 'nothing'}, expected ${expected ?? 'nothing'}`;
}
