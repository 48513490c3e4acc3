import type { Basis } from '#libs/ledger';
import { readDouble, type Decimal } from './double';
import { modelOf, type LogRow } from './log-row';

/** Why a row is no event. */
export const SKIPPED = ['failures', 'cacheHits', 'free', 'live'] as const;
export type Skipped = (typeof SKIPPED)[number];

/** What a row comes to: an event on some basis, or nothing. */
export type RowOutcome =
  | { readonly basis: Exclude<Basis, 'unknown'>; readonly cost: Decimal }
  | { readonly basis: 'unknown' }
  | { readonly skipped: Skipped };

/**
 * Unknown is not zero: a zero that may be a price LiteLLM did not know is recorded as unknown where anything says so.
 * Otherwise the row says zero for a free model and for a lost price alike, and only the operator can tell them apart.
 * @param unpricedModels model groups of which the operator says that their zero is no price
 */
export function outcomeOfRow(row: LogRow, unpricedModels: ReadonlySet<string>): RowOutcome {
  if (row.isLive) return { skipped: 'live' };
  const cost = readDouble(row.spend);
  if (cost === undefined || cost.units < 0n) return { basis: 'unknown' };
  const isFailure = row.status === 'failure';
  if (cost.units > 0n) return { basis: isFailure || row.isReckoned ? 'estimated' : 'exact', cost };
  if (isFailure) return { skipped: 'failures' };
  if (row.cacheHit === 'True') return { skipped: 'cacheHits' };
  const hasTokens = (row.totalTokens ?? 0) > 0;
  const isPriceless = row.isUnpriced || unpricedModels.has(modelOf(row));
  return hasTokens && isPriceless ? { basis: 'unknown' } : { skipped: 'free' };
}
