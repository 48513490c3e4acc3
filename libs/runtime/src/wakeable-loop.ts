import { rest } from './long-rest';

export interface LoopOptions {
  readonly round: (stopped: AbortSignal) => Promise<unknown>;
  /** How long it rests after each round, woken or not. */
  readonly pauseMs: number;
  /** How long it then waits to be woken. */
  readonly pollMs: number;
  /** How long it waits after a failure. */
  readonly retryMs: number;
  readonly onError: (error: unknown) => void;
}

/** Does the same again and again beside everything else: when it is woken, and from time to time. */
export class WakeableLoop {
  private readonly stopped = new AbortController();
  private running: Promise<void> = Promise.resolve();
  private wakeUp = new AbortController();

  constructor(private readonly options: LoopOptions) {}

  start(): void {
    this.running = this.run();
  }

  wake(): void {
    this.wakeUp.abort();
  }

  /** Resolves after the round under way. */
  async stop(): Promise<void> {
    this.stopped.abort();
    this.wake();
    await this.running;
  }

  private async run(): Promise<void> {
    const { round, pauseMs, pollMs, retryMs, onError } = this.options;
    const { signal: stopped } = this.stopped;
    while (!stopped.aborted) {
      // Before the round: what wakes it from now on may have come too late for it.
      this.wakeUp = new AbortController();
      try {
        await round(stopped);
      } catch (error) {
        onError(error);
        await rest(retryMs, stopped);
        continue;
      }
      if (pauseMs > 0) await rest(pauseMs, stopped);
      if (!stopped.aborted) await rest(pollMs, this.wakeUp.signal);
    }
  }
}
