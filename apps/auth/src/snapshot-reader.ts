import { setTimeout as sleep } from 'node:timers/promises';
import { BudgetedTargets, readForDecision, type Snapshot } from '#libs/balances';
import type { Account, Position } from '#libs/ledger';
import type { Database } from '#libs/postgres';
import { Batcher, Problem } from '#libs/runtime';
import type { CatchUp } from './catch-up';
import type { ExpiryCounter } from './holds/expiry-counter';
import type { Outage, OutageLimits } from './outage/outage';
import { PostgresGone } from './outage/postgres-gone';
import { WatchedReads } from './outage/watched-reads';

export interface SnapshotLimits {
  /** Most questions that one statement answers. */
  readonly maxBatch: number;
  /** Most questions that wait; more are refused as overloaded. */
  readonly maxQueue: number;
  /** How long a question waits for what this process itself has recorded; then it is answered without. */
  readonly ownWritesWaitMs: number;
  /** How long a question waits for its `minPosition`; then it is refused. */
  readonly visibleWaitMs: number;
}

export interface SnapshotSource {
  readonly database: Database;
  readonly partitions: number;
  /** What this process itself has put on the log, if it also records; what it gives never changes afterwards. */
  readonly ownWrites: () => Position;
  readonly limits: SnapshotLimits & Pick<OutageLimits, 'checkWaitMs'>;
}

type Accounts = ReadonlyMap<string, Account>;

/** What is asked of the projection. */
interface Question {
  /** Whose budgets are asked, and the balances of those that have any. */
  readonly accounts: Accounts;
  /** Whose balances are asked in any case. */
  readonly balances: Accounts;
}

const POLL_MS = 5;
const NO_ACCOUNTS: Accounts = new Map();
const NOTHING: Question = { accounts: NO_ACCOUNTS, balances: NO_ACCOUNTS };

/** Reads the projection for many questions at once: what comes while a statement is under way goes into the next. */
export class SnapshotReader {
  private readonly batcher: Batcher<Question, Snapshot>;
  private readonly reads: WatchedReads<Question>;
  private latest: Snapshot | undefined;

  constructor(
    private readonly source: SnapshotSource,
    private readonly catchUp: CatchUp,
    private readonly outage: Pick<Outage, 'breaker' | 'lastKnown'>,
    private readonly expiries: Pick<ExpiryCounter, 'notice'>,
  ) {
    const { database, partitions, limits } = source;
    const { maxBatch, maxQueue } = limits;
    const forReads = database.forReads();
    const budgeted = new BudgetedTargets();
    this.reads = new WatchedReads({
      read: ({ accounts, balances }: Question) =>
        readForDecision(forReads, accounts, partitions, { budgeted, balances }),
      waitMs: limits.checkWaitMs,
      breaker: outage.breaker,
      onRead: (...read) => this.keep(...read),
    });
    this.batcher = new Batcher({
      maxBatch,
      maxQueue,
      concurrency: 2,
      flush: (questions) => this.readAll(questions),
    });
  }

  /**
   * What the projection says about these accounts now: with everything up to `minPosition`, and with what this process
   * has recorded itself, so that a caller who records and then checks at one door sees what it recorded.
   * @param balances those whose balances are read in any case; of the others only where a budget is on them
   * @throws PostgresGone; Problem `unavailable` before this process has caught up, `not_yet_visible`, `overloaded`
   */
  async read(
    accounts: Accounts,
    minPosition: Position | undefined,
    balances: Accounts = NO_ACCOUNTS,
  ): Promise<Snapshot> {
    const { ownWrites, limits } = this.source;
    const own = ownWrites();
    const question = { accounts, balances };
    let snapshot = await this.ask(question);
    this.catchUp.check(snapshot);
    if (!snapshot.includes(own)) {
      snapshot = await this.readAgain(question, own, limits.ownWritesWaitMs);
    }
    if (!minPosition || snapshot.includes(minPosition)) return snapshot;
    snapshot = await this.readAgain(question, minPosition, limits.visibleWaitMs);
    if (snapshot.includes(minPosition)) return snapshot;
    throw new Problem('not_yet_visible', 'The ledger has not yet come to this position.', {
      retryAfterSeconds: 1,
    });
  }

  /**
   * Waits until the projection has everything up to `minPosition` and what this process has recorded itself.
   * @throws Problem, as `read` does
   */
  async awaitVisible(minPosition: Position | undefined): Promise<void> {
    const own = this.source.ownWrites();
    const { latest } = this;
    if (latest?.includes(own) && (!minPosition || latest.includes(minPosition))) return;
    if (own.size === 0 && !minPosition) return;
    await this.read(NO_ACCOUNTS, minPosition);
  }

  /**
   * Likewise before a reading of its own, which is refused where `read` would be. Positions only grow, so it asks nothing
   * if what was read last has them.
   * @throws PostgresGone; Problem, as `read` does
   */
  async awaitReadable(minPosition: Position | undefined): Promise<void> {
    const isKnown = this.catchUp.hasBeenReached && !this.outage.breaker.isOpen;
    if (isKnown) await this.awaitVisible(minPosition);
    else await this.read(NO_ACCOUNTS, minPosition);
  }

  /**
   * Whether this process has seen the projection caught up.
   * @throws PostgresGone
   */
  async hasCaughtUp(): Promise<boolean> {
    return this.catchUp.isReached(await this.ask(NOTHING));
  }

  /** How many questions wait. */
  get queued(): number {
    return this.batcher.queued;
  }

  private ask(question: Question): Promise<Snapshot> {
    return this.outage.breaker.isOpen ? this.probe(question) : this.batcher.submit(question);
  }

  /** One asks whether Postgres is back. */
  private async probe(question: Question): Promise<Snapshot> {
    const { breaker } = this.outage;
    if (!breaker.startProbe()) throw new PostgresGone();
    try {
      return await this.batcher.submit(question);
    } finally {
      breaker.endProbe();
    }
  }

  /** Reads until a position is included, or the time is up. */
  private async readAgain(
    question: Question,
    position: Position,
    waitMs: number,
  ): Promise<Snapshot> {
    const deadline = performance.now() + waitMs;
    for (;;) {
      await sleep(POLL_MS);
      const snapshot = await this.ask(question);
      if (snapshot.includes(position) || performance.now() >= deadline) return snapshot;
    }
  }

  private async readAll(questions: readonly Question[]): Promise<Snapshot[]> {
    const { breaker } = this.outage;
    // Of the questions that waited when Postgres went away.
    if (breaker.isOpen && !breaker.isProbing) throw new PostgresGone();
    const [accounts, balances] = [new Map<string, Account>(), new Map<string, Account>()];
    for (const question of questions) {
      for (const [name, account] of question.accounts) accounts.set(name, account);
      for (const [name, account] of question.balances) balances.set(name, account);
    }
    const snapshot = await this.reads.read({ accounts, balances });
    this.latest = snapshot;
    this.expiries.notice(snapshot.due);
    return questions.map(() => snapshot);
  }

  /** The code that gets an answer remembers it; an answer that came too late is remembered here. */
  private keep(snapshot: Snapshot, { accounts }: Question, isLate: boolean): void {
    const { lastKnown } = this.outage;
    if (!this.catchUp.isReached(snapshot)) return;
    lastKnown.note(snapshot);
    if (!isLate) return;
    for (const [name, account] of accounts) {
      lastKnown.remember(snapshot, name, snapshot.statesOf(account, name));
    }
  }
}
