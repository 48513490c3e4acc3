import { Problem } from './problem';

export interface BatcherOptions<T, R> {
  /** The most weight in one flush; an item that alone is heavier goes alone. */
  readonly maxBatch: number;
  /** The most weight that waits; more is refused at once. */
  readonly maxQueue: number;
  /** Answers in the order of the items, one each. */
  readonly flush: (items: readonly T[]) => Promise<readonly R[]>;
  /** Flushes under way at the same time. */
  readonly concurrency?: number;
  /** 1 for each item by default. */
  readonly weigh?: (item: T) => number;
  /** How long an answer may take; without it, as long as its flush. */
  readonly answer?: AnswerLimit;
}

export interface AnswerLimit {
  readonly withinMs: number;
  /** The answer to an item that has waited longer. Its flush may still be under way; its end changes nothing. */
  readonly late: () => Error;
}

/** So many times in the longest wait it looks for those who have waited longer. */
const LOOKS = 10;

/**
 * Gathers what arrives while a flush is under way and lets it go together in the next. Nothing
 * waits on a clock: an idle batcher flushes its first item, and all that come in the same turn of
 * the event loop, at the end of that turn.
 */
export class Batcher<T, R> {
  private waiting: Waiting<T, R>[] = [];
  private waitingWeight = 0;
  private underWay = 0;
  private isScheduled = false;
  private readonly concurrency: number;
  private idle: (() => void)[] = [];
  private readonly flights = new Set<readonly Waiting<T, R>[]>();
  private looking: NodeJS.Timeout | undefined;

  constructor(private readonly options: BatcherOptions<T, R>) {
    this.concurrency = options.concurrency ?? 1;
  }

  /** Rejects with `overloaded` when the queue is full, when the answer is late, or with what the flush failed of. */
  submit(item: T): Promise<R> {
    const weight = this.options.weigh === undefined ? 1 : this.options.weigh(item);
    // A lone item is never refused, however heavy: it would be refused for ever.
    if (this.waiting.length > 0 && this.waitingWeight + weight > this.options.maxQueue) {
      return Promise.reject(overloaded());
    }
    return new Promise((resolve, reject) => {
      const { answer } = this.options;
      const lateAtMs = answer === undefined ? Infinity : performance.now() + answer.withinMs;
      this.waiting.push({ item, weight, lateAtMs, resolve, reject });
      this.waitingWeight += weight;
      if (answer !== undefined) this.looking ??= this.lookSoon(answer);
      if (!this.isScheduled && this.underWay < this.concurrency) this.schedule();
    });
  }

  /** Fails the waiting items now, with the error they would get after waiting. */
  failWaiting(error: unknown): void {
    const waiting = this.waiting;
    this.waiting = [];
    this.waitingWeight = 0;
    for (const { reject } of waiting) reject(error);
    if (this.underWay === 0) this.tellIdle();
  }

  /** Items that wait, by weight. */
  get queued(): number {
    return this.waitingWeight;
  }

  /** Resolves when nothing waits and nothing is under way. */
  drain(): Promise<void> {
    if (this.waiting.length === 0 && this.underWay === 0) return Promise.resolve();
    return new Promise((resolve) => this.idle.push(resolve));
  }

  private schedule(): void {
    this.isScheduled = true;
    setImmediate(this.start);
  }

  private readonly start = (): void => {
    this.isScheduled = false;
    while (this.waiting.length > 0 && this.underWay < this.concurrency) {
      this.underWay += 1;
      void this.run(this.take());
    }
  };

  private take(): Waiting<T, R>[] {
    const { maxBatch } = this.options;
    if (this.waitingWeight <= maxBatch) {
      const all = this.waiting;
      this.waiting = [];
      this.waitingWeight = 0;
      return all;
    }
    let count = 1;
    let weight = this.waiting[0]!.weight;
    while (count < this.waiting.length && weight + this.waiting[count]!.weight <= maxBatch) {
      weight += this.waiting[count]!.weight;
      count += 1;
    }
    this.waitingWeight -= weight;
    return this.waiting.splice(0, count);
  }

  private async run(batch: readonly Waiting<T, R>[]): Promise<void> {
    this.flights.add(batch);
    try {
      const results = await this.options.flush(batch.map(({ item }) => item));
      if (results.length !== batch.length) {
        throw new Error(`A flush of ${batch.length} items gave ${results.length} results.`);
      }
      for (let i = 0; i < batch.length; i += 1) batch[i]!.resolve(results[i] as R);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
    this.flights.delete(batch);
    this.underWay -= 1;
    this.start();
    if (this.underWay === 0 && this.waiting.length === 0) this.tellIdle();
  }

  private lookSoon(answer: AnswerLimit): NodeJS.Timeout {
    return setTimeout(() => {
      this.refuseLate(answer);
      const isIdle = this.underWay === 0 && this.waiting.length === 0;
      this.looking = isIdle ? undefined : this.lookSoon(answer);
    }, answer.withinMs / LOOKS).unref();
  }

  /** Late items of a flush are refused, and it goes on; late items that still wait are never flushed. */
  private refuseLate({ late }: AnswerLimit): void {
    const nowMs = performance.now();
    const isLate = ({ lateAtMs }: Waiting<T, R>): boolean => lateAtMs <= nowMs;
    const first = this.waiting.findIndex((each) => !isLate(each));
    const given = this.waiting.splice(0, first < 0 ? this.waiting.length : first);
    for (const { weight, reject } of given) {
      this.waitingWeight -= weight;
      reject(late());
    }
    for (const flight of this.flights) {
      for (const each of flight) {
        if (!isLate(each)) continue;
        each.lateAtMs = Infinity;
        each.reject(late());
      }
    }
  }

  private tellIdle(): void {
    const told = this.idle;
    this.idle = [];
    for (const tell of told) tell();
  }
}

interface Waiting<T, R> {
  readonly item: T;
  readonly weight: number;
  lateAtMs: number;
  readonly resolve: (result: R) => void;
  readonly reject: (error: unknown) => void;
}

const overloaded = (): Problem =>
  new Problem('overloaded', 'Too many requests wait already. Send it again later.', {
    retryAfterSeconds: 1,
  });
