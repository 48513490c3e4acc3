import { sql } from 'kysely';
import { instantOf, type Instant } from '#libs/ledger';
import type { Database, Prepared, PreparedStatement } from '#libs/postgres';
import type { LogRecord } from '#libs/wire';
import { applyBatch } from '../apply-batch';
import type { Fence, Progress } from '../fence';
import { planBatch, type Plan, type PlanRules } from '../plan-batch';
import { sumPartition } from './sum-partition';

const IS_SUMMED: PreparedStatement = {
  name: 'is-summed',
  text: 'select exists (select from rebuild.summed where partition = $1)',
};

export type RebuiltFence = Fence & Pick<Progress, 'knownAt'>;

/**
 * The projector's own statements at work on the tables beside the live ones: its connections look there first. Nothing
 * else is touched: no claim is written, no money taken, no warning tested. Of a long log the events come first, and are
 * summed once; from then on each batch adds to the sums, as in the live tables.
 */
export class RebuiltProjection {
  /** @param database looks for tables where the rebuild has its own */
  constructor(
    private readonly database: Database,
    private readonly rules: PlanRules,
    private readonly maxWindowSums: number,
  ) {}

  /** Named by its schema: if that is gone, nothing else is claimed in its place. */
  async claim(partition: number): Promise<RebuiltFence> {
    const { rows } = await sql<{
      epoch: bigint;
      next_offset: bigint;
      known_at: string | null;
    }>`
      update rebuild.projection_partition set epoch = epoch + 1 where partition = ${partition}
      returning epoch, next_offset, known_at`.execute(this.database.kysely);
    const row = rows[0]!;
    const knownAt = row.known_at === null ? undefined : instantOf(row.known_at);
    return { partition, epoch: row.epoch, nextOffset: row.next_offset, knownAt };
  }

  /** @returns where the next records go; `undefined`: another rebuild has the partition */
  async apply(
    fence: RebuiltFence,
    records: readonly LogRecord[],
  ): Promise<RebuiltFence | undefined> {
    const plan = planBatch(records, fence.knownAt, this.rules);
    return this.write(fence, records.at(-1)!.offset + 1n, plan);
  }

  /**
   * Records that come from an export, where what is between them is not there: when each was known is told.
   * @param knownAt by offset
   */
  async applyExported(
    fence: RebuiltFence,
    records: readonly LogRecord[],
    knownAt: ReadonlyMap<bigint, Instant>,
  ): Promise<RebuiltFence | undefined> {
    const plan = planBatch(records, fence.knownAt, this.rules);
    const asKnown = <E extends { readonly offset: bigint }>(events: readonly E[]) =>
      events.map((event) => ({ ...event, knownAt: knownAt.get(event.offset)! }));
    const last = records.at(-1)!;
    return this.write(fence, last.offset + 1n, {
      spends: asKnown(plan.spends),
      adjustments: asKnown(plan.adjustments),
      budgetChanges: asKnown(plan.budgetChanges),
      prices: asKnown(plan.prices),
      quarantined: plan.quarantined,
      knownAt: knownAt.get(last.offset),
    });
  }

  /** Where a partition's export ends, and what stands aside in it. */
  async endExported(
    fence: RebuiltFence,
    end: { readonly nextOffset: bigint; readonly knownAt: Instant | undefined },
    quarantined: Plan['quarantined'],
  ): Promise<RebuiltFence | undefined> {
    const nothing = { spends: [], adjustments: [], budgetChanges: [], prices: [] };
    return this.write(fence, end.nextOffset, { ...nothing, quarantined, knownAt: end.knownAt });
  }

  /** Sums what it has of a partition, unless that was done. */
  sum(partition: number): Promise<void> {
    return this.database.atomically(async (client) => {
      await sumPartition(client, partition);
    });
  }

  private async write(
    fence: RebuiltFence,
    nextOffset: bigint,
    plan: Plan,
  ): Promise<RebuiltFence | undefined> {
    const { outcome } = await applyBatch(this.database, fence, {
      ...{ plan, nextOffset, caughtUpAt: undefined },
      maxWindowSums: this.maxWindowSums,
      keepsSums: (client) => isSummed(client, fence.partition),
    });
    return outcome === 'applied' ? { ...fence, nextOffset, knownAt: plan.knownAt } : undefined;
  }
}

async function isSummed(client: Prepared, partition: number): Promise<boolean> {
  const [row] = await client.prepared<readonly [boolean]>(IS_SUMMED, [partition]);
  return row![0];
}
