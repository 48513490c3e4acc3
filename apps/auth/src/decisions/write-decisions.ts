import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '#libs/postgres';
import type { KeptDecision } from './answered-decision';
import type { DecisionQueue } from './decision-queue';
import { hasCommitted, insertDecisions } from './decision-rows';

export interface WriterOptions {
  /** How long decisions gather before they are written. */
  readonly flushMs: number;
  /** Most decisions in one statement. */
  readonly maxBatch: number;
  /** The pause after a failure, and the longest one after many: each is twice the one before. */
  readonly retryMs: number;
  readonly maxRetryMs: number;
  /** How long the last decisions may take on shutdown, and one that is asked for: a commit may hang. */
  readonly stopWaitMs: number;
  readonly onError: (error: unknown) => void;
}

/** Writes queued decisions behind the backs of those who answer, one batch after another. */
export class DecisionWriter {
  private readonly stopped = new AbortController();
  private running: Promise<void> = Promise.resolve();
  private lastRound: Promise<unknown> = Promise.resolve();
  private failures = 0;
  /** The transaction of the batch under way, if it may have committed although its answer was lost. */
  private unsettled: string | undefined;

  constructor(
    private readonly database: Database,
    private readonly queue: DecisionQueue,
    private readonly options: WriterOptions,
  ) {}

  start(): void {
    this.running = this.run();
  }

  /** Ends when what is queued is written, Postgres does not take it, or the time is up. @returns how many are lost */
  async stop(): Promise<number> {
    this.stopped.abort();
    const timeUp = new AbortController();
    await Promise.race([
      this.finish(),
      sleep(this.options.stopWaitMs, undefined, { signal: timeUp.signal }).catch(() => undefined),
    ]);
    timeUp.abort();
    return this.queue.length;
  }

  /**
   * Writes the decision of an id before its time, if it is queued.
   * @returns the decision, if it is not known to be written
   */
  async hurry(decisionId: string): Promise<KeptDecision | undefined> {
    if (!this.queue.find(decisionId)) return undefined;
    const written = this.inTurn(async () => {
      // While Postgres takes nothing nobody waits for it; the next batch will tell.
      return this.failures === 0 && (await this.write(1, decisionId));
    });
    const timeUp = new AbortController();
    const isWritten = await Promise.race([
      written,
      sleep(this.options.stopWaitMs, false, { signal: timeUp.signal }).catch(() => false),
    ]);
    timeUp.abort();
    return isWritten ? undefined : this.queue.find(decisionId);
  }

  private async run(): Promise<void> {
    const { flushMs, maxBatch, retryMs, maxRetryMs } = this.options;
    const { signal } = this.stopped;
    while (!signal.aborted) {
      const pauseMs =
        this.failures === 0 ? flushMs : Math.min(retryMs * 2 ** (this.failures - 1), maxRetryMs);
      await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
      while (!signal.aborted && (await this.round()) && this.queue.waitingLength >= maxBatch);
    }
  }

  private async finish(): Promise<void> {
    await this.running;
    while ((await this.round()) && this.queue.length > 0);
  }

  private round(): Promise<boolean> {
    return this.inTurn(() => this.write(this.options.maxBatch));
  }

  /** One batch is under way at a time. */
  private inTurn<T>(write: () => Promise<T>): Promise<T> {
    const round = this.lastRound.then(write);
    this.lastRound = round.catch(() => undefined);
    return round;
  }

  /** @returns false: Postgres does not take it */
  private async write(most: number, decisionId?: string): Promise<boolean> {
    try {
      await this.settle();
      const batch = this.queue.take(most, decisionId);
      if (batch.length === 0) return true;
      await insertDecisions(this.database, batch, (transaction) => {
        this.unsettled = transaction;
      });
      this.over(true);
      return true;
    } catch (error) {
      if (this.unsettled === undefined) this.queue.putBack();
      this.failures += 1;
      this.options.onError(error);
      return false;
    }
  }

  /** Written again, a batch that is on record would be counted twice: Postgres is asked what became of it. */
  private async settle(): Promise<void> {
    if (this.unsettled === undefined) return;
    this.over(await hasCommitted(this.database, this.unsettled));
  }

  /** What is under way is on record, or is not. */
  private over(isWritten: boolean): void {
    if (isWritten) this.queue.written();
    else this.queue.putBack();
    this.unsettled = undefined;
    this.failures = 0;
  }
}
