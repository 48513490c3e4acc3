import type { Instant } from '#libs/ledger';
import type { Database } from '#libs/postgres';
import {
  applyBatch,
  claimPartition,
  markCaughtUp,
  planBatch,
  type PlanRules,
} from '#libs/projection';
import type { Batch, PartitionClaim, PartitionReader } from '#libs/spend-log';

export interface ProjectorLimits {
  /** How often idle partitions write down that they are caught up; lag is known to this precision. */
  readonly caughtUpEveryMs: number;
}

/** Reads the log into the projection: each batch is one transaction under its partition's fence. */
export class LogProjector implements PartitionReader {
  private readonly knownUpTo = new Map<number, Instant | undefined>();
  private nextCaughtUp = 0;

  constructor(
    private readonly database: Database,
    private readonly rules: PlanRules,
    private readonly limits: ProjectorLimits,
    private readonly monotonicMs: () => number = () => performance.now(),
  ) {}

  async claim(partition: number): Promise<PartitionClaim> {
    const claimed = await claimPartition(this.database, partition);
    this.knownUpTo.set(partition, claimed.knownAt);
    return claimed;
  }

  async apply({ claim, records, caughtUpAt }: Batch): Promise<'applied' | 'fenced'> {
    const plan = planBatch(records, this.knownUpTo.get(claim.partition), this.rules);
    const nextOffset = records.at(-1)!.offset + 1n;
    const outcome = await applyBatch(this.database, claim, { plan, nextOffset, caughtUpAt });
    if (outcome === 'applied') this.knownUpTo.set(claim.partition, plan.knownAt);
    return outcome;
  }

  async caughtUp(claims: readonly PartitionClaim[], at: Instant): Promise<readonly number[]> {
    if (this.monotonicMs() < this.nextCaughtUp) return [];
    this.nextCaughtUp = this.monotonicMs() + this.limits.caughtUpEveryMs;
    return markCaughtUp(this.database, claims, at);
  }
}
