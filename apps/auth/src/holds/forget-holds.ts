import { sql, type RawBuilder } from 'kysely';
import type { Database } from '#libs/postgres';
import { Sweeper } from '#libs/runtime';
import type { HoldSettings } from '../auth-parts';

export type RetentionOptions = Pick<HoldSettings, 'retentionMs' | 'sweepMs' | 'maxSweep'> & {
  readonly onError: (error: unknown) => void;
};

/** Which holds are forgotten, and from when on they are old. */
interface Old {
  readonly at: RawBuilder<unknown>;
  readonly condition: RawBuilder<unknown>;
}

/** Released ones, and settled ones whose event the projection has: until then nothing may be forgotten. */
const ENDED: Old = {
  at: sql.ref('ended_at'),
  condition: sql`(state = 'released' or exists (
    select from spend_event event
    where event.partition = hold.partition and event.event_key = hold.settled_key))`,
};
/** Expired ones that were never settled, and owe no event. */
const EXPIRED: Old = {
  at: sql.ref('expires_at'),
  condition: sql`state = 'active' and on_expiry = 'release'`,
};

/** Deletes holds whose time is over. Any number of processes may do so side by side. */
export class HoldRetention extends Sweeper {
  constructor(database: Pick<Database, 'kysely'>, options: RetentionOptions) {
    super({
      ...options,
      maxBatch: options.maxSweep,
      deletions: [ENDED, EXPIRED].map((old) => () => deleteSome(database, old, options)),
    });
  }
}

/** By the database's clock; passes over rows that another process is at. @returns how many */
async function deleteSome(
  { kysely }: Pick<Database, 'kysely'>,
  { at, condition }: Old,
  { retentionMs, maxSweep }: RetentionOptions,
): Promise<number> {
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
    where hold.partition = old.partition and hold.hold_id = old.hold_id`.execute(kysely);
  return Number(numAffectedRows);
}
