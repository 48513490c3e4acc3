import { sql } from 'kysely';
import { instantOf } from '#libs/ledger';
import type { Database } from '#libs/postgres';
import type { LogRecord } from '#libs/wire';
import { applyBatch } from '../apply-batch';
import type { Fence, Progress } from '../fence';
import { planBatch, type PlanRules } from '../plan-batch';

export type RebuiltFence = Fence & Pick<Progress, 'knownAt'>;

/**
 * The projector's own statements at work on the tables beside the live ones: its connections look there first. Nothing
 * else is touched: no claim is written, no money taken, no warning tested.
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
    const nextOffset = records.at(-1)!.offset + 1n;
    const { outcome } = await applyBatch(this.database, fence, {
      ...{ plan, nextOffset, caughtUpAt: undefined },
      maxWindowSums: this.maxWindowSums,
      partitions: this.rules.partitions,
    });
    return outcome === 'applied' ? { ...fence, nextOffset, knownAt: plan.knownAt } : undefined;
  }
}
