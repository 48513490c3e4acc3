import { sql } from 'kysely';
import type { Findings } from './findings';
import type { Snapshot } from './snapshot';

interface Row {
  readonly partition: number;
  readonly source: string;
  readonly id: string;
  readonly stored: string;
  readonly expected: string | null;
  readonly found: bigint;
}

/** Each event is recorded as it was claimed: in that partition, at that time, with that content. */
export async function checkClaims(trx: Snapshot, findings: Findings): Promise<void> {
  const recorded = (side: string) => sql`
    concat_ws(' ', ${sql.join(['content_hash', 'partition', 'recorded_at'].map((name) => sql.ref(`${side}.${name}`)))})`;
  const { rows } = await sql<Row>`
    select event.partition, source, event_id as id, ${recorded('event')} as stored,
           case when claim.event_key is not null then ${recorded('claim')} end as expected,
           count(*) over () as found
    from spend_event event left join event_claim claim using (event_key)
    where (claim.content_hash, claim.partition, claim.recorded_at)
      is distinct from (event.content_hash, event.partition, event.recorded_at)
      -- Where nothing was ever claimed, nothing was recorded through a door.
      and exists (select from event_claim)
    limit ${findings.most}`.execute(trx);
  findings.add(
    rows.map(({ found: _, ...row }) => ({
      kind: row.expected === null ? 'unclaimed_event' : 'wrong_claim',
      ...row,
    })),
    Number(rows[0]?.found ?? 0n),
  );
}

/**
 * Claims whose events the projection does not have. An append that failed leaves one, too: they say something only where
 * sums are wrong.
 */
export async function findMissingByClaims(trx: Snapshot, findings: Findings): Promise<void> {
  const partitions = [
    ...new Set(
      findings.differences.flatMap(({ account, partition }) =>
        account === undefined ? [] : [partition],
      ),
    ),
  ];
  if (partitions.length === 0) return;
  const { rows } = await sql<{ partition: number; event_key: string; content_hash: string }>`
    select claim.partition, claim.event_key, claim.content_hash
    from event_claim claim join projection_partition fence using (partition)
    where claim.partition = any(${partitions}::int[]) and claim.recorded_at <= fence.known_at
      and not exists (
        select from spend_event event
        where event.partition = claim.partition and event.event_key = claim.event_key)
      and not exists (
        select from budget_revision revision
        where revision.partition = claim.partition and claim.event_key = encode(substring(sha256(
          convert_to('ledger/budgets', 'UTF8') || '\\x00'::bytea
          || convert_to(revision.budget_id || '/' || revision.revision, 'UTF8')) for 16), 'hex')::uuid)
      and not exists (
        select from price_book book
        where book.partition = claim.partition and claim.event_key = encode(substring(sha256(
          convert_to('ledger/prices', 'UTF8') || '\\x00'::bytea
          || convert_to(book.version, 'UTF8')) for 16), 'hex')::uuid)
    limit ${findings.most}`.execute(trx);
  findings.add(
    rows.map(({ partition, event_key, content_hash }) => ({
      ...{ kind: 'missing_event', partition, eventKey: event_key },
      ...{ stored: null, expected: `perhaps an event with the content ${content_hash}` },
    })),
  );
}
