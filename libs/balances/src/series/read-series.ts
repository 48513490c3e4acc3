import {
  formatAccount,
  formatMoney,
  parsed,
  printWindow,
  refused,
  type Account,
  type Instant,
  type Parsed,
  type WindowDocument,
} from '#libs/ledger';
import { atOneInstant, type Database } from '#libs/postgres';
import { readProgress } from '../read-progress';
import { stepsBetween, type Step } from './steps';
import { sumSpans } from './sum-spans';

export interface SeriesRequest {
  readonly account: Account;
  readonly step: Step;
  readonly from: Instant;
  readonly to: Instant;
  /** Of days, and of what is counted within them. */
  readonly zone: string;
}

/** What an account spent, step by step; a step without spends is 0.00. */
export interface Series {
  readonly account: string;
  readonly step: Step;
  readonly zone: string;
  readonly points: readonly (WindowDocument & { readonly spent: string })[];
  readonly position: string;
  /** Up to when it is complete; `null`: a partition has never caught up. */
  readonly asOf: string | null;
}

/** All of it is of one instant. @returns a sentence where it has more points than the most */
export async function readSeries(
  database: Database,
  request: SeriesRequest,
  partitions: number,
  mostPoints: number,
): Promise<Parsed<Series> | { readonly tooMuch: string }> {
  const { account, step, zone, from, to } = request;
  if (to <= from) return refused('to', 'range', 'must be after from');
  const steps = stepsBetween(request, mostPoints);
  if (steps === undefined) {
    return {
      tooMuch: `This series has more than ${mostPoints} points. Ask for less time, or for longer steps.`,
    };
  }
  return atOneInstant(database, async (kysely) => {
    const sums = await sumSpans({ kysely }, account, steps, partitions);
    const { position, asOf } = await readProgress({ kysely });
    const points = steps.map((each, n) => ({
      ...printWindow(each),
      spent: formatMoney(sums[n]!),
    }));
    return parsed({ account: formatAccount(account), step, zone, points, position, asOf });
  });
}
