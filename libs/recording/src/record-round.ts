import { readRecordedSpends, type RecordedSpend } from '#libs/balances';
import type { Instant } from '#libs/ledger';
import { takeOutOfOutbox, type Database } from '#libs/postgres';
import type { SpendLog } from '#libs/spend-log';
import { contentDifferences, type HoldMarks, type RecordBytes } from '#libs/wire';
import type { Claim, HeldClaim } from './claim-events';

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
      /** Which members of their contents differ; none is named before the projection has the event. */
      readonly differs: readonly string[];
    };

/** What a round has claimed. */
export interface Claimed {
  readonly claims: ReadonlyMap<string, HeldClaim>;
  /** Of each event that names a hold, what became of that. */
  readonly outcomes: ReadonlyMap<string, HoldMarks>;
  /** Rows of the outbox whose records the round itself appends. */
  readonly inOutbox: readonly bigint[];
  /** Records that were written when their events were claimed before: these are appended again as they are. */
  readonly written?: ReadonlyMap<string, RecordBytes>;
}

export interface RoundParts<Item> {
  readonly database: Database;
  readonly log: SpendLog;
  /** The record of an event, the same whenever it is appended. */
  readonly recordOf: (item: Item, claim: HeldClaim, hold?: HoldMarks) => RecordBytes;
  /** What an event says: what its hash is of. */
  readonly contentOf: (item: Item) => object;
}

/** Appends what was claimed and is not on record yet, and says of each event what became of it. */
export async function recordRound<Item extends Claim>(
  parts: RoundParts<Item>,
  items: readonly Item[],
  claimed: Claimed,
): Promise<RecordOutcome[]> {
  const { claims } = claimed;
  const claimOf = (item: Item): HeldClaim => claims.get(item.eventKey)!;
  const known = await readRecordedSpends(
    parts.database,
    items
      .filter((item) => !claimOf(item).isNew)
      .map((item) => ({ ...item, partition: claimOf(item).partition })),
  );
  const appended = await append(parts, items, claimed, known);
  await takeOutOfOutbox(parts.database, claimed.inOutbox);
  return items.map((item) => {
    const claim = claimOf(item);
    if (claim.contentHash !== item.contentHash) return conflict(parts, item, claim, known);
    const onRecord = known.get(item.eventKey);
    const own = appended.get(item.eventKey);
    return {
      outcome: 'recorded',
      position: `${claim.partition}:${onRecord ? onRecord.nextOffset : own!.nextOffset}`,
      recordedAt: claim.recordedAt,
      duplicate: !claim.isNew || own!.item !== item,
    };
  });
}

/**
 * A claim alone is never an answer: who made it may have died before the append. So what is claimed but not in the
 * projection is appended again, with the claim's recordedAt; the projector counts it once.
 */
async function append<Item extends Claim>(
  { log, recordOf }: RoundParts<Item>,
  items: readonly Item[],
  { claims, outcomes, written }: Claimed,
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
  const offsets = await log.append(
    fresh.map((item) => {
      const claim = claims.get(item.eventKey)!;
      const { partition } = claim;
      const before = written?.get(item.eventKey);
      return { partition, ...(before ?? recordOf(item, claim, outcomes.get(item.eventKey))) };
    }),
  );
  return new Map(
    fresh.map((item, index) => [item.eventKey, { item, nextOffset: offsets[index]! + 1n }]),
  );
}

function conflict<Item extends Claim>(
  { contentOf }: RoundParts<Item>,
  item: Item,
  claim: HeldClaim,
  known: ReadonlyMap<string, RecordedSpend>,
): RecordOutcome {
  const recorded = known.get(item.eventKey);
  return {
    outcome: 'conflict',
    recordedHash: claim.contentHash,
    givenHash: item.contentHash,
    onRecord: recorded?.document ?? null,
    differs: recorded ? contentDifferences(contentOf(item), recorded.content) : [],
  };
}
