import { CORRECTION_TYPE } from '#libs/testing';
import type { HoldOnRecord, RecoveryLedger } from './recovery-ledger';

/** What the ledger says of one user, in the words of `expect.ledger`. */
export interface Truth {
  readonly events: number;
  readonly spends: number;
  readonly corrections: number;
  readonly spent: string;
  readonly held: string;
  readonly unpriced: number;
  readonly activeHolds: number;
  readonly released: number;
  /** Whether the one settled hold was settled late; undefined unless there is one. */
  readonly late: boolean | undefined;
  /** How many events have a time that has not come. */
  readonly timesAhead: number;
  /** Whether the user's hold is as it was when it was remembered. */
  readonly sameHold: boolean;
}

export async function readTruth(
  ledger: RecoveryLedger,
  user: string,
  remembered: HoldOnRecord | undefined,
): Promise<Truth> {
  const events = await ledger.events(user);
  const { spentAllTime, held, unpriced } = await ledger.balance(user);
  const holds = await ledger.holds(user);
  const corrections = events.filter(({ type }) => type === CORRECTION_TYPE).length;
  const settled = holds.filter(({ settledBy }) => settledBy !== null);
  return {
    events: events.length,
    spends: events.length - corrections,
    corrections,
    spent: spentAllTime,
    held,
    unpriced,
    activeHolds: holds.filter(({ state }) => state === 'active').length,
    released: holds.filter(({ state }) => state === 'released').length,
    late: settled.length === 1 ? settled[0]!.settledBy!.late : undefined,
    timesAhead: events.filter(({ time }) => Date.parse(time) > Date.now()).length,
    sameHold:
      remembered !== undefined &&
      holds.some(
        ({ holdId, amount, expiresAt }) =>
          holdId === remembered.holdId &&
          amount === remembered.amount &&
          expiresAt === remembered.expiresAt,
      ),
  };
}
