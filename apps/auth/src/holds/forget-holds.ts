import { sql, type RawBuilder } from 'kysely';
import type { Database } from '#libs/postgres';
import { WakeableLoop } from '#libs/runtime';
import type { HoldSettings } from '../auth-parts';

export type RetentionOptions = Pick<HoldSettings, 'retentionMs' | 'sweepMs' | 'maxSweep'> & {
  readonly onError: (error: unknown) => void;
};

/** Released ones, and settled ones whose event the projection has: until then nothing may be forgotten. */
const ENDED = {
  at: sql.ref('ended_at'),
  condition: sql`(state = 'released' or exists (
    select from spend_event event
    where event.partition = hold.partition and event.event_key = hold.settled_key))`,
};
/** Expired ones that were never settled. */
const EXPIRED = { at: sql.ref('expires_at'), condition: sql`state = 'active'` };

/** Deletes holds whose time is over. Any number of processes may do so side by side. */
export class HoldRetention {
  private readonly loop: WakeableLoop;

  constructor(
    private readonly database: Pick<Database, 'kysely'>,
    private readonly options: RetentionOptions,
  ) {
    const { sweepMs, onError } = options;
    this.loop = new WakeableLoop({
      round: (stopped) => this.sweep(stopped),
      pauseMs: 0,
      pollMs: sweepMs,
      retryMs: sweepMs,
      onError,
    });
  }

  start(): void {
    this.loop.start();
  }

  stop(): Promise<void> {
    return this.loop.stop();
  }

  /** Deletes all that ended too long ago, a batch at a time. */
  async sweep(stopped?: AbortSignal): Promise<void> {
    for (const kind of [ENDED, EXPIRED]) {
      let deleted = this.options.maxSweep;
      while (deleted === this.options.maxSweep && stopped?.aborted !== true) {
        deleted = await this.deleteSome(kind);
      }
    }
  }

  /** By the database's clock; passes over rows that another process is at. @returns how many */
  private async deleteSome({
    at,
    condition,
  }: {
    at: RawBuilder<unknown>;
    condition: RawBuilder<unknown>;
  }): Promise<number> {
    const { retentionMs, maxSweep } = this.options;
    const { numAffectedRows = 0n } = await sql`
      with since as materialized (
        select ledger_now() - ${retentionMs}::float8 * interval '1 millisecond' as instant),
      old as materialized (
        select partition, hold_id from hold
        where ${at} < (select instant from since) and ${condition}
        order by ${at}
        limit ${maxSweep}
        for update of hold skip locked)
      delete from hold using old
      where hold.partition = old.partition and hold.hold_id = old.hold_id`.execute(
      this.database.kysely,
    );
    return Number(numAffectedRows);
  }
}
