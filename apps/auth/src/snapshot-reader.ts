import { setTimeout as sleep } from 'node:timers/promises';
import { readSnapshot, type Snapshot } from '#libs/balances';
import type { Account, Position } from '#libs/ledger';
import type { Database } from '#libs/postgres';
import { Batcher, Problem } from '#libs/runtime';
import type { CatchUp } from './catch-up';

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
  readonly limits: SnapshotLimits;
}

type Accounts = ReadonlyMap<string, Account>;

const POLL_MS = 5;

/** Reads the projection for many questions at once: what comes while a statement is under way goes into the next. */
export class SnapshotReader {
  private readonly batcher: Batcher<Accounts, Snapshot>;

  constructor(
    private readonly source: SnapshotSource,
    private readonly catchUp: CatchUp,
  ) {
    const { maxBatch, maxQueue } = source.limits;
    this.batcher = new Batcher({
      maxBatch,
      maxQueue,
      concurrency: 2,
      flush: (questions) => this.readAll(questions),
    });
  }

  /**
   * What the projection says about these accounts now: with everything up to `minPosition`, and with what this process
   * has recorded itself, so that whoever records and then checks at one door is not told of the time before.
   * @throws Problem `unavailable` before this process has caught up, `not_yet_visible`, `overloaded`
   */
  async read(accounts: Accounts, minPosition: Position | undefined): Promise<Snapshot> {
    const { ownWrites, limits } = this.source;
    const own = ownWrites();
    let snapshot = await this.batcher.submit(accounts);
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

  /** Reads until a position is included, or the time is up. */
  private async readAgain(
    accounts: Accounts,
    position: Position,
    waitMs: number,
  ): Promise<Snapshot> {
    const deadline = performance.now() + waitMs;
    for (;;) {
      await sleep(POLL_MS);
      const snapshot = await this.batcher.submit(accounts);
      if (snapshot.includes(position) || performance.now() >= deadline) return snapshot;
    }
  }

  private async readAll(questions: readonly Accounts[]): Promise<Snapshot[]> {
    const all = new Map<string, Account>();
    for (const accounts of questions) {
      for (const [name, account] of accounts) all.set(name, account);
    }
    const snapshot = await readSnapshot(this.source.database, all, this.source.partitions);
    return questions.map(() => snapshot);
  }
}
