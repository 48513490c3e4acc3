import type { Prepared } from '#libs/postgres';
import { parseReason } from '#libs/wire';
import { CommandRefused } from '../../command-refused';

/** Why spends are corrected in bulk, and at whose word. */
export interface BatchOf {
  readonly reason: string;
  readonly by: string;
  /** The batch that it takes back. */
  readonly reverses?: string;
}

export type BatchState = 'prepared' | 'committed' | 'dropped';

export interface Batch {
  readonly reason: string;
  readonly state: BatchState;
}

/** What a spend costs now: the last correction of it says so, or else itself. SQL for a row `spend`. */
export const COST = `coalesce((
  select stated from spend_event last
  where last.partition = spend.partition and last.adjusts_key = spend.event_key
  order by last.log_offset desc limit 1), spend.amount)`;

const INSERT = {
  name: 'insert-correction-batch',
  text: `
    insert into correction_batch (reason, prepared_by, reverses) values ($1, $2, $3::uuid)
    returning batch_id`,
};

export async function insertBatch(
  client: Prepared,
  { reason, by, reverses }: BatchOf,
): Promise<string> {
  const read = parseReason(reason, '--reason');
  if (!read.ok) throw new CommandRefused(`--reason ${read.errors[0]!.message}.`);
  const [row] = await client.prepared<readonly [string]>(INSERT, [reason, by, reverses ?? null]);
  return row![0];
}

const LOCK = {
  name: 'lock-correction-batch',
  text: `
    select reason, state, ended_at from correction_batch where batch_id::text = $1 for update`,
};

/** A batch, locked until the transaction ends. @throws CommandRefused unless it is in this state */
export async function lockBatch(
  client: Prepared,
  batchId: string,
  wanted: BatchState,
): Promise<Batch> {
  const [row] = await client.prepared<readonly [string, BatchState, string | null]>(LOCK, [
    batchId,
  ]);
  if (!row) throw new CommandRefused(`There is no batch of corrections "${batchId}".`);
  const [reason, state, endedAt] = row;
  if (state === wanted) return { reason, state };
  const since = endedAt === null ? '' : ` since ${endedAt}`;
  throw new CommandRefused(`The batch is ${state}${since}, and not ${wanted}.`);
}

const END = {
  name: 'end-correction-batch',
  text: `
    update correction_batch set state = $2, ended_by = $3, ended_at = ledger_now()
    where batch_id = $1::uuid`,
};

export async function endBatch(
  client: Prepared,
  batchId: string,
  state: 'committed' | 'dropped',
  by: string,
): Promise<void> {
  await client.prepared(END, [batchId, state, by]);
}
