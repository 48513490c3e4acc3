import type { Position } from '#libs/ledger';
import type { Database } from '#libs/postgres';
import { WakeableLoop } from '#libs/runtime';
import { raiseKnownEnds, type SpendLog } from '#libs/spend-log';
import type { ClaimRestoration } from './claim-restoration';

export interface KnownEndsOptions {
  readonly knownEndEveryMs: number;
  readonly onError: (error: unknown) => void;
}

/**
 * Writes down, from time to time and at the end, how far this process has appended to a log that is elsewhere. A start
 * then has to look at the claims of what came after alone; and a database that is older than its log knows less.
 */
export class KnownEnds {
  private readonly loop: WakeableLoop;
  private written: Position = new Map();

  constructor(
    private readonly database: Database,
    private readonly log: Pick<SpendLog, 'acknowledged'>,
    private readonly claims: Pick<ClaimRestoration, 'isComplete'>,
    private readonly options: KnownEndsOptions,
  ) {
    const everyMs = options.knownEndEveryMs;
    this.loop = new WakeableLoop({
      round: () => this.write(),
      pauseMs: 0,
      pollMs: everyMs,
      retryMs: everyMs,
      onError: options.onError,
    });
  }

  start(): void {
    this.loop.start();
  }

  async stop(): Promise<void> {
    await this.loop.stop();
    await this.write().catch(this.options.onError);
  }

  /**
   * Not before the claims of what was there at the start are known to be, since the relay appends meanwhile. It asks that
   * from the start on, so that a database that is older than its log is noticed before anything is to be recorded.
   */
  async write(): Promise<void> {
    const ends = this.log.acknowledged();
    if (ends === this.written || !(await this.claims.isComplete())) return;
    await raiseKnownEnds(this.database, ends);
    this.written = ends;
  }
}
