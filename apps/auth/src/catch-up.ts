import type { Snapshot } from '#libs/balances';
import type { Instant } from '#libs/ledger';
import { Problem } from '#libs/runtime';

/**
 * Whether the projection has caught up with the log since this process started. Until then nobody is answered: a new
 * server over an old log knows of no spend and no budget yet, and would admit everybody.
 */
export class CatchUp {
  private reached = false;
  private startedAt: Instant | undefined;

  /** Whether every partition has had, at some instant since the first question, all that the log held. */
  isReached({ now, fences }: Snapshot): boolean {
    if (this.reached) return true;
    const startedAt = (this.startedAt ??= now);
    this.reached = [...fences.values()].every(
      ({ caughtUpAt }) => caughtUpAt !== undefined && caughtUpAt >= startedAt,
    );
    return this.reached;
  }

  /** @throws Problem `unavailable` */
  check(snapshot: Snapshot): void {
    if (this.isReached(snapshot)) return;
    throw new Problem('unavailable', 'The ledger is still catching up with its log.', {
      retryAfterSeconds: 1,
    });
  }
}
