import { lockOutbox, takeOutOfOutbox, type Database } from '#libs/postgres';
import { WakeableLoop } from '#libs/runtime';
import type { SpendLog } from '#libs/spend-log';

export interface RelayOptions {
  /** How often it looks for what another process left behind. */
  readonly pollMs: number;
  /** How long it waits after a failure. */
  readonly retryMs: number;
  /** Most records in one append. */
  readonly maxBatch: number;
  readonly onError: (error: unknown) => void;
}

/**
 * Appends what lies in the outbox to the log. A record is deleted only after the log has it, so a crash in between
 * appends it twice, which the projector counts once. Relays of several processes pass over each other's rows.
 */
export class OutboxRelay {
  private readonly loop: WakeableLoop;

  constructor(
    private readonly database: Database,
    private readonly log: SpendLog,
    private readonly options: RelayOptions,
  ) {
    this.loop = new WakeableLoop({
      ...options,
      round: (stopped) => this.relayAll(stopped),
      pauseMs: 0,
    });
  }

  start(): void {
    this.loop.start();
  }

  /** Something was put into the outbox by this process. */
  wake(): void {
    this.loop.wake();
  }

  stop(): Promise<void> {
    return this.loop.stop();
  }

  private async relayAll(stopped: AbortSignal): Promise<void> {
    while (!stopped.aborted && (await this.relayOnce()) > 0);
  }

  /** @returns how many records it appended */
  async relayOnce(): Promise<number> {
    return this.database.atomically(async (client) => {
      const records = await lockOutbox(client, this.options.maxBatch);
      if (records.length === 0) return 0;
      await this.log.append(records);
      await takeOutOfOutbox(
        client,
        records.map(({ id }) => id),
      );
      return records.length;
    });
  }
}
