import { sql } from 'kysely';
import type { Findings } from './findings';
import type { Snapshot } from './snapshot';

/** Each fact became known after the one before it in its partition, and none before it was recorded. */
export async function checkOrder(trx: Snapshot, findings: Findings): Promise<void> {
  const { rows } = await sql<{
    partition: number;
    log_offset: bigint;
    known_at: string;
    least: string;
    found: bigint;
  }>`
    select partition, log_offset, known_at::text, least::text, count(*) over () as found
    from (
      select partition, log_offset, known_at,
             greatest(recorded_at, lag(known_at) over (partition by partition order by log_offset)
               + interval '1 us') as least
      from (
        select partition, log_offset, known_at, recorded_at from spend_event
        union all
        select partition, log_offset, known_at, recorded_at from budget_revision
        union all
        select partition, log_offset, known_at, recorded_at from price_book
      ) fact
    ) ordered
    where known_at < least
    limit ${findings.most}`.execute(trx);
  findings.add(
    rows.map(({ partition, log_offset, known_at, least }) => ({
      ...{ kind: 'wrong_order', partition, offset: String(log_offset) },
      ...{ stored: known_at, expected: `${least} or later` },
    })),
    Number(rows[0]?.found ?? 0n),
  );
}
