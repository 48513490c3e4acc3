import type { Instant } from '#libs/ledger';
import type { ClaimedFact } from '../key-of-fact';
import type { RecordBytes } from '../record';

/** A line between the first and the last. */
export type ExportLine = {
  /** Where its record stood in the ledger that was exported. */
  readonly partition: number;
  readonly offset: bigint;
  /** As a record of a log. */
  readonly record: RecordBytes;
} & (
  | { readonly kind: 'fact'; readonly event: ClaimedFact; readonly knownAt: Instant }
  | { readonly kind: 'quarantined'; readonly reason: string }
);
