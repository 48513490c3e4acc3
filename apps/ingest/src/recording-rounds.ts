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

interface Refused {
  readonly reason: string;
  readonly times: number;
  readonly atMs: number;
}

type RoundOptions<T, R> = Pick<BatcherOptions<T, R>, 'flush' | 'concurrency' | 'weigh'> & {
  readonly maxBatch?: number;
};

/**
 * Recording goes in rounds, of spends, of corrections and of budgets. A caller who waits is answered in time, also
 * where Postgres or the log hangs; and how the last ones ended says whether anything can be recorded.
 */
export class RecordingRounds {
  private refused: Refused | undefined;
  private readonly batchers: { readonly queued: number }[] = [];

  constructor(
    private readonly limits: RecordLimits,
    private readonly monotonicMs: () => number = () => performance.now(),
  ) {}

  batcher<T, R>(options: RoundOptions<T, R>): Batcher<T, R> {
    const { recordWaitMs: withinMs, maxBatch, maxQueue } = this.limits;
    const batcher = new Batcher({
      maxBatch,
      maxQueue,
      ...options,
      flush: (items) => this.watch(() => options.flush(items)),
      answer: { withinMs, late: () => this.late() },
    });
    this.batchers.push(batcher);
    return batcher;
  }

  /** What waits in the fullest of its queues, each of which has `maxQueue` as its limit. */
  get queued(): number {
    return Math.max(0, ...this.batchers.map(({ queued }) => queued));
  }

  /**
   * Two in a row: one alone may have met a lock. For as long as an answer may take: the next question finds out anew.
   */
  health(): CheckResult {
    const { refused, limits } = this;
    const isOver = !refused || this.monotonicMs() > refused.atMs + limits.recordWaitMs;
    if (isOver || refused.times < 2) return { ready: true };
    return { ready: false, detail: `what was to be recorded last was not: ${refused.reason}` };
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
    const times = (this.refused?.times ?? 0) + 1;
    this.refused = { reason, times, atMs: this.monotonicMs() };
  }
}
