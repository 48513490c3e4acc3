import { sql } from 'kysely';
import type { OneInstant } from '#libs/postgres';
import type { Findings } from './findings';

/** An event is recorded once, whichever partition it is in, and there is one fact at an offset. */
export async function checkDoubles(trx: OneInstant, findings: Findings): Promise<void> {
  const { rows } = await sql<{
    partition: number;
    source: string;
    id: string;
    log_offset: bigint;
  }>`
    select partition, source, event_id as id, log_offset from spend_event
    where event_key in (select event_key from spend_event group by event_key having count(*) > 1)
    union
    select partition, source, event_id, log_offset from spend_event
    where (partition, log_offset) in (
      select partition, log_offset from spend_event group by partition, log_offset having count(*) > 1)
    limit ${findings.most}`.execute(trx);
  findings.add(
    rows.map(({ partition, source, id, log_offset }) => ({
      kind: 'doubled_event',
      partition,
      source,
      id,
      offset: String(log_offset),
      stored: 'more than once',
      expected: 'once',
    })),
  );
}
