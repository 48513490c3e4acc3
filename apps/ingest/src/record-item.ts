import type { ReportedSpend } from '#libs/wire';
import type { Claim } from './claim-events';

/** A spend on its way to the log. */
export interface RecordItem extends Claim {
  readonly reported: ReportedSpend;
  readonly caller: string;
}

/** One for the spend, and one for each KiB that may make it large. */
export function weightOf({ reported }: RecordItem): number {
  const { metadata } = reported.spend;
  const extensions = Object.values(reported.extensions).join('').length;
  return 1 + ((extensions + (metadata ? JSON.stringify(metadata).length : 0)) >> 10);
}
