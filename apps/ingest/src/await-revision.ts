import { setTimeout as sleep } from 'node:timers/promises';
import { readBudgetRevision, type StoredBudget } from '#libs/balances';
import { readFlushes } from '#libs/holds';
import type { Database } from '#libs/postgres';

const POLL_MS = 10;

/** One revision of a budget, and where it is. */
export interface RevisionPlace {
  readonly budgetId: string;
  readonly revision: number;
  readonly partition: number;
}

/** A revision that the projection has, or has not yet. */
export interface AwaitedRevision {
  readonly stored: StoredBudget | undefined;
  /** No hold is being granted any more that did not see it. */
  readonly applied: boolean;
}

/** Waits for revisions of budgets, each time no longer than `applyWaitMs`. */
export class RevisionWaits {
  constructor(
    private readonly database: Database,
    private readonly applyWaitMs: number,
  ) {}

  /** Until the projection has a revision. */
  seen(place: RevisionPlace): Promise<StoredBudget | undefined> {
    return this.seenWithin(this.polls(), place);
  }

  /** Until the projection has a revision, and every flush that may not have seen it has ended. */
  async applied(place: RevisionPlace): Promise<AwaitedRevision> {
    const polls = this.polls();
    const stored = await this.seenWithin(polls, place);
    return { stored, applied: stored !== undefined && (await this.flushesEnd(polls)) };
  }

  /** The same for what is on record already. */
  appliedOnRecord(): Promise<boolean> {
    return this.flushesEnd(this.polls());
  }

  private seenWithin(polls: Polls, { budgetId, revision, partition }: RevisionPlace) {
    return polls.until(() => readBudgetRevision(this.database, budgetId, revision, partition));
  }

  /**
   * A flush that has read its limits before this moment had its locks before, so it is among the first that are found.
   * Those that begin later see what is on record now, and nothing waits for them. Postgres ends one that stands still.
   */
  private async flushesEnd(polls: Polls): Promise<boolean> {
    let before = await readFlushes(this.database);
    const ended = await polls.until(async () => {
      if (before.size === 0) return true;
      const now = await readFlushes(this.database);
      before = new Set([...before].filter((flush) => now.has(flush)));
      return before.size === 0 || undefined;
    });
    return ended === true;
  }

  private polls(): Polls {
    return new Polls(Math.ceil(this.applyWaitMs / POLL_MS));
  }
}

/** Looks again and again, but not for ever. */
class Polls {
  constructor(private left: number) {}

  async until<T>(look: () => Promise<T | undefined>): Promise<T | undefined> {
    for (;;) {
      const found = await look();
      if (found !== undefined || this.left <= 0) return found;
      this.left -= 1;
      await sleep(POLL_MS);
    }
  }
}
