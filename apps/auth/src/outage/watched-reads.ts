import type { Snapshot } from '#libs/balances';
import { isDependencyFailure } from '#libs/runtime';
import type { Breaker } from './breaker';
import { PostgresGone } from './postgres-gone';

export interface WatchedReadsOptions<T> {
  readonly read: (question: T) => Promise<Snapshot>;
  /** How long an answer is waited for. */
  readonly waitMs: number;
  readonly breaker: Breaker;
  /** `isLate`: nobody waits for it any more. */
  readonly onRead: (snapshot: Snapshot, question: T, isLate: boolean) => void;
}

/** Reads that tell the breaker how Postgres is, and end in time whatever it does. */
export class WatchedReads<T> {
  constructor(private readonly options: WatchedReadsOptions<T>) {}

  /** @throws PostgresGone */
  read(question: T): Promise<Snapshot> {
    const { breaker, waitMs } = this.options;
    return new Promise((resolve, reject) => {
      let isLate = false;
      const giveUp = (): void => {
        if (timer === undefined) return;
        isLate = true;
        const cause = new Error(`no answer from Postgres within ${waitMs} ms`);
        breaker.failed(cause);
        reject(new PostgresGone(cause));
      };
      // An answer that came while this process itself stood still lies ready, and is taken in before the immediate.
      let timer: NodeJS.Timeout | undefined = setTimeout(() => setImmediate(giveUp), waitMs);
      const settle = (): void => {
        clearTimeout(timer);
        timer = undefined;
      };
      this.readTwice(question, () => isLate).then(
        (snapshot) => {
          settle();
          breaker.succeeded();
          this.options.onRead(snapshot, question, isLate);
          resolve(snapshot);
        },
        (error: unknown) => {
          settle();
          // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- whatever it was
          if (!isDependencyFailure(error)) return reject(error);
          // That it is gone was said when it was late; by now it may be back.
          if (!isLate) breaker.failed(error);
          reject(new PostgresGone(error));
        },
      );
    });
  }

  /** A connection may have broken while it lay idle; that says nothing about Postgres. */
  private async readTwice(question: T, isLate: () => boolean): Promise<Snapshot> {
    const { read, breaker } = this.options;
    try {
      return await read(question);
    } catch (error) {
      if (breaker.isOpen || isLate() || !isDependencyFailure(error)) throw error;
      return read(question);
    }
  }
}
