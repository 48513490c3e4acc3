import { freshnessOf, type Snapshot } from '#libs/balances';
import {
  accountsOf,
  decide,
  formatAccount,
  type Account,
  type BudgetState,
  type Instant,
  type Judgement,
  type Position,
  type Scope,
} from '#libs/ledger';
import type { SnapshotReader } from './snapshot-reader';

export interface CheckRequest {
  readonly scope: Scope;
  /** `undefined`: the cost is unknown; zero: the call is free. */
  readonly estimatePico: bigint | undefined;
  readonly minPosition: Position | undefined;
}

/** An answer to a check, with what it rests on. */
export interface Decision extends Judgement {
  readonly decidedAt: Instant;
  readonly position: string;
  /** Up to when the numbers are complete. */
  readonly asOf: Instant;
  readonly lagMs: number;
  /** The ledger lags by more than it may, so each budget's `outage` had a say. */
  readonly degraded: boolean;
}

export interface CheckPolicy {
  readonly partitions: number;
  readonly unbudgeted: 'allow' | 'deny';
  readonly maxLagMs: number;
}

/** Answers budget checks out of the projection: every budget of every account the scope touches. */
export class BudgetChecker {
  constructor(
    private readonly snapshots: SnapshotReader,
    private readonly policy: CheckPolicy,
  ) {}

  /** @throws Problem, as SnapshotReader.read does */
  async check({ scope, estimatePico, minPosition }: CheckRequest): Promise<Decision> {
    const accounts = new Map<string, Account>();
    for (const account of accountsOf(scope)) accounts.set(formatAccount(account), account);
    const snapshot = await this.snapshots.read(accounts, minPosition);
    return this.decideOn(snapshot, accounts, estimatePico);
  }

  private decideOn(
    snapshot: Snapshot,
    accounts: ReadonlyMap<string, Account>,
    estimatePico: bigint | undefined,
  ): Decision {
    const { partitions, unbudgeted, maxLagMs } = this.policy;
    const { asOf, lagMs } = freshnessOf(snapshot, accounts.values(), partitions);
    const degraded = lagMs > maxLagMs;
    const states: BudgetState[] = [];
    for (const [name, account] of accounts) states.push(...snapshot.statesOf(account, name));
    return {
      ...decide(states, { estimatePico, behind: degraded, unbudgeted }),
      decidedAt: snapshot.now,
      position: snapshot.positionText,
      asOf: asOf ?? 0n,
      lagMs,
      degraded,
    };
  }
}
