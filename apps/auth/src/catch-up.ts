import type { Snapshot } from '#libs/balances';
import type { Instant, Position } from '#libs/ledger';
import { Problem } from '#libs/runtime';

/**
 * Whether the projection has caught up with the log since this process started. Until then nobody is answered: a new
 * server over an old log knows of no spend and no budget yet, and would admit everybody.
 */
export class CatchUp {
  /** How far the projection was when it had caught up. */
  private reached: Position | undefined;
  private startedAt: Instant | undefined;

  /** Whether a question was ever answered. */
  get hasBeenReached(): boolean {
    return this.reached !== undefined;
  }

  /**
   * Whether every partition has had, at some instant since the first question, all that the log held. Each snapshot is
   * asked for itself: several are read at once, and one of before may come in after one that has caught up.
   */
  isReached(snapshot: Snapshot): boolean {
    if (this.reached && snapshot.includes(this.reached)) return true;
    const startedAt = (this.startedAt ??= snapshot.now);
    const isCaughtUp = [...snapshot.fences.values()].every(
      ({ caughtUpAt }) => caughtUpAt !== undefined && caughtUpAt >= startedAt,
    );
    if (isCaughtUp) this.reached ??= snapshot.position;
    return isCaughtUp;
  }

  /** @throws Problem `unavailable` */
  check(snapshot: Snapshot): void {
    if (this.isReached(snapshot)) return;
    throw new Problem('unavailable', 'The ledger is still catching up with its log.', {
      retryAfterSeconds: 1,
    });
  }
}
