import { setTimeout as sleep } from 'node:timers/promises';
import { readSnapshot, type Snapshot } from '#libs/balances';
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

const POLL_MS = 5;
const NO_ACCOUNTS: Accounts = new Map();

/** Reads the projection for many questions at once: what comes while a statement is under way goes into the next. */
export class SnapshotReader {
  private readonly batcher: Batcher<Accounts, Snapshot>;
  private readonly reads: WatchedReads<Accounts>;
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
    this.reads = new WatchedReads({
      read: (accounts: Accounts) => readSnapshot(forReads, accounts, partitions),
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
   * @throws PostgresGone; Problem `unavailable` before this process has caught up, `not_yet_visible`, `overloaded`
   */
  async read(accounts: Accounts, minPosition: Position | undefined): Promise<Snapshot> {
    const { ownWrites, limits } = this.source;
    const own = ownWrites();
    let snapshot = await this.ask(accounts);
    this.catchUp.check(snapshot);
    if (!snapshot.includes(own)) {
      snapshot = await this.readAgain(accounts, own, limits.ownWritesWaitMs);
    }
    if (!minPosition || snapshot.includes(minPosition)) return snapshot;
    snapshot = await this.readAgain(accounts, minPosition, limits.visibleWaitMs);
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
    return this.catchUp.isReached(await this.ask(new Map()));
  }

  private ask(accounts: Accounts): Promise<Snapshot> {
    return this.outage.breaker.isOpen ? this.probe(accounts) : this.batcher.submit(accounts);
  }

  /** One asks whether Postgres is back. */
  private async probe(accounts: Accounts): Promise<Snapshot> {
    const { breaker } = this.outage;
    if (!breaker.startProbe()) throw new PostgresGone();
    try {
      return await this.batcher.submit(accounts);
    } finally {
      breaker.endProbe();
    }
  }

  /** Reads until a position is included, or the time is up. */
  private async readAgain(
    accounts: Accounts,
    position: Position,
    waitMs: number,
  ): Promise<Snapshot> {
    const deadline = performance.now() + waitMs;
    for (;;) {
      await sleep(POLL_MS);
      const snapshot = await this.ask(accounts);
      if (snapshot.includes(position) || performance.now() >= deadline) return snapshot;
    }
  }

  private async readAll(questions: readonly Accounts[]): Promise<Snapshot[]> {
    const { breaker } = this.outage;
    // Of the questions that waited when Postgres went away.
    if (breaker.isOpen && !breaker.isProbing) throw new PostgresGone();
    const all = new Map<string, Account>();
    for (const accounts of questions) {
      for (const [name, account] of accounts) all.set(name, account);
    }
    const snapshot = await this.reads.read(all);
    this.latest = snapshot;
    this.expiries.notice(snapshot.due);
    return questions.map(() => snapshot);
  }

  /** The code that gets an answer remembers it; an answer that came too late is remembered here. */
  private keep(snapshot: Snapshot, accounts: Accounts, isLate: boolean): void {
    const { lastKnown } = this.outage;
    if (!this.catchUp.isReached(snapshot)) return;
    lastKnown.note(snapshot);
    if (!isLate) return;
    for (const [name, account] of accounts) {
      lastKnown.remember(snapshot, name, snapshot.statesOf(account, name));
    }
  }
}
