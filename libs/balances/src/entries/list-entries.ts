import { sql, type RawBuilder } from 'kysely';
import { formatInstant, type Instant } from '#libs/ledger';
import type { Database } from '#libs/postgres';
import { filterOf, isReadByTime, type EntryFilter } from './entry-filter';
import { ENTRY_COLUMNS, type EntryRow } from './entry-row';

/** An entry's place in lists: by the world's time, then by offset, then by partition. */
export interface EntryPlace {
  readonly time: Instant;
  readonly offset: bigint;
  readonly partition: number;
}

export interface ListedEntries extends EntryFilter {
  /** Where the page before ended. */
  readonly after?: EntryPlace | undefined;
  readonly limit: number;
}

/** Entries in the order of their places; a correction stands at the time of its spend. */
export async function listEntries(
  database: Database,
  { from, ...asked }: ListedEntries,
  partitions: number,
): Promise<EntryRow[]> {
  // What is before the place is not looked at again.
  const wanted = { ...asked, from: asked.after?.time ?? from };
  const entries = isReadByTime(wanted)
    ? firstOfAll(wanted, partitions)
    : sql`spend_event entry where ${filterOf(wanted, partitions)} and ${isAfter(wanted.after)}`;
  const { rows } = await sql<EntryRow>`
    select ${ENTRY_COLUMNS} from ${entries}
    order by entry.time, entry.log_offset, entry.partition limit ${wanted.limit}`.execute(
    database.kysely,
  );
  return rows;
}

/** The first of each partition by its index of times, and of those the first: whole rows are read of these alone. */
function firstOfAll(wanted: ListedEntries, partitions: number): RawBuilder<unknown> {
  return sql`(
    select first.* from generate_series(0, ${partitions}::int - 1) as of (partition)
    cross join lateral (
      select entry.partition, entry.time, entry.log_offset from spend_event entry
      where entry.partition = of.partition and ${filterOf(wanted, partitions)} and ${isAfter(wanted.after)}
      order by entry.time, entry.log_offset limit ${wanted.limit}
    ) first
    order by first.time, first.log_offset, first.partition limit ${wanted.limit}
  ) place join spend_event entry using (partition, log_offset)`;
}

function isAfter(after: EntryPlace | undefined): RawBuilder<boolean> {
  if (!after) return sql`true`;
  const time = sql`${formatInstant(after.time)}::timestamptz`;
  return sql`entry.time >= ${time}
    and (entry.time, entry.log_offset, entry.partition)
      > (${time}, ${after.offset}::bigint, ${after.partition}::int)`;
}
