import { heldRestorer, type HeldRestorer } from '#libs/holds';
import type { Instant, Position } from '#libs/ledger';
import type { Database } from '#libs/postgres';
import {
  applyBatch,
  fencePartition,
  markCaughtUp,
  OtherProjection,
  planBatch,
  type Fence,
  type PlanRules,
  type Progress,
} from '#libs/projection';
import type { Batch, PartitionFence, PartitionReader } from '#libs/spend-log';
import { PartitionFailures } from './partition-failures';
import type { TouchedAccounts } from './warnings/touched-accounts';

export interface ProjectorLimits {
  /** How often idle partitions write down that they are caught up; lag is known to this precision. */
  readonly caughtUpEveryMs: number;
  /** Most windows whose sums a batch computes anew; of more the rest is left to those who ask. */
  readonly maxWindowSums: number;
  /** From which lag on an answer is degraded, and a projector not ready. */
  readonly maxLagMs: number;
}

/** A log that is elsewhere, and may hold what the database does not know of. */
export interface LogElsewhere {
  readonly endOffsets: () => Promise<Position>;
  /** The database lacked the claims of some of its records, which are made again. */
  readonly onOlder: () => void;
}

/** Reads the log into the projection: each batch is one transaction under its partition's fence. */
export class LogProjector implements PartitionReader {
  /** The rows are those of other code by now. */
  onOtherProjection: () => void = () => undefined;
  readonly failures = new PartitionFailures();
  private readonly fences = new Map<number, Fence & Progress>();
  private readonly restoring: HeldRestorer;
  private wasOlder = false;
  private nextCaughtUp = 0;

  constructor(
    private readonly database: Database,
    private readonly rules: PlanRules,
    private readonly limits: Pick<ProjectorLimits, 'caughtUpEveryMs' | 'maxWindowSums'>,
    private readonly touched: Pick<TouchedAccounts, 'noteTakenOver' | 'noteApplied'>,
    /** `undefined`: the log is in the database. */
    private readonly elsewhere?: LogElsewhere,
    private readonly monotonicMs: () => number = () => performance.now(),
  ) {
    this.restoring = heldRestorer(rules.partitions);
  }

  async fence(partition: number): Promise<PartitionFence> {
    try {
      const end = (await this.elsewhere?.endOffsets())?.get(partition) ?? 0n;
      const fence = await fencePartition(this.database, partition);
      this.fences.set(partition, { ...fence, claimsUntil: claimsUntil(fence, end) });
      this.touched.noteTakenOver(partition);
      return fence;
    } catch (error) {
      if (error instanceof OtherProjection) this.onOtherProjection();
      this.failures.noteOf(partition, error);
      throw error;
    }
  }

  async apply(batch: Batch): Promise<'applied' | 'fenced'> {
    const { partition } = batch.fence;
    try {
      const outcome = await this.applyIfOurs(batch);
      this.failures.end([partition]);
      return outcome;
    } catch (error) {
      this.failures.noteOf(partition, error);
      throw error;
    }
  }

  async caughtUp(fences: readonly PartitionFence[], at: Instant): Promise<readonly number[]> {
    if (this.monotonicMs() < this.nextCaughtUp) return [];
    this.nextCaughtUp = this.monotonicMs() + this.limits.caughtUpEveryMs;
    try {
      const fenced = await markCaughtUp(this.database, fences, at);
      this.failures.end(fences.map(({ partition }) => partition));
      return fenced;
    } catch (error) {
      this.failures.noteOfAll(error);
      throw error;
    }
  }

  readingFailed(error: unknown): void {
    this.failures.noteOfAll(error);
  }

  private async applyIfOurs({ fence, records, caughtUpAt }: Batch): Promise<'applied' | 'fenced'> {
    const ours = this.fences.get(fence.partition);
    // A batch of an earlier fence of this process may be under way still; it must not be taken for the later one's.
    if (ours?.epoch !== fence.epoch) return 'fenced';
    const plan = planBatch(records, ours.knownAt, this.rules);
    const nextOffset = records.at(-1)!.offset + 1n;
    const applied = await applyBatch(this.database, fence, {
      plan,
      nextOffset,
      caughtUpAt,
      maxWindowSums: this.limits.maxWindowSums,
      restoring: fence.nextOffset < ours.claimsUntil ? this.restoring : undefined,
    });
    if (applied.outcome === 'fenced') return 'fenced';
    if (applied.restored > 0 && !this.wasOlder) {
      this.wasOlder = true;
      this.elsewhere?.onOlder();
    }
    this.touched.noteApplied(fence.partition, applied.entries, plan.budgetChanges);
    if (this.fences.get(fence.partition) === ours) {
      this.fences.set(fence.partition, { ...ours, nextOffset, knownAt: plan.knownAt });
    }
    return 'applied';
  }
}

/**
 * Up to where claims may have to be made again: what the log had when the partition was taken over, unless something was
 * written to the database that vouches for all of it.
 */
function claimsUntil({ knownEnd, claimsUntil: since }: Progress, end: bigint): bigint {
  return end > knownEnd && end > since ? end : since;
}
