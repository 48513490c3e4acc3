import { setTimeout as sleep } from 'node:timers/promises';
import { leaveMarks, readBalanceAsOf, type AsOfQuestion, type Balance } from '#libs/balances';
import {
  formatInstant,
  parsed,
  refused,
  type Account,
  type Instant,
  type Parsed,
} from '#libs/ledger';
import type { Database } from '#libs/postgres';
import { Problem } from '#libs/runtime';

export interface AsOfLimits {
  /** Most questions that are read at once; they do not keep checks waiting. */
  readonly concurrency: number;
  /** How long one reading may take, and how long a question waits for its turn. */
  readonly timeoutMs: number;
  /** How long a question waits until what was known at its `knownAt` can change no more; then it is refused. */
  readonly waitMs: number;
}

export interface AsOfSource {
  /** With connections of its own. */
  readonly forQuestions: Database;
  readonly database: Database;
  readonly partitions: number;
  /** Something lies in the outbox. */
  readonly onOutbox: () => void;
  readonly waitMs: number;
}

const POLL_MS = 25;

/** Balances as they were. What was known at a time is told only when nothing more can become known before it. */
export class AsOfReader {
  constructor(private readonly source: AsOfSource) {}

  /** A `knownAt` in the future is refused. @throws Problem `not_yet_visible` */
  async read(account: Account, question: AsOfQuestion): Promise<Parsed<Balance>> {
    const { forQuestions, partitions, waitMs } = this.source;
    const deadline = performance.now() + waitMs;
    for (;;) {
      const reading = await readBalanceAsOf(forQuestions, account, partitions, question);
      if (reading.outcome === 'read') return parsed(reading.balance);
      if (reading.outcome === 'in_the_future') return inTheFuture(reading.now);
      if (performance.now() >= deadline) throw notYetVisible();
      await this.mark(reading.partitions, question.knownAt!);
      await sleep(POLL_MS);
    }
  }

  private async mark(partitions: readonly number[], knownAt: Instant): Promise<void> {
    const { database, onOutbox } = this.source;
    if ((await leaveMarks(database, partitions, knownAt)) > 0) onOutbox();
  }
}

function inTheFuture(now: Instant): Parsed<never> {
  const clock = `the ledger's clock, which says ${formatInstant(now)}`;
  return refused('knownAt', 'not_ahead', `must not be ahead of ${clock}`);
}

function notYetVisible(): Problem {
  const detail = 'The ledger does not have all yet that was recorded up to this time.';
  return new Problem('not_yet_visible', detail, { retryAfterSeconds: 1 });
}
