import type { Instant } from '#libs/ledger';
import type { Database } from '#libs/postgres';
import {
  applyBatch,
  claimPartition,
  markCaughtUp,
  OtherProjection,
  planBatch,
  type Fence,
  type PlanRules,
  type Progress,
} from '#libs/projection';
import type { Batch, PartitionClaim, PartitionReader } from '#libs/spend-log';
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

/** Reads the log into the projection: each batch is one transaction under its partition's fence. */
export class LogProjector implements PartitionReader {
  /** The rows are those of other code by now. */
  onOtherProjection: () => void = () => undefined;
  readonly failures: PartitionFailures;
  private readonly claimed = new Map<number, Fence & Progress>();
  private nextCaughtUp = 0;

  constructor(
    private readonly database: Database,
    private readonly rules: PlanRules,
    private readonly limits: Pick<ProjectorLimits, 'caughtUpEveryMs' | 'maxWindowSums'>,
    private readonly touched: Pick<TouchedAccounts, 'noteClaimed' | 'noteApplied'>,
    private readonly monotonicMs: () => number = () => performance.now(),
  ) {
    this.failures = new PartitionFailures(monotonicMs);
  }

  async claim(partition: number): Promise<PartitionClaim> {
    const claimed = await claimPartition(this.database, partition).catch((error: unknown) => {
      if (error instanceof OtherProjection) this.onOtherProjection();
      this.failures.noteOf(partition, error);
      throw error;
    });
    this.claimed.set(partition, claimed);
    this.touched.noteClaimed(partition);
    return claimed;
  }

  async apply(batch: Batch): Promise<'applied' | 'fenced'> {
    const { partition } = batch.claim;
    try {
      const outcome = await this.applyIfOurs(batch);
      this.failures.end([partition]);
      return outcome;
    } catch (error) {
      this.failures.noteOf(partition, error);
      throw error;
    }
  }

  async caughtUp(claims: readonly PartitionClaim[], at: Instant): Promise<readonly number[]> {
    if (this.monotonicMs() < this.nextCaughtUp) return [];
    this.nextCaughtUp = this.monotonicMs() + this.limits.caughtUpEveryMs;
    try {
      const fenced = await markCaughtUp(this.database, claims, at);
      this.failures.end(claims.map(({ partition }) => partition));
      return fenced;
    } catch (error) {
      this.failures.noteOfAll(error);
      throw error;
    }
  }

  readingFailed(error: unknown): void {
    this.failures.noteOfAll(error);
  }

  private async applyIfOurs({ claim, records, caughtUpAt }: Batch): Promise<'applied' | 'fenced'> {
    const claimed = this.claimed.get(claim.partition);
    // A batch of an earlier claim of this process may be under way still; it must not be taken for the later one's.
    if (claimed?.epoch !== claim.epoch) return 'fenced';
    const plan = planBatch(records, claimed.knownAt, this.rules);
    const nextOffset = records.at(-1)!.offset + 1n;
    const applied = await applyBatch(this.database, claim, {
      plan,
      nextOffset,
      caughtUpAt,
      maxWindowSums: this.limits.maxWindowSums,
      partitions: this.rules.partitions,
      restoreClaims: claim.nextOffset < claimed.claimsUntil,
    });
    if (applied.outcome === 'fenced') return 'fenced';
    this.touched.noteApplied(claim.partition, applied.entries, plan.budgetChanges);
    if (this.claimed.get(claim.partition) === claimed) {
      this.claimed.set(claim.partition, { ...claimed, nextOffset, knownAt: plan.knownAt });
    }
    return 'applied';
  }
}
