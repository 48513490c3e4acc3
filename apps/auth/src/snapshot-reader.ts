import { setTimeout as sleep } from 'node:timers/promises';
import { readSnapshot, type Snapshot } from '#libs/balances';
import { includesPosition, type Account, type Position } from '#libs/ledger';
import type { Database } from '#libs/postgres';
import { Batcher, Problem } from '#libs/runtime';
import type { CatchUp } from './catch-up';

export interface SnapshotLimits {
  /** Most questions that one statement answers. */
  readonly maxBatch: number;
  /** Most questions that wait; more are refused as overloaded. */
  readonly maxQueue: number;
  /** How long a question waits for its `minPosition`. */
  readonly visibleWaitMs: number;
}

type Accounts = ReadonlyMap<string, Account>;

const POLL_MS = 10;

/** Reads the projection for many questions at once: what comes while a statement is under way goes into the next. */
export class SnapshotReader {
  private readonly batcher: Batcher<Accounts, Snapshot>;

  constructor(
    private readonly database: Database,
    private readonly partitions: number,
    private readonly catchUp: CatchUp,
    private readonly limits: SnapshotLimits,
  ) {
    this.batcher = new Batcher({
      maxBatch: limits.maxBatch,
      maxQueue: limits.maxQueue,
      concurrency: 2,
      flush: (questions) => this.readAll(questions),
    });
  }

  /**
   * What the projection says about these accounts now, with everything up to `minPosition`.
   * @throws Problem `unavailable` before this process has caught up, `not_yet_visible`, `overloaded`
   */
  async read(accounts: Accounts, minPosition: Position | undefined): Promise<Snapshot> {
    const snapshot = await this.batcher.submit(accounts);
    this.catchUp.check(snapshot);
    if (!minPosition || includesPosition(snapshot.position, minPosition)) return snapshot;
    return this.readWhenVisible(accounts, minPosition);
  }

  private async readWhenVisible(accounts: Accounts, minPosition: Position): Promise<Snapshot> {
    const attempts = Math.ceil(this.limits.visibleWaitMs / POLL_MS);
    for (let attempt = 0; attempt < attempts; attempt++) {
      await sleep(POLL_MS);
      const snapshot = await this.batcher.submit(accounts);
      if (includesPosition(snapshot.position, minPosition)) return snapshot;
    }
    throw new Problem('not_yet_visible', 'The ledger has not yet come to this position.', {
      retryAfterSeconds: 1,
    });
  }

  private async readAll(questions: readonly Accounts[]): Promise<Snapshot[]> {
    const all = new Map<string, Account>();
    for (const accounts of questions) {
      for (const [name, account] of accounts) all.set(name, account);
    }
    const snapshot = await readSnapshot(this.database, all, this.partitions);
    return questions.map(() => snapshot);
  }
}
