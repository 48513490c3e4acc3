import { budgetsEndedSince } from '#libs/balances';
import type { Instant } from '#libs/ledger';
import { WakeableLoop } from '#libs/runtime';
import { keepWarnings } from './keep-warnings';
import { pagesToTest, type TestSource } from './pages-to-test';
import type { TouchedAccounts } from './touched-accounts';

export interface TestLimits {
  /** Most accounts and budgets that wait for their test; more, and whole partitions are tested. */
  readonly maxTouched: number;
  /** Most accounts that are read at once. */
  readonly maxBatch: number;
  /** How long it rests between two tests. */
  readonly pauseMs: number;
  /** How often it looks whether a budget's setting has ended. */
  readonly pollMs: number;
  /** How long it waits after a failure. */
  readonly retryMs: number;
}

export interface TesterEvents {
  readonly onKept: (warnings: number) => void;
  readonly onError: (error: unknown) => void;
}

/**
 * Tests what commits have touched, each time in a new snapshot and beside the projecting, which never waits for it.
 * What it has not tested when the process dies is tested by the projector that gets the partition next.
 */
export class WarningTester {
  private readonly loop: WakeableLoop;
  private lookedAt: Instant | undefined;

  constructor(
    private readonly source: TestSource,
    private readonly touched: TouchedAccounts,
    private readonly limits: TestLimits,
    private readonly events: TesterEvents,
  ) {
    const round = (stopped: AbortSignal) => this.testTouched(stopped);
    this.loop = new WakeableLoop({ ...limits, round, onError: events.onError });
    touched.onNoted = () => this.loop.wake();
  }

  start(): void {
    this.loop.start();
  }

  stop(): Promise<void> {
    return this.loop.stop();
  }

  /** Tests once what was touched up to now. */
  async testTouched(stopped?: AbortSignal): Promise<void> {
    await this.noteEnded();
    const touched = this.touched.take();
    try {
      for await (const page of pagesToTest(this.source, touched, this.limits.maxBatch)) {
        if (stopped?.aborted) return;
        const kept = await keepWarnings(this.source, page);
        if (kept > 0) this.events.onKept(kept);
      }
    } catch (error) {
      this.touched.putBack(touched);
      throw error;
    }
  }

  /** When a setting ends by its `validUntil`, the former one is in force, and nothing else says so. */
  private async noteEnded(): Promise<void> {
    const { now, budgets } = await budgetsEndedSince(this.source.database, this.lookedAt);
    for (const [partition, budgetId] of budgets) this.touched.noteBudget(partition, budgetId);
    this.lookedAt = now;
  }
}
