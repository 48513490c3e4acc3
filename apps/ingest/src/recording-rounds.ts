import {
  Batcher,
  dependencyRefusal,
  Problem,
  type BatcherOptions,
  type CheckResult,
} from '#libs/runtime';

export interface RecordLimits {
  /** Most spends (or KiB) that one claim and one append carry. */
  readonly maxBatch: number;
  /** Most that wait; more are refused as overloaded. */
  readonly maxQueue: number;
  /** How long an answer may take; then nobody knows whether it is recorded. */
  readonly recordWaitMs: number;
}

type RoundOptions<T, R> = Pick<BatcherOptions<T, R>, 'flush' | 'concurrency' | 'weigh'> & {
  readonly maxBatch?: number;
};

/**
 * Recording goes in rounds, of spends, of corrections and of budgets. Whoever waits for one is answered in time, also
 * where Postgres or the log hangs; and how the last ones ended says whether anything can be recorded.
 */
export class RecordingRounds {
  private refused: { readonly reason: string; readonly atMs: number } | undefined;

  constructor(
    private readonly limits: RecordLimits,
    private readonly monotonicMs: () => number = () => performance.now(),
  ) {}

  batcher<T, R>(options: RoundOptions<T, R>): Batcher<T, R> {
    const { recordWaitMs: withinMs, maxBatch, maxQueue } = this.limits;
    return new Batcher({
      ...{ maxBatch, maxQueue, ...options },
      flush: (items) => this.watch(() => options.flush(items)),
      answer: { withinMs, late: () => this.late() },
    });
  }

  /** For as long as an answer may take after a refusal: then whoever asks finds out anew. */
  health(): CheckResult {
    const { refused, limits } = this;
    if (refused === undefined || this.monotonicMs() > refused.atMs + limits.recordWaitMs) {
      return { ready: true };
    }
    return { ready: false, detail: `the last that was to be recorded was not: ${refused.reason}` };
  }

  private async watch<R>(round: () => Promise<R>): Promise<R> {
    try {
      const result = await round();
      this.refused = undefined;
      return result;
    } catch (error) {
      const refusal = dependencyRefusal(error);
      if (refusal) this.note(refusal.reason);
      throw error;
    }
  }

  private late(): Problem {
    const reason = `nothing answered within ${this.limits.recordWaitMs} ms`;
    this.note(reason);
    return new Problem(
      'unavailable',
      `Whether it is recorded is not known: ${reason}. Send the same again, with the same id and content.`,
      { retryAfterSeconds: 1 },
    );
  }

  private note(reason: string): void {
    this.refused = { reason, atMs: this.monotonicMs() };
  }
}
