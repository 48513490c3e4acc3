import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import type { DueSums } from '#libs/balances';
import { countOut, countOutPools, type HeldAccount } from '#libs/holds';
import type { Database } from '#libs/postgres';
import { WakeableLoop } from '#libs/runtime';

export interface ExpiryCounterOptions {
  /** From how many sums on an account is worth a flush of its own. */
  readonly leastDueSums: number;
  /** Most accounts that wait, and most that one flush counts out. */
  readonly maxQueue: number;
  readonly maxBatch: number;
  readonly retryMs: number;
  readonly onError: (error: unknown) => void;
}

/**
 * Keeps answers cheap on accounts that had many holds and then none: what has expired on them is added up by each
 * reader until a flush counts it out, and nobody asks for one. Every answer is the same with and without it.
 */
export class ExpiryCounter implements OnApplicationBootstrap, OnApplicationShutdown {
  /** By account; a label or the ledger is in no partition. */
  private readonly waiting = new Map<string, number | null>();
  private readonly loop: WakeableLoop;

  constructor(
    private readonly database: Database,
    private readonly options: ExpiryCounterOptions,
  ) {
    const { retryMs, onError } = options;
    this.loop = new WakeableLoop({
      round: (stopped) => this.countAll(stopped),
      pauseMs: 0,
      pollMs: MOST_REST_MS,
      retryMs,
      onError,
    });
  }

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  onApplicationShutdown(): Promise<void> {
    return this.loop.stop();
  }

  /** What a reader has met. */
  notice(due: readonly DueSums[]): void {
    const { leastDueSums, maxQueue } = this.options;
    for (const { partition, account, sums } of due) {
      if (sums < leastDueSums || this.waiting.size >= maxQueue) continue;
      this.waiting.set(account, partition);
      this.loop.wake();
    }
  }

  private async countAll(stopped: AbortSignal): Promise<void> {
    while (!stopped.aborted && this.waiting.size > 0) {
      const batch = [...this.waiting].slice(0, this.options.maxBatch);
      for (const [account] of batch) this.waiting.delete(account);
      const held = batch.flatMap(([account, partition]): HeldAccount[] =>
        partition === null ? [] : [{ partition, account }],
      );
      const pools = batch.flatMap(([account, partition]) => (partition === null ? account : []));
      if (held.length > 0) await countOut(this.database, held);
      if (pools.length > 0) await countOutPools(this.database, pools);
    }
  }
}

/** It is woken when there is something to do. */
const MOST_REST_MS = 60_000;
