import { formatInstant, instantOf, type Instant } from '#libs/ledger';
import { leaveInOutbox, type Database, type PreparedStatement } from '#libs/postgres';
import { eventKeyOf, MARKS_SOURCE, writeMark } from '#libs/wire';

/** Only the ledger itself says how far its knowledge reaches. */
const CALLER = 'ledger';

/**
 * The time now, which answers more questions than the one that is asked, with a microsecond for each partition: it names
 * its mark. Passed over is a partition that was marked less than a second ago, and one whose last mark will do.
 */
const MARK: PreparedStatement = {
  name: 'mark-partitions',
  text: `
    with clock as materialized (select ledger_now() as now)
    insert into log_mark (partition, marked_at)
    select asked.partition, now + asked.partition * interval '1 us'
    from clock, unnest($1::int[]) as asked (partition)
    left join log_mark last on last.partition = asked.partition
    where last.marked_at is null
      or (last.marked_at < $2 and last.marked_at <= now - interval '1 s')
    order by asked.partition
    on conflict (partition) do update set marked_at = excluded.marked_at
      where log_mark.marked_at < $2 and log_mark.marked_at <= excluded.marked_at - interval '1 s'
    returning partition, marked_at`,
};

/**
 * Leaves marks in the outbox, for ingest to append to these partitions: when they are projected, what was known at
 * `knownAt` can change no more. Asked again, it marks what it had to pass over. @returns how many it left
 */
export async function leaveMarks(
  database: Database,
  partitions: readonly number[],
  knownAt: Instant,
): Promise<number> {
  return database.atomically(async (client) => {
    const given = [partitions, formatInstant(knownAt)];
    const marked = await client.prepared<readonly [number, string]>(MARK, given);
    const records = marked.map(([partition, text]) => {
      const at = instantOf(text);
      return {
        eventKey: eventKeyOf({ source: MARKS_SOURCE, id: formatInstant(at) }),
        partition,
        record: writeMark(at, CALLER),
      };
    });
    await leaveInOutbox(client, records);
    return records.length;
  });
}
