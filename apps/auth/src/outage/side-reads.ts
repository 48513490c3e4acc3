import { setTimeout as sleep } from 'node:timers/promises';
import { Batcher, isDependencyFailure, Problem } from '#libs/runtime';
import type { Breaker } from './breaker';

export interface SideReadOptions<T, R> {
  /** Answers in the order of the questions, one each. */
  readonly read: (questions: readonly T[]) => Promise<readonly R[]>;
  /** Most questions that one reading answers, and most that wait. */
  readonly maxBatch: number;
  readonly maxQueue: number;
  /** How long an answer is waited for. */
  readonly waitMs: number;
  readonly breaker: Pick<Breaker, 'isOpen'>;
}

/** Readings beside a decision. They wait no longer than it, and say nothing about whether Postgres is there. */
export class SideReads<T, R> {
  private readonly batcher: Batcher<T, R>;

  constructor(private readonly options: SideReadOptions<T, R>) {
    const { maxBatch, maxQueue, read } = options;
    this.batcher = new Batcher({ maxBatch, maxQueue, flush: read });
  }

  /** @returns `undefined`: Postgres does not answer, or not in time, or too many wait for it */
  async read(question: T): Promise<R | undefined> {
    const { breaker, waitMs } = this.options;
    if (breaker.isOpen) return undefined;
    const answered = new AbortController();
    const late = sleep(waitMs, undefined, { signal: answered.signal }).catch(() => undefined);
    try {
      return await Promise.race([this.batcher.submit(question), late]);
    } catch (error) {
      if (isDependencyFailure(error) || error instanceof Problem) return undefined;
      throw error;
    } finally {
      answered.abort();
    }
  }
}
