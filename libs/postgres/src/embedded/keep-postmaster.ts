import { setTimeout as sleep } from 'node:timers/promises';
import type { Binaries } from './binaries';
import type { DataFolder } from './data-folder';
import type { LaunchLimits } from './limits';
import { isPostgresOf } from './process-state';
import { reachPostmaster, type Reached } from './reach-postmaster';

export interface Kept {
  readonly folder: DataFolder;
  readonly binaries: Binaries;
  readonly cluster: string;
  readonly limits: LaunchLimits;
  readonly log: (line: string) => void;
  /** It cannot be started again; the sentence says why. Told once. */
  readonly onGone: (sentence: string) => void;
}

/** The Postgres of a data folder, which is started again where it was when it has died, as often as the limits say. */
export class KeptPostmaster {
  private readonly stopped = new AbortController();
  private reviving: Promise<void> | undefined;
  private isGone = false;
  private tries = 0;
  private startedAtMs = performance.now();

  constructor(
    private reached: Reached & { readonly outcome: 'answers' },
    private readonly kept: Kept,
  ) {}

  get pid(): number {
    return this.reached.pid;
  }

  /** Resolves when it runs, or when it is given up; one attempt at a time. */
  revive(): Promise<void> {
    this.reviving ??= this.reviveOnce().finally(() => (this.reviving = undefined));
    return this.reviving;
  }

  /** Nothing is started any more. */
  async stop(): Promise<void> {
    this.stopped.abort();
    await this.reviving;
  }

  private async reviveOnce(): Promise<void> {
    const { cluster, limits, log } = this.kept;
    let reason = 'it ended again and again';
    if (await isPostgresOf(cluster, this.pid)) return;
    if (performance.now() - this.startedAtMs > limits.steadyMs) this.tries = 0;
    while (!this.isGone && !this.stopped.signal.aborted) {
      if (this.tries >= limits.restarts) {
        return this.giveUp(`after ${limits.restarts} tries does not run again: ${reason}`);
      }
      const pauseMs = this.tries === 0 ? 0 : limits.restartMs * 2 ** (this.tries - 1);
      await sleep(pauseMs, undefined, { signal: this.stopped.signal }).catch(() => undefined);
      if (this.stopped.signal.aborted) return;
      this.tries += 1;
      log(`the embedded Postgres (process ${this.pid}) is gone: starting it again`);
      reason = (await this.startAgain()) ?? reason;
      if (await isPostgresOf(cluster, this.pid)) return;
    }
  }

  /** @returns why it did not start */
  private async startAgain(): Promise<string | undefined> {
    const { folder, binaries, cluster, limits, log } = this.kept;
    try {
      const { socketDir } = this.reached;
      const again = await reachPostmaster(folder, binaries, cluster, limits, socketDir);
      this.startedAtMs = performance.now();
      if (again.outcome !== 'answers' || again.socketDir !== socketDir) {
        this.giveUp('another ledger has taken the folder meanwhile');
        return undefined;
      }
      this.reached = again;
      log(`the embedded Postgres runs again (process ${this.pid})`);
      return undefined;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      log(reason);
      return reason;
    }
  }

  private giveUp(why: string): void {
    this.isGone = true;
    const { folder, onGone } = this.kept;
    onGone(`The embedded Postgres of ${folder.dataDir} ended, and ${why}`);
  }
}
