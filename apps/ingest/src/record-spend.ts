import { readRecordedSpends, type RecordedSpend } from '#libs/balances';
import { partitionOfScope, type Instant } from '#libs/ledger';
import { takeOutOfOutbox, type Database } from '#libs/postgres';
import { Batcher } from '#libs/runtime';
import type { SpendLog } from '#libs/spend-log';
import { eventKeyOf, spendContentHash, type HoldOutcome, type ReportedSpend } from '#libs/wire';
import type { ClaimRestoration } from './claim-restoration';
import type { CountHolding } from './count-holding-spends';
import { claimEvents, type HeldClaim } from './claim-events';
import { claimHoldingEvents, recordOf, type Claimed } from './claim-holding-events';
import { weightOf, type RecordItem } from './record-item';

export type RecordOutcome =
  | {
      readonly outcome: 'recorded';
      readonly position: string;
      readonly recordedAt: Instant;
      /** The same event with the same content was on record already. */
      readonly duplicate: boolean;
    }
  | {
      readonly outcome: 'conflict';
      readonly recordedHash: string;
      readonly givenHash: string;
      /** The event as it is on record, once the projection has it. */
      readonly onRecord: Record<string, unknown> | null;
    };

export interface RecordLimits {
  /** Most spends (or KiB) that one claim and one append carry. */
  readonly maxBatch: number;
  /** Most that wait; more are refused as overloaded. */
  readonly maxQueue: number;
}

/** What spends that name holds are claimed with: a claim that stands still with the locks of accounts is cut off soon. */
export interface HoldingParts {
  readonly database: Database;
  readonly count: CountHolding;
}

/** At the same time, of spends that name holds and of those that do not. */
export const ROUNDS_UNDER_WAY = 2;

const NONE: ReadonlyMap<string, HoldOutcome> = new Map();

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
    limits: RecordLimits,
    holding: HoldingParts = { database, count: () => undefined },
  ) {
    const options = { ...limits, concurrency: ROUNDS_UNDER_WAY, weigh: weightOf };
    this.plain = new Batcher({
      ...options,
      flush: (items) => this.recordAll(items, (all) => this.claim(all)),
    });
    this.holding = new Batcher({
      ...options,
      flush: (items) =>
        this.recordAll(items, (all) =>
          claimHoldingEvents(holding.database, all, this.partitions, holding.count),
        ),
    });
  }

  /**
   * Resolves when the log has the spend (or had it). A rejection says *unknown*: send the same again.
   * @throws Problem `overloaded`, `unavailable`
   */
  record(reported: ReportedSpend, caller: string): Promise<RecordOutcome> {
    const { spend } = reported;
    const batcher = spend.holdId === undefined ? this.plain : this.holding;
    return batcher.submit({
      reported,
      caller,
      eventKey: eventKeyOf(spend),
      contentHash: spendContentHash(spend),
      partition: partitionOfScope(spend.scope, this.partitions),
    });
  }

  private async claim(items: readonly RecordItem[]): Promise<Claimed> {
    return { claims: await claimEvents(this.database, items), outcomes: NONE, inOutbox: [] };
  }

  private async recordAll(
    items: readonly RecordItem[],
    claim: (items: readonly RecordItem[]) => Promise<Claimed>,
  ): Promise<RecordOutcome[]> {
    await this.claims.check();
    const claimed = await claim(items);
    const { claims } = claimed;
    const claimOf = (item: RecordItem): HeldClaim => claims.get(item.eventKey)!;
    const known = await readRecordedSpends(
      this.database,
      items
        .filter((item) => !claimOf(item).isNew)
        .map((item) => ({ ...item, partition: claimOf(item).partition })),
    );
    const appended = await this.append(items, claimed, known);
    await takeOutOfOutbox(this.database, claimed.inOutbox);
    return items.map((item) => {
      const claim = claimOf(item);
      if (claim.contentHash !== item.contentHash) return conflict(item, claim, known);
      const onRecord = known.get(item.eventKey);
      const own = appended.get(item.eventKey);
      return {
        outcome: 'recorded',
        position: `${item.partition}:${onRecord ? onRecord.nextOffset : own!.nextOffset}`,
        recordedAt: claim.recordedAt,
        duplicate: !claim.isNew || own!.item !== item,
      };
    });
  }

  /**
   * A claim alone is never an answer: who made it may have died before the append. So what is claimed but not in the
   * projection is appended again, with the claim's recordedAt; the projector counts it once.
   */
  private async append(
    items: readonly RecordItem[],
    { claims, outcomes }: Claimed,
    known: ReadonlyMap<string, RecordedSpend>,
  ): Promise<ReadonlyMap<string, { item: RecordItem; nextOffset: bigint }>> {
    const toAppend = new Map<string, RecordItem>();
    for (const item of items) {
      const isOwn = claims.get(item.eventKey)!.contentHash === item.contentHash;
      if (isOwn && !known.has(item.eventKey) && !toAppend.has(item.eventKey)) {
        toAppend.set(item.eventKey, item);
      }
    }
    if (toAppend.size === 0) return new Map();
    const fresh = [...toAppend.values()];
    const offsets = await this.log.append(
      fresh.map((item) => ({
        partition: item.partition,
        ...recordOf(item, claims.get(item.eventKey)!, outcomes.get(item.eventKey)),
      })),
    );
    return new Map(
      fresh.map((item, index) => [item.eventKey, { item, nextOffset: offsets[index]! + 1n }]),
    );
  }
}

function conflict(
  item: RecordItem,
  claim: HeldClaim,
  known: ReadonlyMap<string, RecordedSpend>,
): RecordOutcome {
  return {
    outcome: 'conflict',
    recordedHash: claim.contentHash,
    givenHash: item.contentHash,
    onRecord: known.get(item.eventKey)?.document ?? null,
  };
}
