import { partitionOfScope } from '#libs/ledger';
import {
  eventKeyOf,
  spendContent,
  spendContentHash,
  writeSpend,
  type HoldMarks,
  type RecordBytes,
  type ReportedSpend,
} from '#libs/wire';
import type { Claim, HeldClaim } from './claim-events';

/** A spend on its way to the log. */
export interface RecordItem extends Claim {
  readonly reported: ReportedSpend;
  readonly caller: string;
}

export function recordItem(
  reported: ReportedSpend,
  { caller, partitions }: { readonly caller: string; readonly partitions: number },
): RecordItem {
  const { spend } = reported;
  return {
    reported,
    caller,
    eventKey: eventKeyOf(spend),
    contentHash: spendContentHash(spend),
    partition: partitionOfScope(spend.scope, partitions),
  };
}

/** What a conflict compares. */
export function contentOf({ reported }: RecordItem): object {
  return spendContent(reported.spend);
}

/** One for the spend, and one for each KiB that may make it large. */
export function weightOf({ reported }: RecordItem): number {
  const { metadata } = reported.spend;
  const extensions = Object.values(reported.extensions).join('').length;
  return 1 + ((extensions + (metadata ? JSON.stringify(metadata).length : 0)) >> 10);
}

/** The record of a spend, the same whenever it is appended. What a hold fills in counts before what bindings do. */
export function recordOf(item: RecordItem, claim: HeldClaim, hold?: HoldMarks): RecordBytes {
  const { boundLabels } = item.reported;
  // Where a hold was taken into account, so were the bindings.
  const isOfHold = hold?.holdOutcome === 'settled' || hold?.holdOutcome === 'ended';
  return writeSpend(item.reported, {
    recordedAt: claim.recordedAt,
    caller: item.caller,
    contentHash: item.contentHash,
    ...(!isOfHold && boundLabels !== undefined && { ledgerLabels: boundLabels }),
    ...hold,
  });
}
