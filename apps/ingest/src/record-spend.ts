import { readRecordedSpends, type RecordedSpend } from '#libs/balances';
import { partitionOfScope, type Instant } from '#libs/ledger';
import type { Database } from '#libs/postgres';
import { Batcher } from '#libs/runtime';
import type { SpendLog } from '#libs/spend-log';
import { eventKeyOf, spendContentHash, writeSpend, type ReportedSpend } from '#libs/wire';
import type { ClaimRestoration } from './claim-restoration';
import { claimEvents, type Claim, type HeldClaim } from './claim-events';

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

interface Item extends Claim {
  readonly reported: ReportedSpend;
  readonly caller: string;
}

/**
 * Records spends: claim the id, append to the log, and only then answer. What arrives meanwhile goes together in the
 * next round.
 */
export class SpendRecorder {
  private readonly batcher: Batcher<Item, RecordOutcome>;

  constructor(
    private readonly database: Database,
    private readonly log: SpendLog,
    private readonly claims: Pick<ClaimRestoration, 'check'>,
    private readonly partitions: number,
    limits: RecordLimits,
  ) {
    this.batcher = new Batcher({
      ...limits,
      concurrency: 2,
      weigh: weightOf,
      flush: (items) => this.recordAll(items),
    });
  }

  /**
   * Resolves when the log has the spend (or had it). A rejection says *unknown*: send the same again.
   * @throws Problem `overloaded`, `unavailable`
   */
  record(reported: ReportedSpend, caller: string): Promise<RecordOutcome> {
    const { spend } = reported;
    return this.batcher.submit({
      reported,
      caller,
      eventKey: eventKeyOf(spend),
      contentHash: spendContentHash(spend),
      partition: partitionOfScope(spend.scope, this.partitions),
    });
  }

  private async recordAll(items: readonly Item[]): Promise<RecordOutcome[]> {
    await this.claims.check();
    const claims = await claimEvents(this.database, items);
    const claimOf = (item: Item): HeldClaim => claims.get(item.eventKey)!;
    const known = await readRecordedSpends(
      this.database,
      items
        .filter((item) => !claimOf(item).isNew)
        .map((item) => ({ ...item, partition: claimOf(item).partition })),
    );
    const appended = await this.append(items, claims, known);
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
    items: readonly Item[],
    claims: ReadonlyMap<string, HeldClaim>,
    known: ReadonlyMap<string, RecordedSpend>,
  ): Promise<ReadonlyMap<string, { item: Item; nextOffset: bigint }>> {
    const toAppend = new Map<string, Item>();
    for (const item of items) {
      const isOwn = claims.get(item.eventKey)!.contentHash === item.contentHash;
      if (isOwn && !known.has(item.eventKey) && !toAppend.has(item.eventKey)) {
        toAppend.set(item.eventKey, item);
      }
    }
    if (toAppend.size === 0) return new Map();
    const fresh = [...toAppend.values()];
    const offsets = await this.log.append(
      fresh.map(({ reported, caller, contentHash, eventKey, partition }) => ({
        partition,
        ...writeSpend(reported, {
          recordedAt: claims.get(eventKey)!.recordedAt,
          caller,
          contentHash,
        }),
      })),
    );
    return new Map(
      fresh.map((item, index) => [item.eventKey, { item, nextOffset: offsets[index]! + 1n }]),
    );
  }
}

function conflict(
  item: Item,
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

/** One for the spend, and one for each KiB that may make it large. */
function weightOf({ reported }: Item): number {
  const { metadata } = reported.spend;
  const extensions = Object.values(reported.extensions).join('').length;
  return 1 + ((extensions + (metadata ? JSON.stringify(metadata).length : 0)) >> 10);
}
