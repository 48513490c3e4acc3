import { freshnessOf, type Snapshot } from '#libs/balances';
import { accountsOf, formatAccount, type Account, type BudgetState } from '#libs/ledger';
import { decideOn, type CheckPolicy, type CheckRequest, type Decision } from './decision';
import type { AnsweredDecision } from './decisions/answered-decision';
import type { DecisionKeeper } from './decisions/keep-decision';
import { decideOnLastKnown } from './outage/decide-on-last-known';
import type { Outage } from './outage/outage';
import { PostgresGone } from './outage/postgres-gone';
import type { SnapshotReader } from './snapshot-reader';

/**
 * Answers budget checks out of the projection, over every budget of every account the scope touches, and keeps the
 * answers that are to be kept.
 */
export class BudgetChecker {
  constructor(
    private readonly snapshots: SnapshotReader,
    private readonly policy: CheckPolicy,
    private readonly outage: Pick<Outage, 'lastKnown' | 'countDegraded'>,
    private readonly keeper: Pick<DecisionKeeper, 'keep'>,
  ) {}

  /**
   * @param caller who asks
   * @throws Problem, as SnapshotReader.read does
   */
  async check(request: CheckRequest, caller: string): Promise<AnsweredDecision> {
    return this.keeper.keep(await this.decide(request), request, caller);
  }

  private async decide(request: CheckRequest): Promise<Decision> {
    const accounts = new Map<string, Account>();
    for (const account of accountsOf(request.scope)) accounts.set(formatAccount(account), account);
    let snapshot: Snapshot;
    try {
      snapshot = await this.snapshots.read(accounts, request.minPosition);
    } catch (error) {
      if (error instanceof PostgresGone) return this.decideWithout(error, accounts, request);
      throw error;
    }
    return this.decideNow(snapshot, accounts, request.estimatePico);
  }

  private decideWithout(
    gone: PostgresGone,
    accounts: ReadonlyMap<string, Account>,
    request: CheckRequest,
  ): Decision {
    const decision = decideOnLastKnown(this.outage.lastKnown, accounts, request, this.policy);
    // A process that has not caught up since its start knows nothing that it could go by.
    if (decision === undefined) throw gone;
    this.outage.countDegraded('postgres_gone');
    return decision;
  }

  private decideNow(
    snapshot: Snapshot,
    accounts: ReadonlyMap<string, Account>,
    estimatePico: bigint | undefined,
  ): Decision {
    const { partitions, maxLagMs } = this.policy;
    const { asOf, lagMs } = freshnessOf(snapshot, partitions);
    const degraded = lagMs > maxLagMs;
    if (degraded) this.outage.countDegraded('behind');
    const states: BudgetState[] = [];
    for (const [name, account] of accounts) {
      const ofAccount = snapshot.statesOf(account, name);
      this.outage.lastKnown.remember(snapshot, name, ofAccount);
      states.push(...ofAccount);
    }
    const { now: decidedAt, positionText: position } = snapshot;
    return decideOn(
      { states, decidedAt, position, asOf: asOf ?? 0n, lagMs, degraded },
      estimatePico,
      this.policy,
    );
  }
}
