import { WakeableLoop } from './wakeable-loop';

export interface SweeperOptions {
  /** Each deletes a batch of what is too old, and says how much that was. */
  readonly deletions: readonly (() => Promise<number>)[];
  /** Most that one of them deletes at once. */
  readonly maxBatch: number;
  /** How often it looks. */
  readonly sweepMs: number;
  readonly onError: (error: unknown) => void;
}

/** Deletes what is too old for as long as the process lives. */
export class Sweeper {
  private readonly loop: WakeableLoop;

  constructor(private readonly options: SweeperOptions) {
    const { sweepMs, onError } = options;
    this.loop = new WakeableLoop({
      round: (stopped) => this.sweep(stopped),
      pauseMs: 0,
      pollMs: sweepMs,
      retryMs: sweepMs,
      onError,
    });
  }

  start(): void {
    this.loop.start();
  }

  stop(): Promise<void> {
    return this.loop.stop();
  }

  /** All of it, a batch at a time. */
  async sweep(stopped?: AbortSignal): Promise<void> {
    const { deletions, maxBatch } = this.options;
    for (const deleteSome of deletions) {
      let deleted = maxBatch;
      while (deleted === maxBatch && stopped?.aborted !== true) deleted = await deleteSome();
    }
  }
}
