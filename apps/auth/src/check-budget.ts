import { freshnessOf, missingLabels, type Freshness, type Snapshot } from '#libs/balances';
import {
  accountsOf,
  formatAccount,
  type Account,
  type BudgetState,
  type DecidedCall,
} from '#libs/ledger';
import { decideOn, type CheckPolicy, type CheckRequest, type Decision } from './decision';
import type { AnsweredDecision } from './decisions/answered-decision';
import type { DecisionKeeper } from './decisions/keep-decision';
import { decideOnLastKnown } from './outage/decide-on-last-known';
import type { Outage } from './outage/outage';
import { PostgresGone } from './outage/postgres-gone';
import type { SnapshotReader } from './snapshot-reader';

/** A check that failed has no decision: its caller got an error. */
export type CheckOutcome = 'allowed' | 'refused' | 'failed';

/**
 * Answers budget checks out of the projection, over every budget of every account of the call, and keeps the
 * answers that are to be kept.
 */
export class BudgetChecker {
  /** What became of the checks until now. */
  readonly counts: Record<CheckOutcome, number> = { allowed: 0, refused: 0, failed: 0 };
  private latest: { readonly snapshot: Snapshot; readonly freshness: Freshness } | undefined;

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
    const accounts = new Map<string, Account>();
    for (const account of accountsOf(request.scope, request.labels)) {
      accounts.set(formatAccount(account), account);
    }
    const decision = await this.snapshots
      .read(accounts, request.minPosition)
      .then(
        (snapshot) => this.decideNow(snapshot, accounts, request),
        (error: unknown) => this.decideWithout(error, accounts, request),
      )
      .catch((error: unknown) => {
        this.counts.failed += 1;
        throw error;
      });
    this.counts[decision.allowed ? 'allowed' : 'refused'] += 1;
    return this.keeper.keep(decision, request, caller);
  }

  private decideWithout(
    failure: unknown,
    accounts: ReadonlyMap<string, Account>,
    request: CheckRequest,
  ): Decision {
    if (!(failure instanceof PostgresGone)) throw failure;
    const decision = decideOnLastKnown(this.outage.lastKnown, accounts, request, this.policy);
    // A process that has not caught up since its start knows nothing that it could go by.
    if (decision === undefined) throw failure;
    this.outage.countDegraded('postgres_gone');
    return decision;
  }

  private decideNow(
    snapshot: Snapshot,
    accounts: ReadonlyMap<string, Account>,
    call: DecidedCall,
  ): Decision {
    const { asOf, lagMs } = this.freshnessOf(snapshot);
    const degraded = lagMs > this.policy.maxLagMs;
    if (degraded) this.outage.countDegraded('behind');
    const states: BudgetState[] = [];
    for (const [name, account] of accounts) {
      const ofAccount = snapshot.statesOf(account, name);
      this.outage.lastKnown.remember(snapshot, name, ofAccount);
      states.push(...ofAccount);
    }
    states.push(...missingLabels(snapshot.required, call.labels));
    const { now: decidedAt, positionText: position } = snapshot;
    return decideOn(
      { states, decidedAt, position, asOf: asOf ?? 0n, lagMs, degraded },
      call,
      this.policy,
    );
  }

  /** Hundreds of checks share a snapshot, and come one after the other. */
  private freshnessOf(snapshot: Snapshot): Freshness {
    if (this.latest?.snapshot !== snapshot) {
      this.latest = { snapshot, freshness: freshnessOf(snapshot, this.policy.partitions) };
    }
    return this.latest.freshness;
  }
}
