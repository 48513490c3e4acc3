import { freshnessOf, missingLabels, type Snapshot } from '#libs/balances';
import { accountsOf } from '#libs/ledger';
import type { HoldBook } from '#libs/holds';
import { decideOn, type CheckPolicy, type Decision, type DecisionQuestion } from '../decision';

/** What a flush knows of the ledger while its accounts are locked, its own grants included. */
export class FlushView {
  constructor(
    readonly book: HoldBook,
    private readonly snapshot: Snapshot,
    private readonly policy: CheckPolicy,
    private readonly isCaughtUp: boolean,
    private readonly isLogElsewhere: boolean,
  ) {}

  /**
   * Whether an event may be claimed. A database that is older than a log elsewhere lacks claims until it has caught up,
   * and one of them may be of this very event.
   */
  get mayClaim(): boolean {
    return this.isCaughtUp || !this.isLogElsewhere;
  }

  /** @returns `undefined`: the projection lags by more than it may, so spends or limits in force are not known well enough */
  decide(question: DecisionQuestion): Decision | undefined {
    const { partitions, maxLagMs } = this.policy;
    const { asOf, lagMs } = freshnessOf(this.snapshot, partitions);
    if (!this.isCaughtUp || asOf === undefined || lagMs > maxLagMs) return undefined;
    const { scope, labels } = question;
    const states = [
      ...accountsOf(scope, labels).flatMap((account) => this.snapshot.statesOf(account)),
      ...missingLabels(this.snapshot.required, labels),
    ];
    const { positionText: position } = this.snapshot;
    return decideOn(
      { states, decidedAt: this.book.now, position, asOf, lagMs, degraded: false },
      question,
      this.policy,
    );
  }
}
