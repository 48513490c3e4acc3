import type { Balance } from '#libs/balances';
import { reachKnownAt, readBalanceAsOf, type AsOfQuestion, type AsOfReading } from '#libs/audit';
import {
  formatInstant,
  parsed,
  refused,
  type Account,
  type Instant,
  type Parsed,
} from '#libs/ledger';
import type { Database } from '#libs/postgres';
import { Problem, type BoundedReads } from '#libs/runtime';

export interface AsOfLimits {
  /** Most questions that are read at once; they do not keep checks waiting. */
  readonly concurrency: number;
  /** Most that wait for their turn; more are refused. */
  readonly maxQueue: number;
  /** How long one reading may take, and how long a question waits for its turn. */
  readonly timeoutMs: number;
  /** Most rounds in a minute in which this process leaves marks in the log. */
  readonly marksPerMinute: number;
  /** How long a question waits until what was known at its `knownAt` can change no more; then it is refused. */
  readonly waitMs: number;
}

export interface AsOfSource {
  /** With connections of their own. */
  readonly questions: BoundedReads<Database>;
  readonly database: Database;
  readonly partitions: number;
  /** Something lies in the outbox. */
  readonly onOutbox: () => void;
  readonly waitMs: number;
  /** The marks that make a question final; they stay in the log, so there is a limit. */
  readonly marks: {
    readonly mayLeave: () => boolean;
    readonly onLeft: () => void;
    readonly retryAfterSeconds: () => number;
  };
}

const POLL_MS = 25;

/** Balances as they were. What was known at a time is told only when nothing more can become known before it. */
export class AsOfReader {
  constructor(private readonly source: AsOfSource) {}

  /** A `knownAt` in the future is refused. @throws Problem `not_yet_visible` */
  async read(account: Account, question: AsOfQuestion): Promise<Parsed<Balance>> {
    const reading = await this.readOnce(account, question);
    if (reading.outcome !== 'not_reached') return answerOf(reading);
    const { database, onOutbox, waitMs, marks } = this.source;
    const onMarked = () => {
      marks.onLeft();
      onOutbox();
    };
    const behind = await reachKnownAt(database, question.knownAt!, {
      waitMs,
      pollMs: POLL_MS,
      behind: reading.partitions,
      onMarked,
      mayMark: marks.mayLeave,
    });
    if (behind.length > 0) throw notYetVisible(marks.retryAfterSeconds());
    return answerOf(await this.readOnce(account, question));
  }

  private readOnce(account: Account, question: AsOfQuestion): Promise<AsOfReading> {
    const { questions, partitions } = this.source;
    return questions.read((database) => readBalanceAsOf(database, account, partitions, question));
  }
}

function answerOf(reading: AsOfReading): Parsed<Balance> {
  switch (reading.outcome) {
    case 'read':
      return parsed(reading.balance);
    case 'in_the_future':
      return inTheFuture(reading.now);
    case 'not_reached':
      throw notYetVisible();
  }
}

function inTheFuture(now: Instant): Parsed<never> {
  const clock = `the ledger's clock, which says ${formatInstant(now)}`;
  return refused('knownAt', 'not_ahead', `must not be ahead of ${clock}`);
}

function notYetVisible(retryAfterSeconds = 1): Problem {
  const detail = 'The ledger does not have all yet that was recorded up to this time.';
  return new Problem('not_yet_visible', detail, { retryAfterSeconds });
}
