import { sql } from 'kysely';
import { formatInstant, type Instant, type Month } from '#libs/ledger';
import type { Database } from '#libs/postgres';
import { reachKnownAt, type ReachOptions } from '../as-of/reach-known-at';
import { readLedgerNow } from '#libs/balances';
import { ClosedMonths, type ClosedMonth } from './closed-months';

export type Closing =
  | { readonly outcome: 'closed'; readonly closed: ClosedMonth }
  | NotToClose
  /** Some partitions have not got so far in time; nothing was changed. */
  | { readonly outcome: 'behind'; readonly partitions: readonly number[] }
  /** Another month was closed meanwhile, at a later time; nothing was changed. */
  | { readonly outcome: 'overtaken' };

export type NotToClose =
  | { readonly outcome: 'not_over'; readonly now: Instant }
  | { readonly outcome: 'closed_before'; readonly closed: ClosedMonth };

/** Why a month cannot be closed; `undefined`: it can. */
export async function whyNotToClose(
  { kysely }: Database,
  month: Month,
  now: Instant,
): Promise<NotToClose | undefined> {
  const { end } = month.window;
  if (end === null || now < end) return { outcome: 'not_over', now };
  const closed = (await ClosedMonths.read(kysely, month.zone)).find(month);
  return closed && { outcome: 'closed_before', closed };
}

/**
 * Closes a month: its figures, and those of all months before it, are what is known now, for ever. One that was closed
 * with a later month keeps the time of that.
 */
export async function closeMonth(
  database: Database,
  month: Month,
  closedBy: string,
  options: ReachOptions,
): Promise<Closing> {
  const { kysely } = database;
  const now = await readLedgerNow(kysely);
  const reason = await whyNotToClose(database, month, now);
  if (reason) return reason;
  const partitions = await reachKnownAt(database, now, options);
  if (partitions.length > 0) return { outcome: 'behind', partitions };
  return kysely.transaction().execute(async (client) => {
    await sql`lock table closed_month in share row exclusive mode`.execute(client);
    const closed = await ClosedMonths.read(client, month.zone);
    const known = closed.find(month);
    if (known) return { outcome: 'closed_before', closed: known };
    // Had that one been closed after this, this one would change it.
    if (closed.hasEarlierAfter(month, now)) return { outcome: 'overtaken' };
    const knownAt = closed.closing(month)?.knownAt ?? now;
    await client
      .insertInto('closed_month')
      .values({
        month: month.name,
        zone: month.zone,
        closed_by: closedBy,
        known_at: formatInstant(knownAt),
      })
      .execute();
    const made = (await ClosedMonths.read(client, month.zone)).find(month)!;
    return { outcome: 'closed', closed: made };
  });
}
