import { setTimeout as sleep } from 'node:timers/promises';
import { isDependencyFailure, isRetryable, Problem } from '#libs/runtime';

export interface BacklogOptions {
  /** Most jobs at once: those under way, and those that are tried again. */
  readonly most: number;
  /** How long it waits after a failure, at first and at most; each failure doubles it. */
  readonly firstRetryMs: number;
  readonly mostRetryMs: number;
  /** Told of the first failure of a row of them. */
  readonly onFailure: (error: unknown) => void;
}

/**
 * What must be done and cannot be now is done again until it is. It is kept in memory alone, within a limit: who has
 * more waits until there is room, or does without.
 */
export class Backlog {
  private jobs = 0;
  private retryMs = 0;
  private rest: Promise<void> | undefined;
  private readonly roomless: (() => void)[] = [];
  private readonly stopping = new AbortController();

  constructor(private readonly options: BacklogOptions) {}

  get size(): number {
    return this.jobs;
  }

  get isFull(): boolean {
    return this.jobs >= this.options.most;
  }

  /** Resolves when there is room, or the process stops. */
  async room(): Promise<void> {
    while (this.isFull && !this.stopping.signal.aborted) {
      await new Promise<void>((resolve) => this.roomless.push(resolve));
    }
  }

  /**
   * Does a job, again as long as something that the ledger needs is away.
   * @throws what it failed of otherwise; Stopped when the process stops before it is done
   */
  async run<T>(job: () => Promise<T>): Promise<T> {
    this.jobs += 1;
    try {
      for (;;) {
        await this.rest;
        if (this.stopping.signal.aborted) throw new Stopped();
        try {
          const done = await job();
          this.retryMs = 0;
          return done;
        } catch (error) {
          if (!isPassing(error)) throw error;
          this.failed(error);
        }
      }
    } finally {
      this.jobs -= 1;
      this.roomless.shift()?.();
    }
  }

  /** Gives what is under way so much time. @returns how many jobs are left undone */
  async stop(withinMs: number): Promise<number> {
    const until = performance.now() + withinMs;
    while (this.jobs > 0 && performance.now() < until) await sleep(STOP_POLL_MS);
    this.stopping.abort();
    for (const wake of this.roomless.splice(0)) wake();
    return this.jobs;
  }

  /** All that failed rest together, so that what is back is not run over. */
  private failed(error: unknown): void {
    if (this.rest !== undefined) return;
    const { firstRetryMs, mostRetryMs, onFailure } = this.options;
    if (this.retryMs === 0) onFailure(error);
    this.retryMs = Math.min(Math.max(2 * this.retryMs, firstRetryMs), mostRetryMs);
    const { signal } = this.stopping;
    this.rest = sleep(this.retryMs, undefined, { signal })
      .catch(() => undefined)
      .then(() => {
        this.rest = undefined;
      });
  }
}

/** The process stops; what was to be done is not. */
export class Stopped extends Error {
  override readonly name = 'Stopped';
}

const STOP_POLL_MS = 20;

function isPassing(error: unknown): boolean {
  return error instanceof Problem ? isRetryable(error.code) : isDependencyFailure(error);
}
