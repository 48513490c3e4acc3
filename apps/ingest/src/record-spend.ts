import { priceUsage, type PricesInForce } from '#libs/ledger';
import type { Database } from '#libs/postgres';
import {
  claimEvents,
  contentOf,
  recordItem,
  recordOf,
  recordRound,
  weightOf,
  type Claimed,
  type RecordItem,
  type RecordOutcome,
} from '#libs/recording';
import type { Batcher } from '#libs/runtime';
import type { SpendLog } from '#libs/spend-log';
import type { HoldMarks, ReportedSpend } from '#libs/wire';
import type { ClaimRestoration } from './claim-restoration';
import type { CountHolding } from './count-holding-spends';
import { claimHoldingEvents } from './claim-holding-events';
import type { RecordingRounds } from './recording-rounds';

/** What spends that name holds are claimed with: a claim that stands still with the locks of accounts is cut off soon. */
export interface HoldingParts {
  readonly database: Database;
  readonly count: CountHolding;
  /** Where this process writes held money of pools. */
  readonly slot: number;
}

/** At the same time, of spends that name holds and of those that do not. */
export const ROUNDS_UNDER_WAY = 2;

const NONE: ReadonlyMap<string, HoldMarks> = new Map();

/**
 * Records spends: claim the id, append to the log, and only then answer. What arrives meanwhile goes together in the
 * next round.
 */
export class SpendRecorder {
  private readonly plain: Batcher<RecordItem, RecordOutcome>;
  /** Those that name a hold wait for the locks of its accounts; the others do not wait for them. */
  private readonly holding: Batcher<RecordItem, RecordOutcome>;

  constructor(
    private readonly database: Database,
    private readonly log: SpendLog,
    private readonly claims: Pick<ClaimRestoration, 'check'>,
    private readonly partitions: number,
    rounds: RecordingRounds,
    holding: HoldingParts = { database, count: () => undefined, slot: 0 },
    private readonly prices: PricesInForce = { current: undefined },
  ) {
    const places = { partitions, slot: holding.slot };
    const options = { concurrency: ROUNDS_UNDER_WAY, weigh: weightOf };
    this.plain = rounds.batcher({
      ...options,
      flush: (items) => this.recordAll(items, (all) => this.claim(all)),
    });
    this.holding = rounds.batcher({
      ...options,
      flush: (items) =>
        this.recordAll(items, (all) =>
          claimHoldingEvents(holding.database, all, places, holding.count),
        ),
    });
  }

  /**
   * Resolves when the log has the spend (or had it). A rejection says *unknown*: send the same again.
   * @throws Problem `overloaded`, `unavailable`
   */
  record(reported: ReportedSpend, caller: string): Promise<RecordOutcome> {
    const { spend: said } = reported;
    const spend = priceUsage(said, this.prices.current, said.time);
    const batcher = spend.holdId === undefined ? this.plain : this.holding;
    const priced = spend === said ? reported : { ...reported, spend };
    return batcher.submit(recordItem(priced, { caller, partitions: this.partitions }));
  }

  private async claim(items: readonly RecordItem[]): Promise<Claimed> {
    return { claims: await claimEvents(this.database, items), outcomes: NONE, inOutbox: [] };
  }

  private async recordAll(
    items: readonly RecordItem[],
    claim: (items: readonly RecordItem[]) => Promise<Claimed>,
  ): Promise<RecordOutcome[]> {
    await this.claims.check();
    const { database, log } = this;
    return recordRound({ database, log, recordOf, contentOf }, items, await claim(items));
  }
}
