import { sql } from 'kysely';
import type { Database } from '#libs/postgres';
import { CORRECTIONS_SOURCE } from '#libs/wire';
import type { BatchState } from './batch';

/** A batch as it is listed. */
export interface BatchSummary {
  readonly batchId: string;
  readonly state: BatchState;
  readonly reason: string;
  readonly reverses: string | null;
  readonly preparedBy: string;
  readonly preparedAt: string;
  readonly endedBy: string | null;
  readonly endedAt: string | null;
  readonly lines: number;
}

/** The newest first; of all batches, or the one of an id. */
export async function readBatches(
  { kysely }: Database,
  filter: { readonly batchId?: string; readonly most: number },
): Promise<BatchSummary[]> {
  const { rows } = await sql<Omit<BatchSummary, 'lines'> & { lines: bigint }>`
    select batch_id as "batchId", state, reason, reverses, prepared_by as "preparedBy",
           prepared_at as "preparedAt", ended_by as "endedBy", ended_at as "endedAt",
           (select count(*) from correction_line line where line.batch_id = batch.batch_id) as lines
    from correction_batch batch
    where ${filter.batchId ?? null}::text is null or batch_id::text = ${filter.batchId ?? null}
    order by prepared_at desc, batch_id limit ${filter.most}`.execute(kysely);
  return rows.map((row) => ({ ...row, lines: Number(row.lines) }));
}

/** How many lines of a committed batch are not in the balances yet. */
export async function countUnrecorded({ kysely }: Database, batchId: string): Promise<number> {
  const { rows } = await sql<{ count: bigint }>`
    select count(*) as count from correction_line line
    where batch_id = ${batchId} and not exists (
      select from spend_event correction
      where correction.partition = line.partition and correction.adjusts_key = line.event_key
        and correction.source = ${CORRECTIONS_SOURCE}
        and correction.event_id = ${batchId} || '/' || line.line)`.execute(kysely);
  return Number(rows[0]!.count);
}
