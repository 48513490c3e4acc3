import { heldRestorer, type HeldRestorer } from '#libs/holds';
import type { Instant, Position } from '#libs/ledger';
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
  private readonly claimed = new Map<number, Fence & Progress>();
  private readonly restoring: HeldRestorer;
  private wasOlder = false;
  private nextCaughtUp = 0;

  constructor(
    private readonly database: Database,
    private readonly rules: PlanRules,
    private readonly limits: Pick<ProjectorLimits, 'caughtUpEveryMs' | 'maxWindowSums'>,
    private readonly touched: Pick<TouchedAccounts, 'noteClaimed' | 'noteApplied'>,
    /** `undefined`: the log is in the database. */
    private readonly elsewhere?: LogElsewhere,
    private readonly monotonicMs: () => number = () => performance.now(),
  ) {
    this.restoring = heldRestorer(rules.partitions);
  }

  async claim(partition: number): Promise<PartitionClaim> {
    try {
      const end = (await this.elsewhere?.endOffsets())?.get(partition) ?? 0n;
      const claimed = await claimPartition(this.database, partition);
      this.claimed.set(partition, { ...claimed, claimsUntil: claimsUntil(claimed, end) });
      this.touched.noteClaimed(partition);
      return claimed;
    } catch (error) {
      if (error instanceof OtherProjection) this.onOtherProjection();
      this.failures.noteOf(partition, error);
      throw error;
    }
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
      restoring: claim.nextOffset < claimed.claimsUntil ? this.restoring : undefined,
    });
    if (applied.outcome === 'fenced') return 'fenced';
    if (applied.restored > 0 && !this.wasOlder) {
      this.wasOlder = true;
      this.elsewhere?.onOlder();
    }
    this.touched.noteApplied(claim.partition, applied.entries, plan.budgetChanges);
    if (this.claimed.get(claim.partition) === claimed) {
      this.claimed.set(claim.partition, { ...claimed, nextOffset, knownAt: plan.knownAt });
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
